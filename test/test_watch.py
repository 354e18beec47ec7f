from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from unittest import mock

from twisted.application.service import IService
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.testing import MemoryReactorClock
from twisted.logger import capturedLogs, formatEvent
from twisted.python.filepath import FilePath
from twisted.python.runtime import platform
from twisted.trial.unittest import SynchronousTestCase, TestCase
from zope.interface.verify import verifyObject

from ganeti_rapi.auth import watch
from ganeti_rapi.auth.users import UsersFile
from ganeti_rapi.auth.watch import POLL_INTERVAL, UsersFileWatcher

NO_INOTIFY = None if platform.supportsINotify() else "this system has no inotify"


class WatcherTests(SynchronousTestCase):
    """Starts watchers on a directory of the test's own, with a reactor that never runs."""

    def setUp(self) -> None:
        self.directory = FilePath(self.mktemp())
        self.directory.makedirs()
        self.path = self.directory.child("users")
        self.reactor = MemoryReactorClock()
        self.users = UsersFile()
        self.logged: Sequence[dict[str, Any]] = []  # Any: what a log event holds

    def start(self) -> UsersFileWatcher:
        watcher = UsersFileWatcher(self.path, self.users, self.reactor)
        capture = capturedLogs()
        self.logged = capture.__enter__()
        self.addCleanup(capture.__exit__, None, None, None)
        watcher.startService()
        self.addCleanup(self.stop, watcher)
        return watcher

    def stop(self, watcher: UsersFileWatcher) -> None:
        if watcher.running:
            watcher.stopService()
        self.reactor.advance(0)

    def deliver_events(self) -> None:
        """What a running reactor does with the kernel's events."""
        for reader in self.reactor.getReaders():
            reader.doRead()
        self.reactor.advance(0)

    def names(self) -> list[str]:
        return sorted(self.users.accounts)

    def warnings(self) -> list[str]:
        events = (event for event in self.logged if event["log_level"].name == "warn")
        return [formatEvent(event) for event in events]


class ReadingTests(WatcherTests):
    def test_interface(self) -> None:
        verifyObject(IService, UsersFileWatcher(self.path, self.users, self.reactor))

    def test_the_file_is_read_at_start(self) -> None:
        self.path.setContent("jürgen größe write\n".encode())
        self.start()
        self.assertEqual(self.names(), ["jürgen"])
        self.assertEqual(self.warnings(), [])

    def test_nothing_is_read_before(self) -> None:
        self.path.setContent(b"jack abc123\n")
        UsersFileWatcher(self.path, self.users, self.reactor)
        self.assertEqual(self.names(), [])

    def test_a_missing_file_means_no_users_and_says_what_to_do(self) -> None:
        self.start()
        self.assertEqual(self.names(), [])
        (warning,) = self.warnings()
        self.assertIn(f"{self.path.path}: No such file or directory", warning)
        self.assertIn("Make the file readable", warning)

    def test_reload_reads_again(self) -> None:
        self.path.setContent(b"jack abc123\n")
        watcher = self.start()
        self.path.setContent(b"fred foo555\n")
        watcher.reload()
        self.assertEqual(self.names(), ["fred"])

    def test_an_empty_file_lets_nobody_in(self) -> None:
        self.path.setContent(b"jack abc123\n")
        watcher = self.start()
        self.path.setContent(b"")
        watcher.reload()
        self.assertEqual(self.names(), [])

    def test_a_file_that_cannot_be_read_changes_nothing(self) -> None:
        self.path.setContent(b"jack abc123\n")
        watcher = self.start()
        self.path.remove()
        self.path.makedirs()  # root reads every file, but nobody reads a directory
        watcher.reload()
        self.assertEqual(self.names(), ["jack"])
        (warning,) = self.warnings()
        self.assertIn("Is a directory", warning)
        self.assertIn("The 1 users read before stay valid", warning)

    def test_a_file_in_another_encoding_changes_nothing(self) -> None:
        self.path.setContent(b"jack abc123\n")
        watcher = self.start()
        self.path.setContent(b"fred foo555\n# M\xfcller\nm\xfcller secret\n")
        watcher.reload()
        self.assertEqual(self.names(), ["jack"])
        (warning,) = self.warnings()
        self.assertIn("line 2 is not UTF-8", warning)

    def test_problems_are_logged_with_their_lines_and_without_secrets(self) -> None:
        self.path.setContent(b"jack abc123\nfred {md5}secret5 write\nsecret6\n")
        self.start()
        self.assertEqual(self.names(), ["fred", "jack"])
        lines = [warning.partition(", ")[2].partition(":")[0] for warning in self.warnings()]
        self.assertEqual(lines, ["line 2", "line 3"])
        self.assertNotIn("secret", " ".join(map(formatEvent, self.logged)))


