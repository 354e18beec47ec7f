"""Nodes: their role, evacuation, migration and storage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ganeti_rapi.api.call import Call
from ganeti_rapi.api.cells import LOCK, Values, build_opcode, path_values
from ganeti_rapi.api.checks import OneOf
from ganeti_rapi.api.fields import NODE
from ganeti_rapi.api.jobs import follow, submit, submit_job
from ganeti_rapi.api.opcodes import OPCODES
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


async def role(call: Call) -> Json:
    """GET /2/nodes/[node_name]/role: one of the words of the requirements."""
    name = call.items["node_name"]
    (letter,) = await query_one(call, NODE, name, ["role"], call.flag(LOCK.name))
    return ROLES[letter]


ROLE_BODY = OneOf(tuple(ROLE_CHANGES))


def role_change(call: Call, values: Values) -> Values:
    """PUT /2/nodes/[node_name]/role: the body is the role, a bare string."""
    wanted = call.body
    if not isinstance(wanted, str) or wanted not in ROLE_CHANGES:
        roles = ", ".join(f'"{role}"' for role in ROLE_CHANGES)
        raise BadRequest(f"The request body must be the new role, a JSON string: one of {roles}")
    return {**values, **ROLE_CHANGES[wanted]}


def storage_changes(call: Call, values: Values) -> Values:
    """PUT /2/nodes/[node_name]/storage/modify: ``allocatable`` is all that can be changed."""
    changes: Values = {}
    if call.text("allocatable") is not None:
        changes["allocatable"] = call.flag("allocatable")
    return {**values, "changes": changes}


def migration(call: Call, values: Values) -> Values:
    """POST /2/nodes/[node_name]/migrate: query arguments are the requirements' form.

    With ``live`` or ``mode`` in the query, the body is ignored, as in the stock daemon.
    """
    if "live" not in call.query and "mode" not in call.query:
        return values
    if "live" in call.query and "mode" in call.query:
        raise BadRequest("The query arguments 'live' and 'mode' mean the same; give only 'mode'")
    if "live" in call.query:
        return {"mode": "live" if call.flag("live") else "non-live"}
    return {"mode": call.text("mode")}


EVACUATE_PARAMS = OPCODES["OP_NODE_EVACUATE"].parameters_without("node_name", "dry_run", "reason")
EVACUATE_REPLY = any_of(
    JOB_ID,
    component("Job"),
    described(
        list_of(items(maybe(COUNT), maybe(TEXT), maybe(TEXT))),
        "Without a body: job id, instance and new node of each instance that is moved.",
    ),
)


async def evacuate(call: Call) -> Json:
    """POST /2/nodes/[node_name]/evacuate.

    With a body it is the newer form and answers a job id. Without one it is the requirements'
    form: query arguments, and the answer lists [job id, instance, node] for each instance that is
    moved away; the job id is null on a dry run.
    """
    static: Values = {"dry_run": call.flag("dry-run"), "reason": call.reason_trail()}
    static.update(path_values(call))
    if call.has_body:
        body = call.object_body()
        return await submit_job(call, [build_opcode("OP_NODE_EVACUATE", body, static)])
    opcode = build_opcode("OP_NODE_EVACUATE", _secondaries(call), static)
    (result,) = await follow(call, await submit(call, [opcode]))
    if static["dry_run"]:
        return await _would_move(call)
    return await _moves(call, result["jobs"])


def _secondaries(call: Call) -> Values:
    where = {name: call.text(name) for name in ("iallocator", "remote_node")}
    given = {name: value for name, value in where.items() if value is not None}
    if len(given) != 1:
        raise BadRequest(
            "Evacuating needs either the query argument 'iallocator' or 'remote_node', "
            "or a body with 'mode'"
        )
    return {"mode": "secondary-only", "early_release": call.flag("early_release"), **given}


async def _would_move(call: Call) -> Json:
    name = call.items["node_name"]
    (instances,) = await query_one(call, NODE, name, ["sinst_list"])
    return [[None, instance, call.text("remote_node")] for instance in instances]


async def _moves(call: Call, jobs: list[tuple[bool, Any]]) -> Json:
    # Any: a job id, or the text why the job was not accepted
    for accepted, id_or_reason in jobs:
        if not accepted:
            raise JobDaemonError("OpExecError", f"A job was not accepted: {id_or_reason}")
    ids = [job_id for _, job_id in jobs]
    if not ids:
        return []
    rows = await call.daemon.call("QueryJobs", ids, ["ops"])
    return [
        [job_id, op.get("instance_name"), op.get("remote_node")]
        for job_id, (ops,) in zip(ids, rows)
        for op in ops
    ]
