from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from unittest import SkipTest, mock

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.application.service import IService
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import Clock
from twisted.internet.threads import deferToThread
from twisted.logger import formatEvent
from twisted.trial.unittest import SynchronousTestCase, TestCase
from zope.interface.verify import verifyObject

from ganeti_rapi.files.reading import Missing, Unreadable, read
from ganeti_rapi.files.watch import (
    GRACE,
    JUDGEMENT_LIFE,
    PATIENCE,
    READ_INTERVAL,
    FileWatch,
)

from .files_double import Recorder, as_ordinary_user, at_once, looks, pass_time, watch
from .harness import captured_log

ALL_SETTLED = max(READ_INTERVAL, GRACE) + GRACE + 1
"""Seconds after which whatever happened to a file has been noticed."""


class WatchCase(SynchronousTestCase):
    """Watches a file in a directory of the test's own."""

    def setUp(self) -> None:
        self.directory = Path(self.mktemp()).absolute()
        self.directory.mkdir()
        self.path = self.directory / "file"
        self.path.write_bytes(b"one")
        self.clock = Clock()
        self.holder = Recorder([str(self.path)])

    def start(self) -> FileWatch:
        started = watch(self, self.holder, self.clock)
        self.holder.news()
        return started

    def replace(self, content: bytes) -> None:
        new = self.directory / "new"
        new.write_bytes(content)
        new.rename(self.path)

    def assert_soon(self, *news: str) -> None:
        """Within a second these things happen, and in the seconds after that nothing else."""
        pass_time(self.clock, 1)
        self.assertEqual(self.holder.news(), list(news))
        pass_time(self.clock, ALL_SETTLED)
        self.assertEqual(self.holder.news(), [])


class StartingTests(WatchCase):
    def test_interface(self) -> None:
        verifyObject(IService, FileWatch(self.holder, self.clock, at_once))

    def test_the_file_is_taken_at_start_and_not_before(self) -> None:
        started = FileWatch(self.holder, self.clock, at_once)
        self.assertEqual(self.holder.news(), [])
        started.startService()
        self.assertEqual(self.holder.news(), ["took one"])
        started.stopService()

    def test_an_empty_file_counts_at_start(self) -> None:
        self.path.write_bytes(b"")
        watch(self, self.holder, self.clock)
        self.assertEqual(self.holder.news(), ["took "])

    def test_a_missing_file_counts_at_start(self) -> None:
        self.path.unlink()
        watch(self, self.holder, self.clock)
        reason = f"Can't read {self.path}: No such file or directory"
        self.assertEqual(self.holder.news(), [f"lost: {reason}"])

    def test_what_stays_is_not_told_again(self) -> None:
        self.start()
        self.assert_soon()

    def test_nothing_is_left_when_it_stops(self) -> None:
        started = self.start()
        started.stopService()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.replace(b"two")
        self.assert_soon()

    def test_it_can_start_again(self) -> None:
        started = self.start()
        started.stopService()
        self.replace(b"two")
        started.startService()
        self.assertEqual(self.holder.news(), ["took two"])
        self.replace(b"three")
        self.assert_soon("took three")


