"""The life of a request, from the route to the reply. To know the daemon, read `Rapi.answer`."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping, Sequence
from functools import partial
from typing import Any, NoReturn

from attrs import frozen
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from ganeti_rapi import jsontext
from ganeti_rapi.api.access import PUBLIC, Rules
from ganeti_rapi.api.call import (
    ABSENT,
    Absent,
    Call,
    Htools,
    Jobs,
    Metrics,
    Query,
    SharedJobDaemon,
    parse_query,
)
from ganeti_rapi.api.cells import (
    Cell,
    Constant,
    OfOpcode,
    Stream,
    Text,
    WebSocket,
    counts_once,
)
from ganeti_rapi.api.consoles import OPENING, Ticket
from ganeti_rapi.api.lists.history import Histories
from ganeti_rapi.api.once import Mark, Once, of_request, read_mark
from ganeti_rapi.api.preconditions import check_unchanged, version_of
from ganeti_rapi.api.resource import Resource
from ganeti_rapi.api.sight import admit
from ganeti_rapi.auth.checker import basic_credentials, bearer_token
from ganeti_rapi.auth.logins import Logins
from ganeti_rapi.auth.permissions import User
from ganeti_rapi.auth.sessions import Sessions
from ganeti_rapi.auth.users import REALM
from ganeti_rapi.errors import (
    ApiError,
    BadGateway,
    BadRequest,
    Forbidden,
    GatewayTimeout,
    InternalError,
    LoginFailed,
    LuxiError,
    MethodNotSupported,
    NotFound,
    Unauthorized,
    UnsupportedMediaType,
    as_api_error,
)
from ganeti_rapi.http1.bodies import check_length
from ganeti_rapi.jsontext import Json
from ganeti_rapi.metrics.tally import Tally
from ganeti_rapi.sharing import SharedReads
from ganeti_rapi.web.consoles import Consoles
from ganeti_rapi.web.events import EventStream
from ganeti_rapi.web.health import Health
from ganeti_rapi.web.limits import UnderWay
from ganeti_rapi.web.notes import Notes
from ganeti_rapi.web.origin import socket_url
from ganeti_rapi.web.render import (
    WORTH_ZIPPING,
    InThread,
    ReplyBody,
    accepts_gzip,
    at_once,
    matches,
    pieces_of,
)
from ganeti_rapi.web.request import JSON_TYPE, READS, RapiRequest
from ganeti_rapi.web.session import SessionDesk, asked_by_script, session_of
from ganeti_rapi.web.tunnel import Tunnel
from ganeti_rapi.websocket import accepted

CHECKS = frozenset({"/healthz", "/readyz"})
"""What load balancers ask: without a user, even where one is required, whoever may say to be."""

NEVER_REFUSED = CHECKS | {"/version"}
"""What every node answers, the master or not, however much else there is to do."""

CHALLENGE = {"WWW-Authenticate": f'Basic realm="{REALM}"'}
"""Old clients look for this realm, to the letter."""


@frozen
class Reply:
    """A finished reply; its body is in pieces, and may be ``secret``: then no log shows it."""

    pieces: Sequence[bytes]
    code: int = 200
    headers: Mapping[str, str] = {}
    content_type: bytes = JSON_TYPE
    secret: bool = False


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
        self._logins = logins
        self._daemon = daemon
        self._jobs = jobs
        self._require_authentication = require_authentication
        self._rules = rules
        self._check_role = check_role
        self._now = now
        self._in_thread = in_thread
        self._clock = clock
        self._patience = patience
        self._sessions = sessions
        self._unasked = unasked
        self._under_way = UnderWay(user_requests, "requests under way of one user")
        self._notes = notes or Notes()
        self._health = health
        self._metrics = metrics
        self._htools = htools
        self._consoles = consoles
        self._tally = tally or Tally()
        self._once = once
        self._histories = Histories()
        self._constants: dict[str, ReplyBody] = {}
        self._reads: SharedReads[None, ReplyBody] = SharedReads(clock)

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
            user = await self._who(request)
            if user is None:
                raise Unauthorized(headers=CHALLENGE)
        resource = request.resource = existing(resource)  # 404
        if request.method == b"OPTIONS":
            return Reply((), 204, {"Allow": allowed(resource)})
        cell = cell_for(resource, request)  # 501
        if user is None and not is_check:
            user = await self._who(request)  # 401, 429
        request.user_name = user.name if user else None
        check_access(user, cell, self._rules)  # 403
        check_body(request)  # 413, 415
        if isinstance(cell, Constant):
            decode_body(request, await request.read_body())  # 415, 400
            return await self._represent(request, self._constant(resource, cell))
        if is_check:
            return await self._run(request, resource, cell, None, ABSENT)
        with self._under_way.one_more(request.user_name or request.client_address):  # 429
            body = decode_body(request, await request.read_body())  # 415, 400
            return await self._run(request, resource, cell, user, body)

    async def answer_session(self, desk: SessionDesk, request: RapiRequest) -> Reply:
        """The life of a request for /2/session. Raises `ApiError`."""
        check_admitted(request)  # 503
        check_body(request)  # 413, 415
        value, headers = await desk.answer(request, self._who, _read_json)
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
            await self._tunnel(request, cell, call)
            return None
        if isinstance(cell, Text):
            return Reply([await cell.text(call)], content_type=cell.content_type.encode("ascii"))
        if call.mark is None or self._once is None or isinstance(cell, OfOpcode):
            return Reply(pieces_of(await cell.run(call)), secret=cell.secret)
        return Reply(pieces_of(await self._once.reply(call.mark, partial(cell.run, call))))

    async def _is_done(self, mark: Mark) -> bool:
        """Whether the request with this mark was let in before, and what it asks for is done."""
        return self._once is not None and await self._once.knows(mark)

    async def _who(self, request: RapiRequest) -> User | None:
        """The user; None without credentials. Wrong ones are 401 even where none are needed.

        A client's certificate counts where the request itself has no credentials.
        Where there were many wrong ones, none are judged for a while; that is 429.
        """
        header = request.head.headers.get(b"authorization")
        if header is None:
            return self._who_without_header(request)
        token = bearer_token(header)
        way = request.auth = "basic" if token is None else "token"
        outcome = "ok"
        try:
            if token is not None:
                return self._logins.of_token(token, request.client_address, request.id)
            credentials = basic_credentials(header)
            return await self._logins.user(credentials, request.client_address, request.id)
        except ApiError as failure:
            outcome = "failed" if isinstance(failure, Unauthorized) else "refused"
            if outcome == "refused":
                raise
            request.claimed_name = failure.name if isinstance(failure, LoginFailed) else ""
            raise Unauthorized(headers=CHALLENGE) from None
        finally:
            self._tally.logins[way, outcome] += 1

    def _who_without_header(self, request: RapiRequest) -> User | None:
        """The user of a session, or else of a client's certificate. Raises `Forbidden`."""
        session = session_of(request, self._sessions) if self._sessions is not None else None
        if session is not None:
            return self._known(request, session.user, "session")
        user = self._logins.of_certificate(request.channel.certificate_names)
        return None if user is None else self._known(request, user, "certificate")

    def _known(self, request: RapiRequest, user: User, way: str) -> User:
        """The user, who is counted among those that came this way."""
        request.auth = way
        self._tally.logins[way, "ok"] += 1
        return user

    async def _read(self, request: RapiRequest, cell: Cell, call: Call) -> Reply:
        """The reply to a read, shared by identical ones of those who see the same."""

        async def run(_: object) -> ReplyBody:
            await admit(call, cell, reading=True)  # 404
            value = await cell.run(call)
            return ReplyBody(value, call.reply_headers, version_of(cell, value))

        reading = self._reads.read((request.uri, call.view), None, run)
        if self._clock is not None and not (reading.called or cell.follows_job):
            # Who joins a read that waits for another one has no more patience than the first.
            reading.addTimeout(self._patience, self._clock, _too_late)
        return await self._represent(request, await reading)

    def _constant(self, resource: Resource, cell: Constant) -> ReplyBody:
        """The reply's body, made once."""
        body = self._constants.get(resource.uri)
        if body is None:
            body = self._constants[resource.uri] = ReplyBody(cell.value)
        return body

    async def _represent(self, request: RapiRequest, body: ReplyBody) -> Reply:
        """A body in the form that the client takes; 304 if the client has it already."""
        zip_it = body.length >= WORTH_ZIPPING
        headers = {**body.headers, **({"Vary": "Accept-Encoding"} if zip_it else {})}
        zip_it = zip_it and accepts_gzip(request.header(b"accept-encoding"))
        etag = f"{body.etag}-gzip" if zip_it else body.etag
        headers["ETag"] = f'"{etag}"'
        if matches(request.header(b"if-none-match"), etag):
            return Reply((), 304, headers)
        if not zip_it:
            return Reply(body.pieces, headers=headers)
        headers["Content-Encoding"] = "gzip"
        return Reply([await body.zipped(self._in_thread)], headers=headers)

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

    async def _tunnel(self, request: RapiRequest, cell: WebSocket, call: Call) -> None:
        """Connect the client with the console that its ticket is for, until one of them ends."""
        assert self._consoles is not None  # or there would be no tickets
        headers = accepted(request.method, request.head.headers, request.head.version)  # 426, 400
        if request.has_unread_body:
            raise BadRequest("A request for a WebSocket has no body")
        ticket = await cell.ticket(call)  # 403
        request.user_name, request.auth = ticket.user, "ticket"
        user = self._holder(ticket)  # 403
        with self._consoles.open.one_more(user.name):  # 429
            self._notes.opening(request)  # 503
            server = await self._consoles.connect(ticket.console, request.channel.site.clock)
            opened = request.tunnel = Tunnel(request, server, partial(self._still_may, user))
            request.switch(headers)
            opened.open()
            why = await opened.ended
        request.finish()
        self._notes.closed(request, why)

    def _holder(self, ticket: Ticket) -> User:
        """Whose ticket it is, with the rights of now. Raises `Forbidden`."""
        user = self._logins.named(ticket.user or "")
        if user is None or not user.may(OPENING):
            raise Forbidden(f"This takes the permission {OPENING}, which you do not have any more")
        return user

    def _still_may(self, user: User) -> bool:
        """Whether this user may still have open what was opened; for the same objects, that is."""
        now = self._logins.named(user.name)
        return now is not None and now.may(OPENING) and now.scoped == user.scoped

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


