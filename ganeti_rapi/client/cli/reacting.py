"""Work with a client of the profile's server in a reactor: for what needs Twisted's protocols."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ReactorNotRunning
from twisted.python.failure import Failure

from ganeti_rapi.client.cli.connecting import connect
from ganeti_rapi.client.cli.profiles import Profile
from ganeti_rapi.client.cli.running import Work
from ganeti_rapi.client.rapi import RapiClient


def run(profile: Profile, work: Work) -> Any:  # Any: the work's own result
    """The result of work with a client of the profile's server. Raises what the work raises."""
    from twisted.internet import reactor

    client = connect(profile, partial(RapiClient, reactor))
    return run_until_done(reactor, client, work)


def run_until_done(reactor: Any, client: RapiClient, work: Work) -> Any:
    # Any: a module that became a reactor; as above
    """Run the reactor until the work has ended.

    Control-C cancels the work; what is not done then raises KeyboardInterrupt.
    """
    outcome: list[Any] = []  # Any: the result or a failure

    async def main() -> Any:  # Any: as above
        try:
            return await work(client)
        finally:
            await client.close()

    def start() -> None:
        deferred = Deferred.fromCoroutine(main())

        def interrupt() -> Deferred[Any]:  # Any: as above
            deferred.cancel()
            return deferred

        reactor.addSystemEventTrigger("before", "shutdown", interrupt)
        deferred.addBoth(outcome.append).addBoth(stop)

    def stop(_: object) -> None:
        with suppress(ReactorNotRunning):  # it stops already
            reactor.stop()

    reactor.callWhenRunning(start)
    reactor.run()
    (result,) = outcome
    if isinstance(result, Failure):
        if result.check(CancelledError):
            raise KeyboardInterrupt
        result.raiseException()
    return result
