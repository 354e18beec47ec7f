"""Slow password hashes: as other programs write them, and what is wrong with some."""

from __future__ import annotations

import importlib.util
from unittest import mock

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SkipTest, SynchronousTestCase

from ganeti_rapi.auth import hashes
from ganeti_rapi.auth.hashes import MAKERS, READERS, BadHash
from ganeti_rapi.auth.users import UsersFile, parse

LIBRARIES = {"argon2": "argon2", "bcrypt": "bcrypt"}

KNOWN = {
    # From passlib's documentation, argon2's own tests and those of OpenBSD.
    "scrypt": (
        "$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E",
        b"password",
    ),
    "argon2": (
        "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA",
        b"password",
    ),
    "bcrypt": ("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", b"U*U"),
}
"""Hashes that other programs made, and their passwords."""


def need(scheme: str) -> None:
    """Skip the test where the scheme's library is not installed."""
    library = LIBRARIES.get(scheme)
    if library and importlib.util.find_spec(library) is None:
        raise SkipTest(f"{library} is not installed: pip install 'ganeti-rapi[passwords]'")


class HashCase(SynchronousTestCase):
    """Each scheme's tests are the same."""

    def check_scheme(self, scheme: str) -> None:
        need(scheme)
        text, password = KNOWN[scheme]
        known = READERS[scheme](text)
        self.assertTrue(known.check(password))
        for other in (b"", b"x", password + b"x", password[:-1], b"\0", b"\xff" * 200):
            self.assertFalse(known.check(other), other)
        made = MAKERS[scheme]("größe".encode())
        self.assertTrue(READERS[scheme](made).check("größe".encode()))
        self.assertFalse(READERS[scheme](made).check(b"grosse"))
        self.assertNotEqual(made, MAKERS[scheme]("größe".encode()), "a salt of its own")
        self.check_damaged(scheme, text)

    def check_damaged(self, scheme: str, text: str) -> None:
        for damaged in ("", text[1:], text[:20], f"{text}$", text.replace("$", ""), text.upper()):
            self.assertRaises(BadHash, READERS[scheme], damaged)

    def assert_refused(self, scheme: str, text: str) -> None:
        error = self.assertRaises(BadHash, READERS[scheme], text)
        self.assertIn("too much memory or time", str(error))


class SchemeTests(HashCase):
    def test_scrypt(self) -> None:
        self.check_scheme("scrypt")

    def test_argon2(self) -> None:
        self.check_scheme("argon2")

    def test_bcrypt(self) -> None:
        self.check_scheme("bcrypt")

    def test_what_would_cost_too_much(self) -> None:
        scrypt, argon2, bcrypt = (KNOWN[name][0] for name in ("scrypt", "argon2", "bcrypt"))
        for parameters in ("ln=30,r=8", "ln=16,r=999", "ln=0,r=8", "ln=16,r=0"):
            self.assert_refused("scrypt", scrypt.replace("ln=16,r=8", parameters))
        for lanes in ("p=0", "p=999"):
            self.assert_refused("scrypt", scrypt.replace("p=1", lanes))
        for parameters in ("m=99999999,t=2", "m=65536,t=999"):
            self.assert_refused("argon2", argon2.replace("m=65536,t=2", parameters))
        for cost in ("$31$", "$00$", "$17$"):
            self.assert_refused("bcrypt", bcrypt.replace("$05$", cost))

    def test_a_salt_that_is_cut_off(self) -> None:
        text = KNOWN["scrypt"][0].replace("aM15713r3Xsvxbi31lqr1Q", "aM157")
        self.assertRaises(BadHash, hashes.scrypt, text)

    def test_bcrypt_reads_the_start_of_long_passwords(self) -> None:
        need("bcrypt")
        made = MAKERS["bcrypt"](b"x" * 72)
        self.assertTrue(READERS["bcrypt"](made).check(b"x" * 100))
        self.assertRaises(ValueError, MAKERS["bcrypt"], b"x" * 73)

    @given(st.text() | st.from_regex(r"\$(scrypt|argon2id|2b)\$[a-z0-9=,$]*"))
    def test_any_text_is_a_hash_or_refused(self, text: str) -> None:
        for reader in READERS.values():
            try:
                found = reader(text)
            except BadHash as error:
                self.assertNotIn(f" {text} ", f" {error} ")
            else:
                self.assertEqual(found.text, text)


class UsersFileTests(SynchronousTestCase):
    def test_each_scheme_in_braces(self) -> None:
        for scheme, (text, _) in KNOWN.items():
            need(scheme)
            accounts, problems = parse(f"jack {{{scheme.upper()}}}{text} read".encode())
            self.assertEqual(problems, [])
            slow = UsersFile(accounts).slow_hash("jack")
            assert slow is not None
            self.assertEqual(slow.text, text)

    def test_a_hash_that_is_none_is_reported_and_not_quoted(self) -> None:
        for scheme in READERS:
            accounts, (problem,) = parse(f"fred x\njack {{{scheme}}}hunter2 write".encode())
            self.assertIn("line 2: nobody can log in with this password: it is no", str(problem))
            self.assertNotIn("hunter2", str(problem))
            file = UsersFile(accounts)
            self.assertIsNone(file.slow_hash("jack"))
            self.assertIsNone(file.check("jack", "hunter2"))

    def test_a_library_that_is_missing_is_named(self) -> None:
        for scheme in LIBRARIES:
            with mock.patch.dict("sys.modules", {LIBRARIES[scheme]: None}):
                _, (problem,) = parse(f"jack {{{scheme}}}{KNOWN[scheme][0]}".encode())
            self.assertIn("is not installed here", str(problem))

    def test_none_lets_nobody_in_and_is_no_mistake(self) -> None:
        accounts, problems = parse(b"jack {none} read")
        self.assertEqual(problems, [])
        for password in ("", "{none}", "none"):
            self.assertIsNone(UsersFile(accounts).check("jack", password))

    def test_names_that_nobody_has_are_checked_as_slowly(self) -> None:
        accounts, _ = parse(f"fast x\nslow {{scrypt}}{KNOWN['scrypt'][0]}".encode())
        file = UsersFile(accounts)
        self.assertEqual(file.slow_hash("nobody"), file.slow_hash("slow"))
        self.assertIsNone(file.slow_hash("fast"))
        self.assertIsNone(UsersFile({"fast": accounts["fast"]}).slow_hash("nobody"))
