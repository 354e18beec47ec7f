"""The program as a process, started as daemon-util starts it."""

from __future__ import annotations

import fcntl
import http.client
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi import __version__
from ganeti_rapi.program.pidfile import holder

from .virtual_node import VirtualNode

AS_ANYBODY = """
import os, pwd
from ganeti_rapi.program import main
main.USER = pwd.getpwuid(os.getuid()).pw_name
main.main()
"""


ENDED_EARLY = """
import os, signal
from ganeti_rapi.program import main
make_daemon = main.make_daemon
def terminated(*arguments):
    daemon = make_daemon(*arguments)
    os.kill(os.getpid(), signal.SIGTERM)
    return daemon
main.make_daemon = terminated
"""


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=30)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self._path)


class ProgramCase(SynchronousTestCase):
    NODE = "node1"

    def setUp(self) -> None:
        directory = Path(tempfile.mkdtemp())  # a socket's path must be short
        self.addCleanup(shutil.rmtree, directory)
        self.virtual = VirtualNode(directory, self.NODE)
        self.socket = str(directory / "rapi.sock")
        self.environment = {
            **os.environ,
            **self.virtual.environment,
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        self.addCleanup(self.end)

    def program(self, *arguments: str, code: str = AS_ANYBODY) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-W", "ignore", "-c", code, *arguments]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=60, check=False
        )

    def start(self, *arguments: str) -> None:
        """Start it in the background; return as it does."""
        started = self.program("--endpoint", f"unix:{self.socket}", *arguments)
        self.assertEqual((started.stdout, started.stderr, started.returncode), ("", "", 0))

    def assert_refused(self, status: int, words: str, *arguments: str) -> None:
        refused = self.program(*arguments)
        self.assertEqual((refused.returncode, refused.stdout), (status, ""))
        self.assertRegex(refused.stderr, r"^ganeti-rapi: [^\n]*\n$")
        self.assertIn(words, refused.stderr)
        self.assertEqual(self.virtual.running(), [])

    def get(self, uri: str) -> http.client.HTTPResponse:
        connection = UnixConnection(self.socket)
        self.addCleanup(connection.close)
        connection.request("GET", uri, headers={"User-Agent": "test"})
        return connection.getresponse()

    def pid_file(self) -> Path:
        (name,) = [name for name in self.virtual.running() if name.endswith(".pid")]
        return Path(self.virtual.paths.run) / name

    def end(self) -> None:
        """End what was started, and wait for that: its lock goes with it."""
        for name in self.virtual.running():
            path = Path(self.virtual.paths.run) / name
            process = holder(str(path))
            if process and name.endswith(".pid"):
                with path.open() as file:
                    os.kill(process, signal.SIGTERM)
                    fcntl.flock(file, fcntl.LOCK_SH)


class BackgroundTests(ProgramCase):
    def test_it_serves_when_the_start_returns_and_leaves_nothing_at_the_end(self) -> None:
        self.start()
        reply = self.get("/version")
        self.assertEqual((reply.status, reply.read()), (200, b"2\n"))
        self.assertEqual(reply.headers["Server"], f"ganeti-rapi/{__version__}")
        process = int(self.pid_file().read_text())
        self.assertEqual(Path(f"/proc/{process}/comm").read_text(), "ganeti-rapi\n")
        self.assertEqual(os.getsid(process), os.getpgid(process))
        self.assertNotEqual(os.getsid(process), os.getsid(0))
        self.end()
        self.assertEqual(self.virtual.running(), [])
        self.assertFalse(Path(self.socket).exists())
        self.assertIn(f"INFO ganeti-rapi {__version__} started", self.virtual.log.read_text())

    def test_a_second_one_beside_it_is_refused(self) -> None:
        self.start()
        process = self.pid_file().read_text().strip()
        for where in ((), ("--foreground",)):
            second = self.program("--endpoint", f"unix:{self.socket}2", *where)
            self.assertEqual(second.returncode, 1)
            self.assertIn(f"Already running: process {process} has the pid file", second.stderr)
        self.assertEqual(self.get("/version").status, 200)

    def test_one_that_shall_end_before_it_runs_leaves_nothing(self) -> None:
        options = ("-f", "--endpoint", f"unix:{self.socket}")
        for role in ((), ("--standby",)):
            ended = self.program(*options, *role, code=ENDED_EARLY + AS_ANYBODY)
            self.assertEqual(ended.returncode, 0, ended.stderr)
            self.assertEqual(self.virtual.running(), [])

    def test_sighup_opens_the_logs_anew(self) -> None:
        access = self.virtual.log.with_name("access.log")
        self.start("--access-log", str(access))
        for log in (self.virtual.log, access):
            log.rename(log.with_suffix(".1"))
        os.kill(int(self.pid_file().read_text()), signal.SIGHUP)
        while not access.exists():  # the signal is heeded in the reactor's next turn
            self.assertEqual(self.get("/version").status, 200)
        self.assertEqual(self.get("/nowhere").status, 404)
        self.assertIn("GET /nowhere", access.read_text())
        while "Read 1 users" not in self.virtual.log.read_text():  # by a thread
            self.assertEqual(self.get("/version").status, 200)


