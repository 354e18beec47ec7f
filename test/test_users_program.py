"""The program ganeti-rapi-users, on files of the test's own."""

from __future__ import annotations

import contextlib
import datetime
import io
import os
import stat
import threading
from pathlib import Path
from unittest import mock

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.api.access import Rules
from ganeti_rapi.auth.hashes import MAKERS
from ganeti_rapi.auth.loading import tokens_loader
from ganeti_rapi.auth.tokens import TokensFile
from ganeti_rapi.auth.tokens import parse as parse_tokens
from ganeti_rapi.auth.users import UsersFile, parse
from ganeti_rapi.users_program.editing import changing
from ganeti_rapi.users_program.main import main

from .files_double import pass_time, watch
from .harness import granted
from .test_hashes import need

OLD = "# Our users\n\nfred foo555 write\r\n  # the end"


class ProgramCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.users = Path(self.mktemp()).absolute()
        self.users.write_bytes(OLD.encode())
        self.tokens = self.users.with_suffix(".tokens")

    def run_it(self, *arguments: str, typed: str = "") -> tuple[int, str, str]:
        """Exit status, output and errors."""
        files = ("--users-file", str(self.users), "--tokens-file", str(self.tokens))
        out, err = io.StringIO(), io.StringIO()
        with (
            mock.patch("sys.stdin", io.StringIO(typed)),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            try:
                status = main([*files, *arguments])
            except SystemExit as end:
                status = int(end.code or 0)
        self.assertNotIn("sesame", out.getvalue() + err.getvalue())
        return status, out.getvalue(), err.getvalue()

    def assert_done(self, *arguments: str, typed: str = "") -> str:
        status, out, err = self.run_it(*arguments, typed=typed)
        self.assertEqual((status, err), (0, ""))
        return out

    def assert_refused(self, words: str, *arguments: str, typed: str = "sesame\n") -> None:
        before = self.users.read_bytes()
        status, out, err = self.run_it(*arguments, typed=typed)
        self.assertEqual((status, out), (1, ""))
        self.assertRegex(err, r"^ganeti-rapi-users: [^\n]*\n$")
        self.assertIn(words, err)
        self.assertEqual(self.users.read_bytes(), before)

    def file(self) -> UsersFile:
        accounts, problems = parse(self.users.read_bytes())
        self.assertEqual(problems, [])
        return UsersFile(accounts)


class UsersTests(ProgramCase):
    def test_add(self) -> None:
        self.assert_done("add", "jack", "--grant", "@operator,jobs.wait", typed="sesame\n")
        file = self.file()
        slow = file.slow_hash("jack")
        assert slow is not None
        self.assertTrue(slow.check(b"sesame"))
        user = file.user("jack")
        assert user is not None
        self.assertEqual(user.permissions, granted("@operator", "jobs.wait"))
        self.assertTrue(self.users.read_bytes().startswith(f"{OLD}\n".encode()))

    def test_every_scheme(self) -> None:
        self.assert_done("add", "old", "--scheme", "ha1", typed="sesame\n")
        self.assertIsNotNone(self.file().check("old", "sesame"))
        self.assert_done("add", "free", "--scheme", "scrypt", typed="sesame\n")
        self.assertIn("free {scrypt}$scrypt$", self.users.read_text())

    def test_without_libraries_it_is_scrypt(self) -> None:
        missing = mock.Mock(side_effect=ImportError(name="argon2"))
        with mock.patch.dict(MAKERS, argon2=missing):
            self.assert_done("add", "jack", typed="sesame\n")
            self.assert_refused("needs a library", "add", "x", "--scheme", "argon2")
        self.assertIn("jack {scrypt}", self.users.read_text())

    def test_set_password(self) -> None:
        self.assert_done("set-password", "fred", "--scheme", "ha1", typed="sesame\n")
        file = self.file()
        self.assertEqual(file.check("fred", "sesame"), file.user("fred"))
        self.assertIsNone(file.check("fred", "foo555"))
        self.assertIn(" write\n", self.users.read_text())
        self.assertTrue(self.users.read_text().startswith("# Our users\n\nfred {ha1}"))

    def test_pam_asks_for_no_password(self) -> None:
        self.assert_done("add", "jack", "--scheme", "pam", "--grant", "read", typed="")
        self.assertIn("jack {pam} read\n", self.users.read_text())

    def test_grant(self) -> None:
        self.assert_done("grant", "fred", "@readonly,-jobs.list")
        user = self.file().check("fred", "foo555")
        assert user is not None
        self.assertEqual(user.permissions, granted("@readonly", "-jobs.list"))
        self.assert_done("grant", "fred", "")
        self.assertEqual(self.users.read_text().splitlines()[2], "fred foo555")

    def test_remove(self) -> None:
        self.assert_done("remove", "fred")
        self.assertEqual(self.users.read_bytes(), b"# Our users\n\n  # the end\n")

    def test_list_shows_no_password(self) -> None:
        self.assert_done("add", "jack", "--scheme", "ha1", typed="sesame\n")
        lines = self.assert_done("list").splitlines()
        shown = [line.split() for line in lines]
        self.assertEqual(shown, [["fred", "cleartext", "write"], ["jack", "ha1"]])

    def test_list_tells_what_is_wrong(self) -> None:
        self.users.write_text("jack {nosuch}sesame\n")
        status, _, err = self.run_it("list")
        self.assertEqual(status, 0)
        self.assertIn("line 1: nobody can log in", err)

    def test_what_is_refused(self) -> None:
        self.assert_refused("already", "add", "fred")
        for name in ("a b", "a:b", "#a", "", "a\x7f"):
            self.assert_refused("a name has no white space", "add", name)
        self.assert_refused("@nosuch: no role", "add", "jack", "--grant", "@nosuch")
        scope = "cluster.info:tag=x"
        self.assert_refused(f"{scope}: the scope means nothing", "add", "jack", "--grant", scope)
        self.assert_refused("without white space", "add", "jack", "--grant", "read, write")
        for command in (["set-password", "jack"], ["remove", "jack"], ["grant", "jack", "read"]):
            self.assert_refused("there is no user jack", *command)
        self.assert_refused("empty password", "add", "jack", typed="\n")
        self.assert_refused("empty password", "add", "jack", typed="")
        self.assert_refused(
            "bcrypt reads 72 bytes", "add", "x", "--scheme", "bcrypt", typed="x" * 73
        )

    def test_what_bcrypt_would_not_read(self) -> None:
        need("bcrypt")
        long = ("add", "x", "--scheme", "bcrypt")
        self.assert_refused("bcrypt reads 72 bytes", *long, typed="x" * 73)

    def test_a_wrong_command_line(self) -> None:
        for arguments in ([], ["nosuch"], ["add"], ["add", "jack", "--password", "x"]):
            status, _, err = self.run_it(*arguments)
            self.assertEqual(status, 2)
            self.assertIn("usage: ganeti-rapi-users", err)

    def test_a_file_that_cannot_be_there(self) -> None:
        self.users = self.users / "nowhere"
        status, _, err = self.run_it("add", "jack", typed="sesame\n")
        self.assertEqual(status, 1)
        self.assertIn("Not a directory", err)

    def test_at_a_terminal_it_asks_twice(self) -> None:
        with mock.patch("getpass.getpass", side_effect=["sesame", "sesame", "sesame", "simsim"]):
            for name, expected in (("jack", 0), ("jill", 1)):
                out, err = io.StringIO(), io.StringIO()
                terminal = mock.Mock(isatty=lambda: True)
                with (
                    mock.patch("sys.stdin", terminal),
                    contextlib.redirect_stdout(out),
                    contextlib.redirect_stderr(err),
                ):
                    status = main(["--users-file", str(self.users), "add", name])
                self.assertEqual(status, expected)
        self.assertIn("the two are not the same", err.getvalue())
        self.assertEqual(set(self.file().accounts), {"fred", "jack"})


class FileTests(ProgramCase):
    def test_the_mode_stays_and_a_new_file_is_not_for_all(self) -> None:
        self.users.chmod(0o604)
        self.assert_done("grant", "fred", "read")
        self.assertEqual(stat.S_IMODE(self.users.stat().st_mode), 0o604)
        self.users.unlink()
        self.assert_done("add", "jack", "--scheme", "ha1", typed="sesame\n")
        self.assertEqual(stat.S_IMODE(self.users.stat().st_mode), 0o640)

    def test_a_link_stays_one(self) -> None:
        real = self.users.with_suffix(".real")
        self.users.rename(real)
        self.users.symlink_to(real)
        self.assert_done("grant", "fred", "read")
        self.assertTrue(self.users.is_symlink())
        self.assertIn("fred foo555 read", real.read_text())

    def test_nothing_is_left_behind_when_it_cannot_be_written(self) -> None:
        with mock.patch("os.replace", side_effect=OSError(28, "No space left on device")):
            self.assert_refused("No space left on device", "grant", "fred", "read")
        left = [path.name for path in self.users.parent.iterdir() if path.name.startswith(".")]
        self.assertEqual(left, [])

    def test_two_at_once_lose_nothing(self) -> None:
        with changing(str(self.users)) as lines:
            other = threading.Thread(target=self.assert_done, args=("grant", "fred", "read"))
            other.start()
            lines.append(b"jack x\n")
        other.join(10)
        self.assertEqual(set(self.file().accounts), {"fred", "jack"})
        self.assertIn("fred foo555 read", self.users.read_text())


class TokensTests(ProgramCase):
    def held(self) -> TokensFile:
        found, problems = parse_tokens(self.tokens.read_bytes(), Rules.GANETI_3_0)
        self.assertEqual(problems, [])
        return TokensFile(found)

    def test_add_list_and_revoke(self) -> None:
        token = self.assert_done("token", "add", "backup", "--grant", "jobs.wait").strip()
        today = datetime.datetime.now(datetime.timezone.utc).date()
        user = self.held().user(token, today)
        assert user is not None
        self.assertEqual((user.name, user.permissions), ("token:backup", {"jobs.wait"}))
        self.assertIsNone(self.held().user(token, today + datetime.timedelta(days=366)))
        self.assertNotIn(token, self.tokens.read_text())
        shown = self.assert_done("token", "list")
        end = (today + datetime.timedelta(days=365)).isoformat()
        self.assertEqual(shown.split(), ["backup", end, "jobs.wait"])
        self.assert_done("token", "revoke", "token:backup")
        self.assertEqual(self.held().tokens, {})

    def test_its_end(self) -> None:
        self.assert_done("token", "add", "a", "--until", "never")
        self.assert_done("token", "add", "b", "--until", "2999-12-31")
        self.assertRegex(
            self.tokens.read_text(), r"^a sha256:\w+ never\nb sha256:\w+ 2999-12-31\n$"
        )
        for end in ("2020-01-01", "tomorrow", "2027-02-30"):
            self.assertEqual(self.run_it("token", "add", "c", "--until", end)[0], 1)
        self.assertEqual(self.run_it("token", "add", "c", "--days", "999999999")[0], 1)

    def test_the_last_one_is_out_at_once(self) -> None:
        """An empty file would be given some seconds, as it may be about to be written."""
        token, clock = self.assert_done("token", "add", "a").strip(), Clock()
        held, today = TokensFile(), datetime.date(2026, 1, 1)
        watch(self, tokens_loader(str(self.tokens), held), clock)
        self.assertIsNotNone(held.user(token, today))
        self.assert_done("token", "revoke", "a")
        pass_time(clock, 1)
        self.assertIsNone(held.user(token, today))

    def test_what_is_refused(self) -> None:
        self.assert_done("token", "add", "a")
        for arguments, words in (
            (["add", "a"], "there is a token a already"),
            (["add", "b c"], "a name has no white space"),
            (["add", "b", "--grant", "nosuch"], "nosuch: no role"),
            (["revoke", "b"], "there is no token b"),
        ):
            self.assert_refused(words, "token", *arguments)

    def test_list_without_a_file(self) -> None:
        self.assert_refused("No such file or directory", "token", "list")
        self.assertFalse(os.path.exists(self.tokens))
