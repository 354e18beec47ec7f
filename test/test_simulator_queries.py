from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import define, field
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.errors import JobDaemonError
from ganeti_rapi.simulator.queries import answers
from ganeti_rapi.simulator.queries import cluster as cluster_queries
from ganeti_rapi.simulator.queries.context import Context, nice_key
from ganeti_rapi.simulator.queries.fields import (
    NO_DATA,
    NORMAL,
    OFFLINE,
    UNAVAILABLE,
    UNKNOWN,
    Reading,
)
from ganeti_rapi.simulator.queries.kinds import KINDS
from ganeti_rapi.simulator.state import (
    Cluster,
    Disk,
    Entity,
    FilterRule,
    Group,
    Instance,
    Network,
    Nic,
    Node,
)

INFO: dict[str, Any] = {  # Any: settings are JSON of any shape
    "hvparams": {
        "kvm": {
            "kernel_path": "/vmlinuz",
            "acpi": True,
            "serial_console": True,
            "vnc_bind_address": "",
            "spice_bind": "",
            "migration_mode": "live",
        },
        "fake": {"migration_mode": "live"},
    },
    "os_hvp": {"debian+12": {"kvm": {"acpi": False}}},
    "beparams": {"default": {"maxmem": 128, "minmem": 64, "vcpus": 1}},
    "nicparams": {"default": {"mode": "bridged", "link": "br0", "vlan": ""}},
    "ndparams": {"oob_program": "", "ssh_port": 22, "spindle_count": 1},
    "osparams": {"debian": {"dns": "one", "ntp": "two"}, "debian+12": {"ntp": "three"}},
    "ipolicy": {"minmax": ["default"], "std": {"disk-size": 10, "nic-count": 1}, "vcpu-ratio": 4},
    "diskparams": {"drbd": {"protocol": "C", "resync-rate": 9}, "plain": {}},
    "volume_group_name": None,
    "ssh_key_type": "rsa",
}

NO_NAMES: list[list[str] | None] = [None, []]


@define
class FakeJob:
    id: int
    archived: bool = False
    status: str = "queued"
    opstatus: list[str] = field(factory=lambda: ["queued"])
    ops: list[dict[str, Any]] = field(factory=lambda: [{"OP_ID": "OP_TEST_DELAY"}])
    opresult: list[Any] = field(factory=lambda: [None])
    oplog: list[list[list[Any]]] = field(factory=lambda: [[]])
    received_ts: list[int] | None = field(factory=lambda: [1, 2])
    start_ts: list[int] | None = None
    end_ts: list[int] | None = None
    opstart: list[list[int] | None] = field(factory=lambda: [None])
    opexec: list[list[int] | None] = field(factory=lambda: [None])
    opend: list[list[int] | None] = field(factory=lambda: [None])
    oppriority: list[int] = field(factory=lambda: [0])
    priority: int = 0
    summary: list[str] = field(factory=lambda: ["TEST_DELAY"])


def group(name: str, **values: Any) -> Group:
    return Group(f"uuid-{name}", name, 1.5, 2.5, **values)


def node(name: str, in_group: Group, **values: Any) -> Node:
    node = Node(
        f"uuid-{name}", name, 1.5, 2.5, group=in_group, primary_ip="192.0.2.1", secondary_ip="::1"
    )
    with_values(node, values)
    return node


def instance(name: str, primary: Node, **values: Any) -> Instance:
    instance = Instance(
        f"uuid-{name}",
        name,
        1.5,
        2.5,
        os="debian+12",
        hypervisor="kvm",
        disk_template="plain",
        primary=primary,
    )
    with_values(instance, values)
    return instance


def with_values(entity: Entity, values: Mapping[str, Any]) -> None:  # Any: each has its type
    for name, value in values.items():
        assert hasattr(entity, name), name
        setattr(entity, name, value)


