"""Reads that are answered by what was read since an event."""

from __future__ import annotations

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.testing import SimulatedApi
from ganeti_rapi.web.since import LARGEST, LONGEST, MOST, SinceReads


class SinceReadsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.position = "ab-5"
        self.size = 1
        self.reads: SinceReads[int] = SinceReads(
            lambda: self.position, lambda _: self.size, self.clock
        )
        self.begun = 0

    def start(self) -> Deferred[int]:
        self.begun += 1
        return succeed(self.begun)

    def read(self, seen: str, key: str = "a") -> int:
        return self.successResultOf(self.reads.read(key, seen, self.start))

    def test_who_has_seen_no_more_gets_the_same(self) -> None:
        self.assertEqual([self.read(seen) for seen in ("ab-5", "ab-4", "ab-5")], [1, 1, 1])

    def test_who_has_seen_more_gets_a_newer_one(self) -> None:
        self.assertEqual([self.read(seen) for seen in ("ab-5", "ab-6", "ab-6")], [1, 2, 2])
        self.assertEqual(self.read("ab-5"), 2)

    def test_others(self) -> None:
        """Events of another run, no events, and other reads."""
        self.assertEqual([self.read(seen) for seen in ("ab-5", "cd-1", "cd-1", "")], [1, 2, 2, 3])
        self.assertEqual([self.read("nonsense"), self.read("nonsense")], [4, 5])
        self.assertEqual(self.read("cd-1", "b"), 6)

    def test_it_is_not_kept_for_long(self) -> None:
        self.read("ab-5")
        self.clock.advance(LONGEST)
        self.assertEqual(self.read("ab-5"), 2)
        self.clock.advance(LONGEST)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_long_ones_and_many_are_not_kept(self) -> None:
        self.size = LARGEST + 1
        self.assertEqual([self.read("ab-5"), self.read("ab-5")], [1, 2])
        self.size = LARGEST
        keys = [str(number) for number in range(MOST + 1)]
        for key in keys:
            self.read("ab-5", key)
        before = self.begun
        for key in keys:
            self.read("ab-5", key)
        self.assertEqual(self.begun - before, 1)
        self.assertEqual(len(self.clock.getDelayedCalls()), MOST)

    def test_one_that_is_replaced_leaves_nothing(self) -> None:
        for number in range(5, 9):
            self.read(f"ab-{number}")
        self.assertEqual(len(self.clock.getDelayedCalls()), 1)
        first: Deferred[int] = Deferred()
        old = self.reads.read("a", "ab-10", lambda: first)
        self.assertEqual(self.read("ab-11"), 5)
        first.callback(0)
        self.assertEqual((self.successResultOf(old), self.read("ab-11")), (0, 5))

    def test_one_that_is_under_way(self) -> None:
        work: Deferred[int] = Deferred()
        first, second, gone = (self.reads.read("a", "ab-5", lambda: work) for _ in range(3))
        gone.addErrback(lambda _: None).cancel()
        work.callback(7)
        self.assertEqual([self.successResultOf(each) for each in (first, second)], [7, 7])

    def test_one_that_fails(self) -> None:
        failing = self.reads.read("a", "ab-5", lambda: fail(ValueError()))
        self.failureResultOf(failing, ValueError)
        self.assertEqual(self.read("ab-5"), 1)


class RequestTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.api = SimulatedApi()
        self.addCleanup(self.api.stop)

    def calls(self, method: str, path: str, body: object, seen: str | None) -> int:
        """How often luxid is asked for a request."""
        before = self.api.daemon_calls()
        headers = {} if seen is None else {"Last-Event-ID": seen}
        reply = self.api.request(method, path, body, headers=headers)
        self.assertEqual(reply.status, 200)
        self.assertEqual("ETag" in reply.headers, method == "GET")
        return self.api.daemon_calls() - before

    def test_reads(self) -> None:
        for method, path, body in (
            ("GET", "/2/instances?bulk=1", None),
            ("PUT", "/2/query/instance", {"fields": ["name"], "qfilter": ["=", "name", "web1"]}),
        ):
            seen = ("ab-1", "ab-1", "ab-2", None, None)
            calls = [self.calls(method, path, body, each) for each in seen]
            self.assertEqual(calls, [1, 0, 1, 1, 1], path)

    def test_another_body_is_another_read(self) -> None:
        body = {"fields": ["name"], "qfilter": ["=", "name", "web1"]}
        self.calls("PUT", "/2/query/instance", body, "ab-1")
        other = {**body, "fields": ["name", "status"]}
        self.assertEqual(self.calls("PUT", "/2/query/instance", other, "ab-1"), 1)

    def test_writes_are_never_answered_so(self) -> None:
        for _ in range(2):
            self.assertEqual(self.calls("PUT", "/2/redistribute-config", None, "ab-1"), 1)
