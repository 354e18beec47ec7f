"""Nodes: their role, evacuation, migration and storage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ganeti_rapi import shapes
from ganeti_rapi.api.bodies import Values
from ganeti_rapi.api.call import Call
from ganeti_rapi.api.checks import OneOf
from ganeti_rapi.api.jobs import follow, submit, submit_job
from ganeti_rapi.api.kinds import NODE
from ganeti_rapi.api.queries import query_one
from ganeti_rapi.api.schemas import (
    COUNT,
    JOB_ID,
    TEXT,
    any_of,
    component,
    described,
    items,
    list_of,
    maybe,
)
from ganeti_rapi.api.selecting import known_names
from ganeti_rapi.api.submissions import build_opcode
from ganeti_rapi.errors import BadRequest, JobDaemonError
from ganeti_rapi.jsontext import Json

ROLES = {
    "M": "master",
    "C": "master-candidate",
    "R": "regular",
    "D": "drained",
    "O": "offline",
}
"""luxid's letter for a role, and the API's word."""

ROLE_CHANGES: Mapping[str, dict[str, bool | None]] = {
    "regular": {"master_candidate": False, "offline": False, "drained": False},
    "master-candidate": {"master_candidate": True, "offline": None, "drained": None},
    "drained": {"master_candidate": None, "offline": None, "drained": True},
    "offline": {"master_candidate": None, "offline": True, "drained": None},
}
"""What OP_NODE_SET_PARAMS is told to give a node each role that can be given."""


async def role(call: Call, node_name: str, lock: bool) -> Json:
    """GET /2/nodes/[node_name]/role: one of the words of the requirements."""
    (letter,) = await query_one(call, NODE, node_name, ["role"], lock)
    known = ROLES.get(letter) if shapes.text(letter) else None
    return shapes.expect(known, shapes.text, f"The role of node {node_name}")


ROLE_BODY = OneOf(tuple(ROLE_CHANGES))


def role_change(values: Values) -> Values:
    """PUT /2/nodes/[node_name]/role: what the wanted role asks of the opcode."""
    changes = ROLE_CHANGES[str(values.pop("role"))]
    return {**values, **changes}


def storage_changes(values: Values) -> Values:
    """PUT /2/nodes/[node_name]/storage/modify: ``allocatable`` is all that can be changed."""
    allocatable = {name: values.pop(name) for name in ["allocatable"] if name in values}
    return {**values, "changes": allocatable}


EVACUATE_REPLY = any_of(
    JOB_ID,
    component("Job"),
    described(
        list_of(items(maybe(COUNT), maybe(TEXT), maybe(TEXT))),
        "Without a body: job id, instance and new node of each instance that is moved.",
    ),
)


async def evacuate(call: Call, **values: Json) -> Json:
    """POST /2/nodes/[node_name]/evacuate.

    With a body it is the newer form and answers a job id. Without one it is the requirements'
    form: query arguments, and the answer lists [job id, instance, node] for each instance that is
    moved away; the job id is null on a dry run.
    """
    if call.has_body:
        return await submit_job(call, [build_opcode("OP_NODE_EVACUATE", values)])
    if ("iallocator" in values) == ("remote_node" in values):
        raise BadRequest(
            "Evacuating needs either the query argument 'iallocator' or 'remote_node', "
            "or a body with 'mode'"
        )
    opcode = build_opcode("OP_NODE_EVACUATE", {**values, "mode": "secondary-only"})
    job_id = await submit(call, [opcode])
    if values["dry_run"]:
        await follow(call, job_id, shapes.anything)
        return await _would_move(call, str(values["node_name"]), values.get("remote_node"))
    (result,) = await follow(call, job_id, MOVES)
    return await _moves(call, result["jobs"])


MOVES = shapes.row_of(
    shapes.record(jobs=shapes.list_of(shapes.row_of(shapes.flag, shapes.anything)))
)
"""The result of OP_NODE_EVACUATE: for each job whether it was accepted, and its id or why not."""


async def _would_move(call: Call, node_name: str, remote_node: Json) -> Json:
    (instances,) = await query_one(call, NODE, node_name, ["sinst_list"])
    return [[None, instance, remote_node] for instance in instances]


async def _moves(call: Call, jobs: list[tuple[bool, Any]]) -> Json:
    # Any: a job id, or the reason why the job was not accepted
    for accepted, id_or_reason in jobs:
        if not accepted:
            raise JobDaemonError("OpExecError", f"A job was not accepted: {id_or_reason}")
    ids = [job_id for _, job_id in jobs]
    if not ids:
        return []
    rows = await call.daemon.call("QueryJobs", ids, ["ops"])
    seen = await known_names(call, "instance")
    return [
        [job_id, op.get("instance_name"), op.get("remote_node")]
        for job_id, (ops,) in zip(ids, rows)
        for op in ops
        if seen is None or op.get("instance_name") in seen
    ]
