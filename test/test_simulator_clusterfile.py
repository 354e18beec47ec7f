"""Clusters described in files: what becomes of them, and how errors are told."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.simulator.build import SeededIdentities
from ganeti_rapi.simulator.clusterfile.building import build, read_cluster
from ganeti_rapi.simulator.clusterfile.schema import FILE
from ganeti_rapi.simulator.clusterfile.text import FileError, parse
from ganeti_rapi.simulator.queries.answers import query
from ganeti_rapi.simulator.service import SimulatedJobDaemon
from ganeti_rapi.simulator.size import parse_size
from ganeti_rapi.simulator.state import Cluster
from ganeti_rapi.testing import MemoryReactor

from .simulation import NOW

TEXT = """\
cluster:
  name: lab.example.com
  hypervisors: [fake, kvm]
  disk_templates: [plain, drbd, file]
groups: [{name: default}, {name: far, alloc_policy: last_resort}]
nodes:
  - {name: node1.example.com, memory: 16G, disk: 500G, cpus: 8}
  - {name: node2.example.com, state: down, group: far}
  - {name: node3.example.com, state: offline}
  - {name: node4.example.com, state: drained}
oses:
  - {name: noop, variants: [default], parameters: {dhcp: whether}}
networks:
  - {name: lan, network: 192.0.2.0/24, groups: {default: {link: br1}}}
instances:
  - name: web1.example.com
    primary: node1
    secondary: node2
    os: noop+default
    disks: [10G, {size: 512, name: data}]
    nics: [{network: lan, ip: 192.0.2.5}]
    beparams: {memory: 1G}
    tags: [a]
  - {name: lost.example.com, primary: node1, runs_on: node2}
  - {name: user.example.com, primary: node1, state: user_down}
  - {name: dead.example.com, primary: node2}
  - {name: gone.example.com, primary: node3}
  - {name: broken.example.com, primary: node1, running: false}
filters:
  - {priority: 3, action: PAUSE, predicates: [[jobid, ["=", id, 1]]]}
jobs:
  - {ops: [{OP_ID: OP_CLUSTER_REDIST_CONF}], seconds_ago: 60}
  - {ops: [{OP_ID: OP_CLUSTER_REDIST_CONF}], error: it broke}
