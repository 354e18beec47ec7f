"""What is done to a whole cluster, and its room, on a real one.

Not tried here, since three nodes and a fake hypervisor cannot show them, or would not survive them:
the removal of a node, new keys, another name, out-of-band power and an address that is taken away.
The contract suite holds what luxid refuses of these; the rest is tried on the simulated cluster.
"""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from test.contract import Conversation

from .daemon import SKIP, our_api


class RoomTests(Conversation, SynchronousTestCase):
    skip = SKIP

    def setUp(self) -> None:
        self.api = our_api()

    def test_capacity(self) -> None:
        nodes = len(self.get("/2/nodes"))
        capacity = self.get("/2/capacity")
        self.assertEqual(capacity["values"]["CLUSTER_NODES"], nodes)
        self.assertEqual(capacity["values"]["INI_INST_CNT"], len(self.get("/2/instances")))
        sized = self.get("/2/capacity?memory=256&disk=1024&vcpus=1")
        self.assertEqual(sized["size"], {"memory": 256, "disk": 1024, "vcpus": 1})
        self.assertTrue(sized["fits"] > 0)
        huge = self.get("/2/capacity?memory=100000000&disk=1024&vcpus=1")
        self.assertEqual((huge["fits"], huge["limited_by"]), (0, "FAILMEM"))

    def test_balance(self) -> None:
        (group,) = self.get("/2/groups")
        balance = self.get("/2/balance")
        self.assertEqual(balance["group"], group["name"])
        self.assertIsInstance(balance["score"], float)
        names = {row["id"] for row in self.get("/2/instances")}
        self.assertTrue(names.issuperset(move["instance"] for move in balance["moves"]))
        self.ask("GET", "/2/balance?group=nosuch", status=404)

    def test_balance_of_several_groups(self) -> None:
        self.finish(self.ask("POST", "/2/groups", {"name": "spare"}))
        self.addCleanup(lambda: self.finish(self.ask("DELETE", "/2/groups/spare")))
        self.give_node3_to("spare")
        self.addCleanup(self.give_node3_to, "default")
        refused = self.ask("GET", "/2/balance", status=400)
        self.assertIn("spare", refused["message"])
        self.assertEqual(self.get("/2/balance?group=default")["group"], "default")

    def give_node3_to(self, group: str) -> None:
        uri = f"/2/groups/{group}/assign-nodes?force=1"
        job = self.finish(self.ask("PUT", uri, {"nodes": ["node3"]}))
        self.assertEqual(job["status"], "success", job["opresult"])


class MoveTests(Conversation, SynchronousTestCase):
    skip = SKIP

    def setUp(self) -> None:
        self.api = our_api()

    def run_job(self, method: str, path: str, body: object = None) -> Any:  # Any: JSON
        job = self.finish(self.ask(method, path, body))
        self.assertEqual(job["status"], "success", job["opresult"])
        return job["opresult"][0]

    def test_an_instance_without_disks_moves(self) -> None:
        create = {
            "__version__": 1,
            "mode": "create",
            "name": "mover",
            "disk_template": "diskless",
            "disks": [],
            "nics": [],
            "os": "noop+default",
            "pnode": "node2",
            "start": False,
            "no_install": True,
            "name_check": False,
            "ip_check": False,
            "beparams": {"memory": 128},
        }
        self.run_job("POST", "/2/instances", create)
        self.addCleanup(self.run_job, "DELETE", "/2/instances/mover")
        self.run_job("PUT", "/2/instances/mover/move", {"target_node": "node3"})
        self.assertEqual(self.get("/2/instances/mover")["pnode"], "node3")
        job = self.finish(self.ask("PUT", "/2/instances/mover/move", {"target_node": "node3"}))
        self.assertIn("already on the node", job["opresult"][0][1][0])

    def test_a_group_without_instances_is_evacuated(self) -> None:
        self.run_job("POST", "/2/groups", {"name": "spare"})
        self.addCleanup(self.run_job, "DELETE", "/2/groups/spare")
        job = self.finish(self.ask("POST", "/2/groups/spare/evacuate", {"iallocator": "hail"}))
        self.assertEqual(job["status"], "error", "Ganeti cannot do nothing")
        report = self.run_job("POST", "/2/groups/spare/verify")
        self.assertTrue(report)
