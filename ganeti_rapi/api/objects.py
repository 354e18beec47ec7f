"""What the objects of the cluster look like in replies: their fields, with type and meaning.

The order of the fields is the stock daemon's order in its replies. Memory and disk space are MiB,
``ctime`` and ``mtime`` seconds since the epoch. A value that Ganeti has to ask a node for is null
when the node does not answer.
"""

from __future__ import annotations

from ganeti_rapi.api.checks import Schema
from ganeti_rapi.api.schemas import (
    ANYTHING,
    COUNT,
    FLAG,
    INTEGER,
    LOG_ENTRY,
    NAMES,
    OBJECT,
    OBJECTS,
    SECONDS,
    TEXT,
    TIMESTAMP,
    Properties,
    Property,
    any_of,
    items,
    list_of,
    maybe,
    object_of,
    one_of,
)
from ganeti_rapi.jobstates import JOB_STATES

_MARKS: Properties = {
    "ctime": Property(SECONDS, "When it was created."),
    "mtime": Property(SECONDS, "When it was last changed."),
    "uuid": Property(TEXT, "Its UUID."),
    "serial_no": Property(COUNT, "How often its configuration was written."),
    "tags": Property(NAMES, "Its tags."),
}


def _of_each(thing: str, schema: Schema, doc: str) -> Property:
    return Property(list_of(schema), f"For each {thing}, {doc}")


NODE: Properties = {
    "name": Property(TEXT, "Its name."),
    "offline": Property(FLAG, "Whether Ganeti leaves it alone."),
    "master_candidate": Property(FLAG, "Whether it can become master at once."),
    "drained": Property(FLAG, "Whether it gets no new instances."),
    "dtotal": Property(maybe(COUNT), "MiB of storage for instances."),
    "dfree": Property(maybe(COUNT), "MiB of it that are free."),
    "sptotal": Property(maybe(COUNT), "Disk spindles, with exclusive storage."),
    "spfree": Property(maybe(COUNT), "Disk spindles that are free."),
    "mtotal": Property(maybe(COUNT), "MiB of memory."),
    "mnode": Property(maybe(COUNT), "MiB of memory that the node itself uses."),
    "mfree": Property(maybe(COUNT), "MiB of memory that are free."),
    "pinst_cnt": Property(COUNT, "Number of instances that have it as primary node."),
    "sinst_cnt": Property(COUNT, "Number of instances that have it as secondary node."),
    "ctotal": Property(maybe(COUNT), "Logical processors."),
    "cnos": Property(maybe(COUNT), "Logical processors that the node itself uses."),
    "cnodes": Property(maybe(COUNT), "NUMA domains."),
    "csockets": Property(maybe(COUNT), "Processor sockets."),
    "pip": Property(TEXT, "Its primary address."),
    "sip": Property(TEXT, "The address that it replicates disks over."),
    "role": Property(
        one_of("M", "C", "R", "D", "O"),
        "M is the master, C a master candidate, R regular, D drained, O offline.",
    ),
    "pinst_list": Property(NAMES, "The instances that have it as primary node."),
    "sinst_list": Property(NAMES, "The instances that have it as secondary node."),
    "master_capable": Property(FLAG, "Whether it may become master."),
    "vm_capable": Property(FLAG, "Whether it may hold instances."),
    "ndparams": Property(OBJECT, "Its node parameters, with the defaults of group and cluster."),
    "group.uuid": Property(TEXT, "The UUID of its group."),
    **_MARKS,
}

NODE_ALONE: Properties = {"secondary_ip": Property(TEXT, "The same as `sip`.")}
"""What only a single node has."""

