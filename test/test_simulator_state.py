"""The cluster that a file keeps over restarts, and releases of Ganeti."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.api.opcodes import OPCODES
from ganeti_rapi.simulator.control import statefile
from ganeti_rapi.simulator.control.statefile import DELAY, HEADER
from ganeti_rapi.simulator.releases import RELEASES
from ganeti_rapi.simulator.service import SimulatedJobDaemon, parse_size
from ganeti_rapi.testing import SimulatedApi
from ganeti_rapi.testing.memory import MemoryReactor

from .harness import captured_log

TAGGED = {"OP_ID": "OP_TAGS_SET", "kind": "cluster", "name": None, "tags": ["kept"], "reason": []}


class Malicious:
    def __reduce__(self) -> Any:
        return os.mkdir, ("made-by-a-file",)


class StateFileTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.path = Path(self.mktemp()).absolute()
        # Or else a busy disk would make the cluster one that is written later.
        self.patch(statefile, "QUICK", float("inf"))

    def daemon(self, size: str = "") -> SimulatedJobDaemon:
        self.reactor = MemoryReactor()
        daemon = SimulatedJobDaemon(
            self.reactor, "/luxid.sock", parse_size(size), state=str(self.path)
        )
        daemon.startService()
        self.addCleanup(lambda: daemon.running and daemon.stopService())
        return daemon

    def run_job(self, daemon: SimulatedJobDaemon, seconds: float = 5) -> int:
        job = daemon.queue.submit([dict(TAGGED)])
        self.reactor.advance(0)
        self.reactor.advance(seconds)
        return job

    def test_what_a_client_was_told_is_there_after_a_crash(self) -> None:
        daemon = self.daemon()
        self.assertFalse(daemon.was_kept)
        told: list[bool] = []
        noted = daemon.queue.waits.noted

        def note(job_id: int) -> None:
            noted(job_id)
            if daemon.queue.jobs[job_id].finalized:
                told.append(b"kept" in self.path.read_bytes())

        daemon.queue.waits.noted = note
        job = self.run_job(daemon)
        self.assertEqual(told[:1], [True])
        again = self.daemon("nodes=1")
        self.assertTrue(again.was_kept)
        self.assertEqual(len(again.cluster.nodes), 5)
        self.assertIn("kept", again.cluster.tags)
        self.assertEqual(again.queue.jobs[job].status, "success")
        self.assertEqual(self.run_job(again), job + 1)
        known = {instance.uuid for instance in again.cluster.instances}
        self.assertNotIn(again.states.identities.uuid(), known)

    def test_what_was_under_way_has_failed(self) -> None:
        daemon = self.daemon()
        job = daemon.queue.submit([dict(TAGGED)])
        self.reactor.advance(DELAY)
        status = daemon.queue.jobs[job].status
        self.assertIn(status, ("waiting", "running"))
        kept = self.daemon().queue.jobs[job]
        self.assertEqual(kept.status, "error")
        self.assertIn("was under way", str(kept.opresult))

    def test_the_end_writes_what_is_left(self) -> None:
        daemon = self.daemon()
        job = daemon.queue.submit([dict(TAGGED)])
        daemon.stopService()
        self.assertIn(job, self.daemon().queue.jobs)
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_what_changes_without_a_job(self) -> None:
        with_file = self.daemon()
        with_file.cluster.drained = True
        with_file.states.changed()
        self.assertTrue(self.daemon().cluster.drained)

    def test_a_snapshot_that_is_brought_back(self) -> None:
        daemon = self.daemon()
        self.run_job(daemon)
        daemon.control().restore("first")
        self.assertNotIn("kept", self.daemon().cluster.tags)

    def test_files_that_are_none(self) -> None:
        self.run_job(self.daemon())
        whole = self.path.read_bytes()
        for contents, words in (
            (b"", "was not written by this release"),
            (b"a cluster of ganeti-rapi --simulate, release 0\n" + whole[len(HEADER) :], "release"),
            (whole[:-100], "is damaged"),
            (HEADER, "is damaged"),
            (HEADER + b"\x80\x04x.", "is damaged"),
            (HEADER + pickle.dumps((1, 2, 3)), "it holds no cluster"),
            (HEADER + pickle.dumps(["a"]), "it holds no cluster"),
            (HEADER + pickle.dumps(Malicious()), "it wants to make a"),
        ):
            self.path.write_bytes(contents)
            error = self.assertRaises(ValueError, self.daemon)
            self.assertIn(words, str(error), contents[:80])
        self.assertFalse(os.path.exists("made-by-a-file"))

    def test_a_file_that_cannot_be_written(self) -> None:
        self.path = self.path / "no" / "directory"
        log = captured_log(self)
        daemon = self.daemon()
        job = self.run_job(daemon)
        self.assertEqual(daemon.queue.jobs[job].status, "success")
        self.assertIn("No cluster is kept in", str(log))


class ReleaseTests(SynchronousTestCase):
    def api(self, release: str) -> SimulatedApi:
        api = SimulatedApi(release=release)
        self.addCleanup(api.stop)
        return api

    def result(self, api: SimulatedApi, method: str, path: str, body: object) -> Any:  # Any: JSON
        reply = api.request(method, path, body)
        if reply.status != 200:
            return reply.status
        api.until(lambda: api.daemon.queue.jobs[reply.json()].finalized)
        job = api.request("GET", f"/2/jobs/{reply.json()}").json()
        return job["status"] if job["status"] == "success" else job["opresult"][0][1][-1]

    def test_what_it_says_to_be(self) -> None:
        for release, software, number in (
            ("3.0", "3.0.2", 3_000_000),
            ("3.1", "3.1.1", 3_010_000),
            ("3.2", "3.2.0~alpha1", 3_020_000),
        ):
            info = self.api(release).request("GET", "/2/info").json()
            self.assertEqual(
                (info["software_version"], info["protocol_version"], info["config_version"]),
                (software, number, number),
            )
            new = release != "3.0"
            self.assertEqual(info["hvparams"]["kvm"]["vhost_net"], new)
            self.assertEqual("xen_cmd" in info["hvparams"]["xen-pvm"], not new)

    def test_networks_are_renamed_since_3_1(self) -> None:
        rename = ("PUT", "/2/networks/internal/rename", {"new_name": "lan"})
        self.assertEqual(self.result(self.api("3.1"), *rename), "success")
        self.assertEqual(self.result(self.api("3.0"), *rename), 400)

    def test_names_are_not_looked_up_since_3_1(self) -> None:
        body = {
            "__version__": 1,
            "mode": "create",
            "name": "new.elsewhere.example",
            "nics": [],
            "disk_template": "diskless",
            "disks": [],
            "os": "noop+default",
            "ip_check": False,
            "pnode": "node1.example.com",
            "no_install": True,
        }
        create = ("POST", "/2/instances", body)
        self.assertEqual(self.result(self.api("3.0"), *create), "resolver_error")
        self.assertEqual(self.result(self.api("3.1"), *create), "success")

    def test_what_3_1_has_no_more(self) -> None:
        path = "/2/instances/web1.example.com/modify"
        modify = ("PUT", path, {"hotplug_if_possible": True, "beparams": {"vcpus": 1}})
        self.assertEqual(self.result(self.api("3.0"), *modify), "success")
        self.assertEqual(self.result(self.api("3.1"), *modify), 400)

    def test_modes_that_3_0_has_not(self) -> None:
        body = {"group_name": "default", "network_mode": "ext", "network_link": "x"}
        connect = ("PUT", "/2/networks/internal/connect", body)
        self.assertEqual(self.result(self.api("3.0"), *connect), 400)

    def test_they_are_about_opcodes_that_there_are(self) -> None:
        for release in RELEASES.values():
            named = {name.partition(".")[0] for name in release.lacks}
            self.assertLessEqual(named | {opcode for opcode, _ in release.defaults}, set(OPCODES))
