"""The cluster's room and balance, as Ganeti's hspace and hbal compute them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from ganeti_rapi.api.call import Call
from ganeti_rapi.api.schemas import (
    ANYTHING,
    COUNT,
    NAMES,
    NUMBER,
    TEXT,
    Property,
    list_of,
    maybe,
    object_of,
)
from ganeti_rapi.errors import BadGateway, BadRequest, MethodNotSupported, NotFound
from ganeti_rapi.jsontext import Json

_SIZE = {
    "memory": Property(COUNT, "MiB."),
    "disk": Property(COUNT, "MiB of its only disk."),
    "vcpus": Property(COUNT, "Virtual processors."),
}
_TIER = {**_SIZE, "count": Property(COUNT, "How many instances of that size.")}
CAPACITY_REPLY = object_of(
    {
        "fits": Property(COUNT, "How many more instances of the size there is room for."),
        "limited_by": Property(maybe(TEXT), "What is missing for another one, as FAILMEM."),
        "size": Property(object_of(_SIZE), "The size of these instances."),
        "disk_template": Property(TEXT, "How their disks are stored."),
        "tiers": Property(
            list_of(object_of(_TIER)),
            "The largest instances that the policy allows, then smaller ones, until all is full.",
        ),
        "values": Property(
            {"type": "object", "additionalProperties": ANYTHING},
            "All that hspace tells, without HTS_: INI_ as it is, TRL_ after the tiers, FIN_ after "
            "the instances of the size.",
        ),
    }
)
_MOVE = {
    "instance": Property(TEXT, "The instance."),
    "from": Property(NAMES, "Its primary node and perhaps its secondary one."),
    "to": Property(NAMES, "The same after the move."),
    "score": Property(NUMBER, "The score after the move."),
}
BALANCE_REPLY = object_of(
    {
        "group": Property(maybe(TEXT), "The node group; null for an empty cluster."),
        "score": Property(maybe(NUMBER), "The score as it is; the lower, the better balanced."),
        "score_after": Property(maybe(NUMBER), "The score after all moves."),
        "moves": Property(list_of(object_of(_MOVE)), "The moves, in order."),
        "commands": Property(NAMES, "The commands that make them."),
    }
)


async def capacity(
    call: Call,
    disk_template: str | None = None,
    memory: int | None = None,
    disk: int | None = None,
    vcpus: int | None = None,
) -> Json:
    """GET /2/capacity: how many more instances there is room for.

    Source: hspace. Raises `BadRequest` where a size is given in part.
    """
    arguments = ["--machine-readable=yes"]
    if disk_template is not None:
        arguments.append(f"--disk-template={disk_template}")
    size = (disk, memory, vcpus)
    if size != (None,) * 3:
        if None in size:
            raise BadRequest("Give all of the query arguments memory, disk and vcpus, or none")
        arguments.append(f"--standard-alloc={disk},{memory},{vcpus}")
    return read_capacity(await _run(call, "hspace", arguments))


async def balance(
    call: Call, group: str | None = None, max_moves: int | None = None, no_disk_moves: bool = False
) -> Json:
    """GET /2/balance: how well a node group is balanced, and the moves that would better it.

    Source: hbal, which moves nothing here.
    """
    arguments = ["--print-commands"]
    arguments += [f"--group={group}"] if group is not None else []
    arguments += [f"--max-length={max_moves}"] if max_moves is not None else []
    arguments += ["--no-disk-moves"] if no_disk_moves else []
    try:
        text = await _run(call, "hbal", arguments)
    except BadGateway as failure:
        raise _of_group(failure) from None
    return read_balance(text, await _full_names(call))


async def _run(call: Call, program: str, arguments: Sequence[str]) -> str:
    if call.htools is None:
        raise MethodNotSupported("This server runs no htools")
    return await call.htools.run(program, arguments)


def _of_group(failure: BadGateway) -> Exception:
    """hbal does not choose between groups: then it is the client's choice that is missing."""
    if "Found multiple node groups" in failure.message:
        groups = " ".join(re.findall(r"(?m)^  (?!- )(\S+)$", failure.message))
        return BadRequest(f"Give the query argument group, one of: {groups}")
    if found := re.search(r"Node group (\S+) not found", failure.message):
        return NotFound(f"There is no node group '{found[1]}'")
    return failure


