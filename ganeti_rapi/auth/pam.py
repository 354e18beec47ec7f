"""Logins by PAM, for users whose password in the users file is ``{pam}``.

The users file still says who may what; PAM only judges the password and whether the account is
valid. What it does may take long, or never end, so it runs in threads: see `SlowChecks`.
"""

from __future__ import annotations

from typing import Any

from attrs import frozen
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from ganeti_rapi.auth.hashes import SlowHash
from ganeti_rapi.auth.slow import Bounds, InThread, SlowChecks
from ganeti_rapi.errors import Unavailable

BOUNDS = Bounds(at_once=4, remembered_for=60, patience=10)
"""A check that hangs keeps its thread: no more than four do, and nobody waits for longer."""

OUT_OF_ORDER = frozenset({1, 2, 3, 4, 5, 9, 26, 28})
"""PAM's results that say nothing of the password: it could not be judged. Source: _pam_types.h."""

MISSING = (
    "--pam-service needs Python's pamela: install ganeti-rapi's extra 'pam', or Debian's package "
    "python3-pamela"
)


@frozen
class Pam:
    """One PAM service. ``library`` is the module pamela, or what has its functions."""

    service: str
    library: Any  # Any: pamela has no type hints

    _log = Logger()

    def login(self, name: str) -> SlowHash:
        """What a password for that name is checked against."""
        return SlowHash(f"PAM {self.service}", lambda password: self._check(name, password))

    def _check(self, name: str, password: bytes) -> bool:
        """In a thread. Raises `Unavailable` when PAM cannot judge."""
        if not password or b"\0" in password:  # to C, a text ends there
            return False
        try:
            self.library.authenticate(name, (password,), service=self.service, resetcred=0)
            self.library.check_account(name, service=self.service)  # as it may have expired
        except self.library.PAMError as error:
            if error.errno in OUT_OF_ORDER:
                self._log.error("PAM service {service}: {error}", service=self.service, error=error)
                raise Unavailable("PAM cannot check logins at the moment") from None
            return False
        return True


class PamChecks:
    """Asks a PAM service off the reactor, a few times at once, and remembers what is right."""

    def __init__(self, pam: Pam, clock: IReactorTime, in_thread: InThread) -> None:
        self._pam = pam
        self._checks = SlowChecks(clock, in_thread, BOUNDS)

    async def check(self, name: str, password: str) -> bool:
        """Whether PAM lets the user in. Raises `Unavailable` when it does not answer in time."""
        login = self._pam.login(name)
        if self._checks.remembers(login, name, password):
            return True
        return await self._checks.check(login, name, password)


def load(service: str) -> Pam:
    """The service of that name. Raises ImportError where the library is missing."""
    import pamela  # type: ignore[import-untyped]  # it has no type hints; and it is an extra

    return Pam(service, pamela)