async def _read_json(request: RapiRequest) -> object:
    return decode_body(request, await request.read_body())


def existing(resource: Resource | None) -> Resource:
    """The resource of the table. Raises `NotFound` when the path has none."""
    if resource is None:
        raise NotFound
    return resource


def allowed(resource: Resource) -> str:
    """The methods of a resource, as the Allow header lists them."""
    methods = [*resource.cells, *(["HEAD"] if "GET" in resource.cells else []), "OPTIONS"]
    return ", ".join(methods)


def cell_for(resource: Resource, request: RapiRequest) -> Cell:
    """The cell of the request's method. Raises `MethodNotSupported`."""
    method = request.method.decode("ascii", "replace")
    cell = resource.cells.get("GET" if method == "HEAD" else method)
    if cell is None:
        path = request.path.decode("ascii", "backslashreplace")
        raise MethodNotSupported(
            f"Method {method} is unsupported for path {path}", {"Allow": allowed(resource)}
        )
    return cell


def mark_of(
    request: RapiRequest, resource: Resource, cell: Cell, query: Query, body: Json | Absent
) -> Mark | None:
    """What a write is known by that shall count once. Raises `BadRequest` for a malformed key."""
    key = request.header(b"idempotency-key")
    method, content = request.method.decode("ascii"), None if body is ABSENT else body
    if key is None or not counts_once(method, cell):
        return None
    who = request.user_name or request.client_address
    what = (method, resource.name, list(request.items), of_request(query), content)
    return read_mark(key, who, *what)  # type: ignore[arg-type]  # the body is not absent


