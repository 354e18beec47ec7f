"""Tags: where the ones to set come from."""

from __future__ import annotations

from ganeti_rapi.api.call import Call
from ganeti_rapi.api.cells import Values
from ganeti_rapi.api.checks import STRING, ListOf
from ganeti_rapi.errors import BadRequest
from ganeti_rapi.jsontext import Json

TAGS_BODY = ListOf(STRING)
"""The form that the requirements give the body of PUT …/tags."""


def tags_to_set(call: Call, values: Values) -> Values:
    """PUT …/tags: the body's list and the query arguments ``tag``, in that order, each once.

    The requirements put the list into the body; the stock daemon reads only the query.
    """
    from_body = _list_of_tags(call.body) if call.has_body else []
    union = dict.fromkeys([*from_body, *call.query.get("tag", ())])
    return {**values, "tags": list(union)}


def _list_of_tags(body: object) -> list[str]:
    if isinstance(body, dict):  # the stock daemon reads an object's "depends" and ignores the rest
        return []
    if not isinstance(body, list) or not all(isinstance(tag, str) for tag in body):
        raise BadRequest("The request body must be the tags to add: a JSON list of strings")
    return body


def tags_to_delete(call: Call, values: Values) -> Values:
    """DELETE …/tags: the query arguments ``tag``."""
    tags: list[Json] = list(call.query.get("tag", ()))
    return {**values, "tags": tags}
