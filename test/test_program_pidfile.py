from __future__ import annotations

import os
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.exits import CannotStart
from ganeti_rapi.program import pidfile
from ganeti_rapi.program.pidfile import PidFile, Taken, holder, remove_stale


class PidFileTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.path = Path(self.mktemp())
        self.patch(pidfile.time, "sleep", lambda _seconds: None)
        self.patch(pidfile, "GLANCE", 0.0)

    def file(self) -> PidFile:
        file = PidFile(str(self.path))
        self.addCleanup(file.drop)
        return file

    def test_it_tells_who_lives(self) -> None:
        self.path.write_text("99999999 and more of an older daemon\n")
        file = self.file()
        self.assertFalse(file.held)
        file.take()
        self.assertTrue(file.held)
        self.assertEqual(self.path.read_text(), f"{os.getpid()}\n")
        self.assertEqual(holder(str(self.path)), os.getpid())

    def test_a_second_one_is_told_who_has_it(self) -> None:
        self.file().take()
        error = self.assertRaises(Taken, self.file().take)
        self.assertEqual(error.pid, os.getpid())
        self.assertEqual(str(error), f"process {os.getpid()} has the pid file {self.path}")

    def test_a_holder_that_wrote_no_number(self) -> None:
        self.file().take()
        self.path.write_text("")
        error = self.assertRaises(Taken, self.file().take)
        self.assertEqual(str(error), f"another process has the pid file {self.path}")
        self.assertEqual(holder(str(self.path)), 0)

    def test_it_goes_at_the_end_and_can_be_had_again(self) -> None:
        first, second = self.file(), self.file()
        first.take()
        first.drop()
        first.drop()
        self.assertFalse(self.path.exists())
        second.take()
        self.assertTrue(second.held)

    def test_a_file_that_its_holder_just_removed_is_made_anew(self) -> None:
        """Between our opening and our locking the old daemon may remove its file."""
        opened: list[int] = []
        original = pidfile.fcntl.flock

        def flock(file: int, how: int) -> None:
            if not opened:
                os.unlink(self.path)
            opened.append(file)
            original(file, how)

        self.patch(pidfile.fcntl, "flock", flock)
        self.patch(pidfile, "GLANCE", 10.0)
        self.file().take()
        self.assertEqual(len(opened), 2)
        self.assertEqual(self.path.read_text(), f"{os.getpid()}\n")

    def test_nobody_holds_what_is_not_locked(self) -> None:
        self.assertIsNone(holder(str(self.path)))
        self.path.write_text("1\n")
        self.assertIsNone(holder(str(self.path)))

    def test_a_look_at_it_leaves_no_lock(self) -> None:
        self.path.write_text("1\n")
        holder(str(self.path))
        self.file().take()

    def test_only_what_nobody_holds_is_removed_as_stale(self) -> None:
        remove_stale(str(self.path))
        self.path.write_text("1\n")
        remove_stale(str(self.path))
        self.assertFalse(self.path.exists())
        self.file().take()
        remove_stale(str(self.path))
        self.assertEqual(self.path.read_text(), f"{os.getpid()}\n")
        self.assertEqual(holder(str(self.path)), os.getpid())

    def test_a_directory_in_its_place_is_left(self) -> None:
        self.path.mkdir()
        remove_stale(str(self.path))
        self.assertTrue(self.path.exists())

    def test_what_cannot_be_a_pid_file(self) -> None:
        for make in (self.path.mkdir, lambda: self.path.symlink_to("elsewhere")):
            make()
            error = self.assertRaises(CannotStart, self.file().take)
            self.assertIn(f"Can't write the pid file {self.path}: ", error.text)
            self.path.rmdir() if self.path.is_dir() else self.path.unlink()
        missing = PidFile(str(self.path / "missing" / "file"))
        self.assertIn("No such file", self.assertRaises(CannotStart, missing.take).text)
