"""Logins by PAM, by a library that is not there; test/live has libpam itself."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any
from unittest import mock

from attrs import define, field
from twisted.cred.credentials import UsernamePassword
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.task import Clock
from twisted.logger import formatEvent
from twisted.python.usage import UsageError
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.auth.loading import users_loader
from ganeti_rapi.auth.logins import Logins
from ganeti_rapi.auth.pam import BOUNDS, Pam
from ganeti_rapi.auth.permissions import User
from ganeti_rapi.auth.slow import InThread
from ganeti_rapi.auth.users import NOT_PAM, UsersFile, parse
from ganeti_rapi.errors import LoginFailed, Unavailable
from ganeti_rapi.settings import load_pam

from .harness import captured_log

USERS = "jack {PAM} write\nfred sesame\nmary {pam}x\n"

AUTH_ERR, ACCT_EXPIRED, AUTHINFO_UNAVAIL = 7, 13, 9


@define
class Library:
    """Has the functions of pamela, and a service in memory. ``asked`` are the names so far."""

    class PAMError(Exception):
        def __init__(self, errno: int) -> None:
            super().__init__(f"[PAM Error {errno}]")
            self.errno = errno

    passwords: dict[str, bytes] = field(factory=lambda: {"jack": b"sesame", "nobody": b"sesame"})
    expired: set[str] = field(factory=set)
    broken: bool = False
    asked: list[str] = field(factory=list)

    def authenticate(
        self, username: str, password: tuple[bytes], service: str, resetcred: int
    ) -> None:
        self.asked.append(username)
        if self.broken:
            raise self.PAMError(AUTHINFO_UNAVAIL)
        if self.passwords.get(username) != password[0]:
            raise self.PAMError(AUTH_ERR)

    def check_account(self, username: str, service: str) -> None:
        if username in self.expired:
            raise self.PAMError(ACCT_EXPIRED)


class PamCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.library = Library()
        self.clock = Clock()
        accounts, self.problems = parse(USERS.encode())
        self.users = UsersFile(accounts)
        self.logins = self.logins_in(maybeDeferred)

    def logins_in(self, thread: InThread) -> Logins:
        service = Pam("ganeti-rapi", self.library)
        return Logins(self.users, self.clock, 0, None, lambda: 0.0, thread, service)

    def log_in(self, name: str, password: str) -> Deferred[User]:
        credentials = UsernamePassword(name.encode(), password.encode())
        return Deferred.fromCoroutine(self.logins.user(credentials, "192.0.2.1"))


class LoginTests(PamCase):
    def test_pam_judges_the_password_and_the_file_the_rights(self) -> None:
        user = self.successResultOf(self.log_in("jack", "sesame"))
        self.assertEqual(user, self.users.user("jack"))
        for password in ("other", "", "sesame\0", "sesame\0x"):
            self.failureResultOf(self.log_in("jack", password), LoginFailed)

    def test_who_is_not_in_the_file_is_not_asked_for(self) -> None:
        for name in ("nobody", "fred", "mary"):
            self.failureResultOf(self.log_in(name, "other"), LoginFailed)
        self.assertEqual(self.library.asked, [])
        self.assertEqual([problem.text for problem in self.problems], [NOT_PAM])

    def test_an_account_that_has_expired_is_refused(self) -> None:
        self.library.expired.add("jack")
        self.failureResultOf(self.log_in("jack", "sesame"), LoginFailed)

    def test_a_right_password_is_remembered_for_a_minute(self) -> None:
        for _ in range(3):
            self.successResultOf(self.log_in("jack", "sesame"))
        self.assertEqual(len(self.library.asked), 1)
        self.clock.advance(BOUNDS.remembered_for)
        self.library.expired.add("jack")
        self.failureResultOf(self.log_in("jack", "sesame"), LoginFailed)

    def test_who_is_removed_is_out_at_once(self) -> None:
        self.successResultOf(self.log_in("jack", "sesame"))
        self.users.accounts = {}
        self.failureResultOf(self.log_in("jack", "sesame"), LoginFailed)

    def test_a_service_that_cannot_judge_is_no_failed_login(self) -> None:
        events = captured_log(self)
        self.library.broken = True
        self.failureResultOf(self.log_in("jack", "sesame"), Unavailable)
        said = [formatEvent(event) for event in events]
        self.assertEqual(said, ["PAM service ganeti-rapi: [PAM Error 9]"])

    def test_without_a_service_nobody_gets_in(self) -> None:
        self.logins = Logins(self.users, self.clock, 0)
        for password in ("sesame", "", "{PAM}"):
            self.failureResultOf(self.log_in("jack", password), LoginFailed)


class HangingTests(PamCase):
    """A check that does not end, or too late."""

    def setUp(self) -> None:
        super().setUp()
        self.threads: list[tuple[Deferred[bool], Callable[..., bool], tuple[Any, ...]]] = []
        self.logins = self.logins_in(self.run_later)

    def run_later(self, function: Callable[..., bool], *arguments: Any) -> Deferred[bool]:
        self.threads.append((Deferred(), function, arguments))
        return self.threads[-1][0]

    def end(self, number: int) -> None:
        thread, function, arguments = self.threads[number]
        thread.callback(function(*arguments))

    def test_it_is_given_up_and_said(self) -> None:
        events = captured_log(self)
        login = self.log_in("jack", "sesame")
        self.clock.advance(BOUNDS.patience)
        self.failureResultOf(login, Unavailable)
        self.assertIn("not judged within 10 s", formatEvent(events[0]))
        self.end(0)  # late, and nobody is let in by it
        again = self.log_in("jack", "sesame")
        self.assertNoResult(again)
        self.end(1)
        self.successResultOf(again)

    def test_no_more_threads_hang_than_may_and_others_are_not_held_up(self) -> None:
        logins = [self.log_in("jack", str(number)) for number in range(BOUNDS.at_once + 3)]
        self.assertEqual(len(self.threads), BOUNDS.at_once)
        self.successResultOf(self.log_in("fred", "sesame"))
        self.clock.advance(BOUNDS.patience)
        for login in logins:
            self.failureResultOf(login, Unavailable)
        self.assertEqual(len(self.threads), BOUNDS.at_once)
        self.flushLoggedErrors()


class LoadingTests(SynchronousTestCase):
    def warnings(self, by_pam: bool) -> list[str]:
        events = captured_log(self)
        users_loader("/users", UsersFile(), by_pam=by_pam).take({"/users": b"jack {pam}\n"})
        return [formatEvent(event) for event in events if event["log_level"].name == "warn"]

    def test_users_by_pam_without_a_service_are_warned_of(self) -> None:
        (warning,) = self.warnings(False)
        self.assertIn("/users: some users log in by PAM, which takes the option", warning)
        self.assertEqual(self.warnings(True), [])

    def test_without_the_library_the_daemon_says_what_to_install(self) -> None:
        with mock.patch.dict(sys.modules, {"pamela": None}):
            error = self.assertRaises(UsageError, load_pam, "ganeti-rapi")
        self.assertIn("python3-pamela", str(error))
        self.assertIsNone(load_pam(None))
