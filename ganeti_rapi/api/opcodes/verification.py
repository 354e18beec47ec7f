"""Opcodes that check the cluster and change nothing."""

from __future__ import annotations

from ganeti_rapi.api.checks import NON_EMPTY_STRING, ListOf, OneOf
from ganeti_rapi.api.opcodes.opcode import JOBS, Opcode
from ganeti_rapi.api.params import GROUP_NAME, Param, flag, optional

ERROR_CODES = (
    *("ECLUSTERCERT", "ECLUSTERCFG", "ECLUSTERCLIENTCERT", "ECLUSTERDANGLINGINST"),
    *("ECLUSTERDANGLINGNODES", "ECLUSTERFILECHECK", "EEXTAGS", "EGROUPDIFFERENTPVSIZE"),
    *("EINSTANCEBADNODE", "EINSTANCEDOWN", "EINSTANCEFAULTYDISK", "EINSTANCELAYOUT"),
    *("EINSTANCEMISSINGCFGPARAMETER", "EINSTANCEMISSINGDISK", "EINSTANCEPOLICY"),
    *("EINSTANCESPLITGROUPS", "EINSTANCEUNSUITABLENODE", "EINSTANCEWRONGNODE"),
    *("ENODEDRBD", "ENODEDRBDHELPER", "ENODEDRBDVERSION", "ENODEFILECHECK"),
    *("ENODEFILESTORAGEPATHS", "ENODEFILESTORAGEPATHUNUSABLE"),
    *("ENODEGLUSTERSTORAGEPATHUNUSABLE", "ENODEHOOKS", "ENODEHV", "ENODELVM", "ENODEN1"),
    *("ENODENET", "ENODEOOBPATH", "ENODEORPHANINSTANCE", "ENODEORPHANLV", "ENODEOS", "ENODERPC"),
    *("ENODESETUP", "ENODESHAREDFILESTORAGEPATHUNUSABLE", "ENODESSH", "ENODETIME"),
    *("ENODEUSERSCRIPTS", "ENODEVERSION"),
)
"""What verification can find. Source: the ``CV_*`` constants of Ganeti 3.0.2."""

_VERIFICATION = (
    flag("debug_simulate_errors", "Whether to report every error as found; for tests."),
    flag("error_codes", "Whether findings have their codes, and can be read by programs."),
    Param(
        "ignore_errors",
        ListOf(OneOf(ERROR_CODES)),
        "The codes of errors that count as warnings only.",
        [],
    ),
    flag("verbose", "Whether the jobs' logs tell what is being done, too."),
)
_GROUP_VERIFICATION = (
    Param(
        "skip_checks",
        ListOf(OneOf(("nplusone_mem",))),
        "The optional checks to leave out: nplusone_mem, whether the memory is enough when a node "
        "fails.",
        [],
    ),
    flag("verify_clutter", "Whether files on the nodes that belong to nothing are errors."),
)
_GROUP = optional("group_name", NON_EMPTY_STRING, "The node group; null for the whole cluster.")

OPCODES = (
    Opcode(
        "OP_CLUSTER_VERIFY",
        "Checks the cluster's configuration and all its nodes, by jobs of its own.",
        (*_VERIFICATION, *_GROUP_VERIFICATION, _GROUP),
        result=JOBS,
    ),
    Opcode(
        "OP_CLUSTER_VERIFY_CONFIG",
        "Checks the cluster's configuration.",
        _VERIFICATION,
        result="Whether nothing was found.",
    ),
    Opcode(
        "OP_CLUSTER_VERIFY_GROUP",
        "Checks the nodes and instances of a node group.",
        (GROUP_NAME, *_VERIFICATION, *_GROUP_VERIFICATION),
        subject="group_name",
        result="Whether nothing was found.",
    ),
    Opcode(
        "OP_CLUSTER_VERIFY_DISKS",
        "Checks whether the disks of instances are there and active, by jobs of its own.",
        (_GROUP,),
        result=JOBS,
    ),
    Opcode(
        "OP_GROUP_VERIFY_DISKS",
        "Checks the disks of a node group's instances.",
        (GROUP_NAME,),
        subject="group_name",
        result="A list of three: an object with the errors of nodes, by uuid; the names of "
        "instances whose disks are to be activated; and an object with the volumes that are "
        "missing, by instance.",
    ),
)
