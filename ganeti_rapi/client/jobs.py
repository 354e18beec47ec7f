"""Jobs: their state, and following one to its end by long polls."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

from attrs import frozen

from ganeti_rapi.client.base import Methods, path
from ganeti_rapi.client.errors import (
    JobCanceled,
    JobFailed,
    JobStillRunning,
    NotFound,
    ServerError,
)
from ganeti_rapi.errors import from_job_daemon
from ganeti_rapi.jobstates import FINAL_STATES
from ganeti_rapi.jsontext import Json

if TYPE_CHECKING:
    from ganeti_rapi.client.results import Archived, Job, JobNews, Queue, Watcher


@frozen
class LogEntry:
    """What a job says while it runs.

    ``serial`` counts the job's entries from 1, ``time`` is seconds since the epoch, ``kind`` is the
    entry's type, and ``message`` is text for most types.
    """

    serial: int
    time: float
    kind: str
    message: Any  # Any: JSON of the type's own shape

    @classmethod
    def from_json(cls, entry: Sequence[Any]) -> LogEntry:
        """An entry as the API gives it: [serial, [seconds, microseconds], type, message]."""
        serial, (seconds, microseconds), kind, message = entry
        return cls(serial, seconds + microseconds / 1_000_000, kind, message)


@frozen
class JobChange:
    """What is new of a job: its ``status`` and the log entries since the last change."""

    job_id: int
    status: str
    log: Sequence[LogEntry]

    @property
    def final(self) -> bool:
        """Whether the job has ended."""
        return self.status in FINAL_STATES


OnLog = Callable[[LogEntry], object]


class JobMethods(Methods):
    """What concerns jobs."""

    async def list_jobs(self) -> list[int]:
        """The ids of the jobs in the queue."""
        return [int(job_id) for job_id in await self._names("jobs", "id")]

    async def get_jobs(self, *, fields: Sequence[str] | None = None) -> list[Job]:
        """All jobs with their details, but without results and logs.

        With ``fields``, these only; stock servers show all.
        """
        return await self._details("jobs", fields)

    async def get_job(self, job_id: int) -> Job:
        """A job: ``status``, ``ops``, ``opstatus``, ``opresult``, ``oplog`` and more.

        Times are pairs of seconds since the epoch and microseconds. Raises `NotFound`.
        """
        job: Job = await self._get(path("jobs", job_id))
        if not job or job["status"] is None:  # what stock servers know of an unknown job
            raise NotFound(404, f"There is no job {job_id}")
        return job

    async def cancel_job(self, job_id: int) -> tuple[bool, str]:
        """Cancel a job that has not started yet: whether that was done, and a sentence about it."""
        done, text = await self.transport.request("DELETE", path("jobs", job_id))
        return done, text

    async def archive_job(self, job_id: int) -> None:
        """Archive a job that has ended; not on stock servers. Raises `BadRequest` if it goes on."""
        await self.transport.request("POST", path("jobs", job_id, "archive"))

    async def archive_jobs(self, age: int, *, timeout: int = 30) -> Archived:
        """Archive the jobs that ended at least ``age`` seconds ago; not on stock servers.

        The answer has their number as ``archived``, and as ``left`` that of the jobs that nobody
        looked at in ``timeout`` seconds.
        """
        body = {"age": age, "timeout": timeout}
        numbers: Archived = await self.transport.request("POST", path("jobs-archive"), body=body)
        return numbers

    async def change_job_priority(self, job_id: int, priority: int) -> tuple[bool, str]:
        """Change the priority of what a job has not begun, from -20, the highest, to 19.

        Whether that was done, and a sentence about it. Not on stock servers.
        """
        done, text = await self.transport.request(
            "PUT", path("jobs", job_id, "priority"), body=priority
        )
        return done, text

    async def get_queue(self) -> Queue:
        """``{"drained": …}``: whether new jobs are refused; not on stock servers."""
        queue: Queue = await self._get(path("queue"))
        return queue

    async def modify_queue(self, drained: bool) -> Queue:
        """Let the queue refuse new jobs, or take them again: as `get_queue`."""
        queue: Queue = await self.transport.request("PUT", path("queue"), body={"drained": drained})
        return queue

    async def get_watcher(self) -> Watcher:
        """``{"paused_until": …}``: seconds since the epoch, or None; not on stock servers."""
        watcher: Watcher = await self._get(path("watcher"))
        return watcher

    async def modify_watcher(self, paused_until: int | None) -> Watcher:
        """Pause the watcher until some seconds since the epoch, or None: as `get_watcher`."""
        watcher: Watcher = await self.transport.request(
            "PUT", path("watcher"), body={"paused_until": paused_until}
        )
        return watcher

    async def wait_for_job_change(
        self,
        job_id: int,
        fields: Sequence[str],
        previous: Sequence[Json] | None = None,
        previous_serial: int | None = None,
    ) -> JobNews | None:
        """One long poll: what is new of a job, as soon as something differs from what is known.

        ``previous`` are the known values of ``fields``, and ``previous_serial`` is the number of
        the last known log entry. The answer has ``job_info``, the values, and ``log_entries``, the
        new ones as [serial, [seconds, microseconds], type, message]. It is None when nothing
        changed within the server's ten seconds; stock servers repeat the known values instead.
        """
        body = {
            "fields": fields,
            "previous_job_info": previous,
            "previous_log_serial": previous_serial,
        }
        change: JobNews | None = await self.transport.request(
            "GET", path("jobs", job_id, "wait"), body=body
        )
        return change

    async def watch_job(self, job_id: int) -> AsyncIterator[JobChange]:
        """The changes of a job, from its state now to its end. Raises `NotFound`.

        >>> async for change in client.watch_job(4711): ...  # doctest: +SKIP
        """
        status, serial = None, 0
        while status not in FINAL_STATES:
            previous = None if status is None else [status]
            (now,), entries = await self._change(job_id, previous, serial)
            log = [LogEntry.from_json(entry) for entry in entries]
            if log or now != status:
                yield JobChange(job_id, now, log)
            status, serial = now, max([serial, *(entry.serial for entry in log)])

    async def _change(
        self, job_id: int, previous: Sequence[Json] | None, serial: int
    ) -> tuple[Sequence[Any], Sequence[Any]]:  # Any: field values and log entries
        try:
            change = await self.wait_for_job_change(job_id, ["status"], previous, serial)
        except (NotFound, ServerError) as error:
            # Stock servers say 500 of an unknown job. Those before 2.12 say 404 of one that did
            # not change.
            status = (await self.get_job(job_id))["status"]
            if isinstance(error, ServerError):
                raise
            return [status], []
        if change is None:
            return previous or [None], []
        return change["job_info"], change["log_entries"]

    async def wait_for_job(
        self, job_id: int, *, on_log: OnLog | None = None, timeout: float | None = None
    ) -> list[Any]:  # Any: each opcode's own result
        """Wait for a job's end; the results of its opcodes.

        ``on_log`` is called with each `LogEntry`. Raises `JobFailed` or `JobCanceled`, and
        `JobStillRunning` when it has not ended after ``timeout`` seconds. Cancelling this ends the
        waiting, not the job.
        """
        return await self.transport.within(
            timeout, self._follow(job_id, on_log), lambda: JobStillRunning(job_id, timeout or 0)
        )

    async def _follow(self, job_id: int, on_log: OnLog | None) -> list[Any]:  # Any: as above
        async for change in self.watch_job(job_id):
            if on_log is not None:
                for entry in change.log:
                    on_log(entry)
        return results_of(job_id, await self.get_job(job_id))

    async def submit_and_wait(
        self,
        submission: Awaitable[int],
        *,
        on_log: OnLog | None = None,
        timeout: float | None = None,
    ) -> list[Any]:  # Any: each opcode's own result
        """Submit a job and wait for its end, as `wait_for_job` does; and for those that it made.

        An evacuation, for example, makes a job for each instance. They are waited for one after the
        other, and what is raised for one of them has its id.

        >>> await client.submit_and_wait(client.start_instance("web1"))  # doctest: +SKIP
        """
        job_id = await submission
        work = self._with_children(job_id, on_log)
        return await self.transport.within(
            timeout, work, lambda: JobStillRunning(job_id, timeout or 0)
        )

    async def _with_children(self, job_id: int, on_log: OnLog | None) -> list[Any]:
        # Any: as above
        results = await self._follow(job_id, on_log)
        for child in children_in(job_id, results):
            await self._with_children(child, on_log)
        return results


def children_in(job_id: int, results: Sequence[Any]) -> list[int]:  # Any: each opcode's own result
    """The jobs that a job made, by its results. Raises `JobFailed` for one that was not taken."""
    made = [
        pair
        for result in results
        if isinstance(result, dict)
        for pair in result.get("jobs", ())
        if isinstance(pair, list) and len(pair) == 2
    ]
    for taken, answer in made:
        if not taken:
            raise JobFailed(job_id, "OpExecError", str(answer), None, list(results))
    return [int(child) for _, child in made]


def results_of(job_id: int, job: Job) -> list[Any]:  # Any: each opcode's own result
    """The results of an ended job's opcodes. Raises `JobFailed` or `JobCanceled`."""
    results: list[Any] = job["opresult"]
    if job["status"] == "success":
        return results
    for state, result in zip(job["opstatus"], results):
        if state == "error":
            error = from_job_daemon(result)
            raise JobFailed(job_id, error.class_name, error.text, error.classification, results)
    if job["status"] == "canceled":
        raise JobCanceled(job_id, "", "", None, results)
    raise JobFailed(job_id, "", "", None, results)
