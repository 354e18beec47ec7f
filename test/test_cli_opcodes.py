"""The options of `rapi` that are parameters of opcodes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import click
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.api.checks import Maybe, OneOf
from ganeti_rapi.api.handlers.nodes import ROLE_CHANGES, ROLES
from ganeti_rapi.api.opcodes import OPCODES
from ganeti_rapi.client.cli.commands import LazyParameter
from ganeti_rapi.client.cli.jobs import WAITING
from ganeti_rapi.client.cli.opcodes import argument_of, option_of
from ganeti_rapi.client.cli.orders import PRIORITIES
from ganeti_rapi.client.cli.overview import ORDER
from ganeti_rapi.client.cli.requesting import METHODS
from ganeti_rapi.jobstates import EVENT_KINDS, JOB_STATES

from .cli_double import leaves


def made(row: LazyParameter) -> click.Parameter:
    return row if isinstance(row, click.Parameter) else row()


def option(row: LazyParameter) -> click.Option:
    parameter = made(row)
    assert isinstance(parameter, click.Option)
    return parameter


def doc(opcode: str, parameter: str) -> str:
    return OPCODES[opcode].parameters[parameter].doc


class OptionTests(SynchronousTestCase):
    def test_a_choice(self) -> None:
        mode = option(option_of("OP_INSTANCE_MIGRATE", "mode"))
        assert isinstance(mode.type, click.Choice)
        self.assertEqual(list(mode.type.choices), ["live", "non-live"])
        self.assertEqual((mode.opts, mode.name), (["--mode"], "mode"))
        self.assertEqual(mode.help, doc("OP_INSTANCE_MIGRATE", "mode"))

    def test_a_number_has_the_bounds_of_the_check(self) -> None:
        timeout = option(option_of("OP_INSTANCE_SHUTDOWN", "timeout"))
        assert isinstance(timeout.type, click.IntRange)
        self.assertEqual((timeout.type.min, timeout.type.max), (0, None))

    def test_a_flag_says_what_it_does(self) -> None:
        early = option(option_of("OP_NODE_EVACUATE", "early_release"))
        self.assertTrue(early.is_flag)
        self.assertEqual((early.opts, early.default), (["--early-release"], None))
        meaning = doc("OP_NODE_EVACUATE", "early_release")
        self.assertEqual(f"Whether to g{str(early.help)[1:]}", meaning)

    def test_a_flag_whose_meaning_is_no_deed_keeps_it(self) -> None:
        variant = option(option_of("OP_INSTANCE_REINSTALL", "force_variant"))
        self.assertEqual(variant.help, doc("OP_INSTANCE_REINSTALL", "force_variant"))

    def test_two_words_are_true_and_false(self) -> None:
        sync = option(option_of("OP_INSTANCE_GROW_DISK", "wait_for_sync", "--sync/--no-sync"))
        self.assertEqual((sync.opts, sync.secondary_opts), (["--sync"], ["--no-sync"]))
        self.assertEqual((sync.name, sync.default), ("wait_for_sync", None))
        self.assertEqual(sync.help, doc("OP_INSTANCE_GROW_DISK", "wait_for_sync"))

    def test_other_words_and_more_help(self) -> None:
        row = option_of("OP_INSTANCE_CREATE", "os_type", "--os", "os", hint="More.", metavar="OS")
        self.assertEqual((option(row).name, option(row).metavar), ("os", "OS"))
        self.assertEqual(option(row).help, f"{doc('OP_INSTANCE_CREATE', 'os_type')} More.")

    def test_an_argument(self) -> None:
        mode = made(argument_of("OP_NETWORK_CONNECT", "network_mode", "mode"))
        assert isinstance(mode.type, click.Choice)
        self.assertEqual((mode.name, "openvswitch" in mode.type.choices), ("mode", True))


def parameters() -> Iterator[click.Parameter]:
    for _, command in leaves():
        yield from command.get_params(click.Context(command))


def of_the_table() -> Iterator[tuple[str, ...]]:
    """All choices that there are in the table of the opcodes."""
    for opcode in OPCODES.values():
        for param in opcode.params:
            check = param.check.check if isinstance(param.check, Maybe) else param.check
            if isinstance(check, OneOf):
                yield tuple(map(str, check.choices))


class ChoiceTests(SynchronousTestCase):
    def test_all_choices_are_the_servers(self) -> None:
        known = {*of_the_table(), JOB_STATES, EVENT_KINDS, ("h", "m", "g", "t"), METHODS}
        known |= {tuple(PRIORITIES), tuple(ORDER), WAITING}
        for parameter in parameters():
            if isinstance(parameter.type, click.Choice) and parameter.name != "role":
                self.assertIn(tuple(parameter.type.choices), known, parameter.name)

    def test_roles(self) -> None:
        roles = [
            set(parameter.type.choices)
            for parameter in parameters()
            if isinstance(parameter.type, click.Choice) and parameter.name == "role"
        ]
        self.assertEqual(roles, [set(ROLES), set(ROLE_CHANGES)])


SLOW = ("twisted", "OpenSSL", "ssl", "cryptography", "treq", "asyncio", "ganeti_rapi.api.opcodes")
"""Modules that take long to import."""


class StartTests(SynchronousTestCase):
    """What is imported to tell what there is: a person waits for it at each Tab."""

    def imported(self, *arguments: str, most: int = 250, **environment: str) -> set[str]:
        """The slow modules that a line imports; all together there are less than ``most``."""
        program = (
            "import sys\n"
            "from ganeti_rapi.client.cli.main import main\n"
            "try:\n main()\n"
            "finally:\n print('imported', *sys.modules)"
        )
        shown = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", program, *arguments],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment},
        )
        modules = set(shown.stdout.splitlines()[-1].split())
        self.assertIn("ganeti_rapi.client.cli.root", modules, shown.stderr)
        self.assertLess(len(modules), most, "each takes its time")
        return modules & set(SLOW)

    def test_help_and_version(self) -> None:
        for line, most in (
            *(("--help", 170), ("--version", 170)),
            *(("instances --help", 250), ("tags add --help", 250)),
        ):
            self.assertEqual((line, self.imported(*line.split(), most=most)), (line, set()))

    def test_the_table_is_read_for_a_commands_own_help(self) -> None:
        self.assertEqual(self.imported("instances", "stop", "--help"), {"ganeti_rapi.api.opcodes"})

    def test_completing_commands_and_options(self) -> None:
        for words, count, opcodes in (
            ("rapi inst", 1, False),
            ("rapi instances st", 2, False),
            ("rapi instances list --", 3, False),
            ("rapi instances stop --", 3, True),
        ):
            variables = {"COMP_WORDS": words, "COMP_CWORD": str(count)}
            found = self.imported(**variables, _RAPI_COMPLETE="bash_complete")
            self.assertEqual(
                (words, found), (words, {"ganeti_rapi.api.opcodes"} if opcodes else set())
            )
