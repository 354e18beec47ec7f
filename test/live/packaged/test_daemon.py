"""The daemon that Ganeti started with the cluster, and the program typed by hand beside it."""

from __future__ import annotations

import os
import pwd
import re
from pathlib import Path

from .case import PackagedCase
from .nodes import PROGRAM, USER, finished

LINE = re.compile(
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}: ganeti-rapi pid=(\d+) "
    r"(DEBUG|INFO|WARNING|ERROR|CRITICAL) .+"
)
"""Of the stock daemon's log."""


class StartedByGanetiTests(PackagedCase):
    def test_is_ours_and_looks_to_ganeti_like_its_own(self) -> None:
        self.assert_ours(self.node1)
        process = self.node1.pid()
        self.assertEqual(Path(f"/proc/{process}/comm").read_text(), "ganeti-rapi\n")
        self.assertEqual(self.node1.running(), ["ganeti-rapi.pid"])
        pid_file = self.node1.file("/var/run/ganeti/ganeti-rapi.pid").stat()
        self.assertEqual(pid_file.st_uid, pwd.getpwnam(USER).pw_uid)
        self.assertEqual(pid_file.st_mode & 0o777, 0o600)

    def test_logs_as_the_stock_daemon_does(self) -> None:
        self.assertEqual(self.node1.api.request("DELETE", "/2/nowhere").status, 404)
        lines = self.node1.log().read_text().splitlines()
        self.assertIn("DELETE /2/nowhere 404", lines[-1])
        own = [match for match in map(LINE.fullmatch, lines) if match is not None]
        self.assertEqual(len(own), len(lines))
        self.assertEqual(own[-1][1], str(self.node1.pid()))

    def test_is_not_started_where_the_master_is_not(self) -> None:
        done = self.node2.daemon_util("start", "ganeti-rapi", check=False)
        self.assert_one_sentence(done, 11, "This node is not the master, node1 is")
        self.assertEqual(self.node2.running(), [])


class ByHandTests(PackagedCase):
    def test_a_second_one_is_refused(self) -> None:
        process = self.node1.pid()
        for where in ((), ("-f",)):
            done = self.node1.type("-b", self.node1.address, *where)
            self.assert_one_sentence(done, 1, f"Already running: process {process}")
        self.assert_ours(self.node1)
        self.assertEqual(self.node1.pid(), process)

    def test_the_wrong_node(self) -> None:
        for where in ((), ("-f",)):
            self.assert_one_sentence(self.node2.type(*where), 11, "node1 is")
        self.assertEqual(self.node2.running(), [])

    def test_the_wrong_user(self) -> None:
        done = self.node1.run(PROGRAM, check=False)
        self.assert_one_sentence(done, 1, "wrong user ID 0")

    def test_no_cluster(self) -> None:
        done = finished((PROGRAM,), dict(os.environ))
        self.assert_one_sentence(done, 5, "This node is in no cluster")
