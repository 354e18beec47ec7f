"""Parameters of opcodes: what one is, and those that several opcodes share.

Sizes are MiB and times are seconds throughout. Names are Ganeti's own.
"""

from __future__ import annotations

from enum import Enum
from typing import Final, Literal

from attrs import evolve, frozen

from ganeti_rapi.api.checks import (
    BOOLEAN,
    IPV4_ADDRESS,
    IPV6_ADDRESS,
    IPV6_NETWORK,
    JOB_ID,
    LIST,
    NON_EMPTY_STRING,
    NON_NEGATIVE,
    OBJECT,
    RELATIVE_JOB_ID,
    STRING,
    Check,
    CheckError,
    DictOf,
    Either,
    Integer,
    Items,
    ListOf,
    Maybe,
    OneOf,
    expectation,
)
from ganeti_rapi.errors import BadRequest
from ganeti_rapi.jsontext import Json


class _Required(Enum):
    REQUIRED = "required"


REQUIRED: Final = _Required.REQUIRED
"""The default of a parameter that has none and must be given."""


@frozen
class Param:
    """A parameter of an opcode.

    ``doc`` is a sentence or two for the administrator. ``secret`` values must not be logged or
    shown. ``default`` is what luxid fills in; copy it before you hand it out.
    """

    name: str
    check: Check
    doc: str
    default: Json | Literal[_Required.REQUIRED] = REQUIRED
    secret: bool = False

    @property
    def required(self) -> bool:
        """Whether it has to be given."""
        return self.default is REQUIRED

    def read(self, value: Json, owner: str = "") -> Json:
        """The value as it will be used. Raises `BadRequest`, which names the opcode ``owner``."""
        try:
            return self.check(value)
        except CheckError as error:
            raise BadRequest(f"Invalid parameter {self._named(owner)}: {error}") from None

    def refuse_missing(self, owner: str = "") -> None:
        """Raise `BadRequest` if it has to be given."""
        if self.required:
            expected = expectation(self.check)
            raise BadRequest(f"Missing parameter {self._named(owner)}: expected {expected}")

    def _named(self, owner: str) -> str:
        return f"{owner}.{self.name}" if owner else self.name


# Checks that several parameters share.

MAYBE_NAME = Maybe(NON_EMPTY_STRING)
NAMES = ListOf(NON_EMPTY_STRING)
MAYBE_NAMES = Maybe(NAMES)
MAYBE_BOOLEAN = Maybe(BOOLEAN)
MAYBE_INTEGER = Maybe(Integer())
MAYBE_STRING = Maybe(STRING)
MAYBE_OBJECT = Maybe(OBJECT)
OBJECTS = DictOf(STRING, OBJECT)
MAYBE_OBJECTS = Maybe(OBJECTS)

DISK_INDEX = Integer(0, 15)
DISK_PARAMETERS = DictOf(NON_EMPTY_STRING, Either((NON_EMPTY_STRING, Integer())))
DISK_TEMPLATES = OneOf(
    ("blockdev", "diskless", "drbd", "ext", "file", "gluster", "plain", "rbd", "sharedfile")
)
HYPERVISORS = OneOf(("chroot", "fake", "kvm", "lxc", "xen-hvm", "xen-pvm"))
NIC_PARAMETERS = DictOf(
    OneOf(("bridge", "ip", "link", "mac", "mode", "name", "network", "vlan")), MAYBE_STRING
)
STORAGE_TYPES = OneOf(
    (
        "blockdev",
        "diskless",
        "ext",
        "file",
        "gluster",
        "lvm-pv",
        "lvm-vg",
        "rados",
        "sharedfile",
    )
)

_DEPENDENCY = Items(
    (Either((JOB_ID, RELATIVE_JOB_ID)), ListOf(OneOf(("canceled", "error", "success"))))
)

DEPENDS = Param(
    "depends",
    Maybe(ListOf(_DEPENDENCY)),
    "The jobs to wait for, each with the final states that let this one start; no state means "
    "any. A negative id counts back in the same submission.",
    None,
)

# Every opcode.

COMMON = (
    Param(
        "dry_run",
        MAYBE_BOOLEAN,
        "Whether to stop after Ganeti has checked that the operation could be done.",
        None,
    ),
    Param(
        "debug_level",
        Maybe(NON_NEGATIVE),
        "How much the job writes to Ganeti's logs; 0 is the least.",
        None,
    ),
    Param(
        "priority",
        OneOf((-10, 0, 10)),
        "How early the job's turn comes: -10 is high, 0 normal and 10 low.",
        0,
    ),
    DEPENDS,
    Param("comment", MAYBE_STRING, "A remark that is kept with the job.", None),
    Param(
        "reason",
        Maybe(LIST),
        "The reason trail: who caused the operation and why, as lists of source, text and time in "
        "nanoseconds since the epoch.",
        [],
    ),
)