class ChangeTests(WatchCase):
    def test_a_file_that_is_written_in_place(self) -> None:
        self.start()
        self.path.write_bytes(b"other")
        self.assert_soon("took other")

    def test_a_file_of_the_same_size_and_time(self) -> None:
        self.start()
        status = os.stat(self.path)
        self.replace(b"two")
        os.utime(self.path, ns=(status.st_atime_ns, status.st_mtime_ns))
        self.assert_soon("took two")

    def test_a_change_that_no_stamp_shows(self) -> None:
        """As two writes within one tick of the file system's clock."""
        self.start()
        real_stat, status = os.stat, os.stat(self.path)
        self.patch(os, "stat", lambda path: status if path == str(self.path) else real_stat(path))
        self.path.write_bytes(b"two")
        pass_time(self.clock, READ_INTERVAL + 1)
        self.assertEqual(self.holder.news(), ["took two"])

    def test_a_file_that_is_replaced(self) -> None:
        self.start()
        for content in (b"two", b"six"):
            self.replace(content)
            self.assert_soon(f"took {content.decode()}")

    def test_a_file_that_is_deleted_and_made_anew(self) -> None:
        self.start()
        self.path.unlink()
        looks(self.clock, 2)
        self.path.write_bytes(b"two")
        self.assert_soon("took two")

    def test_a_file_whose_directory_comes_later(self) -> None:
        self.path = self.directory / "later" / "file"
        self.holder = Recorder([str(self.path)])
        self.start()
        self.path.parent.mkdir()
        self.path.write_bytes(b"two")
        self.assert_soon("took two")

    def test_a_directory_that_is_replaced(self) -> None:
        self.start()
        self.directory.rename(self.mktemp())
        self.directory.mkdir()
        self.path.write_bytes(b"two")
        self.assert_soon("took two")

    def test_a_link_whose_target_is_written_or_replaced(self) -> None:
        target = Path(self.mktemp())
        target.write_bytes(b"one")
        self.path.unlink()
        self.path.symlink_to(target.absolute())
        self.start()
        target.write_bytes(b"two")
        self.assert_soon("took two")
        new = Path(self.mktemp())
        new.write_bytes(b"six")
        new.rename(target)
        self.assert_soon("took six")

    def test_a_link_that_gets_another_target(self) -> None:
        for name in ("one", "two"):
            (self.directory / name).write_text(name)
        self.path.unlink()
        self.path.symlink_to("one")
        self.start()
        (self.directory / "link").symlink_to("two")
        (self.directory / "link").rename(self.path)
        self.assert_soon("took two")

    def test_a_directory_on_the_way_that_is_a_link(self) -> None:
        """As Kubernetes replaces all files of a volume."""
        for name in ("one", "two"):
            (self.directory / name).mkdir()
            (self.directory / name / "file").write_text(name)
        link = self.directory / "current"
        link.symlink_to("one")
        self.holder = Recorder([str(link / "file")])
        self.start()
        link.unlink()
        link.symlink_to("two")
        self.assert_soon("took two")

    def test_all_files_are_watched_and_taken_together(self) -> None:
        other = self.directory / "other"
        other.write_bytes(b"key")
        self.holder = Recorder([str(self.path), str(other)])
        self.start()
        other.write_bytes(b"lock")
        self.assert_soon("took one lock")
        self.path.write_bytes(b"two")
        self.assert_soon("took two lock")

    def test_a_change_of_the_mode_alone_is_nothing_to_tell(self) -> None:
        self.start()
        self.path.chmod(0o600)
        self.assert_soon()


class HalfDoneTests(WatchCase):
    def test_a_file_is_not_taken_while_it_changes(self) -> None:
        self.start()
        for content in (b"t", b"tw", b"two"):
            self.path.write_bytes(content)
            looks(self.clock, 1)
        self.assertEqual(self.holder.news(), [])
        looks(self.clock, 1)
        self.assertEqual(self.holder.news(), ["took two"])

    def test_a_file_that_is_back_as_it_was_is_nothing_to_tell(self) -> None:
        self.start()
        self.path.write_bytes(b"two")
        looks(self.clock, 1)
        self.path.write_bytes(b"one")
        self.assert_soon()

    def test_an_empty_file_counts_only_when_it_stays_so(self) -> None:
        self.start()
        self.path.write_bytes(b"")
        pass_time(self.clock, GRACE - 1)
        self.path.write_bytes(b"two")
        self.assert_soon("took two")
        self.path.write_bytes(b"")
        pass_time(self.clock, GRACE - 1)
        self.assertEqual(self.holder.news(), [])
        pass_time(self.clock, 2)
        self.assertEqual(self.holder.news(), ["took "])

    def test_so_does_a_file_that_is_gone(self) -> None:
        self.start()
        self.path.unlink()
        pass_time(self.clock, GRACE - 1)
        self.assertEqual(self.holder.news(), [])
        self.assertEqual(self.holder.held, [b"one"])
        pass_time(self.clock, 2)
        reason = f"Can't read {self.path}: No such file or directory"
        self.assertEqual(self.holder.news(), [f"lost: {reason}"])
        self.path.write_bytes(b"one")
        self.assert_soon("took one")

    def test_what_cannot_be_used_is_said_once_and_tried_again_when_it_changes(self) -> None:
        self.start()
        self.path.write_bytes(b"bad")
        self.assert_soon("kept: it is bad")
        self.assertEqual(self.holder.held, [b"one"])
        self.path.write_bytes(b"good")
        self.assert_soon("took good")


