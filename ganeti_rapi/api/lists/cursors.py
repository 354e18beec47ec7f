"""Cursors: where a page of a list ended.

A cursor has the values that its last object was sorted by, and what tells it from the others. So
the next page begins behind that place, whatever came, went or changed in between, the last object
itself included: an object that stays where it is in the order is on one page, and on no two.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b
from typing import Any

from ganeti_rapi.api.lists.ordering import Place
from ganeti_rapi.errors import BadRequest
from ganeti_rapi.jsontext import dumps, loads_flat
from ganeti_rapi.shapes import Shape, anything, list_of, row_of, text

_AGAIN = "begin again without after"


def list_mark(*what: object) -> str:
    """What tells one list from another: its kind, filter and order."""
    return blake2b(dumps(what), digest_size=6).hexdigest()


def encode_cursor(mark: str, place: Place) -> str:
    """The cursor behind a place of the list that has this mark."""
    return urlsafe_b64encode(dumps([mark, list(place)])).rstrip(b"=").decode("ascii")


def decode_cursor(cursor: str, mark: str, columns: int, identity: Shape) -> Place:
    """The place that a cursor is behind.

    ``columns`` is how many fields the list is sorted by, and ``identity`` the shape of what tells
    one object from the others. Raises `BadRequest` for what is no cursor, or is one of another
    list.
    """
    found = _decoded(cursor)
    if not _CURSOR(found):
        raise BadRequest(f"Invalid argument after: this is no cursor of a list; {_AGAIN}")
    theirs, place = found
    if theirs != mark or not row_of(*[anything] * columns, identity)(place):
        raise BadRequest(
            "Invalid argument after: this is the cursor of a list of other objects, with another "
            f"filter or another order; {_AGAIN}"
        )
    return list(place)


def _decoded(cursor: str) -> Any:  # Any: JSON; None for what is none
    try:
        return loads_flat(urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)))
    except ValueError:
        return None


_CURSOR = row_of(text, list_of(anything))
