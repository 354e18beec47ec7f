"""The live comparison with the stock daemon leaves nothing out, and its judge can find fault."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.api.differences import DIFFERENCES
from ganeti_rapi.api.resources import RESOURCES

from .harness import Response
from .live.differential.comparison import Answer, problem, unlike, without_marks
from .live.differential.probe import Known, Probe, changes_something, resource_of, same_status
from .live.differential.reads import READS
from .live.differential.samples import LACKING, SAMPLES
from .live.differential.variations import (
    CREDENTIALS,
    by_others,
    with_arguments,
    with_other_bodies,
    with_wrong_arguments,
)
from .live.differential.writes import EVACUATION, WRITES, of_a_queued_job

VARIATIONS = (by_others, with_other_bodies, with_arguments, with_wrong_arguments)

SHOWN_OTHERWISE = {
    "drained-queue": "the queue is drained for one test of its own",
    "users-file": "the lab's users file has no bad lines; see test_users",
    "login-delay": "the daemon under test has none, since wrong passwords are tried all the time",
    "reason-trail": "every job shows it; the comparison passes over it, and test_who_did_it looks",
    "incident-id": "no request makes both daemons fail in an unexpected way",
}
"""Differences that no probe refers to, and why."""


def probes() -> Iterator[Probe]:
    """Everything that the live test sends."""
    for sample in SAMPLES:
        yield sample
        for variation in VARIATIONS:
            yield from variation(sample)
    yield from (*READS, *WRITES, *EVACUATION, *of_a_queued_job(1))


class CompletenessTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.methods = {(method, row.uri) for row in RESOURCES for method in row.cells}
        self.by_method: dict[tuple[str, str], list[Probe]] = defaultdict(list)
        for probe in probes():
            if (resource := resource_of(probe)) is not None:
                self.by_method[probe.method, resource.uri].append(probe)

    def test_every_method_has_a_sample_but_those_that_the_stock_daemon_lacks(self) -> None:
        samples = [(probe.method, getattr(resource_of(probe), "uri", None)) for probe in SAMPLES]
        self.assertEqual(len(samples), len(set(samples)))
        self.assertEqual(set(samples), self.methods - LACKING.keys())

    def test_what_the_stock_daemon_lacks_is_there(self) -> None:
        self.assertEqual(LACKING.keys() - self.methods, set())

    def test_every_method_is_tried_by_everyone_and_in_several_ways(self) -> None:
        for method in self.methods - LACKING.keys():
            asked = self.by_method[method]
            who = {probe.who for probe in asked}
            self.assertLessEqual({"writer", *CREDENTIALS}, who, method)
            self.assertGreaterEqual(len([p for p in asked if p.who == "writer"]), 3, method)

    def test_all_differences_are_shown_and_no_others(self) -> None:
        shown = {probe.known.id for probe in probes() if probe.known}
        ids = [row.id for row in DIFFERENCES]
        self.assertEqual(len(ids), len(set(ids)))
        self.assertEqual(shown | SHOWN_OTHERWISE.keys(), set(ids))
        self.assertEqual(shown & SHOWN_OTHERWISE.keys(), set())

    def test_no_probe_waits_for_a_job_that_is_kept_from_running(self) -> None:
        waiting = [
            probe
            for probe in probes()
            if changes_something(probe)
            and (probe.path.startswith("/2/os") or "return_timeout=1" in probe.path)
        ]
        self.assertEqual(waiting, [])


def reply(body: object, status: int = 200, content_type: str = "application/json") -> Answer:
    content = json.dumps(body).encode() + b"\n"
    return Answer(Response(status, {"Content-Type": content_type}, content))


def error(status: int, message: str) -> Answer:
    return reply({"code": status, "message": message, "explain": "x"}, status)


PROBE = Probe("GET", "/2/nodes")


class JudgeTests(SynchronousTestCase):
    def assert_found(self, words: str, probe: Probe, stock: Answer, here: Answer) -> None:
        self.assertIn(words, problem(probe, stock, here) or "nothing was found")

    def test_the_same_is_no_problem(self) -> None:
        self.assertIsNone(problem(PROBE, reply([1]), reply([1])))

    def test_the_status(self) -> None:
        self.assert_found("404 and 500", PROBE, error(404, "a"), error(500, "a"))

    def test_the_content_type(self) -> None:
        self.assert_found("content-type", PROBE, reply(1), reply(1, content_type="text/plain"))

    def test_the_newline_at_the_end(self) -> None:
        bare = Answer(Response(200, {"Content-Type": "application/json"}, b"1"))
        self.assert_found("newline", PROBE, reply(1), bare)

    def test_messages_may_differ_unless_they_are_compared(self) -> None:
        self.assertIsNone(problem(PROBE, error(400, "a"), error(400, "b")))
        strict = evolve(PROBE, also=("message",))
        self.assert_found("message", strict, error(400, "a"), error(400, "b"))

    def test_of_what_is_not_there_the_words_are_compared(self) -> None:
        """Ours may only go on after them."""
        stock = error(404, "Not Found")
        more = {"code": 404, "message": "Not Found", "explain": "x: There is no node 'a'"}
        self.assertIsNone(problem(PROBE, stock, reply(more, 404)))
        self.assert_found("message", PROBE, stock, error(404, "a"))
        self.assert_found("explain", PROBE, stock, reply({**more, "explain": "y"}, 404))

    def test_other_parts_of_an_error_may_not_differ(self) -> None:
        other = reply({"code": 400, "message": "a", "explain": "x"}, 404)
        self.assert_found("code", PROBE, error(404, "a"), other)

    def test_more_headers(self) -> None:
        stock = Answer(Response(200, {"Connection": "close"}, b"1\n"))
        here = Answer(Response(200, {}, b"1\n"))
        self.assertIsNone(problem(PROBE, stock, here))
        self.assert_found("connection", evolve(PROBE, also=("connection",)), stock, here)

    def test_what_is_recorded_counts_and_not_the_job_ids(self) -> None:
        one = evolve(reply(1), recorded=[{"OP_ID": "A"}])
        self.assertIsNone(problem(PROBE, one, evolve(reply(2), recorded=[{"OP_ID": "A"}])))
        self.assert_found("OP_ID", PROBE, one, evolve(reply(2), recorded=[{"OP_ID": "B"}]))

    def test_a_known_difference_in_the_status(self) -> None:
        probe = evolve(PROBE, known=Known("unknown-job", 500, 404))
        self.assertIsNone(problem(probe, error(500, "a"), error(404, "a")))
        self.assert_found("unknown-job", probe, error(500, "a"), error(500, "a"))
        self.assert_found("unknown-job", probe, error(404, "a"), error(404, "a"))

    def test_a_known_difference_in_the_reply(self) -> None:
        probe = evolve(PROBE, known=same_status("newer-fields", "new"))
        self.assertIsNone(problem(probe, reply({"a": 1}), reply({"a": 1, "new": 2})))
        self.assert_found("no difference", probe, reply({"a": 1}), reply({"a": 1}))
        self.assert_found("a, new", probe, reply({"a": 1}), reply({"a": 2, "new": 2}))

    def test_volatile_figures_may_differ(self) -> None:
        self.assertIsNone(problem(PROBE, reply([{"mfree": 1}]), reply([{"mfree": 2}])))

    def test_sets_have_no_order(self) -> None:
        probe = Probe("GET", "/2/features?x=1")
        self.assertIsNone(problem(probe, reply(["a", "b"]), reply(["b", "a"])))
        self.assert_found("reply", probe, reply(["a", "b"]), reply(["a", "c"]))


class UnlikeTests(SynchronousTestCase):
    def names(self, one: object, other: object) -> list[str]:
        return [name for name, _ in unlike(one, other)]

    def test_the_innermost_name_is_told(self) -> None:
        self.assertEqual(self.names({"a": [{"b": 1}]}, {"a": [{"b": 2}]}), ["b"])
        self.assertEqual(self.names({"a": [1]}, {"a": [1, 2]}), ["a"])
        self.assertEqual(self.names([1], None), ["reply"])

    def test_a_name_that_one_lacks(self) -> None:
        self.assertEqual(self.names({"a": None}, {}), ["a"])

    def test_truth_is_no_number(self) -> None:
        self.assertEqual(self.names([1], [True]), ["reply"])


class WithoutMarksTests(SynchronousTestCase):
    def test_only_times_and_job_numbers_are_left_out(self) -> None:
        def opcode(job: int, time: int, reason: str = "because") -> dict[str, object]:
            trail = [["gnt:user", reason, time], ["gnt:opcode:x", f"job={job};index=0", time]]
            return {"OP_ID": "A", "reason": trail}

        one = without_marks([opcode(1, 1_700_000_000_000_000_000)])
        self.assertEqual(one, without_marks([opcode(2, 1_700_000_000_000_000_001)]))
        self.assertNotEqual(one, without_marks([opcode(1, 1_700_000_000_000_000_000, "else")]))
        self.assertNotEqual(one, without_marks([opcode(1, 5)]))
        asked, empty = (
            [{"reason": [["x", text, 1]]}] for text in ("jack, request 0123abcd-1f", "")
        )
        self.assertEqual(without_marks(asked), without_marks(empty))
        self.assertNotEqual(without_marks([{"reason": [["x", "jack", 1]]}]), without_marks(empty))
