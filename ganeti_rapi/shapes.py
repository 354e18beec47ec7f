"""The shapes of JSON that we take apart without having made it: what luxid and its jobs answer.

A shape says whether a value has it. What has another one is the job daemon's fault and not ours,
and is told apart from our own mistakes here, at one place, before any code stumbles over it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ganeti_rapi.errors import LuxiProtocolError

Shape = Callable[[Any], bool]  # Any: JSON of whatever shape

T = TypeVar("T")


def expect(value: T, shape: Shape, what: str) -> T:
    """The value, if it has that shape. Raises `LuxiProtocolError`, which says ``what`` has not."""
    if not shape(value):
        raise LuxiProtocolError(f"{what} is not what it must be")
    return value


def anything(_value: object) -> bool:
    return True


def text(value: object) -> bool:
    return isinstance(value, str)


def whole(value: object) -> bool:
    """A whole number; true and false are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def flag(value: object) -> bool:
    return isinstance(value, bool)


def list_of(shape: Shape) -> Shape:
    return lambda value: isinstance(value, list) and all(map(shape, value))


def row_of(*shapes: Shape) -> Shape:
    """A list of as many values as there are shapes, each of its own."""
    return lambda value: (
        isinstance(value, list)
        and len(value) == len(shapes)
        and all(shape(item) for shape, item in zip(shapes, value))
    )


def record(**shapes: Shape) -> Shape:
    """An object that has these keys at least."""
    return lambda value: (
        isinstance(value, dict)
        and all(name in value and shape(value[name]) for name, shape in shapes.items())
    )


def maybe(shape: Shape) -> Shape:
    """null, or that shape."""
    return lambda value: value is None or shape(value)
