"""RESOURCES: the whole API as a table, one row per URI, one cell per method.

Routes, access, parameters, the reference, the OpenAPI document and the tests that everything is
complete are all made from these rows. A row's name is the one that Ganeti puts into the reason
trail of the jobs that the row submits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import evolve

from ganeti_rapi.api.access import Access
from ganeti_rapi.api.cells import (
    BULK,
    DRY_RUN,
    LOCK,
    REASON,
    WAIT,
    Arg,
    Body,
    Cell,
    Constant,
    Handler,
    Item,
    Listing,
    Stream,
    Submit,
    Tags,
    flag,
)
from ganeti_rapi.api.fields import FILTER, GROUP, INSTANCE, JOB, NETWORK, NODE
from ganeti_rapi.api.handlers import cluster, events, instances, jobs, nodes, tags
from ganeti_rapi.api.openapi import document
from ganeti_rapi.api.resource import Resource
from ganeti_rapi.api.schemas import (
    INTEGER,
    JOB_ID,
    NAMES,
    NULL,
    OBJECT,
    TEXT,
    Field,
    any_of,
    component,
    list_of,
    object_of,
    one_of,
)
from ganeti_rapi.jsontext import Encoded, Json, dumps

__all__ = ["FEATURES", "RESOURCES", "Resource"]

FEATURES = (
    "instance-create-reqv1",
    "instance-reinstall-reqv1",
    "node-migrate-reqv1",
    "node-evac-res1",
)
"""What clients ask for before they use a newer form of a request."""

_JOB_ID = "The job's id."


def _tag_cells(kind: str, thing: str) -> dict[str, Cell]:
    fixed: dict[str, Json] = {"kind": kind, **({"name": None} if kind == "cluster" else {})}
    tag = Arg("tag", "A tag; may be given several times.", "repeated")
    return {
        "GET": Tags(doc=f"List the tags of {thing}.", reply="A list of tags.", kind=kind),
        "PUT": Submit(
            doc=f"Add tags to {thing}: the body is a list of them.",
            opcode="OP_TAGS_SET",
            query=(tag, DRY_RUN, REASON, WAIT),
            fixed=fixed,
            body=Body.OTHER,
            body_check=tags.TAGS_BODY,
            prepare=tags.tags_to_set,
        ),
        "DELETE": Submit(
            doc=f"Remove tags from {thing}.",
            opcode="OP_TAGS_DEL",
            query=(tag, DRY_RUN, REASON, WAIT),
            fixed=fixed,
            body=Body.DEPENDS,
            prepare=tags.tags_to_delete,
        ),
    }


def _list_of(things: str) -> str:
    return f"A list of {things}, each with its name and URI, or with its details."


_CLUSTER = (
    Resource(
        "version",
        "/version",
        "The version of the remote API.",
        {
            "GET": Constant(
                doc="Show the version of the API.",
                reply="The number 2.",
                reply_schema=INTEGER,
                value=2,
            )
        },
    ),
    Resource(
        "info",
        "/2/info",
        "The cluster.",
        {
            "GET": Handler(
                doc="Show the cluster's settings.",
                reply="An object with the settings.",
                reply_schema=component("Cluster"),
                function=cluster.info,
                shared=True,
            )
        },
    ),
    Resource(
        "features",
        "/2/features",
        "What this server can do beyond the first version of the API.",
        {
            "GET": Constant(
                doc="List the features.",
                reply="A list of feature names.",
                reply_schema=NAMES,
                value=FEATURES,
            )
        },
    ),
    Resource(
        "os",
        "/2/os",
        "The operating systems that instances can be installed with.",
        {
            "GET": Handler(
                doc="List the operating systems. Runs a job and waits for it.",
                reply="A list of names with variants, or of details.",
                reply_schema=cluster.OS_REPLY,
                query=(BULK,),
                function=cluster.operating_systems,
                shared=True,
            )
        },
    ),
    Resource(
        "redist_config",
        "/2/redistribute-config",
        "The configuration's copies on the nodes.",
        {
            "PUT": Submit(
                doc="Send the cluster's configuration to all nodes again.",
                opcode="OP_CLUSTER_REDIST_CONF",
                query=(REASON, WAIT),
            )
        },
    ),
    Resource(
        "cluster_modify",
        "/2/modify",
        "The cluster's parameters.",
        {
            "PUT": Submit(
                doc="Change parameters of the cluster.",
                opcode="OP_CLUSTER_SET_PARAMS",
                query=(REASON, WAIT),
                body=Body.REQUIRED,
                forbidden=frozenset({"compression_tools"}),
            )
        },
    ),
    Resource("tags", "/2/tags", "The cluster's tags.", _tag_cells("cluster", "the cluster")),
)

_FILTERS = (
    Resource(
        "filters",
        "/2/filters",
        "The rules that decide which jobs may run.",
        {
            "GET": Listing(
                doc="List the filter rules.",
                reply=_list_of("rules"),
                query=(BULK,),
                kind=FILTER,
            ),
            "POST": Handler(
                doc="Add a filter rule.",
                reply="The rule's uuid.",
                reply_schema=TEXT,
                access=Access.WRITE,
                body=Body.REQUIRED,
                body_params=cluster.FILTER_PARAMS,
                function=cluster.add_filter,
            ),
        },
    ),
    Resource(
        "filters_uuid",
        "/2/filters/{filter_uuid}",
        "One filter rule.",
        {
            "GET": Item(
                doc="Show a filter rule.",
                reply="An object with its details.",
                kind=FILTER,
                item="filter_uuid",
            ),
            "PUT": Handler(
                doc="Replace a filter rule, or add one with this uuid.",
                reply="The rule's uuid.",
                reply_schema=TEXT,
                access=Access.WRITE,
                body=Body.REQUIRED,
                body_params=cluster.FILTER_PARAMS,
                function=cluster.replace_filter,
            ),
            "DELETE": Handler(
                doc="Delete a filter rule.",
                reply="null",
                reply_schema=NULL,
                access=Access.WRITE,
                function=cluster.delete_filter,
            ),
        },
    ),
)

_JOBS = (
    Resource(
        "jobs",
        "/2/jobs",
        "The jobs in the queue.",
        {"GET": Listing(doc="List the jobs.", reply=_list_of("jobs"), query=(BULK,), kind=JOB)},
    ),
    Resource(
        "jobs_id",
        "/2/jobs/{job_id}",
        "One job.",
        {
            "GET": Handler(
                doc="Show a job: its opcodes, their states, results and logs.",
                reply="An object with the job's fields.",
                reply_schema=component("Job"),
                function=jobs.show,
                shared=True,
            ),
            "DELETE": Handler(
                doc="Cancel a job that has not started yet.",
                reply="A list: whether it was canceled, and a sentence that says so.",
                reply_schema=jobs.CANCEL_REPLY,
                access=Access.WRITE,
                function=jobs.cancel,
            ),
        },
    ),
    Resource(
        "jobs_id_wait",
        "/2/jobs/{job_id}/wait",
        "The changes of a job.",
        {
            "GET": Handler(
                doc="Wait until fields of a job change or it logs something.",
                reply="An object with `job_info` and `log_entries`, or null when nothing changed.",
                reply_schema=jobs.WAIT_REPLY,
                access=Access.WRITE,
                query=(
                    Arg(
                        "timeout",
                        "Seconds to wait at the most.",
                        "seconds",
                        default=jobs.DEFAULT_WAIT,
                        longest=jobs.LONGEST_WAIT,
                    ),
                    Arg("fields", "Job fields with commas, for clients without a body.", "words"),
                    Arg(
                        "previous_log_serial",
                        "Serial number of the last log entry received.",
                        "number",
                    ),
                ),
                body=Body.OR_QUERY,
                body_params=jobs.WAIT_PARAMS,
                ignores_unknown=True,
                function=jobs.wait,
            )
        },
    ),
)

_LAST_EVENT = Arg(
    "last_event_id",
    "The id of the last event seen, for a reader that cannot send the header Last-Event-ID.",
)

_EVENTS = (
    Resource(
        "jobs_id_events",
        "/2/jobs/{job_id}/events",
        "The changes of a job, as they happen.",
        {
            "GET": Stream(
                doc="Stream each change and log entry of a job, until it has ended.",
                query=(_LAST_EVENT,),
                source=events.job_events,
            )
        },
    ),
    Resource(
        "events",
        "/2/events",
        "What happens to all jobs, as it happens.",
        {
            "GET": Stream(
                doc="Stream which jobs are submitted, change and finish, from now on.",
                query=(_LAST_EVENT,),
                source=events.all_events,
            )
        },
    ),
)

_STORAGE_TYPE = Arg(
    "storage_type",
    "The type of the storage unit: file, lvm-pv or lvm-vg, or another that Ganeti knows.",
    param="storage_type",
    required=True,
)
_UNIT_NAME = Arg("name", "The name of the storage unit.", param="name", required=True)

_NODES = (
    Resource(
        "nodes",
        "/2/nodes",
        "The nodes: the cluster's physical machines.",
        {"GET": Listing(doc="List the nodes.", reply=_list_of("nodes"), query=(BULK,), kind=NODE)},
    ),
    Resource(
        "nodes_name",
        "/2/nodes/{node_name}",
        "One node.",
        {
            "GET": Item(
                doc="Show a node.",
                reply="An object with its details.",
                query=(LOCK,),
                kind=NODE,
                item="node_name",
            )
        },
    ),
    Resource(
        "nodes_name_powercycle",
        "/2/nodes/{node_name}/powercycle",
        "A node's power.",
        {
            "POST": Submit(
                doc="Power-cycle a node, hard.",
                opcode="OP_NODE_POWERCYCLE",
                query=(flag("force", "Do it even to the master node."), REASON, WAIT),
            )
        },
    ),
    Resource(
        "nodes_name_role",
        "/2/nodes/{node_name}/role",
        "A node's role: drained, master, master-candidate, offline or regular.",
        {
            "GET": Handler(
                doc="Show a node's role.",
                reply="The role, a string.",
                reply_schema=one_of(*nodes.ROLES.values()),
                query=(LOCK,),
                function=nodes.role,
                shared=True,
            ),
            "PUT": Submit(
                doc="Change a node's role: the body is the new role, a string.",
                opcode="OP_NODE_SET_PARAMS",
                query=(
                    flag("force", "Do it even if the cluster becomes inconsistent."),
                    flag(
                        "auto-promote",
                        "Make other nodes master candidates if too few are left.",
                        "auto_promote",
                    ),
                    REASON,
                    WAIT,
                ),
                body=Body.OTHER,
                body_check=nodes.ROLE_BODY,
                prepare=nodes.role_change,
            ),
        },
    ),
    Resource(
        "nodes_name_evacuate",
        "/2/nodes/{node_name}/evacuate",
        "A node's evacuation.",
        {
            "POST": Handler(
                doc=(
                    "Move instances away from a node. With a body: the parameters of "
                    "OP_NODE_EVACUATE. Without one: move the secondary instances, as the query "
                    "arguments say, and wait for the list of what is moved."
                ),
                reply="The job's id; without a body a list of [job id, instance, node].",
                reply_schema=nodes.EVACUATE_REPLY,
                access=Access.WRITE,
                query=(
                    Arg("iallocator", "The instance allocator that chooses the new nodes."),
                    Arg("remote_node", "The node that the instances' disks are mirrored to."),
                    flag("early_release", "Release the old disks before the new ones are in sync."),
                    DRY_RUN,
                    REASON,
                    WAIT,
                ),
                body=Body.OR_QUERY,
                body_params=nodes.EVACUATE_PARAMS,
                function=nodes.evacuate,
            )
        },
    ),
    Resource(
        "nodes_name_migrate",
        "/2/nodes/{node_name}/migrate",
        "The migration of a node's primary instances.",
        {
            "POST": Submit(
                doc="Migrate all primary instances away from a node.",
                opcode="OP_NODE_MIGRATE",
                query=(
                    Arg("live", "Older form of `mode`: 1 is `live`, 0 is `non-live`.", "flag"),
                    Arg("mode", "`live` or `non-live`; with it the body is ignored."),
                    REASON,
                    WAIT,
                ),
                body=Body.OR_QUERY,
                prepare=nodes.migration,
            )
        },
    ),
    Resource(
        "nodes_name_modify",
        "/2/nodes/{node_name}/modify",
        "A node's parameters.",
        {
            "POST": Submit(
                doc="Change parameters of a node.",
                opcode="OP_NODE_SET_PARAMS",
                query=(REASON, WAIT),
            )
        },
    ),
    Resource(
        "nodes_name_storage",
        "/2/nodes/{node_name}/storage",
        "A node's storage units.",
        {
            "GET": Submit(
                doc="List a node's storage units: submits a job whose result is the list.",
                opcode="OP_NODE_QUERY_STORAGE",
                query=(
                    _STORAGE_TYPE,
                    Arg(
                        "output_fields",
                        "The fields to list, with commas.",
                        "words",
                        "output_fields",
                        required=True,
                    ),
                    REASON,
                    WAIT,
                ),
                body=Body.IGNORED,
                as_list={"node_name": "nodes"},
            )
        },
    ),
    Resource(
        "nodes_name_storage_modify",
        "/2/nodes/{node_name}/storage/modify",
        "A storage unit's parameters.",
        {
            "PUT": Submit(
                doc="Change a storage unit of a node.",
                opcode="OP_NODE_MODIFY_STORAGE",
                query=(
                    _STORAGE_TYPE,
                    _UNIT_NAME,
                    Arg("allocatable", "Whether instances may be put there.", "flag"),
                    REASON,
                    WAIT,
                ),
                body=Body.DEPENDS,
                prepare=nodes.storage_changes,
            )
        },
    ),
    Resource(
        "nodes_name_storage_repair",
        "/2/nodes/{node_name}/storage/repair",
        "A storage unit's repair.",
        {
            "PUT": Submit(
                doc="Repair a storage unit of a node; only lvm-vg can be repaired.",
                opcode="OP_REPAIR_NODE_STORAGE",
                query=(_STORAGE_TYPE, _UNIT_NAME, REASON, WAIT),
                body=Body.DEPENDS,
            )
        },
    ),
    Resource(
        "nodes_name_tags", "/2/nodes/{name}/tags", "A node's tags.", _tag_cells("node", "a node")
    ),
)

_INSTANCES = (
    Resource(
        "instances",
        "/2/instances",
        "The instances: the cluster's virtual machines.",
        {
            "GET": Listing(
                doc="List the instances.",
                reply=_list_of("instances"),
                query=(BULK, LOCK),
                kind=INSTANCE,
            ),
            "POST": Submit(
                doc="Create an instance.",
                opcode="OP_INSTANCE_CREATE",
                query=(DRY_RUN, REASON, WAIT),
                body=Body.REQUIRED,
                body_params=instances.CREATE_PARAMS,
                renames=instances.CREATE_RENAMES,
                prepare=instances.creation,
            ),
        },
    ),
    Resource(
        "instances_multi_alloc",
        "/2/instances-multi-alloc",
        "The creation of several instances at once.",
        {
            "POST": Submit(
                doc="Create several instances; the allocator places them all together.",
                opcode="OP_INSTANCE_MULTI_ALLOC",
                query=(DRY_RUN, REASON, WAIT),
                body=Body.REQUIRED,
                body_params=instances.MULTI_ALLOC_PARAMS,
                prepare=instances.multi_allocation,
            )
        },
    ),
    Resource(
        "instances_name",
        "/2/instances/{instance_name}",
        "One instance.",
        {
            "GET": Item(
                doc="Show an instance.",
                reply="An object with its details.",
                query=(LOCK,),
                kind=INSTANCE,
                item="instance_name",
            ),
            "DELETE": Submit(
                doc="Remove an instance and its disks.",
                opcode="OP_INSTANCE_REMOVE",
                query=(DRY_RUN, REASON, WAIT),
                fixed={"ignore_failures": False},
            ),
        },
    ),
    Resource(
        "instances_name_info",
        "/2/instances/{instance_name}/info",
        "An instance's detailed information.",
        {
            "GET": Submit(
                doc="Ask for detailed information: submits a job whose result it is.",
                opcode="OP_INSTANCE_QUERY_DATA",
                access=Access.OPEN,
                query=(
                    flag("static", "Show the configuration without asking the nodes."),
                    REASON,
                    WAIT,
                ),
                body=Body.IGNORED,
                as_list={"instance_name": "instances"},
            )
        },
    ),
    Resource(
        "instances_name_reboot",
        "/2/instances/{instance_name}/reboot",
        "An instance's reboot.",
        {
            "POST": Submit(
                doc="Reboot an instance.",
                opcode="OP_INSTANCE_REBOOT",
                query=(
                    Arg("type", "`soft`, `hard` or `full`.", param="reboot_type", default="hard"),
                    flag("ignore_secondaries", "Start even if secondary disks are failing."),
                    DRY_RUN,
                    REASON,
                    WAIT,
                ),
            )
        },
    ),
    Resource(
        "instances_name_shutdown",
        "/2/instances/{instance_name}/shutdown",
        "An instance's shutdown.",
        {
            "PUT": Submit(
                doc="Shut an instance down.",
                opcode="OP_INSTANCE_SHUTDOWN",
                query=(
                    flag("no_remember", "Do not remember that the instance shall be down."),
                    DRY_RUN,
                    REASON,
                    WAIT,
                ),
            )
        },
    ),
    Resource(
        "instances_name_startup",
        "/2/instances/{instance_name}/startup",
        "An instance's start.",
        {
            "PUT": Submit(
                doc="Start an instance.",
                opcode="OP_INSTANCE_STARTUP",
                query=(
                    flag("force", "Start even if secondary disks are failing."),
                    flag("no_remember", "Do not remember that the instance shall be up."),
                    DRY_RUN,
                    REASON,
                    WAIT,
                ),
                body=Body.DEPENDS,
            )
        },
    ),
    Resource(
        "instances_name_reinstall",
        "/2/instances/{instance_name}/reinstall",
        "An instance's operating system.",
        {
            "POST": Handler(
                doc=(
                    "Install the operating system again: `os`, `start`, `osparams` and others of "
                    "OP_INSTANCE_REINSTALL in the body, or the query arguments."
                ),
                reply=_JOB_ID,
                reply_schema=any_of(JOB_ID, component("Job")),
                access=Access.WRITE,
                query=(
                    Arg("os", "The operating system, for requests without a body."),
                    flag("nostartup", "Leave the instance down, for requests without a body."),
                    REASON,
                    WAIT,
                ),
                body=Body.OR_QUERY,
                body_params=instances.REINSTALL_PARAMS,
                renames=instances.REINSTALL_RENAMES,
                function=instances.reinstall,
            )
        },
    ),
    Resource(
        "instances_name_replace_disks",
        "/2/instances/{instance_name}/replace-disks",
        "The replacement of an instance's disks.",
        {
            "POST": Submit(
                doc="Replace disks of an instance. The query arguments count without a body only.",
                opcode="OP_INSTANCE_REPLACE_DISKS",
                query=(
                    Arg("mode", "What to replace."),
                    Arg("disks", "The disks' indexes, with commas."),
                    Arg("remote_node", "The new secondary node."),
                    Arg("iallocator", "The allocator that chooses the new secondary node."),
                    REASON,
                    WAIT,
                ),
                body=Body.OR_QUERY,
                body_params=instances.REPLACE_DISKS_PARAMS,
                prepare=instances.disk_replacement,
            )
        },
    ),
    Resource(
        "instances_name_activate_disks",
        "/2/instances/{instance_name}/activate-disks",
        "The activation of an instance's disks.",
        {
            "PUT": Submit(
                doc="Activate an instance's disks.",
                opcode="OP_INSTANCE_ACTIVATE_DISKS",
                query=(flag("ignore_size", "Ignore the recorded size of the disks."), REASON, WAIT),
                body=Body.DEPENDS,
            )
        },
    ),
    Resource(
        "instances_name_deactivate_disks",
        "/2/instances/{instance_name}/deactivate-disks",
        "The deactivation of an instance's disks.",
        {
            "PUT": Submit(
                doc="Deactivate an instance's disks.",
                opcode="OP_INSTANCE_DEACTIVATE_DISKS",
                query=(flag("force", "Do it even if the instance runs."), REASON, WAIT),
                body=Body.DEPENDS,
            )
        },
    ),
    Resource(
        "instances_name_recreate_disks",
        "/2/instances/{instance_name}/recreate-disks",
        "The re-creation of an instance's disks.",
        {
            "POST": Submit(
                doc="Create an instance's lost disks again, empty.",
                opcode="OP_INSTANCE_RECREATE_DISKS",
                query=(REASON, WAIT),
            )
        },
    ),
    Resource(
        "instances_name_prepare_export",
        "/2/instances/{instance_name}/prepare-export",
        "The preparation of an instance's export.",
        {
            "PUT": Submit(
                doc="Prepare an export; the job's result is what the destination needs.",
                opcode="OP_BACKUP_PREPARE",
                query=(
                    Arg(
                        "mode", "The export mode: `local` or `remote`.", param="mode", required=True
                    ),
                    REASON,
                    WAIT,
                ),
                body=Body.DEPENDS,
            )
        },
    ),
    Resource(
        "instances_name_export",
        "/2/instances/{instance_name}/export",
        "An instance's export.",
        {
            "PUT": Submit(
                doc="Export an instance to a node, or to another cluster.",
                opcode="OP_BACKUP_EXPORT",
                query=(REASON, WAIT),
                renames={"destination": "target_node"},
            ),
            "DELETE": Submit(
                doc="Remove an instance's exports.",
                opcode="OP_BACKUP_REMOVE",
                query=(REASON, WAIT),
            ),
        },
    ),
    Resource(
        "instances_name_migrate",
        "/2/instances/{instance_name}/migrate",
        "An instance's migration.",
        {
            "PUT": Submit(
                doc="Migrate an instance to another node while it runs.",
                opcode="OP_INSTANCE_MIGRATE",
                query=(REASON, WAIT),
            )
        },
    ),
    Resource(
        "instances_name_failover",
        "/2/instances/{instance_name}/failover",
        "An instance's failover.",
        {
            "PUT": Submit(
                doc="Stop an instance and start it on another node.",
                opcode="OP_INSTANCE_FAILOVER",
                query=(REASON, WAIT),
            )
        },
    ),
    Resource(
        "instances_name_rename",
        "/2/instances/{instance_name}/rename",
        "An instance's name.",
        {
            "PUT": Submit(
                doc="Rename an instance.",
                opcode="OP_INSTANCE_RENAME",
                query=(REASON, WAIT),
            )
        },
    ),
    Resource(
        "instances_name_modify",
        "/2/instances/{instance_name}/modify",
        "An instance's parameters.",
        {
            "PUT": Submit(
                doc="Change parameters, disks and network interfaces of an instance.",
                opcode="OP_INSTANCE_SET_PARAMS",
                query=(REASON, WAIT),
                body=Body.REQUIRED,
                renames={"custom_beparams": "beparams", "custom_hvparams": "hvparams"},
                prepare=instances.usb_devices,
            )
        },
    ),
    Resource(
        "instances_name_disk_grow",
        "/2/instances/{instance_name}/disk/{disk}/grow",
        "The size of an instance's disk.",
        {
            "POST": Submit(
                doc="Grow a disk of an instance.",
                opcode="OP_INSTANCE_GROW_DISK",
                query=(REASON, WAIT),
            )
        },
    ),
    Resource(
        "instances_name_console",
        "/2/instances/{instance_name}/console",
        "An instance's console.",
        {
            "GET": Handler(
                doc="Show how to reach the console of a running instance.",
                reply="An object with the kind of console and its address or command.",
                reply_schema=instances.CONSOLE_REPLY,
                access=Access.READ,
                function=instances.console,
            )
        },
    ),
    Resource(
        "instances_name_tags",
        "/2/instances/{name}/tags",
        "An instance's tags.",
        _tag_cells("instance", "an instance"),
    ),
)

_GROUPS = (
    Resource(
        "groups",
        "/2/groups",
        "The node groups.",
        {
            "GET": Listing(
                doc="List the node groups.", reply=_list_of("groups"), query=(BULK,), kind=GROUP
            ),
            "POST": Submit(
                doc="Create a node group.",
                opcode="OP_GROUP_ADD",
                query=(DRY_RUN, REASON, WAIT),
                renames={"name": "group_name"},
            ),
        },
    ),
    Resource(
        "groups_name",
        "/2/groups/{group_name}",
        "One node group.",
        {
            "GET": Item(
                doc="Show a node group.",
                reply="An object with its details.",
                query=(LOCK,),
                kind=GROUP,
                item="group_name",
            ),
            "DELETE": Submit(
                doc="Remove a node group, which must be empty.",
                opcode="OP_GROUP_REMOVE",
                query=(DRY_RUN, REASON, WAIT),
                body=Body.DEPENDS,
            ),
        },
    ),
    Resource(
        "groups_name_modify",
        "/2/groups/{group_name}/modify",
        "A node group's parameters.",
        {
            "PUT": Submit(
                doc="Change parameters of a node group.",
                opcode="OP_GROUP_SET_PARAMS",
                query=(REASON, WAIT),
                renames={
                    "custom_ndparams": "ndparams",
                    "custom_ipolicy": "ipolicy",
                    "custom_diskparams": "diskparams",
                },
            )
        },
    ),
    Resource(
        "groups_name_rename",
        "/2/groups/{group_name}/rename",
        "A node group's name.",
        {
            "PUT": Submit(
                doc="Rename a node group.", opcode="OP_GROUP_RENAME", query=(DRY_RUN, REASON, WAIT)
            )
        },
    ),
    Resource(
        "groups_name_assign_nodes",
        "/2/groups/{group_name}/assign-nodes",
        "The nodes of a group.",
        {
            "PUT": Submit(
                doc="Move nodes into a group.",
                opcode="OP_GROUP_ASSIGN_NODES",
                query=(
                    DRY_RUN,
                    flag("force", "Do it even if instances are then split between groups."),
                    REASON,
                    WAIT,
                ),
            )
        },
    ),
    Resource(
        "groups_name_tags",
        "/2/groups/{name}/tags",
        "A node group's tags.",
        _tag_cells("nodegroup", "a node group"),
    ),
)

_NETWORKS = (
    Resource(
        "networks",
        "/2/networks",
        "The IP networks that instances' interfaces may belong to.",
        {
            "GET": Listing(
                doc="List the networks.", reply=_list_of("networks"), query=(BULK,), kind=NETWORK
            ),
            "POST": Submit(
                doc="Create a network.",
                opcode="OP_NETWORK_ADD",
                query=(DRY_RUN, REASON, WAIT),
                renames={"name": "network_name"},
            ),
        },
    ),
    Resource(
        "networks_name",
        "/2/networks/{network_name}",
        "One network.",
        {
            "GET": Item(
                doc="Show a network.",
                reply="An object with its details.",
                query=(LOCK,),
                kind=NETWORK,
                item="network_name",
            ),
            "DELETE": Submit(
                doc="Remove a network.",
                opcode="OP_NETWORK_REMOVE",
                query=(DRY_RUN, REASON, WAIT),
            ),
        },
    ),
    *(
        Resource(
            f"networks_name_{action}",
            f"/2/networks/{{network_name}}/{action}",
            about,
            {"PUT": Submit(doc=doc, opcode=opcode, query=query)},
        )
        for action, about, doc, opcode, query in (
            (
                "connect",
                "The connection of a network to a group.",
                "Connect a network to a node group.",
                "OP_NETWORK_CONNECT",
                (DRY_RUN, REASON, WAIT),
            ),
            (
                "disconnect",
                "The end of a network's connection to a group.",
                "Disconnect a network from a node group.",
                "OP_NETWORK_DISCONNECT",
                (DRY_RUN, REASON, WAIT),
            ),
            (
                "modify",
                "A network's parameters.",
                "Change parameters of a network.",
                "OP_NETWORK_SET_PARAMS",
                (
                    REASON,
                    WAIT,
                ),
            ),
            (
                "rename",
                "A network's name.",
                "Rename a network; needs Ganeti 3.1.",
                "OP_NETWORK_RENAME",
                (DRY_RUN, REASON, WAIT),
            ),
        )
    ),
    Resource(
        "networks_name_tags",
        "/2/networks/{name}/tags",
        "A network's tags.",
        _tag_cells("network", "a network"),
    ),
)

_QUERY_FIELDS = Arg("fields", "The fields to show, with commas.", "words")

_QUERIES = (
    Resource(
        "query",
        "/2/query/{resource}",
        "Queries with filters, as the gnt-* list commands make them.",
        {
            "GET": Handler(
                doc="Show fields of all objects of a kind.",
                reply="An object with `fields` and `data`: rows of [status, value].",
                reply_schema=cluster.QUERY_REPLY,
                access=Access.READ,
                query=(evolve(_QUERY_FIELDS, required=True),),
                function=cluster.query,
                shared=True,
            ),
            "PUT": Handler(
                doc="Show fields of the objects of a kind that a filter selects.",
                reply="An object with `fields` and `data`: rows of [status, value].",
                reply_schema=cluster.QUERY_REPLY,
                access=Access.READ,
                query=(_QUERY_FIELDS,),
                body=Body.REQUIRED,
                body_params=cluster.QUERY_PARAMS,
                ignores_unknown=True,
                function=cluster.filtered_query,
            ),
        },
    ),
    Resource(
        "query_fields",
        "/2/query/{resource}/fields",
        "The fields that a kind of object has.",
        {
            "GET": Handler(
                doc="Describe the fields of a kind of object.",
                reply="An object with `fields`: name, title, kind and doc of each.",
                reply_schema=cluster.FIELDS_REPLY,
                query=(_QUERY_FIELDS,),
                function=cluster.query_fields,
                shared=True,
            )
        },
    ),
)


def _openapi(text: Encoded | None = None) -> Resource:
    showing = Constant(
        doc="Show the description of this API.",
        reply="An OpenAPI document, version 3.1.",
        reply_schema=OBJECT,
        value=text,
    )
    return Resource(
        "openapi", "/2/openapi.json", "The API, described for programs.", {"GET": showing}
    )


_LEAVES = (
    _openapi(),
    *_CLUSTER,
    *_FILTERS,
    *_JOBS,
    *_EVENTS,
    *_NODES,
    *_INSTANCES,
    *_GROUPS,
    *_NETWORKS,
    *_QUERIES,
)


def _mapped_under(prefix: str) -> list[Json]:
    """The resources right under a path, as the requirements list them: name and URI of each."""
    uris = sorted(resource.uri for resource in _LEAVES) if prefix != "/" else ["/2", "/version"]
    names = [uri.removeprefix(prefix) for uri in uris if uri.startswith(prefix)]
    return [{"name": name, "uri": prefix + name} for name in names if "/" not in name]


def _index(name: str, uri: str, prefix: str) -> Resource:
    listing = Constant(
        doc="List the resources.",
        reply="A list of names and URIs.",
        reply_schema=list_of(
            object_of({"name": Field(TEXT, "Its name."), "uri": Field(TEXT, "Its URI.")})
        ),
        value=_mapped_under(prefix),
    )
    return Resource(name, uri, "The list of resources.", {"GET": listing})


def _with_document(rows: Sequence[Resource]) -> Iterator[Resource]:
    """The same rows, with the document that describes them all in the place kept for it."""
    text = Encoded(dumps(document(rows)))
    yield from (_openapi(text) if row.name == "openapi" else row for row in rows)


RESOURCES: Sequence[Resource] = (
    *_with_document((_index("root", "/", "/"), _index("2", "/2", "/2/"), *_LEAVES)),
)
"""Every resource of the API."""
