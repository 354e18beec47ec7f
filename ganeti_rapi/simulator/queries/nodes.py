"""The fields of nodes and of node groups, which share the node parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from ganeti_rapi.simulator.queries.context import Context
from ganeti_rapi.simulator.queries.fields import (
    UNAVAILABLE,
    E,
    Field,
    FieldKind,
    Read,
    Table,
    always,
    attribute,
    configuration_fields,
    if_any,
    table,
)
from ganeti_rapi.simulator.queries.live import from_node, spindles
from ganeti_rapi.simulator.state import Group, Node, Params

# By name: title and kind of each node parameter.
_NODE_PARAMETERS: dict[str, tuple[str, FieldKind]] = {
    "cpu_speed": ("ndp/cpu_speed", "float"),
    "exclusive_storage": ("ExclusiveStorage", "bool"),
    "oob_program": ("OutOfBandProgram", "other"),
    "ovs": ("OpenvSwitch", "bool"),
    "ovs_link": ("OpenvSwitchLink", "other"),
    "ovs_name": ("OpenvSwitchName", "other"),
    "spindle_count": ("SpindleCount", "number"),
    "ssh_port": ("ndp/ssh_port", "number"),
}


def _parameter_fields(merged: Callable[[Context, E], Params]) -> Iterator[Field[E]]:
    for name, (title, kind) in _NODE_PARAMETERS.items():
        doc = f"Value of the node parameter {name}"
        yield Field(f"ndp/{name}", title, kind, doc, _parameter_reader(merged, name))


def _parameter_reader(merged: Callable[[Context, E], Params], name: str) -> Read[E]:
    return if_any(lambda context, entity: merged(context, entity).get(name))


def _role(context: Context, node: Node) -> str:
    if node is context.cluster.master:
        return "M"
    if node.master_candidate:
        return "C"
    if node.drained:
        return "D"
    return "O" if node.offline else "R"


def _powered(context: Context, node: Node) -> bool | None:
    """Known only where a program can switch the node on and off."""
    return node.powered if context.node_ndparams(node).get("oob_program") else None


def _by_uuid(nodes: Iterable[Node]) -> list[Node]:
    """The order in which the configuration keeps nodes."""
    return sorted(nodes, key=lambda node: node.uuid)


# fmt: off
NODE_FIELDS: Table[Node] = table([
    *configuration_fields("Node"),
    *_parameter_fields(Context.node_ndparams),
    Field("bootid", "BootID", "text",
          "A random UUID that is new after each boot", from_node(lambda _, n: n.bootid)),
    Field("cnodes", "CNodes", "number",
          "How many NUMA nodes its CPUs form", from_node(lambda *_: 1)),
    Field("cnos", "CNOs", "number",
          "How many logical CPUs its own system uses", from_node(lambda _, n: n.cpus)),
    Field("csockets", "CSockets", "number",
          "How many CPU sockets it has", from_node(lambda _, n: n.sockets)),
    Field("ctotal", "CTotal", "number",
          "How many logical CPUs it has", from_node(lambda _, n: n.cpus)),
    Field("custom_ndparams", "CustomNodeParameters", "other",
          "The node parameters set on it", attribute("ndparams")),
    Field("dfree", "DFree", "unit", "Storage that is free for instances",
          from_node(lambda c, n: n.disk_total - c.disk_used(n))),
    Field("disk_state", "DiskState", "other",
          "The state of its storage", lambda *_: UNAVAILABLE),
    Field("drained", "Drained", "bool",
          "Whether it takes no new instances", attribute("drained")),
    Field("dtotal", "DTotal", "unit",
          "Storage for instances, free or not", from_node(lambda _, n: n.disk_total)),
    Field("group", "Group", "text", "Its node group", attribute("group.name")),
    Field("group.uuid", "GroupUUID", "text", "Its node group's UUID", attribute("group.uuid")),
    Field("hv_state", "HypervisorState", "other",
          "The state of its hypervisor", lambda *_: UNAVAILABLE),
    Field("master", "IsMaster", "bool",
          "Whether it is the master", always(lambda c, n: n is c.cluster.master)),
    Field("master_candidate", "MasterC", "bool",
          "Whether it could become the master at once", attribute("master_candidate")),
    Field("master_capable", "MasterCapable", "bool",
          "Whether it may become a master candidate", attribute("master_capable")),
    Field("mfree", "MFree", "unit", "Memory that is free for instances",
          from_node(lambda c, n: n.memory_total - n.memory_own - c.memory_used(n))),
    Field("mnode", "MNode", "unit",
          "Memory that its own system uses", from_node(lambda _, n: n.memory_own)),
    Field("mtotal", "MTotal", "unit",
          "Memory that it has", from_node(lambda _, n: n.memory_total)),
    Field("name", "Node", "text", "Its name", attribute("name")),
    Field("ndparams", "NodeParameters", "other",
          "All node parameters, defaults included", always(Context.node_ndparams)),
    Field("offline", "Offline", "bool",
          "Whether it is marked offline, so that nobody asks it", attribute("offline")),
    Field("pinst_cnt", "Pinst", "number",
          "How many instances it is the primary of", always(lambda c, n: len(c.primaries_on(n)))),
    Field("pinst_list", "PriInstances", "other", "The instances that it is the primary of",
          always(lambda c, n: [instance.name for instance in c.primaries_on(n)])),
    Field("pip", "PrimaryIP", "text", "Its primary IP address", attribute("primary_ip")),
    Field("powered", "Powered", "bool",
          "Whether it is believed to be switched on", if_any(_powered)),
    Field("role", "Role", "text",
          "One letter: M master, C master candidate, R regular, D drained, O offline",
          always(_role)),
    Field("sinst_cnt", "Sinst", "number", "How many instances it is the secondary of",
          always(lambda c, n: len(c.secondaries_on(n)))),
    Field("sinst_list", "SecInstances", "other", "The instances that it is the secondary of",
          always(lambda c, n: [instance.name for instance in c.secondaries_on(n)])),
    Field("sip", "SecondaryIP", "text", "Its secondary IP address", attribute("secondary_ip")),
    Field("spfree", "SpFree", "number",
          "Free disk spindles; zero without exclusive storage", spindles),
    Field("sptotal", "SpTotal", "number",
          "Disk spindles; zero without exclusive storage", spindles),
    Field("vm_capable", "VMCapable", "bool",
          "Whether it may run instances", attribute("vm_capable")),
])

GROUP_FIELDS: Table[Group] = table([
    *configuration_fields("Group"),
    *_parameter_fields(Context.group_ndparams),
    Field("alloc_policy", "AllocPolicy", "text",
          "Whether new instances may go there", attribute("alloc_policy")),
    Field("custom_diskparams", "CustomDiskParameters", "other",
          "The disk parameters set on it", attribute("diskparams")),
    Field("custom_ipolicy", "CustomInstancePolicy", "other",
          "The part of the instance policy set on it", attribute("ipolicy")),
    Field("custom_ndparams", "CustomNDParams", "other",
          "The node parameters set on it", attribute("ndparams")),
    Field("diskparams", "DiskParameters", "other",
          "All disk parameters, defaults included", always(Context.diskparams)),
    Field("ipolicy", "InstancePolicy", "other",
          "The whole instance policy, defaults included", always(Context.ipolicy)),
    Field("name", "Group", "text", "Its name", attribute("name")),
    Field("ndparams", "NDParams", "other",
          "All node parameters, defaults included", always(Context.group_ndparams)),
    Field("node_cnt", "Nodes", "number",
          "How many nodes it has", always(lambda c, g: len(c.nodes_of(g)))),
    Field("node_list", "NodeList", "other",
          "Its nodes", always(lambda c, g: [node.name for node in _by_uuid(c.nodes_of(g))])),
    Field("pinst_cnt", "Instances", "number", "How many instances have their primary node in it",
          always(lambda c, g: len(c.primaries_in(g)))),
    Field("pinst_list", "InstanceList", "other", "The instances whose primary node is in it",
          always(lambda c, g: [instance.name for instance in c.primaries_in(g)])),
])
# fmt: on
