"""Identical reads share one piece of work, and every reply stays fresh."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from attrs import define, field
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.errors import LuxiTimeout
from ganeti_rapi.sharing import GATHERING, LONGEST_GATHERING, SHORTEST_GATHERING, SharedReads


@define(eq=False)
class Works:
    """Hands out pieces of work, and finishes them when told; ``begun`` are all of them.

    ``items`` are what each was asked for.
    """

    begun: list[Deferred[str]] = field(factory=list)
    items: list[list[str]] = field(factory=list)
    cancelled: int = 0

    async def start(self, items: Iterable[str]) -> str:
        self.items.append(list(items))
        work: Deferred[str] = Deferred(self._cancel)
        self.begun.append(work)
        return await work

    def _cancel(self, _: Deferred[str]) -> None:
        self.cancelled += 1

    @property
    def in_flight(self) -> int:
        return sum(not work.called for work in self.begun)


class ReadsTestCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.works = Works()
        self.reads: SharedReads[str, str] = SharedReads()
        self.addCleanup(self.assert_nothing_is_left)

    def assert_nothing_is_left(self) -> None:
        self.assertEqual(self.works.in_flight, 0)
        for key in ("jobs", "nodes"):
            self.assert_free(key)

    def assert_free(self, key: str) -> None:
        """Nobody is in the way of the next one."""
        begun = len(self.works.begun)
        read = self.read(key)
        self.assertEqual(len(self.works.begun), begun + 1)
        read.cancel()
        self.failureResultOf(read, CancelledError)

    def read(self, key: str = "jobs", item: str = "all") -> Deferred[str]:
        return self.reads.read(key, item, self.works.start)

    def assert_results(self, reads: list[Deferred[str]], result: str) -> None:
        self.assertEqual([self.successResultOf(read) for read in reads], [result] * len(reads))


class SharedReadsTests(ReadsTestCase):
    def test_a_read_starts_at_once(self) -> None:
        read = self.read()
        self.assertEqual(len(self.works.begun), 1)
        self.assertNoResult(read)
        self.works.begun[0].callback("a")
        self.assertEqual(self.successResultOf(read), "a")

    def test_newcomers_wait_and_share(self) -> None:
        first = self.read()
        newcomers = [self.read() for _ in range(5)]
        self.assertEqual(len(self.works.begun), 1)
        self.works.begun[0].callback("a")
        self.assertEqual(self.successResultOf(first), "a")
        for newcomer in newcomers:
            self.assertNoResult(newcomer)
        self.assertEqual(len(self.works.begun), 2)
        self.works.begun[1].callback("b")
        self.assert_results(newcomers, "b")

    def test_who_comes_while_the_second_is_in_flight_gets_a_third(self) -> None:
        self.read(), self.read()
        self.works.begun[0].callback("a")
        third = self.read()
        self.works.begun[1].callback("b")
        self.assertNoResult(third)
        self.works.begun[2].callback("c")
        self.assertEqual(self.successResultOf(third), "c")

    def test_who_comes_when_all_is_done_starts_at_once(self) -> None:
        self.read()
        self.works.begun[0].callback("a")
        read = self.read()
        self.works.begun[1].callback("b")
        self.assertEqual(self.successResultOf(read), "b")

    def test_keys_have_nothing_to_do_with_each_other(self) -> None:
        jobs, nodes = self.read("jobs"), self.read("nodes")
        self.assertEqual(len(self.works.begun), 2)
        self.works.begun[1].callback("n")
        self.assertEqual(self.successResultOf(nodes), "n")
        self.assertNoResult(jobs)
        self.works.begun[0].callback("j")

    def test_the_waiting_one_is_started_as_its_first_reader_said(self) -> None:
        other = Works()
        self.read()
        self.reads.read("jobs", "all", other.start)
        self.read()
        self.works.begun[0].callback("a")
        self.assertEqual((len(self.works.begun), len(other.begun)), (1, 1))
        other.begun[0].callback("b")

    def test_the_work_is_told_what_everybody_wants(self) -> None:
        self.read(item="1")
        waiting = [self.read(item=item) for item in "232"]
        waiting.append(self.read("nodes", item="4"))
        self.works.begun[0].callback("a")
        self.assertEqual(self.works.items, [["1"], ["4"], ["2", "3", "2"]])
        for work in self.works.begun[1:]:
            work.callback("b")
        self.assert_results(waiting, "b")

    def test_but_not_what_those_wanted_who_left(self) -> None:
        self.read(item="1")
        leaver, stayer = self.read(item="2"), self.read(item="3")
        leaver.addErrback(lambda failure: failure.trap(CancelledError))
        leaver.cancel()
        self.works.begun[0].callback("a")
        self.assertEqual(self.works.items, [["1"], ["3"]])
        self.works.begun[1].callback("b")
        self.assertEqual(self.successResultOf(stayer), "b")

    def test_errors_are_shared_and_the_next_ones_have_a_try_of_their_own(self) -> None:
        self.read().addErrback(lambda _: None)
        reads = [self.read() for _ in range(3)]
        self.works.begun[0].errback(LuxiTimeout("first"))
        last = self.read()
        self.works.begun[1].errback(LuxiTimeout("second"))
        for read in reads:
            self.assertEqual(str(self.failureResultOf(read, LuxiTimeout).value), "second")
        self.works.begun[2].callback("c")
        self.assertEqual(self.successResultOf(last), "c")

    def test_work_that_is_done_at_once(self) -> None:
        async def now(_: object) -> str:
            return "now"

        self.assertEqual(self.successResultOf(self.reads.read("jobs", "all", now)), "now")
        self.assert_free("jobs")

    def test_work_that_fails_at_once(self) -> None:
        async def now(_: object) -> str:
            raise LuxiTimeout("now")

        self.failureResultOf(self.reads.read("jobs", "all", now), LuxiTimeout)
        self.assert_free("jobs")

    def test_waiting_work_that_is_done_at_once(self) -> None:
        async def now(_: object) -> str:
            return "now"

        first, second = self.read(), self.reads.read("jobs", "all", now)
        self.works.begun[0].callback("a")
        self.assertEqual((self.successResultOf(first), self.successResultOf(second)), ("a", "now"))

    def test_reading_again_from_within_the_reply(self) -> None:
        again: list[Deferred[str]] = []
        first = self.read()
        first.addCallback(lambda _: again.append(self.read()))
        self.works.begun[0].callback("a")
        self.works.begun[1].callback("b")
        self.assert_results(again, "b")


class CancelTests(ReadsTestCase):
    def cancel(self, *reads: Deferred[str]) -> None:
        for read in reads:
            read.cancel()
            self.failureResultOf(read, CancelledError)

    def test_one_of_several_in_flight(self) -> None:
        self.read()
        second, third = self.read(), self.read()
        self.works.begun[0].callback("a")
        self.cancel(second)
        self.assertEqual(self.works.cancelled, 0)
        self.works.begun[1].callback("b")
        self.assertEqual(self.successResultOf(third), "b")

    def test_the_only_one_in_flight(self) -> None:
        self.cancel(self.read())
        self.assertEqual(self.works.cancelled, 1)

    def test_all_of_several_in_flight(self) -> None:
        self.read()
        reads = [self.read(), self.read()]
        self.works.begun[0].callback("a")
        self.cancel(*reads)
        self.assertEqual(self.works.cancelled, 1)

    def test_the_one_in_flight_lets_the_waiting_one_start(self) -> None:
        first, second = self.read(), self.read()
        self.cancel(first)
        self.assertEqual((len(self.works.begun), self.works.cancelled), (2, 1))
        self.works.begun[1].callback("b")
        self.assertEqual(self.successResultOf(second), "b")

    def test_one_of_several_waiting(self) -> None:
        first, second, third = self.read(), self.read(), self.read()
        self.cancel(second)
        self.works.begun[0].callback("a")
        self.works.begun[1].callback("b")
        self.assertEqual((self.successResultOf(first), self.successResultOf(third)), ("a", "b"))

    def test_all_waiting_ones(self) -> None:
        first, second, third = self.read(), self.read(), self.read()
        self.cancel(second, third)
        self.works.begun[0].callback("a")
        self.assertEqual(self.successResultOf(first), "a")
        self.assertEqual(len(self.works.begun), 1)

    def test_who_comes_after_all_waiting_ones_left(self) -> None:
        self.read()
        self.cancel(self.read())
        newcomer = self.read()
        self.works.begun[0].callback("a")
        self.works.begun[1].callback("b")
        self.assertEqual(self.successResultOf(newcomer), "b")

    def test_another_one_from_within_the_reply(self) -> None:
        self.read()
        second, third, fourth = self.read(), self.read(), self.read()
        second.addCallback(lambda _: third.cancel())
        self.works.begun[0].callback("a")
        self.works.begun[1].callback("b")
        self.failureResultOf(third, CancelledError)
        self.assertEqual(self.successResultOf(fourth), "b")

    def test_work_that_takes_its_time_to_end(self) -> None:
        ending: Deferred[None] = Deferred()

        async def reluctant(_: object) -> str:
            try:
                return await Deferred()
            finally:
                await ending

        first = self.reads.read("jobs", "all", reluctant)
        self.cancel(first)
        newcomer = self.read()
        self.assertEqual(self.works.begun, [])
        ending.callback(None)
        self.works.begun[0].callback("a")
        self.assertEqual(self.successResultOf(newcomer), "a")


class GatheringTests(ReadsTestCase):
    """With a clock, the crowd stays together."""

    def setUp(self) -> None:
        super().setUp()
        self.clock = Clock()
        self.clock.advance(1000)
        self.reads = SharedReads(self.clock)

    def flight(self, readers: int, seconds: float) -> None:
        """So many read for so long; each asks again as soon as it is told."""
        self.crowd = [self.read().addCallback(lambda _: self.read()) for _ in range(readers)]
        self.works.begun[0].callback("first")
        self.clock.advance(seconds)
        self.works.begun[1].callback("a")

    def finish(self) -> None:
        """Land what is in flight, until nobody asks any more."""
        while self.works.in_flight or self.clock.getDelayedCalls():
            for work in self.works.begun:
                if not work.called:
                    work.callback("z")
            self.clock.advance(LONGEST_GATHERING)

    def test_those_who_were_told_are_on_the_next_one_together(self) -> None:
        self.flight(readers=10, seconds=0.2)
        self.assertEqual(self.works.in_flight, 0)
        self.clock.advance(0.2 * GATHERING)
        self.assertEqual(len(self.works.items[-1]), 10)  # nine, and the first one's second read
        self.finish()

    def test_the_pause_has_a_limit(self) -> None:
        self.flight(readers=3, seconds=60)
        self.clock.advance(LONGEST_GATHERING)
        self.assertEqual(len(self.works.begun), 3)
        self.finish()

    def test_after_a_short_read_there_is_none(self) -> None:
        self.flight(readers=3, seconds=SHORTEST_GATHERING)
        self.assertEqual(self.works.in_flight, 1)
        self.finish()

    def test_after_a_read_that_everybody_left_there_is_none(self) -> None:
        leaver = self.read()
        self.read()
        self.clock.advance(1)
        leaver.cancel()
        self.failureResultOf(leaver, CancelledError)
        self.assertEqual(self.works.in_flight, 1)
        self.finish()

    def test_nobody_comes(self) -> None:
        reads = [self.read() for _ in range(3)]
        self.works.begun[0].callback("a")
        self.clock.advance(1)
        self.works.begun[1].callback("b")
        self.assert_results(reads[1:], "b")
        self.clock.advance(LONGEST_GATHERING)
        self.assert_free("jobs")

    def test_who_came_in_the_pause_leaves_in_the_pause(self) -> None:
        for _ in range(3):
            self.read()
        self.works.begun[0].callback("a")
        self.clock.advance(1)
        self.works.begun[1].callback("b")
        leaver = self.read()
        leaver.cancel()
        self.failureResultOf(leaver, CancelledError)
        self.clock.advance(LONGEST_GATHERING)
        self.assertEqual(len(self.works.begun), 2)

    def test_a_single_reader_never_pauses(self) -> None:
        for number in range(3):
            self.read()
            self.assertEqual(len(self.works.begun), number + 1)
            self.clock.advance(1)
            self.works.begun[number].callback("a")
        self.assertEqual(self.clock.getDelayedCalls(), [])


@define(eq=False)
class Asked:
    """A read of the model: when it was asked for, and when the work began that answered it."""

    key: str
    time: int
    read: Deferred[None] = field(factory=Deferred)
    answered_by: int | None = None


@define(eq=False)
class Begun:
    """A piece of work of the model."""

    key: str
    time: int
    work: Deferred[int]
    items: set[int]


KEYS = st.sampled_from(["jobs", "nodes"])


class FreshnessMachine(RuleBasedStateMachine):
    """Reads, replies, errors and cancellations in any order; ``time`` counts them."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.reads: SharedReads[int, int] = self.make_reads()
        self.time = itertools.count()
        self.asked: list[Asked] = []
        self.begun: list[Begun] = []

    def make_reads(self) -> SharedReads[int, int]:
        return SharedReads()

    @property
    def pausing(self) -> bool:
        return bool(self.clock.getDelayedCalls())

    def in_flight(self, key: str) -> list[Begun]:
        return [begun for begun in self.begun if begun.key == key and not begun.work.called]

    def unanswered(self, key: str) -> list[Asked]:
        return [asked for asked in self.asked if asked.key == key and not asked.read.called]

    @rule(key=KEYS)
    def read(self, key: str) -> None:
        async def start(asked_at: Iterable[int]) -> int:
            begun = Begun(key, next(self.time), Deferred(), set(asked_at))
            self.begun.append(begun)
            return await begun.work

        idle = not self.in_flight(key) and not self.pausing
        asked = Asked(key, next(self.time))
        self.asked.append(asked)
        asked.read = self.reads.read(key, asked.time, start).addCallbacks(
            lambda time: setattr(asked, "answered_by", time), self.failed
        )
        assert self.in_flight(key) or self.pausing, "work is under way for whoever asks"
        assert not idle or self.begun[-1].time > asked.time, "nothing delays the first"

    def failed(self, failure: Failure) -> None:
        assert failure.check(CancelledError, LuxiTimeout)

    @rule(key=KEYS, finish=st.sampled_from(["callback", "errback"]))
    def land(self, key: str, finish: str) -> None:
        for begun in self.in_flight(key):
            before = [asked for asked in self.unanswered(key) if asked.time < begun.time]
            assert before, "nobody works for nobody"
            assert begun.items >= {asked.time for asked in before}, "nothing is left out"
            if finish == "callback":
                begun.work.callback(begun.time)
            else:
                begun.work.errback(LuxiTimeout("too slow"))
            assert all(asked.read.called for asked in before)

    @rule(key=KEYS, choice=st.integers(0, 100))
    def cancel(self, key: str, choice: int) -> None:
        unanswered = self.unanswered(key)
        if unanswered:
            asked = unanswered[choice % len(unanswered)]
            asked.read.cancel()
            assert asked.answered_by is None

    @invariant()
    def at_most_one_is_in_flight(self) -> None:
        for key in ("jobs", "nodes"):
            assert len(self.in_flight(key)) <= 1

    @invariant()
    def somebody_works_for_everybody_who_waits(self) -> None:
        for key in ("jobs", "nodes"):
            assert self.pausing or bool(self.unanswered(key)) == bool(self.in_flight(key))

    @invariant()
    def every_reply_is_fresh(self) -> None:
        for asked in self.asked:
            assert asked.answered_by is None or asked.answered_by > asked.time

    def teardown(self) -> None:
        for key in 2 * ("jobs", "nodes"):
            self.land(key, "callback")
            self.clock.advance(LONGEST_GATHERING)
        assert not self.pausing
        for key in ("jobs", "nodes"):
            self.read(key)
            assert len(self.in_flight(key)) == 1, "nobody is in the way of the next one"
            self.land(key, "callback")


class GatheringMachine(FreshnessMachine):
    """The same with pauses."""

    def make_reads(self) -> SharedReads[int, int]:
        return SharedReads(self.clock)

    @rule(seconds=st.sampled_from([0.0, 0.1, 10.0]))
    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)


class FreshnessTests(SynchronousTestCase):
    def test_any_order_of_events(self) -> None:
        run_state_machine_as_test(FreshnessMachine, settings=settings(max_examples=60))

    def test_any_order_of_events_and_pauses(self) -> None:
        run_state_machine_as_test(GatheringMachine, settings=settings(max_examples=60))
