"""The life of a job from the moment it leaves the queue: one opcode after the other.

Each opcode waits for its locks, passes its checks, runs its steps and gives its locks back. The
first that fails takes those behind it along.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from attrs import define, field, frozen
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger

from ganeti_rapi.errors import JobDaemonError
from ganeti_rapi.simulator.jobs.job import (
    CANCELED,
    ERROR,
    RUNNING,
    SUCCESS,
    WAITING,
    Job,
    QueuedOpcode,
    Timestamp,
    error_result,
    reason_entry,
    timestamp,
)
from ganeti_rapi.simulator.jobs.locks import LockManager
from ganeti_rapi.simulator.jobs.timing import Timing
from ganeti_rapi.simulator.state import Cluster, Entity, Identities, find
from ganeti_rapi.simulator.task import OpcodeJson, Steps, Task, Unit

_Ending = tuple[str, Any]  # Any: what an opcode's result is
"""The status and the result of opcodes that do not come to an end of their own."""

_CANCELED: _Ending = (CANCELED, "Job canceled by request")

_DRY_RUN = " - INFO: dry-run mode requested, not actually executing the operation"

_log = Logger()


def _exec_error(text: str) -> JobDaemonError:
    return JobDaemonError("OpExecError", text)


_NAMED: Mapping[str, Callable[[Cluster], Sequence[Entity]]] = {
    "instance_name": lambda cluster: cluster.instances,
    "node_name": lambda cluster: cluster.nodes,
}
"""The parameters that name an object, whose uuid Ganeti notes in the opcode beside the name."""


def _note_uuids(cluster: Cluster, op: OpcodeJson) -> None:
    for name, entities in _NAMED.items():
        uuid = name.removesuffix("_name") + "_uuid"
        if uuid in op and op[uuid] is None and (entity := find(entities(cluster), op[name])):
            op[uuid] = entity.uuid


@frozen
class Surroundings:
    """What a job in execution needs of its queue.

    ``changed`` is told of every change of a job; ``submit`` is `Task.submit`.
    """

    clock: IReactorTime
    cluster: Cluster
    identities: Identities
    units: Mapping[str, Unit]
    jobs: Mapping[int, Job]
    locks: LockManager
    changed: Callable[[Job], None]
    submit: Callable[[list[list[OpcodeJson]]], list[tuple[bool, int | str]]]
    timing: Timing
    before_opcode: Callable[[OpcodeJson], None]
    """Raises the `JobDaemonError` that an opcode is to fail with."""

    def timestamp(self) -> Timestamp:
        """Now."""
        return timestamp(self.clock.seconds())


@define(eq=False)
class Execution:
    """One job, being executed."""

    job: Job
    _around: Surroundings
    _pause: Deferred[None] | None = field(default=None, init=False)
    """What the current opcode waits for: its locks, or the end of a step."""
    _ending: _Ending | None = field(default=None, init=False)
    """What becomes of the opcodes that are not done, once that is known."""

    async def run(self) -> None:
        """Take the job to its end. Raises nothing: what goes wrong is the job's result."""
        self.job.start_ts = self._around.timestamp()
        for opcode in self.job.opcodes:
            if self._ending is None:
                await self._run(opcode)
        if self._ending is not None:
            self.job.mark_unfinished(*self._ending)
        self.job.end_ts = self._around.timestamp()

    def cancel(self) -> bool:
        """Skip what has not begun to run. False if an opcode runs, which goes on to its end."""
        self._ending = _CANCELED
        if self.job.status == RUNNING:
            return False
        self._interrupt()
        return True

    def kill(self) -> None:
        """End the job where it stands, as if its process had died."""
        text = f"detected death of job {self.job.id}"
        self._ending = (ERROR, text)
        for opcode in self.job.opcodes:
            if not opcode.finalized:
                entry = reason_entry(
                    "gnt:daemon:luxid:deathdetection", text, self._around.clock.seconds()
                )
                opcode.input["reason"].append(entry)
        self._interrupt()

    def _interrupt(self) -> None:
        if self._pause is not None:
            self._pause.cancel()

    async def _run(self, opcode: QueuedOpcode) -> None:
        opcode.status, opcode.start = WAITING, self._around.timestamp()
        opcode.input["debug_level"] = opcode.input.get("debug_level") or 0
        self._around.changed(self.job)
        if self._around.timing.waiting:
            await self._linger()
        status, result = await self._end_of(opcode)
        opcode.status, opcode.result, opcode.end = status, result, self._around.timestamp()
        self._around.locks.release(self.job.id)
        if status == ERROR and self._ending is None:
            self._ending = (ERROR, error_result(_exec_error("Preceding opcode failed")))

    async def _linger(self) -> None:
        """Stay waiting for a moment, so that clients see it."""
        with suppress(CancelledError):
            await self._wait(deferLater(self._around.clock, self._around.timing.waiting))

    async def _end_of(self, opcode: QueuedOpcode) -> _Ending:
        try:
            return SUCCESS, await self._result_of(opcode)
        except CancelledError:
            return self._ending or _CANCELED
        except JobDaemonError as error:
            return ERROR, error_result(error)
        except Exception as error:
            _log.failure(
                "Job {job_id} failed in {summary}", job_id=self.job.id, summary=opcode.summary
            )
            return ERROR, error_result(_exec_error(str(error)))

    async def _result_of(self, opcode: QueuedOpcode) -> Any:  # Any: the opcode's own
        self._require_dependencies(opcode)
        unit = self._around.units.get(opcode.input["OP_ID"])
        if unit is None:
            raise _exec_error(f"The simulator cannot execute {opcode.input['OP_ID']}")
        self._around.before_opcode(opcode.input)
        locks = unit.locks(self._around.cluster, opcode.input)
        await self._wait(self._around.locks.acquire(self.job.id, locks, opcode.priority))
        _note_uuids(self._around.cluster, opcode.input)
        task = self._task(opcode)
        return await self._drive(opcode, task, unit.run(task))

    def _require_dependencies(self, opcode: QueuedOpcode) -> None:
        for job_id, statuses in opcode.input["depends"] or ():
            job = self._around.jobs.get(job_id)
            if job is None:
                raise _exec_error(f"Dependency error: Job {job_id} not found")
            if job.status in statuses:
                continue
            if job.status == CANCELED:
                self._ending = _CANCELED
                raise CancelledError
            if statuses or not job.finalized:
                raise _exec_error(
                    f"Dependency job {job_id} finished with status '{job.status}',"
                    f" not one of '{', '.join(statuses)}' as required"
                )

    def _task(self, opcode: QueuedOpcode) -> Task:
        return Task(
            cluster=self._around.cluster,
            op=opcode.input,
            now=self._around.clock.seconds,
            log=lambda text: self._add_log(opcode, text),
            submit=self._around.submit,
            identities=self._around.identities,
        )

    async def _drive(self, opcode: QueuedOpcode, task: Task, steps: Steps) -> Any:  # Any: as above
        try:
            seconds = next(steps)
            self._begin(opcode)
            if opcode.input["dry_run"]:
                self._add_log(opcode, _DRY_RUN)
                return task.dry_run_result
            while True:
                seconds *= self._around.timing.pace
                await self._wait(deferLater(self._around.clock, seconds))
                seconds = next(steps)
        except StopIteration as end:
            opcode.exec = opcode.exec or self._around.timestamp()
            return end.value
        finally:
            steps.close()

    def _begin(self, opcode: QueuedOpcode) -> None:
        opcode.status, opcode.exec = RUNNING, self._around.timestamp()
        self._around.changed(self.job)

    async def _wait(self, pause: Deferred[None]) -> None:
        self._pause = pause
        await pause

    def _add_log(self, opcode: QueuedOpcode, text: str) -> None:
        self.job.add_log(opcode, self._around.timestamp(), text)
        self._around.changed(self.job)
