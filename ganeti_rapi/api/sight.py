"""What a call may see and touch, where its user's permissions are for some objects only.

This is the one place that decides it. `admit` judges the object that the URI names, before the cell
runs; `check_submission` what an opcode names besides, before a job is submitted; and lists are read
through `ganeti_rapi.api.selecting`. What may not be seen is as if it were not there: reading it is
404, and writing to it is 403, as it is for what is not there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import evolve

from ganeti_rapi.api.access import PUBLIC
from ganeti_rapi.api.call import Call
from ganeti_rapi.api.scopes import Selection, Traits
from ganeti_rapi.api.subjects import (
    MAKING,
    RENAMING,
    Named,
    Opcode,
    named_by,
    owners_of,
    subjects_of,
    takes_from_others,
)
from ganeti_rapi.errors import Forbidden, NotFound
from ganeti_rapi.shapes import anything, expect, list_of, maybe, record, row_of, text

if TYPE_CHECKING:
    from ganeti_rapi.api.cells import Cell

JUDGED: Mapping[str, Sequence[str]] = {
    "instance": ("name", "uuid", "tags", "pnode", "pnode.group"),
    "node": ("name", "uuid", "tags", "group"),
    "group": ("name", "uuid", "tags"),
    "network": ("name", "uuid", "tags"),
}
"""The fields that objects of each kind are judged by. luxid asks no node for them."""

_PLACES = row_of(text, text, maybe(list_of(text)), maybe(text), maybe(text))
_ITEMS: Mapping[str, str] = {
    "instance_name": "instance",
    "node_name": "node",
    "group_name": "group",
    "network_name": "network",
    "job_id": "job",
}
"""The kinds of the objects that URIs name, by the names of their variable parts."""

MANY = 50
"""Names from which on luxid is asked for all objects rather than for each of these."""

Row = Sequence[Any]  # Any: a field's value is JSON of the field's own shape
_TRAIL = maybe(list_of(row_of(text, text, anything)))


def _is_opcode(value: Any) -> bool:  # Any: JSON
    return record(OP_ID=text)(value) and _TRAIL(value.get("reason"))


def read_traits(kind: str, values: Row) -> Traits:
    """The traits of an object, from the values of its `JUDGED` fields.

    Raises `LuxiProtocolError` when these are of a wrong shape.
    """
    filled = [*values, None, None][:5]
    name, uuid, tags, first, second = expect(filled, _PLACES, f"What luxid tells of a {kind}")
    if kind == "instance":
        node, group = first, second
    else:
        node = name if kind == "node" else None
        group = name if kind == "group" else first
    return Traits(kind, name, uuid, frozenset(tags or ()), node, group)


async def all_traits(call: Call, kind: str, names: Collection[str] = ()) -> list[Traits]:
    """The traits of all objects of a kind, or of those that have one of these names or uuids.

    luxid takes the first part of a host's name for the whole.
    """
    # Names alone would be an error where there is no such object.
    wanted = [["=", field, name] for name in names for field in ("name", "uuid")]
    qfilter = ["|", *wanted] if 0 < len(names) <= MANY else None
    parts = call.daemon.table(kind, JUDGED[kind], qfilter)
    await anext(parts)
    return [read_traits(kind, [value for _, value in row]) async for rows in parts for row in rows]


def the_one(given: str, among: Iterable[Traits]) -> Traits | None:
    """The object that has this name or uuid, or the only one whose name's first parts these are."""
    matches = []
    for traits in among:
        if given in (traits.name, traits.uuid):
            return traits
        if traits.name.startswith(f"{given}."):
            matches.append(traits)
    return matches[0] if len(matches) == 1 else None


async def find(call: Call, named: Iterable[Named]) -> dict[Named, Traits | None]:
    """The objects of these kinds and names; None for what is not there."""
    names: dict[str, set[str]] = {}
    for kind, name in named:
        names.setdefault(kind, set()).add(name)
    found: dict[Named, Traits | None] = {}
    for kind, wanted in names.items():
        there = await all_traits(call, kind, wanted)
        found.update({(kind, name): the_one(name, there) for name in wanted})
    return found


