"""`rapi top`."""

from __future__ import annotations

import doctest
import json
from typing import Any

from ganeti_rapi.client.cli import overview

from .cli_double import CommandCase


class TopTests(CommandCase):
    def test_doctests(self) -> None:
        self.assertEqual(doctest.testmod(overview).failed, 0)

    def test_for_people(self) -> None:
        self.line.hold_up("OP_INSTANCE_SHUTDOWN")
        job_id = self.type("instances stop web1 --submit").stdout.strip()
        lines = self.type("top").stdout.splitlines()
        self.assertRegex(lines[0], "^cluster.example.com   Ganeti 3.* master node1.example.com$")
        self.assertIn("5 nodes, 13 instances (9 running, ", lines[1])
        self.assertIn("1 job under way (1 queued)", lines[1])
        self.assertRegex(lines[4], r"^node3.* C .* \[##        \]  22% of 64.0G")
        self.assertRegex(lines[-1], rf"^ +{job_id}  queued  -      INSTANCE_SHUTDOWN\(web1\)")

    def test_what_nodes_are_sorted_by(self) -> None:
        for order, first in (("disk", "node3"), ("instances", "node"), ("name", "node1")):
            line = self.type(f"top --by {order} --once").stdout.splitlines()[4]
            self.assertTrue(line.startswith(first), line)
        self.fails("top --by age", 2, "'age' is not one of")

    def test_a_node_that_tells_nothing(self) -> None:
        node = next(
            each for each in self.line.simulation.api.daemon.cluster.nodes if "node4" in each.name
        )
        node.offline = True
        lines = self.type("top").stdout.splitlines()
        self.assertRegex(lines[-1], r"^node4.example.com  [CO] +3 +1  - +-$")

    def test_for_programs(self) -> None:
        found = json.loads(self.type("top --json").stdout)
        self.assertEqual(found["instances"]["running"], 9)
        self.assertEqual((len(found["nodes"]), found["jobs"]), (5, []))

    def test_nothing_reaches_the_terminal_but_text(self) -> None:
        job = {"id": 1, "status": "running", "summary": ["INSTANCE_STARTUP(a\x1b[31m)"]}
        look = overview.look

        async def with_job(client: Any) -> Any:  # Any: a client, JSON
            return {**await look(client), "jobs": [job]}

        self.patch(overview, "look", with_job)
        shown = self.type("top").stdout
        self.assertIn("INSTANCE_STARTUP", shown)
        self.assertNotIn("\x1b", shown)
