"""Users with scopes before the simulated cluster: what they see, and what they may do.

The property test compares every read of such a user with the same read of one who may all, over
random clusters, scopes and jobs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import define
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.api.access import PUBLIC, READONLY
from ganeti_rapi.api.kinds import KINDS
from ganeti_rapi.api.matrix import document
from ganeti_rapi.api.resources import RESOURCES
from ganeti_rapi.auth.users import parse
from ganeti_rapi.simulator.state import Entity, Instance, Node
from ganeti_rapi.testing import SimulatedApi, encode_request

from .harness import reason_of
from .test_events import received

ROOT = "root:root"

SOMEBODY = "ana:ana"

NAMED = ("instance", "node", "group", "network")


class SightCase(SynchronousTestCase):
    def start(self, options: str, users: str = "") -> None:
        lines = f"root root write\nana ana {options}\n{users}"
        self.assertEqual(parse(lines.encode())[1], [])
        self.api = SimulatedApi(users=lines)
        self.addCleanup(self.api.stop)

    def tag(self, name: str, tag: str = "team-a") -> None:
        self.entity(name).tags.append(tag)

    def entity(self, name: str) -> Entity:
        cluster = self.api.daemon.cluster
        every: list[Entity] = [*cluster.instances, *cluster.nodes, *cluster.groups]
        every += cluster.networks
        return next(each for each in every if each.name.split(".")[0] == name)

    def ask(
        self, path: str, method: str = "GET", body: object = None, user: str | None = SOMEBODY
    ) -> tuple[int, Any]:  # Any: JSON
        reply = self.api.request(method, path, body, user)
        return reply.status, reply.json()

    def names(self, path: str, user: str = SOMEBODY) -> list[Any]:  # Any: names, or job ids
        status, entries = self.ask(path, user=user)
        self.assertEqual(status, 200, path)
        return [entry.get("id", entry.get("name")) for entry in entries]

    def denied(self, path: str, method: str, body: object = None) -> str:
        status, error = self.ask(path, method, body)
        self.assertEqual(status, 403, (path, error))
        return str(error["message"])


class ReadingTests(SightCase):
    def test_lists_and_objects(self) -> None:
        self.start("@readonly:tag=team-a")
        for name in ("web1", "node1", "racks-b", "internal"):
            self.tag(name)
        self.assertEqual(self.names("/2/instances"), ["web1.example.com"])
        self.assertEqual(self.names("/2/nodes"), ["node1.example.com"])
        self.assertEqual(self.names("/2/groups"), ["racks-b"])
        self.assertEqual(self.names("/2/networks"), ["internal"])
        self.assertEqual(self.names("/2/filters", ROOT), [])
        for path, status in (
            ("/2/instances/web1.example.com", 200),
            ("/2/instances/web1", 404),
            ("/2/instances/web2.example.com", 404),
            ("/2/instances/web2.example.com/tags", 404),
            ("/2/instances/web2.example.com/info", 404),
            ("/2/instances/web1.example.com/console", 403),
            ("/2/nodes/node1.example.com/role", 200),
            ("/2/nodes/node2.example.com/role", 404),
            ("/2/groups/racks-b/tags", 200),
            ("/2/groups/default", 404),
            ("/2/tags", 403),
            ("/2/info", 403),
            ("/2/os", 403),
            ("/2/filters", 403),
            ("/2/features", 200),
            ("/2/openapi.json", 200),
            ("/version", 200),
        ):
            if path != "/2/instances/web1":  # the simulated daemon does not know short names
                self.assertEqual(self.ask(path)[0], status, path)

    def test_what_is_hidden_looks_like_what_is_not_there(self) -> None:
        self.start("@readonly:name=web1")
        for path in ("", "/tags", "/info"):
            hidden = self.api.request("GET", f"/2/instances/db1.example.com{path}", None, SOMEBODY)
            missing = self.api.request("GET", f"/2/instances/db9.example.com{path}", None, SOMEBODY)
            self.assertEqual(hidden.body.replace(b"db1", b"db9"), missing.body)

    def test_shown_objects_name_no_hidden_ones(self) -> None:
        self.start(
            "@readonly:name=web1,nodes.*,groups.*:name=default,networks.*,query.all:name=default"
        )
        _, node = self.ask("/2/nodes/node1.example.com")
        self.assertEqual((node["pinst_list"], node["pinst_cnt"]), (["web1.example.com"], 1))
        _, nodes = self.ask("/2/nodes?bulk=1")
        self.assertEqual(
            {name for node in nodes for name in (*node["pinst_list"], *node["sinst_list"])},
            {"web1.example.com"},
        )
        _, (group,) = self.ask("/2/groups?bulk=1")
        self.assertEqual((len(group["node_list"]), group["node_cnt"]), (3, 3))
        _, query = self.ask("/2/query/group?fields=pinst_cnt,name,pinst_list,pinst_cnt")
        one = [0, ["web1.example.com"]]
        self.assertEqual(query["data"], [[[0, 1], [0, "default"], one, [0, 1]]])
        _, network = self.ask("/2/networks/internal")
        self.assertEqual(network["inst_list"], ["web1.example.com"])

    def test_who_has_a_scope_is_not_shown_what_anyone_is(self) -> None:
        self.start("instances.startup:name=web1")
        self.assertEqual(self.ask("/2/instances", user=None)[0], 200)
        self.assertEqual(self.ask("/2/instances")[0], 403)
        self.assertEqual(self.ask("/2/info")[0], 403)

    def test_queries(self) -> None:
        self.start("query.all:name=web[12]")
        _, reply = self.ask("/2/query/instance?fields=status,name,name")
        self.assertEqual([field["name"] for field in reply["fields"]], ["status", "name", "name"])
        names = [name for _, (_, name), _ in reply["data"]]
        self.assertEqual(names, ["web1.example.com", "web2.example.com"])
        for kind in ("lock", "filter", "export"):
            self.assertEqual(self.ask(f"/2/query/{kind}?fields=name")[0], 403)
        self.assertEqual(self.ask("/2/query/lock/fields")[0], 200)
        _, jobs = self.ask("/2/query/job?fields=summary")
        self.assertTrue(jobs["data"])
        for ((_, summary),) in jobs["data"]:
            self.assertRegex(summary[0], r"web[12]\.")

    def test_lists_cannot_probe(self) -> None:
        self.start("@readonly:name=web1")
        _, rows = self.ask("/2/instances?fields=name,be/vcpus&sort=-be/vcpus&limit=1")
        self.assertEqual(rows, [{"name": "web1.example.com", "be/vcpus": 2}])
        reply = self.api.request("GET", "/2/instances?limit=1", None, SOMEBODY)
        self.assertNotIn("Link", reply.headers)
        self.assertEqual(self.ask("/2/instances?filter=name=db1.example.com"), (200, []))
        status, error = self.ask("/2/instances?filter=be/vcpus=one")
        self.assertEqual((status, error["message"]), (400, "The query does not parse"))
        self.assertEqual(self.ask("/2/filters?sort=priority")[0], 403)
        self.assertEqual(self.ask("/2/nodes?fields=pinst_cnt")[1], [])

    def test_a_query_cannot_probe(self) -> None:
        self.start("query.all:name=node1")
        for qfilter in (
            ["=[]", "pinst_list", "db1.example.com"],
            ["|", ["!", [">", "sinst_cnt", 1]], ["=", "name", "x"]],
            ["?", "pinst_cnt"],
        ):
            message = self.denied("/2/query/node", "PUT", {"fields": ["name"], "qfilter": qfilter})
            self.assertIn("takes the permission to see every instance", message)
        broken = {"fields": ["name"], "qfilter": ["=", "be/vcpus", "one"]}
        for user, words in ((ROOT, "trying to compare 4 with"), (SOMEBODY, "does not parse")):
            status, error = self.ask("/2/query/instance", "PUT", broken, user)
            self.assertEqual(status, 400)
            self.assertIn(words, error["message"])
            self.assertEqual("4" in error["message"], user == ROOT)


class JobTests(SightCase):
    def shut_down(self, name: str, user: str = ROOT) -> int:
        status, job = self.ask(f"/2/instances/{name}.example.com/shutdown", "PUT", user=user)
        self.assertEqual(status, 200)
        return int(job)

    def test_those_of_visible_objects_and_ones_own(self) -> None:
        self.start("@operator:name=web*,@waiter:name=web*,jobs.cancel:owner")
        before = set(self.names("/2/jobs"))
        hidden, visible = self.shut_down("db1"), self.shut_down("web1")
        own = self.shut_down("web2", SOMEBODY)
        self.api.reactor.advance(60)
        _, cluster_job = self.ask("/2/redistribute-config", "PUT", user=ROOT)
        self.assertEqual(set(self.names("/2/jobs")) - before, {visible, own})
        for job, status in (
            (visible, 200),
            (own, 200),
            (hidden, 404),
            (cluster_job, 404),
            (99, 404),
        ):
            for path in ("", "/wait?fields=status", "/events"):
                if status == 404 or path == "":
                    self.assertEqual(self.ask(f"/2/jobs/{job}{path}")[0], status, (job, path))
        for job in (visible, hidden, 99):
            self.assertIn(f"for job {job}", self.denied(f"/2/jobs/{job}", "DELETE"))
        self.assertEqual(self.ask(f"/2/jobs/{own}", "DELETE")[0], 200)

    def test_of_an_instance_that_is_gone_only_ones_own(self) -> None:
        self.start("@admin:name=web*")
        others = self.shut_down("web1")
        _, own = self.ask("/2/instances/web1.example.com", "DELETE")
        self.api.reactor.pump([0.5] * 60)
        jobs = self.names("/2/jobs")
        self.assertIn(own, jobs)
        self.assertNotIn(others, jobs)

    def test_events(self) -> None:
        self.start("events.read:name=web1,instances.startup:name=db2")
        reader = self.api.connect()
        assert reader.transport is not None
        reader.transport.write(encode_request("GET", "/2/events", None, SOMEBODY))
        self.api.reactor.pump([0.2] * 10)
        for name in ("db1", "web1", "web2"):
            self.shut_down(name)
        self.api.reactor.pump([0.2] * 100)
        events = received(reader.data)
        self.assertEqual({event.data["summary"][0] for event in events}, {
            "INSTANCE_SHUTDOWN(web1.example.com)"
        })  # fmt: skip
        self.assertIn("finished", {event.name for event in events})


CREATION = {
    "__version__": 1,
    "mode": "create",
    "instance_name": "web9.example.com",
    "disk_template": "plain",
    "disks": [{"size": 128}],
    "nics": [{}],
    "os_type": "debootstrap+default",
}


class WritingTests(SightCase):
    def test_what_is_hidden_and_what_is_not_there(self) -> None:
        self.start("@admin:name=web1")
        for path, method, body in (
            ("/2/instances/{}/startup", "PUT", None),
            ("/2/instances/{}", "DELETE", None),
            ("/2/instances/{}/tags?tag=x", "PUT", None),
            ("/2/instances/{}/modify", "PUT", {"beparams": {"vcpus": 2}}),
            ("/2/instances/{}/rename", "PUT", {"new_name": "web1.example.com"}),
        ):
            hidden = self.denied(path.format("db1.example.com"), method, body)
            missing = self.denied(path.format("db9.example.com"), method, body)
            self.assertEqual(hidden.replace("db1", "db9"), missing)
        self.assertEqual(self.ask("/2/instances/web1.example.com/startup", "PUT")[0], 200)
        self.assertIn("without a scope", self.denied("/2/tags?tag=x", "PUT"))
        self.assertIn("cluster.modify", self.denied("/2/modify", "PUT", {}))

    def test_objects_that_a_request_names_besides(self) -> None:
        self.start("@admin:name=web1,nodes.query:node=node3")
        path = "/2/instances/web1.example.com/replace-disks"
        for node, status in (("node3.example.com", 200), ("node4.example.com", 403), ("no", 403)):
            body = {"mode": "replace_new_secondary", "remote_node": node}
            self.assertEqual(self.ask(path, "POST", body)[0], status, node)
        nics = {"nics": [["add", {"network": "internal"}]]}
        message = self.denied("/2/instances/web1.example.com/modify", "PUT", nics)
        self.assertIn("instances.modify for network 'internal'", message)
        self.denied("/2/groups/default/assign-nodes", "PUT", {"nodes": ["node3.example.com"]})
        uuid = self.entity("node4").uuid
        body = {"mode": "replace_new_secondary", "remote_node_uuid": uuid}
        self.assertIn(uuid, self.denied(path, "POST", body))

    def test_new_instances(self) -> None:
        self.start("instances.*:name=web*")
        for name, status in (("web9.example.com", 200), ("web9", 200), ("db9", 403)):
            self.assertEqual(self.create(instance_name=name), status, name)
        several = {"instances": [{**CREATION, "instance_name": each} for each in ("web5", "db5")]}
        for each in several["instances"]:
            del each["__version__"]
        self.assertIn("db5", self.denied("/2/instances-multi-alloc", "POST", several))
        del several["instances"][1]
        self.assertEqual(self.ask("/2/instances-multi-alloc", "POST", several)[0], 200)

    def create(self, **more: object) -> int:
        return self.ask("/2/instances", "POST", {**CREATION, **more})[0]

    def test_detached_disks_may_be_of_any_instance(self) -> None:
        self.start("@admin:name=web*")
        path = "/2/instances/web1.example.com/modify"
        for change in (["attach", {"uuid": "x"}], ["attach", 0, {"name": "x"}]):
            message = self.denied(path, "PUT", {"disks": [change]})
            self.assertIn("Attaching a disk takes the permission instances.modify without", message)
        self.assertEqual(self.ask(path, "PUT", {"disks": [["add", {"size": 128}]]})[0], 200)
        body = {**CREATION, "disks": [{"size": 128}, {"adopt": "a-volume"}]}
        self.assertIn("Adopting a volume takes", self.denied("/2/instances", "POST", body))

    def test_exports_may_be_of_any_instance(self) -> None:
        imported = {**CREATION, "mode": "import", "src_path": "/exports/db1.example.com"}
        self.start("instances.*:name=web*")
        self.assertIn("without a scope", self.denied("/2/instances", "POST", imported))
        status, error = self.ask("/2/instances", "POST", imported, ROOT)
        self.assertNotEqual(status, 403, error)

    def test_new_instances_by_tag_and_place(self) -> None:
        for scope, more, status in (
            ("tag=ci", {}, 403),
            ("tag=ci", {"tags": ["x"]}, 403),
            ("tag=ci", {"tags": ["x", "ci"]}, 200),
            ("node=node3", {}, 403),
            ("node=node3", {"pnode": "node3.example.com"}, 200),
            ("node=node3", {"pnode": "node4.example.com"}, 403),
            ("group=racks-b", {"pnode": "node4.example.com"}, 200),
            ("group=racks-b", {"pnode": "node1.example.com"}, 403),
            ("group=racks-b", {"group_name": "racks-b"}, 200),
            ("group=racks-b", {"group_name": "racks-b", "pnode": "node1.example.com"}, 403),
        ):
            self.start(f"instances.create:{scope},nodes.query,groups.query")
            self.assertEqual(self.create(**more), status, (scope, more))
            self.api.stop()

    def test_new_names(self) -> None:
        self.start("@admin:name=web*,groups.*:name=rack*,groups.create:tag=x")
        path = "/2/instances/web1.example.com/rename"
        self.assertIn("db7", self.denied(path, "PUT", {"new_name": "db7.example.com"}))
        self.assertEqual(self.ask(path, "PUT", {"new_name": "web7.example.com"})[0], 200)
        self.denied("/2/groups/racks-b/rename", "PUT", {"new_name": "default2"})
        self.assertEqual(self.ask("/2/groups/racks-b/rename", "PUT", {"new_name": "rack2"})[0], 200)
        self.denied("/2/groups", "POST", {"group_name": "mine"})
        self.assertEqual(self.ask("/2/groups", "POST", {"group_name": "rack7"})[0], 200)

    def test_an_evacuation_tells_of_visible_instances_only(self) -> None:
        self.start("nodes.evacuate:name=node2,instances.query:name=nosuch")
        path = "/2/nodes/node2.example.com/evacuate?iallocator=hail&dry-run=1"
        _, everything = self.ask(path, "POST", user=ROOT)
        self.assertTrue(everything)
        self.assertEqual(self.ask(path, "POST"), (200, []))
        status, moved = self.ask("/2/nodes/node2.example.com/evacuate?iallocator=hail", "POST")
        self.assertEqual((status, moved), (200, []))


class DocumentTests(SynchronousTestCase):
    def test_its_examples_are_right(self) -> None:
        lines = [line.strip() for line in document().split("\n") if line.startswith("    ")]
        accounts, problems = parse("\n".join(lines).encode())
        self.assertEqual(problems, [])
        self.assertGreater(len(accounts), 5)


SCOPES = (
    *("tag=a", "tag=[ab]", "name=web*", "name=db1", "name=node[13]", "name=*"),
    *("node=node1", "node=node4.example.com", "group=racks-b", "group=default", "owner"),
)
PERMISSIONS = (
    *("@admin", "@readonly", "query.all", "jobs.*", "instances.*", "instances.list"),
    *("nodes.*", "groups.*"),
)

FIELDS: Mapping[str, str] = {
    "instance": "name,tags,pnode,uuid",
    "node": "name,pinst_cnt,pinst_list,sinst_cnt,sinst_list,uuid,mfree",
    "group": "name,node_cnt,node_list,pinst_cnt,pinst_list",
    "network": "name,group_cnt,group_list,inst_cnt,inst_list",
    "job": "id,ops,summary,status",
}
COUNTS = {f"{stem}_cnt": f"{stem}_list" for stem in ("pinst", "sinst", "node", "inst", "group")}
NAMED_BY = {
    "pinst": "instance",
    "sinst": "instance",
    "inst": "instance",
    "node": "node",
    "group": "group",
}


@define
class Oracle:
    """What a user sees, worked out anew from the options and the cluster's state."""

    case: PropertyTests
    options: tuple[tuple[str, str], ...]

    def scopes(self, permission: str) -> list[str]:
        kind = permission.split(".")[0]
        found = []
        for granted, scope in self.options:
            fits = (
                granted == permission
                or granted == f"{kind}.*"
                or granted == "@admin"
                or (granted == "@readonly" and permission in READONLY)
            )
            words = scope.split("=")[0]
            judged = {
                "instances": {"tag", "name", "node", "group"},
                "nodes": {"tag", "name", "node", "group"},
                "groups": {"tag", "name", "group"},
                "networks": {"tag", "name"},
            }.get(kind, {"tag", "name", "node", "group", "owner"})
            if fits and words in judged:
                found.append(scope)
        return found

    def may(self, permission: str) -> bool:
        return bool(self.scopes(permission))

    def sees(self, permission: str, kind: str, entity: Entity) -> bool:
        return any(self.takes(scope, kind, entity) for scope in self.scopes(permission))

    def takes(self, scope: str, kind: str, entity: Entity) -> bool:
        by, _, pattern = scope.partition("=")
        node = entity.primary if isinstance(entity, Instance) else entity
        group = node.group.name if isinstance(node, Node) else entity.name
        if by == "tag":
            return bool(set(entity.tags) & ({"a", "b"} if pattern == "[ab]" else {pattern}))
        if by == "name":
            return self.fits(entity.name, pattern)
        if by == "node":
            return isinstance(node, Node) and self.fits(node.name, pattern)
        return by == "group" and kind != "network" and group == pattern

    def fits(self, name: str, pattern: str) -> bool:
        if pattern == "node[13]":
            return name in ("node1.example.com", "node3.example.com")
        if pattern.endswith("*"):
            return name.startswith(pattern[:-1])
        return name == pattern or name.startswith(f"{pattern}.")

    def visible(self, permission: str, kind: str) -> set[str]:
        entities = self.case.entities(kind)
        return {each.name for each in entities if self.sees(permission, kind, each)}

    def known(self, kind: str) -> set[str]:
        ways = (f"{kind}s.list", f"{kind}s.query", "query.all")
        return {name for way in ways for name in self.visible(way, kind)}

    def sees_job(self, permission: str, job: Mapping[str, Any]) -> bool:  # Any: JSON
        if not self.may(permission):
            return False
        trails = [entry for op in job["ops"] for entry in op["reason"]]
        if any("rlib2" in source and words.startswith("ana, ") for source, words, _ in trails):
            return True
        names = {op.get("instance_name") for op in job["ops"]}
        there = {each.name: each for each in self.case.entities("instance")}
        return all(
            name in there and self.sees(permission, "instance", there[name]) for name in names
        )


