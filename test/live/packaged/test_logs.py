"""Logs that are moved away below a running daemon."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from .case import PackagedCase
from .nodes import wait_until

ROTATION = Path("/etc/logrotate.d/ganeti")
"""Of Debian's package ganeti; it covers our log."""

HANGUPS = 2000


class LogTests(PackagedCase):
    def setUp(self) -> None:
        super().setUp()
        self.log = self.node1.log()
        self.process = self.node1.pid()

    def write(self, mark: str) -> str:
        """Do what the daemon logs; the words that are then in the log."""
        path = f"/2/{mark}-{time.monotonic()}"
        self.assertEqual(self.node1.api.request("DELETE", path).status, 404)
        return f"DELETE {path} 404"

    def assert_moved_on(self, old: Path) -> None:
        """What happens from now on is in the new file, and not in the old one."""
        wait_until("there is a new log", self.log.exists, 5)
        wait_until("it is written to", lambda: self.log.stat().st_size > 0, 5)
        words = self.write("after")
        self.assertIn(words, self.log.read_text())
        self.assertNotIn(words, old.read_text())
        self.assertEqual(self.node1.pid(), self.process)

    def test_rotate_all_logs(self) -> None:
        moved = self.log.with_suffix(".moved")
        self.log.rename(moved)
        self.assertIn(self.write("before"), moved.read_text())
        self.node1.daemon_util("rotate-all-logs")
        self.assert_moved_on(moved)

    def test_logrotate(self) -> None:
        rules = Path(self.mktemp())
        rules.write_text(ROTATION.read_text().replace("/var/log/ganeti", str(self.log.parent)))
        owner = self.log.owner(), self.log.group()
        self.node1.run("logrotate", "--force", "--state", "/dev/null", str(rules.absolute()))
        self.assert_moved_on(self.log.with_name(f"{self.log.name}.1"))
        self.assertEqual((self.log.owner(), self.log.group()), owner)

    def test_many_hangups_at_once_are_few(self) -> None:
        assert self.process is not None
        size = self.log.stat().st_size
        for _ in range(HANGUPS):
            os.kill(self.process, signal.SIGHUP)
        self.write("afterwards")
        self.assertEqual(self.node1.pid(), self.process)
        wait_until("it has read the users again", lambda: self.reads_since(size) > 0, 5)
        self.assertLess(self.reads_since(size), HANGUPS / 10)

    def reads_since(self, size: int) -> int:
        """How often it read the users file, by its log, since the log had this size."""
        return self.log.read_bytes()[size:].count(b"users from")