INSTANCE: Properties = {
    "name": Property(TEXT, "Its name."),
    "admin_state": Property(one_of("up", "down", "offline"), "The state that is wanted."),
    "os": Property(TEXT, "Its OS definition, with the variant after a plus sign."),
    "pnode": Property(TEXT, "Its primary node, which it runs on."),
    "snodes": Property(NAMES, "The nodes that its disks are mirrored to."),
    "disk_template": Property(TEXT, "How its disks are stored; `mixed` if they differ."),
    "nic.ips": _of_each("network interface", maybe(TEXT), "its IP address."),
    "nic.macs": _of_each("network interface", TEXT, "its MAC address."),
    "nic.modes": _of_each("network interface", TEXT, "how it is connected."),
    "nic.uuids": _of_each("network interface", TEXT, "its UUID."),
    "nic.names": _of_each("network interface", maybe(TEXT), "its name."),
    "nic.links": _of_each("network interface", maybe(TEXT), "what it is attached to."),
    "nic.networks": _of_each("network interface", maybe(TEXT), "its network's UUID."),
    "nic.networks.names": _of_each("network interface", maybe(TEXT), "its network's name."),
    "nic.bridges": _of_each("network interface", maybe(TEXT), "its bridge."),
    "network_port": Property(maybe(COUNT), "The TCP port that is reserved for it, for VNC say."),
    "disk.sizes": _of_each("disk", COUNT, "its MiB."),
    "disk.spindles": _of_each("disk", maybe(COUNT), "its spindles."),
    "disk_usage": Property(COUNT, "MiB that its disks take on each of its nodes."),
    "disk.uuids": _of_each("disk", TEXT, "its UUID."),
    "disk.names": _of_each("disk", maybe(TEXT), "its name."),
    "beparams": Property(
        OBJECT,
        "Its backend parameters, with the cluster's defaults. `memory` is the same as `maxmem`.",
    ),
    "hvparams": Property(OBJECT, "Its hypervisor parameters, with the cluster's defaults."),
    "oper_state": Property(maybe(FLAG), "Whether it runs."),
    "oper_ram": Property(maybe(COUNT), "MiB of memory that it uses now."),
    "oper_vcpus": Property(maybe(COUNT), "Virtual processors that it uses now."),
    "status": Property(
        TEXT,
        "What is wanted and what is, in one word: `running`, `ADMIN_down` and `ADMIN_offline` are "
        "as wanted; `USER_down` was shut down from inside; `ERROR_down`, `ERROR_up` and "
        "`ERROR_wrongnode` are not as wanted; `ERROR_nodedown` and `ERROR_nodeoffline` mean that "
        "its primary node cannot be asked.",
    ),
    "custom_hvparams": Property(OBJECT, "The hypervisor parameters that are set on it."),
    "custom_beparams": Property(OBJECT, "The backend parameters that are set on it."),
    "custom_nicparams": Property(OBJECTS, "For each network interface, the parameters set on it."),
    "custom_osparams": Property(
        OBJECT, "The OS parameters that are set on it, but no secret ones."
    ),
    "hypervisor": Property(TEXT, "The hypervisor that runs it."),
    **_MARKS,
}

GROUP: Properties = {
    "alloc_policy": Property(TEXT, "Whether the allocator puts instances into it."),
    "name": Property(TEXT, "Its name."),
    "node_cnt": Property(COUNT, "Number of its nodes."),
    "node_list": Property(NAMES, "Its nodes."),
    "ipolicy": Property(OBJECT, "Its instance policy, with the cluster's defaults."),
    "custom_ipolicy": Property(OBJECT, "The instance policy that is set on it."),
    "diskparams": Property(OBJECT, "Its disk parameters, with the cluster's defaults."),
    "custom_diskparams": Property(OBJECT, "The disk parameters that are set on it."),
    "ndparams": Property(OBJECT, "Its node parameters, with the cluster's defaults."),
    "custom_ndparams": Property(OBJECT, "The node parameters that are set on it."),
    **_MARKS,
}

NETWORK: Properties = {
    "name": Property(TEXT, "Its name."),
    "network": Property(TEXT, "Its IPv4 network, such as 192.0.2.0/24."),
    "gateway": Property(maybe(TEXT), "The address of its IPv4 gateway."),
    "network6": Property(maybe(TEXT), "Its IPv6 network."),
    "gateway6": Property(maybe(TEXT), "The address of its IPv6 gateway."),
    "mac_prefix": Property(maybe(TEXT), "What the MAC addresses in it begin with."),
    "free_count": Property(COUNT, "Number of free addresses."),
    "reserved_count": Property(COUNT, "Number of addresses that are taken."),
    "map": Property(TEXT, "A character for each address: X is taken, a dot is free."),
    "group_list": Property(
        list_of(NAMES), "The groups that it is connected to, each with mode, link and VLAN."
    ),
    "inst_list": Property(NAMES, "The instances that use it."),
    "external_reservations": Property(
        TEXT, "The addresses that instances do not get, with commas."
    ),
    **_MARKS,
}