class PropertyTests(SightCase):
    """Nothing leaks."""

    def entities(self, kind: str) -> Iterable[Entity]:
        cluster = self.api.daemon.cluster
        return {
            "instance": cluster.instances,
            "node": cluster.nodes,
            "group": cluster.groups,
            "network": cluster.networks,
        }[kind]  # type: ignore[return-value]  # each a list of entities

    @settings(max_examples=25)
    @given(
        st.lists(
            st.tuples(st.sampled_from(PERMISSIONS), st.sampled_from(SCOPES)),
            min_size=1,
            max_size=3,
        ),
        st.lists(st.sets(st.sampled_from("ab")), min_size=21, max_size=21),
        st.lists(st.tuples(st.integers(0, 12), st.sampled_from([ROOT, SOMEBODY])), max_size=4),
    )
    def test_every_read(
        self, options: list[tuple[str, str]], tags: list[set[str]], jobs: list[tuple[int, str]]
    ) -> None:
        oracle = Oracle(self, tuple(options))
        text = ",".join(f"{permission}:{scope}" for permission, scope in options)
        self.api = SimulatedApi(users=f"root root write\nana ana {text}\n")
        try:
            every = [each for kind in NAMED for each in self.entities(kind)]
            for entity, chosen in zip(every, tags):
                entity.tags = sorted(chosen)
            reader = self.api.connect()
            assert reader.transport is not None
            reader.transport.write(encode_request("GET", "/2/events", None, SOMEBODY))
            self.api.reactor.pump([0.1] * 8)
            for number, user in jobs:
                instance = self.api.daemon.cluster.instances[number]
                self.ask(f"/2/instances/{instance.name}/reboot", "POST", user=user)
            self.api.reactor.pump([0.5] * 60)
            if not any(
                oracle.scopes(each)
                for each in (
                    "instances.list",
                    "jobs.list",
                    "nodes.list",
                    "groups.list",
                    "networks.list",
                    "query.all",
                    "tags.get",
                )
            ):
                return  # the scope is nowhere in its place, and the user one without options
            self.compare_lists(oracle)
            self.compare_queries(oracle)
            self.compare_jobs(oracle)
            self.compare_objects(oracle)
            self.compare_events(oracle, reader.data)
        finally:
            self.api.stop()

    def details(self, path: str, user: str) -> tuple[int, Any]:  # Any: JSON
        return self.ask(path, user=user)

    def left(self, oracle: Oracle, details: dict[str, Any]) -> dict[str, Any]:  # Any: JSON
        """What is left of an object's details when it names no hidden ones."""
        shown = dict(details)
        for field, value in details.items():
            stem = COUNTS.get(field, field).removesuffix("_list")
            if stem not in NAMED_BY or not isinstance(details.get(f"{stem}_list", value), list):
                continue
            known = oracle.known(NAMED_BY[stem])
            listed = details.get(f"{stem}_list", [])
            kept = [
                each for each in listed if (each[0] if isinstance(each, list) else each) in known
            ]
            shown[field] = len(kept) if field in COUNTS else kept
        return shown

    def compare_lists(self, oracle: Oracle) -> None:
        for kind in NAMED:
            permission = f"{kind}s.list"
            status, bulk = self.ask(f"/2/{kind}s?bulk=1")
            names, listed = self.ask(f"/2/{kind}s")
            expected = 200 if oracle.may(permission) else 403
            self.assertEqual((status, names), (expected, expected), permission)
            if expected == 200:
                visible = oracle.visible(permission, kind)
                _, everything = self.ask(f"/2/{kind}s?bulk=1", user=ROOT)
                kept = [self.left(oracle, each) for each in everything if each["name"] in visible]
                self.assertEqual(bulk, kept)
                self.assertEqual({each[KINDS[kind].key] for each in listed}, visible)
                self.compare_pages(oracle, kind, kept)

    def compare_pages(self, oracle: Oracle, kind: str, kept: list[Any]) -> None:  # Any: JSON
        """What is chosen, sorted and cut is what the user sees, and hidden lists are not."""
        fields = [name for name in FIELDS[kind].split(",") if name in KINDS[kind].fields]
        expected = [{name: each[name] for name in fields} for each in kept]
        path = f"/2/{kind}s?fields={','.join(fields)}"
        self.assertEqual(self.ask(path), (200, expected))
        for field in fields[1:]:
            (status, rows), reply = self.ask(f"{path}&sort=-{field}"), self.pages(path, field)
            self.assertEqual((status, reply), (200, rows))
            if field in COUNTS:
                ranked = sorted(expected, key=lambda each: each[field], reverse=True)
                self.assertEqual([each["name"] for each in rows], [e["name"] for e in ranked])
            if COUNTS.get(field, field).removesuffix("_list") in NAMED_BY:
                self.assertEqual(self.ask(f"{path}&filter={field}")[0], 403, (kind, field))

    def pages(self, path: str, field: str) -> list[Any]:  # Any: JSON
        """The rows of all pages."""
        rows: list[Any] = []
        following: str | None = f"{path}&sort=-{field}&limit=2"
        while following:
            reply = self.api.request("GET", following, None, SOMEBODY)
            rows += reply.json()
            following = reply.headers.get("Link", "").partition(">")[0].lstrip("<")
        return rows

    def compare_queries(self, oracle: Oracle) -> None:
        for kind in NAMED:
            path = f"/2/query/{kind}?fields={FIELDS[kind]}"
            status, mine = self.ask(path)
            self.assertEqual(status, 200 if oracle.may("query.all") else 403)
            if status == 200:
                _, everything = self.ask(path, user=ROOT)
                visible = oracle.visible("query.all", kind)
                fields = FIELDS[kind].split(",")
                objects = [
                    dict(zip(fields, (value for _, value in row))) for row in everything["data"]
                ]
                kept = [self.left(oracle, each) for each in objects if each["name"] in visible]
                shown = [dict(zip(fields, (value for _, value in row))) for row in mine["data"]]
                self.assertEqual(shown, kept)

    def compare_jobs(self, oracle: Oracle) -> None:
        _, everything = self.ask("/2/jobs?bulk=1", user=ROOT)
        status, mine = self.ask("/2/jobs?bulk=1")
        self.assertEqual(status, 200 if oracle.may("jobs.list") else 403)
        if status == 200:
            kept = [job for job in everything if oracle.sees_job("jobs.list", job)]
            self.assertEqual(mine, kept)
            self.assertEqual(self.names("/2/jobs"), [job["id"] for job in kept])
        if oracle.may("jobs.query"):
            for job in everything:
                expected = 200 if oracle.sees_job("jobs.query", job) else 404
                self.assertEqual(self.ask(f"/2/jobs/{job['id']}")[0], expected)
        if oracle.may("query.all"):
            _, reply = self.ask(f"/2/query/job?fields={FIELDS['job']}")
            ids = [row[0][1] for row in reply["data"]]
            kept = [job["id"] for job in everything if oracle.sees_job("query.all", job)]
            self.assertEqual(sorted(ids), kept)

    def compare_objects(self, oracle: Oracle) -> None:
        for resource in RESOURCES:
            cell = resource.cells.get("GET")
            item = resource.items[0] if len(resource.items) == 1 else ""
            kind = item.removesuffix("_name") if item != "name" else getattr(cell, "subject", "")
            if cell is None or kind not in NAMED or not oracle.may(cell.permission):
                continue
            if cell.permission == PUBLIC:
                continue
            for entity in self.entities(kind):
                path = resource.uri.replace(f"{{{item}}}", entity.name)
                if resource.uri.endswith(("/storage", "/volumes")):
                    path += "?storage_type=lvm-vg&output_fields=name"
                status, reply = self.ask(path)
                if oracle.sees(cell.permission, kind, entity):
                    self.assertIn(status, (200, 503), path)  # no console of what is down
                else:
                    words = f"There is no {kind} '{entity.name}'"
                    self.assertEqual((status, reason_of(reply)), (404, words), path)

    def compare_events(self, oracle: Oracle, data: bytes) -> None:
        if not oracle.may("events.read"):
            self.assertIn(b" 403 ", data[:20])
            return
        for event in received(data):
            _, job = self.ask(f"/2/jobs/{event.data['id']}", user=ROOT)
            self.assertTrue(oracle.sees_job("events.read", job), json.dumps(event.data))
