"""What changed in a list since a client read it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi import jsontext
from ganeti_rapi.api.lists.history import (
    MOST_REMOVED,
    MOST_VERSIONS,
    Histories,
    History,
    Rows,
    changes_text,
    read_etag,
)
from ganeti_rapi.errors import BadRequest, Gone
from ganeti_rapi.testing import Reply, SimulatedApi

# Any, throughout: JSON.

LISTS = st.lists(st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 2)), min_size=1)


class HistoryTests(SynchronousTestCase):
    @given(LISTS, st.data())
    def test_changes_lead_from_any_version_to_the_last_one(
        self, versions: Sequence[dict[str, int]], data: Any
    ) -> None:
        history = History()
        for number, digests in enumerate(versions):
            history.note(json.dumps(digests, sort_keys=True) + str(number % 2), digests)
        start = data.draw(st.integers(0, len(versions) - 1))
        etag = json.dumps(versions[start], sort_keys=True) + str(start % 2)
        changed, removed = history.changes(history.versions[etag])
        known = dict(versions[start])
        known.update((name, history.rows[name][0]) for name in changed)
        for name in removed:
            known.pop(name, None)
        self.assertEqual(known, versions[-1])
        self.assertEqual(set(changed) & set(removed), set())
        if versions[start] == versions[-1] and start == len(versions) - 1:
            self.assertEqual((changed, removed), ([], []))

    def test_what_is_too_old_is_forgotten(self) -> None:
        history = History()
        for number in range(MOST_VERSIONS + 1):
            history.note(str(number), {"a": number})
        self.assertLessEqual(len(history.versions), MOST_VERSIONS)
        self.assertNotIn("0", history.versions)
        self.assertIn(str(MOST_VERSIONS), history.versions)
        history.note("many", dict.fromkeys(range(MOST_REMOVED + 1), 0))
        history.note("none", {})
        history.note("one", {"a": 1})
        self.assertLessEqual(len(history.removed), MOST_REMOVED)
        self.assertEqual(history.changes(history.versions["none"]), (["a"], []))

    def test_lists_read_last_are_kept(self) -> None:
        histories = Histories(most_rows=3)
        for key in ("x", "y", "x", "z"):
            histories.note(key, "etag", {"a": 1})
        histories.note("big", "etag", dict.fromkeys("abcd", 1))
        self.assertEqual(histories.version("big", "etag"), 1)
        for key in "xyz":
            error = self.assertRaises(Gone, histories.version, key, "etag")
            self.assertIn("read the list again without since", error.message)
        self.assertRaises(Gone, histories.version, "big", "another")

    def test_etags(self) -> None:
        for text in ("5f00", '"5f00"', 'W/"5f00"', '"5f00-gzip"', " 5f00 ", "5f00-gzip"):
            self.assertEqual(read_etag(text), "5f00")
        for text in ('""', "a b", "é", "*", '"'):
            self.assertRaises(BadRequest, read_etag, text)

    def test_rows_are_written_as_the_library_does(self) -> None:
        values: Any = [{"name": "a", "x": [1, 2]}, {"name": "b", "x": None}]
        rows = Rows(kept=True)
        rows.add(["a", "b"], list(map(jsontext.dumps, values)))
        rows.add([], [])
        rows.text.add(b"]")
        self.assertEqual(b"".join(rows.text.pieces), jsontext.dumps(values))
        other = Rows(kept=True)
        other.add_unchanging(["a", "b"], values)
        self.assertEqual((other.texts, set(other.digests)), (rows.texts, set(rows.digests)))
        text = b"".join(changes_text(rows, ["b"], ["c"]).pieces)
        expected = {"etag": rows.text.digest, "changed": [values[1]], "removed": ["c"]}
        self.assertEqual(json.loads(text), expected)


class SinceTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.api = SimulatedApi(users="admin admin write\nana ana @admin:name=web*\n")
        self.addCleanup(self.api.stop)
        self.cluster = self.api.daemon.cluster

    def get(self, path: str, status: int = 200, user: str = "admin:admin") -> Reply:
        reply = self.api.request("GET", path, None, user)
        self.assertEqual(reply.status, status, reply.body)
        return reply

    def follow(self, path: str, user: str = "admin:admin") -> Any:
        """What a client knows that reads a list once, and then only what changed."""
        first = self.get(path, user=user)
        etag, key = first.headers["ETag"], "name" if "bulk" in path or "fields" in path else "id"
        known = {row[key]: row for row in first.json()}
        for step in (self.start, self.rename, self.remove, lambda: None):
            step()
            news = self.get(f"{path}since={quote(etag)}", user=user).json()
            self.assertEqual(set(news), {"etag", "changed", "removed"})
            known.update((row[key], row) for row in news["changed"])
            for name in news["removed"]:
                del known[name]
            etag = news["etag"]
            whole = self.get(path, user=user)
            self.assertEqual(whole.headers["ETag"].strip('"').removesuffix("-gzip"), etag)
            self.assertEqual({row[key]: row for row in whole.json()}, known)
        self.assertEqual((news["changed"], news["removed"]), ([], []))
        return known

    def instance(self, name: str) -> Any:
        return next(each for each in self.cluster.instances if each.name.startswith(name))

    def start(self) -> None:
        self.instance("build1").running = True
        self.instance("web1").tags.append("new")

    def rename(self) -> None:
        self.instance("web2").name = "web7.example.com"
        self.instance("db1").name = "db7.example.com"

    def remove(self) -> None:
        self.cluster.instances.remove(self.instance("web3"))

    def test_of_every_form_of_a_list(self) -> None:
        for path in (
            "/2/instances?bulk=1&",
            "/2/instances?",
            "/2/instances?fields=name,tags,status&",
            "/2/instances?fields=name,tags&sort=-name&filter=name+%3D*+*b*&",
            "/2/instances?bulk=1&filter=status%3Drunning&",
        ):
            self.tearDown()
            self.setUp()
            self.follow(path)

    def test_who_may_see_some_only_is_told_of_those(self) -> None:
        known = self.follow("/2/instances?bulk=1&", "ana:ana")
        self.assertEqual(set(known), {"web1.example.com", "web7.example.com"})
        etag = self.get("/2/instances?bulk=1").headers["ETag"]
        self.get(f"/2/instances?bulk=1&since={quote(etag)}", 410, "ana:ana")

    def test_other_kinds(self) -> None:
        for kind in ("nodes", "groups", "networks", "jobs", "filters"):
            etag = self.get(f"/2/{kind}?bulk=1").headers["ETag"].strip('"')
            news = self.get(f"/2/{kind}?bulk=1&since={etag}").json()
            self.assertEqual(news["changed"] + news["removed"], [], kind)

    def test_a_quiet_list_costs_a_hundredth(self) -> None:
        whole = self.get("/2/instances?bulk=1")
        news = self.get(f"/2/instances?bulk=1&since={quote(whole.headers['ETag'])}")
        self.assertLess(len(news.body) * 100, len(whole.body))

    def test_mistakes(self) -> None:
        etag = self.get("/2/instances").headers["ETag"].strip('"')
        for path, status in (
            (f"/2/instances?bulk=1&since={etag}", 410),
            (f"/2/nodes?since={etag}", 410),
            (f"/2/instances?since={etag}0", 410),
            ("/2/instances?since=a%20b", 400),
            (f"/2/instances?since={etag}&limit=5", 400),
            (f"/2/instances?since={etag}&after=x", 400),
            (f"/2/instances?since={etag}&fields=os", 400),
        ):
            self.get(path, status)
