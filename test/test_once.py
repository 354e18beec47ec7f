"""Writes that count once, by Idempotency-Key."""

from __future__ import annotations

import json
import sys
from collections.abc import Coroutine
from subprocess import PIPE, Popen, run
from tempfile import TemporaryFile
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.api.once import Mark, marks_of, of_request, read_mark
from ganeti_rapi.api.resources import RESOURCES
from ganeti_rapi.api.submissions import counts_once
from ganeti_rapi.assembly import make_site
from ganeti_rapi.auth.users import UsersFile, parse
from ganeti_rapi.errors import BadRequest, LuxiUnreachable, OtherRequest
from ganeti_rapi.jobs.locks import STEP, SharedLocks
from ganeti_rapi.jobs.once import MARGIN, MEMORY, MarkedRequests
from ganeti_rapi.testing import MemoryEndpoint, Reply, SimulatedApi, encode_request, parse_reply

from .harness import ScriptedDaemon

# Any, throughout: JSON, or a coroutine's result.

SHUTDOWN = "/2/instances/web1.example.com/shutdown"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


class MarkTests(SynchronousTestCase):
    def test_keys(self) -> None:
        for key in ("a", "8e03978e-40d5-43dd-bc93-6894a57f9324", "x" * 200, "deploy/7:web+1=."):
            marks = {read_mark(text, "ana", 1) for text in (key, f'"{key}"', f" {key} ")}
            self.assertEqual(len(marks), 1)
        for key in ("", " ", "a b", "x" * 201, "é", '"', "a,b"):
            error = self.assertRaises(BadRequest, read_mark, key, "ana")
            self.assertIn("Idempotency-Key: expected 1 to 200 letters", error.message)

    def test_users_and_requests_have_their_own(self) -> None:
        mark = read_mark("k", "ana", "PUT", {"a": 1, "b": [{"c": 1, "d": 2}]})
        self.assertEqual(mark, read_mark("k", "ana", "PUT", {"b": [{"d": 2, "c": 1}], "a": 1}))
        self.assertEqual(mark.name, read_mark("k", "ana", "POST").name)
        others = [
            read_mark("k", "bob", "PUT"),
            read_mark("K", "ana", "PUT"),
            read_mark("k", "ana", "PUT", {"a": 2}),
        ]
        self.assertEqual(len({mark.request, *(each.request for each in others)}), 4)
        self.assertNotIn(mark.name, {each.name for each in others[:2]})

    @given(JSON, JSON)
    def test_no_two_bodies_are_the_same_request(self, one: Any, other: Any) -> None:
        marks = [read_mark("k", "ana", body).request for body in (one, other)]
        texts = [json.dumps(body, sort_keys=True) for body in (one, other)]
        self.assertEqual(marks[0] == marks[1], texts[0] == texts[1])

    def test_how_long_a_request_waits_is_no_part_of_it(self) -> None:
        self.assertEqual(
            of_request({"force": ["1"], "return_timeout": ["9"]}), of_request({"force": ["1"]})
        )

    def test_trails(self) -> None:
        mark, other = Mark("a", "b"), Mark("c", "d")
        opcodes = [
            {"reason": [["gnt:user", "why", 1], mark.entry(2), other.entry(3)]},
            {"reason": [mark.entry(4), ["gnt:library:rapi:once", "odd", 1]]},
            {"reason": None},
            {},
        ]
        self.assertEqual(marks_of(opcodes), {mark, other})


def jobs_with(*marks: Mark | None) -> Any:
    """What luxid tells of jobs with these marks, the first of which is number 1."""
    rows = [
        [[0, number], [0, [{"reason": [] if mark is None else [mark.entry(0)]}]]]
        for number, mark in enumerate(marks, 1)
    ]
    return {"fields": [{"name": "id"}, {"name": "ops"}], "data": rows}


MARK = Mark("name", "request")


class MarkedRequestsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.time = 0.0
        self.daemon = ScriptedDaemon({"Query": jobs_with()})
        self.once = MarkedRequests(self.daemon, lambda: self.time)
        self.submissions: list[Deferred[int]] = []

    async def work(self) -> int:
        self.submissions.append(Deferred())
        return await self.submissions[-1]

    def start(self, work: Coroutine[Any, Any, Any]) -> Deferred[Any]:
        return Deferred.fromCoroutine(work)

    def submit(self, mark: Mark = MARK) -> Deferred[Any]:
        return self.start(self.once.submit(mark, self.work))

    def test_at_the_same_time_and_later(self) -> None:
        several = [self.submit() for _ in range(12)]
        self.submissions[0].callback(7)
        self.assertEqual([self.successResultOf(each) for each in several], [7] * 12)
        self.assertEqual(self.successResultOf(self.submit()), 7)
        self.assertEqual(len(self.submissions), 1)

    def test_another_request_with_the_key(self) -> None:
        self.submit()
        other = Mark(MARK.name, "another")
        self.failureResultOf(self.submit(other), OtherRequest)
        self.submissions[0].callback(7)
        self.failureResultOf(self.submit(other), OtherRequest)
        self.failureResultOf(self.start(self.once.knows(other)), OtherRequest)
        self.assertEqual(len(self.submissions), 1)

    def test_jobs_of_before(self) -> None:
        self.daemon.answers["Query"] = jobs_with(None, MARK, MARK)
        self.assertTrue(self.successResultOf(self.start(self.once.knows(MARK))))
        self.assertEqual(self.successResultOf(self.submit()), 2)
        self.failureResultOf(self.submit(Mark(MARK.name, "another")), OtherRequest)
        self.assertEqual(self.submissions, [])

    def test_only_new_jobs_are_looked_at(self) -> None:
        self.daemon.answers["Query"] = jobs_with(*[None] * 50)
        self.submit(Mark("a", "x"))
        self.submit(Mark("b", "x"))
        self.assertEqual(
            [call[-1] for call in self.daemon.calls],
            [[">", "id", 0], [">", "id", 50 - MARGIN]],
        )

    def test_who_leaves_does_not_stop_it(self) -> None:
        first, second = self.submit(), self.submit()
        first.cancel()
        self.failureResultOf(first, CancelledError)
        self.assertNoResult(second)
        self.submissions[0].callback(7)
        self.assertEqual(self.successResultOf(second), 7)

    def test_what_failed_may_be_tried_again(self) -> None:
        first, second = self.submit(), self.submit()
        self.submissions[0].errback(LuxiUnreachable("gone"))
        self.failureResultOf(first, LuxiUnreachable)
        self.failureResultOf(second, LuxiUnreachable)
        third = self.submit(Mark(MARK.name, "corrected"))
        self.submissions[1].callback(8)
        self.assertEqual(self.successResultOf(third), 8)

    def test_what_failed_and_was_heard_all_the_same(self) -> None:
        first = self.submit()
        self.submissions[0].errback(LuxiUnreachable("gone"))
        self.failureResultOf(first, LuxiUnreachable)
        self.daemon.answers["Query"] = jobs_with(MARK)
        self.assertEqual(self.successResultOf(self.submit()), 1)

    def test_memory_ends(self) -> None:
        reply = self.start(self.once.reply(MARK, self.work))
        self.submissions[0].callback(1)
        self.assertEqual(self.successResultOf(reply), 1)
        self.time += MEMORY
        self.assertEqual(self.successResultOf(self.start(self.once.reply(MARK, self.work))), 1)
        self.time += 1
        self.assertNoResult(self.start(self.once.reply(MARK, self.work)))


HOLDER = """
import fcntl, sys
fcntl.lockf(int(sys.argv[1]), fcntl.LOCK_EX, 1, int(sys.argv[2]))
print("held", flush=True)
sys.stdin.read()
"""


class LockTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        file = TemporaryFile()  # noqa: SIM115  # as long as the test
        self.addCleanup(file.close)
        self.locks = SharedLocks(self.clock, file.fileno())
        self.descriptor = file.fileno()

    def another_process(self, place: int) -> Popen[str]:
        """One that holds the lock on a byte until it is killed."""
        command = [sys.executable, "-c", HOLDER, str(self.descriptor), str(place)]
        process = Popen(command, stdin=PIPE, stdout=PIPE, text=True, pass_fds=[self.descriptor])
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        assert process.stdout is not None
        self.assertEqual(process.stdout.readline(), "held\n")
        return process

    async def use(self, name: str) -> str:
        async with self.locks.hold(name):
            return name

    def start(self, name: str) -> Deferred[str]:
        return Deferred.fromCoroutine(self.use(name))

    def test_who_dies_holds_nothing(self) -> None:
        process = self.another_process(0xAB)
        waiting = self.start("ab")
        self.assertEqual(self.successResultOf(self.start("ac")), "ac")
        self.clock.advance(STEP)
        self.assertNoResult(waiting)
        process.kill()
        process.wait()
        self.clock.advance(STEP)
        self.assertEqual(self.successResultOf(waiting), "ab")
        self.assertEqual(self.successResultOf(self.start("ab")), "ab")

    def test_it_is_held_until_the_end(self) -> None:
        async def hold_on() -> None:
            async with self.locks.hold("ab"):
                await end

        end: Deferred[None] = Deferred()
        work = Deferred.fromCoroutine(hold_on())
        code = HOLDER.replace("LOCK_EX", "LOCK_EX | fcntl.LOCK_NB")
        command = [sys.executable, "-c", code, str(self.descriptor), str(0xAB)]
        held = run(command, pass_fds=[self.descriptor], input=b"", capture_output=True)
        self.assertNotEqual(held.returncode, 0)
        end.callback(None)
        self.successResultOf(work)
        free = run(command, pass_fds=[self.descriptor], input=b"", capture_output=True)
        self.assertEqual((free.returncode, free.stdout), (0, b"held\n"))

    def test_no_work_begins_without_it(self) -> None:
        daemon = ScriptedDaemon({"Query": jobs_with()})
        process = self.another_process(0xAB)
        once = MarkedRequests(daemon, self.clock.seconds, self.locks.hold)
        begun: list[int] = []

        async def work() -> int:
            begun.append(1)
            return 7

        job = Deferred.fromCoroutine(once.submit(Mark("ab", "x"), work))
        self.assertEqual((begun, daemon.calls), ([], []))
        daemon.answers["Query"] = jobs_with(Mark("ab", "x"))
        process.kill()
        process.wait()
        self.clock.advance(STEP)
        self.assertEqual((self.successResultOf(job), begun), (1, []))