AS_BY_SYSTEMD = """
import os
os.dup2(int(os.environ["PASSED"]), 3)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1", LISTEN_FDNAMES="api")
"""


class ForegroundTests(ProgramCase):
    def test_it_takes_the_socket_that_systemd_holds(self) -> None:
        with socket.socket(socket.AF_UNIX) as passed:
            passed.bind(self.socket)
            passed.listen()
            daemon = subprocess.Popen(
                [sys.executable, "-W", "ignore", "-c", AS_BY_SYSTEMD + AS_ANYBODY, "--foreground"],
                env={**self.environment, "PASSED": str(passed.fileno())},
                pass_fds=[passed.fileno()],
            )
        self.addCleanup(daemon.wait)
        self.addCleanup(daemon.terminate)
        self.assertEqual(self.get("/version").read(), b"2\n")


class NotTheMasterTests(ProgramCase):
    NODE = "node2"

    def test_systemd_hears_that_nothing_is_wrong(self) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
            systemd.bind(self.socket)
            self.environment["NOTIFY_SOCKET"] = self.socket
            self.assert_refused(11, "not the master", "--foreground")
            self.assertEqual(systemd.recv(100), b"READY=1")


class StandbyTests(ProgramCase):
    NODE = "node2"

    def test_it_tells_who_the_master_is_and_keeps_out_of_the_pid_file(self) -> None:
        self.start("--standby")
        reply = self.get("/2/info")
        self.assertEqual((reply.status, reply.headers["Retry-After"]), (503, "5"))
        error = json.loads(reply.read())
        self.assertEqual(error["message"], "This node is not the master of the cluster; node1 is")
        self.assertEqual(self.get("/version").read(), b"2\n")
        files = ["ganeti-rapi-standby.pid", "ganeti-rapi-standby.port"]
        self.assertEqual(self.virtual.running(), files)
        second = self.program("--standby", "--endpoint", f"unix:{self.socket}2")
        self.assertEqual(second.returncode, 11)
        self.end()
        self.assertEqual(self.virtual.running(), [])

    def test_it_follows_its_log_without_being_told(self) -> None:
        self.start("--standby")
        self.virtual.log.rename(self.virtual.log.with_suffix(".1"))
        self.virtual.log.touch()
        while "users" not in self.virtual.log.read_text():  # it looks every second
            self.assertEqual(self.get("/version").status, 200)


class RefusalTests(ProgramCase):
    def test_a_node_that_is_not_the_master(self) -> None:
        self.virtual.set_master("node7.example.com")
        self.assert_refused(11, "This node is not the master, node7.example.com is")

    def test_no_cluster(self) -> None:
        (Path(self.virtual.paths.data) / "ssconf_master_node").unlink()
        self.assert_refused(5, "This node is in no cluster")

    def test_the_wrong_user(self) -> None:
        code = "from ganeti_rapi.program import main; main.USER = 'daemon'; main.main()"
        refused = self.program(code=code)
        self.assertEqual(refused.returncode, 1)
        expected = pwd.getpwnam("daemon").pw_uid
        self.assertIn(
            f"Started with the wrong user ID {os.getuid()}, not {expected}, which is daemon's.",
            refused.stderr,
        )

    def test_a_user_that_there_is_not(self) -> None:
        code = "from ganeti_rapi.program import main; main.USER = 'no-body'; main.main()"
        self.assertIn("There is no user no-body", self.program(code=code).stderr)

    def test_options(self) -> None:
        self.assert_refused(2, "option --nonsense not recognized", "--nonsense")
        self.assert_refused(1, "Unexpected argument: now", "now")

    def test_a_certificate_that_is_missing_or_no_file(self) -> None:
        certificate = Path(self.virtual.paths.certificate)
        certificate.unlink()
        self.assert_refused(1, f"The TLS certificate {certificate} is not there")
        certificate.mkdir()
        self.assert_refused(1, f"The TLS certificate {certificate} is not there, or is no file")

    def test_a_key_that_cannot_be_read(self) -> None:
        Path(self.virtual.paths.certificate).write_text("nonsense")
        self.assert_refused(1, "holds no private key")
        self.assert_refused(1, "holds no private key", "-f")

    def test_a_port_that_is_taken(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = str(taken.getsockname()[1])
            for where in ((), ("-f",)):
                self.assert_refused(
                    1, "Address already in use", "-p", port, "-b", "127.0.0.1", *where
                )

    def test_a_log_that_cannot_be_written(self) -> None:
        Path(self.virtual.paths.log).rmdir()
        self.assert_refused(1, "Can't write the log")

    def test_a_directory_in_place_of_the_pid_file(self) -> None:
        (Path(self.virtual.paths.run) / "ganeti-rapi.pid").mkdir()
        refused = self.program()
        self.assertEqual(refused.returncode, 1)
        self.assertIn("Can't write the pid file", refused.stderr)


class WordsTests(ProgramCase):
    def test_version_and_help(self) -> None:
        for option, words in (("--version", f"ganeti-rapi {__version__}\n"), ("-h", "--standby")):
            told = self.program(option)
            self.assertEqual((told.returncode, told.stderr), (0, ""))
            self.assertIn(words, told.stdout)
