"""Which objects are looked at after jobs."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.jobs.blame import Job
from ganeti_rapi.jobs.parts import BUT_INSTANCES, EVERYTHING, NOTHING, Part, changed_by
from ganeti_rapi.jobs.snapshots import Known


def part_of(opcode: str, /, **op: Any) -> Part:  # Any: JSON
    return changed_by([Job(1, [{"OP_ID": opcode, **op}])])


def known(name: str) -> Known:
    return Known(name, f"uuid-of-{name}", 1, None, {})


class ChangedTests(SynchronousTestCase):
    def test_jobs_of_instances(self) -> None:
        one = part_of("OP_INSTANCE_REBOOT", instance_name="web1")
        self.assertEqual((one.kinds, one.names), ({"instance"}, {"web1"}))
        tags = part_of("OP_TAGS_SET", kind="instance", name="web1.example.com", tags=["a"])
        self.assertEqual((tags.kinds, tags.names), ({"instance"}, {"web1.example.com"}))
        renamed = part_of("OP_INSTANCE_RENAME", instance_name="a", new_name="b")
        self.assertEqual(renamed.names, {"a", "b"})
        made = part_of("OP_INSTANCE_CREATE", instance_name="new", pnode="node1")
        self.assertEqual((made.kinds, made.names), ({"instance"}, {"new"}))

    def test_jobs_of_anything_else(self) -> None:
        for name, op in (
            ("OP_NODE_SET_PARAMS", {"node_name": "node1"}),
            ("OP_GROUP_ASSIGN_NODES", {"group_name": "g", "nodes": ["a"]}),
            ("OP_TAGS_SET", {"kind": "node", "name": "node1"}),
            ("OP_TAGS_SET", {"kind": "cluster", "name": None}),
            ("OP_INSTANCE_MULTI_ALLOC", {"instances": [{"instance_name": "a"}]}),
            ("OP_OF_A_LATER_GANETI", {}),
        ):
            self.assertEqual(part_of(name, **op), EVERYTHING, name)

    def test_jobs_that_change_nothing(self) -> None:
        self.assertFalse(part_of("OP_CLUSTER_VERIFY"))
        self.assertFalse(part_of("OP_TEST_DELAY"))

    def test_several(self) -> None:
        jobs = [
            Job(at, [{"OP_ID": "OP_INSTANCE_REBOOT", "instance_name": name}])
            for at, name in enumerate(("a", "b"))
        ]
        self.assertEqual(changed_by(jobs).names, {"a", "b"})
        more = changed_by([*jobs, Job(9, [{"OP_ID": "OP_NODE_EVACUATE", "node_name": "n"}])])
        self.assertEqual(more, EVERYTHING)


class PartTests(SynchronousTestCase):
    def test_what_it_has(self) -> None:
        web1 = known("web1.example.com")
        for name in ("web1", "web1.example.com", "uuid-of-web1.example.com"):
            part = Part(frozenset({"instance"}), frozenset({name}))
            self.assertTrue(part.has("instance", web1), name)
            self.assertFalse(part.has("instance", known("web10.example.com")))
            self.assertFalse(part.has("node", web1))
        self.assertTrue(EVERYTHING.has("instance", web1))
        self.assertFalse(BUT_INSTANCES.has("instance", web1))

    def test_both_of_two(self) -> None:
        one = Part(frozenset({"instance"}), frozenset({"a"}))
        self.assertEqual(NOTHING | one, one)
        self.assertEqual(EVERYTHING | one, EVERYTHING)
        both = BUT_INSTANCES | one
        self.assertEqual((both.kinds, both.names), (EVERYTHING.kinds, {"a"}))
        self.assertTrue(both.has("node", known("n")))
        self.assertFalse(both.has("instance", known("b")))

    def test_what_luxid_is_asked(self) -> None:
        one = Part(frozenset({"instance"}), frozenset({"a"}))
        self.assertEqual(one.qfilter("instance"), ["|", ["=", "name", "a"], ["=", "uuid", "a"]])
        self.assertIsNone((BUT_INSTANCES | one).qfilter("node"))
        self.assertIsNone(EVERYTHING.qfilter("instance"))
        self.assertEqual(one.lookup("instance", lambda: {"a"}), ["|", ["=", "name", "a"]])
        self.assertIsNone(one.lookup("instance", lambda: {"b"}))
        self.assertIsNone(one.lookup("node", lambda: {"a"}))
        self.assertIsNone(EVERYTHING.lookup("instance", lambda: {"a"}))
