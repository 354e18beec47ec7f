from __future__ import annotations

import hmac
from collections.abc import Mapping
from unittest import mock

from hypothesis import assume, given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.api.access import ADMIN
from ganeti_rapi.auth import users
from ganeti_rapi.auth.permissions import User
from ganeti_rapi.auth.users import Account, Problem, UsersFile, ha1, parse

from .harness import granted

SECRET = "pa55w0rd"
HASH = ha1("jack", SECRET).decode("ascii")


def file_of(text: str | bytes) -> UsersFile:
    accounts, _ = parse(as_bytes(text))
    return UsersFile(accounts)


def as_bytes(text: str | bytes) -> bytes:
    return text.encode("utf-8") if isinstance(text, str) else text


def user_of(text: str | bytes, name: str = "jack", password: str = SECRET) -> User | None:
    return file_of(text).check(name, password)


def permissions_of(text: str | bytes) -> frozenset[str] | None:
    user = user_of(text)
    return user.permissions if user else None


def problems_of(text: str | bytes) -> list[Problem]:
    _, problems = parse(as_bytes(text))
    return problems


def notes_of(text: str | bytes) -> list[str]:
    return [problem.text for problem in problems_of(text)]


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
        for password in ("{", "{ha1}", "#no-comment"):
            self.assertEqual(
                user_of(f"jack {{cleartext}}{password}", password=password), User("jack")
            )

    def test_passwords_and_names_beyond_ascii(self) -> None:
        self.assertEqual(user_of("jürgen größe", "jürgen", "größe"), User("jürgen"))
        digits = ha1("jürgen", "größe").decode("ascii")
        self.assertEqual(user_of(f"jürgen {{ha1}}{digits}", "jürgen", "größe"), User("jürgen"))

    def test_an_empty_password_lets_nobody_in(self) -> None:
        empty = ha1("jack", "").decode("ascii")
        for field in ("{cleartext}", "{ClearText}", f"{{ha1}}{empty}", f"{{HA1}}{empty.upper()}"):
            text = f"fred other\njack {field} write"
            self.assertIsNone(user_of(text, password=""), field)
            self.assertEqual(problems_of(text), [Problem(2, users.EMPTY_PASSWORD)], field)
            self.assertEqual(user_of(text, "fred", "other"), User("fred"))

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
            self.assertEqual(problems_of(text), [Problem(2, note)], field)


class LineTests(SynchronousTestCase):
    def test_comments_and_empty_lines_are_skipped(self) -> None:
        self.assertEqual(parse(b"\n  \n# jack x write\n\t#fred y\n#"), ({}, []))

    def test_any_white_space_separates(self) -> None:
        self.assertEqual(
            permissions_of(f" \tjack\t \u3000{SECRET}\xa0 write \r\n"), granted("write")
        )

    def test_a_hash_sign_within_a_field_is_literal(self) -> None:
        self.assertEqual(user_of("ja#ck #1", "ja#ck", "#1"), User("ja#ck"))

    def test_names_differ_by_case(self) -> None:
        self.assertIsNone(user_of(f"Jack {SECRET}"))

    def test_a_name_alone_is_ignored(self) -> None:
        self.assertEqual(problems_of("x y\njack\n"), [Problem(2, users.ONE_FIELD)])
        self.assertIsNone(file_of("x y\njack\n").user("jack"))

    def test_the_last_line_of_a_name_counts(self) -> None:
        text = f"jack other write\n\njack {SECRET} read"
        self.assertEqual(permissions_of(text), granted("read"))
        self.assertIsNone(user_of(text, password="other"))
        self.assertEqual(problems_of(text), [Problem(3, users.DUPLICATE)])

    def test_a_last_line_that_cannot_match_counts_too(self) -> None:
        self.assertIsNone(user_of(f"jack {SECRET}\njack {{x}}y"))

    def test_a_name_with_a_colon_is_reported(self) -> None:
        self.assertEqual(notes_of("ja:ck x"), [users.UNUSABLE_NAME])

    def test_a_problem_reads_with_its_line_number(self) -> None:
        self.assertEqual(str(Problem(7, "too long")), "line 7: too long")

    def test_lines_end_as_in_an_editor(self) -> None:
        for end in ("\n", "\r\n", "\r"):
            text = f"# the users{end}jack {SECRET} read{end}x{end}fred other write{end}"
            self.assertEqual(permissions_of(text), granted("read"))
            self.assertEqual(user_of(text, "fred", "other"), User("fred", granted("write")))
            self.assertEqual(problems_of(text), [Problem(3, users.ONE_FIELD)])

    def test_what_ends_lines_for_the_stock_daemon_only_ends_no_line_here(self) -> None:
        for end in ("\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"):
            text = f"jack {SECRET}{end}fred other write\nbob x"
            self.assertEqual(list(file_of(text).accounts), ["bob"])
            self.assertEqual(problems_of(text), [Problem(1, users.CONTROL_CHARACTER)])

    def test_a_form_feed_between_parts_of_the_file_is_white_space(self) -> None:
        text = f"\x0c\n\x0c# readers\n\x0cjack {SECRET}\x0c"
        self.assertEqual(user_of(text), User("jack"))
        self.assertEqual(notes_of(text), [])

    def test_a_byte_order_mark_is_not_a_part_of_the_name(self) -> None:
        text = f"\ufeffjack {SECRET} read\n\ufeff# put together from two files"
        self.assertEqual(permissions_of(text), granted("read"))
        self.assertEqual(notes_of(text), [])

    def test_a_control_character_makes_a_line_count_for_nothing(self) -> None:
        for bad in ("jack \0", "ja\0ck x", "jack x write\0", "jack x\x7f", "\x1bjack x"):
            text = f"jack {SECRET}\n{bad}\nfred other"
            self.assertEqual(user_of(text), User("jack"), bad)
            self.assertEqual(problems_of(text), [Problem(2, users.CONTROL_CHARACTER)], bad)

    def test_a_file_in_utf_16_lets_nobody_in_and_says_how_to_save_it(self) -> None:
        text = f"jack {SECRET}\nfred other".encode("utf-16")
        self.assertEqual(file_of(text).accounts, {})
        self.assertEqual(notes_of(text), [users.CONTROL_CHARACTER] * 2)

    def test_a_long_line_is_a_line(self) -> None:
        password = "x" * 2**20
        self.assertEqual(user_of(f"jack {password}\nfred y", password=password), User("jack"))