class TroubleTests(WatchCase):
    def test_each_trouble_is_said_once_and_so_is_its_end(self) -> None:
        self.start()
        self.path.unlink()
        self.path.mkdir()
        self.assert_soon(f"kept: Can't read {self.path}: it is a directory and not a regular file")
        self.path.rmdir()
        self.path.symlink_to(self.path)
        self.assert_soon(f"kept: Can't read {self.path}: Too many levels of symbolic links")
        self.assertEqual(self.holder.held, [b"one"])
        self.path.unlink()
        self.path.write_bytes(b"one")
        self.assert_soon("took one")

    def test_a_fifo_holds_nothing_up(self) -> None:
        self.start()
        self.path.unlink()
        os.mkfifo(self.path)
        self.assert_soon(f"kept: Can't read {self.path}: it is a FIFO and not a regular file")

    def test_what_becomes_readable_without_any_change_is_taken(self) -> None:
        """As when a policy of the kernel changes: the files' state says nothing of it."""
        self.start()
        real_open = os.open

        self.patch(os, "open", mock.Mock(side_effect=PermissionError(13, "Permission denied")))
        self.replace(b"two")
        self.assert_soon(f"kept: Can't read {self.path}: Permission denied")
        self.patch(os, "open", real_open)
        pass_time(self.clock, READ_INTERVAL + 1)
        self.assertEqual(self.holder.news(), ["took two"])

    def test_trouble_is_said_again_every_day(self) -> None:
        self.start()
        self.path.unlink()
        self.path.mkdir()
        pass_time(self.clock, 1)
        (said,) = self.holder.news()
        for _ in range(2):
            self.clock.advance(JUDGEMENT_LIFE - ALL_SETTLED)
            looks(self.clock, 1)
            self.assertEqual(self.holder.news(), [])
            pass_time(self.clock, ALL_SETTLED + READ_INTERVAL)
            self.assertEqual(self.holder.news(), [said])

    def test_files_are_taken_again_every_day(self) -> None:
        self.start()
        self.clock.advance(JUDGEMENT_LIFE - ALL_SETTLED)
        looks(self.clock, 1)
        self.assertEqual(self.holder.news(), [])
        pass_time(self.clock, ALL_SETTLED + READ_INTERVAL)
        self.assertEqual(self.holder.news(), ["took one"])


class OwnerTests(SynchronousTestCase):
    """With a file that cannot be read; outside of trial's directory, which may be root's alone."""

    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        os.chmod(directory.name, 0o755)
        with as_ordinary_user():
            if not os.access(directory.name, os.X_OK, effective_ids=True):
                raise SkipTest("an ordinary user can't reach the directory for temporary files")
        self.path = Path(directory.name) / "rapi.pem"
        self.path.write_bytes(b"old")
        self.path.chmod(0o644)
        self.clock = Clock()
        self.holder = Recorder([str(self.path)])
        watch(self, self.holder, self.clock)

    def news(self) -> list[str]:
        with as_ordinary_user():
            pass_time(self.clock, 2)
        return self.holder.news()

    def test_a_file_that_is_roots_alone_until_its_owner_is_set(self) -> None:
        """As gnt-cluster renew-crypto and ensure-dirs leave it, one after the other."""
        self.assertEqual(self.news(), ["took old"])
        new = self.path.with_suffix(".new")
        new.write_bytes(b"new")
        new.chmod(0o000)
        new.rename(self.path)
        trouble = f"kept: Can't read {self.path}: Permission denied"
        self.assertEqual(self.news(), [trouble])
        self.assertEqual(self.news(), [])
        self.path.chmod(0o644)
        self.assertEqual(self.news(), ["took new"])


