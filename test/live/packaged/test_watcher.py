"""ganeti-watcher, which cron runs every five minutes."""

from __future__ import annotations

import os
import re
import signal

from .case import PackagedCase
from .nodes import DAEMON_UTIL, wait_until

HARMLESS = re.compile(r"\S+ \S+: ganeti-watcher pid=\d+ INFO .*")

OPEN = "-b 127.0.0.1"
"""The watcher asks this address."""

DEBIANS = f"{OPEN} --require-authentication"
"""RAPI_ARGS as the package ganeti sets it."""


class WatcherTests(PackagedCase):
    def serve(self, options: str) -> None:
        """Let Ganeti start our daemon with these options, until the end of the test."""
        self.addCleanup(self.node1.start_again)
        self.addCleanup(self.node1.set_options(options))
        self.node1.start_again()

    def watch(self) -> list[str]:
        """Run the watcher; what it logged."""
        log = self.node1.log("watcher.log")
        size = log.stat().st_size if log.exists() else 0
        self.node1.run("ganeti-watcher")
        return log.read_bytes()[size:].decode().splitlines()

    def assert_content(self) -> None:
        """It finds nothing to do, nor to complain of, the first time and the next."""
        process = self.node1.pid()
        self.assertIsNotNone(process)
        for _ in range(2):
            lines = self.watch()
            self.assertIn(f"{DAEMON_UTIL} check-and-start ganeti-rapi", "".join(lines))
            self.assertEqual([line for line in lines if not HARMLESS.fullmatch(line)], [])
        self.assertEqual(self.node1.pid(), process)

    def test_is_content_where_anyone_may_read(self) -> None:
        self.serve(OPEN)
        self.assert_content()

    def test_is_content_with_debians_options(self) -> None:
        self.serve(DEBIANS)
        self.assert_content()

    def test_starts_ours_when_it_ended(self) -> None:
        self.serve(DEBIANS)
        self.end(signal.SIGTERM)
        self.watch()
        self.assertIsNotNone(self.node1.pid())
        self.assert_content()

    def test_starts_ours_when_it_was_killed_beside_a_standby(self) -> None:
        """Without a standby its pid file is in Ganeti's way, as the stock daemon's would be."""
        self.serve(DEBIANS)
        self.start_standby(self.node1, *DEBIANS.split())
        self.end(signal.SIGKILL)
        port = self.node1.file("/var/run/ganeti/ganeti-rapi-standby.port")
        wait_until("the standby has the port", port.exists, 5)
        self.watch()
        self.assertIsNotNone(self.node1.pid())
        self.assertFalse(port.exists())
        self.assert_content()

    def end(self, number: signal.Signals) -> None:
        process = self.node1.pid()
        assert process is not None
        os.kill(process, number)
        wait_until("it ended", lambda: self.node1.pid() is None, 10)
