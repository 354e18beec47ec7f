"""Commands that check the cluster: they follow the jobs, and print what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from ganeti_rapi.client.cli.commands import LazyParameter, call, command, given, option
from ganeti_rapi.client.cli.failing import Failed
from ganeti_rapi.client.cli.opcodes import option_of
from ganeti_rapi.client.cli.orders import Conditions, tell_submitted
from ganeti_rapi.client.cli.output import Look, Table
from ganeti_rapi.client.cli.parameters import GROUP, JOB
from ganeti_rapi.client.cli.progress import follow
from ganeti_rapi.client.cli.running import Session
from ganeti_rapi.client.cli.submitting import PRIORITY, REASON, WAIT
from ganeti_rapi.client.cli.values import names

if TYPE_CHECKING:
    from ganeti_rapi.client.methods import AllMethods

# Any, in this module: JSON of a report
FINDINGS = {
    "Severity": "severity",
    "Kind": "kind",
    "Object": "object",
    "Code": "code",
    "Text": "text",
}
IN_GROUP = option("--group", metavar="GROUP", help="Only this node group.")
IGNORE = option_of("OP_CLUSTER_VERIFY", "ignore_errors", "--ignore", type=names, metavar="CODE,…")
SKIP = option_of("OP_CLUSTER_VERIFY", "skip_checks", "--skip", type=names, metavar="CHECK,…")
CLUTTER = option_of("OP_CLUSTER_VERIFY", "verify_clutter", "--clutter")


def verifying(
    name: str, method: str, summary: str, parameters: Sequence[LazyParameter] = ()
) -> click.Command:
    """A command that submits a verification, and prints what it found when all jobs have ended.

    Its exit code is 1 if something is in error.
    """

    def run(session: Session, wait: bool, priority: str | None, **values: Any) -> None:
        async def work(client: AllMethods) -> tuple[int, Any]:
            job_id = await call(method, Conditions(priority=priority).on(client), given(values))
            if not wait:
                return job_id, None
            await follow(session, client, job_id)
            return job_id, await client.get_verification(job_id)

        job_id, report = session.ask(work)
        if report is None:
            tell_submitted(session, job_id)
        else:
            tell(session, report)

    return command(name, summary, run, [*parameters, WAIT, REASON, PRIORITY])


def tell(session: Session, report: Mapping[str, Any]) -> None:
    """Print what a verification found. Raises `Failed` if something is in error."""
    findings = report["findings"]
    if session.for_programs:
        session.show(report)
    elif findings:
        session.show_table(Table(FINDINGS, findings, key="object"), Look())
    errors = sum(each["severity"] == "error" for each in findings)
    if not report["done"]:
        session.err.line("It is not done yet")
    elif not errors:
        session.err.line("No errors were found")
    if errors:
        raise Failed(f"{errors} error{'s' * (errors > 1)} found", 1)


def _show(session: Session, job_id: int) -> None:
    tell(session, session.ask(lambda client: client.get_verification(job_id)))


CLUSTER = (
    verifying(
        "verify",
        "verify_cluster",
        "Check the cluster, and print what is wrong.",
        [IN_GROUP, IGNORE, SKIP, CLUTTER],
    ),
    verifying("verify-config", "verify_config", "Check the configuration alone.", [IGNORE]),
    verifying(
        "verify-disks",
        "verify_disks",
        "Check whether the disks of instances are there and active.",
        [IN_GROUP],
    ),
    command("verification", "Show what a verification has found so far.", _show, [JOB]),
)
GROUPS = (
    verifying(
        "verify",
        "verify_group",
        "Check a group's nodes and instances.",
        [GROUP, IGNORE, SKIP, CLUTTER],
    ),
    verifying("verify-disks", "verify_group_disks", "Check the disks in a group.", [GROUP]),
)
