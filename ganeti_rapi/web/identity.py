"""Whose request it is: by its own credentials, a browser's session, or a client's certificate."""

from __future__ import annotations

from ganeti_rapi.auth.checker import basic_credentials, bearer_token
from ganeti_rapi.auth.logins import Logins
from ganeti_rapi.auth.permissions import User
from ganeti_rapi.auth.sessions import Sessions
from ganeti_rapi.errors import ApiError, LoginFailed, Unauthorized
from ganeti_rapi.metrics.tally import Tally
from ganeti_rapi.web.heads import CHALLENGE
from ganeti_rapi.web.request import RapiRequest
from ganeti_rapi.web.session import session_of


class Identity:
    """Tells users apart. ``sessions`` are the logins of browsers, if there may be such."""

    def __init__(self, logins: Logins, sessions: Sessions | None, tally: Tally) -> None:
        self._logins = logins
        self._sessions = sessions
        self._tally = tally

    async def user_of(self, request: RapiRequest) -> User | None:
        """The user; None without credentials. Wrong ones are 401 even where none are needed.

        A client's certificate counts where the request itself has no credentials.
        Where there were many wrong ones, none are judged for a while; that is 429.
        """
        header = request.head.headers.get(b"authorization")
        if header is None:
            return self._user_without_header(request)
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

    def _user_without_header(self, request: RapiRequest) -> User | None:
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
