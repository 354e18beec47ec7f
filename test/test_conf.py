"""The files in conf/: that systemd takes them, and that they name only what there is."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from pathlib import Path

from twisted.python.procutils import which
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.auth.users import UsersFile, parse
from ganeti_rapi.errors import NotMaster, Unauthorized
from ganeti_rapi.exits import NOT_A_CLUSTER, NOT_THE_MASTER, WRONG_OPTION
from ganeti_rapi.jobstates import EVENT_KINDS
from ganeti_rapi.program.cluster import Node, Paths
from ganeti_rapi.program.options import ProgramOptions
from ganeti_rapi.simulator.playground import write_certificate
from ganeti_rapi.webhooks.config import parse as parse_webhooks

from .harness import granted

CONF = Path(__file__).resolve().parent.parent / "conf"
UNITS = ["ganeti-rapi.service", "ganeti-rapi.socket"]


def text_of(name: str) -> str:
    return (CONF / name).read_text("utf-8")


def parse_unit(name: str) -> configparser.RawConfigParser:
    unit = configparser.RawConfigParser(strict=False, delimiters=["="], allow_no_value=True)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # keep the case
    unit.read_string(text_of(name))
    return unit


def real_options() -> set[str]:
    """Every long option of the program."""
    return {name.rstrip("=") for name in ProgramOptions(Node(Paths())).longOpt}


class UnitTests(SynchronousTestCase):
    def test_the_service_runs_the_program_with_ganetis_arguments(self) -> None:
        service = parse_unit("ganeti-rapi.service")["Service"]
        program, *arguments = service["ExecStart"].split()
        self.assertEqual(Path(program).name, "ganeti-rapi")
        self.assertEqual(arguments, ["-f", "$RAPI_ARGS", "$ONETIME_ARGS"])
        self.assertEqual(service["Type"], "notify")
        files = re.findall(r"^EnvironmentFile=-(.*)$", text_of("ganeti-rapi.service"), re.MULTILINE)
        self.assertEqual(files[0], "/etc/default/ganeti")

    def test_codes_at_which_nothing_is_wrong_or_nothing_would_help(self) -> None:
        service = parse_unit("ganeti-rapi.service")["Service"]
        self.assertEqual(service["SuccessExitStatus"], str(NOT_THE_MASTER))
        hopeless = {WRONG_OPTION, NOT_A_CLUSTER, NOT_THE_MASTER}
        self.assertEqual(set(map(int, service["RestartPreventExitStatus"].split())), hopeless)
        (closing,) = re.findall(r" in ([0-9|]+)\) systemctl stop", service["ExecStopPost"])
        self.assertEqual(set(map(int, closing.split("|"))), hopeless)

    def test_the_socket_is_for_this_machine_unless_told_otherwise(self) -> None:
        socket = parse_unit("ganeti-rapi.socket")
        self.assertEqual(socket["Socket"]["ListenStream"], "127.0.0.1:5080")

    def test_every_option_that_is_named_exists(self) -> None:
        for name in UNITS:
            # systemctl's --no-block is not ours.
            named = set(re.findall(r"--([a-z][a-z-]+)", text_of(name))) - {"no-block"}
            self.assertLessEqual(named, real_options(), name)

    def test_systemd_takes_them(self) -> None:
        if not which("systemd-analyze"):
            self.skipTest("systemd-analyze is not installed (Debian's package systemd)")
        copies = Path(self.mktemp())
        copies.mkdir()
        program = parse_unit("ganeti-rapi.service")["Service"]["ExecStart"].split()[0]
        for name in UNITS:
            copy = text_of(name).replace(program, str(shutil.which("true")))
            (copies / name).write_text(copy, "utf-8")
        result = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", *(str(copies / name) for name in UNITS)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self.assertEqual((result.returncode, result.stdout), (0, ""))


class HaproxyTests(SynchronousTestCase):
    def test_haproxy_takes_it(self) -> None:
        if not which("haproxy"):
            self.skipTest("haproxy is not installed")
        directory = Path(self.mktemp()).absolute()
        directory.mkdir()
        write_certificate(directory / "ganeti-rapi.pem")
        text = text_of("haproxy.cfg").replace("/etc/haproxy", str(directory))
        text, nodes = re.subn(r"node\d\.example\.com", "127.0.0.1", text)
        self.assertGreater(nodes, 1)
        copy = directory / "haproxy.cfg"
        copy.write_text(text, "utf-8")
        result = subprocess.run(
            ["haproxy", "-c", "-f", str(copy)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        told = (0, "Configuration file is valid\n")
        self.assertEqual((result.returncode, result.stdout), told)

    def test_it_knows_the_master_by_its_answers(self) -> None:
        """Those of the daemon: 200, 401 where everybody needs a user, 503 of a standby."""
        (up,) = re.findall(r"http-check expect status (\S+)", text_of("haproxy.cfg"))
        self.assertEqual(set(map(int, up.split(","))), {200, Unauthorized.code})
        self.assertNotIn(str(NotMaster.code), up)


def examples_of(name: str) -> bytes:
    """An example is a comment without a space after its hash sign."""
    return re.sub(r"^#(?=\w)", "", text_of(name), flags=re.MULTILINE).encode()


class WebhooksExampleTests(SynchronousTestCase):
    def test_sends_nothing_as_it_is(self) -> None:
        self.assertEqual(parse_webhooks(text_of("webhooks.example").encode()), ({}, []))

    def test_its_examples_are_right(self) -> None:
        webhooks, problems = parse_webhooks(examples_of("webhooks.example"))
        self.assertEqual((list(webhooks), problems), (["cmdb", "dns", "bus"], []))

    def test_it_names_all_kinds_and_the_option(self) -> None:
        text = text_of("webhooks.example")
        self.assertIn(",".join(sorted(EVENT_KINDS)), text)
        (option,) = re.findall("--([a-z-]+)=", text)
        self.assertIn(option, real_options())


class UsersExampleTests(SynchronousTestCase):
    def test_lets_nobody_in_as_it_is(self) -> None:
        self.assertEqual(parse(text_of("users.example").encode()), ({}, []))

    def test_its_examples_are_right(self) -> None:
        accounts, problems = parse(examples_of("users.example"))
        self.assertEqual(problems, [])
        file = UsersFile(accounts)
        for name, password, permissions in (
            ("jack", "look", granted()),
            ("exporter", "change-me", granted("read")),
            ("jessica", "change", granted("write")),
        ):
            user = file.check(name, password)
            self.assertEqual(user and user.permissions, permissions)
        self.assertEqual(len(accounts), 3)
