"""Whether a job may start: what the filter rules of the cluster say about it.

The rules are asked in the order of their priority; the first whose predicates all hold decides,
unless its action is to go on with the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from enum import Enum
from typing import Any

from ganeti_rapi.errors import JobDaemonError
from ganeti_rapi.simulator.jobs.job import Job
from ganeti_rapi.simulator.queries.fields import NORMAL, Reading
from ganeti_rapi.simulator.queries.filters import parse
from ganeti_rapi.simulator.state import FilterRule


class Admission(Enum):
    """What becomes of a job whose turn has come."""

    START = "start"
    HOLD = "hold"
    REJECT = "reject"


_BY_ACTION = {"ACCEPT": Admission.START, "PAUSE": Admission.HOLD, "REJECT": Admission.REJECT}

_Subject = Mapping[str, Any]  # Any: values as the query language compares them

# What a predicate looks at, by its first word: it holds if its condition does for any of these.
_SUBJECTS: dict[str, Callable[[Job], Iterable[_Subject]]] = {
    "jobid": lambda job: [{"id": job.id}],
    "opcode": lambda job: job.ops,
    "reason": lambda job: (
        dict(zip(("source", "reason", "timestamp"), entry, strict=True))
        for op in job.ops
        for entry in op["reason"]
    ),
}


def admission(rules: Collection[FilterRule], job: Job, running: Collection[Job]) -> Admission:
    """What the rules say about a job, while other jobs are running."""
    for rule in sorted(rules, key=lambda rule: (rule.priority, rule.watermark, rule.uuid)):
        if rule.action != "CONTINUE" and _matches(rule, job):
            return _BY_ACTION.get(str(rule.action)) or _limited(rule, running)
    return Admission.START


def _limited(rule: FilterRule, running: Collection[Job]) -> Admission:
    _, limit = rule.action
    like_it = sum(_matches(rule, job) for job in running)
    return Admission.START if like_it < limit else Admission.HOLD


def _matches(rule: FilterRule, job: Job) -> bool:
    return all(_holds(about, condition, rule, job) for about, condition in rule.predicates)


def _holds(about: str, condition: Any, rule: FilterRule, job: Job) -> bool:  # Any: nested lists
    expression = parse(_with_watermark(condition, rule.watermark), condition)
    try:
        return any(expression.holds(_reader(subject)) for subject in _SUBJECTS[about](job))
    except (JobDaemonError, KeyError):  # a comparison with something of another kind, or missing
        return False


def _reader(subject: _Subject) -> Callable[[str], Reading]:
    return lambda name: (NORMAL, subject[name])


def _with_watermark(condition: Any, watermark: int) -> Any:  # Any: as above
    if isinstance(condition, list):
        return [_with_watermark(part, watermark) for part in condition]
    return watermark if condition == "watermark" else condition
