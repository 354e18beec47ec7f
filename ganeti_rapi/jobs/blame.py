"""Which job changed an object, and who submitted it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from attrs import frozen

from ganeti_rapi.api.subjects import MAKING, RENAMING, Opcode, named_by, owners_of
from ganeti_rapi.jobs.snapshots import Change


@frozen
class Job:
    """A job that was seen between two looks at the objects."""

    id: int
    ops: Sequence[Opcode]

    @property
    def user(self) -> str | None:
        """Who submitted it over this API; None if it came in another way."""
        return min(owners_of(self.ops), default=None)

    def names(self) -> set[tuple[str, str]]:
        """The kinds and names of the objects that its opcodes name, make or rename."""
        named = {pair for op in self.ops for pair in named_by(op)}
        for op in self.ops:
            for table, parameter in ((MAKING, None), (RENAMING, "new_name")):
                if op["OP_ID"] in table:
                    kind, own = table[op["OP_ID"]]
                    named.add((kind, str(op.get(parameter or own))))
            if op["OP_ID"].startswith("OP_CLUSTER_") or op.get("kind") == "cluster":
                named.add(("cluster", ""))
        return named


def who_did(change: Change, jobs: Iterable[Job]) -> Job | None:
    """The job that a change comes from: the last one that names the object, or the only one."""
    candidates = list(jobs)
    known = change.known
    for job in reversed(candidates):
        for kind, name in job.names():
            same = name in ("", known.name, known.uuid) or known.name.startswith(f"{name}.")
            if kind == change.kind and same:
                return job
    return candidates[0] if len(candidates) == 1 else None


def describe(job: Job | None) -> Mapping[str, int | str | None]:
    """What an event tells of it."""
    return {"job": job.id if job else None, "user": job.user if job else None}
