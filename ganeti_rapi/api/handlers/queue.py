"""The job queue and the watcher: archiving, priorities, draining and pausing."""

from __future__ import annotations

from ganeti_rapi.api.call import Call
from ganeti_rapi.api.checks import BOOLEAN, NON_NEGATIVE, Integer, Maybe
from ganeti_rapi.api.params import Param
from ganeti_rapi.api.schemas import COUNT, FLAG, NUMBER, Property, maybe, object_of
from ganeti_rapi.errors import BadRequest, NotFound
from ganeti_rapi.jobstates import FINAL_STATES
from ganeti_rapi.jsontext import Json

PRIORITY = Integer(-20, 19)
"""As of processes: the lower, the sooner."""


async def archive(call: Call, job_id: int) -> Json:
    """POST /2/jobs/[job_id]/archive: null. Source: LUXI ArchiveJob.

    Raises `NotFound` for a job that is not in the queue, and `BadRequest` for one that goes on.
    """
    if not await call.daemon.call("ArchiveJob", job_id):
        ((status,),) = await call.daemon.call("QueryJobs", [job_id], ["status"])
        if status is None or status in FINAL_STATES:
            raise NotFound(f"There is no job {job_id}, or it is archived")
        raise BadRequest(f"Job {job_id} has not ended; only jobs that ended can be archived")
    return None


ARCHIVE_PARAMS = (
    Param("age", NON_NEGATIVE, "Seconds since the jobs ended at the least; 0 for all of them."),
    Param("timeout", Integer(1, 120), "Seconds that it may take.", 30),
)
ARCHIVE_REPLY = object_of(
    {
        "archived": Property(COUNT, "How many jobs were archived."),
        "left": Property(COUNT, "How many jobs there was no time to look at."),
    }
)


async def archive_old(call: Call, age: int, timeout: int = 30) -> Json:
    """POST /2/jobs-archive. Source: LUXI AutoArchiveJobs."""
    archived, left = await call.daemon.call("AutoArchiveJobs", age, timeout)
    return {"archived": archived, "left": left}


async def change_priority(call: Call, job_id: int, priority: int) -> Json:
    """PUT /2/jobs/[job_id]/priority: [whether it was changed, a sentence].

    Source: LUXI ChangeJobPriority. Raises `NotFound` for a job that is not in the queue.
    """
    answer: list[Json] = await call.daemon.call("ChangeJobPriority", job_id, priority)
    if not answer[0]:
        ((status,),) = await call.daemon.call("QueryJobs", [job_id], ["status"])
        if status is None:
            raise NotFound(f"There is no job {job_id}")
    return answer


DRAINED = Param("drained", BOOLEAN, "Whether new jobs are refused.")
QUEUE_REPLY = object_of({"drained": Property(FLAG, "Whether new jobs are refused.")})


async def queue(call: Call) -> Json:
    """GET /2/queue. Source: LUXI QueryConfigValues."""
    (drained,) = await call.daemon.call("QueryConfigValues", ["drain_flag"])
    return {"drained": drained}


async def set_queue(call: Call, drained: bool) -> Json:
    """PUT /2/queue: as it is then. Source: LUXI SetDrainFlag.

    luxid never answers a call that opens a queue which is open, so it is asked for changes only.
    """
    if await queue(call) != {"drained": drained}:
        await call.daemon.call("SetDrainFlag", drained)
    return await queue(call)


LATEST = 253_402_300_799
"""The end of the year 9999."""

PAUSED_UNTIL = Param(
    "paused_until", Maybe(Integer(1, LATEST)), "Seconds since the epoch; null to let it go on."
)
WATCHER_REPLY = object_of(
    {
        "paused_until": Property(
            maybe(NUMBER), "Seconds since the epoch; null if it is not paused."
        ),
    }
)


async def watcher(call: Call) -> Json:
    """GET /2/watcher. Source: LUXI QueryConfigValues."""
    (until,) = await call.daemon.call("QueryConfigValues", ["watcher_pause"])
    return {"paused_until": until}


async def set_watcher(call: Call, paused_until: int | None) -> Json:
    """PUT /2/watcher: as it is then. Source: LUXI SetWatcherPause.

    Raises `BadRequest` for a time that is over: luxid would take it and do nothing.
    """
    if paused_until is not None and paused_until <= call.now():
        raise BadRequest(
            "Invalid parameter paused_until: expected a time to come, in seconds since the epoch"
        )
    await call.daemon.call("SetWatcherPause", paused_until)
    return await watcher(call)