class QueryTestCase(SynchronousTestCase):
    """A cluster of three nodes in two groups with three instances and a network."""

    def setUp(self) -> None:
        self.default = group("default", ndparams={"spindle_count": 2})
        self.other = group("other")
        self.network = Network("uuid-net", "net", 1.5, 2.5, "198.51.100.0/29", "198.51.100.1")
        self.default.networks["uuid-net"] = {"mode": "bridged", "link": "br0", "vlan": ""}
        self.node1 = node("node1", self.default, master_candidate=True)
        self.node2 = node("node2", self.default, ndparams={"ssh_port": 2222})
        self.node10 = node("node10", self.other, master_candidate=False)
        self.web1 = instance(
            "web1",
            self.node1,
            secondary=self.node2,
            disk_template="drbd",
            disks=[Disk("uuid-disk0", 1000, name="root"), Disk("uuid-disk1", 500)],
            nics=[
                Nic("uuid-nic0", "aa:00", ip="198.51.100.2", network="uuid-net", name="eth0"),
                Nic("uuid-nic1", "aa:01", nicparams={"mode": "routed", "link": "rt"}),
                Nic("uuid-nic2", "aa:02", nicparams={"mode": "openvswitch", "vlan": ".5"}),
            ],
            beparams={"maxmem": 512},
            hvparams={"kernel_path": "/own"},
            osparams={"dns": "own"},
            network_port=11000,
            tags=["z", "a"],
        )
        self.web2 = instance("web2", self.node1, admin_state="down", running=False)
        self.web10 = instance("web10", self.node10)
        self.cluster = Cluster(
            "uuid-cluster",
            "cluster",
            1.5,
            2.5,
            info=INFO,
            master=self.node1,
            groups=[self.other, self.default],
            nodes=[self.node10, self.node2, self.node1],
            instances=[self.web10, self.web2, self.web1],
            networks=[self.network],
            tags=["z", "a"],
        )
        self.jobs = {
            job.id: job
            for job in (FakeJob(12), FakeJob(3, archived=True), FakeJob(4, start_ts=[5, 6]))
        }

    def query(self, kind: str, fields: list[str], condition: object = None) -> Any:
        return answers.query(self.cluster, self.jobs, kind, fields, condition)["data"]

    def rows(self, kind: str, names: Any, *fields: str) -> Any:
        return answers.rows(self.cluster, self.jobs, kind, names, fields)

    def reading(self, kind: str, entity: object, name: str) -> Reading:
        return KINDS[kind].fields[name].read(Context(self.cluster, self.jobs), entity)

    def assert_values(self, kind: str, entity: object, values: Mapping[str, Any]) -> None:
        for name, value in values.items():
            self.assertEqual(self.reading(kind, entity, name), (NORMAL, value), name)

    def assert_readings(self, kind: str, entity: object, reading: Reading, *names: str) -> None:
        for name in names:
            self.assertEqual(self.reading(kind, entity, name), reading, name)

    def assert_refused(self, kind: str, text: str, classification: str | None, call: Any) -> None:
        error = self.assertRaises(JobDaemonError, call)
        self.assertEqual(
            (error.class_name, error.text, error.classification), (kind, text, classification)
        )


class QueryFieldsTests(SynchronousTestCase):
    def test_all_fields_are_nicely_sorted(self) -> None:
        for nothing in NO_NAMES:
            fields = answers.query_fields("instance", nothing)["fields"]
            names = [each["name"] for each in fields]
            self.assertEqual(len(names), 292)
            self.assertLess(names.index("disk.size/9"), names.index("disk.size/10"))
            self.assertEqual(names, sorted(names, key=nice_key))

    def test_chosen_fields_come_in_the_order_of_the_question(self) -> None:
        fields = answers.query_fields("node", ["pip", "nope", "pip"])["fields"]
        self.assertEqual([each["name"] for each in fields], ["pip", "nope", "pip"])
        self.assertEqual(fields[0]["title"], "PrimaryIP")
        self.assertEqual(
            fields[1],
            {"name": "nope", "title": "nope", "kind": "unknown", "doc": "Unknown field 'nope'"},
        )

    def test_every_field_says_what_it_is(self) -> None:
        for kind, row in KINDS.items():
            for each in row.fields.values():
                self.assertTrue(each.title and each.doc, f"{kind} {each.name}")

    def test_an_alias_differs_from_its_original_only_in_name(self) -> None:
        first, second = answers.query_fields("instance", ["sda_size", "disk.size/0"])["fields"]
        self.assertEqual({**first, "name": "disk.size/0"}, second)


