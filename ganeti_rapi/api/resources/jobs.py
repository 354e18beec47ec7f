"""The resources of jobs and their events."""

from __future__ import annotations

from ganeti_rapi.api.bodies import Keys
from ganeti_rapi.api.cells import Handler, Stream
from ganeti_rapi.api.checks import ListOf, OneOf
from ganeti_rapi.api.forms import Argument, Seconds, Whole, Words
from ganeti_rapi.api.handlers import events, jobs
from ganeti_rapi.api.jobs import show_job
from ganeti_rapi.api.kinds import JOB
from ganeti_rapi.api.lists.listing import Listing
from ganeti_rapi.api.resource import Resource
from ganeti_rapi.api.schemas import component
from ganeti_rapi.jobstates import EVENT_KINDS

JOBS = (
    Resource(
        "jobs",
        "/2/jobs",
        "The jobs in the queue.",
        {"GET": Listing(doc="List the jobs.", permission="jobs.list", kind=JOB)},
    ),
    Resource(
        "jobs_id",
        "/2/jobs/{job_id}",
        "One job.",
        {
            "GET": Handler(
                doc="Show a job: its opcodes, their states, results and logs.",
                permission="jobs.query",
                reply="An object with the job's fields.",
                reply_schema=component("Job"),
                function=show_job,
                shared=True,
            ),
            "DELETE": Handler(
                doc="Cancel a job that has not started yet.",
                permission="jobs.cancel",
                reply="A list: whether it was canceled, and a sentence that says so.",
                reply_schema=jobs.CANCEL_REPLY,
                open=False,
                function=jobs.cancel,
            ),
        },
    ),
    Resource(
        "jobs_id_wait",
        "/2/jobs/{job_id}/wait",
        "The changes of a job.",
        {
            "GET": Handler(
                doc="Wait until fields of a job change or it logs something.",
                permission="jobs.wait",
                reply="An object with `job_info` and `log_entries`, or null when nothing changed.",
                reply_schema=jobs.WAIT_REPLY,
                open=False,
                query=(
                    Argument(
                        "timeout",
                        "Seconds to wait at the most.",
                        Seconds(jobs.LONGEST_WAIT),
                        default=jobs.DEFAULT_WAIT,
                    ),
                ),
                body=Keys(
                    params=jobs.WAIT_PARAMS,
                    others=True,
                    instead=(
                        Argument(
                            "fields", "Job fields with commas, for clients without a body.", Words()
                        ),
                        Argument(
                            "previous_log_serial",
                            "Serial number of the last log entry received.",
                            Whole(),
                        ),
                    ),
                ),
                function=jobs.wait,
            )
        },
    ),
)

_LAST_EVENT = Argument(
    "last_event_id",
    "The id of the last event seen, for a reader that cannot send the header Last-Event-ID.",
)

EVENTS = (
    Resource(
        "jobs_id_events",
        "/2/jobs/{job_id}/events",
        "The changes of a job, as they happen.",
        {
            "GET": Stream(
                doc="Stream each change and log entry of a job, until it has ended.",
                permission="jobs.wait",
                query=(_LAST_EVENT,),
                source=events.job_events,
            )
        },
    ),
    Resource(
        "events",
        "/2/events",
        "What happens to all jobs, as it happens.",
        {
            "GET": Stream(
                doc=(
                    "Stream which jobs are submitted, change and finish, from now on; or with "
                    "`kind`, `object` or `tag` what happens to any objects."
                ),
                permission="events.read",
                selects=True,
                query=(
                    _LAST_EVENT,
                    Argument("kind", "The kinds of object.", Words(ListOf(OneOf(EVENT_KINDS)))),
                    Argument(
                        "object", "Names or UUIDs of objects; of jobs, what they name.", Words()
                    ),
                    Argument("tag", "Tags, one of which the objects have.", Words()),
                ),
                source=events.all_events,
            )
        },
    ),
)
