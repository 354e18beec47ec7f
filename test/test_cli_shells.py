"""Completion as bash and zsh do it, in front of a daemon with a simulated cluster."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from shutil import which

from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.testing.process import start_cluster

ROOT = Path(__file__).parent.parent

EXPECTED: Mapping[str, str] = {
    "rapi inst": "instances",
    "rapi instances st": "start stop",
    "rapi instances stop web": "web1.example.com web2.example.com web3.example.com",
    "rapi instances stop web1.example.com web2": "web2.example.com",
    "rapi instances stop --tag pro": "production",
    "rapi instances create x --os debootstrap+m": "debootstrap+minimal",
    "rapi instances create x --disk-template dr": "drbd",
    "rapi instances create x --iallocator h": "hail",
    "rapi instances list --status ADMIN_d": "ADMIN_down",
    "rapi instances list --columns name,sta": "name,status",
    "rapi nodes evacuate node1.example.com prim": "primary-only",
    "rapi query ins": "instance",
    "rapi query instance name,oper_r": "name,oper_ram",
    "rapi tags remove instance web1.example.com w": "web",
    "rapi -o y": "yaml",
    "rapi --profile la": "lab",
    "rapi --cluster al": "all",
}
"""What is typed, and what Tab offers."""

BASH = """
eval "$(_RAPI_COMPLETE=bash_source rapi)"
offer() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _rapi_completion rapi; }
"""


class ShellTests(SynchronousTestCase):
    def environment(self, url: str) -> dict[str, str]:
        """One in which ``rapi`` is a program, and a profile is there."""
        home = Path(self.mktemp()).absolute()
        home.mkdir()
        program = home / "rapi"
        code = "from ganeti_rapi.client.cli.main import main; main()"
        program.write_text(f"#!/bin/sh\nexec {shlex.quote(sys.executable)} -c '{code}' \"$@\"\n")
        program.chmod(0o755)
        config = home / "rapi.toml"
        config.write_text('[profiles.lab]\nurl = "https://lab"\n')
        return {
            "PATH": f"{home}:{os.environ['PATH']}",
            "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)]),
            "PYTHONWARNINGS": "ignore",
            "HOME": str(home),
            "RAPI_CONFIG": str(config),
            "RAPI_URL": url,
            "RAPI_USER": "admin",
            "RAPI_PASSWORD": "admin",
            "RAPI_INSECURE": "1",
        }

    def run_(self, environment: dict[str, str], *words: str) -> str:
        done = subprocess.run(words, capture_output=True, text=True, env=environment, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def test_bash(self) -> None:
        asked = "".join(f'offer {line}; echo "${{COMPREPLY[*]}}"\n' for line in EXPECTED)
        with start_cluster() as cluster:
            shown = self.run_(self.environment(cluster.url), "bash", "-c", BASH + asked)
        self.assertEqual(dict(zip(EXPECTED, shown.splitlines())), EXPECTED)

    def test_zsh(self) -> None:
        if not which("zsh"):
            self.skipTest("zsh is not installed (Debian's package zsh)")
        environment = self.environment("https://127.0.0.1:1")
        begin = 'autoload -U compinit; compinit -u; eval "$(_RAPI_COMPLETE=zsh_source rapi)"'
        self.assertEqual(
            self.run_(environment, "zsh", "-fc", f"{begin}; echo $_comps[rapi]"),
            "_rapi_completion\n",
        )
        words = {"_RAPI_COMPLETE": "zsh_complete", "COMP_WORDS": "rapi inst", "COMP_CWORD": "1"}
        told = self.run_({**environment, **words}, "rapi").splitlines()
        self.assertEqual(told, ["plain", "instances", "The cluster's virtual machines."])
