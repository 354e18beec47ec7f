"""Opcodes that export instances and remove exports."""

from __future__ import annotations

from ganeti_rapi.api.checks import LIST, NON_EMPTY_STRING, Either, Integer, Number, OneOf
from ganeti_rapi.api.opcodes.opcode import Opcode
from ganeti_rapi.api.params import (
    COMPRESS,
    INSTANCE,
    SHUTDOWN_TIMEOUT,
    Param,
    and_uuid,
    flag,
    optional,
    required,
)

_EXPORT_MODE = Param(
    "mode",
    OneOf(("local", "remote")),
    "Whether the export goes to a node of this cluster or to another cluster.",
    "local",
)

OPCODES = (
    Opcode(
        "OP_BACKUP_EXPORT",
        "Exports an instance, to a node of this cluster or straight to another cluster.",
        (
            *INSTANCE,
            COMPRESS,
            SHUTDOWN_TIMEOUT,
            *and_uuid(
                Param(
                    "target_node",
                    Either((NON_EMPTY_STRING, LIST)),
                    "The node that takes a local export; for a remote one, the list of where each "
                    "disk goes that the other cluster gave.",
                ),
                "The target node's",
            ),
            flag(
                "shutdown",
                "Whether to shut the instance down for the export; it is started again afterwards.",
                True,
            ),
            flag("remove_instance", "Whether to remove the instance once it is exported."),
            flag(
                "ignore_remove_failures",
                "Whether a disk that cannot be removed is no reason to keep the instance.",
            ),
            _EXPORT_MODE,
            optional(
                "x509_key_name",
                LIST,
                "For a remote export: name, HMAC and salt of the key, as the preparing opcode "
                "returned them.",
            ),
            optional(
                "destination_x509_ca",
                NON_EMPTY_STRING,
                "For a remote export: the other cluster's signed certificate in PEM form.",
            ),
            flag(
                "zero_free_space",
                "Whether to overwrite the disks' free space with zeros before the export, so that "
                "it compresses well.",
            ),
            optional(
                "zeroing_timeout_fixed",
                Integer(),
                "How many seconds the helper that writes the zeros may take, however small the "
                "disks.",
            ),
            optional(
                "zeroing_timeout_per_mib",
                Number(),
                "How many seconds the helper that writes the zeros may take in addition for each "
                "MiB.",
            ),
            flag(
                "long_sleep",
                "Whether the instance may stay down for the whole export instead of running from "
                "a snapshot.",
            ),
        ),
        subject="instance_name",
        result="A pair: whether the export was finished, and a list that says so for each disk.",
    ),
    Opcode(
        "OP_BACKUP_PREPARE",
        "Prepares the export of an instance; a remote export needs what this returns.",
        (*INSTANCE, required(_EXPORT_MODE)),
        subject="instance_name",
        result="null for a local export; for a remote one an object with the handshake, the key's "
        "name and the certificate.",
    ),
    Opcode(
        "OP_BACKUP_REMOVE",
        "Removes an instance's exports from all nodes.",
        INSTANCE,
        subject="instance_name",
    ),
)