# Objects of the cluster.

INSTANCE_NAME = Param("instance_name", STRING, "The name of the instance.")
INSTANCE_UUID = Param(
    "instance_uuid", MAYBE_NAME, "The instance's UUID, which Ganeti finds out itself.", None
)
NODE_NAME = Param("node_name", NON_EMPTY_STRING, "The name of the node.")
NODE_UUID = Param("node_uuid", MAYBE_NAME, "The node's UUID, which Ganeti finds out itself.", None)
NODES = Param("nodes", NAMES, "The names of the nodes.", [])
NODE_UUIDS = Param(
    "node_uuids", MAYBE_NAMES, "The nodes' UUIDs, which Ganeti finds out itself.", None
)
GROUP_NAME = Param("group_name", NON_EMPTY_STRING, "The name of the node group.")
NETWORK_NAME = Param("network_name", NON_EMPTY_STRING, "The name of the network.")
NEW_NAME = Param("new_name", NON_EMPTY_STRING, "The name that it shall have.")
TAGS = Param("tags", NAMES, "The tags that it has from the start.", [])
OUTPUT_FIELDS = Param("output_fields", NAMES, "The names of the fields to show, in their order.")

# Where something goes.

PRIMARY_NODE = Param("pnode", MAYBE_NAME, "The name of the instance's primary node.", None)
PRIMARY_NODE_UUID = Param(
    "pnode_uuid", MAYBE_NAME, "The primary node's UUID, which Ganeti finds out itself.", None
)
TARGET_NODE = Param(
    "target_node",
    MAYBE_NAME,
    "The name of the node to move to, for disk templates that leave the choice.",
    None,
)
TARGET_NODE_UUID = Param(
    "target_node_uuid", MAYBE_NAME, "The target node's UUID, which Ganeti finds out itself.", None
)
REMOTE_NODE = Param("remote_node", MAYBE_NAME, "The name of the new secondary node.", None)
REMOTE_NODE_UUID = Param(
    "remote_node_uuid",
    MAYBE_NAME,
    "The new secondary node's UUID, which Ganeti finds out itself.",
    None,
)
IALLOCATOR = Param(
    "iallocator",
    MAYBE_NAME,
    "The instance allocator that chooses the nodes, such as hail.",
    None,
)
OPPORTUNISTIC_LOCKING = Param(
    "opportunistic_locking",
    BOOLEAN,
    "Whether the allocator only considers nodes that no other job holds, so as not to wait.",
    False,
)

# How carefully it is done.

FORCE = Param(
    "force", BOOLEAN, "Whether to go on where Ganeti would otherwise stop and warn.", False
)
IGNORE_IPOLICY = Param(
    "ignore_ipolicy", BOOLEAN, "Whether the instance policy may be violated.", False
)
IGNORE_CONSISTENCY = Param(
    "ignore_consistency",
    BOOLEAN,
    "Whether to go on when the disks are degraded; data may be lost.",
    False,
)
IGNORE_OFFLINE_NODES = Param(
    "ignore_offline_nodes",
    BOOLEAN,
    "Whether to go on when the primary node is offline and only note the wanted state.",
    False,
)
CONFLICTS_CHECK = Param(
    "conflicts_check",
    BOOLEAN,
    "Whether to check that the IP addresses do not clash with networks and instances.",
    True,
)
NAME_CHECK = Param(
    "name_check", BOOLEAN, "Whether the instance's name must resolve to an address.", True
)
IP_CHECK = Param(
    "ip_check",
    BOOLEAN,
    "Whether to make sure that nobody answers yet at the address of the instance's name.",
    True,
)
FORCE_VARIANT = Param(
    "force_variant", BOOLEAN, "Whether an OS variant may be used that the OS does not list.", False
)
NO_REMEMBER = Param(
    "no_remember",
    BOOLEAN,
    "Whether to leave the recorded state of the instance as it is, for a temporary change.",
    False,
)
EARLY_RELEASE = Param(
    "early_release",
    BOOLEAN,
    "Whether to give locks and old disks back as soon as possible, before the mirrors are in sync.",
    False,
)
WAIT_FOR_SYNC = Param(
    "wait_for_sync", BOOLEAN, "Whether the job only ends when the disks are in sync.", True
)
SHUTDOWN_TIMEOUT = Param(
    "shutdown_timeout",
    NON_NEGATIVE,
    "How many seconds the instance has to shut down before it is stopped the hard way.",
    120,
)
CLEANUP = Param(
    "cleanup",
    BOOLEAN,
    "Whether to tidy up after an earlier attempt that failed, instead of moving the instance.",
    False,
)
MIGRATION_MODE = Param(
    "mode",
    Maybe(OneOf(("live", "non-live"))),
    "Whether instances keep running while they move; by default the hypervisor's parameters "
    "decide.",
    None,
)
LIVE = Param(
    "live",
    MAYBE_BOOLEAN,
    "The older form of mode: true for live, false for non-live; give only one of the two.",
    None,
)
ALLOW_RUNTIME_CHANGES = Param(
    "allow_runtime_changes",
    BOOLEAN,
    "Whether the running instance's memory may be lowered so that it fits on the new node.",
    True,
)

