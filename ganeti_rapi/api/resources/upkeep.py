"""The resources for the upkeep of the cluster, and what asks for its room."""

from __future__ import annotations

from ganeti_rapi.api.arguments import BULK, DRY_RUN, flag
from ganeti_rapi.api.bodies import Parameters
from ganeti_rapi.api.cells import Handler
from ganeti_rapi.api.checks import NAME, Integer
from ganeti_rapi.api.forms import Argument, Whole, Word
from ganeti_rapi.api.handlers import htools, upkeep
from ganeti_rapi.api.params import DISK_TEMPLATES
from ganeti_rapi.api.resource import Resource
from ganeti_rapi.api.submissions import Submit

_SIZE = Whole(Integer(1, 10**9))

UPKEEP = (
    Resource(
        "config",
        "/2/config",
        "The part of the cluster's settings that luxid knows without a job.",
        {
            "GET": Handler(
                doc="Show the cluster's name and master, and what is drained or paused.",
                permission="cluster.config",
                reply="An object with the values.",
                reply_schema=upkeep.CONFIG_REPLY,
                open=False,
                shared=True,
                function=upkeep.config,
            )
        },
    ),
    Resource(
        "ext_storage",
        "/2/ext-storage",
        "The providers of external storage.",
        {
            "GET": Handler(
                doc="List the providers of external storage. Runs a job and waits for it.",
                permission="extstorage.list",
                reply="A list of names, or of details.",
                reply_schema=upkeep.EXT_STORAGE_REPLY,
                open=False,
                query=(BULK,),
                function=upkeep.ext_storage,
                shared=True,
                follows_job=True,
            )
        },
    ),
    Resource(
        "capacity",
        "/2/capacity",
        "The cluster's room.",
        {
            "GET": Handler(
                doc="Compute how many more instances there is room for, by hspace.",
                permission="cluster.capacity",
                reply="An object with the numbers.",
                reply_schema=htools.CAPACITY_REPLY,
                open=False,
                query=(
                    Argument(
                        "disk_template",
                        "How their disks are stored; by default as the cluster has it.",
                        Word(DISK_TEMPLATES),
                    ),
                    Argument("memory", "The memory of each, in MiB.", _SIZE),
                    Argument("disk", "The size of the only disk of each, in MiB.", _SIZE),
                    Argument("vcpus", "The virtual processors of each.", _SIZE),
                ),
                function=htools.capacity,
                shared=True,
                follows_job=True,
            )
        },
    ),
    Resource(
        "balance",
        "/2/balance",
        "The balance of the cluster's nodes.",
        {
            "GET": Handler(
                doc="Compute how well nodes are balanced and what would better it, by hbal.",
                permission="cluster.balance",
                reply="An object with scores and moves.",
                reply_schema=htools.BALANCE_REPLY,
                open=False,
                query=(
                    Argument("group", "The node group, if there are several.", Word(NAME)),
                    Argument("max_moves", "The most moves to look for.", _SIZE),
                    flag("no_disk_moves", "Only look for moves that copy no disks."),
                ),
                function=htools.balance,
                shared=True,
                follows_job=True,
            )
        },
    ),
    Resource(
        "repair_disk_sizes",
        "/2/repair-disk-sizes",
        "The recorded sizes of disks.",
        {
            "POST": Submit(
                doc="Correct the recorded sizes of disks to the real ones.",
                permission="cluster.repair_disk_sizes",
                opcode="OP_CLUSTER_REPAIR_DISK_SIZES",
            )
        },
    ),
    Resource(
        "cluster_rename",
        "/2/rename",
        "The cluster's name.",
        {
            "PUT": Submit(
                doc="Give the cluster another name, and so the address that it stands for.",
                permission="cluster.rename",
                opcode="OP_CLUSTER_RENAME",
                query=(DRY_RUN,),
                body=Parameters(required=True),
            )
        },
    ),
    Resource(
        "renew_crypto",
        "/2/renew-crypto",
        "The certificates and keys of the nodes.",
        {
            "POST": Submit(
                doc="Renew the nodes' certificates or SSH keys, as the parameters say.",
                permission="cluster.renew_crypto",
                opcode="OP_CLUSTER_RENEW_CRYPTO",
                body=Parameters(required=True),
            )
        },
    ),
    Resource(
        "master_ip",
        "/2/master-ip",
        "The cluster's address on the master node.",
        {
            "PUT": Submit(
                doc="Set up the cluster's address on the master node.",
                permission="cluster.master_ip",
                opcode="OP_CLUSTER_ACTIVATE_MASTER_IP",
            ),
            "DELETE": Submit(
                doc="Take the cluster's address from the master node.",
                permission="cluster.master_ip",
                opcode="OP_CLUSTER_DEACTIVATE_MASTER_IP",
            ),
        },
    ),
    Resource(
        "allocator",
        "/2/allocator",
        "The instance allocator.",
        {
            "POST": Submit(
                doc=(
                    "Ask where an instance would go, or whether it would fit; nothing is changed. "
                    "The job's result is the allocator's answer, JSON as a string."
                ),
                permission="cluster.allocator",
                opcode="OP_TEST_ALLOCATOR",
                fixed={"direction": "out"},  # luxid cannot show what the allocator is asked
            )
        },
    ),
)