JOB: Properties = {
    "id": Property(COUNT, "Its id."),
    "ops": Property(OBJECTS, "Its opcodes, with their parameters. `OP_ID` is the opcode's name."),
    "status": Property(one_of(*JOB_STATES), "How far it has come."),
    "summary": Property(NAMES, "For each opcode, what it does in a word."),
    "opstatus": Property(list_of(one_of(*JOB_STATES)), "For each opcode, how far it has come."),
    "received_ts": Property(maybe(TIMESTAMP), "When it came: seconds and microseconds."),
    "start_ts": Property(maybe(TIMESTAMP), "When it started: seconds and microseconds."),
    "end_ts": Property(maybe(TIMESTAMP), "When it ended: seconds and microseconds."),
}

JOB_ALONE: Properties = {
    "oplog": Property(
        list_of(list_of(LOG_ENTRY)),
        "For each opcode, its log: entries of serial number, time, type and message.",
    ),
    "opresult": Property(
        list_of(ANYTHING),
        "For each opcode, its result. That of a failed one is [class, [text, …]].",
    ),
}
"""What only a single job has."""

FILTER: Properties = {
    "watermark": Property(COUNT, "The id of the last job that was submitted before it was made."),
    "priority": Property(COUNT, "Rules with lower numbers are tried first."),
    "predicates": Property(
        list_of(list_of(ANYTHING)), "The jobs that it is for: kind and condition."
    ),
    "action": Property(
        any_of(one_of("ACCEPT", "PAUSE", "REJECT", "CONTINUE"), items(TEXT, COUNT)),
        "What happens to these jobs; [`RATE_LIMIT`, n] lets n of them run at a time.",
    ),
    "reason_trail": Property(list_of(ANYTHING), "Why it was made."),
    "uuid": Property(TEXT, "Its UUID."),
}

OS: Properties = {
    "name": Property(TEXT, "Its name, without variant."),
    "valid": Property(FLAG, "Whether all nodes have it and agree on it."),
    "variants": Property(NAMES, "Its variants."),
    "parameters": Property(
        list_of(
            object_of(
                {
                    "name": Property(TEXT, "The parameter's name."),
                    "description": Property(TEXT, "What it means."),
                }
            )
        ),
        "The parameters that it takes.",
    ),
    "api_versions": Property(list_of(INTEGER), "The versions of the OS interface that it has."),
    "blacklisted": Property(FLAG, "Whether it must not be used for new instances."),
    "hidden": Property(FLAG, "Whether lists are to leave it out."),
    "trusted": Property(FLAG, "Whether its scripts may run outside of a sandbox."),
}

_BY_NAME: Schema = {"type": "object", "additionalProperties": OBJECT}