class ReloadTests(WatchCase):
    def test_at_once_and_whether_the_file_changed_or_not(self) -> None:
        started = self.start()
        started.reload()
        self.clock.advance(0)
        self.assertEqual(self.holder.news(), ["took one"])
        self.assert_soon()
        self.path.write_bytes(b"two")
        started.reload()
        self.clock.advance(0)
        self.assertEqual(self.holder.news(), ["took two"])

    def test_many_become_one(self) -> None:
        started = self.start()
        for _ in range(5):
            started.reload()
        self.assert_soon("took one")

    def test_an_empty_file_counts_at_once(self) -> None:
        started = self.start()
        self.path.write_bytes(b"")
        started.reload()
        self.clock.advance(0)
        self.assertEqual(self.holder.news(), ["took "])

    def test_trouble_is_said_again(self) -> None:
        started = self.start()
        self.path.unlink()
        for _ in range(2):
            started.reload()
            self.clock.advance(0)
            self.assertEqual(len(self.holder.news()), 1)

    def test_without_effect_while_it_does_not_run(self) -> None:
        started = FileWatch(self.holder, self.clock, at_once)
        started.reload()
        started.startService()
        started.stopService()
        self.holder.news()
        started.reload()
        self.assert_soon()


class SlowThread:
    """An `InThread` that finishes when told."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []

    def __call__(self, function: Callable[..., object], *args: object) -> Deferred[object]:
        result: Deferred[object] = Deferred()
        self.waiting.append(lambda: result.callback(function(*args)))
        return result


class SlowTests(WatchCase):
    def setUp(self) -> None:
        super().setUp()
        self.thread = SlowThread()
        self.watch = watch(self, self.holder, self.clock, self.thread)
        self.holder.news()
        self.events = captured_log(self)
        looks(self.clock, 1)

    def finish(self) -> None:
        self.thread.waiting.pop(0)()

    def test_one_look_at_a_time(self) -> None:
        pass_time(self.clock, PATIENCE / 2)
        self.assertEqual(len(self.thread.waiting), 1)
        self.finish()
        self.assertEqual(len(self.thread.waiting), 0)
        looks(self.clock, 1)
        self.assertEqual(len(self.thread.waiting), 1)

    def test_a_file_system_that_hangs_is_said_once(self) -> None:
        pass_time(self.clock, PATIENCE * 3)
        (said,) = self.events
        beginning = f"The file system of {self.path} does not answer"
        self.assertTrue(formatEvent(said).startswith(beginning))
        self.finish()
        self.assertEqual(
            formatEvent(self.events[-1]), f"The file system of {self.path} answers again"
        )

    def test_a_reload_that_comes_during_a_look_is_done_after_it(self) -> None:
        self.watch.reload()
        self.finish()
        self.clock.advance(0)
        self.path.write_bytes(b"two")
        self.finish()
        self.assertEqual(self.holder.news(), ["took two"])

    def test_what_comes_after_the_end_changes_nothing(self) -> None:
        self.watch.reload()
        self.finish()
        self.clock.advance(0)
        self.watch.stopService()
        self.finish()
        self.assertEqual(self.holder.news(), [])
        self.assertEqual(self.events, [])


class BugTests(WatchCase):
    def test_a_bug_does_not_end_the_watch(self) -> None:
        self.start()
        self.patch(Recorder, "take", lambda *_: 1 / 0)
        self.path.write_bytes(b"two")
        pass_time(self.clock, 1)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.path.unlink()
        pass_time(self.clock, GRACE + 1)
        self.assertEqual(len(self.holder.news()), 1)


class Tree:
    """A watched path whose file, directory and links change.

    The path is ``way/file``, where ``way`` is a link to one of two directories.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in ("a", "b"):
            (root / name).mkdir()
            (root / name / "target").write_bytes(b"target")
        (root / "way").symlink_to("a")
        self.path = root / "way" / "file"

    def remove(self, _: bytes) -> None:
        if self.path.is_dir():
            self.path.rmdir()
        else:
            self.path.unlink(missing_ok=True)

    def write(self, content: bytes) -> None:
        if not self.path.is_fifo():  # which would wait for a reader
            with contextlib.suppress(OSError):
                self.path.write_bytes(content)

    def rename(self, content: bytes) -> None:
        self.remove(content)
        (self.root / "new").write_bytes(content)
        (self.root / "new").rename(self.path)

    def same_time(self, content: bytes) -> None:
        self.rename(content)
        os.utime(self.path, (1, 1))

    def link(self, _: bytes) -> None:
        self.remove(b"")
        self.path.symlink_to("target")

    def link_to_nowhere(self, _: bytes) -> None:
        self.remove(b"")
        self.path.symlink_to("missing/nowhere")

    def other_way(self, _: bytes) -> None:
        new = "b" if os.readlink(self.root / "way") == "a" else "a"
        (self.root / "way").unlink()
        (self.root / "way").symlink_to(new)

    def directory(self, _: bytes) -> None:
        self.remove(b"")
        self.path.mkdir()

    def fifo(self, _: bytes) -> None:
        self.remove(b"")
        os.mkfifo(self.path)

    def chmod(self, content: bytes) -> None:
        if self.path.is_file():
            self.path.chmod(0o600 if content else 0o000)


