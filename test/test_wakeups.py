"""What makes the feed look: files of jobs that change, or else time."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from unittest import mock

from twisted.internet.interfaces import IReadDescriptor
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.jobs.wakeups import (
    POLL_SECONDS,
    SAFETY_SECONDS,
    SETTLED_SECONDS,
    QueueDirectory,
)
from ganeti_rapi.simulator.jobs.files import JobFiles

from .harness import captured_log


class ReadingClock(Clock):
    """A clock that knows who reads, and lets them when a test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.readers: list[IReadDescriptor] = []

    def addReader(self, reader: IReadDescriptor) -> None:
        self.readers.append(reader)

    def removeReader(self, reader: IReadDescriptor) -> None:
        if reader in self.readers:
            self.readers.remove(reader)

    removeWriter = removeReader

    def read(self) -> None:
        """Let what the kernel has to tell be read; inotify tells at once."""
        for reader in list(self.readers):
            reader.doRead()
        self.advance(0)


class QueueDirectoryTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = ReadingClock()
        self.path = Path(self.mktemp())
        self.path.mkdir()
        self.woken: list[Collection[int] | None] = []

    def watch(self) -> QueueDirectory:
        directory = QueueDirectory(self.clock, str(self.path))
        directory.start(self.woken.append)
        return directory

    def took(self) -> list[Collection[int] | None]:
        self.clock.read()
        taken, self.woken[:] = list(self.woken), []
        return taken

    def test_jobs_whose_files_change(self) -> None:
        directory = self.watch()
        (self.path / "job-7.new").write_text("{}")
        self.assertEqual(self.took(), [])
        (self.path / "job-7.new").rename(self.path / "job-7")
        self.assertEqual(self.took(), [{7}])
        (self.path / "job-8").write_text("{}")
        (self.path / "serial").write_text("8")
        self.assertEqual(self.took(), [{8}])
        directory.stop()

    def test_archived_jobs(self) -> None:
        (self.path / "job-7").write_text("{}")
        (self.path / "archive").mkdir()
        directory = self.watch()
        (self.path / "job-7").rename(self.path / "archive" / "job-7")
        self.assertEqual(self.took(), [{7}])
        directory.stop()

    def test_the_simulators_files(self) -> None:
        directory = self.watch()
        JobFiles(self.path).changed(12)
        self.assertEqual(self.took(), [{12}])
        self.assertEqual(list(self.path.iterdir()), [])
        directory.stop()

    def test_each_is_looked_at_again_when_luxid_has_read_it(self) -> None:
        directory = self.watch()
        for _ in range(2):
            (self.path / "job-7").write_text("{}")
            self.assertEqual(self.took(), [{7}])
            self.clock.advance(SETTLED_SECONDS / 2)
        self.assertEqual(self.woken, [])
        self.clock.advance(SETTLED_SECONDS / 2)
        self.assertEqual(self.took(), [{7}])
        directory.stop()

    def test_all_are_looked_at_now_and_then(self) -> None:
        directory = self.watch()
        self.clock.advance(SAFETY_SECONDS)
        self.assertEqual(self.took(), [None])
        directory.stop()

    def test_nothing_is_left_at_the_end(self) -> None:
        directory = self.watch()
        (self.path / "job-7").write_text("{}")
        self.took()
        directory.stop()
        self.clock.advance(0)
        self.assertEqual((self.clock.getDelayedCalls(), self.clock.readers), ([], []))
        (self.path / "job-8").write_text("{}")
        self.assertEqual(self.took(), [])

    def test_it_can_be_started_again(self) -> None:
        directory = self.watch()
        directory.stop()
        directory.start(self.woken.append)
        (self.path / "job-7").write_text("{}")
        self.assertEqual(self.took(), [{7}])
        directory.stop()

    def test_without_it_luxid_is_asked_and_the_log_says_so_once(self) -> None:
        self.path.rmdir()
        log = captured_log(self)
        directory = QueueDirectory(self.clock, str(self.path))
        for _ in range(2):
            directory.start(self.woken.append)
            self.clock.advance(POLL_SECONDS)
            self.assertEqual(self.took(), [None])
            directory.stop()
        (said,) = log
        self.assertEqual(said["error"], "No such file or directory")

    def test_a_system_without_inotify(self) -> None:
        with mock.patch.dict("sys.modules", {"twisted.internet.inotify": None}):
            directory = self.watch()
        self.clock.advance(POLL_SECONDS)
        self.assertEqual(self.took(), [None])
        directory.stop()
