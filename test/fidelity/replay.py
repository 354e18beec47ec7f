"""Replays the recorded steps on the simulated cluster, and compares."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from ganeti_rapi.testing import SimulatedApi, Size

from .outcome import Json, Observer
from .steps import Step, steps

HERE = Path(__file__).parent

_CHOICE = "the allocator weighs more than free memory where it may choose a node"

KNOWN: tuple[tuple[str, str, str], ...] = (
    ("'name_check': False, 'snode': 'node2'", "job.results", _CHOICE),
    ("creation: GET", "reply.pnode", _CHOICE),
)
"""What may differ: a part of the step's text, the place, and why."""


def differences() -> Iterator[tuple[Step, list[str]]]:
    """Each step with the places in which it differs from what was recorded."""
    recorded = json.loads((HERE / "recorded.json").read_text())
    api = SimulatedApi(Size(file=str(HERE / "cluster.yaml")))
    observer = Observer(api.request, lambda: api.reactor.advance(0.1))
    try:
        for step, expected in zip(steps(), recorded, strict=True):
            outcome = json.loads(json.dumps(observer.outcome(step)))
            yield step, list(unlike(expected, _as_far_as_recorded(outcome, expected)))
    finally:
        api.stop()


def surprising(step: Step, found: list[str]) -> list[str]:
    """The differences that `KNOWN` does not tell of."""
    text = str(step)
    known = [place for words, place, _ in KNOWN if words in text]
    return [each for each in found if each.partition(": ")[0] not in known]


def _as_far_as_recorded(outcome: Json, expected: Json) -> Json:
    """Without the fields of an object that our daemon shows only since the recording."""
    reply, recorded = outcome.get("reply"), expected.get("reply")
    if not (isinstance(reply, dict) and isinstance(recorded, dict)):
        return outcome
    return {**outcome, "reply": {key: reply[key] for key in reply if key in recorded}}


def unlike(one: Json, other: Json, place: str = "") -> Iterator[str]:
    """The places in which two values differ, with what each has there."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted({*one, *other}):
            yield from unlike(one.get(key), other.get(key), f"{place}.{key}" if place else key)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for left, right in zip(one, other, strict=True):
            yield from unlike(left, right, place)
    elif one != other or isinstance(one, bool) != isinstance(other, bool):
        yield f"{place}: {json.dumps(one):.300} and {json.dumps(other):.300}"
