"""The files in conf/: that systemd takes them, and that they name only what there is."""

from __future__ import annotations

import configparser
import re
import shlex
import shutil
import subprocess
from pathlib import Path

from twisted.python.procutils import which
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.auth.users import UsersFile, parse

CONF = Path(__file__).resolve().parent.parent / "conf"
UNITS = ["ganeti-rapi.service", "ganeti-rapi.socket"]

# Documented by "twistd ganeti-rapi --help" itself.
UNDOCUMENTED = {"adopt", "help", "version"}


def text_of(name: str) -> str:
    return (CONF / name).read_text("utf-8")


def parse_unit(name: str) -> configparser.RawConfigParser:
    unit = configparser.RawConfigParser(strict=False, delimiters=["="], allow_no_value=True)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # keep the case
    unit.read_string(text_of(name))
    return unit


def real_options() -> dict[str, object]:
    """Every long option of the daemon with its default; None where it has none."""
    from ganeti_rapi.options import Options

    options = Options()
    return {name.rstrip("="): options.get(name.rstrip("=")) for name in options.longOpt}


def explained_options() -> dict[str, str]:
    """The options that the environment file explains, with the value that it shows."""
    lines = re.findall(r"^#   --([a-z-]+)(?: (\S+))?", text_of("ganeti-rapi.default"), re.MULTILINE)
    return dict(lines)


def default_arguments() -> list[str]:
    """RAPI_ARGS as systemd hands it to the daemon."""
    (value,) = re.findall(r'^RAPI_ARGS="(.*)"$', text_of("ganeti-rapi.default"), re.MULTILINE)
    return shlex.split(value)


class EnvironmentFileTests(SynchronousTestCase):
    def test_explains_every_option_and_no_other(self) -> None:
        self.assertEqual(set(explained_options()), set(real_options()) - UNDOCUMENTED)

    def test_shows_the_defaults(self) -> None:
        real = real_options()
        for name, value in explained_options().items():
            if value and not value.isupper():
                self.assertEqual(value, str(real[name]), name)

    def test_the_daemon_takes_the_arguments(self) -> None:
        from ganeti_rapi.options import Options

        options = Options()
        options.parseOptions(default_arguments())
        self.assertEqual(options["bind"], "127.0.0.1")
        self.assertTrue(options["require-authentication"])

    def test_has_nothing_but_comments_and_one_variable(self) -> None:
        lines = text_of("ganeti-rapi.default").splitlines()
        effective = [line for line in lines if line and not line.startswith("#")]
        self.assertEqual([line.partition("=")[0] for line in effective], ["RAPI_ARGS"])


class UnitTests(SynchronousTestCase):
    def test_the_service_runs_the_plugin_with_the_arguments_of_the_environment_file(self) -> None:
        service = parse_unit("ganeti-rapi.service")["Service"]
        program, *arguments = service["ExecStart"].split()
        self.assertEqual(Path(program).name, "twistd")
        self.assertEqual(arguments, ["-n", "--pidfile=", "ganeti-rapi", "$RAPI_ARGS"])
        self.assertEqual(service["EnvironmentFile"], "-/etc/default/ganeti-rapi")

    def test_the_socket_is_adopted_in_its_own_family(self) -> None:
        (arguments,) = re.findall(r'RAPI_ARGS="(.*)"', text_of("ganeti-rapi.socket"))
        self.assertIn("--endpoint systemd:domain=INET:index=0", arguments)
        address, _, port = parse_unit("ganeti-rapi.socket")["Socket"]["ListenStream"].partition(":")
        self.assertEqual((address, port), ("0.0.0.0", str(real_options()["port"])))

    def test_every_option_that_is_named_exists(self) -> None:
        for name in UNITS:
            # systemctl's --now is not ours.
            named = set(re.findall(r"--([a-z][a-z-]+)", text_of(name))) - {"now", "pidfile"}
            self.assertLessEqual(named, set(real_options()), name)

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


class UsersExampleTests(SynchronousTestCase):
    def test_lets_nobody_in_as_it_is(self) -> None:
        self.assertEqual(parse(text_of("users.example")), ({}, []))

    def test_its_examples_are_right(self) -> None:
        # An example is a comment without a space after its hash sign.
        text = re.sub(r"^#(?=\w)", "", text_of("users.example"), flags=re.MULTILINE)
        accounts, problems = parse(text)
        self.assertEqual(problems, [])
        file = UsersFile(accounts)
        for name, password, options in (
            ("jack", "look", set[str]()),
            ("exporter", "change-me", {"read"}),
            ("jessica", "change", {"write"}),
        ):
            user = file.check(name, password)
            self.assertEqual(user and user.options, options)
        self.assertEqual(len(accounts), 3)
