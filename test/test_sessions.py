"""Sessions of browsers: their values, and /2/session."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.auth.sessions import LIFETIME, Session, Sessions, key_of
from ganeti_rapi.auth.users import UsersFile
from ganeti_rapi.testing import Reply

from .harness import ADMIN, NOW, ApiCase, ScriptedServer, captured_log, users_file

LINE = "jack sesame write"


class ValueTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.now = NOW
        self.users = users_file(LINE)
        self.sessions = self.sessions_of(self.users)
        session = self.sessions.begin("jack")
        assert session is not None
        self.session = session

    def sessions_of(self, users: UsersFile, secret: bytes = b"secret") -> Sessions:
        return Sessions(users, lambda: key_of(secret), lambda: self.now)

    def test_it_is_read_as_it_was_made(self) -> None:
        self.assertEqual(self.sessions.read(self.session.value), self.session)
        self.assertEqual(self.session.user.name, "jack")

    def test_who_has_the_secret_knows_it_without_a_store(self) -> None:
        other = self.sessions_of(users_file(LINE))
        self.assertEqual(other.read(self.session.value), self.session)
        stranger = self.sessions_of(users_file(LINE), b"another")
        self.assertIsNone(stranger.read(self.session.value))

    def test_it_ends(self) -> None:
        self.now += LIFETIME - 1
        self.assertIsNotNone(self.sessions.read(self.session.value))
        self.now += 1
        self.assertIsNone(self.sessions.read(self.session.value))

    def test_it_ends_when_the_users_line_changes(self) -> None:
        for line in ("jack other write", "jack sesame read", "jill sesame write", ""):
            self.users.accounts = users_file(line).accounts
            self.assertIsNone(self.sessions.read(self.session.value), line)
        self.users.accounts = users_file(f"{LINE}\njill x").accounts
        self.assertIsNotNone(self.sessions.read(self.session.value))

    def test_nobody_can_make_it_last(self) -> None:
        name, end, signature = self.session.value.split(".")
        self.assertIsNone(self.sessions.read(f"{name}.{int(end) + 1}.{signature}"))
        self.assertIsNone(self.sessions.read(f"{name}.{end}.{self.session.csrf}"))

    def test_nobody_begins_one_who_is_no_user(self) -> None:
        self.assertIsNone(self.sessions.begin("jill"))

    @given(st.text() | st.from_regex(r"[\w=-]*\.\d+\.[0-9a-f]*"))
    def test_nothing_else_is_one(self, value: str) -> None:
        self.assertIsNone(self.sessions.read(value))


class DeskTests(ApiCase):
    def log_in(self, name: str = "admin", password: str = "sesame") -> Reply:
        form = {"name": name, "password": password}
        return self.server.ask("POST", "/2/session", form, user=None)

    def cookie(self, reply: Reply) -> dict[str, str]:
        return {"Cookie": "other=1; " + reply.headers["set-cookie"].partition(";")[0]}

    def told(self, **headers: str) -> dict[str, object]:
        told: dict[str, object] = self.server.ask(
            "GET", "/2/session", user=None, headers=headers
        ).json()
        return told

    def test_a_login(self) -> None:
        reply = self.log_in()
        self.assertEqual(reply.status, 200)
        told = reply.json()
        self.assertEqual((told["user"], told["end"]), ("admin", int(NOW) + LIFETIME))
        self.assertIn("instances.create", told["permissions"])
        attributes = reply.headers["set-cookie"].partition("; ")[2]
        self.assertEqual(attributes, f"Max-Age={LIFETIME}; HttpOnly; Secure; SameSite=Strict")
        self.assertEqual(reply.headers["cache-control"], "no-store")
        self.assertEqual(self.told(**self.cookie(reply)), told)

    def test_no_log_shows_its_token(self) -> None:
        events = captured_log(self)
        told = self.log_in("visitor").json()
        self.assertNotIn(told["csrf"], repr(events))

    def test_without_a_login_it_tells_what_is_open(self) -> None:
        told = self.told()
        self.assertEqual((told["user"], told["csrf"]), (None, None))
        self.assertIn("instances.list", told["permissions"])
        self.assertNotIn("instances.create", told["permissions"])
        self.assertNotIn("query.all", told["permissions"])

    def test_what_is_open_depends_on_the_rules(self) -> None:
        from ganeti_rapi.api.access import Rules

        self.server = ScriptedServer(access_rules=Rules.GANETI_3_2)
        self.assertEqual(self.told()["permissions"], [])

    def test_the_users_of_requests_are_told_as_well(self) -> None:
        told = self.server.ask("GET", "/2/session").json()
        self.assertEqual((told["user"], told["csrf"]), ("admin", None))

    def test_a_wrong_login(self) -> None:
        for name, password in (("admin", "wrong"), ("nobody", "sesame")):
            reply = self.log_in(name, password)
            self.assertEqual(reply.status, 401)
            self.assertNotIn("set-cookie", reply.headers)
            self.assertEqual(reply.json()["message"], "The name or the password is wrong")

    def test_guessing_is_slow(self) -> None:
        statuses = [self.log_in("admin", "wrong").status for _ in range(20)]
        self.assertEqual(statuses[-1], 429)

    def test_what_is_no_form(self) -> None:
        for form in (None, 1, [], {"name": "admin"}, {"name": 1, "password": "x"}):
            reply = self.server.ask("POST", "/2/session", form, user=None)
            self.assertEqual(reply.status, 400, form)
        body = {"name": "admin", "password": "sesame"}
        typed = {"Content-Type": "text/plain"}
        reply = self.server.ask("POST", "/2/session", body, user=None, headers=typed)
        self.assertEqual(reply.status, 415)

    def test_the_end(self) -> None:
        reply = self.server.ask("DELETE", "/2/session", user=None)
        self.assertEqual(reply.json()["user"], None)
        self.assertIn("ganeti_session=; Max-Age=0", reply.headers["set-cookie"])

    def test_other_methods(self) -> None:
        reply = self.server.ask("PUT", "/2/session", {})
        self.assertEqual((reply.status, reply.headers["allow"]), (501, "GET, HEAD, POST, DELETE"))

    def test_a_write_takes_the_token(self) -> None:
        login = self.log_in()
        cookie, token = self.cookie(login), login.json()["csrf"]
        path = "/2/instances/web1/startup"
        for headers, status in (
            (cookie, 403),
            ({**cookie, "X-CSRF-Token": "wrong"}, 403),
            ({**cookie, "X-CSRF-Token": "\u00e9"}, 403),
            ({**cookie, "X-CSRF-Token": token}, 200),
        ):
            reply = self.server.ask("PUT", path, user=None, headers=headers)
            self.assertEqual(reply.status, status, headers)
        self.assertEqual(self.daemon.submitted[0]["OP_ID"], "OP_INSTANCE_STARTUP")

    def test_a_read_takes_the_cookie_alone(self) -> None:
        cookie = self.cookie(self.log_in("guest"))
        path = "/2/query/job?fields=id"
        self.daemon.answers["Query"] = {"fields": [], "data": []}
        self.assertEqual(self.server.ask("GET", path, user=None, headers=cookie).status, 200)
        self.assertEqual(self.server.ask("GET", path, user=None).status, 401)

    def test_credentials_count_before_the_cookie(self) -> None:
        cookie = self.cookie(self.log_in("guest"))
        reply = self.server.ask("PUT", "/2/instances/a/startup", user=ADMIN, headers=cookie)
        self.assertEqual(reply.status, 200)

    def test_a_script_is_not_challenged(self) -> None:
        """For browsers would then show a dialog of their own."""
        path = "/2/query/job?fields=id"
        for headers in ({"X-CSRF-Token": ""}, {"Sec-Fetch-Mode": "cors"}):
            reply = self.server.ask("GET", path, user=None, headers=headers)
            self.assertEqual(reply.status, 401)
            self.assertNotIn("www-authenticate", reply.headers)
        reply = self.server.ask("GET", path, user=None, headers={"Sec-Fetch-Mode": "navigate"})
        self.assertIn("www-authenticate", reply.headers)

    def test_without_the_console_there_is_none(self) -> None:
        self.server = ScriptedServer(console=False)
        self.assertEqual(self.log_in().status, 404)
        self.assertEqual(self.server.ask("GET", "/console/").status, 404)


class SessionTests(SynchronousTestCase):
    def test_what_is_secret_is_not_shown(self) -> None:
        session = Sessions(users_file(LINE), lambda: b"k", lambda: NOW).begin("jack")
        assert isinstance(session, Session)
        self.assertNotIn(session.csrf, repr(session))
        self.assertNotIn(session.value, json.dumps(repr(session)))