async def takes_jobs(
    call: Call, selection: Selection, jobs: Sequence[Sequence[Opcode]]
) -> list[bool]:
    """For each job, given by its opcodes, whether it is among the selected ones.

    Raises `LuxiProtocolError` for opcodes of a wrong shape.
    """
    expect(jobs, list_of(list_of(_is_opcode)), "What luxid tells of jobs")
    about = [_about(opcodes) for opcodes in jobs]
    found: Mapping[Named, Traits | None] = {}
    if selection.asks_for_traits:
        found = await find(call, {named for each in about for named in each})
    return [
        selection.takes_job(owners_of(opcodes), [found.get(named) for named in each])
        for opcodes, each in zip(jobs, about)
    ]


def _about(opcodes: Sequence[Opcode]) -> list[Named]:
    """The objects that a job is about; none if it is about more than these."""
    subjects = [subjects_of(opcode) for opcode in opcodes]
    return [named for each in subjects for named in each or ()] if all(subjects) else []


async def sees_job(call: Call, selection: Selection, job_id: int) -> bool:
    """Whether the job is there and among the selected ones."""
    ((opcodes,),) = await call.daemon.call("QueryJobs", [job_id], ["ops"])
    return opcodes is not None and (await takes_jobs(call, selection, [opcodes]))[0]


async def admit(call: Call, cell: Cell, reading: bool) -> None:
    """Let a call go on, or raise `NotFound` or `Forbidden` for an object that it is not for."""
    if call.view is None or cell.permission == PUBLIC:
        return
    selection = call.view.selection(cell.permission)
    if selection is None:
        return
    kind, name = object_of(call, cell)
    if not kind:
        if not cell.selects:
            raise Forbidden(f"This takes the permission {cell.permission} without a scope")
    elif kind == "job":
        if not await sees_job(call, selection, int(name)):
            raise _hidden(cell.permission, f"job {name}", reading)
    else:
        traits = (await find(call, [(kind, name)]))[kind, name]
        if traits is None or not selection.takes(traits):
            raise _hidden(cell.permission, f"{kind} '{name}'", reading)


def object_of(call: Call, cell: Cell) -> Named:
    """The kind and the name of the object that the URI names; empty where it names none."""
    for item, name in call.items.items():
        kind = _ITEMS.get(item, cell.subject)
        if kind:
            return kind, name
    return "", ""


def _hidden(permission: str, what: str, reading: bool) -> NotFound | Forbidden:
    if reading:
        return NotFound(f"There is no {what}")
    return Forbidden(f"This takes the permission {permission} for {what}, which you do not have")


async def check_submission(call: Call, opcodes: Iterable[Opcode]) -> None:
    """Raise `Forbidden` when opcodes name objects that the call is not for, or make such.

    What an opcode only refers to, such as the node that an instance shall move to, may also be what
    the user can see.
    """
    if call.view is None:
        return
    selection = call.view.selection(call.permission)
    if selection is None:
        return
    for opcode in opcodes:
        if taking := takes_from_others(opcode):
            raise Forbidden(f"{taking} takes the permission {call.permission} without a scope")
        found = await find(call, named_by(opcode))
        for (kind, name), traits in found.items():
            sight = call.view.sight(kind)
            if traits is None or not (
                selection.takes(traits) or sight is None or sight.takes(traits)
            ):
                raise _hidden(call.permission, f"{kind} '{name}'", reading=False)
        new = _new(opcode, found)
        if new is not None and not selection.takes(new):
            raise _hidden(call.permission, f"the new {new.kind} '{new.name}'", reading=False)
        nested = [each for each in opcode.get("instances") or () if isinstance(each, dict)]
        await check_submission(call, nested)


def _new(opcode: Opcode, found: Mapping[Named, Traits | None]) -> Traits | None:
    """What an opcode makes, or what it makes of an object by another name."""
    if opcode["OP_ID"] in RENAMING:
        kind, parameter = RENAMING[opcode["OP_ID"]]
        old = found[kind, opcode[parameter]]
        return evolve(old, name=opcode["new_name"]) if old is not None else None
    if opcode["OP_ID"] not in MAKING:
        return None
    kind, parameter = MAKING[opcode["OP_ID"]]
    name, tags = opcode[parameter], frozenset(opcode.get("tags") or ())
    if kind == "group":
        return Traits(kind, name, tags=tags, group=name)
    node = found.get(("node", opcode.get("pnode") or ""))
    group = found.get(("group", opcode.get("group_name") or ""))
    return Traits(
        kind,
        name,
        tags=tags,
        node=node.name if node else None,
        group=node.group if node else group.name if group else None,
    )
