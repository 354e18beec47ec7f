"""The command lines of doc/client.md work, one after the other."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.client.cli.profiles import Profile
from ganeti_rapi.client.cli.root import rapi

from .client_double import ClientOfSimulation

DOCUMENT = Path(__file__).parent.parent / "doc" / "client.md"


def lines() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


class TutorialTests(SynchronousTestCase):
    def test_every_line_works(self) -> None:
        simulation = ClientOfSimulation()
        self.addCleanup(simulation.stop)

        def run(_: Profile, work: Any) -> Any:  # Any: as the session's
            return simulation.run(work(simulation.client))

        for line in lines():
            name, *words = shlex.split(line)
            options = ["--config", "/dev/null", "--url", "https://rapi"]
            result = CliRunner().invoke(rapi, [*options, *words], obj=run)
            self.assertEqual((name, line, result.exit_code), ("rapi", line, 0), result.output)
