"""The manual pages in doc/man: they say what the programs do, and man understands them."""

from __future__ import annotations

import contextlib
import io
import os
import re
import subprocess
from pathlib import Path

import click
from attrs import frozen
from twisted.python.procutils import which
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi import exits
from ganeti_rapi.api.access import OPTIONS, ROLES, Rules
from ganeti_rapi.api.scopes import ANY, CONDITIONS
from ganeti_rapi.auth.users import REALM, SCHEMES, UsersFile, parse
from ganeti_rapi.client.cli.failing import INTERRUPTED, OUTCOMES
from ganeti_rapi.client.cli.main import NOT_WRITTEN
from ganeti_rapi.client.cli.root import rapi
from ganeti_rapi.program.cluster import Node, Paths
from ganeti_rapi.program.logs import SYSLOG_CHOICES
from ganeti_rapi.program.options import ProgramOptions
from ganeti_rapi.users_program.main import parser as users_parser

from . import command_reference
from .harness import granted

PAGES = Path(__file__).parent.parent / "doc" / "man"
DAEMON, COMMAND, USERS = "ganeti-rapi.8", "rapi.1", "ganeti-rapi-users.5"
PROGRAM = "ganeti-rapi-users.8"


def section(page: str, title: str) -> str:
    text = (PAGES / page).read_text(encoding="utf-8")
    (found,) = re.findall(rf"^\.Sh {title}\n(.*?)(?=^\.Sh |\Z)", text, re.DOTALL | re.MULTILINE)
    return found


@frozen
class Item:
    """An entry of a list: what is explained, in mdoc's macros, and the explanation."""

    head: str
    body: str

    @property
    def text(self) -> str:
        """The head as it is shown, without dashes."""
        return " ".join(word for word in self.head.split() if word not in ("Cm", "Ar"))


def items(page: str, title: str) -> list[Item]:
    found = re.findall(
        r"^\.It ([^\n]*)\n(.*?)(?=^\.(?:It|El)\b)", section(page, title), re.DOTALL | re.MULTILINE
    )
    return [Item(*each) for each in found]


def statuses(page: str) -> set[int]:
    return {int(item.head) for item in items(page, "EXIT STATUS")}


OPTION = re.compile(r"(?:Fl (?P<short>\w) , )?Fl -(?P<long>[a-z-]+)(?P<value>(?: Op)? Ar \S+)?$")


class DaemonTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.root = str(Path(self.mktemp()).absolute())
        self.options = ProgramOptions(Node(Paths(self.root)))
        self.matches = [OPTION.match(item.head) for item in items(DAEMON, "OPTIONS")]

    def test_options(self) -> None:
        shorts = {long: short for short, long in self.options.synonyms.items() if len(short) == 1}
        real = {
            (name.rstrip("="), shorts.get(name.rstrip("=")), name.endswith("="))
            for name in self.options.longOpt
        } - {("adopt", None, True)}  # for workers only
        described = [
            (match["long"], match["short"], bool(match["value"])) for match in self.matches if match
        ]
        self.assertEqual(set(described), real)
        self.assertEqual(
            len(described), len(self.matches), "an option is there twice, or unreadable"
        )

    def test_defaults(self) -> None:
        real = {
            name: str(value).removeprefix(self.root)
            for name, value in self.options.defaults.items()
            if value is not None
            and any(f"{name}=" == option for option in self.options.longOpt)
            and name != "ssl-key"  # in the certificate's file, which the page says in words
        }
        described = {
            match["long"]: default[1]
            for match, item in zip(self.matches, items(DAEMON, "OPTIONS"))
            if match and (default := re.search(r"^Default:\n\.Cm (\S+)$", item.body, re.MULTILINE))
        }
        self.assertEqual(described, real)

    def test_choices(self) -> None:
        (item,) = (item for item in items(DAEMON, "OPTIONS") if "-syslog" in item.head)
        words = set(re.findall(r"^\.Cm (\w+)", item.body, re.MULTILINE))
        self.assertEqual(words, set(SYSLOG_CHOICES))

    def test_exit_status(self) -> None:
        real = {value for name, value in vars(exits).items() if name.isupper()}
        self.assertEqual(statuses(DAEMON), {0, *real})


