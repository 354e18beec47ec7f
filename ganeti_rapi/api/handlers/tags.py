"""Tags: where the ones to set come from."""

from __future__ import annotations

from ganeti_rapi.api.bodies import Values


def tags_to_set(values: Values) -> Values:
    """PUT …/tags: the body's list and the query arguments ``tag``, in that order, each once.

    The requirements put the list into the body; the stock daemon reads only the query.
    """
    from_body, from_query = values.pop("tags", []), values.pop("tag", [])
    assert isinstance(from_body, list)
    assert isinstance(from_query, list)
    return {**values, "tags": list(dict.fromkeys([*from_body, *from_query]))}
