"""The resources that check the cluster."""

from __future__ import annotations

from collections.abc import Mapping

from ganeti_rapi.api.cells import Handler
from ganeti_rapi.api.handlers import verification
from ganeti_rapi.api.resource import Resource
from ganeti_rapi.api.submissions import Submit
from ganeti_rapi.jsontext import Json

WITH_CODES: Mapping[str, Json] = {"error_codes": True}
"""Without them a job's log tells of its findings in words that no program can read."""

VERIFICATION = (
    Resource(
        "verify",
        "/2/verify",
        "The verification of the cluster.",
        {
            "POST": Submit(
                doc=(
                    "Check the cluster, by jobs that the job submits; `GET /2/verify/{job_id}` "
                    "tells what they found."
                ),
                permission="cluster.verify",
                opcode="OP_CLUSTER_VERIFY",
                fixed=WITH_CODES,
            )
        },
    ),
    Resource(
        "verify_id",
        "/2/verify/{job_id}",
        "What a verification found.",
        {
            "GET": Handler(
                doc="Show what a verification has found so far.",
                permission="cluster.verify",
                reply="An object with the findings, the jobs, and whether all have ended.",
                reply_schema=verification.REPORT_REPLY,
                open=False,
                function=verification.report,
            )
        },
    ),
    Resource(
        "verify_config",
        "/2/verify-config",
        "The verification of the cluster's configuration.",
        {
            "POST": Submit(
                doc="Check the configuration alone; `GET /2/verify/{job_id}` has the findings.",
                permission="cluster.verify",
                opcode="OP_CLUSTER_VERIFY_CONFIG",
                fixed=WITH_CODES,
            )
        },
    ),
    Resource(
        "verify_disks",
        "/2/verify-disks",
        "The verification of all disks.",
        {
            "POST": Submit(
                doc="Check whether instances' disks are there and active, by a job per group.",
                permission="cluster.verify",
                opcode="OP_CLUSTER_VERIFY_DISKS",
            )
        },
    ),
)
