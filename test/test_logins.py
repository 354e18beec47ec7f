from __future__ import annotations

from unittest import mock

from hypothesis import given
from hypothesis import strategies as st
from twisted.cred.credentials import UsernamePassword
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.logger import formatEvent
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.auth import users
from ganeti_rapi.auth.guessing import FREE_FOR_ADDRESS
from ganeti_rapi.auth.logins import SHOWN, Logins
from ganeti_rapi.auth.permissions import User
from ganeti_rapi.auth.users import UsersFile, parse
from ganeti_rapi.errors import TooManyRequests, Unauthorized

from .harness import captured_log, granted

HERE = "192.0.2.1"
LONG = "x" * 10_000


class LoginsTests(SynchronousTestCase):
    def setUp(self) -> None:
        accounts, _ = parse(f"jack abc123 read\nmüller x\no'neil'\"\\ x\n{LONG} x".encode())
        self.clock = Clock()
        self.logins = Logins(UsersFile(accounts), self.clock)
        self.events = captured_log(self)

    def try_to(self, name: str, password: str, encoding: str = "utf-8") -> Deferred[User]:
        credentials = UsernamePassword(name.encode(encoding), password.encode(encoding))
        return Deferred.fromCoroutine(self.logins.user(credentials, HERE))

    def fail_as(self, name: str, encoding: str = "utf-8") -> None:
        self.failureResultOf(self.try_to(name, "wrong", encoding), Unauthorized)

    def logged(self) -> list[str]:
        lines = [formatEvent(event) for event in self.events]
        self.events.clear()
        return lines

    def test_right_credentials_are_a_user(self) -> None:
        user = self.successResultOf(self.try_to("jack", "abc123"))
        self.assertEqual(user.permissions, granted("read"))
        self.assertEqual(self.logged(), [])

    def test_a_failure_is_one_line(self) -> None:
        self.fail_as("jack")
        self.assertEqual(self.logged(), [f"Failed login for 'jack' from {HERE} [-]"])

    def test_names_beyond_ascii_are_logged_as_they_are_in_the_file(self) -> None:
        for encoding in ("utf-8", "latin-1"):
            self.fail_as("müller", encoding)
            self.assertEqual(self.logged(), [f"Failed login for 'müller' from {HERE} [-]"])

    def test_long_names_are_cut(self) -> None:
        self.fail_as(LONG)
        self.assertEqual(self.logged(), [f"Failed login for '{LONG[:SHOWN]}' from {HERE} [-]"])

    def test_quotes_in_names_are_escaped(self) -> None:
        self.fail_as("o'neil'\"\\")
        self.assertEqual(self.logged(), [rf"""Failed login for 'o\'neil\'"\\' from {HERE} [-]"""])

    @given(st.text(st.characters(blacklist_categories=["Cs"])) | st.just("x from 1.2.3.4\n"))
    def test_what_is_no_name_is_not_logged_since_it_may_be_a_password(self, name: str) -> None:
        logins = Logins(UsersFile(), self.clock)
        self.events.clear()
        credentials = UsernamePassword(name.encode(), b"wrong")
        self.failureResultOf(Deferred.fromCoroutine(logins.user(credentials, HERE)), Unauthorized)
        self.assertEqual(self.logged(), [f"Failed login for an unknown name from {HERE} [-]"])

    def test_who_has_to_wait_is_not_judged_whatever_the_password(self) -> None:
        for _ in range(FREE_FOR_ADDRESS):
            self.fail_as("jack")
        self.clock.advance(0.5)
        self.events.clear()
        with mock.patch.object(users, "ha1") as judging:
            for name, password in (("jack", "abc123"), ("jack", "x"), ("nobody", "x")):
                error = self.failureResultOf(self.try_to(name, password), TooManyRequests).value
                self.assertEqual(error.headers, {"Retry-After": "1"})
                self.assertEqual(
                    error.message, "Too many failed logins; the next one is judged in 1 s"
                )
        judging.assert_not_called()
        self.assertEqual(self.logged(), [])
        self.clock.advance(0.5)
        self.successResultOf(self.try_to("jack", "abc123"))
