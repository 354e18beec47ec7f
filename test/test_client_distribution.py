"""The distribution of the clients alone: it has all that they need, and works without the rest."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.testing.process import start_cluster

ROOT = Path(__file__).parent.parent

OF_THE_DAEMON = ("twisted", "OpenSSL", "treq", "service_identity", "zope", "hyperlink", "wsproto")
"""Libraries that it does without."""

WITHOUT = f"import sys; sys.modules.update(dict.fromkeys({OF_THE_DAEMON!r}))\n"

COMMAND = f"""{WITHOUT}
from ganeti_rapi.client.cli.main import main
main()
"""

PROGRAM = f"""{WITHOUT}
import asyncio
import ganeti_rapi
from ganeti_rapi.client import AsyncioClient, GanetiRapiClient

url, port = sys.argv[1], sys.argv[1].rpartition(":")[2]
print(GanetiRapiClient("127.0.0.1", port=int(port)).GetInfo()["name"])

async def main():
    async with AsyncioClient(url, insecure=True) as client:
        print((await client.get_info())["master"])

asyncio.run(main())
print(ganeti_rapi.__file__)
"""

ALL = """
import pathlib, pkgutil, sys
from importlib import import_module
import ganeti_rapi
for found in pkgutil.walk_packages(ganeti_rapi.__path__, "ganeti_rapi."):
    import_module(found.name)
root = str(pathlib.Path(ganeti_rapi.__file__).parent)
print(*(name for name, module in sys.modules.items()
        if name.startswith("ganeti_rapi") and not (module.__file__ or "").startswith(root)))
"""


class DistributionTests(SynchronousTestCase):
    def setUp(self) -> None:
        if find_spec("setuptools") is None:
            self.skipTest("setuptools is not installed: pip install setuptools")
        self.library = Path(self.mktemp()).absolute()
        command = ("setup.py", "-q", "build_py", "--build-lib", str(self.library))
        subprocess.run(
            [sys.executable, "-W", "ignore", *command],
            cwd=ROOT,
            env={**os.environ, "GANETI_RAPI_PART": "client"},
            check=True,
            capture_output=True,
        )

    def run_(self, program: str, *words: str, code: int = 0, error: str = "") -> str:
        """What a program prints that has only this distribution of ours, and how it ends."""
        folder = Path(self.mktemp())
        folder.mkdir()
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", program, *words],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(self.library), "HOME": str(folder.absolute())},
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual((done.returncode, done.stderr), (code, error))
        return done.stdout

    def test_every_module_can_be_imported(self) -> None:
        """With all libraries, and nothing of ours from elsewhere."""
        self.assertEqual(self.run_(ALL).split(), [])

    def test_nothing_of_the_daemon_is_in_it(self) -> None:
        folders = {path.name for path in (self.library / "ganeti_rapi").iterdir()}
        self.assertLessEqual({"client", "py.typed"}, folders)
        of_the_daemon = {"web", "luxi", "jobs", "auth", "simulator", "service.py"}
        self.assertEqual(folders & of_the_daemon, set())
        self.assertFalse((self.library / "twisted").exists())

    def test_what_needs_twisted_says_so(self) -> None:
        advice = "pip install 'ganeti-rapi-client[console]'"
        error = f"Error: twisted is not installed: {advice}\n"
        words = ("--url", "https://127.0.0.1:1", "console", "web1", "--vnc")
        self.run_(COMMAND, *words, code=6, error=error)

    def test_it_works_without_the_daemons_libraries(self) -> None:
        with start_cluster() as cluster:
            options = ("--url", cluster.url, "--insecure")
            self.assertIn("web1", self.run_(COMMAND, *options, "instances", "list"))
            shown = self.run_(PROGRAM, cluster.url).splitlines()
        self.assertEqual(shown[:2], ["cluster.example.com", "node1.example.com"])
        self.assertTrue(shown[2].startswith(str(self.library)), shown)
