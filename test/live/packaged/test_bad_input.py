"""What cannot work: one sentence, the stock daemon's exit code, and nothing left behind."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
from pathlib import Path

from .case import PackagedCase
from .nodes import PORT


class BadInputTests(PackagedCase):
    def setUp(self) -> None:
        super().setUp()
        self.node1.daemon_util("stop", "ganeti-rapi")

    def assert_refused(self, code: int, words: str, *options: str) -> None:
        """In the foreground and, which is what Ganeti starts, in the background."""
        for where in ((), ("-f",)):
            done = self.node1.type("-b", self.node1.address, *options, *where)
            self.assert_one_sentence(done, code, words)
            self.assert_nothing_left()

    def assert_nothing_left(self) -> None:
        self.assertEqual(self.node1.running(), [])
        self.assertEqual(self.node1.server(), "")

    def aside(self, path: Path) -> Path:
        """Make room where a file is, until the end of the test."""
        kept = path.with_name(f"{path.name}.kept")
        path.rename(kept)
        self.addCleanup(kept.rename, path)
        return path

    def directory(self, path: Path) -> None:
        path.mkdir()
        self.addCleanup(path.rmdir)

    def test_a_wrong_option(self) -> None:
        self.assert_refused(2, "option --nonsense not recognized", "--nonsense")

    def test_an_argument(self) -> None:
        self.assert_refused(1, "Unexpected argument: now", "now")

    def test_a_key_of_another_user(self) -> None:
        key = Path("/tmp/key.pem")
        shutil.copyfile(self.node1.file("/var/lib/ganeti/rapi.pem"), key)
        self.addCleanup(key.unlink)
        key.chmod(0o600)
        self.assert_refused(1, f"Can't read {key}: Permission denied", "-K", str(key))

    def test_a_directory_in_place_of_the_certificate(self) -> None:
        certificate = self.aside(self.node1.file("/var/lib/ganeti/rapi.pem"))
        self.directory(certificate)
        self.assert_refused(1, f"The TLS certificate {certificate} is not there, or is no file")

    def test_a_directory_in_place_of_the_log(self) -> None:
        log = self.aside(self.node1.log())
        self.directory(log)
        self.assert_refused(1, f"Can't write the log {log}: Is a directory")

    def test_a_directory_in_place_of_the_pid_file(self) -> None:
        pid_file = self.node1.file("/var/run/ganeti/ganeti-rapi.pid")
        pid_file.mkdir()
        self.addCleanup(pid_file.rmdir)
        for where in ((), ("-f",)):
            done = self.node1.type("-b", self.node1.address, *where)
            self.assert_one_sentence(
                done, 1, f"Can't write the pid file {pid_file}: Is a directory"
            )
            self.assertEqual(self.node1.server(), "")

    def test_a_pid_file_of_a_process_that_lives(self) -> None:
        pid_file = self.node1.file("/var/run/ganeti/ganeti-rapi.pid")
        with pid_file.open("w") as held:
            self.addCleanup(pid_file.unlink)
            shutil.chown(pid_file, "gnt-rapi")
            held.write(f"{os.getpid()}\n")
            held.flush()
            fcntl.flock(held, fcntl.LOCK_EX)
            for where in ((), ("-f",)):
                done = self.node1.type("-b", self.node1.address, *where)
                self.assert_one_sentence(done, 1, f"Already running: process {os.getpid()}")
            self.assertEqual(pid_file.read_text(), f"{os.getpid()}\n")
            self.assertEqual(self.node1.server(), "")

    def test_a_port_that_somebody_else_has(self) -> None:
        words = f"Can't listen on tcp:port={PORT}:interface={self.node1.address}"
        with socket.create_server((self.node1.address, PORT)):
            for where in ((), ("-f",)):
                done = self.node1.type("-b", self.node1.address, *where)
                self.assert_one_sentence(done, 1, words)
                self.assertEqual(self.node1.running(), [])
            done = self.node1.daemon_util("start", "ganeti-rapi", check=False)
            self.assert_one_sentence(done, 1, words)
        self.assert_nothing_left()

    def test_a_users_file_that_leads_nowhere_lets_nobody_in(self) -> None:
        users = self.aside(self.node1.file("/var/lib/ganeti/rapi/users"))
        users.symlink_to("nowhere")
        self.addCleanup(users.unlink)
        self.assert_starts_without_users(str(users))

    def test_a_directory_in_place_of_the_users_file(self) -> None:
        users = self.aside(self.node1.file("/var/lib/ganeti/rapi/users"))
        self.directory(users)
        self.assert_starts_without_users(f"Can't read {users}: it is a directory")

    def assert_starts_without_users(self, words: str) -> None:
        """As the stock daemon does, which luxid's start depends on; the log says why."""
        size = self.node1.log().stat().st_size
        self.addCleanup(self.node1.daemon_util, "stop", "ganeti-rapi")
        started = self.node1.daemon_util("start", "ganeti-rapi")
        self.assertEqual(started.output, "")
        self.assertTrue(self.node1.serves())
        api = self.node1.api
        self.assertEqual(api.request("GET", "/2/query/node", user=api.writer).status, 401)
        lines = self.node1.log().read_bytes()[size:].decode().splitlines()
        told = [line for line in lines if " WARNING " in line or " ERROR " in line]
        self.assertEqual(len(told), 1, told)
        self.assertIn(words, told[0])
