"""Entries of the journal of events, and pictures, as lines of JSON and back.

What is read here was written by this module, if perhaps by another release of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ganeti_rapi.api.events import Event
from ganeti_rapi.api.scopes import Traits
from ganeti_rapi.jobs.picture import Entry, Picture
from ganeti_rapi.jobs.snapshots import Known
from ganeti_rapi.jsontext import dumps, loads

Value = Mapping[str, Any]  # Any: JSON


def encode_entry(entry: Entry) -> bytes:
    """One line."""
    value: dict[str, Any] = {}  # Any: JSON
    if entry.looked:
        value["looked"] = list(entry.looked)
    if (event := entry.event) is not None:
        value.update(
            id=event.id,
            name=event.name,
            data=event.data,
            job=event.job,
            ops=list(event.ops),
            traits=_of_traits(event.traits),
            names=sorted(event.names),
        )
    if entry.known is not None:
        value["known"] = _of_known(entry.known)
    return dumps(value) + b"\n"


def decode_entry(line: bytes) -> Entry:
    """Raises ValueError for what is no entry."""
    try:
        value = loads(line)
        known = _known(value["known"]) if "known" in value else None
        return Entry(_event(value) if "id" in value else None, known, value.get("looked", ()))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no entry of a journal of events: {error}") from None


def encode_picture(picture: Picture) -> Value:
    """The picture, as JSON."""
    objects = picture.objects
    return {
        "jobs": [[job_id, status] for job_id, status in picture.jobs.items()],
        "objects": None
        if objects is None
        else [[kind, uuid, _of_known(known)] for (kind, uuid), known in objects.items()],
        "newest": picture.newest,
        "unblamed": list(picture.unblamed),
    }


def decode_picture(value: Value) -> Picture:
    """Raises ValueError for what is no picture."""
    try:
        objects = value["objects"]
        return Picture(
            dict(value["jobs"]),
            None
            if objects is None
            else {(kind, uuid): _known(known) for kind, uuid, known in objects},
            value["newest"],
            dict.fromkeys(value["unblamed"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"no picture of a cluster: {error}") from None


def _event(value: Value) -> Event:
    return Event(
        value["id"],
        value["name"],
        value["data"],
        value["ops"],
        _traits(value["traits"]),
        frozenset(value["names"]),
        value["job"],
    )


def _of_traits(traits: Traits | None) -> Sequence[Any] | None:  # Any: JSON
    if traits is None:
        return None
    tags = sorted(traits.tags)
    return [traits.kind, traits.name, traits.uuid, tags, traits.node, traits.group]


def _traits(value: Sequence[Any] | None) -> Traits | None:  # Any: JSON
    if value is None:
        return None
    kind, name, uuid, tags, node, group = value
    return Traits(kind, name, uuid, frozenset(tags), node, group)


def _of_known(known: Known) -> Sequence[Any]:  # Any: JSON
    traits = _of_traits(known.traits)
    return [known.name, known.uuid, known.serial, traits, dict(known.prints)]


def _known(value: Sequence[Any]) -> Known:  # Any: JSON
    name, uuid, serial, traits, prints = value
    return Known(name, uuid, serial, _traits(traits), prints)
