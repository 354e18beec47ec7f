"""The control interface as HTTP and JSON.

    POST /faults {"kind": …}           GET /faults        DELETE /faults, /faults/NUMBER
    POST /snapshots {"name": …}        POST /snapshots/NAME/restore        POST /reset
    POST /clock {"speed": 0, "move": 60, "pace": 30, …}                    GET /clock
    GET /cluster

Every reply is JSON; one that is not 200 is ``{"error": …}``. It is for tests on one's own machine:
who can connect may do everything.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from attrs import asdict, define
from twisted.web.resource import Resource
from twisted.web.server import Request, Site

from ganeti_rapi.api.checks import CheckError, Keyed, Number
from ganeti_rapi.simulator.control.faults import FaultError, Faults
from ganeti_rapi.simulator.control.states import FIRST, StateError, States
from ganeti_rapi.simulator.jobs.queue import JobQueue
from ganeti_rapi.simulator.jobs.timing import JobClock, Timing
from ganeti_rapi.simulator.queries.cluster import cluster_info
from ganeti_rapi.simulator.state import Cluster

Json = Any  # Any: JSON of each request's own shape

_CLOCK = Keyed(tuple((name, Number()) for name in ("speed", "move", "pace", "queued", "waiting")))


class ControlError(Exception):
    """What is wrong with a request, and the status to say it with."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@define
class Control:
    """What the interface does, without HTTP."""

    cluster: Cluster
    queue: JobQueue
    faults: Faults
    states: States
    clock: JobClock
    timing: Timing

    def answer(self, method: str, path: tuple[str, ...], body: Json) -> Json:
        """The JSON that answers a request. Raises `ControlError`."""
        try:
            match method, path:
                case "GET", ("cluster",):
                    return self.overview()
                case "GET", ("faults",):
                    return {str(number): fault for number, fault in self.faults.current.items()}
                case "POST", ("faults",):
                    return {"id": self.faults.add(body)}
                case "DELETE", ("faults",):
                    return self.faults.heal()
                case "DELETE", ("faults", number) if number.isdigit():
                    return self.faults.heal(int(number))
                case "POST", ("snapshots",):
                    return self.states.save(_name(body))
                case "POST", ("snapshots", name, "restore"):
                    return self.restore(name)
                case "POST", ("reset",):
                    return self.restore(FIRST)
                case "GET", ("clock",):
                    return self.time()
                case "POST", ("clock",):
                    return self.set_clock(body)
        except (FaultError, StateError, CheckError) as error:
            raise ControlError(400, str(error)) from None
        raise ControlError(404, f"there is no {method} /{'/'.join(path)}; see doc/simulator.md")

    def restore(self, name: str) -> None:
        """Bring back a snapshot; nothing goes wrong any more."""
        self.faults.heal()
        self.states.restore(name)

    def overview(self) -> Json:
        """What there is: names, states and numbers."""
        return {
            "name": cluster_info(self.cluster)["name"],
            "nodes": [node.name for node in self.cluster.nodes],
            "instances": [instance.name for instance in self.cluster.instances],
            "jobs": {str(number): job.status for number, job in self.queue.jobs.items()},
        }

    def time(self) -> Json:
        """The clock of the jobs, and how fast they are."""
        return {
            "seconds": self.clock.seconds(),
            "speed": self.clock.speed,
            **asdict(self.timing),
        }

    def set_clock(self, body: Json) -> Json:
        """Freeze the clock or move it, or change what steps of jobs take."""
        wanted: Json = _CLOCK(body)
        if negative := [name for name, value in wanted.items() if value < 0]:
            raise ControlError(400, f"{negative[0]} must not be negative")
        for name in ("pace", "queued", "waiting"):
            setattr(self.timing, name, wanted.get(name, getattr(self.timing, name)))
        self.clock.speed = wanted.get("speed", self.clock.speed)
        if "move" in wanted:
            self.clock.move(wanted["move"])
        return self.time()


def _name(body: Json) -> str:
    name = body.get("name") if isinstance(body, dict) else None
    if not (isinstance(name, str) and name and "/" not in name):
        raise ControlError(400, 'a snapshot needs a name without slashes: {"name": "before"}')
    return name


class _Root(Resource):
    """All paths of the interface."""

    isLeaf = True

    def __init__(self, answer: Callable[[str, tuple[str, ...], Json], Json]) -> None:
        super().__init__()
        self._answer = answer

    def render(self, request: Request) -> bytes:
        """Answer a request at once."""
        request.setHeader(b"content-type", b"application/json")
        try:
            reply = self._reply(request)
        except ControlError as error:
            request.setResponseCode(error.status)
            reply = {"error": str(error)}
        return json.dumps(reply).encode() + b"\n"

    def _reply(self, request: Request) -> Json:
        text = request.content.read() if request.content else b""
        try:
            body: Json = json.loads(text) if text else {}
            path = tuple(part.decode() for part in request.path.split(b"/") if part)
        except ValueError as error:
            raise ControlError(400, f"the body is not JSON: {error}") from None
        return self._answer(request.method.decode("ascii", "replace"), path, body)


def control_site(control: Control) -> Site:
    """The interface, for an endpoint."""
    return Site(_Root(control.answer))
