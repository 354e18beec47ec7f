"""Checks of slow hashes: how many at once, and what is remembered of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import define, field
from twisted.cred.credentials import UsernamePassword
from twisted.internet.defer import Deferred, maybeDeferred, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.auth.hashes import SlowHash
from ganeti_rapi.auth.logins import Logins
from ganeti_rapi.auth.permissions import User
from ganeti_rapi.auth.slow import (
    BOUNDS,
    MOST_REMEMBERED,
    MOST_WAITING,
    SlowChecks,
)
from ganeti_rapi.auth.users import Account, UsersFile
from ganeti_rapi.errors import LoginFailed, Unavailable

from .harness import captured_log


@define
class Threads:
    """Calls that threads make when the test says so."""

    calls: list[tuple[Deferred[Any], Callable[[bytes], bool], bytes]] = field(factory=list)

    def run(self, function: Callable[[bytes], bool], password: bytes) -> Deferred[Any]:
        result: Deferred[Any] = Deferred()
        self.calls.append((result, function, password))
        return result

    def finish(self) -> None:
        """Let the oldest call end."""
        result, function, password = self.calls.pop(0)
        result.callback(function(password))


@define
class Counted:
    """A hash of the password ``right`` that counts how often it is checked."""

    checks: int = 0

    def hash(self, text: str = "hash") -> SlowHash:
        def check(password: bytes) -> bool:
            self.checks += 1
            return password == b"right"

        return SlowHash(text, check)


class SlowChecksTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.threads = Threads()
        self.counted = Counted()
        self.checks = SlowChecks(self.clock, self.threads.run)

    def check(
        self, password: str = "right", name: str = "jack", text: str = "hash"
    ) -> Deferred[bool]:
        what = self.counted.hash(text), name, password
        if self.checks.remembers(*what):
            return succeed(True)
        return Deferred.fromCoroutine(self.checks.check(*what))

    def finished(self, **of: str) -> bool:
        """What a check says that is made at once."""
        result = self.check(**of)
        while self.threads.calls:
            self.threads.finish()
        return self.successResultOf(result)

    def test_right_and_wrong(self) -> None:
        self.assertTrue(self.finished())
        self.assertFalse(self.finished(password="wrong"))

    def test_a_few_at_once(self) -> None:
        results = [self.check(name=str(number)) for number in range(BOUNDS.at_once + 3)]
        self.assertEqual(len(self.threads.calls), BOUNDS.at_once)
        while self.threads.calls:
            self.threads.finish()
            self.assertLessEqual(len(self.threads.calls), BOUNDS.at_once)
        self.assertTrue(all(map(self.successResultOf, results)))

    def test_the_line_is_bounded(self) -> None:
        waiting = [self.check(name=str(number)) for number in range(BOUNDS.at_once + MOST_WAITING)]
        self.failureResultOf(self.check(name="one more"), Unavailable)
        self.threads.finish()
        self.assertNoResult(self.check(name="now"))
        self.assertEqual(len(waiting), BOUNDS.at_once + MOST_WAITING)

    def test_who_leaves_the_line_makes_room(self) -> None:
        waiting = [self.check(name=str(number)) for number in range(BOUNDS.at_once + MOST_WAITING)]
        waiting[-1].cancel()
        self.failureResultOf(waiting[-1])
        self.assertNoResult(self.check(name="now"))

    def test_a_thread_whose_client_left_keeps_its_turn(self) -> None:
        """Or else whoever connects and leaves could have any number of threads."""
        for number in range(BOUNDS.at_once):
            left = self.check(name=str(number))
            left.cancel()
            self.failureResultOf(left)
        following = self.check(name="next")
        self.assertEqual(len(self.threads.calls), BOUNDS.at_once)
        self.threads.finish()
        self.assertEqual(len(self.threads.calls), BOUNDS.at_once)
        self.threads.finish()
        self.threads.finish()
        self.assertTrue(self.successResultOf(following))

    def test_a_check_that_raises_gives_its_turn_back(self) -> None:
        for _ in range(BOUNDS.at_once + 1):
            result = self.check()
            thread, _, _ = self.threads.calls.pop()
            thread.errback(ValueError("bad"))
            self.failureResultOf(result, ValueError)

    def test_a_right_password_is_remembered_for_a_while(self) -> None:
        for _ in range(3):
            self.assertTrue(self.finished())
        self.assertEqual(self.counted.checks, 1)
        self.clock.advance(BOUNDS.remembered_for)
        self.assertTrue(self.finished())
        self.assertEqual(self.counted.checks, 2)

    def test_wrong_ones_are_not(self) -> None:
        for _ in range(3):
            self.assertFalse(self.finished(password="wrong"))
        self.assertEqual(self.counted.checks, 3)

    def test_it_is_another_one_for_another_user_or_hash(self) -> None:
        self.finished()
        self.finished(name="fred")
        self.finished(text="another hash")
        self.assertEqual(self.counted.checks, 3)

    def test_memory_is_bounded(self) -> None:
        for number in range(MOST_REMEMBERED + 1):
            self.finished(name=str(number))
        self.counted.checks = 0
        self.finished(name="0")
        self.assertEqual(self.counted.checks, 1, "the oldest is forgotten")
        self.finished(name=str(MOST_REMEMBERED))
        self.assertEqual(self.counted.checks, 1)


class LoginTests(SynchronousTestCase):
    """Slow hashes by the way in."""

    def setUp(self) -> None:
        self.threads = Threads()
        self.counted = Counted()
        self.users = UsersFile({"jack": self.account()})
        self.logins = Logins(self.users, Clock(), in_thread=self.threads.run)
        self.events = captured_log(self)

    def account(self) -> Account:
        return Account(User("jack", frozenset({"jobs.list"})), b"", self.counted.hash())

    def log_in(self, name: str = "jack", password: str = "right") -> Deferred[User]:
        credentials = UsernamePassword(name.encode(), password.encode())
        return Deferred.fromCoroutine(self.logins.user(credentials, "192.0.2.1"))

    def test_the_right_one(self) -> None:
        login = self.log_in()
        self.assertNoResult(login)
        self.threads.finish()
        self.assertEqual(self.successResultOf(login), self.users.user("jack"))

    def test_the_wrong_one_and_a_name_that_nobody_has(self) -> None:
        for name, password in (("jack", "wrong"), ("nobody", "right")):
            login = self.log_in(name, password)
            self.threads.finish()
            self.failureResultOf(login, LoginFailed)
        self.assertEqual(len(self.events), 2)

    def test_a_user_who_is_removed_meanwhile_stays_out(self) -> None:
        login = self.log_in()
        self.users.accounts = {}
        self.threads.finish()
        self.failureResultOf(login, LoginFailed)

    def test_a_file_that_is_read_again_meanwhile_changes_nothing(self) -> None:
        login = self.log_in()
        self.users.accounts = {"jack": self.account()}
        self.threads.finish()
        self.successResultOf(login)

    def test_without_threads_it_is_checked_at_once(self) -> None:
        logins = Logins(self.users, Clock(), in_thread=maybeDeferred)
        credentials = UsernamePassword(b"jack", b"right")
        login = Deferred.fromCoroutine(logins.user(credentials, "192.0.2.1"))
        self.successResultOf(login)
