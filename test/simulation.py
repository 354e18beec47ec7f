"""Executes opcodes on a small simulated cluster, one at a time, without a job queue."""

from __future__ import annotations

from typing import Any

from attrs import define, field
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.api.opcodes import OPCODES
from ganeti_rapi.errors import JobDaemonError
from ganeti_rapi.simulator.build import SeededIdentities, small
from ganeti_rapi.simulator.state import Cluster, Group, Instance, Node, find
from ganeti_rapi.simulator.task import OpcodeJson, Task
from ganeti_rapi.simulator.units import UNITS

NOW = 1_700_000_000.0

WEB1 = "web1.example.com"
"""Mirrored by DRBD, from node1 to node2."""

DB1 = "db1.example.com"
"""On plain volumes of node3, with two disks."""

FILES1 = "files1.example.com"
SHARED1 = "shared1.example.com"
ROUTER1 = "router1.example.com"
"""Without disks."""

BUILD1 = "build1.example.com"
"""Stopped, on plain volumes of node4."""

TEST2 = "test2.example.com"
"""Mirrored from node5 to node4; should run and does not."""

OLD1 = "old1.example.com"
"""Marked offline."""


@define
class Simulation:
    """A small cluster and whoever executes opcodes on it, one at a time."""

    cluster: Cluster = field(factory=lambda: small(NOW, SeededIdentities(1, "cluster")))
    identities: SeededIdentities = field(factory=SeededIdentities)
    log: list[str] = field(factory=list)
    submitted: list[list[OpcodeJson]] = field(factory=list)

    def task(self, name: str, values: OpcodeJson) -> Task:
        op = OPCODES[name].with_defaults({"OP_ID": name, **values})
        return Task(
            self.cluster, dict(op), lambda: NOW + 1, self.log.append, self.submit, self.identities
        )

    def submit(self, jobs: list[list[OpcodeJson]]) -> list[tuple[bool, int | str]]:
        self.submitted.extend(jobs)
        return [(True, 100 + number) for number, _ in enumerate(jobs)]

    def run(self, name: str, /, **values: Any) -> Any:  # Any: the opcode's own result
        steps = UNITS[name].run(self.task(name, values))
        while True:
            try:
                next(steps)
            except StopIteration as end:
                return end.value

    def dry_run(self, name: str, /, **values: Any) -> Any:  # Any: as above
        task = self.task(name, values)
        steps = UNITS[name].run(task)
        next(steps)
        steps.close()
        return task.dry_run_result

    def instance(self, name: str) -> Instance:
        found = find(self.cluster.instances, name)
        assert found is not None
        return found

    def node(self, number: int) -> Node:
        return self.cluster.nodes[number - 1]

    def group(self, name: str) -> Group:
        found = find(self.cluster.groups, name)
        assert found is not None
        return found


class Case(SynchronousTestCase):
    def setUp(self) -> None:
        self.sim = Simulation()

    def refused(self, text: str, classification: str | None, op_id: str, /, **values: Any) -> None:
        """Assert that an opcode fails its checks."""
        self._fails("OpPrereqError", text, classification, op_id, **values)

    def fails(self, text: str, op_id: str, /, **values: Any) -> None:
        """Assert that an opcode fails once it runs."""
        self._fails("OpExecError", text, None, op_id, **values)

    def _fails(
        self, kind: str, text: str, classification: str | None, op_id: str, /, **values: Any
    ) -> None:
        error = self.assertRaises(JobDaemonError, self.sim.run, op_id, **values)
        self.assertIn(text, error.text)
        self.assertEqual((kind, classification), (error.class_name, error.classification))

    def create(self, name: str = "new1.example.com", /, **values: Any) -> Any:
        given: dict[str, Any] = {
            "mode": "create",
            "os_type": "debootstrap+default",
            "disk_template": "plain",
            "disks": [{"size": 1024}],
            "nics": [{}],
            **values,
        }
        return self.sim.run("OP_INSTANCE_CREATE", instance_name=name, **given)
