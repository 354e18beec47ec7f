"""Ganeti's balancing tools read the cluster through our daemon as through the stock one.

They load every node, instance and group with its details, and break on a wrong type. Debian's
package ganeti has them; do not install ganeti-htools beside it, which would replace it.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import tempfile

from twisted.trial.unittest import SynchronousTestCase

from .daemon import HOST, PORT, SKIP, our_api

MEASURED = (2, 3, 5)
"""Columns of a node in hscan's file that change all the time: memory used and free, free disk."""


def run(*command: str) -> str:
    """What a program printed. It must end well."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        raise AssertionError(f"{command[0]} ended with {done.returncode}: {done.stderr}")
    return done.stdout + done.stderr


def first_map(printed: str) -> list[str]:
    """The lines of the first instance map: state, name, primary node and figures.

    hbal prints a second one if it proposes moves, which depends on the memory that is free.
    """
    head, *lines = printed.partition("nstance map:")[2].lstrip().splitlines()
    return [head, *itertools.takewhile(str.strip, lines)]


def snapshot(url: str) -> list[str]:
    """All that hscan saves of a cluster, without what is measured."""
    with tempfile.TemporaryDirectory() as directory:
        run("hscan", "-d", directory, url)
        (name,) = os.listdir(directory)
        with open(os.path.join(directory, name), encoding="utf-8") as saved:
            return [_without_measures(line) for line in saved.read().splitlines()]


def _without_measures(line: str) -> str:
    columns = line.split("|")
    if not line.startswith("node"):
        return line
    return "|".join("" if index in MEASURED else text for index, text in enumerate(columns))


class HtoolsTests(SynchronousTestCase):
    skip = SKIP

    def setUp(self) -> None:
        self.api = our_api()
        user = os.environ["LAB_WRITE_USER"]
        self.ours = f"https://{user}@{HOST}:{PORT}"
        self.stock = os.environ["LAB_STOCK_URL"].replace("://", f"://{user}@")
        self.nodes = [row["id"] for row in self.api.request("GET", "/2/nodes").json()]
        self.instances = [row["id"] for row in self.api.request("GET", "/2/instances").json()]

    def test_hbal_shows_the_nodes_and_instances(self) -> None:
        printed = run("hbal", "-m", self.ours, "--print-nodes", "--print-instances")
        self.assertIn(f"Loaded {len(self.nodes)} nodes, {len(self.instances)} instances", printed)
        for name in [*self.nodes, *self.instances]:
            self.assertIn(f" {name} ", printed)

    def test_hbal_and_hinfo_show_what_they_show_with_the_stock_daemon(self) -> None:
        for program in ("hbal", "hinfo"):
            here = first_map(run(program, "-m", self.ours, "--print-instances"))
            self.assertEqual({line.split()[1] for line in here[1:]}, set(self.instances), program)
            there = first_map(run(program, "-m", self.stock, "--print-instances"))
            self.assertEqual(here, there, program)

    def test_hinfo_counts_what_is_there(self) -> None:
        self.assertIn(
            f"Loaded {len(self.nodes)} nodes, {len(self.instances)} instances, 1 node group",
            run("hinfo", "-m", self.ours),
        )

    def test_hspace_computes_the_capacity(self) -> None:
        figures = dict(
            line.split("=", 1)
            for line in run("hspace", "-m", self.ours, "--machine-readable").splitlines()
            if line.startswith("HTS_")
        )
        self.assertEqual(figures["HTS_OK"], "1")
        self.assertEqual(int(figures["HTS_CLUSTER_NODES"]), len(self.nodes))
        self.assertEqual(int(figures["HTS_INI_INST_CNT"]), len(self.instances))
        self.assertGreater(int(figures["HTS_FIN_INST_CNT"]), len(self.instances))

    def test_hscan_saves_what_it_saves_of_the_stock_daemon(self) -> None:
        saved = snapshot(self.ours)
        self.assertGreater(len(saved), len(self.nodes) + len(self.instances))
        self.assertEqual(saved, snapshot(self.stock))