def read_capacity(text: str) -> dict[str, Json]:
    """What hspace prints for programs. Raises `BadGateway` when it is something else."""
    values = dict(_values(text))
    if values.get("OK") != 1:
        raise BadGateway("hspace does not tell what it must")
    wanted = ("ALLOC_INSTANCES", "SPEC_MEM", "SPEC_DSK", "SPEC_CPU", "SPEC_DISK_TEMPLATE")
    fits, memory, disk, vcpus, template = (values.get(name) for name in wanted)
    return {
        "fits": fits,
        "limited_by": values.get("ALLOC_FAIL_REASON"),
        "size": {"memory": memory, "disk": disk, "vcpus": vcpus},
        "disk_template": template,
        "tiers": list(_tiers(str(values.pop("TSPEC", "")))),
        "values": values,
    }


def _values(text: str) -> Iterator[tuple[str, Json]]:
    for name, value in re.findall(r"(?m)^HTS_(\w+)=(.*)$", text):
        yield name, _number(value.strip("'"))


def _number(text: str) -> Json:
    """The number that a text is, and null for none; any other text as it is."""
    for read in (int, float):
        try:
            number = read(text)
        except ValueError:
            continue
        return number if number == number and abs(number) != float("inf") else None
    return text


def _tiers(text: str) -> Iterator[dict[str, Json]]:
    """``23360,1048576,4,12=1``: memory, disk, processors, spindles, and the count."""
    for memory, disk, vcpus, count in re.findall(r"(\d+),(\d+),(\d+)(?:,\d+)*=(\d+)", text):
        yield {"memory": int(memory), "disk": int(disk), "vcpus": int(vcpus), "count": int(count)}


_STEP = re.compile(r"(?m)^ *\d+\. (\S+) +(\S+) => (\S+) +(\S+) a=")


Names = Mapping[str, str]


async def _full_names(call: Call) -> Names:
    """The names of instances and nodes by their beginnings: htools leave out what all end in."""
    instances = await call.daemon.call("QueryInstances", [], ["name"], False)
    nodes = await call.daemon.call("QueryNodes", [], ["name"], False)
    names = [name for (name,) in (*instances, *nodes)]
    return {beginning: name for name in names for beginning in _beginnings(name)} | {
        name: name for name in names
    }


def _beginnings(name: str) -> Iterator[str]:
    parts = name.split(".")
    return (".".join(parts[:count]) for count in range(1, len(parts)))


def read_balance(text: str, full: Names) -> dict[str, Json]:
    """What hbal prints for people, with the ``full`` names of what it names."""
    moves = [_move(full, *step) for step in _STEP.findall(text)]
    commands = re.findall(r"(?m)^ +(gnt-\S+ .*)$", text)
    score = _first(r"(?m)^Initial score: (\S+)$", text)
    after = _first(r"(?m)^Cluster score improved from \S+ to (\S+)$", text)
    before = _number(score) if score else None
    return {
        "group": _first(r"(?m)^Selected node group: (.*)$", text),
        "score": before,
        "score_after": _number(after) if after else before,
        "moves": moves,
        "commands": [" ".join(full.get(word, word) for word in line.split()) for line in commands],
    }


def _move(full: Names, instance: str, source: str, target: str, score: str) -> dict[str, Json]:
    before, after = (
        [full.get(node, node) for node in places.split(":")] for places in (source, target)
    )
    return {
        "instance": full.get(instance, instance),
        "from": [*before],
        "to": [*after],
        "score": _number(score),
    }


def _first(pattern: str, text: str) -> str | None:
    found = re.search(pattern, text)
    return found[1] if found else None
