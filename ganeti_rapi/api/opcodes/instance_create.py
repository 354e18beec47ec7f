"""Opcodes that create instances."""

from __future__ import annotations

from ganeti_rapi.api.checks import (
    BOOLEAN,
    LIST,
    NON_EMPTY_STRING,
    NON_NEGATIVE,
    Integer,
    ListOf,
    OneOf,
)
from ganeti_rapi.api.opcodes.opcode import Opcode
from ganeti_rapi.api.params import (
    BEPARAMS,
    COMPRESS,
    CONFLICTS_CHECK,
    DISK_PARAMETERS,
    DISK_TEMPLATE,
    FILE_DRIVER,
    FILE_STORAGE_DIR,
    FORCE_VARIANT,
    HVPARAMS,
    HYPERVISORS,
    IALLOCATOR,
    IGNORE_IPOLICY,
    INSTANCE_NAME,
    IP_CHECK,
    NAME_CHECK,
    NIC_PARAMETERS,
    OPPORTUNISTIC_LOCKING,
    OS_TYPE,
    OSPARAMS,
    OSPARAMS_PRIVATE,
    OSPARAMS_SECRET,
    PRIMARY_NODE,
    TAGS,
    WAIT_FOR_SYNC,
    Param,
    and_uuid,
    flag,
    optional,
)

_PLACE = (
    *PRIMARY_NODE,
    *and_uuid(
        optional("snode", NON_EMPTY_STRING, "The name of the secondary node, for mirrored disks."),
        "The secondary node's",
    ),
    IALLOCATOR,
    optional(
        "group_name",
        NON_EMPTY_STRING,
        "The node group that the allocator may choose from; null for any.",
    ),
    OPPORTUNISTIC_LOCKING,
    IGNORE_IPOLICY,
)

_HARDWARE = (
    Param(
        "disks",
        ListOf(DISK_PARAMETERS),
        "The disks, each an object with its size in MiB and perhaps mode, name, vg, spindles and "
        "others; an empty list for a diskless instance.",
    ),
    DISK_TEMPLATE,
    FILE_DRIVER,
    FILE_STORAGE_DIR,
    WAIT_FOR_SYNC,
    Param(
        "nics",
        ListOf(NIC_PARAMETERS),
        "The network interfaces, each an object of what differs from the cluster's defaults.",
    ),
    CONFLICTS_CHECK,
    optional(
        "hypervisor", HYPERVISORS, "The hypervisor to run it; null for the cluster's default."
    ),
    HVPARAMS,
    BEPARAMS,
    flag(
        "identify_defaults",
        "Whether parameters that equal the cluster's defaults follow these from then on.",
    ),
    flag(
        "instance_communication",
        "Whether the instance gets an interface to the node's metadata service.",
    ),
)

_SYSTEM = (
    OS_TYPE,
    FORCE_VARIANT,
    OSPARAMS,
    OSPARAMS_PRIVATE,
    OSPARAMS_SECRET,
    optional(
        "no_install",
        BOOLEAN,
        "Whether to leave the disks as they are instead of installing the OS.",
    ),
    optional(
        "helper_startup_timeout",
        Integer(),
        "How many seconds the helper that installs the OS in isolation has to start.",
    ),
    optional(
        "helper_shutdown_timeout",
        Integer(),
        "How many seconds that helper has to finish and shut down.",
    ),
)

_SOURCE = (
    *and_uuid(
        optional(
            "src_node",
            NON_EMPTY_STRING,
            "For an import: the name of the node that has the export; null to search for it.",
        ),
        "That node's",
    ),
    optional("src_path", NON_EMPTY_STRING, "For an import: the directory of the export."),
    COMPRESS,
    optional(
        "source_handshake",
        LIST,
        "For a remote import: the handshake that the other cluster's preparing opcode returned.",
    ),
    optional(
        "source_instance_name",
        NON_EMPTY_STRING,
        "For a remote import: the instance's name on the other cluster.",
    ),
    Param(
        "source_shutdown_timeout",
        NON_NEGATIVE,
        "For a remote import: how many seconds the instance has to shut down over there.",
        120,
    ),
    optional(
        "source_x509_ca",
        NON_EMPTY_STRING,
        "For a remote import: the other cluster's signed certificate in PEM form.",
    ),
)

OPCODES = (
    Opcode(
        "OP_INSTANCE_CREATE",
        "Creates an instance: from an OS definition, from an export or from another cluster.",
        (
            INSTANCE_NAME,
            Param(
                "mode",
                OneOf(("create", "import", "remote-import")),
                "Where it comes from: a new one, an export, or another cluster.",
            ),
            NAME_CHECK,
            IP_CHECK,
            *_PLACE,
            *_HARDWARE,
            *_SYSTEM,
            *_SOURCE,
            flag("start", "Whether to start the instance afterwards.", True),
            flag(
                "forthcoming",
                "Whether only to reserve the resources, for an instance that comes later.",
            ),
            flag("commit", "Whether to make a real instance of one that was only reserved."),
            TAGS,
        ),
        subject="instance_name",
        result="A list of the names of the instance's nodes, the primary first.",
    ),
    Opcode(
        "OP_INSTANCE_MULTI_ALLOC",
        "Finds places for several new instances together and submits a job to create each.",
        (
            OPPORTUNISTIC_LOCKING,
            IALLOCATOR,
            Param(
                "instances",
                LIST,
                "The instances, each an object with the parameters of OP_INSTANCE_CREATE.",
                [],
            ),
        ),
        result="An object with jobs, a list of pairs (whether the job was submitted, and its id or "
        "else the reason), and the names of the instances that are allocatable and that failed.",
    ),
)