class QueryTests(QueryTestCase):
    def test_readings_row_by_row_in_the_order_of_names(self) -> None:
        reply = answers.query(self.cluster, self.jobs, "node", ["name", "nope"], None)
        self.assertEqual([each["kind"] for each in reply["fields"]], ["text", "unknown"])
        self.assertEqual(
            reply["data"],
            [[(NORMAL, name), UNKNOWN] for name in ("node1", "node2", "node10")],
        )

    def test_a_condition_sifts(self) -> None:
        for kind, condition, names in (
            ("instance", ["?", "oper_state"], ["web1", "web10"]),
            ("instance", ["&", ["=", "pnode", "node1"], ["!", ["?", "admin_up"]]], ["web2"]),
            ("node", [">", "pinst_cnt", 0], ["node1", "node10"]),
            ("group", ["=[]", "node_list", "node10"], ["other"]),
            ("network", ["<", "free_count", 1], []),
            ("instance", ["|"], []),
        ):
            data = self.query(kind, ["name"], condition)
            self.assertEqual(data, [[(NORMAL, name)] for name in names], condition)

    def test_named_objects_come_in_the_order_of_the_condition_as_often_as_it_says(self) -> None:
        condition = ["|", *(["=", "name", name] for name in ("web2", "web1", "web2"))]
        names = [row[0][1] for row in self.query("instance", ["name"], condition)]
        self.assertEqual(names, ["web2", "web1", "web2"])

    def test_a_uuid_finds_the_object_but_is_not_its_name(self) -> None:
        self.assertEqual(self.query("node", ["name"], ["=", "name", "uuid-node1"]), [])
        self.assertEqual(
            self.query("node", ["name"], ["=", "uuid", "uuid-node1"]), [[(NORMAL, "node1")]]
        )

    def test_an_unknown_name(self) -> None:
        for kind, what in (
            ("instance", "Instance"),
            ("node", "Node"),
            ("group", "NodeGroup"),
            ("network", "Network"),
        ):
            for condition in (["=", "name", "x"], ["|", ["=", "name", "x"], ["=", "name", 1]]):
                self.assert_refused(
                    "OpPrereqError",
                    f"{what} name x not found",
                    "unknown_entity",
                    lambda kind=kind, condition=condition: self.query(kind, ["name"], condition),
                )

    def test_a_number_names_nothing_but_is_compared(self) -> None:
        self.assert_refused(
            "ParameterError",
            "Invalid types in comparison, trying to compare \"web1\" with 'NumericValue 1'",
            None,
            lambda: self.query("instance", ["name"], ["=", "name", 1]),
        )

    def test_a_condition_on_a_field_that_does_not_exist(self) -> None:
        self.cluster.networks.clear()
        self.assert_refused(
            "ParameterError",
            "Can't find field named 'nope'",
            None,
            lambda: self.query("network", ["name"], ["!", ["?", "nope"]]),
        )

    def test_unknown_kinds(self) -> None:
        self.assert_refused(
            "",
            'Failed to parse request: Cannot convert value \'["x", ["name"], null]\', error:'
            " Can't parse value 'x' as neitherQueryTypeLuxi nor QueryTypeOp",
            None,
            lambda: self.query("x", ["name"]),
        )
        self.assert_refused(
            "GenericError",
            "Query 'ItemTypeOpCode QROs' not supported",
            None,
            lambda: self.query("os", ["name"]),
        )
        self.assert_refused(
            "GenericError",
            "QueryFields 'ItemTypeOpCode QRCluster' not supported",
            None,
            lambda: answers.query_fields("cluster", None),
        )

    def test_no_locks(self) -> None:
        self.assertEqual(self.query("lock", ["name", "owner"]), [])


