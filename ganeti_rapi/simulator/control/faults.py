"""What goes wrong on demand: nodes, jobs, the queue and the job daemon itself.

A fault is an object with its ``kind`` and what that kind needs; `KINDS` says what. It lasts until
it is healed, or for as many ``times`` as it says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from attrs import define, field

from ganeti_rapi.api.checks import (
    LIST,
    NON_EMPTY_STRING,
    NON_NEGATIVE,
    POSITIVE,
    Check,
    CheckError,
    Keyed,
    Number,
    OneOf,
)
from ganeti_rapi.errors import JobDaemonError
from ganeti_rapi.simulator.state import Cluster, Node, find
from ganeti_rapi.simulator.task import OpcodeJson

Json = Any  # Any: JSON of a fault's own shape

GONE, GARBAGE, SILENT, SLOW, CHAOS = "gone", "garbage", "silent", "slow", "chaos"

UNAVAILABLE, TIMEOUT, CLOSE = "unavailable", "timeout", "close"
"""What happens to requests; chaos is a little of each."""

LATE, REPEATED, DROPPED = "late", "repeated", "dropped"
"""What happens in chaos to requests that wait for a job."""

LATEST = 2.0
"""Seconds by which a reply is late at the most, in chaos."""

_KIND = ("kind", NON_EMPTY_STRING)


def _fault(*keys: tuple[str, Check]) -> Keyed:
    return Keyed((_KIND, *keys))


KINDS: Mapping[str, tuple[Keyed, tuple[str, ...]]] = {
    "node": (
        _fault(("node", NON_EMPTY_STRING), ("state", OneOf(("down", "offline", "drained")))),
        ("node", "state"),
    ),
    "job": (
        _fault(("opcode", NON_EMPTY_STRING), ("error", LIST), ("times", POSITIVE)),
        ("opcode",),
    ),
    "luxid": (
        _fault(
            ("how", OneOf((GONE, GARBAGE, SILENT, SLOW, CHAOS))),
            ("seconds", Number()),
            ("seed", NON_NEGATIVE),
        ),
        ("how",),
    ),
    "queue": (_fault(("how", OneOf(("drained", "full")))), ("how",)),
    "http": (
        _fault(("how", OneOf((UNAVAILABLE, TIMEOUT, CLOSE, CHAOS))), ("seed", NON_NEGATIVE)),
        ("how",),
    ),
    "certificate": (_fault(("seconds", Number())), ("seconds",)),
}
"""By kind: what a fault may hold, and the keys that it must have."""

_NODE_FLAGS = {
    "down": ("powered", False),
    "offline": ("offline", True),
    "drained": ("drained", True),
}

_FAILURE = ["OpExecError", ["The simulated cluster was told to fail here"]]


class FaultError(ValueError):
    """A fault that cannot be, and what would be one."""


@define
class Faults:
    """All faults that there are now, by their number.

    ``serves_http`` says whether requests can fail here, too. ``certify`` gives the HTTP side a
    certificate that is good for so many seconds, or one as at the start; None where it has another.
    """

    cluster: Cluster
    current: dict[int, Json] = field(factory=dict)
    serves_http: bool = False
    certify: Callable[[float | None], None] | None = None
    _count: int = 0
    _chance: Random = field(factory=Random)
    _http_chance: Random = field(factory=Random)

    def add(self, fault: Json) -> int:
        """Let something go wrong from now on; the fault's number. Raises `FaultError`."""
        fault = _checked(fault)
        if fault["kind"] == "node":
            self._set_node(fault, *_NODE_FLAGS[fault["state"]])
        if fault["kind"] == "queue" and fault["how"] == "drained":
            self.cluster.drained = True
        if fault["kind"] == "luxid" and fault["how"] == CHAOS:
            self._chance.seed(fault.get("seed", 1))
        if fault["kind"] == "http":
            self._begin_http(fault)
        if fault["kind"] == "certificate":
            self._certifier()(fault["seconds"])
        self._count += 1
        self.current[self._count] = fault
        return self._count

    def heal(self, number: int | None = None) -> None:
        """End one fault, or all. Raises `FaultError` for one that there is not."""
        if number is not None and number not in self.current:
            raise FaultError(f"there is no fault {number}; GET /faults lists them")
        for each in [number] if number is not None else list(self.current):
            fault = self.current.pop(each)
            if fault["kind"] == "node":
                name, value = _NODE_FLAGS[fault["state"]]
                self._set_node(fault, name, not value)
            if fault["kind"] == "queue" and fault["how"] == "drained":
                self.cluster.drained = False
            if fault["kind"] == "certificate":
                self._certifier()(None)

    def _begin_http(self, fault: Json) -> None:
        if not self.serves_http:
            raise FaultError(
                "http: requests fail only where one process serves both the cluster and HTTP, by "
                "ganeti-rapi --simulate without --workers"
            )
        self._http_chance.seed(fault.get("seed", 1))

    def _certifier(self) -> Callable[[float | None], None]:
        if self.certify is None:
            raise FaultError(
                "certificate: there is none that was made here; leave out --ssl-cert and --no-ssl"
            )
        return self.certify

    def _set_node(self, fault: Json, flag: str, value: bool) -> None:
        node: Node | None = find(self.cluster.nodes, fault["node"])
        if node is None:
            known = ", ".join(node.name for node in self.cluster.nodes[:5])
            raise FaultError(f"there is no node '{fault['node']}'; there are: {known}")
        setattr(node, flag, value)

    def before_opcode(self, op: OpcodeJson) -> None:
        """Raise the `JobDaemonError` that an opcode is to fail with, if it is."""
        for number, fault in list(self.current.items()):
            if fault["kind"] == "job" and fault["opcode"] in (op["OP_ID"], "*"):
                self._count_down(number, fault)
                class_name, details = fault.get("error", _FAILURE)
                raise JobDaemonError(class_name, *details)

    def _count_down(self, number: int, fault: Json) -> None:
        if "times" in fault:
            fault["times"] -= 1
            if not fault["times"]:
                del self.current[number]

    def before_submission(self) -> None:
        """Raise the `JobDaemonError` of a queue that is full, if it is to be."""
        if any(fault == {"kind": "queue", "how": "full"} for fault in self.current.values()):
            raise JobDaemonError("JobQueueFull", "Job queue is full")

    def of_luxid(self) -> Json | None:
        """What is wrong with the job daemon itself."""
        return self._first("luxid")

    def _first(self, kind: str) -> Json | None:
        return next((fault for fault in self.current.values() if fault["kind"] == kind), None)

    def of_request(self) -> str | None:
        """What is to happen to the HTTP request that begins."""
        fault = self._first("http")
        if fault is None or fault["how"] != CHAOS:
            return fault and str(fault["how"])
        dice = self._http_chance.random()
        return next((how for how, below in _REQUESTS.items() if dice < below), None)

    def of_wait(self) -> tuple[str | None, float]:
        """What is to happen to a request that waits for a job, and how late one is that is."""
        fault = self._first("http")
        if fault is None or fault["how"] != CHAOS or self._http_chance.random() > _OFTEN:
            return None, 0.0
        how = self._http_chance.choice((LATE, REPEATED, DROPPED))
        return how, self._http_chance.uniform(0, LATEST)

    def mischief(self) -> tuple[float, bool]:
        """In chaos: by how many seconds the next reply is late, and whether it is the last one.

        All of it is within the protocol: clients must be able to live with it.
        """
        late = self._chance.uniform(0, LATEST) if self._chance.random() < _OFTEN else 0.0
        return late, self._chance.random() < _OFTEN


