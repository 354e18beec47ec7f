"""`rapi top`: the cluster at a glance, as it changes."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from ganeti_rapi.client.cli.cells import bar, printable, size
from ganeti_rapi.client.cli.commands import command, flag, option
from ganeti_rapi.client.cli.filtering import rows_of
from ganeti_rapi.client.cli.output import Look, Table
from ganeti_rapi.jobstates import FINAL_STATES, JOB_STATES

if TYPE_CHECKING:
    from ganeti_rapi.client.cli.running import Session
    from ganeti_rapi.client.methods import AllMethods

# Any, in this module: JSON
Row = Mapping[str, Any]

NODE_FIELDS: Final = (
    *("name", "role", "pinst_cnt", "sinst_cnt", "mtotal", "mfree", "dtotal", "dfree"),
)
JOB_FIELDS: Final = ("id", "status", "summary", "start_ts")
UNDER_WAY: Final = [
    "|",
    *(["=", "status", state] for state in JOB_STATES if state not in FINAL_STATES),
]
"""The filter for jobs that have not ended; those that have may be thousands."""

ORDER: Final = {
    "memory": "memory_used",
    "disk": "disk_used",
    "instances": "primary",
    "name": "name",
}
"""What nodes are sorted by, and the field of a row that has it."""

NODES = {
    "Node": "name",
    "Role": "role",
    "Pri": "primary",
    "Sec": "secondary",
    "Memory": "memory_bar",
    "Disk": "disk_bar",
}
JOBS = {"Job": "id", "Status": "status", "Since": "since", "What": "what"}


async def look(client: AllMethods) -> dict[str, Any]:
    """What there is to be seen."""
    info = await client.get_info()
    jobs = await client.query("job", JOB_FIELDS, UNDER_WAY)
    instances = await client.get_instances(fields=("name", "status"))
    return {
        "name": info["name"],
        "master": info["master"],
        "software_version": info["software_version"],
        "instances": dict(Counter(each["status"] for each in instances).most_common()),
        "nodes": await client.get_nodes(fields=NODE_FIELDS),
        "jobs": rows_of(jobs, JOB_FIELDS),
    }


def show(session: Session, found: Row, order: str) -> None:
    """Print it."""
    if session.for_programs:
        session.show(found)
        return
    alone = session.noted is None  # beside other clusters, their nodes are one table
    if alone:
        for line in head(found):
            session.out.line(line, bold=True)
        session.out.line("")
    sort = ORDER[order] if order == "name" else f"-{ORDER[order]}"
    session.show_table(Table(NODES, [_node(each) for each in found["nodes"]]), Look(sort=sort))
    if found["jobs"] and alone:
        session.out.line("")
        jobs = [_job(each, time.time()) for each in found["jobs"]]
        session.show_table(Table(JOBS, jobs, key="id"), Look(sort="id"))


def head(found: Row) -> Iterator[str]:
    """What the cluster is, and how many of what there are."""
    yield printable(
        f"{found['name']}   Ganeti {found['software_version']}   master {found['master']}"
    )
    jobs = Counter(each["status"] for each in found["jobs"])
    yield (
        f"{_several(len(found['nodes']), 'node')}, "
        f"{_several(sum(found['instances'].values()), 'instance')}{_listed(found['instances'])}, "
        f"{_several(len(found['jobs']), 'job')} under way{_listed(jobs)}"
    )


def _several(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"


def _listed(counts: Mapping[str, int]) -> str:
    """Each word and how often there is one, in parentheses."""
    words = ", ".join(f"{count} {word}" for word, count in counts.items())
    return f" ({words})" if words else ""


def _node(node: Row) -> dict[str, Any]:
    memory, disk = (_used(node.get(f"{of}total"), node.get(f"{of}free")) for of in "md")
    return {
        "name": node["name"],
        "role": node["role"],
        "primary": node["pinst_cnt"],
        "secondary": node["sinst_cnt"],
        "memory_bar": part_of(memory, node.get("mtotal")),
        "disk_bar": part_of(disk, node.get("dtotal")),
        "memory_used": memory,
        "disk_used": disk,
    }


def _used(total: float | None, free: float | None) -> float | None:
    """The share that is used; None where the node does not tell, as when it is offline."""
    if not total or free is None:
        return None
    return 1 - free / total


def part_of(used: float | None, total: float | None) -> str | None:
    """A share of some mebibytes.

    >>> part_of(0.52, 32768)
    '[#####     ]  52% of 32.0G'
    """
    if used is None or total is None:
        return None
    return f"{bar(used)} {used:4.0%} of {size(total)}"


def _job(job: Row, now: float) -> dict[str, Any]:
    started = job.get("start_ts")
    return {
        "id": job["id"],
        "status": job["status"],
        "since": None if started is None else elapsed(now - started[0]),
        "what": job["summary"],
    }


def elapsed(seconds: float) -> str:
    """A time as a clock would show it.

    >>> elapsed(75), elapsed(7200.5)
    ('1:15', '2:00:00')
    """
    minutes, rest = divmod(max(int(seconds), 0), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def top(session: Session, order: str, once: bool | None = None) -> None:
    """Show it, and again as it changes where there is a terminal, and one cluster."""
    from ganeti_rapi.client.cli import watching  # not for a help text

    def shown(session: Session, found: Row) -> None:
        show(session, found, order)

    if once or not session.out.is_terminal or session.noted is not None:
        shown(session, session.ask(look))
    else:
        watching.watch(session, KINDS, look, shown)


KINDS: Sequence[str] = ("node", "instance", "job")
"""Of what the events are that change the picture."""

TOP = command(
    "top",
    "Nodes are sorted by how full they are. On a terminal it is shown again whenever something "
    "changes, until Ctrl-C; elsewhere it is printed once.",
    top,
    [
        option(
            "--by",
            "order",
            type=click.Choice(list(ORDER)),
            default="memory",
            help="What nodes are sorted by.",
        ),
        flag("--once", help="Print it once, on a terminal, too."),
    ],
    together=True,
)
