"""Objects are found by the first labels of their names, as a resolver would complete them."""

from __future__ import annotations

from typing import Any

from ganeti_rapi.errors import JobDaemonError
from ganeti_rapi.simulator.queries.answers import query, rows

from .simulation import WEB1, Case


class ShortNameTests(Case):
    def named(self, condition: Any, kind: str = "instance") -> list[str]:
        reply = query(self.sim.cluster, {}, kind, ["name"], condition)
        return [name for ((_, name),) in reply["data"]]

    def listed(self, kind: str, *names: str) -> list[Any]:
        return list(rows(self.sim.cluster, {}, kind, names, ["name"]))

    def test_lists(self) -> None:
        self.assertEqual([[WEB1]], self.listed("instance", "web1"))
        self.assertEqual([[WEB1]], self.listed("instance", "web1", WEB1))
        self.assertEqual([["node2.example.com"]], self.listed("node", "node2"))
        self.assertEqual([], self.listed("instance", "web", "WEB1"))

    def test_conditions(self) -> None:
        everything = self.named(None)
        for operator in ("=", "=="):
            self.assertEqual([WEB1], self.named([operator, "name", "web1"]))
            self.assertEqual([WEB1], self.named(["&", [operator, "name", "web1"]]))
        others = self.named(["!=", "name", "web1"])
        self.assertEqual(set(everything) - {WEB1}, set(others))
        self.assertEqual(3, len(self.named(["=", "pnode", "node1"])))
        self.assertEqual([], self.named(["=", "os", "debootstrap"]))
        self.assertEqual([], self.named(["&", ["=", "name", "web"]]))
        self.assertEqual(
            [WEB1], self.named(["|", ["=", "name", "web1"], ["=", "status", "nosuch"]])
        )

    def test_an_unknown_name_is_an_error_where_objects_are_named(self) -> None:
        error = self.assertRaises(JobDaemonError, self.named, ["=", "name", "web"])
        self.assertEqual("unknown_entity", error.classification)
