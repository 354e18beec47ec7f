"""Whether the daemon can do its work, for /readyz."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from ganeti_rapi.api.call import JobDaemon
from ganeti_rapi.errors import LuxiError, NotMaster
from ganeti_rapi.timeouts import within

PATIENCE = 5.0
"""Seconds that the job daemon may take; load balancers have about as much patience."""


class Health:
    """What /readyz looks at.

    ``check_role`` raises `NotMaster` on a node that only stands by. ``certificate_end`` gives when
    the certificate expires, in seconds since the epoch as ``now`` does, or None without TLS.
    """

    def __init__(
        self,
        daemon: JobDaemon,
        clock: IReactorTime,
        check_role: Callable[[], None] = lambda: None,
        certificate_end: Callable[[], float | None] = lambda: None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._daemon = daemon
        self._clock = clock
        self._check_role = check_role
        self._certificate_end = certificate_end
        self._now = now

    async def reasons(self) -> list[str]:
        """Why not, as sentences without a full stop; none if it can."""
        found = [self._role(), self._certificate()]
        if found[0] is None:  # a node that only stands by has no job daemon
            found.append(await self._job_daemon())
        return [reason for reason in found if reason is not None]

    def _role(self) -> str | None:
        try:
            self._check_role()
        except NotMaster as error:
            return error.message
        return None

    def _certificate(self) -> str | None:
        end = self._certificate_end()
        if end is None or end > self._now():
            return None
        return f"The certificate expired on {time.strftime('%Y-%m-%d', time.gmtime(end))}"

    async def _job_daemon(self) -> str | None:
        asked: Deferred[Any]  # Any: what luxid answers is not looked at
        asked = Deferred.fromCoroutine(self._daemon.call("QueryClusterInfo"))
        try:
            await within(
                self._clock, PATIENCE, asked, f"it did not answer within {PATIENCE:.0f} seconds"
            )
        except LuxiError as error:
            return f"The job daemon does not serve: {error}"
        return None
