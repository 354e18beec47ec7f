"""Tickets: taken once, in time, in one process and in several."""

from __future__ import annotations

import re
from collections.abc import Coroutine
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.api.consoles import LIFE
from ganeti_rapi.errors import Unavailable
from ganeti_rapi.tickets import MOST, PATIENCE, Box, KeptByParent, KeptHere, Tickets

VALUE = {"user": "jack", "console": {"port": 11000}}


def asking(box: Box, clock: Clock) -> KeptByParent:
    """A worker whose parent has this box."""
    tickets = KeptByParent(clock)
    tickets.say = lambda line: tickets.heard(box.answer(line).rstrip(b"\n"))
    return tickets


class TicketsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.box = Box(self.clock.seconds)
        self.both: list[Tickets] = [KeptHere(self.box), asking(self.box, self.clock)]

    def result(self, work: Coroutine[Any, Any, Any]) -> Any:  # Any: JSON
        return self.successResultOf(Deferred.fromCoroutine(work))

    def test_one_is_good_once_and_everywhere(self) -> None:
        for mine in self.both:
            for other in self.both:
                name = self.result(mine.put(VALUE))
                self.assertEqual(self.result(other.take(name)), VALUE)
                for again in self.both:
                    self.assertIsNone(self.result(again.take(name)))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_nobody_guesses_one(self) -> None:
        names = {self.result(self.both[0].put(VALUE)) for _ in range(100)}
        self.assertEqual(len(names), 100)
        for name in names:
            self.assertTrue(re.fullmatch(r"[A-Za-z0-9_-]{43}", name))
        self.assertIsNone(self.result(self.both[0].take("")))

    def test_one_expires(self) -> None:
        early, late = (self.result(self.both[0].put(VALUE)) for _ in range(2))
        self.clock.advance(LIFE - 0.1)
        self.assertEqual(self.result(self.both[0].take(early)), VALUE)
        self.clock.advance(0.1)
        self.assertIsNone(self.result(self.both[0].take(late)))

    def test_there_are_not_too_many(self) -> None:
        for _ in range(MOST):
            self.box.put(VALUE)
        for tickets in self.both:
            self.failureResultOf(Deferred.fromCoroutine(tickets.put(VALUE)), Unavailable)
        self.clock.advance(LIFE)
        for tickets in self.both:
            self.assertTrue(self.result(tickets.put(VALUE)))

    def test_a_parent_that_does_not_answer(self) -> None:
        tickets = KeptByParent(self.clock)
        said: list[bytes] = []
        tickets.say = said.append
        waiting = Deferred.fromCoroutine(tickets.take("name"))
        self.clock.advance(PATIENCE)
        self.failureResultOf(waiting, Unavailable)
        tickets.heard(self.box.answer(said[0]))  # too late, and nothing comes of it
        self.assertEqual(self.clock.getDelayedCalls(), [])

    @given(st.lists(st.booleans(), max_size=9), st.permutations(range(9)))
    def test_answers_find_those_who_asked(self, puts: list[bool], order: list[int]) -> None:
        tickets = KeptByParent(Clock())
        said: list[bytes] = []
        tickets.say = said.append
        box = Box(lambda: 0.0)
        kept = [box.put(number) or "" for number, _ in enumerate(puts)]
        asked = [
            Deferred.fromCoroutine(tickets.put("new") if put else tickets.take(name))
            for put, name in zip(puts, kept)
        ]
        for number in (number for number in order if number < len(said)):
            tickets.heard(box.answer(said[number]))
        for number, (put, work) in enumerate(zip(puts, asked)):
            result = self.successResultOf(work)
            self.assertEqual(box.take(result) if put else result, "new" if put else number)
