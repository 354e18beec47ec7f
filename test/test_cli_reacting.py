"""`rapi` where it runs Twisted's reactor, which is for consoles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest import mock

from twisted.internet.defer import Deferred
from twisted.internet.error import ReactorNotRunning

from ganeti_rapi.client import errors
from ganeti_rapi.client.cli import reacting, running
from ganeti_rapi.client.cli.profiles import Profile
from ganeti_rapi.client.cli.reacting import run_until_done

from .cli_double import CommandCase


class OneReactor:
    """A reactor whose loop lasts until `stop`, or until ``interrupt`` says that it ends."""

    def __init__(self, turn: Callable[[], None], interrupted: Callable[[], bool]) -> None:
        self._turn = turn
        self._interrupted = interrupted
        self._begin: list[Callable[[], object]] = []
        self._end: list[Callable[[], Deferred[Any]]] = []  # Any: the trigger's own
        self._running = False

    def callWhenRunning(self, start: Callable[[], object]) -> None:
        self._begin.append(start)

    def addSystemEventTrigger(
        self, phase: str, event: str, trigger: Callable[[], Deferred[Any]]
    ) -> None:  # Any: as above
        assert (phase, event) == ("before", "shutdown")
        self._end.append(trigger)

    def run(self) -> None:
        self._running = True
        for start in self._begin:
            start()
        while self._running and not self._interrupted():
            self._turn()
        self._running = False
        for trigger in self._end:
            ended = trigger()
            while not ended.called:
                self._turn()

    def stop(self) -> None:
        if not self._running:
            raise ReactorNotRunning
        self._running = False


class RunTests(CommandCase):
    def setUp(self) -> None:
        super().setUp()
        self.simulation = self.line.simulation

    def run_(self, work: running.Work, interrupted: Callable[[], bool]) -> Any:
        # Any: the work's result
        def turn() -> None:
            self.simulation.reactor.advance(0.1)

        reactor = OneReactor(turn, interrupted)
        return run_until_done(reactor, self.simulation.client, work)

    def test_a_result(self) -> None:
        self.assertEqual(self.run_(lambda client: client.get_version(), lambda: False), 2)

    def test_an_error(self) -> None:
        self.assertRaises(
            errors.NotFound,
            self.run_,
            lambda client: client.get_instance("nosuch"),
            lambda: False,
        )

    def test_control_c(self) -> None:
        work: running.Work = lambda client: client.get_version()  # noqa: E731  # as the session's
        self.assertRaises(KeyboardInterrupt, self.run_, work, lambda: True)

    def test_the_client_of_a_profile(self) -> None:
        profile = Profile(url="https://there:5080", insecure=True)
        with mock.patch.object(reacting, "run_until_done", lambda _, client, work: work(client)):
            client = running.run_with_client(profile, lambda client: client, in_reactor=True)  # type: ignore[arg-type, return-value]  # no coroutine, but what it would get
        self.assertEqual(client.transport.url, "https://there:5080")
