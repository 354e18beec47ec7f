"""The life of a request, from the route to the reply. To know the daemon, read `Rapi.answer`."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Collection, Coroutine
from functools import partial
from typing import Any, NoReturn

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from ganeti_rapi import jsontext
from ganeti_rapi.api.access import Rules
from ganeti_rapi.api.call import (
    ABSENT,
    Absent,
    Call,
    Htools,
    Jobs,
    Metrics,
    SharedJobDaemon,
    parse_query,
)
from ganeti_rapi.api.cells import Cell, Constant, Stream, Text, WebSocket
from ganeti_rapi.api.lists.history import Histories
from ganeti_rapi.api.once import Mark, Once
from ganeti_rapi.api.preconditions import check_unchanged, version_of
from ganeti_rapi.api.resource import Resource
from ganeti_rapi.api.sight import admit
from ganeti_rapi.api.submissions import OfOpcode
from ganeti_rapi.auth.logins import Logins
from ganeti_rapi.auth.permissions import User
from ganeti_rapi.auth.sessions import Sessions
from ganeti_rapi.errors import (
    ApiError,
    BadGateway,
    GatewayTimeout,
    InternalError,
    LuxiError,
    Unauthorized,
    as_api_error,
)
from ganeti_rapi.jsontext import Json
from ganeti_rapi.metrics.tally import Tally
from ganeti_rapi.sharing import SharedReads
from ganeti_rapi.web.console_desk import ConsoleDesk
from ganeti_rapi.web.consoles import Consoles
from ganeti_rapi.web.content import mark_of, read_content
from ganeti_rapi.web.events import EventStream
from ganeti_rapi.web.heads import (
    CHALLENGE,
    CHECKS,
    NEVER_REFUSED,
    allowed,
    cell_for,
    check_access,
    check_admitted,
    check_body,
    existing,
)
from ganeti_rapi.web.health import Health
from ganeti_rapi.web.identity import Identity
from ganeti_rapi.web.limits import UnderWay
from ganeti_rapi.web.notes import Notes
from ganeti_rapi.web.origin import socket_url
from ganeti_rapi.web.render import (
    InThread,
    ReplyBody,
    at_once,
    pieces_of,
)
from ganeti_rapi.web.reply import Reply, represent
from ganeti_rapi.web.request import READS, RapiRequest
from ganeti_rapi.web.session import SessionDesk, asked_by_script
from ganeti_rapi.web.since import SinceReads


class Rapi:
    """The API behind HTTP: everything that answering a request needs.

    ``rules`` say what is open to anyone. ``check_role`` raises `NotMaster` on a node that only
    stands by. ``now`` gives the seconds since the epoch; ``in_thread`` calls a function that takes
    long; ``clock`` lets shared reads pause for clients that ask again. ``patience`` is how many
    seconds a read may take, and ``user_requests`` how many requests of one user may be under way;
    0 is no limit. ``sessions`` are the logins of browsers, if there may be such. ``unasked`` are
    the URIs that are answered without a user, whoever may say to be one.
    """

    log = Logger()

    def __init__(
        self,
        logins: Logins,
        daemon: SharedJobDaemon,
        jobs: Jobs,
        *,
        in_thread: InThread = at_once,
        require_authentication: bool = False,
        rules: Rules = Rules.GANETI_3_0,
        check_role: Callable[[], None] = lambda: None,
        now: Callable[[], float] = time.time,
        clock: IReactorTime | None = None,
        patience: float = 30,
        user_requests: int = 0,
        sessions: Sessions | None = None,
        unasked: Collection[str] = CHECKS,
        notes: Notes | None = None,
        health: Health | None = None,
        metrics: Metrics | None = None,
        htools: Htools | None = None,
        consoles: Consoles | None = None,
        tally: Tally | None = None,
        once: Once | None = None,
    ) -> None:
        self._identity = Identity(logins, sessions, tally or Tally())
        self._daemon = daemon
        self._jobs = jobs
        self._require_authentication = require_authentication
        self._rules = rules
        self._check_role = check_role
        self._now = now
        self._in_thread = in_thread
        self._clock = clock
        self._patience = patience
        self._unasked = unasked
        self._under_way = UnderWay(user_requests, "requests under way of one user")
        self._notes = notes or Notes()
        self._health = health
        self._metrics = metrics
        self._htools = htools
        self._consoles = consoles
        self._desk = ConsoleDesk(consoles, logins, self._notes) if consoles else None
        self._once = once
        self._histories = Histories()
        self._constants: dict[str, ReplyBody] = {}
        self._reads: SharedReads[None, ReplyBody] = SharedReads(clock)
        self._since: SinceReads[ReplyBody] = SinceReads(
            jobs.position, lambda body: body.length, clock
        )

    async def answer(self, request: RapiRequest, resource: Resource | None) -> Reply | None:
        """The life of a request, in the stock daemon's order. None when the reply is sent already.

        Raises `ApiError` or `LuxiError` where it ends early.
        """
        if resource is None or resource.uri not in NEVER_REFUSED:
            self._check_role()  # 503
            check_admitted(request)  # 503
        is_check = resource is not None and resource.uri in self._unasked
        user = None
        if self._require_authentication and not is_check:
            user = await self._identity.user_of(request)
            if user is None:
                raise Unauthorized(headers=CHALLENGE)
        resource = request.resource = existing(resource)  # 404
        if request.method == b"OPTIONS":
            return Reply((), 204, {"Allow": allowed(resource)})
        cell = cell_for(resource, request)  # 501
        if user is None and not is_check:
            user = await self._identity.user_of(request)  # 401, 429
        request.user_name = user.name if user else None
        check_access(user, cell, self._rules)  # 403
        check_body(request)  # 413, 415
        if isinstance(cell, Constant):
            await read_content(request)  # 415, 400
            return await represent(request, self._constant(resource, cell), self._in_thread)
        if is_check:
            return await self._run(request, resource, cell, None, ABSENT)
        with self._under_way.one_more(request.user_name or request.client_address):  # 429
            body = await read_content(request)  # 415, 400
            return await self._run(request, resource, cell, user, body)

    async def answer_session(self, desk: SessionDesk, request: RapiRequest) -> Reply:
        """The life of a request for /2/session. Raises `ApiError`."""
        check_admitted(request)  # 503
        check_body(request)  # 413, 415
        value, headers = await desk.answer(request, self._identity.user_of, read_content)
        headers = {**headers, "Cache-Control": "no-store"}
        return Reply(pieces_of(value), headers=headers, secret=True)

    async def _run(
        self,
        request: RapiRequest,
        resource: Resource,
        cell: Cell,
        user: User | None,
        body: Json | Absent,
    ) -> Reply | None:
        """What the cell makes of the request."""
        who = request.user_name or request.client_address
        query = parse_query(request.query_string.decode("utf-8", "replace"))
        call = request.call = Call(
            items=dict(zip(resource.items, request.items)),
            query=query,
            daemon=self._daemon.on_behalf_of(who),
            jobs=self._jobs,
            now=self._now,
            body=body,
            user=request.user_name,
            last_event_id=(request.header(b"last-event-id") if isinstance(cell, Stream) else None),
            resource=resource.name,
            permission=cell.permission,
            view=user.view if user else None,
            asked_by=f"{who}, request {request.id}",
            health=self._health,
            metrics=self._metrics,
            htools=self._htools,
            consoles=self._consoles,
            socket_url=partial(socket_url, request),
            histories=self._histories,
            once=self._once,
            mark=mark_of(request, resource, cell, query, body),
        )
        self._notes.begin(request)  # 503
        if cell.shared:
            return await self._read(request, cell, call)
        if call.mark is None or not await self._is_done(call.mark):  # 422
            await admit(call, cell, request.method in READS)  # 404, 403
            if_match = request.header(b"if-match")
            if if_match is not None and request.method not in READS:
                await check_unchanged(call, cell, if_match)  # 400, 412
        if isinstance(cell, Stream):
            return await self._stream(request, cell, call)
        if isinstance(cell, WebSocket):
            assert self._desk is not None  # or there would be no tickets
            await self._desk.open(request, cell, call)
            return None
        if isinstance(cell, Text):
            return Reply([await cell.text(call)], content_type=cell.content_type.encode("ascii"))
        if call.mark is None or self._once is None or isinstance(cell, OfOpcode):
            return Reply(pieces_of(await cell.run(call)), secret=cell.secret)
        return Reply(pieces_of(await self._once.reply(call.mark, partial(cell.run, call))))

    async def _is_done(self, mark: Mark) -> bool:
        """Whether the request with this mark was let in before, and what it asks for is done."""
        return self._once is not None and await self._once.knows(mark)

    async def _read(self, request: RapiRequest, cell: Cell, call: Call) -> Reply:
        """The reply to a read, shared by identical ones of those who see the same."""

        async def run(_: object) -> ReplyBody:
            await admit(call, cell, reading=True)  # 404
            value = await cell.run(call)
            return ReplyBody(value, call.reply_headers, version_of(cell, value))

        body = b"" if isinstance(call.body, Absent) else jsontext.dumps(call.body)
        key = request.method, request.uri, body, call.view
        seen = request.header(b"last-event-id")
        if seen is None:
            reading = self._reads.read(key, None, run)
        else:
            reading = self._since.read(key, seen, lambda: self._reads.read(key, None, run))
        if self._clock is not None and not (reading.called or cell.follows_job):
            # Who joins a read that waits for another one has no more patience than the first.
            reading.addTimeout(self._patience, self._clock, _too_late)
        return await represent(request, await reading, self._in_thread)

    def _constant(self, resource: Resource, cell: Constant) -> ReplyBody:
        """The reply's body, made once."""
        body = self._constants.get(resource.uri)
        if body is None:
            body = self._constants[resource.uri] = ReplyBody(cell.value)
        return body

    async def _stream(self, request: RapiRequest, cell: Stream, call: Call) -> Reply | None:
        """Send events until there are no more, or the client leaves."""
        events = await cell.events(call)
        if events is None:
            return Reply((), 204)  # tells an EventSource not to come back
        stream = EventStream(request)
        stream.start()
        try:
            if request.method != b"HEAD":
                async for event in events:
                    stream.send(event)
        finally:
            stream.finish()
        return None

    def serve(self, request: RapiRequest, resource: Resource | None) -> None:
        """Answer a request; if the client goes away, so does the work for it."""
        self._serve(request, self.answer(request, resource))

    def answering(
        self, answer: Callable[[RapiRequest], Coroutine[Any, Any, Reply]]
    ) -> Callable[[RapiRequest, Resource | None], None]:
        # Any: what a coroutine may await
        """What serves, as `serve` does, something that is beside the table."""
        return lambda request, _resource: self._serve(request, answer(request))

    def _serve(self, request: RapiRequest, answer: Awaitable[Reply | None]) -> None:
        response = self._respond(request, answer)
        try:
            response.send(None)
        except StopIteration:  # answered at once: a Deferred would only cost time
            return
        work = Deferred.fromCoroutine(response)  # asks again for what it is waiting for
        request.when_gone(partial(self._client_gone, request, work))

    async def _respond(self, request: RapiRequest, answer: Awaitable[Reply | None]) -> None:
        """Send the answer, or why there is none. Raises nothing."""
        try:
            try:
                self._send(await answer, request)
            except Exception:
                self._send_failure(Failure(), request)
        except Exception:
            self.log.failure("A reply could not be sent")
            request.channel.abort()

    def _client_gone(self, request: RapiRequest, work: Deferred[None]) -> None:
        work.cancel()
        self._notes.left(request)

    def _send(self, reply: Reply | None, request: RapiRequest) -> None:
        if reply is None:
            return
        request.send(reply.code, reply.pieces, reply.headers, reply.content_type)
        if request.method not in READS or request.call is not None:
            shown = b"" if reply.secret or not reply.pieces else reply.pieces[0]
            self._notes.answered(request, reply.code, shown)

    def _send_failure(self, failure: Failure, request: RapiRequest) -> None:
        if request.gone:
            return
        error = self._api_error(failure, request)
        if request.code:
            request.channel.abort()  # in the middle of a reply there is no other way to tell
        else:
            request.send_error(error)
        self._notes.failed(request, error)

    def _api_error(self, failure: Failure, request: RapiRequest) -> ApiError:
        if isinstance(failure.value, Unauthorized) and asked_by_script(request):
            return Unauthorized(failure.value.message)  # a challenge has browsers show a dialog
        if isinstance(failure.value, ApiError):
            return failure.value
        if isinstance(failure.value, LuxiError):
            return as_api_error(failure.value)
        if isinstance(failure.value, RecursionError):  # no client can send what is so deep
            return BadGateway("What the job daemon answered is nested too deeply to be read")
        self.log.failure("Incident {incident}", failure=failure, incident=request.id)
        return InternalError(f"Something unexpected went wrong; the log has it as {request.id}")


def _too_late(_result: object, _seconds: float) -> NoReturn:
    raise GatewayTimeout("The job daemon did not answer in time")