# What an instance is like.

HVPARAMS = Param(
    "hvparams", OBJECT, "Hypervisor parameters that differ from the cluster's defaults.", {}
)
BEPARAMS = Param(
    "beparams",
    OBJECT,
    "Backend parameters that differ from the cluster's defaults: maxmem and minmem in MiB, vcpus, "
    "always_failover, auto_balance, spindle_use.",
    {},
)
OSPARAMS = Param(
    "osparams", OBJECT, "Parameters for the OS definition's scripts; everyone may see them.", {}
)
OSPARAMS_PRIVATE = Param(
    "osparams_private",
    MAYBE_OBJECT,
    "Parameters for the OS definition's scripts that are stored with the instance, but neither "
    "shown nor logged.",
    None,
    secret=True,
)
OSPARAMS_SECRET = Param(
    "osparams_secret",
    MAYBE_OBJECT,
    "Parameters for the OS definition's scripts that are used in this job only and stored nowhere.",
    None,
    secret=True,
)
OS_TYPE = Param(
    "os_type", MAYBE_NAME, "The OS definition, with its variant: debootstrap+default.", None
)
FILE_DRIVER = Param(
    "file_driver",
    Maybe(OneOf(("blktap", "blktap2", "loop"))),
    "How file based disks are made into block devices.",
    None,
)
FILE_STORAGE_DIR = Param(
    "file_storage_dir",
    MAYBE_NAME,
    "The directory of file based disks, below the cluster's own.",
    None,
)
DISK_TEMPLATE = Param(
    "disk_template",
    Maybe(DISK_TEMPLATES),
    "How the instance's disks are stored.",
    None,
)
COMPRESS = Param(
    "compress",
    STRING,
    "The tool that compresses the data on its way, of those that the cluster allows.",
    "none",
)

# What cluster, groups and nodes are like.

NDPARAMS = Param(
    "ndparams", MAYBE_OBJECT, "Node parameters, such as oob_program and ssh_port.", None
)
DISKPARAMS = Param(
    "diskparams",
    Maybe(DictOf(DISK_TEMPLATES, OBJECT)),
    "Disk parameters, by disk template.",
    None,
)
HV_STATE = Param("hv_state", MAYBE_OBJECT, "The hypervisors' state, by hypervisor.", None)
DISK_STATE = Param("disk_state", MAYBE_OBJECT, "The state of the storage, by disk template.", None)
IPOLICY = Param(
    "ipolicy",
    MAYBE_OBJECT,
    "The instance policy: bounds for the size of instances (memory and disks in MiB), allowed disk "
    "templates, ratios.",
    None,
)
ALLOC_POLICY = Param(
    "alloc_policy",
    Maybe(OneOf(("preferred", "last_resort", "unallocable"))),
    "Whether the allocator may put instances into this group.",
    None,
)

# Networks.

MAC_PREFIX = Param(
    "mac_prefix",
    MAYBE_NAME,
    "The first three bytes of the MAC addresses that Ganeti makes, such as aa:00:01.",
    None,
)
GATEWAY = Param("gateway", Maybe(IPV4_ADDRESS), "The IPv4 address of the gateway.", None)
NETWORK6 = Param("network6", Maybe(IPV6_NETWORK), "The IPv6 network in CIDR notation.", None)
GATEWAY6 = Param("gateway6", Maybe(IPV6_ADDRESS), "The IPv6 address of the gateway.", None)
ADD_RESERVED_IPS = Param(
    "add_reserved_ips",
    Maybe(ListOf(IPV4_ADDRESS)),
    "IPv4 addresses that instances must not get, because others use them.",
    None,
)

# Storage units.

STORAGE_TYPE = Param("storage_type", STORAGE_TYPES, "The kind of storage unit.")
STORAGE_NAME = Param("name", MAYBE_NAME, "The name of the storage unit on its node.", None)


def required(param: Param) -> Param:
    """The same parameter where it must be given."""
    return evolve(param, default=REQUIRED)