class RowsTests(QueryTestCase):
    def test_bare_values_with_none_where_there_is_none(self) -> None:
        self.assertEqual(
            self.rows("instance", [], "name", "oper_ram", "disk.size/1"),
            [["web1", 512, 500], ["web2", None, None], ["web10", 128, None]],
        )

    def test_names_and_uuids_choose_and_unknown_ones_are_passed_over(self) -> None:
        names = ["node10", "x", "uuid-node1", "node1"]
        self.assertEqual(self.rows("node", names, "name"), [["node1"], ["node10"]])

    def test_unknown_fields(self) -> None:
        for kind in ("instance", "node", "group", "network", "job", "filter"):
            self.assert_refused(
                "OpPrereqError",
                "Unknown output fields selected: a, b",
                "wrong_input",
                lambda kind=kind: self.rows(
                    kind, None, "uuid" if kind != "job" else "id", "a", "b"
                ),
            )

    def test_filter_rules_are_sorted_and_found_by_uuid(self) -> None:
        self.cluster.filters = [
            FilterRule(uuid, 7, 1, [["jobid", [">", "id", 1]]], "REJECT", []) for uuid in ("b", "a")
        ]
        self.assertEqual(self.rows("filter", None, "uuid"), [["a"], ["b"]])
        self.assertEqual(
            self.rows("filter", ["b", "x"], "uuid", "watermark", "priority", "action"),
            [["b", 7, 1, "REJECT"]],
        )
        self.assertEqual(self.query("filter", ["uuid"], ["=", "uuid", "x"]), [])

    def test_exports(self) -> None:
        self.cluster.exports = {"node2": ["b", "a"]}
        self.node10.offline = True
        self.assertEqual(
            self.rows("export", [], "node", "export"),
            [["node1", None], ["node2", "b"], ["node2", "a"], ["node10", None]],
        )
        self.assertEqual(self.rows("export", ["node2"], "export"), [["b"], ["a"]])
        self.assertEqual(
            self.query(
                "export", ["export"], ["|", ["=", "node", "node1"], ["=", "node", "node10"]]
            ),
            [[NO_DATA], [OFFLINE]],
        )
        self.assert_refused(
            "OpPrereqError",
            "Node name x not found",
            "unknown_entity",
            lambda: self.rows("export", ["x"], "node"),
        )


class JobTests(QueryTestCase):
    def test_all_are_those_that_are_not_archived(self) -> None:
        for everything in NO_NAMES:
            self.assertEqual(self.rows("job", everything, "id"), [[4], [12]])

    def test_archived_ones_are_listed_to_who_asks_whether_they_are(self) -> None:
        self.assertEqual(self.rows("job", None, "id", "archived")[0], [3, True])

    def test_ids_may_be_digits_and_keep_their_order(self) -> None:
        self.assertEqual(
            self.rows("job", ["12", 3, 12, 99], "id", "status"),
            [[12, "queued"], [3, "queued"], [99, None]],
        )

    def test_a_missing_job_has_nothing_but_an_id(self) -> None:
        names = list(KINDS["job"].fields)
        (row,) = self.query("job", names, ["=", "id", 99])
        self.assertEqual(
            [name for name, reading in zip(names, row) if reading != UNAVAILABLE], ["id"]
        )

    def test_times_that_have_not_come(self) -> None:
        fields = ["start_ts", "end_ts", "opend"]
        (row,) = self.query("job", fields, ["=", "id", 4])
        self.assertEqual(row, [(NORMAL, [5, 6]), UNAVAILABLE, (NORMAL, [None])])

    def test_bad_ids(self) -> None:
        for names, reason in (
            (["x"], "parsing job id: cannot parse string 'x'"),
            ([-1], "Invalid value for job ID ' -1'"),
            (["9" * 19], "Invalid value for job ID ' -8446744073709551617'"),
            (["9" * 5000], "Invalid value for job ID ' -1'"),
        ):
            error = self.assertRaises(JobDaemonError, self.rows, "job", names, "id")
            self.assertEqual((error.class_name, error.text.partition("error: ")[2]), ("", reason))
            self.assert_refused(
                "GenericError",
                reason,
                None,
                lambda names=names: self.query("job", ["id"], ["=", "id", names[0]]),
            )


