from __future__ import annotations

import hmac
from unittest import mock

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.auth import users
from ganeti_rapi.auth.permissions import KNOWN_OPTIONS, User
from ganeti_rapi.auth.users import Problem, UsersFile, ha1, parse

SECRET = "pa55w0rd"
HASH = ha1("jack", SECRET).decode("ascii")


def user_of(text: str, name: str = "jack", password: str = SECRET) -> User | None:
    accounts, _ = parse(text)
    return UsersFile(accounts).check(name, password)


def options_of(text: str) -> frozenset[str] | None:
    user = user_of(text)
    return user.options if user else None


def notes_of(text: str) -> list[str]:
    _, problems = parse(text)
    return [problem.text for problem in problems]


class PasswordTests(SynchronousTestCase):
    def test_every_way_to_write_the_password(self) -> None:
        ways = [SECRET, f"{{cleartext}}{SECRET}", f"{{ClearText}}{SECRET}"]
        ways += [f"{{ha1}}{HASH}", f"{{HA1}}{HASH}", f"{{Ha1}}{HASH.upper()}"]
        for way in ways:
            text = f"jack {way}"
            self.assertEqual(user_of(text), User("jack"), way)
            self.assertIsNone(user_of(text, password=SECRET + "x"), way)
            self.assertIsNone(user_of(text, password=way.swapcase()), way)
            self.assertEqual(notes_of(text), [], way)

    def test_the_hash_is_that_of_rfc_2617(self) -> None:
        # printf '%s' 'jack:Ganeti Remote API:abc123' | openssl md5
        self.assertEqual(ha1("jack", "abc123"), b"54c12257ee9be413f2f3182435514aae")

    def test_the_hash_of_another_user_does_not_match(self) -> None:
        self.assertIsNone(user_of(f"fred {{ha1}}{HASH}", "fred"))

    def test_clear_text_after_its_scheme_may_be_anything(self) -> None:
        for password in ("", "{", "{ha1}", "#no-comment"):
            self.assertEqual(
                user_of(f"jack {{cleartext}}{password}", password=password), User("jack")
            )

    def test_passwords_and_names_beyond_ascii(self) -> None:
        self.assertEqual(user_of("jürgen größe", "jürgen", "größe"), User("jürgen"))
        digits = ha1("jürgen", "größe").decode("ascii")
        self.assertEqual(user_of(f"jürgen {{ha1}}{digits}", "jürgen", "größe"), User("jürgen"))

    def test_unusable_passwords_never_match_and_say_why(self) -> None:
        unusable = {
            "{cleartext" + SECRET: users.UNCLOSED_BRACE,
            "{": users.UNCLOSED_BRACE,
            "{}" + SECRET: users.UNKNOWN_SCHEME,
            "{md5}" + SECRET: users.UNKNOWN_SCHEME,
            "{ha1}": users.BAD_HASH,
            "{ha1}" + HASH[:-1]: users.BAD_HASH,
            "{ha1}" + HASH[:-1] + "g": users.BAD_HASH,
            "{ha1}" + SECRET: users.BAD_HASH,
        }
        for field, note in unusable.items():
            text = f"fred other\njack {field} write"
            self.assertIsNone(user_of(text), field)
            self.assertIsNone(user_of(text, password=field), field)
            self.assertIsNone(user_of(text, password=""), field)
            self.assertEqual(user_of(text, "fred", "other"), User("fred"))
            self.assertEqual(parse(text)[1], [Problem(2, note)], field)


class LineTests(SynchronousTestCase):
    def test_comments_and_empty_lines_are_skipped(self) -> None:
        self.assertEqual(parse("\n  \n# jack x write\n\t#fred y\n#"), ({}, []))

    def test_any_white_space_separates(self) -> None:
        self.assertEqual(options_of(f" \tjack\t \u3000{SECRET}\xa0 write \r\n"), {"write"})

    def test_a_hash_sign_within_a_field_is_literal(self) -> None:
        self.assertEqual(user_of("ja#ck #1", "ja#ck", "#1"), User("ja#ck"))

    def test_names_differ_by_case(self) -> None:
        self.assertIsNone(user_of(f"Jack {SECRET}"))

    def test_a_name_alone_is_ignored(self) -> None:
        self.assertEqual(parse("x y\njack\n")[1], [Problem(2, users.ONE_FIELD)])
        self.assertNotIn("jack", parse("x y\njack\n")[0])

    def test_the_last_line_of_a_name_counts(self) -> None:
        text = f"jack other write\n\njack {SECRET} read"
        self.assertEqual(options_of(text), {"read"})
        self.assertIsNone(user_of(text, password="other"))
        self.assertEqual(parse(text)[1], [Problem(3, users.DUPLICATE)])

    def test_a_last_line_that_cannot_match_counts_too(self) -> None:
        self.assertIsNone(user_of(f"jack {SECRET}\njack {{x}}y"))

    def test_a_name_with_a_colon_is_reported(self) -> None:
        self.assertEqual(notes_of("ja:ck x"), [users.UNUSABLE_NAME])

    def test_a_problem_reads_with_its_line_number(self) -> None:
        self.assertEqual(str(Problem(7, "too long")), "line 7: too long")


