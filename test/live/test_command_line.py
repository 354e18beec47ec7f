"""`rapi`, the program, in front of our daemon and of Ganeti's own, on the same luxid."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from .daemon import PORT, SKIP, our_api

ROOT = Path(__file__).parent.parent.parent

NEW = ("instance92", "instance93")

PATIENCE = 60.0
"""Seconds until what was done must be seen."""


class CommandLineTests(SynchronousTestCase):
    skip = SKIP

    def setUp(self) -> None:
        our_api()
        self.servers = {"ours": f"https://127.0.0.1:{PORT}", "stock": os.environ["LAB_STOCK_URL"]}

    def start(self, server: str, line: str, output: int | Any) -> subprocess.Popen[str]:
        # Any: a file
        user, _, password = os.environ["LAB_WRITE_USER"].partition(":")
        return subprocess.Popen(
            [
                *(sys.executable, "-c", "from ganeti_rapi.client.cli.main import main; main()"),
                *("--url", self.servers[server], "--user", user, "--insecure", *line.split()),
            ],
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)]),
                "RAPI_PASSWORD": password,
            },
            stdout=output,
            stderr=subprocess.PIPE,
            text=True,
            # A shell's background job ignores it, and so would all that is started there.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def type(self, server: str, line: str, code: int = 0) -> str:
        process = self.start(server, line, subprocess.PIPE)
        shown, told = process.communicate(timeout=120)
        self.assertEqual((server, line, process.returncode), (server, line, code), told)
        return shown

    def json(self, server: str, line: str) -> Any:  # Any: JSON
        return json.loads(self.type(server, f"{line} --json"))

    def test_both_show_the_same(self) -> None:
        for line in (
            "instances list --columns name,pnode,status,beparams.vcpus",
            "nodes list --columns name,role,pinst_cnt",
            "groups list",
            "networks list",
            "query instance name,os,disk.sizes",
        ):
            self.assertEqual(*(self.json(server, line) for server in self.servers))
            tables = [self.type(server, f"{line} -o csv") for server in self.servers]
            self.assertEqual(tables[0], tables[1])

    def test_conditions_change_no_row(self) -> None:
        for server in self.servers:
            for line, condition in (
                ("instances list -o csv", "name=~."),
                ("nodes list -o name", "name=~."),  # their free memory changes all the time
                ("groups list -o csv", "name=~."),
                ("jobs list -o csv", "id>0"),
            ):
                whole = self.type(server, line)
                self.assertEqual(self.type(server, f"{line} --filter {condition}"), whole)

    def test_a_glance(self) -> None:
        for server in self.servers:
            found = self.json(server, "top")
            self.assertEqual(len(found["nodes"]), int(os.environ["LAB_NODES"]))
            self.assertIn("running", found["instances"])

    def test_priority_and_order_of_jobs(self) -> None:
        name = os.environ["LAB_DISKLESS_INSTANCE"]
        first = self.json("ours", f"instances stop {name} --submit")
        line = f"instances start {name} --depends {first} --priority low"
        second = self.json("ours", line)["id"]
        (row,) = self.json("ours", f"query job id,oppriority --filter id={second}")
        self.assertEqual(row["oppriority"], [10])
        jobs = [self.json("ours", f"jobs show {job_id}") for job_id in (first, second)]
        self.assertEqual([job["status"] for job in jobs], ["success", "success"])
        self.assertLessEqual(jobs[0]["end_ts"], jobs[1]["start_ts"])

    def test_filter_rules(self) -> None:
        for server in self.servers:
            uuid = self.type(server, "filters add --action PAUSE --opcode OP_TEST_DELAY").strip()
            self.type(server, f"filters replace {uuid} --action RATE_LIMIT=2 --priority 7")
            rule = self.json(server, f"filters show {uuid}")
            self.assertEqual((rule["action"], rule["priority"]), (["RATE_LIMIT", 2], 7))
            self.assertIn(uuid, self.type(server, "filters list -o name"))
            self.type(server, f"filters remove {uuid}")
            self.type(server, f"filters show {uuid}", code=5)

    def test_many_at_once(self) -> None:
        system = self.type("ours", "os").split()[0]
        node = self.type("ours", "nodes list -o name").split()[0]
        wanted = [
            {"name": name, "os": system, "pnode": node, "disk_template": "diskless"}
            | {"disks": [], "nics": []}
            for name in NEW
        ]
        self.type("ours", f"instances create-many {json.dumps(wanted, separators=(',', ':'))}")
        names = self.type("stock", "instances list -o name").split()
        self.assertLessEqual(set(NEW), set(names))
        self.type("ours", f"tags add instance {NEW[0]} many")
        rows = self.json("stock", f"instances remove {' '.join(NEW)} --yes")
        self.assertEqual([row["status"] for row in rows], ["success", "success"])

    def test_an_export_to_another_cluster_begins(self) -> None:
        name = os.environ["LAB_FILE_INSTANCE"]
        for server in self.servers:
            (told,) = self.json(server, f"instances prepare-export {name} remote")["result"]
            self.assertEqual(set(told), {"handshake", "x509_key_name", "x509_ca"})

    def test_a_list_that_changes(self) -> None:
        name = os.environ["LAB_DISKLESS_INSTANCE"]
        for server in self.servers:
            path = Path(self.mktemp())
            with path.open("w") as file:
                line = "instances list --columns name,status -o csv --watch"
                watching = self.start(server, line, file)
            try:
                self.wait_for(path, f"{name},running")
                self.type(server, f"instances stop {name}")
                self.wait_for(path, f"{name},ADMIN_down")
                watching.send_signal(signal.SIGINT)
                _, told = watching.communicate(timeout=PATIENCE)
                self.assertEqual((watching.returncode, told), (130, ""))
            finally:
                watching.kill()
                self.type(server, f"instances start {name}")

    def wait_for(self, path: Path, words: str) -> None:
        end = time.monotonic() + PATIENCE
        while words not in path.read_text("utf-8"):
            self.assertLess(time.monotonic(), end, path.read_text("utf-8"))
            time.sleep(0.1)