class CommandTests(SynchronousTestCase):
    def test_commands(self) -> None:
        for path, text in (
            (command_reference.MANUAL, command_reference.page()),
            (command_reference.PAGE, command_reference.markdown()),
        ):
            self.assertEqual(path.read_text("utf-8"), text, "`make doc` writes it")

    def test_options(self) -> None:
        options = rapi.get_params(click.Context(rapi, help_option_names=["-h", "--help"]))
        real = {frozenset(option.opts) for option in options}
        described = {
            frozenset(f"-{name}" for name in re.findall(r"Fl (\S+)", item.head))
            for item in items(COMMAND, "OPTIONS")
        }
        self.assertEqual(described, real)

    def test_environment(self) -> None:
        real = {option.envvar for option in rapi.params if option.envvar}
        (head, *_) = (item.head for item in items(COMMAND, "ENVIRONMENT"))
        self.assertEqual(set(re.findall(r"RAPI_\w+", head)), real)

    def test_exit_status(self) -> None:
        self.assertEqual(
            statuses(COMMAND), {0, INTERRUPTED, NOT_WRITTEN, *(code for _, code, _ in OUTCOMES)}
        )


class UsersProgramTests(SynchronousTestCase):
    def test_commands_and_options(self) -> None:
        page = " ".join(item.head for item in items(PROGRAM, "DESCRIPTION"))
        for command in ("add", "set-password", "grant", "remove", "list", "token revoke"):
            self.assertRegex(page, rf"Cm {command}\b")
        text = section(PROGRAM, "DESCRIPTION") + section(PROGRAM, "SYNOPSIS")
        commands = ((), ("add",), ("set-password",), ("token", "add"))
        real = {option for command in commands for option in options_of(*command)}
        described = set(re.findall(r"Fl -([a-z-]+)", text))
        self.assertEqual(real - {"help", "version"}, described)

    def test_exit_status(self) -> None:
        self.assertEqual(statuses(PROGRAM), {0, 1, 2, 130})


def options_of(*command: str) -> set[str]:
    """The options that the program's help has for a command."""
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown), contextlib.suppress(SystemExit):
        users_parser().parse_args([*command, "--help"])
    return set(re.findall(r"--([a-z-]+)", shown.getvalue()))


class UsersTests(SynchronousTestCase):
    def test_passwords(self) -> None:
        heads = " ".join(item.head for item in items(USERS, "DESCRIPTION"))
        self.assertEqual(set(re.findall(r"{(\w+)}", heads)), set(SCHEMES))
        self.assertIn(REALM, section(USERS, "DESCRIPTION"))

    def test_options(self) -> None:
        heads = " ".join(item.text for item in items(USERS, "DESCRIPTION"))
        words = {*re.findall(r"(?<!\S)@?[a-z]+(?!\S)", heads)}
        arguments = {"password", "hash", "permission", "pattern"}
        self.assertEqual(words - arguments, {*ROLES, *OPTIONS[Rules.GANETI_3_0]}, heads)
        self.assertEqual(set(re.findall(r":([a-z]+)", heads)), set(CONDITIONS[ANY]))

    def test_examples(self) -> None:
        (text,) = re.findall(r"\.Bd -literal\n(.*?)\.Ed", section(USERS, "EXAMPLES"), re.DOTALL)
        accounts, problems = parse(text.encode())
        self.assertEqual(problems, [])
        self.assertEqual(
            {name: account.user.permissions for name, account in accounts.items()},
            {
                "jack": granted(),
                "exporter": granted("read"),
                "olga": granted("@operator", "@waiter"),
                "tom": granted(
                    *("@operator:tag=team-a", "@waiter:tag=team-a", "cluster.info", "os.list")
                ),
                "jessica": granted("write"),
            },
        )
        file = UsersFile(accounts)
        for name, password in zip(accounts, ("look", "change-me", "change", "change-me", "change")):
            self.assertTrue(file.check(name, password), name)


class MarkupTests(SynchronousTestCase):
    def test_man_has_no_warnings(self) -> None:
        if not which("man") or not which("groff"):
            self.skipTest("man and groff are not installed (Debian's packages man-db and groff)")
        environment = {**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "80", "MANROFFOPT": ""}
        for page in PAGES.iterdir():
            shown = subprocess.run(
                ["man", "--warnings", "--encoding=UTF-8", "--local-file", str(page)],
                env=environment,
                capture_output=True,
                text=True,
                check=True,
            )
            self.assertEqual(shown.stderr, "", page.name)
            self.assertIn("SEE ALSO", shown.stdout)
