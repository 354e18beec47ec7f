"""Opcodes on the cluster as a whole, its tags and its operating systems; and one for tests."""

from __future__ import annotations

from attrs import evolve

from ganeti_rapi.api.checks import (
    BOOLEAN,
    NON_EMPTY_STRING,
    NON_NEGATIVE,
    POSITIVE,
    STRING,
    DictOf,
    Integer,
    Items,
    ListOf,
    Maybe,
    Number,
    OneOf,
)
from ganeti_rapi.api.opcodes.opcode import Opcode
from ganeti_rapi.api.params import (
    BEPARAMS,
    DISK_STATE,
    DISK_TEMPLATES,
    DISKPARAMS,
    FORCE,
    HV_STATE,
    HYPERVISORS,
    IPOLICY,
    MAC_PREFIX,
    MAYBE_BOOLEAN,
    MAYBE_NAMES,
    MAYBE_OBJECT,
    MAYBE_OBJECTS,
    MAYBE_STRING,
    NAMES,
    NDPARAMS,
    NIC_PARAMETERS,
    OUTPUT_FIELDS,
    Param,
)

_UID_RANGES = Maybe(ListOf(Items((Integer(), Integer()))))
_OS_CHANGES = Maybe(ListOf(Items((OneOf(("add", "attach", "detach", "remove")), NON_EMPTY_STRING))))

_SETTINGS = (
    FORCE,
    HV_STATE,
    DISK_STATE,
    Param("vg_name", MAYBE_STRING, "The LVM volume group; empty for a cluster without LVM.", None),
    Param(
        "enabled_hypervisors",
        Maybe(ListOf(HYPERVISORS)),
        "The hypervisors that instances may use; the first is the default.",
        None,
    ),
    Param("hvparams", MAYBE_OBJECTS, "Default hypervisor parameters, by hypervisor.", None),
    evolve(
        BEPARAMS,
        check=MAYBE_OBJECT,
        doc="Default backend parameters of instances; memory in MiB.",
        default=None,
    ),
    Param("os_hvp", MAYBE_OBJECTS, "Hypervisor parameters by OS, then by hypervisor.", None),
    Param("osparams", MAYBE_OBJECTS, "OS parameters, by OS; everyone may see them.", None),
    Param(
        "osparams_private_cluster",
        MAYBE_OBJECTS,
        "OS parameters, by OS, that are stored but neither shown nor logged.",
        None,
        secret=True,
    ),
    DISKPARAMS,
    Param(
        "candidate_pool_size",
        Maybe(POSITIVE),
        "How many master candidates there should be.",
        None,
    ),
    Param("max_running_jobs", Maybe(POSITIVE), "How many jobs may run at a time.", None),
    Param(
        "max_tracked_jobs",
        Maybe(POSITIVE),
        "How many running jobs are watched closely for their changes.",
        None,
    ),
    Param(
        "uid_pool",
        _UID_RANGES,
        "The user ids for instances' processes, as pairs of first and last; replaces the pool.",
        None,
    ),
    Param("add_uids", _UID_RANGES, "Pairs of first and last user id to add to the pool.", None),
    Param(
        "remove_uids",
        _UID_RANGES,
        "Pairs of first and last user id to take from the pool.",
        None,
    ),
    Param(
        "maintain_node_health",
        MAYBE_BOOLEAN,
        "Whether nodes stop, by themselves, what should not run on them.",
        None,
    ),
    Param(
        "prealloc_wipe_disks",
        MAYBE_BOOLEAN,
        "Whether new disks are overwritten before an instance gets them.",
        None,
    ),
    Param("nicparams", Maybe(NIC_PARAMETERS), "Default parameters of network interfaces.", None),
    NDPARAMS,
    IPOLICY,
    Param(
        "drbd_helper",
        MAYBE_STRING,
        "The program that DRBD calls on the nodes; empty to do without DRBD.",
        None,
    ),
    Param(
        "default_iallocator",
        MAYBE_STRING,
        "The instance allocator where none is named; empty for none.",
        None,
    ),
    Param(
        "default_iallocator_params",
        MAYBE_OBJECT,
        "The default instance allocator's parameters.",
        None,
    ),
    MAC_PREFIX,
    Param(
        "master_netdev",
        MAYBE_STRING,
        "The master node's network device for the cluster's address.",
        None,
    ),
    Param(
        "master_netmask",
        Maybe(NON_NEGATIVE),
        "The length in bits of the netmask of the cluster's address.",
        None,
    ),
    Param(
        "reserved_lvs",
        MAYBE_NAMES,
        "Regular expressions for logical volumes that Ganeti leaves alone.",
        None,
    ),
    Param(
        "hidden_os",
        _OS_CHANGES,
        "Changes to the list of OS definitions that are not shown: pairs of add or remove, and "
        "the name.",
        None,
    ),
    Param(
        "blacklisted_os",
        _OS_CHANGES,
        "Changes to the list of OS definitions that new instances must not use: pairs of add or "
        "remove, and the name.",
        None,
    ),
    Param(
        "use_external_mip_script",
        MAYBE_BOOLEAN,
        "Whether a script of the administrator's sets up the cluster's address.",
        None,
    ),
    Param(
        "enabled_disk_templates",
        Maybe(ListOf(DISK_TEMPLATES)),
        "The disk templates that instances may use; the first is the default.",
        None,
    ),
    Param("modify_etc_hosts", MAYBE_BOOLEAN, "Whether Ganeti keeps /etc/hosts up to date.", None),
    Param(
        "file_storage_dir",
        MAYBE_STRING,
        "The directory on each node for file based disks.",
        None,
    ),
    Param(
        "shared_file_storage_dir",
        MAYBE_STRING,
        "The directory, shared by all nodes, for file based disks.",
        None,
    ),
    Param(
        "gluster_storage_dir",
        MAYBE_STRING,
        "The directory where Gluster volumes are mounted.",
        None,
    ),
    Param(
        "install_image",
        MAYBE_STRING,
        "The image, as path or URL, of the helper that installs OSes in isolation.",
        None,
    ),
    Param(
        "instance_communication_network",
        MAYBE_STRING,
        "The network over which instances talk to the node's metadata service; empty for none.",
        None,
    ),
    Param(
        "zeroing_image",
        MAYBE_STRING,
        "The image, as path or URL, of the helper that overwrites free space with zeros.",
        None,
    ),
    Param(
        "compression_tools",
        MAYBE_NAMES,
        "The programs that may compress exports and imports on their way.",
        None,
    ),
    Param(
        "enabled_user_shutdown",
        MAYBE_BOOLEAN,
        "Whether an instance that was shut down from within stays down.",
        None,
    ),
    Param(
        "enabled_data_collectors",
        Maybe(DictOf(STRING, BOOLEAN)),
        "Which of the monitoring daemon's data collectors are active, by name.",
        None,
    ),
    Param(
        "data_collector_interval",
        Maybe(DictOf(STRING, Integer())),
        "How many microseconds lie between two runs of a data collector, by name.",
        None,
    ),
)