class EncodingTests(SynchronousTestCase):
    def test_a_line_that_is_not_utf8_is_read_as_latin1(self) -> None:
        text = "jürgen größe write\n".encode("latin-1") + b"jack " + SECRET.encode()
        self.assertEqual(user_of(text, "jürgen", "größe"), User("jürgen", granted("write")))
        self.assertEqual(user_of(text), User("jack"))
        self.assertEqual(problems_of(text), [Problem(1, users.NOT_UTF8)])

    def test_each_line_has_an_encoding_of_its_own(self) -> None:
        text = "jürgen größe\n".encode("latin-1") + "müller straße\n".encode()
        for name, password in (("jürgen", "größe"), ("müller", "straße")):
            self.assertEqual(user_of(text, name, password), User(name))

    def test_a_comment_may_be_in_any_encoding(self) -> None:
        text = b"# M\xfcller\n" + f"jack {SECRET}".encode()
        self.assertEqual(user_of(text), User("jack"))
        self.assertEqual(notes_of(text), [])


class OptionsTests(SynchronousTestCase):
    def test_known_options(self) -> None:
        for field, options in {
            "": [],
            "write": ["write"],
            "read": ["read"],
            "read,write": ["read", "write"],
            " read , write ": ["read", "write"],
            ",write,,": ["write"],
            "@readonly, +jobs.cancel,-jobs.list": ["@readonly", "jobs.cancel", "-jobs.list"],
        }.items():
            text = f"jack {SECRET} {field}"
            self.assertEqual(permissions_of(text), granted(*options), field)
            self.assertEqual(notes_of(text), [], field)

    def test_unknown_options_are_ignored_and_reported_once_a_line(self) -> None:
        for field, options in {
            "Write": [],
            "read write": [],
            "write # until May": [],
            "write, # until May": ["write"],
            "admin,root,write": ["write"],
            "@root,jobs.lists,-jobs": [],
        }.items():
            text = f"jack {SECRET} {field}"
            self.assertEqual(permissions_of(text), granted(*options), field)
            self.assertEqual(notes_of(text), [users.UNKNOWN_OPTION], field)


class CheckTests(SynchronousTestCase):
    def test_unknown_users_are_refused(self) -> None:
        self.assertIsNone(user_of(f"jack {SECRET}", "fred"))
        self.assertIsNone(user_of("", "", ""))

    def test_an_unknown_user_costs_the_same_hash_and_comparison(self) -> None:
        file = file_of(f"jack {SECRET}")
        for name in ("jack", "nobody"):
            with (
                mock.patch.object(users, "ha1", wraps=ha1) as hashing,
                mock.patch.object(hmac, "compare_digest", wraps=hmac.compare_digest) as comparing,
            ):
                file.check(name, "wrong")
            hashing.assert_called_once_with(name, "wrong")
            comparing.assert_called_once()

    def test_secrets_are_not_shown(self) -> None:
        file = file_of(f"jack {SECRET}\nfred {{ha1}}{HASH}")
        shown = repr(file.accounts) + repr(file)
        self.assertNotIn(SECRET, shown)
        self.assertNotIn(HASH, shown)

    def test_user_finds_by_name(self) -> None:
        file = file_of("jack x write")
        self.assertEqual(file.user("jack"), User("jack", granted("write")))
        self.assertIsNone(file.user("fred"))