class OptionsTests(SynchronousTestCase):
    def test_known_options(self) -> None:
        for field, options in {
            "": set(),
            "write": {"write"},
            "read": {"read"},
            "read,write": {"read", "write"},
            " read , write ": {"read", "write"},
            ",write,,": {"write"},
        }.items():
            text = f"jack {SECRET} {field}"
            self.assertEqual(options_of(text), options, field)
            self.assertEqual(notes_of(text), [], field)

    def test_unknown_options_are_ignored_and_reported_once_a_line(self) -> None:
        for field, options in {
            "Write": set(),
            "read write": set(),
            "write # until May": set(),
            "write, # until May": {"write"},
            "admin,root,write": {"write"},
        }.items():
            text = f"jack {SECRET} {field}"
            self.assertEqual(options_of(text), options, field)
            self.assertEqual(notes_of(text), [users.UNKNOWN_OPTION], field)


class CheckTests(SynchronousTestCase):
    def test_unknown_users_are_refused(self) -> None:
        self.assertIsNone(user_of(f"jack {SECRET}", "fred"))
        self.assertIsNone(user_of("", "", ""))

    def test_an_unknown_user_costs_the_same_hash_and_comparison(self) -> None:
        file = UsersFile(parse(f"jack {SECRET}")[0])
        for name in ("jack", "nobody"):
            with (
                mock.patch.object(users, "ha1", wraps=ha1) as hashing,
                mock.patch.object(hmac, "compare_digest", wraps=hmac.compare_digest) as comparing,
            ):
                file.check(name, "wrong")
            hashing.assert_called_once_with(name, "wrong")
            comparing.assert_called_once()

    def test_secrets_are_not_shown(self) -> None:
        accounts, _ = parse(f"jack {SECRET}\nfred {{ha1}}{HASH}")
        shown = repr(accounts) + repr(UsersFile(accounts))
        self.assertNotIn(SECRET, shown)
        self.assertNotIn(HASH, shown)

    def test_user_finds_by_name(self) -> None:
        file = UsersFile(parse("jack x write")[0])
        self.assertEqual(file.user("jack"), User("jack", frozenset({"write"})))
        self.assertIsNone(file.user("fred"))


ONE_FIELD_TEXT = st.text().map(lambda text: "".join(text.split()))
PASSWORDS = ONE_FIELD_TEXT
NAMES = ONE_FIELD_TEXT.filter(lambda name: name != "" and not name.startswith("#"))
WORDS = ["jack", "fred", "{ha1}", "{cleartext}", "{}", "{", "}", ",", "#", ":", "write", "\n"]
OPTIONS = st.frozensets(st.sampled_from(sorted(KNOWN_OPTIONS)))


ALL_NOTES = {
    users.ONE_FIELD,
    users.UNUSABLE_NAME,
    users.UNCLOSED_BRACE,
    users.UNKNOWN_SCHEME,
    users.BAD_HASH,
    users.UNKNOWN_OPTION,
    users.DUPLICATE,
}


class PropertyTests(SynchronousTestCase):
    @given(st.text(st.characters()))
    def test_any_text_is_parsed(self, text: str) -> None:
        accounts, problems = parse(text)
        for name, account in accounts.items():
            self.assertEqual(account.user.name, name)
            self.assertLessEqual(account.user.options, KNOWN_OPTIONS)
        self.assertLessEqual(len(problems), 4 * len(text.splitlines()))

    @given(st.lists(st.sampled_from(WORDS)))
    def test_any_mixture_of_words_is_parsed(self, words: list[str]) -> None:
        text = " ".join(words)
        accounts, problems = parse(text)
        lines = range(1, len(text.splitlines()) + 1)
        self.assertTrue({problem.line for problem in problems} <= {*lines})
        self.assertNotIn("", accounts)

    @given(NAMES, PASSWORDS, OPTIONS)
    def test_what_is_written_can_log_in(
        self, name: str, password: str, options: frozenset[str]
    ) -> None:
        digits = ha1(name, password).decode("ascii")
        for field in (f"{{cleartext}}{password}", f"{{ha1}}{digits}"):
            text = f"{name} {field} {','.join(options)}"
            self.assertEqual(user_of(text, name, password), User(name, options))

    @given(NAMES, PASSWORDS.filter(lambda password: len(password) > 3), st.text())
    def test_problems_quote_nothing(self, name: str, password: str, options: str) -> None:
        _, problems = parse(f"{name}\n{name} {{{password} {options}")
        texts = {problem.text for problem in problems}
        self.assertLessEqual(texts, ALL_NOTES)
