from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IProtocolFactory, IStreamServerEndpoint
from twisted.internet.protocol import Factory
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer
from zope.interface.verify import verifyObject

from ganeti_rapi.exits import CannotStart
from ganeti_rapi.listening import Listeners, tcp

from .harness import captured_log


@implementer(IStreamServerEndpoint)
class Endpoint:
    """An endpoint that answers as a test says."""

    def __init__(self, answer: Deferred[Any]) -> None:  # Any: a port
        self._answer = answer

    def listen(self, protocolFactory: IProtocolFactory) -> Deferred[Any]:  # Any: a port
        """The answer."""
        return self._answer


class Port:
    """A port that counts how often it was closed."""

    closed = 0

    def stopListening(self) -> None:
        self.closed += 1


class ListenersTests(SynchronousTestCase):
    IN_USE = CannotListenError("127.0.0.1", 5080, OSError(98, "Address already in use"))
    MESSAGE = (
        "Can't listen on tcp:5080: Address already in use. "
        "ss -ltnp shows which process has the port"
    )

    def setUp(self) -> None:
        self.events = captured_log(self)

    def listeners(self, *answers: Deferred[Any]) -> Listeners:  # Any: a port
        listeners = Listeners()
        for answer in answers:
            endpoint = Endpoint(answer)
            verifyObject(IStreamServerEndpoint, endpoint)
            listeners.add(endpoint, Factory(), "tcp:5080")
        return listeners

    def logged(self) -> list[tuple[str, str]]:
        return [
            (event["log_level"].name, event["log_format"].format(**event)) for event in self.events
        ]

    def test_a_port_that_is_in_use_ends_the_program(self) -> None:
        listeners = self.listeners(fail(self.IN_USE))
        error = self.assertRaises(CannotStart, listeners.privilegedStartService)
        self.assertEqual((error.text, error.status), (self.MESSAGE, 1))
        self.assertEqual(error.code, f"ganeti-rapi: {self.MESSAGE}")

    def test_so_does_any_other_failure(self) -> None:
        for failure in (PermissionError(13, "Permission denied"), RuntimeError("bad luck")):
            error = self.assertRaises(CannotStart, self.listeners(fail(failure)).open)
            self.assertIn(f"Can't listen on tcp:5080: {failure}", error.text)

    def test_where_one_fails_none_listens(self) -> None:
        port = Port()
        self.assertRaises(CannotStart, self.listeners(succeed(port), fail(self.IN_USE)).open)
        self.assertEqual(port.closed, 1)

    def test_a_failure_that_comes_late_is_logged(self) -> None:
        answer: Deferred[Any] = Deferred()  # Any: a port
        self.listeners(answer).open()
        answer.errback(Failure(self.IN_USE))
        self.assertEqual(self.logged(), [("critical", self.MESSAGE)])

    def test_the_ports_are_closed_at_the_end(self) -> None:
        ports = Port(), Port()
        listeners = self.listeners(*map(succeed, ports))
        listeners.privilegedStartService()
        self.assertEqual(self.logged(), [("info", "Listening on tcp:5080")] * 2)
        self.successResultOf(listeners.stopService())
        self.assertEqual([port.closed for port in ports], [1, 1])

    def test_what_never_listened_ends_too(self) -> None:
        self.successResultOf(self.listeners(Deferred()).stopService())

    def test_twistd_and_python_both_know_what_to_do(self) -> None:
        """twistd cleans up after exceptions; Python prints a SystemExit without a traceback."""
        self.assertTrue(issubclass(CannotStart, Exception))
        self.assertTrue(issubclass(CannotStart, SystemExit))


class EndpointTests(SynchronousTestCase):
    def test_addresses_of_both_families(self) -> None:
        self.assertEqual(tcp("192.0.2.1", 5080), "tcp:port=5080:interface=192.0.2.1:backlog=1024")
        self.assertEqual(tcp("::1", 80), r"tcp6:port=80:interface=\:\:1:backlog=1024")
