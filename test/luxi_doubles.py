"""Doubles for the job daemon's side of LUXI: of its socket, and of its jobs.

`FarSide` accepts, refuses and breaks the connections that a pool opens through a
`MemoryReactorClock`. `FakePool` stands in for a whole pool, in front of a `FakeLuxid` that knows
nothing but jobs; it can hold requests and replies back, so that a test decides who is first.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any

from attrs import define, field
from twisted.internet.address import UNIXAddress
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.task import deferLater
from twisted.internet.testing import MemoryReactorClock, StringTransportWithDisconnection
from twisted.python.failure import Failure

from ganeti_rapi import jsontext
from ganeti_rapi.errors import JobDaemonError, LuxiError
from ganeti_rapi.jobstates import FINAL_STATES
from ganeti_rapi.luxi.codec import Framer, Request, decode_request, encode_result
from ganeti_rapi.luxi.connection import Decode
from ganeti_rapi.luxi.pool import NOBODY
from ganeti_rapi.luxi.rows import Rows, decode_whole


@define(eq=False)
class Peer:
    """The job daemon's end of one connection."""

    transport: StringTransportWithDisconnection
    _framer: Framer = field(factory=Framer)

    @property
    def connected(self) -> bool:
        return bool(self.transport.connected)

    def requests(self) -> list[Request]:
        """What came since the last look."""
        data = self.transport.value()
        self.transport.clear()
        return [decode_request(b"".join(message)) for message in self._framer.feed(data)]

    def send(self, data: bytes) -> None:
        assert self.connected, "nobody is there to read this"
        self.transport.protocol.dataReceived(data)

    def answer(self, result: object) -> None:
        self.send(encode_result(result))

    def hang_up(self) -> None:
        self.transport.loseConnection()


class FarSide:
    """Whoever listens at the Unix socket that a `MemoryReactorClock` is asked to connect to."""

    def __init__(self, reactor: MemoryReactorClock) -> None:
        self._reactor = reactor
        self._served = 0

    @property
    def attempts(self) -> int:
        """How often somebody tried to connect."""
        return len(self._reactor.unixClients)

    @property
    def knocking(self) -> int:
        """How many attempts are neither accepted, refused nor given up."""
        connectors = self._reactor.connectors[self._served :]
        return sum(not connector.stoppedConnecting for connector in connectors)

    def accept(self) -> Peer:
        """Let the next attempt succeed."""
        address, factory = self._next()
        transport = StringTransportWithDisconnection()
        transport.protocol = factory.buildProtocol(UNIXAddress(address))
        transport.protocol.makeConnection(transport)
        return Peer(transport)

    def refuse(self, reason: Exception) -> None:
        """Let the next attempt fail."""
        _, factory = self._next()
        factory.clientConnectionFailed(None, Failure(reason))

    def _next(self) -> tuple[str, Any]:  # Any: a ClientFactory, as the endpoint wraps it
        while self._reactor.connectors[self._served].stoppedConnecting:
            self._served += 1
        address, factory, *_ = self._reactor.unixClients[self._served]
        self._served += 1
        return address, factory


JOB: dict[str, Any] = {  # Any: values of job fields
    "status": "running",
    "opstatus": ["running"],
    "priority": 0,
    "oppriority": [0],
    "summary": ["TEST_DELAY(10)"],
    "received_ts": [1000, 0],
    "start_ts": [1001, 0],
    "end_ts": None,
    "opstart": [[1001, 0]],
    "opexec": [[1001, 1]],
    "opend": [None],
    "opresult": [None],
    "oplog": [[]],
    "archived": False,
}
"""A job of one opcode that runs."""

NOTICE = 0.1
"""Seconds until luxid sees a change of a job that somebody waits for."""

TOO_MANY = 5_000
"""Calls that no test has a reason to make."""

JobChange = list[list[Any]]  # Any: values of job fields, log entries


def _as_received(value: object) -> Any:  # Any: JSON
    return jsontext.loads(jsontext.dumps(value))


@define(eq=False)
class _Wait:
    """One WaitForJobChange that is not yet answered."""

    job: dict[str, Any]  # Any: values of job fields
    fields: list[str]
    previous: Any  # Any: JSON
    serial: int | None
    answer: Deferred[JobChange]
    end: IDelayedCall | None = None

    def reply(self) -> JobChange:
        above = -1 if self.serial is None else self.serial
        entries = [entry for log in self.job["oplog"] for entry in log if entry[0] > above]
        values = [self.job.get(name) for name in self.fields]
        return [_as_received(values), _as_received(entries)]

    def has_news(self) -> bool:
        values, entries = self.reply()
        return values != self.previous or bool(entries) or self.job["status"] in FINAL_STATES