class InotifyTests(WatcherTests):
    skip = NO_INOTIFY

    def setUp(self) -> None:
        super().setUp()
        self.path.setContent(b"jack abc123\n")
        self.start()

    def write_in_place(self, content: bytes) -> None:
        """``setContent`` would rename a new file over the old one."""
        with self.path.open("w") as file:
            file.write(content)

    def test_a_file_that_is_written_to(self) -> None:
        self.write_in_place(b"fred foo555\n")
        self.deliver_events()
        self.assertEqual(self.names(), ["fred"])

    def test_a_file_that_is_replaced_by_a_rename(self) -> None:
        new = self.directory.child("new")
        new.setContent(b"fred foo555\n")
        self.deliver_events()
        self.assertEqual(self.names(), ["jack"])
        new.moveTo(self.path)
        self.deliver_events()
        self.assertEqual(self.names(), ["fred"])

    def test_a_file_that_is_deleted_and_made_anew(self) -> None:
        self.path.remove()
        self.deliver_events()
        self.assertEqual(self.names(), ["jack"])
        self.assertEqual(len(self.warnings()), 1)
        self.write_in_place(b"fred foo555\n")
        self.deliver_events()
        self.assertEqual(self.names(), ["fred"])

    def test_a_file_that_is_still_being_written_is_left_alone(self) -> None:
        with self.path.open("w") as file:
            file.write(b"fred foo")
            file.flush()
            self.deliver_events()
            self.assertEqual(self.names(), ["jack"])

    def test_a_changed_mode(self) -> None:
        with mock.patch.object(UsersFileWatcher, "reload") as reload:
            self.path.chmod(0o640)
            self.deliver_events()
        reload.assert_called_once_with()

    def test_other_files_in_the_directory_are_no_reason_to_read(self) -> None:
        with mock.patch.object(UsersFileWatcher, "reload") as reload:
            self.directory.child("users2").setContent(b"x")
            self.deliver_events()
        reload.assert_not_called()

    def test_nothing_polls(self) -> None:
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_a_directory_that_is_removed_and_made_anew(self) -> None:
        self.directory.remove()
        self.deliver_events()
        self.assertIn("its directory was removed or moved", self.warnings()[-1])
        self.directory.makedirs()
        self.path.setContent(b"fred foo555\n")
        self.reactor.advance(POLL_INTERVAL)
        self.assertEqual(self.names(), ["fred"])

    def test_a_directory_that_is_moved_away(self) -> None:
        self.directory.moveTo(FilePath(self.mktemp()))
        self.deliver_events()
        self.assertEqual(self.reactor.getReaders(), [])
        self.reactor.advance(POLL_INTERVAL)
        self.assertEqual(self.names(), ["jack"])
        self.directory.makedirs()
        self.path.setContent(b"fred foo555\n")
        self.reactor.advance(POLL_INTERVAL)
        self.assertEqual(self.names(), ["fred"])


class StoppingTests(WatcherTests):
    def test_nothing_is_left(self) -> None:
        for path in (self.path, self.directory.child("missing").child("users")):
            self.path = path
            watcher = self.start()
            watcher.stopService()
            self.reactor.advance(0)
            self.assertEqual(self.reactor.getReaders(), [])
            self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_it_can_start_again(self) -> None:
        watcher = self.start()
        watcher.stopService()
        self.path.setContent(b"jack abc123\n")
        watcher.startService()
        self.assertEqual(self.names(), ["jack"])


class PollingTests(WatcherTests):
    def assert_polls(self, reason: str) -> None:
        self.start()
        self.assertIn(reason, self.warnings()[0])
        self.path.parent().makedirs(ignoreExistingDirectory=True)
        for name in (b"jack", b"fred"):
            self.path.setContent(name + b" abc123\n")
            self.reactor.advance(POLL_INTERVAL)
            self.assertEqual(self.names(), [name.decode()])

    def test_where_the_directory_is_missing(self) -> None:
        self.path = self.directory.child("missing").child("users")
        self.assert_polls("its directory is missing")

    def test_where_there_is_no_inotify(self) -> None:
        self.patch(watch, "inotify", None)
        self.assert_polls("this system has no inotify")

    def test_where_the_kernel_has_no_instance_to_spare(self) -> None:
        error = watch.inotify.INotifyError("INotify initialization error.")
        self.patch(watch.inotify, "INotify", mock.Mock(side_effect=error))
        self.assert_polls("max_user_instances")

    def test_where_the_file_is_a_symbolic_link(self) -> None:
        target = FilePath(self.mktemp())
        target.setContent(b"")
        target.linkTo(self.path)
        self.start()
        self.assertIn("symbolic link", self.warnings()[0])
        target.setContent(b"jack abc123\n")
        self.reactor.advance(POLL_INTERVAL)
        self.assertEqual(self.names(), ["jack"])

    def test_a_file_that_stays_as_it_is_is_not_read(self) -> None:
        self.patch(watch, "inotify", None)
        self.path.setContent(b"jack abc123\n")
        self.start()
        with mock.patch.object(UsersFileWatcher, "reload") as reload:
            self.reactor.advance(POLL_INTERVAL)
            reload.assert_not_called()
            self.path.chmod(0o640)
            self.reactor.advance(POLL_INTERVAL)
            reload.assert_called_once_with()

    def test_a_missing_file_is_logged_once(self) -> None:
        self.patch(watch, "inotify", None)
        self.start()
        before = self.warnings()
        self.reactor.advance(POLL_INTERVAL)
        self.assertEqual(self.warnings(), before)


class WatcherThatTells(UsersFileWatcher):
    """Tells when it read a file that has fred in it."""

    def __init__(self, path: FilePath[str], users: UsersFile) -> None:
        super().__init__(path, users, IReactorTime(reactor))
        self._users_file = users
        self.fred_came: Deferred[None] = Deferred()

    def reload(self) -> None:
        super().reload()
        if "fred" in self._users_file.accounts:
            self.fred_came.callback(None)


class RealReactorTests(TestCase):
    skip = NO_INOTIFY
    timeout = 10

    # Not "async def": the trial of Twisted 22.4 would not run it, and pass.
    def test_a_rename_over_the_file_is_noticed(self) -> Deferred[None]:
        path = FilePath(self.mktemp())
        path.setContent(b"jack abc123\n")
        watcher = WatcherThatTells(path, UsersFile())
        watcher.startService()
        self.addCleanup(watcher.stopService)
        new = path.sibling("new")
        new.setContent(b"fred foo555\n")
        new.moveTo(path)
        return watcher.fred_came
