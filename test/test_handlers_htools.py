"""The cluster's room and balance: what hspace and hbal print, and how they are called."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.api.handlers.htools import read_balance, read_capacity
from ganeti_rapi.errors import BadGateway, GatewayTimeout
from ganeti_rapi.testing import SimulatedApi

from .harness import reason_of
from .htools import BALANCE, CAPACITY, RecordedHtools

GROUPS = """hbal failed: Warning: cluster has inconsistent data:
  - node node3 is missing 1 MB ram

Found multiple node groups:
  default
  racks-b
Error: Aborting."""


class ReadingTests(SynchronousTestCase):
    def test_capacity(self) -> None:
        capacity = read_capacity(CAPACITY)
        values = capacity.pop("values")
        self.assertEqual(
            capacity,
            {
                "fits": 17,
                "limited_by": "FAILMEM",
                "size": {"memory": 2048, "disk": 10240, "vcpus": 2},
                "disk_template": "drbd",
                "tiers": [
                    {"memory": 23360, "disk": 1048576, "vcpus": 4, "count": 1},
                    {"memory": 23104, "disk": 1048576, "vcpus": 4, "count": 2},
                ],
            },
        )
        assert isinstance(values, dict)
        self.assertEqual((values["INI_SCORE"], values["INI_MEM_EFF"]), (7.54729918, None))
        self.assertEqual(read_capacity(CAPACITY.replace("23360,1048576,4,12=1 ", ""))["fits"], 17)

    def test_capacity_that_is_none(self) -> None:
        for text in ("", "HTS_OK=0\n", CAPACITY.replace("HTS_OK=1\n", "")):
            self.assertRaises(BadGateway, read_capacity, text)

    @given(st.text(), st.text())
    def test_any_text(self, first: str, second: str) -> None:
        read_balance(first, {})
        read_balance(first + BALANCE + second, {})
        read_capacity(f"{first}\n{CAPACITY}\n{second}")

    def test_balance(self) -> None:
        full = {"web3": "web3.example.com", "node1": "node1.example.com"}
        self.assertEqual(
            read_balance(BALANCE, full),
            {
                "group": "default",
                "score": 7.54729918,
                "score_after": 2.20768403,
                "moves": [
                    {
                        "instance": "web3.example.com",
                        "from": ["node1.example.com", "node3"],
                        "to": ["node2", "node3"],
                        "score": 4.86932223,
                    },
                    {
                        "instance": "router1",
                        "from": ["node1.example.com"],
                        "to": ["node3"],
                        "score": 2.20768403,
                    },
                ],
                "commands": [
                    "gnt-instance migrate -f web3.example.com",
                    "gnt-instance replace-disks -n node2 web3.example.com",
                    "gnt-instance migrate -f router1",
                ],
            },
        )

    def test_a_cluster_that_is_balanced_or_empty(self) -> None:
        text = "Selected node group: other\nInitial score: 0.5\nNothing to do, exiting\n"
        balance = read_balance(text, {})
        self.assertEqual((balance["score"], balance["score_after"]), (0.5, 0.5))
        balance = read_balance("Cluster is empty, exiting.\n", {})
        self.assertEqual((balance["group"], balance["score"], balance["moves"]), (None, None, []))


class CallTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.htools = RecordedHtools()
        self.api = SimulatedApi(htools=self.htools)
        self.addCleanup(self.api.stop)

    def get(self, path: str) -> tuple[int, Any]:  # Any: JSON
        reply = self.api.request("GET", path)
        return reply.status, reply.json()

    def test_what_they_are_told(self) -> None:
        for query, words in (
            ("", []),
            ("?disk_template=plain", ["--disk-template=plain"]),
            ("?memory=1&disk=2&vcpus=3", ["--standard-alloc=2,1,3"]),
        ):
            self.assertEqual(self.get(f"/2/capacity{query}")[0], 200)
            self.assertEqual(self.htools.runs[-1], ("hspace", ["--machine-readable=yes", *words]))
        for query, words in (
            ("", []),
            ("?group=a&max_moves=3&no_disk_moves=1",
             ["--group=a", "--max-length=3", "--no-disk-moves"]),
        ):  # fmt: skip
            self.assertEqual(self.get(f"/2/balance{query}")[0], 200)
            self.assertEqual(self.htools.runs[-1], ("hbal", ["--print-commands", *words]))

    def test_names_are_whole(self) -> None:
        _, balance = self.get("/2/balance")
        self.assertEqual(balance["moves"][0]["instance"], "web3.example.com")
        self.assertIn("node2.example.com", balance["commands"][1])

    def test_what_is_refused(self) -> None:
        for query in (
            *("capacity?memory=1", "capacity?memory=0&disk=1&vcpus=1", "capacity?memory=x"),
            *("capacity?disk_template=nosuch", "balance?group=--help%20x", "balance?group=a%00b"),
            "balance?max_moves=-1",
        ):
            self.assertEqual(self.get(f"/2/{query}")[0], 400, query)
        self.assertEqual(self.htools.runs, [])

    def test_errors(self) -> None:
        for failure, status, words in (
            (BadGateway(GROUPS), 400, "argument group, one of: default racks-b"),
            (BadGateway("hbal failed: Node group x not found."), 404, "no node group 'x'"),
            (BadGateway("hbal failed: no luck"), 502, "no luck"),
            (GatewayTimeout("hbal took more than 120 seconds"), 504, "120 seconds"),
        ):
            self.htools.texts["hbal"] = failure
            code, body = self.get("/2/balance")
            self.assertEqual((code, words in reason_of(body)), (status, True), body)

    def test_without_them(self) -> None:
        api = SimulatedApi()
        self.addCleanup(api.stop)
        self.assertEqual(api.request("GET", "/2/capacity").status, 501)
