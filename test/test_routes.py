from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.resource import IResource
from zope.interface.verify import verifyObject

from ganeti_rapi.api.resources import RESOURCES, Resource
from ganeti_rapi.web.request import RapiRequest
from ganeti_rapi.web.routes import grow_tree
from ganeti_rapi.web.site import RapiSite

from .harness import exchange

Place = tuple[str, dict[str, str]]
"""The template of a resource, and the path items under the resource's names."""

SAMPLES = {"job_id": "17", "disk": "0", "resource": "node"}
"""What stands for a path item; any other is a name."""

NAME = "a-b_c.example.com"


def example_of(resource: Resource) -> tuple[str, dict[str, str]]:
    """A path that fits a resource, and the items in it."""
    items = {item: SAMPLES.get(item, NAME) for item in resource.items}
    return re.sub(r"{(\w+)}", lambda match: items[match[1]], resource.uri), items


class RouteTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.found: list[Place | None] = []
        self.site = RapiSite(grow_tree(RESOURCES, self.serve), Clock())

    def serve(self, request: RapiRequest, resource: Resource | None) -> None:
        place = (
            (resource.uri, dict(zip(resource.items, request.items, strict=True)))
            if resource
            else None
        )
        self.found.append(place)
        request.send(200, [b"null"])

    def find(self, path: bytes) -> Place | None:
        """Where a path leads; None where there is nothing."""
        exchange(self.site, b"GET", path)
        return self.found.pop()

    def assert_nothing_at(self, *paths: bytes) -> None:
        self.assertEqual({path: place for path in paths if (place := self.find(path))}, {})

    def test_interface(self) -> None:
        verifyObject(IResource, grow_tree(RESOURCES, self.serve))

    def test_every_row_is_found_and_its_items_have_their_names(self) -> None:
        for resource in RESOURCES:
            path, items = example_of(resource)
            self.assertEqual(self.find(path.encode()), (resource.uri, items))

    def test_the_query_is_no_part_of_the_path(self) -> None:
        self.assertEqual(
            self.find(b"/2/nodes/a?x=/b?c"), ("/2/nodes/{node_name}", {"node_name": "a"})
        )
        self.assertEqual(self.find(b"/?bulk=1"), ("/", {}))

    def test_rows_that_share_a_segment_name_it_each_in_its_way(self) -> None:
        for path, items in (
            (b"/2/instances/web/tags", {"name": "web"}),
            (b"/2/instances/web/info", {"instance_name": "web"}),
            (b"/2/instances/web/disk/12/grow", {"instance_name": "web", "disk": "12"}),
        ):
            place = self.find(path)
            assert place is not None
            self.assertEqual(place[1], items)

    def test_nothing_is_at_other_paths(self) -> None:
        self.assert_nothing_at(
            *(b"/nosuch", b"/2/nosuch", b"/version/nosuch", b"/2/nodes/a/nosuch", b"/3", b"/2.0"),
            *(b"/2/", b"/version/", b"/2/nodes/", b"/2/nodes/a/", b"/2/nodes/a/tags/"),
            *(b"//", b"//version", b"/2//info", b"/2/nodes//tags", b"//2/info", b"/2/nodes//a"),
            *(b"/2/instances/a/disk/grow", b"/2/instances/a/disk", b"/2/query"),
            *(b"/VERSION", b"/2/Info", b"/2/info;x=1", b"/2/info%3Fbulk=1"),
            b"/2/info#top",
            b"/" + b"a/" * 5000,
            b"/2/" + b"n" * 15_000,
        )

    def test_the_path_of_a_whole_uri_counts(self) -> None:
        """RFC 9112, section 3.2.2."""
        for path, uri in (
            (b"http://rapi/2/info?x=http://y/", "/2/info"),
            (b"HTTPS://rapi:5080/version", "/version"),
            (b"http://rapi", "/"),
            (b"http://[::1]:5080?bulk=1", "/"),
        ):
            self.assertEqual(self.find(path), (uri, {}))

    def test_nothing_is_at_the_server_as_a_whole(self) -> None:
        self.assert_nothing_at(b"*")

    def test_what_is_no_path_is_no_request(self) -> None:
        for path in (
            *(b"?bulk=1", b"2/info", b"x2/info", b"xversion", b"version", b".", b"rapi:5080"),
            *(b"http:///2/info", b"ftp://rapi/2/info", b"http://me@rapi/2/info"),
            b"/2/nodes/\xa7",
        ):
            self.assertEqual(exchange(self.site, b"GET", path).status, 400, path)
        self.assertEqual(self.found, [])

    def test_names(self) -> None:
        for name in ("a", "A-1_b.c", "..", "-", "0", "x" * 15_000):
            self.assertEqual(self.find(f"/2/nodes/{name}".encode()), self.node(name))

    def node(self, name: str) -> Place:
        return "/2/nodes/{node_name}", {"node_name": name}

    def test_what_is_no_name_names_nothing(self) -> None:
        self.assert_nothing_at(
            *(b"/2/nodes/a%2Fb", b"/2/nodes/a%2Ftags", b"/2/nodes/%2F", b"/2/nodes/a%00"),
            *(b"/2/nodes/%ff", b"/2/nodes/%C3%BC", b"/2/nodes/a%20b", b"/2/nodes/a%0A"),
            *(b"/2/nodes/a+b", b"/2/nodes/a:b", b"/2/nodes/a,b", b"/2/nodes/a@b", b"/2/nodes/{x}"),
            *(b"/2/nodes/a%", b"/2/nodes/a%2", b"/2/nodes/a%zz", b"/2/nodes/%252F"),
        )

    def test_escaped_characters_of_a_name_are_the_characters(self) -> None:
        self.assertEqual(self.find(b"/2/nodes/node%31"), self.node("node1"))
        self.assertEqual(self.find(b"/2/nodes/%6e%6F%64%65%31%2e%2Dx"), self.node("node1.-x"))
        self.assertEqual(self.find(b"/%32/%69nfo"), ("/2/info", {}))

    def test_numbers(self) -> None:
        for number in ("0", "7", "007", "9" * 18):
            self.assertEqual(
                self.find(f"/2/jobs/{number}".encode()), ("/2/jobs/{job_id}", {"job_id": number})
            )

    def test_what_is_no_number_names_nothing(self) -> None:
        self.assert_nothing_at(
            *(b"/2/jobs/abc", b"/2/jobs/-1", b"/2/jobs/+1", b"/2/jobs/1.0", b"/2/jobs/0x1"),
            *(b"/2/jobs/1e3", b"/2/jobs/1_0", b"/2/jobs/%201", b"/2/jobs/1%0A"),
            *(b"/2/jobs/%D9%A1", b"/2/jobs/" + b"9" * 19, b"/2/jobs/" + b"9" * 15_000),
            *(b"/2/jobs/abc/wait", b"/2/instances/a/disk/x/grow", b"/2/instances/a/disk/-1/grow"),
        )

    @given(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=40))
    def test_any_path_leads_somewhere_or_nowhere(self, path: str) -> None:
        place = self.find(b"/" + path.encode())
        if place is not None:
            self.assertIn(place[0], {resource.uri for resource in RESOURCES})
