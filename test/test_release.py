"""What a release consists of: that its number is one, and that nothing is left out."""

from __future__ import annotations

import contextlib
import io
import os
import re
import runpy
import subprocess
from pathlib import Path
from unittest import mock

from twisted.python.procutils import which
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi import __version__
from ganeti_rapi.options import Options
from ganeti_rapi.web.site import SERVER

ROOT = Path(__file__).parent.parent


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


class NumberTests(SynchronousTestCase):
    def test_is_semantic(self) -> None:
        self.assertRegex(__version__, r"^\d+\.\d+\.\d+$")

    def test_package(self) -> None:
        match = re.match(
            r"ganeti-rapi-twisted \(([^)]+)\) \w+; urgency=", text_of("debian/changelog")
        )
        self.assertEqual(match and match[1], __version__)

    def test_changes(self) -> None:
        headings = re.findall(r"^## (.*)$", text_of("CHANGELOG.md"), re.MULTILINE)
        released = [heading for heading in headings if heading != "Unreleased"]
        self.assertRegex(released[0], rf"^{re.escape(__version__)} \(\d{{4}}-\d\d-\d\d\)$")

    def test_server_header(self) -> None:
        self.assertEqual(SERVER, f"ganeti-rapi/{__version__}".encode("ascii"))

    def test_version_option(self) -> None:
        with contextlib.redirect_stdout(io.StringIO()) as shown, self.assertRaises(SystemExit):
            Options().parseOptions(["--version"])
        self.assertEqual(shown.getvalue(), f"ganeti-rapi {__version__}\n")

    def test_wheel(self) -> None:
        try:
            import setuptools
        except ImportError:
            self.skipTest("setuptools is not installed")
        with mock.patch.object(setuptools, "setup") as setup:
            runpy.run_path(str(ROOT / "setup.py"))
        self.assertEqual(setup.call_args.kwargs["version"], __version__)


class SourceDistributionTests(SynchronousTestCase):
    def test_holds_all_that_a_clone_holds(self) -> None:
        if not (ROOT / ".git").exists() or not which("git"):
            self.skipTest("This is no clone")
        try:
            from setuptools.command.egg_info import FileList
        except ImportError:
            self.skipTest("setuptools is not installed")
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(ROOT)
        files = FileList()
        files.findall()
        with contextlib.redirect_stderr(io.StringIO()):  # a pattern that matches nothing is told
            for line in text_of("MANIFEST.in").splitlines():
                if line and not line.startswith("#"):
                    files.process_template_line(line)
        listing = subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=True)
        tracked = listing.stdout.split()
        added_by_setuptools = re.compile(
            r"(ganeti_rapi|twisted)/.*\.py|ganeti_rapi/py\.typed|README\.md|setup\.py|pyproject\.toml"
        )
        missing = {
            name
            for name in set(tracked) - set(files.files) - {".gitignore", "MANIFEST.in"}
            if not added_by_setuptools.fullmatch(name)
        }
        self.assertEqual(missing, set())