OPERATIONS = (
    *(Tree.remove, Tree.write, Tree.rename, Tree.same_time, Tree.link, Tree.link_to_nowhere),
    *(Tree.other_way, Tree.directory, Tree.fifo, Tree.chmod),
)

STEPS = st.lists(
    st.tuples(
        st.sampled_from(OPERATIONS),
        st.sampled_from([b"one", b"two", b"bad", b"", b"longer"]),
        st.integers(0, 3),
    ),
    max_size=12,
)


class PropertyTests(SynchronousTestCase):
    @settings(max_examples=60)
    @given(STEPS)
    def test_what_is_held_is_what_the_file_holds(
        self, steps: list[tuple[Callable[[Tree, bytes], None], bytes, int]]
    ) -> None:
        with tempfile.TemporaryDirectory() as directory:
            tree, clock = Tree(Path(directory)), Clock()
            holder = Recorder([str(tree.path)])
            started = FileWatch(holder, clock, at_once)
            started.startService()
            for operation, content, number_of_looks in steps:
                operation(tree, content)
                looks(clock, number_of_looks)
            pass_time(clock, ALL_SETTLED)
            started.stopService()
            self.assert_up_to_date(holder, tree.path)

    def assert_up_to_date(self, holder: Recorder, path: Path) -> None:
        try:
            now = read(str(path))
        except Missing:
            self.assertEqual(holder.held, [])
        except Unreadable as error:
            self.assertEqual(holder.done[-1], f"kept: {error}")
        else:
            if now == b"bad":
                self.assertEqual(holder.done[-1], "kept: it is bad")
            else:
                self.assertEqual(holder.held, [now])


class RealReactorTests(TestCase):
    timeout = 10

    # Not "async def": the trial of Twisted 22.4 would not run it, and pass.
    def test_a_change_is_taken_from_a_thread(self) -> Deferred[None]:
        path = Path(self.mktemp()).absolute()
        path.write_bytes(b"one")
        took: Deferred[None] = Deferred()

        class Teller(Recorder):
            def take(self, contents: object) -> None:
                if contents == {str(path): b"two"}:
                    took.callback(None)

        started = FileWatch(Teller([str(path)]), IReactorTime(reactor), deferToThread)
        started.startService()
        self.addCleanup(started.stopService)
        path.write_bytes(b"two")
        return took
