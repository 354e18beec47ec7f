"""API tokens: their file, and requests that log in with them."""

from __future__ import annotations

import datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.api.access import Rules
from ganeti_rapi.auth import tokens
from ganeti_rapi.auth.guessing import FREE_FOR_ADDRESS
from ganeti_rapi.auth.loading import tokens_loader
from ganeti_rapi.auth.logins import Logins
from ganeti_rapi.auth.tokens import PREFIX, TokensFile, hash_of, make_token, parse
from ganeti_rapi.auth.users import Problem

from .files_double import pass_time, watch
from .harness import NOW, ScriptedServer, captured_log, granted, users_file

TODAY = datetime.datetime.fromtimestamp(NOW, datetime.timezone.utc).date()
YESTERDAY = TODAY - datetime.timedelta(days=1)
TOKEN = make_token()


def line(name: str = "backup", last_day: object = "never", options: str = "write") -> str:
    return f"{name} sha256:{hash_of(TOKEN)} {last_day} {options}\n"


def file_of(text: str) -> TokensFile:
    found, _ = parse(text.encode(), Rules.GANETI_3_0)
    return TokensFile(found)


def notes_of(text: str) -> list[Problem]:
    return parse(text.encode(), Rules.GANETI_3_0)[1]


class TokenTests(SynchronousTestCase):
    def test_tokens_cannot_be_guessed_and_can_be_found(self) -> None:
        self.assertTrue(TOKEN.startswith(PREFIX))
        self.assertEqual(len({make_token() for _ in range(100)}), 100)
        self.assertGreaterEqual(len(TOKEN) - len(PREFIX), 43)


class ParseTests(SynchronousTestCase):
    def test_a_token_has_a_user_of_its_own(self) -> None:
        user = file_of(line(options="jobs.*")).user(TOKEN, TODAY)
        assert user is not None
        self.assertEqual(user.name, "token:backup")
        self.assertEqual(user.permissions, granted("jobs.*"))

    def test_it_counts_to_the_end_of_its_last_day(self) -> None:
        for last_day, counts in (("never", True), (TODAY, True), (YESTERDAY, False)):
            user = file_of(line(last_day=last_day)).user(TOKEN, TODAY)
            self.assertEqual(user is not None, counts, last_day)

    def test_other_texts_do_not_count(self) -> None:
        file = file_of(line())
        for text in ("", PREFIX, TOKEN[:-1], TOKEN + "x", hash_of(TOKEN), "backup", "\ud800"):
            self.assertIsNone(file.user(text, TODAY), text)

    def test_comments_and_blank_lines(self) -> None:
        self.assertEqual(notes_of(f"# a comment\n\n  \n{line()}"), [])

    def test_what_is_wrong_with_a_line_touches_no_other(self) -> None:
        for wrong, note in (
            ("backup", tokens.WRONG_FIELDS),
            (f"old {hash_of(TOKEN)} never", tokens.WRONG_HASH),
            (f"old sha256:{hash_of(TOKEN)[:20]}", tokens.WRONG_FIELDS),
            (f"old sha256:{hash_of(TOKEN)[:20]} never", tokens.WRONG_HASH),
            (f"old sha256:{hash_of('x')} tomorrow", tokens.WRONG_DAY),
            (f"old sha256:{hash_of('x')} 2027-02-30", tokens.WRONG_DAY),
            (f"old sha256:{hash_of('x')} 20271231", tokens.WRONG_DAY),
            (f"old sha256:{hash_of('x')} never @nosuch", tokens.UNKNOWN_OPTION),
            (line().strip(), tokens.DUPLICATE),
        ):
            text = f"{line()}{wrong}\nother sha256:{hash_of('other')} never read"
            self.assertEqual(notes_of(text), [Problem(2, note)], wrong)
            file = file_of(text)
            self.assertIsNotNone(file.user(TOKEN, TODAY))
            self.assertIsNotNone(file.user("other", TODAY))

    def test_a_later_line_counts_instead(self) -> None:
        file = file_of(f"{line()}backup sha256:{hash_of('other')} never\n")
        self.assertIsNone(file.user(TOKEN, TODAY))
        self.assertIsNotNone(file.user("other", TODAY))

    @given(st.binary())
    def test_any_bytes_are_parsed(self, contents: bytes) -> None:
        found, problems = parse(contents, Rules.GANETI_3_2)
        self.assertLessEqual(
            {problem.text for problem in problems},
            {
                *(tokens.WRONG_FIELDS, tokens.WRONG_HASH, tokens.WRONG_DAY, tokens.UNKNOWN_OPTION),
                *(tokens.DUPLICATE, tokens.NOT_TEXT),
            },
        )
        self.assertTrue(all(token.user.name.startswith("token:") for token in found.values()))