CLUSTER: Properties = {
    "software_version": Property(TEXT, "Ganeti's version."),
    "protocol_version": Property(INTEGER, "The version of the protocol between nodes."),
    "config_version": Property(INTEGER, "The version of the configuration's format."),
    "os_api_version": Property(INTEGER, "The newest version of the OS interface."),
    "export_version": Property(INTEGER, "The version of the format of exports."),
    "vcs_version": Property(TEXT, "Ganeti's version in more detail."),
    "architecture": Property(NAMES, "The nodes' architecture: word size and machine."),
    "name": Property(TEXT, "The cluster's name."),
    "master": Property(TEXT, "The name of the master node."),
    "default_hypervisor": Property(TEXT, "The hypervisor of instances that name none."),
    "enabled_hypervisors": Property(NAMES, "The hypervisors that instances may use."),
    "hvparams": Property(_BY_NAME, "Default hypervisor parameters, by hypervisor."),
    "os_hvp": Property(_BY_NAME, "Hypervisor parameters, by OS and hypervisor."),
    "beparams": Property(_BY_NAME, "Default backend parameters, under `default`."),
    "osparams": Property(_BY_NAME, "OS parameters, by OS."),
    "ipolicy": Property(OBJECT, "The instance policy: bounds for the size of instances."),
    "nicparams": Property(_BY_NAME, "Default parameters of network interfaces, under `default`."),
    "ndparams": Property(OBJECT, "Default node parameters."),
    "diskparams": Property(_BY_NAME, "Default disk parameters, by disk template."),
    "candidate_pool_size": Property(COUNT, "How many master candidates there should be."),
    "max_running_jobs": Property(COUNT, "How many jobs may run at a time."),
    "max_tracked_jobs": Property(COUNT, "How many running jobs are watched closely."),
    "mac_prefix": Property(TEXT, "What the MAC addresses that Ganeti makes begin with."),
    "master_netdev": Property(TEXT, "The master node's network device for the cluster's address."),
    "master_netmask": Property(COUNT, "The bits of the netmask of the cluster's address."),
    "use_external_mip_script": Property(FLAG, "Whether a script sets up the cluster's address."),
    "volume_group_name": Property(maybe(TEXT), "The LVM volume group of disks."),
    "drbd_usermode_helper": Property(maybe(TEXT), "The program that DRBD calls on the nodes."),
    "file_storage_dir": Property(TEXT, "The directory of file based disks."),
    "shared_file_storage_dir": Property(TEXT, "The shared directory of file based disks."),
    "gluster_storage_dir": Property(TEXT, "Where Gluster volumes are mounted."),
    "maintain_node_health": Property(FLAG, "Whether nodes stop what should not run on them."),
    "ctime": Property(SECONDS, "When the cluster was created."),
    "mtime": Property(SECONDS, "When its settings were last changed."),
    "uuid": Property(TEXT, "The cluster's UUID."),
    "tags": Property(NAMES, "The cluster's tags."),
    "uid_pool": Property(
        list_of(items(COUNT, COUNT)), "User ids for instances: pairs of first and last."
    ),
    "default_iallocator": Property(TEXT, "The instance allocator where none is named."),
    "default_iallocator_params": Property(OBJECT, "Its parameters."),
    "reserved_lvs": Property(NAMES, "Logical volumes that Ganeti leaves alone, as patterns."),
    "primary_ip_version": Property(INTEGER, "4 or 6: the version of the nodes' primary addresses."),
    "prealloc_wipe_disks": Property(FLAG, "Whether new disks are overwritten first."),
    "hidden_os": Property(NAMES, "OS definitions that are not shown."),
    "blacklisted_os": Property(NAMES, "OS definitions that new instances must not use."),
    "enabled_disk_templates": Property(NAMES, "Disk templates that instances may use."),
    "install_image": Property(TEXT, "The image of the helper that installs OSes in isolation."),
    "instance_communication_network": Property(
        TEXT, "The network between instances and the metadata service."
    ),
    "zeroing_image": Property(TEXT, "The image of the helper that zeroes free space."),
    "compression_tools": Property(NAMES, "Programs that may compress exports on their way."),
    "enabled_user_shutdown": Property(FLAG, "Whether instances shut down from within stay down."),
    "enabled_data_collectors": Property(
        {"type": "object", "additionalProperties": FLAG}, "Which data collectors are active."
    ),
    "data_collector_interval": Property(
        {"type": "object", "additionalProperties": COUNT},
        "Microseconds between two runs of each data collector.",
    ),
    "modify_ssh_setup": Property(FLAG, "Whether Ganeti takes care of the nodes' SSH keys."),
    "ssh_key_type": Property(TEXT, "The type of these keys."),
    "ssh_key_bits": Property(COUNT, "Their length in bits."),
}

CLUSTER_ALIASES = {"volume_group_name": "vg_name", "drbd_usermode_helper": "drbd_helper"}
"""Names in luxid's reply, and the names under which /2/modify takes the same settings."""

CLUSTER_INFO: Properties = {
    **CLUSTER,
    **{alias: CLUSTER[name] for name, alias in CLUSTER_ALIASES.items()},
}
"""The cluster's settings as /2/info shows them. Source: LUXI QueryClusterInfo."""