@define(eq=False)
class FakeLuxid:
    """luxid's jobs, as QueryJobs and WaitForJobChange show them."""

    clock: IReactorTime
    jobs: dict[int, dict[str, Any]] = field(factory=dict)  # Any: values of job fields
    _parked: list[_Wait] = field(factory=list)

    @property
    def parked(self) -> int:
        """How many WaitForJobChange are not yet answered."""
        return len(self._parked)

    def add(self, job_id: int, **values: object) -> None:
        self.jobs[job_id] = {**JOB, "id": job_id, "oplog": [[]], **values}

    def change(self, job_id: int, **values: object) -> None:
        """Change fields of a job; those who wait for it see that after `NOTICE`."""
        self.jobs[job_id].update(values)
        self.clock.callLater(NOTICE, self._notice)

    def log(self, job_id: int, serial: int, message: str = "on it") -> None:
        self.jobs[job_id]["oplog"][0].append([serial, [1002, serial], "message", message])
        self.clock.callLater(NOTICE, self._notice)

    def finish(self, job_id: int) -> None:
        self.change(job_id, status="success", opstatus=["success"], end_ts=[1011, 0])

    def archive(self, job_id: int) -> None:
        self.change(job_id, archived=True)

    async def serve(self, method: str, args: Sequence[Any]) -> Any:
        # Any: the method's own arguments and result
        """The result of a LUXI method."""
        if method == "QueryJobs":
            return self._query_jobs(*args)
        assert method == "WaitForJobChange", method
        return await self._wait_for_job_change(*args)

    def _query_jobs(self, ids: Iterable[int], fields: Sequence[str]) -> Any:  # Any: rows
        rows = [self.jobs.get(job_id, {"id": job_id}) for job_id in ids]
        return _as_received([[row.get(name) for name in fields] for row in rows])

    async def _wait_for_job_change(
        self, job_id: int, fields: list[str], previous: Any, serial: int | None, timeout: float
    ) -> JobChange:  # Any: JSON
        job = self.jobs.get(job_id)
        if job is None or job["archived"]:
            raise JobDaemonError("JobLost", f"Can't load job file for job {job_id}")
        wait = _Wait(job, fields, _as_received(previous), serial, Deferred(self._unpark))
        if wait.has_news():
            return wait.reply()
        self._parked.append(wait)
        wait.end = self.clock.callLater(min(timeout, 89), self._answer, wait)
        return await wait.answer

    def _notice(self) -> None:
        for wait in [wait for wait in self._parked if wait.has_news()]:
            self._answer(wait)

    def _answer(self, wait: _Wait) -> None:
        self._unpark(wait.answer)
        wait.answer.callback(wait.reply())

    def _unpark(self, answer: Deferred[JobChange]) -> None:
        (wait,) = (wait for wait in self._parked if wait.answer is answer)
        self._parked.remove(wait)
        if wait.end is not None and wait.end.active():
            wait.end.cancel()


@define(eq=False)
class Gate:
    """Lets pass at the clock's next tick, or holds back while it is shut."""

    clock: IReactorTime
    shut: bool = False
    _held: list[Deferred[None]] = field(factory=list)

    def __len__(self) -> int:
        return len(self._held)

    async def through(self) -> None:
        if self.shut:
            turn: Deferred[None] = Deferred(self._held.remove)
            self._held.append(turn)
            await turn
        await deferLater(self.clock, 0)

    def open(self) -> None:
        """Let all pass that were held back, and all that come."""
        self.shut = False
        held, self._held = self._held, []
        for turn in held:
            turn.callback(None)


class FakePool:
    """A `ganeti_rapi.luxi.connection.LuxiPool` in front of a `FakeLuxid`.

    ``calls`` are the calls so far, ``timeouts`` what they came with. A call passes two gates,
    ``requests`` on its way to luxid and ``replies`` on its way back. ``refusal`` is what the next
    calls fail with, after the ``patience`` of a pool whose connections are all busy.
    """

    def __init__(self, clock: IReactorTime, luxid: FakeLuxid) -> None:
        self._luxid = luxid
        self.requests = Gate(clock)
        self.replies = Gate(clock)
        self.refusal: LuxiError | None = None
        self.patience = 0.0
        self._clock = clock
        self.calls: list[Request] = []
        self.timeouts: list[float | None] = []
        self._under_way: list[Deferred[Any]] = []  # Any: the method's own result

    async def call(
        self,
        method: str,
        *args: object,
        timeout: float | None = None,
        decode: Decode = decode_whole,
        who: str = NOBODY,
    ) -> Any:  # Any: the result's shape is the method's
        assert len(self.calls) < TOO_MANY, "a busy loop"
        self.calls.append(Request(method, args))
        self.timeouts.append(timeout)
        work = Deferred.fromCoroutine(self._serve(method, args))
        self._under_way.append(work)
        try:
            return await work
        except CancelledError:
            if work not in self._under_way and self.refusal is not None:
                raise self.refusal from None
            raise
        finally:
            if work in self._under_way:
                self._under_way.remove(work)

    async def rows(self, method: str, *args: object, who: str = NOBODY) -> AsyncIterator[Rows]:
        yield await self.call(method, *args, who=who)

    def break_down(self, reason: LuxiError) -> None:
        """Let every call fail, those under way and those to come."""
        self.refusal = reason
        under_way, self._under_way = self._under_way, []
        for work in under_way:
            work.cancel()

    async def _serve(self, method: str, args: Sequence[object]) -> Any:  # Any: as above
        await self.requests.through()
        if (refusal := self.refusal) is not None:
            await deferLater(self._clock, self.patience)
            raise refusal
        result = await self._result(method, args)
        await self.replies.through()
        if isinstance(result, LuxiError):
            raise result
        return result

    async def _result(self, method: str, args: Sequence[object]) -> Any:  # Any: as above
        try:
            return await self._luxid.serve(method, args)
        except LuxiError as error:
            return error
