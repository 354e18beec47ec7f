"""The rules that decide which jobs may run, as ReplaceFilter and DeleteFilter keep them.

`action` and `predicate` read a rule's parts and raise `ValueError` with luxid's words for what they
cannot read. The simulator keeps the rules and shows them; its queue does not apply them.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from ganeti_rapi.errors import JobDaemonError
from ganeti_rapi.simulator.queries.filters import parse
from ganeti_rapi.simulator.queries.refusals import shown
from ganeti_rapi.simulator.state import Cluster, FilterRule

_ACTIONS = ("ACCEPT", "PAUSE", "REJECT", "CONTINUE")

_PREDICATES = ("jobid", "opcode", "reason")


def action(value: Any) -> Any:  # Any: a word, or ["RATE_LIMIT", number]
    """What becomes of the jobs that a rule is about."""
    if isinstance(value, list) and value[:1] == ["RATE_LIMIT"]:
        if len(value) == 2 and type(value[1]) is int and value[1] > 0:
            return value
        raise ValueError("RATE_LIMIT argument must be a positive integer")
    if value not in _ACTIONS:
        raise ValueError(f"malformed FilterAction JSON: {shown(value)}")
    return value


def predicate(value: Any) -> list[Any]:  # Any: a word, and a condition in the query language
    """What the jobs have in common that a rule is about."""
    if not (isinstance(value, list) and value and isinstance(value[0], str)):
        raise ValueError(
            "malformed FilterPredicate: must be a list with the first entry being a string"
            " describing the predicate type"
        )
    about, *conditions = value
    if about not in _PREDICATES or len(conditions) != 1:
        got = shown(conditions)
        raise ValueError(
            f"malformed FilterPredicate: bad parameter list for '{about}' predicate: {got}"
        )
    parse(conditions[0], value)
    return [about, _normal(conditions[0])]


def _normal(condition: Any) -> Any:  # Any: as above
    """The condition with the one operator that has two names spelled as luxid spells it."""
    operator, *operands = condition
    if operator in ("&", "|", "!"):
        return [operator, *map(_normal, operands)]
    return ["==" if operator == "=" else operator, *operands]


def replace(cluster: Cluster, rule: FilterRule) -> None:
    """Add a rule, or put it in the place of the one with the same uuid.

    Raises `JobDaemonError` when the uuid is not one.
    """
    try:
        UUID(rule.uuid)
    except ValueError:
        raise JobDaemonError("GenericError", "Unable to parse UUID") from None
    _remove(cluster, rule.uuid)
    cluster.filters.append(rule)


def delete(cluster: Cluster, uuid: str) -> None:
    """Remove a rule. Raises `JobDaemonError` when there is no such rule."""
    if not _remove(cluster, uuid):
        raise JobDaemonError("GenericError", f"Filter rule with UUID {uuid} does not exist")


def _remove(cluster: Cluster, uuid: str) -> bool:
    before = len(cluster.filters)
    cluster.filters[:] = [rule for rule in cluster.filters if rule.uuid != uuid]
    return len(cluster.filters) < before
