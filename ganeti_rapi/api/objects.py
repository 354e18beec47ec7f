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
    Field,
    Fields,
    any_of,
    items,
    list_of,
    maybe,
    object_of,
    one_of,
)
from ganeti_rapi.jobstates import JOB_STATES

_MARKS: Fields = {
    "ctime": Field(SECONDS, "When it was created."),
    "mtime": Field(SECONDS, "When it was last changed."),
    "uuid": Field(TEXT, "Its UUID."),
    "serial_no": Field(COUNT, "How often its configuration was written."),
    "tags": Field(NAMES, "Its tags."),
}

NODE: Fields = {
    "name": Field(TEXT, "Its name."),
    "offline": Field(FLAG, "Whether Ganeti leaves it alone."),
    "master_candidate": Field(FLAG, "Whether it can become master at once."),
    "drained": Field(FLAG, "Whether it gets no new instances."),
    "dtotal": Field(maybe(COUNT), "MiB of storage for instances."),
    "dfree": Field(maybe(COUNT), "MiB of it that are free."),
    "sptotal": Field(maybe(COUNT), "Disk spindles, with exclusive storage."),
    "spfree": Field(maybe(COUNT), "Disk spindles that are free."),
    "mtotal": Field(maybe(COUNT), "MiB of memory."),
    "mnode": Field(maybe(COUNT), "MiB of memory that the node itself uses."),
    "mfree": Field(maybe(COUNT), "MiB of memory that are free."),
    "pinst_cnt": Field(COUNT, "Number of instances that have it as primary node."),
    "sinst_cnt": Field(COUNT, "Number of instances that have it as secondary node."),
    "ctotal": Field(maybe(COUNT), "Logical processors."),
    "cnos": Field(maybe(COUNT), "Logical processors that the node itself uses."),
    "cnodes": Field(maybe(COUNT), "NUMA domains."),
    "csockets": Field(maybe(COUNT), "Processor sockets."),
    "pip": Field(TEXT, "Its primary address."),
    "sip": Field(TEXT, "The address that it replicates disks over."),
    "role": Field(
        one_of("M", "C", "R", "D", "O"),
        "M is the master, C a master candidate, R regular, D drained, O offline.",
    ),
    "pinst_list": Field(NAMES, "The instances that have it as primary node."),
    "sinst_list": Field(NAMES, "The instances that have it as secondary node."),
    "master_capable": Field(FLAG, "Whether it may become master."),
    "vm_capable": Field(FLAG, "Whether it may hold instances."),
    "ndparams": Field(OBJECT, "Its node parameters, with the defaults of group and cluster."),
    "group.uuid": Field(TEXT, "The UUID of its group."),
    **_MARKS,
}

NODE_ALONE: Fields = {"secondary_ip": Field(TEXT, "The same as `sip`.")}
"""What only a single node has."""

