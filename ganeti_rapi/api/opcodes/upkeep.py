"""Opcodes for the upkeep of the cluster as a whole, and the one that asks the allocator."""

from __future__ import annotations

from ganeti_rapi.api.checks import LIST, NON_EMPTY_STRING, NON_NEGATIVE, POSITIVE, ListOf, OneOf
from ganeti_rapi.api.opcodes.opcode import Opcode
from ganeti_rapi.api.params import (
    DISK_TEMPLATE,
    HYPERVISORS,
    IALLOCATOR,
    NAMES,
    NIC_PARAMETERS,
    OUTPUT_FIELDS,
    TAGS,
    TARGET_GROUPS,
    Param,
    flag,
    optional,
)

_REQUEST = (
    optional("memory", NON_NEGATIVE, "The instance's memory in MiB."),
    optional("vcpus", NON_NEGATIVE, "The number of its virtual processors."),
    optional("disks", LIST, "Its disks, each with size in MiB and mode."),
    DISK_TEMPLATE,
    optional("nics", ListOf(NIC_PARAMETERS), "Its network interfaces."),
    optional("os", NON_EMPTY_STRING, "Its OS definition."),
    optional("hypervisor", HYPERVISORS, "Its hypervisor; null for the cluster's default."),
    TAGS,
    Param("spindle_use", NON_NEGATIVE, "How many spindles it uses.", 1),
    optional("group_name", NON_EMPTY_STRING, "The node group to put it in; null for any."),
)

OPCODES = (
    Opcode(
        "OP_CLUSTER_REPAIR_DISK_SIZES",
        "Corrects the recorded sizes of disks to the real ones.",
        (Param("instances", NAMES, "The names of the instances; none means all.", []),),
        result="A list of what was corrected: instance, index of the disk, parameter and value.",
    ),
    Opcode(
        "OP_CLUSTER_RENAME",
        "Gives the cluster another name, and so another address.",
        (Param("name", NON_EMPTY_STRING, "The new name, which must resolve."),),
        subject="name",
        result="The cluster's new name.",
    ),
    Opcode(
        "OP_CLUSTER_RENEW_CRYPTO",
        "Renews the nodes' certificates and the SSH keys between them.",
        (
            flag("node_certificates", "Whether to renew the nodes' client certificates."),
            flag("renew_ssh_keys", "Whether to renew the SSH keys of the nodes."),
            optional("ssh_key_type", OneOf(("dsa", "ecdsa", "rsa")), "The type of new SSH keys."),
            optional("ssh_key_bits", POSITIVE, "How many bits new SSH keys have."),
            flag("verbose", "Whether the job's log tells more."),
            flag("debug", "Whether the job's log tells all."),
        ),
    ),
    Opcode(
        "OP_CLUSTER_ACTIVATE_MASTER_IP",
        "Sets up the cluster's address on the master node.",
    ),
    Opcode(
        "OP_CLUSTER_DEACTIVATE_MASTER_IP",
        "Takes the cluster's address from the master node.",
    ),
    Opcode(
        "OP_EXT_STORAGE_DIAGNOSE",
        "Lists the providers of external storage that the nodes have.",
        (
            OUTPUT_FIELDS,
            Param("names", NAMES, "The names of the providers; none means all.", []),
        ),
        result="A list with, for each provider, the list of the values of the fields.",
    ),
    Opcode(
        "OP_TEST_ALLOCATOR",
        "Asks the allocator where something would go, and changes nothing.",
        (
            Param(
                "direction",
                OneOf(("in", "out")),
                "Whether to show what the allocator would be asked, or its answer.",
            ),
            Param(
                "mode",
                OneOf(
                    (
                        *("allocate", "allocate-secondary", "change-group", "multi-allocate"),
                        *("node-evacuate", "relocate"),
                    )
                ),
                "What is asked: to place an instance or several, or to move some.",
            ),
            Param("name", NON_EMPTY_STRING, "The name of the instance."),
            *_REQUEST,
            IALLOCATOR,
            Param("count", NON_NEGATIVE, "How many instances, where several are placed.", 1),
            optional("instances", NAMES, "The names of the instances to move."),
            optional(
                "evac_mode",
                OneOf(("all", "primary-only", "secondary-only")),
                "Which instances would leave a node.",
            ),
            TARGET_GROUPS,
        ),
        subject="iallocator",
        result="The allocator's answer, or the question to it: JSON as a string.",
    ),
)