"""


def read(text: str, name: str = "c.yaml") -> Cluster:
    return build(parse(text, name), NOW, SeededIdentities())[0]


class ReadingTests(SynchronousTestCase):
    def rows(self, kind: str, *fields: str) -> list[list[Any]]:  # Any: JSON
        answer = query(read(TEXT), {}, kind, fields, None)
        return [[value for _, value in row] for row in answer["data"]]

    def test_states(self) -> None:
        self.assertEqual(
            [
                ["broken.example.com", "ERROR_down"],
                ["dead.example.com", "ERROR_nodedown"],
                ["gone.example.com", "ERROR_nodeoffline"],
                ["lost.example.com", "ERROR_wrongnode"],
                ["user.example.com", "USER_down"],
                ["web1.example.com", "running"],
            ],
            self.rows("instance", "name", "status"),
        )
        roles = [["node1.example.com", "M"], ["node2.example.com", "C"]]
        roles += [["node3.example.com", "O"], ["node4.example.com", "D"]]
        self.assertEqual(roles, self.rows("node", "name", "role"))

    def test_an_instance(self) -> None:
        fields = "disk.sizes nic.ips nic.networks.names snodes beparams tags"
        sizes, ips, networks, secondaries, backend, tags = self.rows("instance", *fields.split())[5]
        self.assertEqual(([10240, 512], ["192.0.2.5"], ["lan"]), (sizes, ips, networks))
        self.assertEqual(
            (["node2.example.com"], 1024, ["a"]), (secondaries, backend["maxmem"], tags)
        )

    def test_the_rest(self) -> None:
        cluster = read(TEXT)
        self.assertEqual("fake", cluster.info["default_hypervisor"])
        self.assertEqual(["plain", "drbd", "file"], cluster.info["ipolicy"]["disk-templates"])
        self.assertEqual(
            [("noop", [("dhcp", "whether")])], [(o.name, o.parameters) for o in cluster.oses]
        )
        self.assertEqual(
            ("far", "last_resort"), (cluster.groups[1].name, cluster.groups[1].alloc_policy)
        )
        self.assertEqual("br1", next(iter(cluster.groups[0].networks.values()))["link"])
        self.assertEqual("PAUSE", cluster.filters[0].action)

    def test_little_is_enough(self) -> None:
        cluster = read("nodes: [{name: node1}]")
        self.assertEqual(("node1", "default"), (cluster.master.name, cluster.groups[0].name))

    def test_json(self) -> None:
        text = json.dumps({"nodes": [{"name": "node1", "memory": "1G"}]}, indent=2)
        self.assertEqual(1024, read(text).nodes[0].memory_total)

    def test_served(self) -> None:
        path = Path(self.mktemp()).with_suffix(".yaml").absolute()
        path.write_text(TEXT)
        daemon = SimulatedJobDaemon(MemoryReactor(), "/luxi.sock", parse_size(str(path)))
        self.assertEqual(6, len(daemon.cluster.instances))
        self.assertEqual(["success", "error"], [job.status for job in daemon.queue.jobs.values()])

    def test_the_schema_is_one(self) -> None:
        self.assertIn("nodes", FILE.schema()["properties"])


BAD: Mapping[str, str] = {
    "nodes: [{nme: a}]": "line 1: nodes[0].nme: expected one of name",
    "nodes:\n- {}": "line 2: nodes[0]: it lacks the key 'name'",
    "nodes: []": "a cluster needs at least one node",
    "5": "line 1: expected an object",
    "nodes: [": "c.yaml, line ",
    "a: &a [*a]": "c.yaml",
    "nodes: [{name: a}]\nnodes: []": "line 2: nodes: the key is there twice",
    "nodes: [{name: a}, {name: b}, {name: a}]": "nodes[2].name: there are two nodes of",
    "nodes: [{name: a, group: x}]": "nodes[0].group: there is no group 'x'; there are: def",
    "nodes: [{name: a, memory: big}]": "nodes[0].memory: expected an integer or string",
    "nodes: [{name: a}]\ncluster: {master: b}": "line 2: cluster.master: there is no node",
    "nodes: [{name: a}]\ncluster: {settings: {x: 1}}": "cluster.settings.x: a cluster has no",
    "nodes: [{name: a}]\nnetworks: [{name: a, network: x}]": "line 2: networks[0].network:",
    "nodes: [{name: a}]\nfilters: [{action: x, predicates: []}]": "filters[0]: malformed",
}

NODE = "nodes: [{name: node1, memory: 8G, disk: 20G}, {name: node2}]\ninstances:\n"

BAD_INSTANCES = {
    "- {name: a, primary: x}": "line 3: instances[0].primary: there is no node 'x'",
    "- {name: a, primary: node1}\n- {name: a, primary: node1}": "line 4: instances[1].name",
    "- {name: a, primary: node1, beparams: {memory: 9G}}": "MiB of memory too few",
    "- {name: a, primary: node1, disks: [30G]}": "node node1 has no room for it: 10240 MiB of stor",
    "- {name: a, primary: node1, disk_template: drbd}": "drbd needs a secondary node",
    "- {name: a, primary: node1, secondary: node2, disk_template: plain}": "plain has no secondary",
    "- {name: a, primary: node1, disk_template: rbd}": "rbd is not enabled; these are: drbd",
    "- {name: a, primary: node1, hypervisor: lxc}": "'lxc' is not enabled; these are: kvm",
    "- {name: a, primary: node1, beparams: {x: 1}}": "beparams: Unknown parameter 'x'",
    "- {name: a, primary: node1, nics: [{network: x}]}": "nics[0].network: there is no network 'x'",
    "- {name: a, primary: node1, disks: [{size: 5, sze: 1}]}": "disks[0].sze: expected",
    "- {name: a, primary: node1, tags: [2020-01-01]}": "c.yaml: Object of type date is not JSON",
}


class ErrorTests(SynchronousTestCase):
    def test_are_told_with_line_and_path(self) -> None:
        for text, words in {
            **BAD,
            **{NODE + k: words for k, words in BAD_INSTANCES.items()},
        }.items():
            error = self.assertRaises(FileError, read, text)
            self.assertIn(words, str(error), text)
            self.assertTrue(str(error).startswith("c.yaml"), error)

    def test_files_that_cannot_be_read(self) -> None:
        error = self.assertRaises(FileError, read_cluster, "/nosuch.yaml", NOW, SeededIdentities())
        self.assertEqual("can't read /nosuch.yaml: No such file or directory", str(error))

    @given(st.text())
    def test_any_text_is_a_cluster_or_an_error(self, text: str) -> None:
        with contextlib.suppress(FileError):
            read(text)