INSTANCE: Fields = {
    "name": Field(TEXT, "Its name."),
    "admin_state": Field(one_of("up", "down", "offline"), "The state that is wanted."),
    "os": Field(TEXT, "Its OS definition, with the variant after a plus sign."),
    "pnode": Field(TEXT, "Its primary node, which it runs on."),
    "snodes": Field(NAMES, "The nodes that its disks are mirrored to."),
    "disk_template": Field(TEXT, "How its disks are stored; `mixed` if they differ."),
    "nic.ips": Field(list_of(maybe(TEXT)), "For each network interface, its IP address."),
    "nic.macs": Field(NAMES, "For each network interface, its MAC address."),
    "nic.modes": Field(NAMES, "For each network interface, how it is connected."),
    "nic.uuids": Field(NAMES, "For each network interface, its UUID."),
    "nic.names": Field(list_of(maybe(TEXT)), "For each network interface, its name."),
    "nic.links": Field(list_of(maybe(TEXT)), "For each network interface, what it is attached to."),
    "nic.networks": Field(list_of(maybe(TEXT)), "For each network interface, its network's UUID."),
    "nic.networks.names": Field(
        list_of(maybe(TEXT)), "For each network interface, its network's name."
    ),
    "nic.bridges": Field(list_of(maybe(TEXT)), "For each network interface, its bridge."),
    "network_port": Field(maybe(COUNT), "The TCP port that is reserved for it, for VNC say."),
    "disk.sizes": Field(list_of(COUNT), "For each disk, its MiB."),
    "disk.spindles": Field(list_of(maybe(COUNT)), "For each disk, its spindles."),
    "disk_usage": Field(COUNT, "MiB that its disks take on each of its nodes."),
    "disk.uuids": Field(NAMES, "For each disk, its UUID."),
    "disk.names": Field(list_of(maybe(TEXT)), "For each disk, its name."),
    "beparams": Field(
        OBJECT,
        "Its backend parameters, with the cluster's defaults. `memory` is the same as `maxmem`.",
    ),
    "hvparams": Field(OBJECT, "Its hypervisor parameters, with the cluster's defaults."),
    "oper_state": Field(maybe(FLAG), "Whether it runs."),
    "oper_ram": Field(maybe(COUNT), "MiB of memory that it uses now."),
    "oper_vcpus": Field(maybe(COUNT), "Virtual processors that it uses now."),
    "status": Field(
        TEXT,
        "What is wanted and what is, in one word: `running`, `ADMIN_down` and `ADMIN_offline` are "
        "as wanted; `USER_down` was shut down from inside; `ERROR_down`, `ERROR_up` and "
        "`ERROR_wrongnode` are not as wanted; `ERROR_nodedown` and `ERROR_nodeoffline` mean that "
        "its primary node cannot be asked.",
    ),
    "custom_hvparams": Field(OBJECT, "The hypervisor parameters that are set on it."),
    "custom_beparams": Field(OBJECT, "The backend parameters that are set on it."),
    "custom_nicparams": Field(OBJECTS, "For each network interface, the parameters set on it."),
    "custom_osparams": Field(OBJECT, "The OS parameters that are set on it; none of the secret."),
    **_MARKS,
}

GROUP: Fields = {
    "alloc_policy": Field(TEXT, "Whether the allocator puts instances into it."),
    "name": Field(TEXT, "Its name."),
    "node_cnt": Field(COUNT, "Number of its nodes."),
    "node_list": Field(NAMES, "Its nodes."),
    "ipolicy": Field(OBJECT, "Its instance policy, with the cluster's defaults."),
    "custom_ipolicy": Field(OBJECT, "The instance policy that is set on it."),
    "diskparams": Field(OBJECT, "Its disk parameters, with the cluster's defaults."),
    "custom_diskparams": Field(OBJECT, "The disk parameters that are set on it."),
    "ndparams": Field(OBJECT, "Its node parameters, with the cluster's defaults."),
    "custom_ndparams": Field(OBJECT, "The node parameters that are set on it."),
    **_MARKS,
}

NETWORK: Fields = {
    "name": Field(TEXT, "Its name."),
    "network": Field(TEXT, "Its IPv4 network, such as 192.0.2.0/24."),
    "gateway": Field(maybe(TEXT), "The address of its IPv4 gateway."),
    "network6": Field(maybe(TEXT), "Its IPv6 network."),
    "gateway6": Field(maybe(TEXT), "The address of its IPv6 gateway."),
    "mac_prefix": Field(maybe(TEXT), "What the MAC addresses in it begin with."),
    "free_count": Field(COUNT, "Number of free addresses."),
    "reserved_count": Field(COUNT, "Number of addresses that are taken."),
    "map": Field(TEXT, "A character for each address: X is taken, a dot is free."),
    "group_list": Field(
        list_of(NAMES), "The groups that it is connected to, each with mode, link and VLAN."
    ),
    "inst_list": Field(NAMES, "The instances that use it."),
    "external_reservations": Field(TEXT, "The addresses that instances do not get, with commas."),
    **_MARKS,
}


