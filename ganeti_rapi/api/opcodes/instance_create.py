"""Opcodes that create instances."""

from __future__ import annotations

from attrs import evolve

from ganeti_rapi.api.checks import BOOLEAN, LIST, NON_NEGATIVE, ListOf, Maybe, OneOf
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
    GROUP_NAME,
    HVPARAMS,
    HYPERVISORS,
    IALLOCATOR,
    IGNORE_IPOLICY,
    INSTANCE_NAME,
    IP_CHECK,
    MAYBE_BOOLEAN,
    MAYBE_INTEGER,
    MAYBE_NAME,
    NAME_CHECK,
    NIC_PARAMETERS,
    OPPORTUNISTIC_LOCKING,
    OS_TYPE,
    OSPARAMS,
    OSPARAMS_PRIVATE,
    OSPARAMS_SECRET,
    PRIMARY_NODE,
    PRIMARY_NODE_UUID,
    TAGS,
    WAIT_FOR_SYNC,
    Param,
)

_PLACE = (
    PRIMARY_NODE,
    PRIMARY_NODE_UUID,
    Param("snode", MAYBE_NAME, "The name of the secondary node, for mirrored disks.", None),
    Param(
        "snode_uuid",
        MAYBE_NAME,
        "The secondary node's UUID, which Ganeti finds out itself.",
        None,
    ),
    IALLOCATOR,
    evolve(
        GROUP_NAME,
        check=MAYBE_NAME,
        doc="The node group that the allocator may choose from; null for any.",
        default=None,
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
    Param(
        "hypervisor",
        Maybe(HYPERVISORS),
        "The hypervisor to run it; null for the cluster's default.",
        None,
    ),
    HVPARAMS,
    BEPARAMS,
    Param(
        "identify_defaults",
        BOOLEAN,
        "Whether parameters that equal the cluster's defaults follow these from then on.",
        False,
    ),
    Param(
        "instance_communication",
        BOOLEAN,
        "Whether the instance gets an interface to the node's metadata service.",
        False,
    ),
)

_SYSTEM = (
    OS_TYPE,
    FORCE_VARIANT,
    OSPARAMS,
    OSPARAMS_PRIVATE,
    OSPARAMS_SECRET,
    Param(
        "no_install",
        MAYBE_BOOLEAN,
        "Whether to leave the disks as they are instead of installing the OS.",
        None,
    ),
    Param(
        "helper_startup_timeout",
        MAYBE_INTEGER,
        "How many seconds the helper that installs the OS in isolation has to start.",
        None,
    ),
    Param(
        "helper_shutdown_timeout",
        MAYBE_INTEGER,
        "How many seconds that helper has to finish and shut down.",
        None,
    ),
)

_SOURCE = (
    Param(
        "src_node",
        MAYBE_NAME,
        "For an import: the name of the node that has the export; null to search for it.",
        None,
    ),
    Param(
        "src_node_uuid",
        MAYBE_NAME,
        "That node's UUID, which Ganeti finds out itself.",
        None,
    ),
    Param("src_path", MAYBE_NAME, "For an import: the directory of the export.", None),
    COMPRESS,
    Param(
        "source_handshake",
        Maybe(LIST),
        "For a remote import: the handshake that the other cluster's preparing opcode returned.",
        None,
    ),
    Param(
        "source_instance_name",
        MAYBE_NAME,
        "For a remote import: the instance's name on the other cluster.",
        None,
    ),
    Param(
        "source_shutdown_timeout",
        NON_NEGATIVE,
        "For a remote import: how many seconds the instance has to shut down over there.",
        120,
    ),
    Param(
        "source_x509_ca",
        MAYBE_NAME,
        "For a remote import: the other cluster's signed certificate in PEM form.",
        None,
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
            Param("start", BOOLEAN, "Whether to start the instance afterwards.", True),
            Param(
                "forthcoming",
                BOOLEAN,
                "Whether only to reserve the resources, for an instance that comes later.",
                False,
            ),
            Param(
                "commit",
                BOOLEAN,
                "Whether to make a real instance of one that was only reserved.",
                False,
            ),
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
