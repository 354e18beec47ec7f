"""Networks: what their creation takes beyond its opcode."""

from __future__ import annotations

from ganeti_rapi.api.bodies import Values
from ganeti_rapi.api.params import TAGS, nullable

NEW_PARAMS = (nullable(TAGS),)
"""Ganeti's own client sends null where it is given no tags."""


def creation(values: Values) -> Values:
    """POST /2/networks: tags of null are no tags."""
    return {name: value for name, value in values.items() if (name, value) != ("tags", None)}
