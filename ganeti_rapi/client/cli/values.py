"""What options' values mean: functions from text, which raise click.BadParameter."""

from __future__ import annotations

import json
import re
import sys
from typing import Any

import click

UNITS = {"": 1, "M": 1, "G": 1024, "T": 1024 * 1024}
"""Mebibytes."""


def size(text: str) -> int:
    """Mebibytes of a size such as 512, 512M or 2G."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([MGT]?)(?:I?B)?", text.strip().upper())
    if match is None:
        raise click.BadParameter(f"{text!r} is not a size; give one such as 512M or 2G")
    return round(float(match[1]) * UNITS[match[2]])


DURATIONS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
"""Seconds, by gnt-cluster's letters."""


def duration(text: str) -> int:
    """Seconds of a duration such as 90, 30m, 8h or 2d; more than none."""
    match = re.fullmatch(r"(\d{1,9})([smhdw]?)", text.strip())
    if match is None or not int(match[1]):
        raise click.BadParameter(f"{text!r} is not a duration; give one such as 30m, 8h or 2d")
    return int(match[1]) * DURATIONS[match[2]]


def pairs(text: str) -> dict[str, str]:
    """The object in KEY=VALUE,…; Ganeti makes numbers of its values where it wants some."""
    items = [item.partition("=") for item in text.split(",") if item]
    if any(not equals for _, equals, _ in items):
        raise click.BadParameter(f"{text!r} is not KEY=VALUE,…")
    return {key: value for key, _, value in items}


def disk(text: str) -> dict[str, Any]:  # Any: JSON
    """A disk from SIZE[:KEY=VALUE,…]."""
    amount, _, more = text.partition(":")
    return {"size": size(amount), **pairs(more)}


def beparams(text: str) -> dict[str, Any]:  # Any: JSON
    """Backend parameters: numbers, sizes, true, false, and default for the cluster's value."""
    words = {"true": True, "false": False, "default": "default"}
    given = pairs(text).items()
    return {key: words[value] if value in words else size(value) for key, value in given}


def names(text: str) -> list[str]:
    """Names with commas between them."""
    return [name for name in text.split(",") if name]


def numbers(text: str) -> list[int]:
    """Numbers with commas between them."""
    try:
        return [int(number) for number in names(text)]
    except ValueError:
        raise click.BadParameter(f"{text!r} is not NUMBER,…") from None


def setting(text: str) -> tuple[str, Any]:  # Any: JSON
    """KEY=VALUE; the value is JSON, or text if it is not JSON."""
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise click.BadParameter(f"{text!r} is not KEY=VALUE")
    return key, json_or_text(value)


def json_or_text(text: str) -> Any:  # Any: JSON
    """The value of JSON, or the text itself if it is not JSON."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def text_of(text: str) -> str:
    """The text, or what a file holds after an @, or standard input after @-."""
    if not text.startswith("@"):
        return text
    try:
        if text == "@-":
            return sys.stdin.read()
        with open(text[1:], encoding="utf-8") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise click.BadParameter(f"{text[1:]}: {reason}") from None


def json_of(text: str) -> Any:  # Any: JSON
    """JSON that was typed, or is in a file: as `text_of`."""
    try:
        return json.loads(text_of(text))
    except (ValueError, RecursionError) as error:
        raise click.BadParameter(f"this is no JSON: {error}") from None
