"""Completion of the program's options, as the shells themselves do it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from twisted.python.procutils import which
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.program.cluster import Node
from ganeti_rapi.program.completion import BETWEEN_PROCESSES, SHELLS, offers, script
from ganeti_rapi.program.options import FILES, ProgramOptions


class OfferTests(SynchronousTestCase):
    def setUp(self) -> None:
        options = ProgramOptions(Node.of({}))
        self.names = {name.rstrip("=") for name in options.longOpt}
        self.offers = {offer.long: offer for offer in offers(options)}

    def test_every_option_for_people(self) -> None:
        self.assertEqual(set(self.offers), self.names - {BETWEEN_PROCESSES})

    def test_values(self) -> None:
        self.assertEqual({name for name, offer in self.offers.items() if offer.is_file}, set(FILES))
        self.assertEqual(self.offers["syslog"].words, ("no", "yes", "only"))
        self.assertFalse(self.offers["foreground"].has_value)
        self.assertFalse(self.offers["simulate"].has_value)
        self.assertTrue(self.offers["port"].has_value)

    def test_what_is_typed(self) -> None:
        self.assertEqual(self.offers["ssl-cert"].typed, ["-C", "--ssl-cert"])
        self.assertEqual(self.offers["no-ssl"].typed, ["--no-ssl"])

    def test_the_explanation_is_plain_text(self) -> None:
        for offer in self.offers.values():
            self.assertTrue(offer.doc, offer.long)
            self.assertNotRegex(offer.doc, r"[\[\]'\\\n]")


class ShellCase(SynchronousTestCase):
    shell = ""

    def setUp(self) -> None:
        if not which(self.shell):
            self.skipTest(f"{self.shell} is not installed")
        self.directory = Path(self.mktemp()).absolute()
        self.directory.mkdir()
        (self.directory / "rapi.pem").touch()
        self.script = self.directory / "script"
        self.script.write_text(script(self.shell), encoding="utf-8")

    def run_shell(self, *arguments: str) -> list[str]:
        done = subprocess.run(
            [self.shell, *arguments],
            cwd=self.directory,
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.splitlines()


# What bash does when Tab is pressed at the end of a line of these words.
PRESS_TAB = """
source ./script
compopt() { :; }
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_ganeti_rapi ganeti-rapi "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


class BashTests(ShellCase):
    shell = "bash"

    def complete(self, *words: str) -> list[str]:
        lines = self.run_shell("-u", "-c", PRESS_TAB, "bash", "ganeti-rapi", *words)
        return [line for line in lines if line]

    def test_options(self) -> None:
        self.assertEqual(self.complete("--ssl-c"), ["--ssl-cert", "--ssl-chain"])
        self.assertEqual(self.complete("--no-ssl", "--fo"), ["--foreground"])
        self.assertEqual(self.complete("--simulate", "--no-s"), ["--no-ssl"])
        self.assertEqual(self.complete("--adopt"), [])

    def test_choices(self) -> None:
        self.assertEqual(self.complete("--syslog", ""), ["no", "yes", "only"])
        self.assertEqual(self.complete("--syslog", "=", "o"), ["only"])
        self.assertEqual(self.complete("--syslog", "="), ["no", "yes", "only"])

    def test_files(self) -> None:
        for words in (["--ssl-cert", "ra"], ["-C", "ra"], ["--ssl-cert", "=", "ra"]):
            self.assertEqual(self.complete(*words), ["rapi.pem"])

    def test_what_only_the_person_knows(self) -> None:
        self.assertEqual(self.complete("--port", ""), [])


class FishTests(ShellCase):
    shell = "fish"

    def complete(self, line: str) -> list[str]:
        command = f"source ./script; complete -C 'ganeti-rapi {line}'"
        return [found.split("\t")[0] for found in self.run_shell("--no-config", "-c", command)]

    def test_options(self) -> None:
        self.assertEqual(self.complete("--ssl-c"), ["--ssl-cert", "--ssl-chain"])
        self.assertEqual(self.complete("ra"), [])

    def test_choices(self) -> None:
        self.assertEqual(sorted(self.complete("--syslog ")), ["no", "only", "yes"])
        self.assertEqual(self.complete("--syslog=o"), ["--syslog=only"])

    def test_files(self) -> None:
        self.assertEqual(self.complete("-C ra"), ["rapi.pem"])


class ZshTests(ShellCase):
    shell = "zsh"

    def test_zsh_can_read_it(self) -> None:
        self.assertEqual(self.run_shell("--no-rcs", "-n", "script"), [])
        self.assertTrue(
            self.script.read_text(encoding="utf-8").startswith("#compdef ganeti-rapi\n")
        )


class ScriptTests(SynchronousTestCase):
    def test_every_shell_gets_every_option(self) -> None:
        names = {offer.long for offer in offers(ProgramOptions(Node.of({})))}
        for shell in SHELLS:
            text = script(shell)
            self.assertEqual({name for name in names if name not in text}, set(), shell)
            self.assertNotIn(BETWEEN_PROCESSES, text)