class InstanceFieldTests(QueryTestCase):
    def test_status(self) -> None:
        for admin_state, running, status in (
            ("up", True, "running"),
            ("up", False, "ERROR_down"),
            ("down", True, "ERROR_up"),
            ("down", False, "ADMIN_down"),
            ("offline", True, "ERROR_up"),
            ("offline", False, "ADMIN_offline"),
        ):
            self.web1.admin_state, self.web1.running = admin_state, running
            self.assert_values("instance", self.web1, {"status": status})

    def test_what_only_a_silent_node_knows(self) -> None:
        live = ("oper_state", "oper_ram", "oper_vcpus", "console")
        self.node1.powered = False
        self.assert_values("instance", self.web2, {"status": "ERROR_nodedown"})
        self.assert_readings("instance", self.web1, NO_DATA, *live)
        self.node1.offline = True
        self.assert_values("instance", self.web2, {"status": "ERROR_nodeoffline"})
        self.assert_readings("instance", self.web1, NO_DATA, "oper_state")
        self.assert_readings("instance", self.web1, OFFLINE, *live[1:])

    def test_what_only_a_running_instance_has(self) -> None:
        self.assert_values(
            "instance", self.web1, {"oper_state": True, "oper_ram": 512, "oper_vcpus": 1}
        )
        self.assert_values("instance", self.web2, {"oper_state": False})
        self.assert_readings("instance", self.web2, UNAVAILABLE, "oper_ram", "oper_vcpus")

    def test_disks(self) -> None:
        self.assert_values(
            "instance",
            self.web1,
            {
                "disk.count": 2,
                "disk.sizes": [1000, 500],
                "disk.names": ["root", None],
                "disk.uuids": ["uuid-disk0", "uuid-disk1"],
                "disk.spindles": [None, None],
                "disk.size/1": 500,
                "disk.name/0": "root",
                "sda_size": 1000,
                "sdb_size": 500,
                "disk_usage": 1500 + 2 * 128,
            },
        )
        self.assert_readings(
            "instance", self.web1, UNAVAILABLE, "disk.name/1", "disk.size/2", "disk.spindles/0"
        )

    def test_disk_usage_by_template(self) -> None:
        for template, usage in (("diskless", 0), ("blockdev", 0), ("plain", 1500), ("file", 1500)):
            self.web1.disk_template = template
            self.assert_values("instance", self.web1, {"disk_usage": usage})

    def test_nics(self) -> None:
        self.assert_values(
            "instance",
            self.web1,
            {
                "nic.count": 3,
                "nic.ips": ["198.51.100.2", None, None],
                "nic.modes": ["bridged", "routed", "openvswitch"],
                "nic.links": ["br0", "rt", "br0"],
                "nic.bridges": ["br0", None, None],
                "nic.vlans": [None, None, ".5"],
                "nic.networks": ["uuid-net", None, None],
                "nic.networks.names": ["net", None, None],
                "nic.network.name/0": "net",
                "nic_mode": "bridged",
                "mac": "aa:00",
                "custom_nicparams": [
                    {},
                    {"mode": "routed", "link": "rt"},
                    {"mode": "openvswitch", "vlan": ".5"},
                ],
            },
        )
        self.assert_readings(
            "instance",
            self.web1,
            UNAVAILABLE,
            "nic.ip/1",
            "nic.mac/3",
            "nic.vlan/0",
            "nic.bridge/1",
        )
        self.assert_readings("instance", self.web2, UNAVAILABLE, "ip", "mac", "bridge", "nic_link")

    def test_parameters_are_merged_and_the_own_ones_shown_apart(self) -> None:
        self.assert_values(
            "instance",
            self.web1,
            {
                "beparams": {"maxmem": 512, "minmem": 64, "vcpus": 1},
                "custom_beparams": {"maxmem": 512},
                "be/memory": 512,
                "vcpus": 1,
                "hvparams": {
                    "kernel_path": "/own",
                    "acpi": False,
                    "serial_console": True,
                    "vnc_bind_address": "",
                    "spice_bind": "",
                },
                "custom_hvparams": {"kernel_path": "/own"},
                "hv/acpi": False,
                "osparams": {"dns": "own", "ntp": "three"},
                "custom_osparams": {"dns": "own"},
            },
        )
        self.assert_values("instance", self.web2, {"hv/kernel_path": "/vmlinuz"})
        self.assert_readings("instance", self.web1, UNAVAILABLE, "hv/pae")

    def test_where_it_is(self) -> None:
        self.assert_values(
            "instance",
            self.web1,
            {
                "pnode": "node1",
                "pnode.group": "default",
                "snodes": ["node2"],
                "snodes.group.uuid": ["uuid-default"],
                "tags": ["a", "z"],
            },
        )
        self.assert_values("instance", self.web2, {"snodes": [], "snodes.group": []})


