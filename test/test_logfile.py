from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.logfile import LogFile


class LogFileTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.path = Path(self.mktemp())

    def opened(self) -> LogFile:
        log = LogFile(str(self.path))
        self.addCleanup(log.close)
        return log

    def test_what_is_there_stays(self) -> None:
        self.path.write_text("before\n")
        self.opened().write("after\n")
        self.assertEqual(self.path.read_text(), "before\nafter\n")

    def test_a_moved_file_is_written_on_until_it_is_opened_anew(self) -> None:
        log = self.opened()
        moved = self.path.with_suffix(".1")
        self.path.rename(moved)
        log.write("old\n")
        log.reopen()
        log.write("new\n")
        self.assertEqual((moved.read_text(), self.path.read_text()), ("old\n", "new\n"))

    def test_it_was_moved_once_another_file_has_its_name(self) -> None:
        log = self.opened()
        seen = [log.moved]
        self.path.rename(self.path.with_suffix(".1"))
        seen.append(log.moved)
        self.path.touch()
        seen.append(log.moved)
        log.reopen()
        seen.append(log.moved)
        self.assertEqual(seen, [False, False, True, False])

    def test_what_cannot_be_opened_anew_leaves_the_old_file(self) -> None:
        log = self.opened()
        moved = self.path.with_suffix(".1")
        self.path.rename(moved)
        self.path.mkdir()
        self.assertRaises(IsADirectoryError, log.reopen)
        log.write("still here\n")
        self.assertEqual(moved.read_text(), "still here\n")

    def test_opening_anew_leaks_no_descriptor(self) -> None:
        log = self.opened()
        before = os.listdir("/proc/self/fd")
        for _ in range(10):
            log.reopen()
        self.assertEqual(os.listdir("/proc/self/fd"), before)

    def test_it_is_its_owners_alone(self) -> None:
        self.opened()
        self.assertEqual(self.path.stat().st_mode & 0o077, 0)

    def test_a_full_disk_stops_nobody(self) -> None:
        log = LogFile("/dev/full")
        self.addCleanup(log.close)
        log.write("lost\n")

    def test_a_pipe_that_nobody_reads_is_refused(self) -> None:
        os.mkfifo(self.path)
        self.assertRaises(OSError, LogFile, str(self.path))

    def test_what_is_printed_goes_there_too(self) -> None:
        program = (
            "import os, sys; from ganeti_rapi.logfile import LogFile; "
            "log = LogFile(sys.argv[1], standard=True); "
            "print('printed', flush=True); log.reopen(); os.write(2, b'an error\\n')"
        )
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, "-W", "ignore", "-c", program, str(self.path)]
        self.assertEqual(subprocess.check_output(command, env=environment), b"")
        self.assertEqual(self.path.read_text(), "printed\nan error\n")
