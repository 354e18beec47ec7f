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
    SIZE,
    STRING,
    Check,
    CheckError,
    DictOf,
    Either,
    Integer,
    Items,
    Keyed,
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


def required(param: Param) -> Param:
    """The same parameter where it must be given."""
    return evolve(param, default=REQUIRED)


def nullable(param: Param) -> Param:
    """The same parameter where it may be null, which is then its default."""
    return evolve(param, check=Maybe(param.check), default=None)


def optional(name: str, check: Check, doc: str, secret: bool = False) -> Param:
    """A parameter that may be null, which is its default."""
    return nullable(Param(name, check, doc, secret=secret))


def flag(name: str, doc: str, default: bool = False) -> Param:
    """A parameter that is true or false."""
    return Param(name, BOOLEAN, doc, default)


def and_uuid(param: Param, whose: str) -> tuple[Param, Param]:
    """A parameter that names something, and the one that has its UUID."""
    name = param.name.removesuffix("_name") + "_uuid"
    return param, optional(name, NON_EMPTY_STRING, f"{whose} UUID, which Ganeti finds out itself.")


# Checks that several parameters share.

NAMES = ListOf(NON_EMPTY_STRING)
OBJECTS = DictOf(STRING, OBJECT)

DISK_INDEX = Integer(0, 15)
DISK_PARAMETERS = Keyed(
    (
        ("size", SIZE),
        ("mode", OneOf(("ro", "rw"))),
        ("spindles", Integer()),
        *((name, NON_EMPTY_STRING) for name in ("access", "adopt", "metavg", "name")),
        *((name, NON_EMPTY_STRING) for name in ("provider", "vg")),
    ),
    others=Either((NON_EMPTY_STRING, Integer())),
)
"""What luxid can read of a disk; which keys there are, depends on the disk template."""
DISK_TEMPLATES = OneOf(
    ("blockdev", "diskless", "drbd", "ext", "file", "gluster", "plain", "rbd", "sharedfile")
)
HYPERVISORS = OneOf(("chroot", "fake", "kvm", "lxc", "xen-hvm", "xen-pvm"))
NIC_PARAMETERS = Keyed(
    (
        ("bridge", Maybe(NON_EMPTY_STRING)),
        ("ip", Maybe(STRING)),
        *((name, Maybe(NON_EMPTY_STRING)) for name in ("link", "mac", "mode", "name", "network")),
        ("vlan", Maybe(STRING)),
    )
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

DEPENDS = optional(
    "depends",
    ListOf(_DEPENDENCY),
    "The jobs to wait for, each with the final states that let this one start; no state means "
    "any. A negative id counts back in the same submission.",
)

# Every opcode.

COMMON = (
    optional(
        "dry_run",
        BOOLEAN,
        "Whether to stop after Ganeti has checked that the operation could be done.",
    ),
    optional(
        "debug_level", NON_NEGATIVE, "How much the job writes to Ganeti's logs; 0 is the least."
    ),
    Param(
        "priority",
        OneOf((-10, 0, 10)),
        "How early the job's turn comes: -10 is high, 0 normal and 10 low.",
        0,
    ),
    DEPENDS,
    optional("comment", STRING, "A remark that is kept with the job."),
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
INSTANCE = and_uuid(INSTANCE_NAME, "The instance's")
NODE = and_uuid(Param("node_name", NON_EMPTY_STRING, "The name of the node."), "The node's")
NODES = Param("nodes", NAMES, "The names of the nodes.", [])
NODE_UUIDS = optional("node_uuids", NAMES, "The nodes' UUIDs, which Ganeti finds out itself.")
GROUP_NAME = Param("group_name", NON_EMPTY_STRING, "The name of the node group.")
NETWORK_NAME = Param("network_name", NON_EMPTY_STRING, "The name of the network.")
NEW_NAME = Param("new_name", NON_EMPTY_STRING, "The name that it shall have.")
TAGS = Param("tags", NAMES, "The tags that it has from the start.", [])
OUTPUT_FIELDS = Param("output_fields", NAMES, "The names of the fields to show, in their order.")

# Where something goes.

PRIMARY_NODE = and_uuid(
    optional("pnode", NON_EMPTY_STRING, "The name of the instance's primary node."),
    "The primary node's",
)
TARGET_NODE = and_uuid(
    optional(
        "target_node",
        NON_EMPTY_STRING,
        "The name of the node to move to, for disk templates that leave the choice.",
    ),
    "The target node's",
)
REMOTE_NODE = and_uuid(
    optional("remote_node", NON_EMPTY_STRING, "The name of the new secondary node."),
    "The new secondary node's",
)
IALLOCATOR = optional(
    "iallocator", NON_EMPTY_STRING, "The instance allocator that chooses the nodes, such as hail."
)
TARGET_GROUPS = optional(
    "target_groups", NAMES, "The names of the groups to move to; null for any other."
)
OPPORTUNISTIC_LOCKING = flag(
    "opportunistic_locking",
    "Whether the allocator only considers nodes that no other job holds, so as not to wait.",
)

# How carefully it is done.

FORCE = flag("force", "Whether to go on where Ganeti would otherwise stop and warn.")
IGNORE_IPOLICY = flag("ignore_ipolicy", "Whether the instance policy may be violated.")
IGNORE_CONSISTENCY = flag(
    "ignore_consistency", "Whether to go on when the disks are degraded; data may be lost."
)
IGNORE_OFFLINE_NODES = flag(
    "ignore_offline_nodes",
    "Whether to go on when the primary node is offline and only note the wanted state.",
)
CONFLICTS_CHECK = flag(
    "conflicts_check",
    "Whether to check that the IP addresses do not clash with networks and instances.",
    True,
)
NAME_CHECK = flag(
    "name_check",
    "Whether the instance's name must resolve to an address; since Ganeti 3.1 it need not by "
    "default.",
    True,
)
IP_CHECK = flag(
    "ip_check",
    "Whether to make sure that nobody answers yet at the address of the instance's name; since "
    "Ganeti 3.1 this is not done by default.",
    True,
)
FORCE_VARIANT = flag(
    "force_variant", "Whether an OS variant may be used that the OS does not list."
)
NO_REMEMBER = flag(
    "no_remember",
    "Whether to leave the recorded state of the instance as it is, for a temporary change.",
)
EARLY_RELEASE = flag(
    "early_release",
    "Whether to give locks and old disks back as soon as possible, before the mirrors are in sync.",
)
WAIT_FOR_SYNC = flag("wait_for_sync", "Whether the job only ends when the disks are in sync.", True)
SHUTDOWN_TIMEOUT = Param(
    "shutdown_timeout",
    NON_NEGATIVE,
    "How many seconds the instance has to shut down before it is stopped the hard way.",
    120,
)
CLEANUP = flag(
    "cleanup",
    "Whether to tidy up after an earlier attempt that failed, instead of moving the instance.",
)
MIGRATION_MODE = optional(
    "mode",
    OneOf(("live", "non-live")),
    "Whether instances keep running while they move; by default the hypervisor's parameters "
    "decide.",
)
LIVE = optional(
    "live",
    BOOLEAN,
    "The older form of mode: true for live, false for non-live; give only one of the two.",
)
ALLOW_RUNTIME_CHANGES = flag(
    "allow_runtime_changes",
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
OSPARAMS_PRIVATE = optional(
    "osparams_private",
    OBJECT,
    "Parameters for the OS definition's scripts that are stored with the instance, but neither "
    "shown nor logged.",
    secret=True,
)
OSPARAMS_SECRET = optional(
    "osparams_secret",
    OBJECT,
    "Parameters for the OS definition's scripts that are used in this job only and stored nowhere.",
    secret=True,
)
OS_TYPE = optional(
    "os_type", NON_EMPTY_STRING, "The OS definition, with its variant: debootstrap+default."
)
FILE_DRIVER = optional(
    "file_driver",
    OneOf(("blktap", "blktap2", "loop")),
    "How file based disks are made into block devices.",
)
FILE_STORAGE_DIR = optional(
    "file_storage_dir",
    NON_EMPTY_STRING,
    "The directory of file based disks, below the cluster's own.",
)
DISK_TEMPLATE = optional("disk_template", DISK_TEMPLATES, "How the instance's disks are stored.")
COMPRESS = Param(
    "compress",
    STRING,
    "The tool that compresses the data on its way, of those that the cluster allows.",
    "none",
)

# What cluster, groups and nodes are like.

NDPARAMS = optional("ndparams", OBJECT, "Node parameters, such as oob_program and ssh_port.")
DISKPARAMS = optional(
    "diskparams", DictOf(DISK_TEMPLATES, OBJECT), "Disk parameters, by disk template."
)
HV_STATE = optional("hv_state", OBJECT, "The hypervisors' state, by hypervisor.")
DISK_STATE = optional("disk_state", OBJECT, "The state of the storage, by disk template.")
IPOLICY = optional(
    "ipolicy",
    OBJECT,
    "The instance policy: bounds for the size of instances (memory and disks in MiB), allowed disk "
    "templates, ratios.",
)
ALLOC_POLICY = optional(
    "alloc_policy",
    OneOf(("preferred", "last_resort", "unallocable")),
    "Whether the allocator may put instances into this group.",
)

# Networks.

MAC_PREFIX = optional(
    "mac_prefix",
    NON_EMPTY_STRING,
    "The first three bytes of the MAC addresses that Ganeti makes, such as aa:00:01.",
)
GATEWAY = optional("gateway", IPV4_ADDRESS, "The IPv4 address of the gateway.")
NETWORK6 = optional("network6", IPV6_NETWORK, "The IPv6 network in CIDR notation.")
GATEWAY6 = optional("gateway6", IPV6_ADDRESS, "The IPv6 address of the gateway.")
ADD_RESERVED_IPS = optional(
    "add_reserved_ips",
    ListOf(IPV4_ADDRESS),
    "IPv4 addresses that instances must not get, because others use them.",
)

# Storage units.

STORAGE_TYPE = Param("storage_type", STORAGE_TYPES, "The kind of storage unit.")
STORAGE_NAME = optional("name", NON_EMPTY_STRING, "The name of the storage unit on its node.")
