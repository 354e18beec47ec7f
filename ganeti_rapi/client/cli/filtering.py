"""Conditions such as ``status=running`` in Ganeti's query language, and what queries find.

The server judges them, so that they mean the same in lists and in `rapi query`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ganeti_rapi.client.results import Answer

# Any, in this module: JSON, of which the query language is made
OPERATORS: Mapping[str, Callable[[str, Any], Any]] = {
    "=": lambda field, value: _equal(field, value),
    "!=": lambda field, value: ["!", _equal(field, value)],
    "=~": lambda field, value: ["=~", field, str(value)],
    "<=": lambda field, value: ["<=", field, value],
    ">=": lambda field, value: [">=", field, value],
    "<": lambda field, value: ["<", field, value],
    ">": lambda field, value: [">", field, value],
    ":": lambda field, value: ["=[]", field, value],
}
"""How the query language says FIELD OPERATOR VALUE. ``:`` is for lists that have the value."""

_CONDITION = re.compile(r"\s*([\w./]+)\s*(!=|=~|<=|>=|[=<>:])\s*(.*)", re.DOTALL)

HELP = (
    "Only those with FIELD=VALUE; also !=, <, <=, >, >=, =~ for a regular expression and : for a "
    "list that has the value. rapi query KIND shows the fields. Or a filter of Ganeti's query "
    "language as JSON. May be repeated: all must hold."
)


def condition(text: str) -> Any:
    """A filter of the query language, from FIELD=VALUE or JSON. Raises click.BadParameter.

    >>> condition("mfree>=1024")
    ['>=', 'mfree', 1024]
    """
    if text.lstrip().startswith("["):
        return _json(text)
    match = _CONDITION.fullmatch(text)
    if match is None:
        raise click.BadParameter(
            f"{text!r} is not a condition; give one such as status=running, 'mfree>1024', or "
            'JSON such as \'["=","name","web1.example.com"]\''
        )
    field, operator, value = match.groups()
    return OPERATORS[operator](field, value if operator == "=~" else _value(value))


def all_of(conditions: Sequence[Any]) -> Any:
    """One filter for which all must hold; None without conditions."""
    return ["&", *conditions] if len(conditions) > 1 else next(iter(conditions), None)


def values_of(answer: Answer) -> list[Any]:
    """The values of the one field that was asked for, of all objects that a query found."""
    return [value for ((_, value),) in answer["data"]]


def rows_of(answer: Answer, fields: Sequence[str]) -> list[dict[str, Any]]:
    """The objects that a query found, with the fields that it asked for."""
    return [dict(zip(fields, (value for _, value in cells))) for cells in answer["data"]]


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is not JSON: {error}") from None


def _value(text: str) -> Any:
    """Numbers, true and false; all else is text, and so is what is in double quotes."""
    if re.fullmatch(r'-?\d+|true|false|".*"', text, re.DOTALL):
        return _json(text)
    return text


def _equal(field: str, value: Any) -> Any:
    if isinstance(value, bool):  # the language has no literals for them
        return ["?", field] if value else ["!", ["?", field]]
    return ["=", field, value]