def check_admitted(request: RapiRequest) -> None:
    """Raise the error that the request's connection is answered with, if it is one too many."""
    if request.channel.surplus is not None:
        raise request.channel.surplus


def check_access(user: User | None, cell: Cell, rules: Rules) -> None:
    """Raise `Unauthorized` if a user is needed and missing, `Forbidden` if the user must not."""
    if cell.permission == PUBLIC:
        return
    # Who may see some objects only is not shown all of them because anyone is.
    if cell.is_open(rules) and (user is None or user.view is None):
        return
    if user is None:
        raise Unauthorized(headers=CHALLENGE)
    if not user.may(cell.permission):
        raise Forbidden(f"This takes the permission {cell.permission}, which you do not have")


def check_body(request: RapiRequest) -> None:
    """Judge a body before it is read. Raises `BodyTooLarge` or `UnsupportedMediaType`."""
    check_length(request.head, request.channel.site.max_body)
    if request.head.length:
        check_media_type(request)


def check_media_type(request: RapiRequest) -> None:
    """Raise `UnsupportedMediaType` if a body does not call itself JSON."""
    media_type = request.head.headers.get(b"content-type", b"").split(b";")[0]
    if media_type.strip().lower() != JSON_TYPE:
        raise UnsupportedMediaType("The request body must have the content type application/json")


def decode_body(request: RapiRequest, text: bytes) -> Json | Absent:
    """The JSON of a body. Raises `UnsupportedMediaType` or `BadRequest`."""
    if not text:
        return ABSENT
    check_media_type(request)  # one in chunks may have come to nothing, and then needs no type
    try:
        return jsontext.loads_flat(text)  # type: ignore[no-any-return]  # JSON is what it returns
    except ValueError as error:
        raise BadRequest(f"Unable to parse JSON data: {error}") from None