class LoadingTests(SynchronousTestCase):
    def test_a_token_that_is_revoked_is_out_within_a_second(self) -> None:
        path, held, clock = Path(self.mktemp()).absolute(), TokensFile(), Clock()
        path.write_text(line())
        captured_log(self)
        watch(self, tokens_loader(str(path), held), clock)
        self.assertIsNotNone(held.user(TOKEN, TODAY))
        path.write_text(line(name="x").replace(hash_of(TOKEN), hash_of("x")))
        pass_time(clock, 1)
        self.assertIsNone(held.user(TOKEN, TODAY))


class RequestTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.tokens = file_of(line(options="tags.set"))
        self.server = ScriptedServer(tokens=self.tokens)
        self.events = captured_log(self)

    def ask(self, header: str, path: str = "/2/tags?tag=t") -> int:
        headers = {"Authorization": header}
        return self.server.ask("PUT", path, user=None, headers=headers).status

    def test_it_is_a_user_with_its_own_permissions(self) -> None:
        for header in (f"Bearer {TOKEN}", f"bearer  {TOKEN} "):
            self.assertEqual(self.ask(header), 200)
        self.assertEqual(self.ask(f"Bearer {TOKEN}", "/2/redistribute-config"), 403)

    def test_its_name_is_in_the_reason_trail(self) -> None:
        self.ask(f"Bearer {TOKEN}")
        (opcode,) = self.server.daemon.submitted
        self.assertIn("token:backup, request ", opcode["reason"][-1][1])

    def test_one_that_does_not_count_is_401_and_logged_without_it(self) -> None:
        for header in ("Bearer x", "Bearer", "Bearer ", f"Bearer {TOKEN}x"):
            self.assertEqual(self.ask(header), 401)
        lines = [str(event.get("who", "")) for event in self.events]
        self.assertEqual(lines.count("an unknown name"), 4)
        self.assertNotIn(TOKEN, str(self.events))

    def test_what_it_began_can_be_judged_by_its_name_later(self) -> None:
        logins = Logins(users_file(""), Clock(), tokens=self.tokens, now=lambda: NOW)
        found = logins.named("token:backup")
        assert found is not None
        self.assertTrue(found.may("tags.set"))
        self.tokens.tokens = file_of(line(last_day=YESTERDAY)).tokens
        self.assertIsNone(logins.named("token:backup"))
        self.assertIsNone(logins.named("backup"))

    def test_guessing_waits(self) -> None:
        statuses = [self.ask(f"Bearer {number}") for number in range(FREE_FOR_ADDRESS + 2)]
        self.assertEqual(statuses[-1], 429)

    def test_one_that_has_ended(self) -> None:
        self.tokens.tokens = file_of(line(last_day=YESTERDAY)).tokens
        self.assertEqual(self.ask(f"Bearer {TOKEN}"), 401)

    def test_where_there_are_none(self) -> None:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        reply = ScriptedServer().ask("GET", "/version", user=None, headers=headers)
        self.assertEqual(reply.status, 401)
