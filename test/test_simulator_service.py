"""``twistd ganeti-simulator``: its options, its socket, and what it tells."""

from __future__ import annotations

import io
import os
import shutil
import socket
import stat
import sys
import tempfile
from pathlib import Path

from twisted.application.service import IServiceMaker
from twisted.internet.defer import Deferred
from twisted.python.usage import UsageError
from twisted.trial.unittest import SynchronousTestCase, TestCase
from zope.interface.verify import verifyObject

from ganeti_rapi.exits import CannotStart
from ganeti_rapi.simulator.size import Size
from ganeti_rapi.simulator_service import (
    Options,
    SimulatorService,
    makeService,
    remove_stale_socket,
)

from .harness import loaded_with


def options(*arguments: str) -> Options:
    parsed = Options()
    parsed.parseOptions(list(arguments))
    return parsed


class OptionsTests(SynchronousTestCase):
    def test_the_socket(self) -> None:
        self.assertEqual(options("--socket", "/run/s")["socket"], "/run/s")
        self.assertEqual(options("--socket", "s")["socket"], os.path.abspath("s"))

    def test_the_size(self) -> None:
        self.assertEqual(options("--socket", "/s").size, Size())
        given = options("--socket", "/s", "--size", "nodes=50,instances=100,seed=7")
        self.assertEqual(given.size, Size(nodes=50, instances=100, seed=7))

    def test_what_is_wrong_is_told(self) -> None:
        for arguments, text in (
            ((), "Name the Unix socket to listen on with --socket PATH"),
            (("--socket", "/s", "--size", "nodes=x"), "--size: nodes must be a whole number"),
            (("--socket", "/s", "more"), "Unexpected argument: more"),
        ):
            error = self.assertRaises(UsageError, options, *arguments)
            self.assertIn(text, str(error))


class PluginTests(SynchronousTestCase):
    def test_the_plugin_names_what_twistd_needs(self) -> None:
        from twisted.plugins import ganeti_simulator_plugin

        maker = ganeti_simulator_plugin.ganeti_simulator
        verifyObject(IServiceMaker, maker)
        self.assertEqual(maker.tapname, "ganeti-simulator")
        self.assertIs(maker.options, Options)
        self.assertIs(maker.makeService, makeService)

    def test_the_import_chooses_no_reactor_and_needs_no_daemon(self) -> None:
        daemon = ("ganeti_rapi.web", "ganeti_rapi.auth", "ganeti_rapi.service")
        loaded = loaded_with("ganeti_rapi.simulator_service")
        self.assertIn("ganeti_rapi.simulator_service", loaded)
        self.assertNotIn("twisted.internet.reactor", loaded)
        self.assertEqual([name for name in loaded if name.startswith(daemon)], [])


class SocketCase(SynchronousTestCase):
    def setUp(self) -> None:
        directory = Path(tempfile.mkdtemp())  # a socket's path must be short
        self.addCleanup(shutil.rmtree, directory)
        self.path = str(directory / "luxi")

    def listener(self) -> socket.socket:
        """A process that listens on the path."""
        listening = socket.socket(socket.AF_UNIX)
        self.addCleanup(listening.close)
        listening.bind(self.path)
        listening.listen(1)
        return listening


class StaleSocketTests(SocketCase):
    def refused(self) -> str:
        return self.assertRaises(CannotStart, remove_stale_socket, self.path).text

    def test_nothing_is_there(self) -> None:
        remove_stale_socket(self.path)

    def test_one_that_was_left_behind_is_removed(self) -> None:
        self.listener().close()
        remove_stale_socket(self.path)
        self.assertFalse(os.path.exists(self.path))

    def test_one_of_a_living_process_is_refused(self) -> None:
        self.listener()
        self.assertEqual(
            self.refused(),
            f"A process listens on {self.path}. End it, or name another path with --socket",
        )
        self.assertTrue(os.path.exists(self.path))

    def test_one_of_a_process_that_is_too_busy_to_answer_is_refused(self) -> None:
        self.listener().listen(0)
        with socket.socket(socket.AF_UNIX) as first:
            first.connect(self.path)
            self.assertIn("A process listens on", self.refused())

    def test_a_file_is_refused(self) -> None:
        Path(self.path).write_text("precious")
        self.assertIn("is not a socket", self.refused())
        self.assertEqual(Path(self.path).read_text(), "precious")


class ServiceTests(SocketCase, TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.output = io.StringIO()
        self.patch(sys, "__stdout__", self.output)

    def service(self, *arguments: str) -> SimulatorService:
        return makeService(options("--socket", self.path, *arguments))

    def test_it_listens_for_its_user_and_group_and_tells_so(self) -> Deferred[None]:
        self.listener().close()  # somebody's who is not there any more
        service = self.service("--size", "nodes=3,instances=2")
        service.startService()
        mode = os.stat(self.path).st_mode
        self.assertEqual((stat.S_ISSOCK(mode), stat.S_IMODE(mode)), (True, 0o660))
        told = self.output.getvalue()
        self.assertIn("3 nodes and 2 instances", told)
        self.assertIn(f"--luxi-socket {self.path}\n", told)
        stopped = service.stopService()
        stopped.addCallback(lambda _: self.assertFalse(os.path.exists(self.path)))
        return stopped

    def test_where_it_cannot_listen(self) -> None:
        self.path = "/nosuch/luxi"
        error = self.assertRaises(CannotStart, self.service().startService)
        self.assertEqual(
            error.code,
            "ganeti-simulator: Can't listen on /nosuch/luxi: No such file or directory. Name a "
            "path in a directory that this process may write to with --socket",
        )
