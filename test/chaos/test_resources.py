"""What the daemon does when the machine has no more of something."""

from __future__ import annotations

import time
from pathlib import Path

from .case import ChaosCase
from .peers import connect, secure
from .samples import GOOD, read_status

FILES = 200
"""How many the daemon may have open; half of them are for connections."""

TOO_MANY = 400
SPAN = 3.0
"""Seconds for which its processor time is measured."""

IDLE = 0.3
"""Share of a processor that it may use meanwhile. One that tries again and again uses all of it."""

ASKS_LUXID = GOOD[2]
FULL = Path("/dev/full")
REQUESTS = 300


class OpenFilesTests(ChaosCase):
    def test_it_waits_and_then_serves_again(self) -> None:
        self.start_simulator()
        daemon = self.start_daemon(
            *("--handshake-timeout", "600", "--idle-timeout", "600"), most_files=FILES
        )
        kept = secure(connect(self.port))
        self.addCleanup(kept.close)
        for _ in range(2):
            attackers = [connect(self.port) for _ in range(TOO_MANY)]
            self.wait_until(lambda: daemon.open_files() > FILES // 2, "it takes no connections")
            before = daemon.cpu()
            time.sleep(SPAN)
            self.assertLess(daemon.cpu() - before, SPAN * IDLE)
            kept.sendall(ASKS_LUXID.text)
            with kept.makefile("rb") as replies:
                self.assertEqual(read_status(replies), ASKS_LUXID.status)
            for attacker in attackers:
                attacker.close()
            self.wait_until(lambda: daemon.open_files() < FILES // 2, "files stay open")
            with self.bystander():
                self.assertEqual(self.api.request("GET", "/2/nodes").status, 200)


class FullDiskTests(ChaosCase):
    def test_it_serves_without_logs(self) -> None:
        self.start_simulator()
        daemon = self.start_daemon("--access-log", str(FULL), log=FULL)
        files = daemon.open_files()
        with self.bystander():
            for number in range(REQUESTS):
                # What is in no users file is logged.
                user = "admin:wrong" if number % 2 else self.api.writer
                status = self.api.request("GET", "/2/tags", user=user).status
                self.assertEqual(status, 401 if number % 2 else 200)
        self.assertLessEqual(daemon.open_files(), files + 2)