JOB: Fields = {
    "id": Field(COUNT, "Its id."),
    "ops": Field(OBJECTS, "Its opcodes, with their parameters. `OP_ID` is the opcode's name."),
    "status": Field(one_of(*JOB_STATES), "How far it has come."),
    "summary": Field(NAMES, "For each opcode, what it does in a word."),
    "opstatus": Field(list_of(one_of(*JOB_STATES)), "For each opcode, how far it has come."),
    "received_ts": Field(maybe(TIMESTAMP), "When it came: seconds and microseconds."),
    "start_ts": Field(maybe(TIMESTAMP), "When it started: seconds and microseconds."),
    "end_ts": Field(maybe(TIMESTAMP), "When it ended: seconds and microseconds."),
}

JOB_ALONE: Fields = {
    "oplog": Field(
        list_of(list_of(LOG_ENTRY)),
        "For each opcode, its log: entries of serial number, time, type and message.",
    ),
    "opresult": Field(
        list_of(ANYTHING),
        "For each opcode, its result. That of a failed one is [class, [text, …]].",
    ),
}
"""What only a single job has."""

FILTER: Fields = {
    "watermark": Field(COUNT, "The id of the last job that was submitted before it was made."),
    "priority": Field(COUNT, "Rules with lower numbers are tried first."),
    "predicates": Field(list_of(list_of(ANYTHING)), "The jobs that it is for: kind and condition."),
    "action": Field(
        any_of(one_of("ACCEPT", "PAUSE", "REJECT", "CONTINUE"), items(TEXT, COUNT)),
        "What happens to these jobs; [`RATE_LIMIT`, n] lets n of them run at a time.",
    ),
    "reason_trail": Field(list_of(ANYTHING), "Why it was made."),
    "uuid": Field(TEXT, "Its UUID."),
}

OS: Fields = {
    "name": Field(TEXT, "Its name, without variant."),
    "valid": Field(FLAG, "Whether all nodes have it and agree on it."),
    "variants": Field(NAMES, "Its variants."),
    "parameters": Field(
        list_of(
            object_of(
                {
                    "name": Field(TEXT, "The parameter's name."),
                    "description": Field(TEXT, "What it means."),
                }
            )
        ),
        "The parameters that it takes.",
    ),
    "api_versions": Field(list_of(INTEGER), "The versions of the OS interface that it has."),
    "blacklisted": Field(FLAG, "Whether it must not be used for new instances."),
    "hidden": Field(FLAG, "Whether lists are to leave it out."),
    "trusted": Field(FLAG, "Whether its scripts may run outside of a sandbox."),
}

_BY_NAME: Schema = {"type": "object", "additionalProperties": OBJECT}

