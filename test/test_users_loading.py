from __future__ import annotations

from pathlib import Path

from twisted.internet.task import Clock
from twisted.logger import formatEvent
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.auth.loading import SHOWN, users_loader
from ganeti_rapi.auth.users import UsersFile
from ganeti_rapi.files.watch import GRACE, FileWatch, Holder

from .files_double import pass_time, watch
from .harness import captured_log


class LoadingTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.path = Path(self.mktemp()).absolute()
        self.path.write_bytes(b"jack abc123\n")
        self.users = UsersFile()
        self.clock = Clock()
        self.events = captured_log(self)

    def start(self) -> FileWatch:
        holder: Holder = users_loader(str(self.path), self.users)
        return watch(self, holder, self.clock)

    def assert_users(self, *names: str) -> None:
        self.assertEqual(sorted(self.users.accounts), sorted(names))

    def warnings(self) -> list[str]:
        said = [formatEvent(event) for event in self.events if event["log_level"].name == "warn"]
        self.events.clear()
        return said

    def test_the_users_are_there_when_it_has_started(self) -> None:
        self.path.write_bytes("jürgen größe write\n".encode())
        self.start()
        self.assert_users("jürgen")
        self.assertEqual(self.warnings(), [])

    def test_a_user_who_is_removed_is_out_within_a_second(self) -> None:
        self.path.write_bytes(b"jack abc123\nfred foo555\n")
        self.start()
        self.path.write_bytes(b"fred foo555\n")
        pass_time(self.clock, 1)
        self.assert_users("fred")

    def test_a_user_who_is_removed_while_the_file_cannot_be_read_is_out_when_it_can(self) -> None:
        self.start()
        self.path.unlink()
        self.path.symlink_to(self.path)  # not even root reads that
        pass_time(self.clock, 60)
        self.assert_users("jack")
        (warning,) = self.warnings()
        self.assertIn("Too many levels of symbolic links. The 1 users read before stay", warning)
        self.path.unlink()
        self.path.write_bytes(b"fred foo555\n")
        pass_time(self.clock, 1)
        self.assert_users("fred")
        self.assertEqual(formatEvent(self.events[-1]), f"Read 1 users from {self.path}")

    def test_a_missing_file_means_no_users_and_says_what_to_do(self) -> None:
        self.path.unlink()
        self.start()
        self.assert_users()
        self.assertEqual(
            self.warnings(),
            [
                f"Can't read {self.path}: No such file or directory. "
                "Nobody can log in until there is a users file; it is read within a second."
            ],
        )
        self.path.write_bytes(b"jack abc123\n")
        pass_time(self.clock, 1)
        self.assert_users("jack")

    def test_a_file_that_is_being_replaced_locks_nobody_out(self) -> None:
        self.start()
        self.path.unlink()
        pass_time(self.clock, GRACE - 1)
        self.assert_users("jack")
        self.path.write_bytes(b"jack abc123\nfred foo555\n")
        pass_time(self.clock, 1)
        self.assert_users("fred", "jack")
        self.assertEqual(self.warnings(), [])

    def test_nobody_is_let_in_when_the_file_stays_away(self) -> None:
        self.start()
        self.path.unlink()
        pass_time(self.clock, GRACE + 1)
        self.assert_users()
        (warning,) = self.warnings()
        self.assertIn("Nobody can log in until there is a users file", warning)
        pass_time(self.clock, 600)
        self.assertEqual(self.warnings(), [])

    def test_an_empty_file_lets_nobody_in(self) -> None:
        self.start()
        self.path.write_bytes(b"")
        pass_time(self.clock, GRACE + 1)
        self.assert_users()
        self.assertEqual(self.warnings(), [])

    def test_a_byte_that_is_not_utf8_touches_no_other_line_also_at_the_start(self) -> None:
        self.path.write_bytes(b"fred foo555\n# M\xfcller\nm\xfcller secret\n")
        self.start()
        self.assert_users("fred", "müller")
        (warning,) = self.warnings()
        self.assertIn(f"{self.path}, line 3: is not UTF-8", warning)
        self.assertNotIn("secret", warning)

    def test_a_file_that_is_no_users_file_does_not_fill_the_log(self) -> None:
        self.path.write_bytes(b"jack abc123\n" + b"word\n" * 1000)
        self.start()
        self.assert_users("jack")
        *shown, rest = self.warnings()
        self.assertEqual(len(shown), SHOWN)
        self.assertEqual(rest, f"{self.path} has {1000 - SHOWN} more problems like these")

    def test_problems_are_logged_with_their_lines_and_without_secrets(self) -> None:
        self.path.write_bytes(b"jack abc123\nfred {md5}secret5 write\nsecret6\n")
        self.start()
        self.assert_users("fred", "jack")
        everything = " ".join(map(formatEvent, self.events))
        lines = [warning.partition(", ")[2].partition(":")[0] for warning in self.warnings()]
        self.assertEqual(lines, ["line 2", "line 3"])
        self.assertNotIn("secret", everything)


class ScopesTests(SynchronousTestCase):
    """A scope keeps nothing from those who give no user."""

    def said(self, contents: bytes, open_to_all: bool) -> list[str]:
        events = captured_log(self)
        users_loader("/users", UsersFile(), open_to_all=open_to_all).take({"/users": contents})
        return [formatEvent(event) for event in events if event["log_level"].name == "warn"]

    def test_where_anyone_may_read_all_it_is_warned_of(self) -> None:
        (warning,) = self.said(b"ana sesame @operator:tag=team-a\nbob sesame write\n", True)
        self.assertIn("/users: some grants are for some objects only", warning)
        self.assertIn("--require-authentication", warning)
        self.assertEqual(self.said(b"ana sesame @operator:tag=team-a\n", False), [])
        self.assertEqual(self.said(b"bob sesame write\n", True), [])

    def test_one_that_means_nothing_is_logged_with_its_line(self) -> None:
        (problem,) = self.said(b"bob sesame read\nana sesame cluster.info:tag=x,jobs.list\n", False)
        self.assertIn("line 2: ignored an option with a scope that means nothing there", problem)
