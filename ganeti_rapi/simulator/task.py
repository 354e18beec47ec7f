"""What a `Unit` and its `Task` are: the contract between the job queue and the opcodes' effects.

A `Unit` is one opcode's behaviour. The queue calls ``locks`` when the opcode's turn comes, waits
until no running opcode holds a conflicting lock, and then drives ``run``.

``run`` is a generator. What it does before its first ``yield`` are Ganeti's prerequisite checks;
it raises `JobDaemonError` with a classification when they fail. Every ``yield`` hands over the
number of seconds that the next step takes. Its return value is the opcode's result. On a dry run
the queue stops at the first ``yield`` and takes ``task.dry_run_result`` for the result.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Any

from attrs import define, frozen

from ganeti_rapi.simulator.state import Cluster, Identities

OpcodeJson = dict[str, Any]  # Any: an opcode's parameters are JSON of any shape


@define
class Task:
    """One opcode in execution.

    ``op`` has every parameter of the opcode, defaults filled in. ``log`` appends a message to the
    opcode's log. ``submit`` hands in jobs (each a list of opcodes) and returns, for each,
    ``(True, job id)`` or ``(False, reason)``, as OP_NODE_EVACUATE and others need.
    """

    cluster: Cluster
    op: OpcodeJson
    now: Callable[[], float]
    log: Callable[[str], None]
    submit: Callable[[list[list[OpcodeJson]]], list[tuple[bool, int | str]]]
    identities: Identities
    dry_run_result: Any = None  # Any: the opcode's own


Steps = Generator[float, None, Any]  # Any: the opcode's own result


@frozen
class Unit:
    """One opcode's behaviour: which locks it takes, and what it does.

    ``locks`` maps lock names (``instance/web1``, ``node/<uuid>``, ``cluster/BGL``) to whether the
    lock is exclusive; shared locks conflict only with exclusive ones.
    """

    run: Callable[[Task], Steps]
    locks: Callable[[Cluster, OpcodeJson], Mapping[str, bool]]
