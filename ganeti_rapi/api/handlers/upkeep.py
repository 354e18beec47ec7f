"""What luxid knows of the cluster without a job, and the providers of external storage."""

from __future__ import annotations

from ganeti_rapi import shapes
from ganeti_rapi.api.call import Call
from ganeti_rapi.api.jobs import follow, reason_trail, submit
from ganeti_rapi.api.schemas import (
    ANYTHING,
    FLAG,
    INTEGER,
    NAMES,
    NUMBER,
    TEXT,
    Property,
    any_of,
    list_of,
    maybe,
    object_of,
)
from ganeti_rapi.api.submissions import build_opcode
from ganeti_rapi.jsontext import Json

CONFIG = {
    "cluster_name": Property(TEXT, "The cluster's name."),
    "master_node": Property(TEXT, "The name of the master node."),
    "drain_flag": Property(FLAG, "Whether the queue refuses new jobs."),
    "watcher_pause": Property(maybe(NUMBER), "Until when the watcher is paused; null for not."),
    "modify_ssh_setup": Property(maybe(FLAG), "Whether Ganeti cares for the nodes' SSH keys."),
    "ssh_key_type": Property(maybe(TEXT), "The type of these keys."),
    "ssh_key_bits": Property(maybe(INTEGER), "How many bits they have."),
}
CONFIG_REPLY = object_of(CONFIG)


async def config(call: Call) -> Json:
    """GET /2/config. Source: LUXI QueryConfigValues; what an older luxid does not know is null."""
    values = await call.daemon.call("QueryConfigValues", list(CONFIG))
    return dict(zip(CONFIG, values))


EXT_STORAGE = {
    "name": Property(TEXT, "The provider's name."),
    "node_status": Property(ANYTHING, "By node, what it has of the provider."),
    "nodegroup_status": Property(ANYTHING, "By node group, whether all its nodes have it."),
    "parameters": Property(ANYTHING, "The parameters that it takes: pairs of name and words."),
}
EXT_STORAGE_REPLY = any_of(NAMES, list_of(object_of(EXT_STORAGE)))


async def ext_storage(call: Call, bulk: bool) -> Json:
    """GET /2/ext-storage: the providers' names, or with ``bulk`` all details.

    Source: OP_EXT_STORAGE_DIAGNOSE, a job whose end this waits for.
    """
    fields = list(EXT_STORAGE) if bulk else ["name"]
    values: dict[str, Json] = {"output_fields": [*fields], "reason": reason_trail(call)}
    job_id = await submit(call, [build_opcode("OP_EXT_STORAGE_DIAGNOSE", values)])
    row = shapes.row_of(shapes.text, *[shapes.anything] * (len(fields) - 1))
    (rows,) = await follow(call, job_id, shapes.row_of(shapes.list_of(row)))
    return [dict(zip(fields, row)) for row in rows] if bulk else [name for (name,) in rows]
