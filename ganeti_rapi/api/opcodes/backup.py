"""Opcodes that export instances and remove exports."""

from __future__ import annotations

from ganeti_rapi.api.checks import BOOLEAN, LIST, NON_EMPTY_STRING, Either, Maybe, Number, OneOf
from ganeti_rapi.api.opcodes.opcode import Opcode
from ganeti_rapi.api.params import (
    COMPRESS,
    INSTANCE_NAME,
    INSTANCE_UUID,
    MAYBE_INTEGER,
    MAYBE_NAME,
    SHUTDOWN_TIMEOUT,
    TARGET_NODE_UUID,
    Param,
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
            INSTANCE_NAME,
            INSTANCE_UUID,
            COMPRESS,
            SHUTDOWN_TIMEOUT,
            Param(
                "target_node",
                Either((NON_EMPTY_STRING, LIST)),
                "The node that takes a local export; for a remote one, the list of where each disk "
                "goes that the other cluster gave.",
            ),
            TARGET_NODE_UUID,
            Param(
                "shutdown",
                BOOLEAN,
                "Whether to shut the instance down for the export; it is started again afterwards.",
                True,
            ),
            Param(
                "remove_instance",
                BOOLEAN,
                "Whether to remove the instance once it is exported.",
                False,
            ),
            Param(
                "ignore_remove_failures",
                BOOLEAN,
                "Whether a disk that cannot be removed is no reason to keep the instance.",
                False,
            ),
            _EXPORT_MODE,
            Param(
                "x509_key_name",
                Maybe(LIST),
                "For a remote export: name, HMAC and salt of the key, as the preparing opcode "
                "returned them.",
                None,
            ),
            Param(
                "destination_x509_ca",
                MAYBE_NAME,
                "For a remote export: the other cluster's signed certificate in PEM form.",
                None,
            ),
            Param(
                "zero_free_space",
                BOOLEAN,
                "Whether to overwrite the disks' free space with zeros before the export, so that "
                "it compresses well.",
                False,
            ),
            Param(
                "zeroing_timeout_fixed",
                MAYBE_INTEGER,
                "How many seconds the helper that writes the zeros may take, however small the "
                "disks.",
                None,
            ),
            Param(
                "zeroing_timeout_per_mib",
                Maybe(Number()),
                "How many seconds the helper that writes the zeros may take in addition for each "
                "MiB.",
                None,
            ),
            Param(
                "long_sleep",
                BOOLEAN,
                "Whether the instance may stay down for the whole export instead of running from "
                "a snapshot.",
                False,
            ),
        ),
        subject="instance_name",
        result="A pair: whether the export was finished, and a list that says so for each disk.",
    ),
    Opcode(
        "OP_BACKUP_PREPARE",
        "Prepares the export of an instance; a remote export needs what this returns.",
        (INSTANCE_NAME, INSTANCE_UUID, required(_EXPORT_MODE)),
        subject="instance_name",
        result="null for a local export; for a remote one an object with the handshake, the key's "
        "name and the certificate.",
    ),
    Opcode(
        "OP_BACKUP_REMOVE",
        "Removes an instance's exports from all nodes.",
        (INSTANCE_NAME, INSTANCE_UUID),
        subject="instance_name",
    ),
)