class ConsoleTests(QueryTestCase):
    def console(self) -> Any:  # Any: a dict with ports and commands
        status, console = self.reading("instance", self.web1, "console")
        self.assertEqual((status, console.pop("instance")), (NORMAL, "web1"))
        return console

    def test_kvm_with_a_serial_line_is_reached_over_ssh(self) -> None:
        self.web1.primary = self.node2
        console = self.console()
        self.assertEqual(console.pop("command")[2], "web1")
        self.assertEqual(console, {"kind": "ssh", "host": "node2", "port": 2222, "user": "root"})

    def test_vnc(self) -> None:
        self.web1.hvparams = {"serial_console": False, "vnc_bind_address": "192.0.2.7"}
        self.assertEqual(
            self.console(), {"kind": "vnc", "host": "192.0.2.7", "port": 11000, "display": 5100}
        )

    def test_spice(self) -> None:
        self.web1.hvparams = {"serial_console": False, "spice_bind": "192.0.2.7"}
        self.assertEqual(self.console(), {"kind": "spice", "host": "192.0.2.7", "port": 11000})

    def test_a_message_where_there_is_none(self) -> None:
        self.web1.hypervisor = "fake"
        console = self.console()
        self.assertIn("fake", console.pop("message"))
        self.assertEqual(console, {"kind": "msg"})

    def test_a_stopped_instance_has_one_too(self) -> None:
        self.web1.running = False
        self.assertEqual(self.console()["kind"], "ssh")


class NodeFieldTests(QueryTestCase):
    LIVE = [
        "bootid",
        "cnodes",
        "cnos",
        "csockets",
        "ctotal",
        "dfree",
        "dtotal",
        "mfree",
        "mnode",
        "mtotal",
    ]

    def test_figures_count_what_is_on_the_node(self) -> None:
        self.web2.disks = [Disk("uuid", 100)]
        self.web10.disk_template, self.web10.disks = "sharedfile", [Disk("uuid", 100)]
        drbd = 1500 + 2 * 128
        for each, mfree, dfree in (
            (self.node1, 65536 - 2048 - 512, 2097152 - drbd - 100),
            (self.node2, 65536 - 2048, 2097152 - drbd),
            (self.node10, 65536 - 2048 - 128, 2097152),
        ):
            self.assert_values("node", each, {"mfree": mfree, "dfree": dfree, "mtotal": 65536})

    def test_instances(self) -> None:
        self.assert_values(
            "node",
            self.node1,
            {"pinst_cnt": 2, "pinst_list": ["web1", "web2"], "sinst_cnt": 0, "sinst_list": []},
        )
        self.assert_values("node", self.node2, {"pinst_list": [], "sinst_list": ["web1"]})

    def test_a_silent_node(self) -> None:
        self.node1.powered = False
        self.assert_readings("node", self.node1, NO_DATA, *self.LIVE)
        self.node1.offline = True
        self.assert_readings("node", self.node1, OFFLINE, *self.LIVE)
        self.node1.vm_capable = False
        self.assert_readings("node", self.node1, UNAVAILABLE, *self.LIVE)

    def test_role(self) -> None:
        for each, values, role in (
            (self.node1, {}, "M"),
            (self.node2, {}, "C"),
            (self.node10, {}, "R"),
            (self.node10, {"drained": True}, "D"),
            (self.node10, {"drained": False, "offline": True}, "O"),
        ):
            with_values(each, values)
            self.assert_values("node", each, {"role": role})

    def test_power_is_known_where_a_program_can_switch_it(self) -> None:
        self.assert_readings("node", self.node1, UNAVAILABLE, "powered")
        self.node1.ndparams = {"oob_program": "/bin/ipmi"}
        self.assert_values("node", self.node1, {"powered": True})

    def test_parameters(self) -> None:
        self.assert_values(
            "node",
            self.node2,
            {
                "ndparams": {"oob_program": "", "ssh_port": 2222, "spindle_count": 2},
                "custom_ndparams": {"ssh_port": 2222},
                "ndp/spindle_count": 2,
            },
        )

    def test_spindles_are_a_matter_of_lvm(self) -> None:
        self.assert_readings("node", self.node1, NO_DATA, "spfree", "sptotal")
        self.cluster.info = {**INFO, "volume_group_name": "xenvg"}
        self.assert_values("node", self.node1, {"spfree": 0, "sptotal": 0})

    def test_the_list_of_all_looks_at_each_instance_once(self) -> None:
        class Counted(list[Instance]):
            passes = 0

            def __iter__(self) -> Iterator[Instance]:
                type(self).passes += 1
                return super().__iter__()

        self.cluster.instances = Counted(self.cluster.instances)
        self.rows("node", [], "name", "pinst_cnt", "sinst_list", "mfree", "dfree")
        self.assertEqual(Counted.passes, 1)