CLUSTER: Fields = {
    "software_version": Field(TEXT, "Ganeti's version."),
    "protocol_version": Field(INTEGER, "The version of the protocol between nodes."),
    "config_version": Field(INTEGER, "The version of the configuration's format."),
    "os_api_version": Field(INTEGER, "The newest version of the OS interface."),
    "export_version": Field(INTEGER, "The version of the format of exports."),
    "vcs_version": Field(TEXT, "Ganeti's version in more detail."),
    "architecture": Field(NAMES, "The nodes' architecture: word size and machine."),
    "name": Field(TEXT, "The cluster's name."),
    "master": Field(TEXT, "The name of the master node."),
    "default_hypervisor": Field(TEXT, "The hypervisor of instances that name none."),
    "enabled_hypervisors": Field(NAMES, "The hypervisors that instances may use."),
    "hvparams": Field(_BY_NAME, "Default hypervisor parameters, by hypervisor."),
    "os_hvp": Field(_BY_NAME, "Hypervisor parameters, by OS and hypervisor."),
    "beparams": Field(_BY_NAME, "Default backend parameters, under `default`."),
    "osparams": Field(_BY_NAME, "OS parameters, by OS."),
    "ipolicy": Field(OBJECT, "The instance policy: bounds for the size of instances."),
    "nicparams": Field(_BY_NAME, "Default parameters of network interfaces, under `default`."),
    "ndparams": Field(OBJECT, "Default node parameters."),
    "diskparams": Field(_BY_NAME, "Default disk parameters, by disk template."),
    "candidate_pool_size": Field(COUNT, "How many master candidates there should be."),
    "max_running_jobs": Field(COUNT, "How many jobs may run at a time."),
    "max_tracked_jobs": Field(COUNT, "How many running jobs are watched closely."),
    "mac_prefix": Field(TEXT, "What the MAC addresses that Ganeti makes begin with."),
    "master_netdev": Field(TEXT, "The master node's network device for the cluster's address."),
    "master_netmask": Field(COUNT, "The bits of the netmask of the cluster's address."),
    "use_external_mip_script": Field(FLAG, "Whether a script sets up the cluster's address."),
    "volume_group_name": Field(maybe(TEXT), "The LVM volume group of disks."),
    "drbd_usermode_helper": Field(maybe(TEXT), "The program that DRBD calls on the nodes."),
    "file_storage_dir": Field(TEXT, "The directory of file based disks."),
    "shared_file_storage_dir": Field(TEXT, "The shared directory of file based disks."),
    "gluster_storage_dir": Field(TEXT, "Where Gluster volumes are mounted."),
    "maintain_node_health": Field(FLAG, "Whether nodes stop what should not run on them."),
    "ctime": Field(SECONDS, "When the cluster was created."),
    "mtime": Field(SECONDS, "When its settings were last changed."),
    "uuid": Field(TEXT, "The cluster's UUID."),
    "tags": Field(NAMES, "The cluster's tags."),
    "uid_pool": Field(
        list_of(items(COUNT, COUNT)), "User ids for instances: pairs of first and last."
    ),
    "default_iallocator": Field(TEXT, "The instance allocator where none is named."),
    "default_iallocator_params": Field(OBJECT, "Its parameters."),
    "reserved_lvs": Field(NAMES, "Logical volumes that Ganeti leaves alone, as patterns."),
    "primary_ip_version": Field(INTEGER, "4 or 6: the version of the nodes' primary addresses."),
    "prealloc_wipe_disks": Field(FLAG, "Whether new disks are overwritten first."),
    "hidden_os": Field(NAMES, "OS definitions that are not shown."),
    "blacklisted_os": Field(NAMES, "OS definitions that new instances must not use."),
    "enabled_disk_templates": Field(NAMES, "Disk templates that instances may use."),
    "install_image": Field(TEXT, "The image of the helper that installs OSes in isolation."),
    "instance_communication_network": Field(
        TEXT, "The network between instances and the metadata service."
    ),
    "zeroing_image": Field(TEXT, "The image of the helper that zeroes free space."),
    "compression_tools": Field(NAMES, "Programs that may compress exports on their way."),
    "enabled_user_shutdown": Field(FLAG, "Whether instances shut down from within stay down."),
    "enabled_data_collectors": Field(
        {"type": "object", "additionalProperties": FLAG}, "Which data collectors are active."
    ),
    "data_collector_interval": Field(
        {"type": "object", "additionalProperties": COUNT},
        "Microseconds between two runs of each data collector.",
    ),
    "modify_ssh_setup": Field(FLAG, "Whether Ganeti takes care of the nodes' SSH keys."),
    "ssh_key_type": Field(TEXT, "The type of these keys."),
    "ssh_key_bits": Field(COUNT, "Their length in bits."),
}

CLUSTER_ALIASES = {"volume_group_name": "vg_name", "drbd_usermode_helper": "drbd_helper"}
"""Names in luxid's reply, and the names under which /2/modify takes the same settings."""

CLUSTER_INFO: Fields = {
    **CLUSTER,
    **{alias: CLUSTER[name] for name, alias in CLUSTER_ALIASES.items()},
}
"""The cluster's settings as /2/info shows them. Source: LUXI QueryClusterInfo."""
