"""Writes to an object as the client saw it, by If-Match."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.api.preconditions import read_serials
from ganeti_rapi.errors import BadRequest
from ganeti_rapi.testing import Reply, SimulatedApi

WEB1 = "/2/instances/web1.example.com"


class HeaderTests(SynchronousTestCase):
    def test_what_it_names(self) -> None:
        for text, serials in (
            ('"17"', {17}),
            ('"0fa5.17"', {17}),
            ('"0fa5.17-gzip"', {17}),
            ('W/"0fa5.17"', {17}),
            ('"1", "ab.2"', {1, 2}),
            (" * ", None),
        ):
            self.assertEqual(read_serials(text), serials, text)
        for text in ("", "17", '"', '"x"', '"0fa5"', '"1", x', '"ab.1.2"', f'"{"1" * 19}"'):
            self.assertRaises(BadRequest, read_serials, text)


class WritesTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.api = SimulatedApi(users="admin admin write\nana ana @admin:name=web1\n")
        self.addCleanup(self.api.stop)

    def ask(
        self,
        if_match: str,
        path: str = f"{WEB1}/modify",
        method: str = "PUT",
        user: str = "admin:admin",
        **headers: str,
    ) -> Reply:
        body = {"beparams": {"vcpus": 2}} if path.endswith("modify") else None
        fields = {"If-Match": if_match, **{k.replace("_", "-"): v for k, v in headers.items()}}
        return self.api.request(method, path, body, user, fields)

    def etag(self, path: str = WEB1) -> str:
        return self.api.request("GET", path).headers["ETag"]

    def test_until_it_changes(self) -> None:
        etag = self.etag()
        for user in ("admin:admin", "ana:ana"):
            self.assertEqual(self.ask(etag, f"{WEB1}/startup", user=user).status, 200)
        changed = next(e for e in self.api.daemon.cluster.instances if e.name.startswith("web1"))
        changed.serial_no += 1
        reply = self.ask(etag)
        self.assertEqual(reply.status, 412)
        self.assertIn(f"its serial_no is {changed.serial_no}; read it", reply.json()["message"])
        self.assertEqual(self.ask(f'"{changed.serial_no}"').status, 200)
        self.assertEqual(self.ask(self.etag(), user="ana:ana").status, 200)

    def test_an_etag_ends_in_the_serial_number(self) -> None:
        for path in (WEB1, "/2/nodes/node1.example.com", "/2/groups/default"):
            reply = self.api.request("GET", path)
            self.assertTrue(reply.headers["ETag"].endswith(f'.{reply.json()["serial_no"]}"'))
            again = self.api.request(
                "GET", path, None, None, {"If-None-Match": reply.headers["ETag"]}
            )
            self.assertEqual(again.status, 304)
        for path in ("/2/instances?bulk=1", "/2/info", "/2/jobs/1", f"{WEB1}/tags"):
            self.assertRegex(self.etag(path), r'\A"[0-9a-f]+(-gzip)?"\Z')

    def test_every_kind_with_a_number(self) -> None:
        for path, method in (
            (WEB1, "DELETE"),
            (f"{WEB1}/tags?tag=x", "PUT"),
            ("/2/nodes/node2.example.com/role", "PUT"),
            ("/2/nodes/node2.example.com/tags?tag=x", "PUT"),
            ("/2/groups/racks-b", "DELETE"),
            ("/2/groups/racks-b/tags?tag=x", "PUT"),
            ("/2/networks/internal", "DELETE"),
        ):
            self.assertEqual(self.ask('"999"', path, method).status, 412, path)
            self.assertNotIn(self.ask("*", path, method).status, (412,), path)

    def test_what_has_none(self) -> None:
        for path, method in (("/2/tags?tag=x", "PUT"), ("/2/jobs/1", "DELETE")):
            reply = self.ask('"1"', path, method)
            self.assertEqual(reply.status, 400)
            self.assertIn("no object with a serial_no", reply.json()["message"])

    def test_the_first_part_of_a_name(self) -> None:
        for name, status in (("web1", 200), ("web1.example", 200), ("web", 412), ("w.b1", 412)):
            reply = self.ask(self.etag(), f"/2/instances/{name}/startup")
            self.assertEqual(reply.status, status, name)
        uuid = self.api.request("GET", WEB1).json()["uuid"]
        self.assertEqual(self.ask(self.etag(), f"/2/instances/{uuid}/startup").status, 200)

    def test_what_is_not_there(self) -> None:
        for if_match in ("*", '"1"'):
            self.assertEqual(self.ask(if_match, "/2/instances/nosuch/startup").status, 412)

    def test_what_was_done_already_is_not_asked_again(self) -> None:
        etag = self.etag()
        path = f"{WEB1}/tags?tag=new"
        job = self.ask(etag, path, Idempotency_Key="k").json()
        self.api.reactor.pump([0.5] * 40)
        self.assertEqual(self.ask(etag, path, Idempotency_Key="k").json(), job)
        self.assertEqual(self.ask(etag, path).status, 412)

    def test_reads_do_not_mind(self) -> None:
        self.assertEqual(self.ask('"999"', WEB1, "GET").status, 200)
