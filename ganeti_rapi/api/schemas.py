"""JSON Schemas of replies: the words that the descriptions of replies are made of.

The schemas of what clients send come from the checks; these are for what they receive. The dialect
is 2020-12, which is what OpenAPI 3.1 uses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import frozen

from ganeti_rapi.api.checks import Schema

ANYTHING: Schema = {}
TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
INTEGER: Schema = {"type": "integer"}
COUNT: Schema = {"type": "integer", "minimum": 0}
NUMBER: Schema = {"type": "number"}
OBJECT: Schema = {"type": "object"}
NULL: Schema = {"type": "null"}


def list_of(item: Schema) -> Schema:
    """A list of any length."""
    return {"type": "array", "items": item}


def items(*each: Schema) -> Schema:
    """A list of fixed length."""
    return {
        "type": "array",
        "prefixItems": list(each),
        "minItems": len(each),
        "maxItems": len(each),
    }


def one_of(*values: str) -> Schema:
    """One of a few words."""
    return {"enum": list(values)}


def any_of(*schemas: Schema) -> Schema:
    """What fits at least one of several schemas."""
    return {"anyOf": list(schemas)}


def maybe(schema: Schema) -> Schema:
    """The same, or null."""
    return any_of(schema, NULL)


def described(schema: Schema, doc: str) -> Schema:
    """The same with a description."""
    return {"description": doc, **schema}


def component(name: str) -> Schema:
    """A reference to a schema that the document defines once."""
    return {"$ref": f"#/components/schemas/{name}"}


@frozen
class Property:
    """A value that an object in a reply has under a name."""

    schema: Schema
    doc: str


Properties = Mapping[str, Property]


def object_of(properties: Properties, optional: Sequence[str] = ()) -> Schema:
    """An object with these properties, of which some may be missing. It may have others, too."""
    return {
        "type": "object",
        "properties": {name: described(each.schema, each.doc) for name, each in properties.items()},
        "required": [name for name in properties if name not in optional],
    }


NAMES: Schema = list_of(TEXT)
OBJECTS: Schema = list_of(OBJECT)
SECONDS: Schema = NUMBER
TIMESTAMP: Schema = items(INTEGER, COUNT)
"""Seconds since the epoch and microseconds."""

JOB_ID: Schema = described(COUNT, "The job's id.")
JOB_ID_OR_JOB: Schema = any_of(JOB_ID, component("Job"))
LOG_ENTRY: Schema = items(COUNT, TIMESTAMP, TEXT, ANYTHING)
"""Serial number, time, type and message."""
