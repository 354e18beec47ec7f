"""What the resources of several families are made of."""

from __future__ import annotations

from attrs import evolve

from ganeti_rapi.api.arguments import DRY_RUN
from ganeti_rapi.api.bodies import IF_OBJECT, OneValue
from ganeti_rapi.api.cells import Cell, Tags
from ganeti_rapi.api.checks import STRING, ListOf
from ganeti_rapi.api.forms import Argument, Repeated
from ganeti_rapi.api.handlers import tags
from ganeti_rapi.api.resource import Resource
from ganeti_rapi.api.subjects import TAGGED
from ganeti_rapi.api.submissions import Submit
from ganeti_rapi.jsontext import Json


def tags_of(kind: str, thing: str, name: str, uri: str) -> Resource:
    """The tags of ``thing``, for which Ganeti has the word ``kind``."""
    fixed: dict[str, Json] = {"kind": kind, **({"name": None} if kind == "cluster" else {})}
    tag = Argument("tag", "A tag; may be given several times.", Repeated())
    subject = TAGGED.get(kind, "")
    cells: dict[str, Cell] = {
        "GET": Tags(
            doc=f"List the tags of {thing}.", permission="tags.get", kind=kind, subject=subject
        ),
        "PUT": Submit(
            doc=f"Add tags to {thing}: the body is a list of them.",
            permission="tags.set",
            subject=subject,
            selects=False,
            opcode="OP_TAGS_SET",
            query=(tag, DRY_RUN),
            fixed=fixed,
            body=OneValue(key="tags", check=ListOf(STRING), default=[]),
            combine=tags.tags_to_set,
        ),
        "DELETE": Submit(
            doc=f"Remove tags from {thing}.",
            permission="tags.delete",
            subject=subject,
            selects=False,
            opcode="OP_TAGS_DEL",
            query=(evolve(tag, param="tags", default=[]), DRY_RUN),
            fixed=fixed,
            body=IF_OBJECT,
        ),
    }
    return Resource(name, uri, f"{thing[0].upper()}{thing[1:]}'s tags.", cells)