_TAGS = (
    Param(
        "kind",
        OneOf(("cluster", "instance", "network", "node", "nodegroup")),
        "What the tags belong to.",
    ),
    Param("tags", ListOf(STRING), "The tags."),
    Param("name", MAYBE_STRING, "The name of what the tags belong to; null for the cluster.", None),
)

OPCODES = (
    Opcode(
        "OP_CLUSTER_REDIST_CONF",
        "Sends the configuration and the other shared files to all nodes again.",
    ),
    Opcode(
        "OP_CLUSTER_SET_PARAMS",
        "Changes the cluster's settings; what is null stays as it is.",
        _SETTINGS,
        result="null, or an object whose jobs are the jobs that were submitted to finish it.",
    ),
    Opcode(
        "OP_OS_DIAGNOSE",
        "Lists the OS definitions that the nodes have.",
        (
            OUTPUT_FIELDS,
            Param("names", NAMES, "The names of the OS definitions; none means all.", []),
        ),
        result="A list with, for each OS, the list of the values of the fields.",
    ),
    Opcode("OP_TAGS_SET", "Adds tags.", _TAGS),
    Opcode("OP_TAGS_DEL", "Removes tags, all of which must be there.", _TAGS),
    Opcode(
        "OP_TEST_DELAY",
        "Does nothing for a while; for tests of the job queue.",
        (
            Param("duration", Number(), "How many seconds it lasts."),
            Param("on_master", BOOLEAN, "Whether the master node sleeps.", True),
            Param("on_nodes", NAMES, "The names of the nodes that sleep too.", []),
            Param(
                "on_node_uuids",
                MAYBE_NAMES,
                "The UUIDs of those nodes, which Ganeti finds out itself.",
                None,
            ),
            Param(
                "repeat",
                NON_NEGATIVE,
                "How many times to sleep, each noted in the job's log; 0 is once, not noted.",
                0,
            ),
            Param(
                "interruptible",
                BOOLEAN,
                "Whether the delay can be ended early through a socket.",
                False,
            ),
            Param("no_locks", BOOLEAN, "Whether to leave the nodes unlocked.", True),
        ),
        subject="duration",
    ),
)
