"""Scopes as text and as data: what they mean, and what they take."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.api.access import ADMIN, OPERATOR, PUBLIC, READONLY, Grants, Rules, grants
from ganeti_rapi.api.opcodes import OPCODES
from ganeti_rapi.api.resources import RESOURCES
from ganeti_rapi.api.scopes import (
    CONDITIONS,
    Scope,
    Selection,
    Traits,
    View,
    kind_of,
    read_scope,
)
from ganeti_rapi.api.subjects import MAKING, NAMING, named_by, owners_of, subjects_of

WEB1 = Traits(
    *("instance", "web1.example.com", "uuid-of-web1", frozenset({"team-a", "web:front"})),
    *("node1.example.com", "rack1"),
)
NODE1 = Traits("node", "node1.example.com", node="node1.example.com", group="rack1")
RACK1 = Traits("group", "rack1", group="rack1")
BARE = Traits("network", "net1")


def granted(*options: str) -> Grants:
    return grants(options, Rules.GANETI_3_0)


def view(*options: str) -> View:
    found = granted(*options)
    return View("ana", found.permissions, found.scoped)


class ScopeTests(SynchronousTestCase):
    def test_reading(self) -> None:
        for text, expected in (
            ("tag=team-a", Scope("tag", "team-a")),
            ("tag=a=b:c", Scope("tag", "a=b:c")),
            ("name=*", Scope("name", "*")),
            ("owner", Scope("owner")),
            *((text, None) for text in ("", "tag", "tag=", "colour=red", "owner=x", "Tag=x", "=x")),
        ):
            self.assertEqual(read_scope(text), expected, text)

    def test_what_each_takes(self) -> None:
        for by, pattern, taken in (
            ("tag", "team-a", {WEB1}),
            ("tag", "team-?", {WEB1}),
            ("tag", "web:*", {WEB1}),
            ("tag", "TEAM-A", set()),
            ("tag", "team", set()),
            ("name", "web1", {WEB1}),
            ("name", "web*", {WEB1}),
            ("name", "web1.example.com", {WEB1}),
            ("name", "web1.example", set()),
            ("name", "eb1", set()),
            ("name", "*1", {WEB1, NODE1, RACK1, BARE}),
            ("name", "*", {WEB1, NODE1, RACK1, BARE}),
            ("name", "[nr]*", {NODE1, RACK1, BARE}),
            ("node", "node1", {WEB1, NODE1}),
            ("node", "node1.*", {WEB1, NODE1}),
            ("node", "*", {WEB1, NODE1}),
            ("group", "rack1", {WEB1, NODE1, RACK1}),
            ("group", "*", {WEB1, NODE1, RACK1}),
            ("group", "rack", set()),
            ("owner", "", set()),
        ):
            scope = Scope(by, pattern)
            found = {each for each in (WEB1, NODE1, RACK1, BARE) if scope.takes(each)}
            self.assertEqual(found, taken, scope)

    def test_jobs(self) -> None:
        selection = Selection(frozenset({Scope("tag", "team-a")}), "ana")
        for owners, subjects, expected in (
            ({"ana"}, [], True),
            ({"ana", "bob"}, [NODE1], True),
            ({"bob"}, [WEB1], True),
            (set(), [WEB1, WEB1], True),
            (set(), [WEB1, NODE1], False),
            (set(), [WEB1, None], False),
            (set(), [], False),
        ):
            self.assertEqual(selection.takes_job(owners, subjects), expected)
        self.assertFalse(Selection(frozenset(), "ana").takes_job({"ana"}, [WEB1]))


class GrantsTests(SynchronousTestCase):
    def test_a_scope_leaves_what_it_can_judge(self) -> None:
        for option, kinds in (
            ("@admin:tag=a", {"instance", "node", "group", "network", "job", "any"}),
            ("@admin:node=n", {"instance", "node", "job", "any"}),
            ("@admin:group=g", {"instance", "node", "group", "job", "any"}),
            ("@admin:owner", {"job", "any"}),
        ):
            found = granted(option)
            expected = {name for name in ADMIN if kind_of(name) in kinds}
            self.assertEqual(found.permissions, expected | {"openapi.read"}, option)
            self.assertEqual({name for name, _ in found.scoped}, expected, option)
            self.assertEqual((found.unknown, found.misplaced), (set(), set()))

    def test_they_add_up_and_a_grant_without_one_is_for_all(self) -> None:
        one, other = Scope("tag", "a"), Scope("name", "b")
        for options, expected in (
            (["jobs.list:tag=a", "+jobs.list:name=b"], {("jobs.list", one), ("jobs.list", other)}),
            (["jobs.list:tag=a", "jobs.list"], set()),
            (["jobs.list:tag=a", "@readonly"], set()),
            (["jobs.*:tag=a", "-jobs.list", "-jobs.w*", "-jobs.wait", "-jobs.cancel",
              "-jobs.archive", "-jobs.priority"],
             {("jobs.query", one)}),
        ):  # fmt: skip
            self.assertEqual(granted(*options).scoped, expected, options)

    def test_what_has_a_minus_is_taken_away_whole(self) -> None:
        found = granted("@operator", "-instances.startup:tag=a")
        self.assertEqual(found.permissions, OPERATOR - {"instances.startup"})
        self.assertEqual(found.misplaced, {"-instances.startup:tag=a"})

    def test_what_is_misplaced_grants_nothing(self) -> None:
        for option in (
            *("cluster.info:tag=a", "metrics.read:name=x", "os.list:owner", "filter.*:tag=a"),
            *("instances.list:owner", "networks.list:node=n", "instances.list:"),
            *("@operator:", "@operator:colour=red", "read:tag=", "jobs.list:owner=ana"),
        ):
            found = granted(option, "groups.list")
            self.assertEqual(found.permissions, {"groups.list"}, option)
            self.assertEqual(found.misplaced, {option})
        self.assertEqual(granted("@nosuch:tag=a").unknown, {"@nosuch:tag=a"})

    @given(
        st.lists(
            st.builds(
                lambda word, scope: word + scope,
                st.sampled_from(["@operator", "jobs.list", "-jobs.list", "instances.*", "read"]),
                st.sampled_from(["", ":tag=a", ":name=b", ":owner", ":x"]),
            ),
            max_size=4,
        )
    )
    def test_a_scope_never_grants_more(self, options: list[str]) -> None:
        with_scopes = granted(*options)
        without = granted(*(option.partition(":")[0] for option in options))
        self.assertLessEqual(with_scopes.permissions, without.permissions)
        self.assertLessEqual({name for name, _ in with_scopes.scoped}, with_scopes.permissions)
        self.assertEqual(with_scopes, granted(*reversed(options)))


class ViewTests(SynchronousTestCase):
    def test_selections(self) -> None:
        seen = view("@readonly:tag=a", "instances.query:name=b", "nodes.list")
        self.assertIsNone(seen.selection("nodes.list"))
        self.assertIsNone(seen.sight("node"))
        self.assertEqual(seen.selection("nosuch"), Selection(frozenset(), "ana"))
        both = frozenset({Scope("tag", "a"), Scope("name", "b")})
        self.assertEqual(seen.sight("instance"), Selection(both, "ana"))
        self.assertEqual(
            seen.selection("instances.list"), Selection(both - {Scope("name", "b")}, "ana")
        )

    def test_views_of_the_same_are_equal(self) -> None:
        self.assertEqual(hash(view("@readonly:tag=a")), hash(view("+@nosuch", "@readonly:tag=a")))
        self.assertNotEqual(view("@readonly:tag=a"), view("@readonly:tag=b"))


class SubjectsTests(SynchronousTestCase):
    NOT_NAMES = frozenset(
        {
            *("name", "new_name", "kind", "names", "on_nodes", "on_node_uuids"),
            "node_certificates",
        }
    )
    """Those that are looked at by themselves, or whose opcode the API does not submit."""

    def test_every_parameter_that_names_an_object_is_known(self) -> None:
        words = ("instance", "node", "group", "network")
        for opcode in OPCODES.values():
            for name in set(opcode.parameters) - set(NAMING) - self.NOT_NAMES:
                of_object = name.startswith(words) and name.endswith(("name", "names", "uuid", "s"))
                self.assertFalse(of_object, f"{opcode.name} {name}")
                self.assertNotIn("node", name.removeprefix("maintain_node_health").split("_"))

    def test_every_opcode_with_a_subject_is_judged(self) -> None:
        for opcode in OPCODES.values():
            if opcode.name.startswith(("OP_CLUSTER", "OP_OS", "OP_TEST")):
                continue
            if opcode.name in ("OP_TAGS_SEARCH", "OP_EXT_STORAGE_DIAGNOSE"):  # without a scope
                continue
            values = {"OP_ID": opcode.name, "kind": "instance"}
            values.update({name: f"the-{name}" for name in opcode.parameters if name != "kind"})
            self.assertTrue([*named_by(values)] or opcode.name in MAKING, opcode.name)

    def test_what_is_named(self) -> None:
        nics = [
            *({"network": "net1", "link": "br0"}, {}, {"network": None}, {"network": "none"}),
            *(["add", {"network": "net2"}], ["modify", 0, {"network": ""}], [1, {"ip": "x"}]),
        ]
        for opcode, expected in (
            ({"OP_ID": "OP_INSTANCE_SET_PARAMS", "instance_name": "i", "nics": nics},
             {("instance", "i"), ("network", "net1"), ("network", "net2")}),
            ({"OP_ID": "OP_INSTANCE_CREATE", "instance_name": "new", "pnode": "n", "snode": None},
             {("node", "n")}),
            ({"OP_ID": "OP_GROUP_ASSIGN_NODES", "group_name": "g", "nodes": ["n1", "n2"]},
             {("group", "g"), ("node", "n1"), ("node", "n2")}),
            ({"OP_ID": "OP_TAGS_SET", "kind": "nodegroup", "name": "g"}, {("group", "g")}),
            ({"OP_ID": "OP_TAGS_SET", "kind": "cluster", "name": None}, set()),
            ({"OP_ID": "OP_BACKUP_EXPORT", "instance_name": "i", "target_node": [["host", 1]]},
             {("instance", "i")}),
        ):  # fmt: skip
            self.assertEqual(set(named_by(opcode)), expected)
        self.assertLess(set(MAKING), set(OPCODES))

    def test_what_jobs_are_about(self) -> None:
        for opcode, expected in (
            ({"OP_ID": "OP_INSTANCE_REBOOT", "instance_name": "i"}, [("instance", "i")]),
            ({"OP_ID": "OP_BACKUP_REMOVE", "instance_name": "i"}, [("instance", "i")]),
            ({"OP_ID": "OP_INSTANCE_QUERY_DATA", "instances": ["i", "j"]},
             [("instance", "i"), ("instance", "j")]),
            ({"OP_ID": "OP_INSTANCE_QUERY_DATA", "instances": []}, None),
            ({"OP_ID": "OP_INSTANCE_MULTI_ALLOC", "instances": [{}]}, None),
            ({"OP_ID": "OP_NODE_SET_PARAMS", "node_name": "n"}, [("node", "n")]),
            ({"OP_ID": "OP_NODE_EVACUATE", "node_name": "n"}, None),
            ({"OP_ID": "OP_TAGS_DEL", "kind": "network", "name": "x"}, [("network", "x")]),
            ({"OP_ID": "OP_TAGS_DEL", "kind": "cluster", "name": ""}, None),
            ({"OP_ID": "OP_CLUSTER_VERIFY"}, None),
            ({"OP_ID": "OP_OOB_COMMAND", "node_names": ["n"]}, [("node", "n")]),
            ({"OP_ID": "OP_OOB_COMMAND", "node_names": []}, None),
            ({"OP_ID": "OP_INSTANCE_MOVE", "instance_name": "i"}, [("instance", "i")]),
            ({}, None),
        ):  # fmt: skip
            self.assertEqual(subjects_of(opcode), expected, opcode)

    def test_who_submitted_them(self) -> None:
        trail = [
            ["gnt:user", "eve, request 1", 1],
            ["gnt:library:rlib2:instances_name", "ana, request 0123", 2],
            ["gnt:opcode:node_evacuate", "bob, request 4", 3],
        ]
        self.assertEqual(owners_of([{"reason": trail}, {}, {"reason": None}]), {"ana"})
        self.assertNotIn("ana", owners_of([{"reason": [["gnt:library:rlib2:x", "ana", 1]]}]))


class TableTests(SynchronousTestCase):
    WHOLE = ("/2/tags", "/2/jobs-archive", "/2/tags-search")
    """What no permission with a scope is for."""

    def test_every_method_is_judged_by_its_object_or_by_what_it_selects(self) -> None:
        items = {"instance_name", "node_name", "group_name", "network_name", "job_id"}
        for resource in RESOURCES:
            for method, cell in resource.cells.items():
                if cell.permission == PUBLIC or kind_of(cell.permission) is None:
                    continue
                judged = bool(items & set(resource.items) or cell.subject or cell.selects)
                self.assertEqual(judged, resource.uri not in self.WHOLE, f"{method} {resource.uri}")

    def test_every_permission_has_a_kind_or_is_for_the_whole_cluster(self) -> None:
        whole = {name.partition(".")[0] for name in ADMIN if kind_of(name) is None}
        self.assertEqual(
            whole,
            {
                *("cluster", "os", "filter", "metrics", "openapi", "queue", "watcher"),
                "extstorage",
            },
        )
        self.assertLessEqual({kind_of(name) for name in READONLY} - {None}, set(CONDITIONS))
