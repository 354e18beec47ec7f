"""The resources of the job queue as a whole, of jobs in it, and of the watcher."""

from __future__ import annotations

from ganeti_rapi.api.bodies import Keys, OneValue
from ganeti_rapi.api.cells import Handler
from ganeti_rapi.api.handlers import queue
from ganeti_rapi.api.handlers.jobs import CANCEL_REPLY
from ganeti_rapi.api.resource import Resource
from ganeti_rapi.api.schemas import NULL

QUEUE = (
    Resource(
        "jobs_id_archive",
        "/2/jobs/{job_id}/archive",
        "A job's way out of the queue.",
        {
            "POST": Handler(
                doc="Archive a job that has ended: it is listed no more.",
                permission="jobs.archive",
                reply="null",
                reply_schema=NULL,
                open=False,
                function=queue.archive,
            )
        },
    ),
    Resource(
        "jobs_archive",
        "/2/jobs-archive",
        "The archiving of old jobs.",
        {
            "POST": Handler(
                doc="Archive all jobs that ended some time ago.",
                permission="jobs.archive",
                reply="An object with the numbers of jobs.",
                reply_schema=queue.ARCHIVE_REPLY,
                open=False,
                body=Keys(params=queue.ARCHIVE_PARAMS, required=True),
                function=queue.archive_old,
            )
        },
    ),
    Resource(
        "jobs_id_priority",
        "/2/jobs/{job_id}/priority",
        "A job's priority.",
        {
            "PUT": Handler(
                doc="Change the priority of a job's opcodes that have not begun.",
                permission="jobs.priority",
                reply="A list: whether it was changed, and a sentence that says so.",
                reply_schema=CANCEL_REPLY,
                open=False,
                body=OneValue(key="priority", check=queue.PRIORITY, required=True),
                function=queue.change_priority,
            )
        },
    ),
    Resource(
        "queue",
        "/2/queue",
        "The job queue: whether it takes new jobs.",
        {
            "GET": Handler(
                doc="Show whether the queue is drained.",
                permission="queue.query",
                reply="An object that says so.",
                reply_schema=queue.QUEUE_REPLY,
                open=False,
                shared=True,
                function=queue.queue,
            ),
            "PUT": Handler(
                doc="Drain the queue, so that it refuses new jobs, or open it again.",
                permission="queue.modify",
                reply="An object that says how it is then.",
                reply_schema=queue.QUEUE_REPLY,
                open=False,
                body=Keys(params=(queue.DRAINED,), required=True),
                function=queue.set_queue,
            ),
        },
    ),
    Resource(
        "watcher",
        "/2/watcher",
        "The watcher, which starts again what has died: whether it is paused.",
        {
            "GET": Handler(
                doc="Show until when the watcher is paused.",
                permission="watcher.query",
                reply="An object that says so.",
                reply_schema=queue.WATCHER_REPLY,
                open=False,
                shared=True,
                function=queue.watcher,
            ),
            "PUT": Handler(
                doc="Pause the watcher until some time, or let it go on.",
                permission="watcher.modify",
                reply="An object that says how it is then.",
                reply_schema=queue.WATCHER_REPLY,
                open=False,
                body=Keys(params=(queue.PAUSED_UNTIL,), required=True),
                function=queue.set_watcher,
            ),
        },
    ),
)