TEXT = st.characters(blacklist_categories=["Cs"])
WRITABLE = st.text(
    TEXT.filter(lambda each: each >= " " and each not in "\x7f\x85\u2028\u2029\ufeff")
)
ONE_FIELD_TEXT = WRITABLE.map(lambda text: "".join(text.split()))
PASSWORDS = ONE_FIELD_TEXT.filter(lambda password: password != "")
NAMES = ONE_FIELD_TEXT.filter(lambda name: name != "" and not name.startswith("#"))
WORDS = ["jack", "fred", "{ha1}", "{cleartext}", "{}", "{", "}", ",", "#", ":", "write", "\n"]
OPTIONS = st.frozensets(st.sampled_from(["read", "write", *sorted(ADMIN)]))


ALL_NOTES = {
    users.NOT_UTF8,
    users.CONTROL_CHARACTER,
    users.ONE_FIELD,
    users.UNUSABLE_NAME,
    users.UNCLOSED_BRACE,
    users.UNKNOWN_SCHEME,
    users.BAD_HASH,
    users.EMPTY_PASSWORD,
    users.UNKNOWN_OPTION,
    users.DUPLICATE,
}

GOOD_LINES = [
    f"jack {SECRET} write".encode(),
    "jürgen größe".encode(),
    f"fred {{ha1}}{HASH}".encode(),
]
NAMES_IN_GOOD_LINES = ("jack", "jürgen", "fred")
LINES = st.binary().map(lambda line: b"".join(line.splitlines()))


def accounts_of(contents: bytes) -> Mapping[str, Account]:
    accounts, _ = parse(contents)
    return accounts


class PropertyTests(SynchronousTestCase):
    @given(st.binary() | st.text(TEXT).map(str.encode))
    def test_any_bytes_are_parsed(self, contents: bytes) -> None:
        accounts, problems = parse(contents)
        for name, account in accounts.items():
            self.assertEqual(account.user.name, name)
            self.assertNotEqual(name, "")
            self.assertLessEqual(account.user.permissions, ADMIN)
            self.assertIsNone(UsersFile(accounts).check(name, ""))
        self.assertLessEqual({problem.text for problem in problems}, ALL_NOTES)

    @given(st.lists(st.sampled_from(WORDS)))
    def test_any_mixture_of_words_is_parsed(self, words: list[str]) -> None:
        text = " ".join(words)
        lines = range(1, len(text.splitlines()) + 1)
        self.assertTrue({problem.line for problem in problems_of(text)} <= {*lines})
        self.assertNotIn("", file_of(text).accounts)

    @given(LINES, st.integers(0, len(GOOD_LINES)), st.sampled_from([b"\n", b"\r\n", b"\r"]))
    def test_a_line_never_touches_the_others(self, line: bytes, place: int, end: bytes) -> None:
        contents = end.join([*GOOD_LINES[:place], line, *GOOD_LINES[place:]])
        alone = accounts_of(line)
        assume(alone.keys().isdisjoint(NAMES_IN_GOOD_LINES))
        together = accounts_of(end.join(GOOD_LINES))
        self.assertEqual(accounts_of(contents), {**together, **alone})
        _, problems = parse(contents)
        self.assertLessEqual({problem.line for problem in problems}, {place + 1})

    @given(NAMES, PASSWORDS, OPTIONS)
    def test_what_is_written_can_log_in(
        self, name: str, password: str, options: frozenset[str]
    ) -> None:
        digits = ha1(name, password).decode("ascii")
        for field in (f"{{cleartext}}{password}", f"{{ha1}}{digits}"):
            text = f"{name} {field} {','.join(options)}"
            self.assertEqual(user_of(text, name, password), User(name, granted(*options)))

    @given(NAMES, PASSWORDS.filter(lambda password: len(password) > 3), WRITABLE)
    def test_problems_quote_nothing(self, name: str, password: str, options: str) -> None:
        self.assertLessEqual({*notes_of(f"{name}\n{name} {{{password} {options}")}, ALL_NOTES)
