"""The cluster's figures are those that an exporter makes of the stock daemon's lists."""

from __future__ import annotations

import importlib.util
from collections import Counter
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from ..test_metrics import parsed
from .daemon import SKIP, HttpApi, our_api
from .test_differential import stock_api

MEASURED = {"mfree", "dfree", "dtotal"}
"""What changes from one reading to the next."""


class ClusterFiguresTests(SynchronousTestCase):
    skip = SKIP or (
        None if importlib.util.find_spec("prometheus_client") else "prometheus_client is missing"
    )

    def listed(self, api: HttpApi, path: str) -> Any:  # Any: JSON
        return api.request("GET", f"{path}?bulk=1", None, api.writer).json()

    def test_they_equal_the_lists(self) -> None:
        ours, stock = our_api(), stock_api()
        nodes, instances = (self.listed(stock, f"/2/{kind}") for kind in ("nodes", "instances"))
        reply = ours.request("GET", "/metrics", None, ours.writer)
        self.assertEqual(reply.status, 200, reply.body)
        found = {
            (name, *(value for key, value in sorted(labels) if key != "cluster")): value
            for (name, labels), value in parsed(reply.body.decode()).items()
            if name.startswith("ganeti_") and not name.startswith("ganeti_rapi_")
        }
        for node in nodes:
            for field in ("ctotal", "mtotal", "pinst_cnt", "sinst_cnt"):
                self.assertEqual(found[f"ganeti_node_{field}", node["name"]], node[field], field)
            for field in MEASURED:
                known = (f"ganeti_node_{field}", node["name"]) in found
                self.assertEqual(known, node[field] is not None, field)
        for instance in instances:
            for field in ("oper_vcpus", "oper_ram"):
                expected = instance[field] if instance["oper_state"] else 0
                self.assertEqual(found[f"ganeti_instance_{field}", instance["name"]], expected)
        self.assertEqual(found[("ganeti_cluster_node_count",)], len(nodes))
        self.assertEqual(found[("ganeti_cluster_instance_count",)], len(instances))
        states = Counter(job["status"] for job in self.listed(stock, "/2/jobs"))
        self.assertEqual(found["ganeti_cluster_jobs", "success"], states["success"])
