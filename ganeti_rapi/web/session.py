"""/2/session: how the console logs in, and what it is told of who has.

It is beside the table of the API, since it is no part of the cluster: programs send credentials.
The cookie has no path of its own, so that browsers send it to the API only, whatever the prefix
that a proxy serves us under; no script can read it, no other site can have it sent, and without
TLS it is not sent at all. What it lets change something takes the header besides.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Iterable, Mapping

from twisted.cred.credentials import UsernamePassword

from ganeti_rapi.api.access import PUBLIC, Rules
from ganeti_rapi.api.resource import Resource
from ganeti_rapi.auth.logins import Logins
from ganeti_rapi.auth.permissions import User
from ganeti_rapi.auth.sessions import LIFETIME, Session, Sessions
from ganeti_rapi.errors import BadRequest, Forbidden, LoginFailed, MethodNotSupported, Unauthorized
from ganeti_rapi.jsontext import Json
from ganeti_rapi.web.request import READS, RapiRequest

COOKIE = "ganeti_session"
CSRF = b"x-csrf-token"
ATTRIBUTES = "HttpOnly; Secure; SameSite=Strict"

WRONG = "The name or the password is wrong"
WITHOUT_CSRF = (
    "A write that a session's cookie comes with needs the session's token in the header "
    "X-CSRF-Token; GET /2/session tells it"
)
FORM = "The body must be an object with the texts name and password"


def session_of(request: RapiRequest, sessions: Sessions) -> Session | None:
    """The session that a request's cookie is of. Raises `Forbidden` at a write without token."""
    value = _cookie(request)
    session = sessions.read(value) if value is not None else None
    if session is None or request.method in READS:
        return session
    given = request.header(CSRF) or ""
    if not hmac.compare_digest(given.encode("utf-8"), session.csrf.encode("ascii")):
        raise Forbidden(WITHOUT_CSRF)
    return session


def asked_by_script(request: RapiRequest) -> bool:
    """Whether a script in a browser asks, which shows a form of its own and no dialog."""
    mode = request.header(b"sec-fetch-mode")
    return request.header(CSRF) is not None or mode in ("cors", "same-origin")


def _cookie(request: RapiRequest) -> str | None:
    pairs = (pair.partition("=") for pair in (request.header(b"cookie") or "").split(";"))
    return next((value for name, _, value in pairs if name.strip() == COOKIE), None)


def open_permissions(resources: Iterable[Resource], rules: Rules) -> frozenset[str]:
    """The permissions that nobody needs, since all that they are for is open to anyone."""
    cells = [cell for resource in resources for cell in resource.cells.values()]
    closed = {cell.permission for cell in cells if not cell.is_open(rules)}
    return frozenset({cell.permission for cell in cells} - closed - {PUBLIC})


class SessionDesk:
    """Answers /2/session. ``opened`` are the permissions that nobody needs."""

    def __init__(self, logins: Logins, sessions: Sessions, opened: frozenset[str]) -> None:
        self._logins = logins
        self._sessions = sessions
        self._opened = opened

    async def answer(
        self,
        request: RapiRequest,
        user: Callable[[RapiRequest], Awaitable[User | None]],
        read: Callable[[RapiRequest], Awaitable[object]],
    ) -> tuple[Json, Mapping[str, str]]:
        """The value of the reply and its headers. Raises `ApiError`.

        ``user`` tells whose request it is, ``read`` the JSON of its body.
        """
        if request.method in (b"GET", b"HEAD"):
            session = session_of(request, self._sessions)
            return self._told(session.user if session else await user(request), session), {}
        if request.method == b"POST":
            session = await self._begin(request, await read(request))
            cookie = f"{COOKIE}={session.value}; Max-Age={LIFETIME}; {ATTRIBUTES}"
            return self._told(session.user, session), {"Set-Cookie": cookie}
        if request.method == b"DELETE":
            return self._told(None, None), {"Set-Cookie": f"{COOKIE}=; Max-Age=0; {ATTRIBUTES}"}
        raise MethodNotSupported(
            "A session is begun by POST, shown by GET and ended by DELETE",
            {"Allow": "GET, HEAD, POST, DELETE"},
        )

    async def _begin(self, request: RapiRequest, form: object) -> Session:
        name, password = _name_and_password(form)
        credentials = UsernamePassword(name.encode(), password.encode())
        request.auth = "password"
        try:
            user = await self._logins.user(credentials, request.client_address, request.id)
        except LoginFailed as failure:
            request.claimed_name = failure.name
            raise Unauthorized(WRONG) from None
        session = self._sessions.begin(user.name)
        if session is None:  # the users file changed this moment
            raise Unauthorized(WRONG)
        request.user_name = user.name
        return session

    def _told(self, user: User | None, session: Session | None) -> Json:
        opened = self._opened if user is None or user.view is None else frozenset()
        return {
            "user": user.name if user else None,
            "permissions": sorted(opened | (user.permissions if user else frozenset())),
            "scoped": sorted({name for name, _ in user.scoped}) if user else [],
            "csrf": session.csrf if session else None,
            "end": session.end if session else None,
        }


def _name_and_password(form: object) -> tuple[str, str]:
    if isinstance(form, dict):
        name, password = form.get("name"), form.get("password")
        if isinstance(name, str) and isinstance(password, str):
            return name, password
    raise BadRequest(FORM)
