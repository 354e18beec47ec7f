"""Tags: where the ones to set come from, and what has some."""

from __future__ import annotations

from collections.abc import Mapping

from ganeti_rapi import shapes
from ganeti_rapi.api.bodies import Values
from ganeti_rapi.api.call import Call
from ganeti_rapi.api.jobs import follow, reason_trail, submit
from ganeti_rapi.api.schemas import TEXT, Property, list_of, maybe, object_of, one_of
from ganeti_rapi.api.submissions import build_opcode
from ganeti_rapi.jsontext import Json


def tags_to_set(values: Values) -> Values:
    """PUT …/tags: the body's list and the query arguments ``tag``, in that order, each once.

    The requirements put the list into the body; the stock daemon reads only the query.
    """
    from_body, from_query = values.pop("tags", []), values.pop("tag", [])
    assert isinstance(from_body, list)
    assert isinstance(from_query, list)
    return {**values, "tags": list(dict.fromkeys([*from_body, *from_query]))}


TAGGED: Mapping[str, str] = {
    "cluster": "cluster",
    "instances": "instance",
    "nodes": "node",
    "nodegroup": "group",
    "network": "network",
}
"""What the first words of OP_TAGS_SEARCH's paths mean."""

FOUND = shapes.row_of(shapes.list_of(shapes.row_of(shapes.text, shapes.text)))
SEARCH_REPLY = list_of(
    object_of(
        {
            "kind": Property(one_of(*TAGGED.values()), "What has the tag."),
            "name": Property(maybe(TEXT), "Its name; null for the cluster."),
            "tag": Property(TEXT, "The tag."),
        }
    )
)


async def search(call: Call, pattern: str) -> Json:
    """GET /2/tags-search: what has tags that a regular expression fits.

    Source: OP_TAGS_SEARCH, a job whose end this waits for.
    """
    opcode = build_opcode("OP_TAGS_SEARCH", {"pattern": pattern, "reason": reason_trail(call)})
    (pairs,) = await follow(call, await submit(call, [opcode]), FOUND)
    return [_found(path, tag) for path, tag in pairs]


def _found(path: str, tag: str) -> Json:
    word, _, name = path.lstrip("/").partition("/")
    return {"kind": TAGGED.get(word, word), "name": name or None, "tag": tag}
