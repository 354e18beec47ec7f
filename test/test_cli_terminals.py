"""The documents' lines on a narrow terminal, on a wide one, and where there is none."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Sequence
from pathlib import Path

from click import unstyle
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.client.cli import screen as screen_module
from ganeti_rapi.client.cli.screen import Screen
from ganeti_rapi.testing.process import start_cluster

from .cli_double import CommandCase

ROOT = Path(__file__).parent.parent

NARROW, WIDE = 40, 200

TABLE = re.compile(r"(\w+ list|query|top)\b(?!.*(-o|--json))")
"""Lines that print a table which is to fit."""


def lines_of(document: str) -> list[str]:
    """What a document lets people type to `rapi`, without the program's name."""
    text = (ROOT / document).read_text("utf-8").replace("\\\n", " ")
    typed = re.findall(r"^(?: {4}\.venv/bin/)?rapi (?:--insecure )?(.*)$", text, re.MULTILINE)
    return [re.sub(" {2,}", " ", line) for line in typed]


def readme() -> list[str]:
    """All but what goes on until somebody ends it."""
    return [line for line in lines_of("README.md") if line != "top"]


def tutorial() -> list[str]:
    """Those of doc/client.md that its own test types, too; the others are for real clusters."""
    text = (ROOT / "doc" / "client.md").read_text("utf-8")
    known = "".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL))
    return [line for line in lines_of("doc/client.md") if f"rapi {line}\n" in known]


class DocumentTests(CommandCase):
    """In one process: each of the lines, one after the other."""

    def shown(self, line: str, width: int | None) -> str:
        out, err = io.StringIO(), io.StringIO()

        def terminal(stderr: bool = False) -> Screen:
            return Screen(err if stderr else out, width is not None, width is not None, width)

        self.patch(screen_module, "screen", terminal)
        self.type(line)
        return out.getvalue()

    def try_all(self, lines: Sequence[str], width: int | None) -> None:
        for line in lines:
            shown = self.shown(line, width)
            if width is None:
                self.assertNotIn("\x1b", shown, line)
            if TABLE.search(line):
                for row in unstyle(shown).splitlines():
                    self.assertEqual(row, row.rstrip(), line)
                    self.assertLessEqual(len(row), width or len(row), line)

    def test_readme_narrow(self) -> None:
        self.try_all(readme(), NARROW)

    def test_readme_wide(self) -> None:
        self.try_all(readme(), WIDE)

    def test_readme_no_terminal(self) -> None:
        self.try_all(readme(), None)

    def test_tutorial_narrow(self) -> None:
        self.try_all(tutorial(), NARROW)

    def test_tutorial_wide(self) -> None:
        self.try_all(tutorial(), WIDE)

    def test_tutorial_no_terminal(self) -> None:
        self.try_all(tutorial(), None)

    def test_there_are_lines(self) -> None:
        self.assertGreater(len(readme()), 1)
        self.assertGreater(len(tutorial()), 35)

    def test_whole_words(self) -> None:
        """What is in a cell is whole on a wide terminal, or ends with … on a narrow one."""
        whole = self.shown("instances list", WIDE)
        for line in unstyle(self.shown("instances list", 70)).splitlines()[1:]:
            for cell in re.split(" {2,}", line.rstrip()):
                self.assertTrue(cell.endswith("…") or cell.strip() in whole, cell)


def on_terminal(words: Sequence[str], width: int, environment: dict[str, str]) -> tuple[str, int]:
    """What a program shows on a real terminal, and its exit code."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    process = subprocess.Popen(
        words, stdin=its, stdout=its, stderr=its, env=environment, start_new_session=True
    )
    os.close(its)
    shown = b""
    while True:
        try:
            data = os.read(ours, 65536)
        except OSError:  # so Linux says that nobody has it open any more
            break
        if not data:
            break
        shown += data
    os.close(ours)
    return shown.decode().replace("\r\n", "\n"), process.wait()


class ProcessTests(SynchronousTestCase):
    """The program itself, in front of a daemon with a simulated cluster."""

    def test_real_terminals(self) -> None:
        try:
            for each in pty.openpty():
                os.close(each)
        except OSError as error:
            self.skipTest(f"there are no terminals: {error}; is /dev/pts mounted?")
        with start_cluster() as cluster:
            environment = {
                **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
                "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)]),
                "PYTHONWARNINGS": "ignore",
                "TERM": "xterm",
                "RAPI_URL": cluster.url,
                "RAPI_USER": "admin",
                "RAPI_PASSWORD": cluster.users["admin"],
                "RAPI_INSECURE": "1",
            }
            program = [sys.executable, "-c", "from ganeti_rapi.client.cli.main import main; main()"]
            for line in ("instances list", "instances stop web1.example.com", "info"):
                for width in (NARROW, WIDE):
                    shown, code = on_terminal([*program, *line.split()], width, environment)
                    self.assertEqual((line, code), (line, 0), shown)
                    if "list" in line:
                        self.assertIn("\x1b[32mrunning", shown)
                        table, _, _ = unstyle(shown).partition("too narrow for")
                        self.assertLessEqual(max(map(len, table.splitlines())), width)
                done = subprocess.run(
                    [*program, *line.split()], capture_output=True, env=environment, check=False
                )
                self.assertEqual((line, done.returncode), (line, 0), done.stderr)
                self.assertNotIn(b"\x1b", done.stdout + done.stderr)