_OFTEN = 0.3
"""How likely each kind of mischief is."""

_REQUESTS = {UNAVAILABLE: 0.05, TIMEOUT: 0.1, CLOSE: 0.3}
"""What happens to a request in chaos, where the dice fall below the number and not the last one."""


def _checked(fault: Json) -> Json:
    kind = str(fault.get("kind")) if isinstance(fault, dict) else ""
    if kind not in KINDS:
        raise FaultError(f"a fault is an object whose kind is one of {', '.join(KINDS)}")
    check, required = KINDS[kind]
    try:
        read: Json = check(fault)
    except CheckError as error:
        raise FaultError(f"{kind}: {error}") from None
    if missing := [key for key in required if key not in read]:
        raise FaultError(f"{kind}: it lacks the key '{missing[0]}'")
    if "error" in read and not _is_error(read["error"]):
        raise FaultError('job: an error is such as ["OpPrereqError", ["text", "wrong_state"]]')
    return read


def _is_error(error: Json) -> bool:
    """Whether it is as Ganeti shows errors: a class, and a text with perhaps a classification."""
    return (
        len(error) == 2
        and isinstance(error[0], str)
        and isinstance(error[1], list)
        and len(error[1]) in (1, 2)
        and all(isinstance(each, str) for each in error[1])
    )