class WritesTests(SynchronousTestCase):
    users = "admin admin write\nbob bob write\nana ana @admin:name=web1\n"

    def setUp(self) -> None:
        self.api = SimulatedApi(users=self.users)
        self.addCleanup(self.api.stop)

    def ask(
        self,
        path: str = SHUTDOWN,
        method: str = "PUT",
        key: str = "k1",
        body: object = None,
        user: str = "admin:admin",
    ) -> Reply:
        return self.api.request(method, path, body, user, {"Idempotency-Key": key})

    def jobs(self) -> int:
        return len(self.api.request("GET", "/2/jobs").json())

    def restart(self) -> None:
        """Another process before the same job daemon."""
        api = self.api
        accounts, _ = parse(self.users.encode())
        api.site = make_site(api.reactor, api.backend, UsersFile(accounts), now=api.reactor.seconds)
        api.endpoint = MemoryEndpoint(api.reactor, api.site)

    def test_later_and_after_a_restart(self) -> None:
        before = self.jobs()
        job = self.ask().json()
        self.assertIsInstance(job, int)
        self.assertEqual(self.ask().json(), job)
        self.assertEqual(self.ask(f"{SHUTDOWN}?return_timeout=60").json()["id"], job)
        self.restart()
        self.assertEqual(self.ask().json(), job)
        self.assertEqual(self.jobs(), before + 1)
        self.assertNotEqual(self.ask(key="k2").json(), job)
        self.assertNotEqual(self.ask(user="bob:bob").json(), job)

    def test_twelve_at_once(self) -> None:
        before = self.jobs()
        clients = [self.api.connect() for _ in range(12)]
        for client in clients:
            assert client.transport is not None
            key = {"Idempotency-Key": "k"}
            client.transport.write(encode_request("PUT", SHUTDOWN, None, "admin:admin", key))
        self.api.until(lambda: all(client.closed for client in clients))
        self.assertEqual(len({parse_reply(client.data).body for client in clients}), 1)
        self.assertEqual(self.jobs(), before + 1)

    def test_another_row_or_body(self) -> None:
        self.ask()
        for path, body in (
            ("/2/instances/web1.example.com/startup", None),
            ("/2/instances/web2.example.com/shutdown", None),
            (SHUTDOWN, {"timeout": 9}),
            (f"{SHUTDOWN}?dry-run=1", None),
        ):
            for _ in range(2):
                reply = self.ask(path, body=body)
                self.assertEqual(reply.status, 422, path)
                self.assertIn("was used for another request", reply.json()["message"])
                self.restart()

    def test_the_trail_shows_neither_key_nor_body(self) -> None:
        key = "very-secret-key"
        job = self.ask(key=key).json()
        shown = self.api.request("GET", f"/2/jobs/{job}").body
        self.assertIn(b"gnt:library:rapi:once", shown)
        self.assertNotIn(key.encode(), shown)

    def test_malformed_keys(self) -> None:
        self.assertEqual(self.ask(key="a b").status, 400)
        reply = self.api.request("GET", "/2/instances", None, None, {"Idempotency-Key": "a b"})
        self.assertEqual(reply.status, 200)

    def test_what_a_user_with_a_scope_did_once(self) -> None:
        """Also where the object is gone since, which would be 403."""
        path = "/2/instances/web1.example.com"
        job = self.ask(path, "DELETE", user="ana:ana").json()
        self.api.reactor.pump([0.5] * 60)
        self.assertEqual(self.api.request("DELETE", path, None, "ana:ana").status, 403)
        self.assertEqual(self.ask(path, "DELETE", user="ana:ana").json(), job)
        self.restart()
        self.assertEqual(self.ask(path, "DELETE", user="ana:ana").json(), job)

    def test_writes_without_a_job(self) -> None:
        rule = {"priority": 1, "predicates": [], "action": "ACCEPT"}
        uuid = self.ask("/2/filters", "POST", body=rule).json()
        self.assertEqual(self.ask("/2/filters", "POST", body=rule).json(), uuid)
        self.assertEqual(len(self.api.request("GET", "/2/filters").json()), 1)
        self.assertEqual(self.ask("/2/filters", "POST", body={**rule, "priority": 2}).status, 422)
        self.assertEqual(self.ask("/2/queue", body={"drained": False}, key="q").status, 200)
        self.assertEqual(self.ask("/2/queue", body={"drained": True}, key="q").status, 422)

    def test_what_is_good_for_one_request_is_not_given_to_another(self) -> None:
        cells = [cell for row in RESOURCES for cell in row.cells.values() if cell.secret]
        self.assertTrue(cells)
        self.assertFalse(any(counts_once("POST", cell) for cell in cells))

    def test_a_mistake_does_not_use_up_the_key(self) -> None:
        self.assertEqual(self.ask(body={"tiemout": 9}).status, 400)
        self.assertEqual(self.ask(body={"timeout": 9}).status, 200)

    def test_reads_that_run_a_job(self) -> None:
        path = "/2/instances/web1.example.com/info?static=1"
        self.assertEqual(self.ask(path, "GET").json(), self.ask(path, "GET").json())
