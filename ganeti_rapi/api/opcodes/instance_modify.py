"""The opcode that changes an instance's parameters, disks and network interfaces."""

from __future__ import annotations

from attrs import evolve

from ganeti_rapi.api.checks import (
    BOOLEAN,
    NON_EMPTY_STRING,
    NON_NEGATIVE,
    OBJECT,
    POSITIVE,
    STRING,
    Check,
    Either,
    Integer,
    Items,
    ListOf,
    OneOf,
)
from ganeti_rapi.api.opcodes.opcode import Opcode
from ganeti_rapi.api.params import (
    BEPARAMS,
    CONFLICTS_CHECK,
    DISK_PARAMETERS,
    DISK_TEMPLATE,
    FILE_DRIVER,
    FILE_STORAGE_DIR,
    FORCE,
    FORCE_VARIANT,
    HVPARAMS,
    IALLOCATOR,
    IGNORE_IPOLICY,
    INSTANCE,
    NIC_PARAMETERS,
    OSPARAMS,
    OSPARAMS_PRIVATE,
    WAIT_FOR_SYNC,
    Param,
    and_uuid,
    flag,
    optional,
)


def _changes(parameters: Check) -> Check:
    """A list of ``[action, index or name, parameters]``.

    The older form, ``[action or index, parameters]``, can only change by index and add or remove
    at the end. The two forms do not mix.
    """
    action = OneOf(("add", "attach", "detach", "modify", "remove"))
    older_action = OneOf(("add", "attach", "detach", "remove"))
    return Either(
        (
            ListOf(Items((action, Either((Integer(), STRING)), parameters))),
            ListOf(Items((Either((older_action, NON_NEGATIVE)), parameters))),
        )
    )


OPCODES = (
    Opcode(
        "OP_INSTANCE_SET_PARAMS",
        "Changes an instance; most changes take effect at its next start.",
        (
            *INSTANCE,
            FORCE,
            FORCE_VARIANT,
            IGNORE_IPOLICY,
            Param(
                "nics",
                _changes(NIC_PARAMETERS),
                "Changes to the network interfaces, each as action, index or name (-1 is the "
                "last), and parameters.",
                [],
            ),
            Param(
                "disks",
                _changes(DISK_PARAMETERS),
                "Changes to the disks, each as action, index or name (-1 is the last), and "
                "parameters; sizes in MiB.",
                [],
            ),
            BEPARAMS,
            optional(
                "runtime_mem",
                POSITIVE,
                "The MiB of memory that the running instance shall have from now on.",
            ),
            HVPARAMS,
            evolve(DISK_TEMPLATE, doc="The disk template to convert the disks to."),
            Param(
                "ext_params",
                OBJECT,
                "For a conversion to external storage: the provider and its parameters.",
                {},
            ),
            FILE_DRIVER,
            FILE_STORAGE_DIR,
            *and_uuid(
                optional(
                    "pnode",
                    NON_EMPTY_STRING,
                    "The primary node to record, after the disks were moved.",
                ),
                "The primary node's",
            ),
            *and_uuid(
                optional(
                    "remote_node",
                    NON_EMPTY_STRING,
                    "The secondary node, for a conversion to mirrored disks.",
                ),
                "The new secondary node's",
            ),
            IALLOCATOR,
            optional(
                "os_name",
                NON_EMPTY_STRING,
                "The OS definition to record for the instance; nothing is installed.",
            ),
            OSPARAMS,
            OSPARAMS_PRIVATE,
            WAIT_FOR_SYNC,
            optional(
                "offline",
                BOOLEAN,
                "Whether the instance is put out of service, so that its memory counts as free.",
            ),
            CONFLICTS_CHECK,
            flag(
                "hotplug",
                "Whether disk and network changes reach the running instance at once; since "
                "Ganeti 3.1 they do by default.",
            ),
            flag(
                "hotplug_if_possible",
                "The same, but without an error where the instance cannot do it. Ganeti 3.1 and "
                "newer do not have it.",
            ),
            optional(
                "instance_communication",
                BOOLEAN,
                "Whether the instance has an interface to the node's metadata service.",
            ),
        ),
        subject="instance_name",
        result="A list of pairs: the parameter's name and its new value.",
    ),
)