class GroupFieldTests(QueryTestCase):
    def test_members(self) -> None:
        self.assert_values(
            "group",
            self.default,
            {
                "node_cnt": 2,
                "node_list": ["node1", "node2"],
                "pinst_cnt": 2,
                "pinst_list": ["web1", "web2"],
            },
        )

    def test_parameters(self) -> None:
        self.default.ipolicy = {"std": {"nic-count": 2}, "vcpu-ratio": 8}
        self.default.diskparams = {"drbd": {"protocol": "A"}}
        self.assert_values(
            "group",
            self.default,
            {
                "ipolicy": {
                    "minmax": ["default"],
                    "std": {"disk-size": 10, "nic-count": 2},
                    "vcpu-ratio": 8,
                },
                "custom_ipolicy": {"std": {"nic-count": 2}, "vcpu-ratio": 8},
                "diskparams": {"drbd": {"protocol": "A", "resync-rate": 9}, "plain": {}},
                "ndparams": {"oob_program": "", "ssh_port": 22, "spindle_count": 2},
            },
        )


class NetworkFieldTests(QueryTestCase):
    def test_addresses(self) -> None:
        self.network.reserved = ["198.51.100.5"]
        self.assert_values(
            "network",
            self.network,
            {
                "map": "XXX..X.X",
                "external_reservations": "198.51.100.0, 198.51.100.1, 198.51.100.5, 198.51.100.7",
                "free_count": 3,
                "reserved_count": 5,
                "gateway": "198.51.100.1",
            },
        )
        self.assert_readings(
            "network", self.network, UNAVAILABLE, "gateway6", "network6", "mac_prefix"
        )

    def test_who_uses_it(self) -> None:
        self.assert_values(
            "network",
            self.network,
            {
                "group_cnt": 1,
                "group_list": [["default", "bridged", "br0", ""]],
                "inst_cnt": 1,
                "inst_list": ["web1"],
            },
        )


class ClusterTests(QueryTestCase):
    def test_info_has_settings_and_live_values_in_luxids_order(self) -> None:
        info = cluster_queries.cluster_info(self.cluster)
        self.assertEqual(list(info)[:1] + list(info)[7:9], ["software_version", "name", "master"])
        self.assertEqual(len(info), 55)
        self.assertEqual((info["master"], info["tags"]), ("node1", ["a", "z"]))
        self.assertEqual((info["ssh_key_type"], info["uid_pool"]), ("rsa", None))

    def test_config_values(self) -> None:
        names = [
            "master_node",
            "nope",
            "cluster_name",
            "drain_flag",
            "watcher_pause",
            "ssh_key_type",
        ]
        self.assertEqual(
            cluster_queries.config_values(self.cluster, names),
            ["node1", None, "cluster", False, None, "rsa"],
        )

    def test_tags(self) -> None:
        self.assertEqual(cluster_queries.tags(self.cluster, "cluster", "ignored"), ["a", "z"])
        for name in ("web1", "uuid-web1"):
            self.assertEqual(cluster_queries.tags(self.cluster, "instance", name), ["a", "z"])
        self.assertEqual(cluster_queries.tags(self.cluster, "nodegroup", "default"), [])

    def test_tags_of_what_does_not_exist(self) -> None:
        self.assert_refused(
            "OpPrereqError",
            "NodeGroup name x not found",
            "unknown_entity",
            lambda: cluster_queries.tags(self.cluster, "nodegroup", "x"),
        )
        self.assert_refused(
            "",
            'Failed to parse request: Cannot convert value \'["group", "default"]\', error:'
            ' Invalid string value for type TagKind: "group"',
            None,
            lambda: cluster_queries.tags(self.cluster, "group", "default"),
        )
