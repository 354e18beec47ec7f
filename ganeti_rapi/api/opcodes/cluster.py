"""Opcodes on the cluster as a whole, its tags and its operating systems; and one for tests."""

from __future__ import annotations

from ganeti_rapi.api.checks import (
    BOOLEAN,
    NON_EMPTY_STRING,
    NON_NEGATIVE,
    OBJECT,
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
    DISK_STATE,
    DISK_TEMPLATES,
    DISKPARAMS,
    FORCE,
    HV_STATE,
    HYPERVISORS,
    IPOLICY,
    MAC_PREFIX,
    NAMES,
    NDPARAMS,
    NIC_PARAMETERS,
    OBJECTS,
    OUTPUT_FIELDS,
    Param,
    flag,
    optional,
)

_UID_RANGES = Maybe(ListOf(Items((Integer(), Integer()))))
_OS_CHANGES = Maybe(ListOf(Items((OneOf(("add", "attach", "detach", "remove")), NON_EMPTY_STRING))))

_SETTINGS = (
    FORCE,
    HV_STATE,
    DISK_STATE,
    optional("vg_name", STRING, "The LVM volume group; empty for a cluster without LVM."),
    optional(
        "enabled_hypervisors",
        ListOf(HYPERVISORS),
        "The hypervisors that instances may use; the first is the default.",
    ),
    optional("hvparams", OBJECTS, "Default hypervisor parameters, by hypervisor."),
    optional("beparams", OBJECT, "Default backend parameters of instances; memory in MiB."),
    optional("os_hvp", OBJECTS, "Hypervisor parameters by OS, then by hypervisor."),
    optional("osparams", OBJECTS, "OS parameters, by OS; everyone may see them."),
    optional(
        "osparams_private_cluster",
        OBJECTS,
        "OS parameters, by OS, that are stored but neither shown nor logged.",
        secret=True,
    ),
    DISKPARAMS,
    optional("candidate_pool_size", POSITIVE, "How many master candidates there should be."),
    optional("max_running_jobs", POSITIVE, "How many jobs may run at a time."),
    optional(
        "max_tracked_jobs", POSITIVE, "How many running jobs are watched closely for their changes."
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
    optional(
        "maintain_node_health",
        BOOLEAN,
        "Whether nodes stop, by themselves, what should not run on them.",
    ),
    optional(
        "prealloc_wipe_disks",
        BOOLEAN,
        "Whether new disks are overwritten before an instance gets them.",
    ),
    optional("nicparams", NIC_PARAMETERS, "Default parameters of network interfaces."),
    NDPARAMS,
    IPOLICY,
    optional(
        "drbd_helper", STRING, "The program that DRBD calls on the nodes; empty to do without DRBD."
    ),
    optional(
        "default_iallocator", STRING, "The instance allocator where none is named; empty for none."
    ),
    optional("default_iallocator_params", OBJECT, "The default instance allocator's parameters."),
    MAC_PREFIX,
    optional(
        "master_netdev", STRING, "The master node's network device for the cluster's address."
    ),
    optional(
        "master_netmask",
        NON_NEGATIVE,
        "The length in bits of the netmask of the cluster's address.",
    ),
    optional(
        "reserved_lvs", NAMES, "Regular expressions for logical volumes that Ganeti leaves alone."
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
    optional(
        "use_external_mip_script",
        BOOLEAN,
        "Whether a script of the administrator's sets up the cluster's address.",
    ),
    optional(
        "enabled_disk_templates",
        ListOf(DISK_TEMPLATES),
        "The disk templates that instances may use; the first is the default.",
    ),
    optional("modify_etc_hosts", BOOLEAN, "Whether Ganeti keeps /etc/hosts up to date."),
    optional("file_storage_dir", STRING, "The directory on each node for file based disks."),
    optional(
        "shared_file_storage_dir",
        STRING,
        "The directory, shared by all nodes, for file based disks.",
    ),
    optional("gluster_storage_dir", STRING, "The directory where Gluster volumes are mounted."),
    optional(
        "install_image",
        STRING,
        "The image, as path or URL, of the helper that installs OSes in isolation.",
    ),
    optional(
        "instance_communication_network",
        STRING,
        "The network over which instances talk to the node's metadata service; empty for none.",
    ),
    optional(
        "zeroing_image",
        STRING,
        "The image, as path or URL, of the helper that overwrites free space with zeros.",
    ),
    optional(
        "compression_tools",
        NAMES,
        "The programs that may compress exports and imports on their way.",
    ),
    optional(
        "enabled_user_shutdown",
        BOOLEAN,
        "Whether an instance that was shut down from within stays down.",
    ),
    optional(
        "enabled_data_collectors",
        DictOf(STRING, BOOLEAN),
        "Which of the monitoring daemon's data collectors are active, by name.",
    ),
    optional(
        "data_collector_interval",
        DictOf(STRING, Integer()),
        "How many microseconds lie between two runs of a data collector, by name.",
    ),
)

_TAGS = (
    Param(
        "kind",
        OneOf(("cluster", "instance", "network", "node", "nodegroup")),
        "What the tags belong to.",
    ),
    Param("tags", ListOf(STRING), "The tags."),
    optional("name", STRING, "The name of what the tags belong to; null for the cluster."),
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
    Opcode(
        "OP_TAGS_SEARCH",
        "Finds the tags that a pattern fits.",
        (Param("pattern", NON_EMPTY_STRING, "A regular expression, searched for in the tags."),),
        subject="pattern",
        result="A list of pairs: the path of what has the tag, as /instances/web1, and the tag.",
    ),
    Opcode("OP_TAGS_SET", "Adds tags.", _TAGS),
    Opcode("OP_TAGS_DEL", "Removes tags, all of which must be there.", _TAGS),
    Opcode(
        "OP_TEST_DELAY",
        "Does nothing for a while; for tests of the job queue.",
        (
            Param("duration", Number(), "How many seconds it lasts."),
            flag("on_master", "Whether the master node sleeps.", True),
            Param("on_nodes", NAMES, "The names of the nodes that sleep too.", []),
            optional(
                "on_node_uuids", NAMES, "The UUIDs of those nodes, which Ganeti finds out itself."
            ),
            Param(
                "repeat",
                NON_NEGATIVE,
                "How many times to sleep, each noted in the job's log; 0 is once, not noted.",
                0,
            ),
            flag("interruptible", "Whether the delay can be ended early through a socket."),
            flag("no_locks", "Whether to leave the nodes unlocked.", True),
        ),
        subject="duration",
    ),
)
