"""Requests that fail: what is repeated, what is not, and what one is told."""

from __future__ import annotations

from typing import Any
from unittest import mock

from OpenSSL import SSL
from service_identity import VerificationError
from treq.client import HTTPClient
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import (
    ConnectingCancelledError,
    ConnectionDone,
    ConnectionLost,
    ConnectionRefusedError,
    DNSLookupError,
    TimeoutError,
)
from twisted.internet.protocol import Protocol, connectionDone
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.client import (
    RequestTransmissionFailed,
    ResponseFailed,
    ResponseNeverReceived,
)

from ganeti_rapi.client import (
    ConnectionBroken,
    RapiClient,
    RequestTimedOut,
    ServerError,
    TlsError,
    Unavailable,
    Unreachable,
)
from ganeti_rapi.client.failures import translated
from ganeti_rapi.client.on_twisted import as_it_is
from ganeti_rapi.client.transport import base_url

from .client_double import URL, ClientOfSimulation, Script

REFUSED = ConnectionRefusedError(111, "Connection refused")
LOST = ResponseNeverReceived([Failure(ConnectionLost())])


class RepeatTests(SynchronousTestCase):
    def test_a_read_is_repeated_after_pauses_that_double(self) -> None:
        troubles: list[object] = [LOST, REFUSED, (502, {}), (503, {}), (504, {})]
        for trouble in troubles:
            script = Script(trouble, trouble, trouble, 2)
            version = script.start(script.client.get_version())
            for pause in (0.25, 0.5, 1.0):
                script.clock.advance(pause - 0.01)
                before = len(script.sent)
                script.clock.advance(0.01)
                self.assertEqual(len(script.sent), before + 1)
            self.assertEqual(self.successResultOf(version), 2)

    def test_in_the_end_one_is_told(self) -> None:
        script = Script((503, {}), retries=2)
        version = script.start(script.client.get_version())
        script.clock.pump([0.25, 0.5])
        self.failureResultOf(version, Unavailable)
        self.assertEqual(len(script.sent), 3)

    def test_a_write_that_may_have_been_heard_is_not_repeated(self) -> None:
        for trouble, kind in ((LOST, ConnectionBroken), ((503, {}), Unavailable)):
            script = Script(trouble)
            self.failureResultOf(script.start(script.client.redistribute_config()), kind)
            self.assertEqual(len(script.sent), 1)

    def test_a_read_that_submits_a_job_is_not_repeated(self) -> None:
        client = Script(LOST).client
        for work in (
            client.query_instance_info("i"),
            client.query_node_storage("n", "file", ["name"]),
            client.list_operating_systems(),
        ):
            self.failureResultOf(Deferred.fromCoroutine(work), ConnectionBroken)

    def test_a_write_that_was_not_heard_is_repeated(self) -> None:
        script = Script(REFUSED, 12)
        job_id = script.start(script.client.redistribute_config())
        script.clock.advance(0.25)
        self.assertEqual(self.successResultOf(job_id), 12)

    def test_a_query_with_a_filter_is_repeated(self) -> None:
        script = Script(LOST, {"data": []})
        answer = script.start(script.client.query("node", ["name"], ["=", "name", "n"]))
        script.clock.advance(0.25)
        self.successResultOf(answer)

    def test_other_errors_are_not_repeated(self) -> None:
        for trouble, kind in (((500, {}), ServerError), (SSL.Error([]), TlsError)):
            script = Script(trouble)
            self.failureResultOf(script.start(script.client.get_info()), kind)

    def test_a_console_is_asked_for_once(self) -> None:
        script = Script((503, {}))
        self.failureResultOf(script.start(script.client.get_console("i")), Unavailable)

    def test_cancelling_a_pause(self) -> None:
        script = Script((503, {}))
        version = script.start(script.client.get_version())
        version.cancel()
        self.failureResultOf(version, CancelledError)
        self.assertEqual(script.clock.getDelayedCalls(), [])


class Silent:
    """An HTTP client that never gets a reply. ``cancelled`` counts requests that were given up."""

    def __init__(self) -> None:
        self.cancelled = 0

    def request(self, *_: Any, **__: Any) -> Deferred[Any]:  # Any: treq's own
        return Deferred(self._cancel)

    def _cancel(self, deferred: Deferred[Any]) -> None:  # Any: as above
        self.cancelled += 1
        deferred.errback(ResponseNeverReceived([Failure(CancelledError())]))


class Beginning(Protocol):
    """Hands on the first bytes that arrive and no more."""

    def __init__(self, protocol: Protocol) -> None:
        self._protocol = protocol
        self._left = 250

    def dataReceived(self, data: bytes) -> None:
        self._protocol.dataReceived(data[: self._left])
        self._left = max(self._left - len(data), 0)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._protocol.connectionLost(reason)


class TimeTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.script, self.http = Script(1), Silent()

    def client(self, timeout: float | None) -> RapiClient:
        return RapiClient(self.script.clock, URL, timeout=timeout, http=self.http)

    def test_no_reply_in_time(self) -> None:
        version = self.script.start(self.client(30).get_version())
        self.script.clock.advance(29.9)
        self.assertNoResult(version)
        self.script.clock.advance(0.1)
        error = self.failureResultOf(version, RequestTimedOut).value
        self.assertEqual(str(error), f"{URL}:5080 did not reply within 30 seconds")
        self.assertEqual(self.http.cancelled, 1)

    def test_any_time(self) -> None:
        version = self.script.start(self.client(None).get_version())
        self.script.clock.advance(100_000)
        self.assertNoResult(version)
        version.cancel()
        self.failureResultOf(version, CancelledError)
        self.assertEqual(self.http.cancelled, 1)

    def test_a_body_that_does_not_end(self) -> None:
        sim = ClientOfSimulation(timeout=20)
        self.addCleanup(sim.stop)
        sim.run(sim.client.get_version())  # there is a connection now
        (pipe,) = sim.endpoint.pipes
        assert pipe.protocol is not None
        pipe.protocol = Beginning(pipe.protocol)
        info = sim.start(sim.client.get_info())
        sim.reactor.pump([0.1] * 3 + [20])
        self.failureResultOf(info, RequestTimedOut)
        sim.reactor.advance(0)
        self.assertFalse(pipe.connected)


class FailureTests(SynchronousTestCase):
    def test_what_failures_mean(self) -> None:
        verify_failed = SSL.Error([("SSL routines", "", "certificate verify failed")])
        for error, kind, words in (
            (REFUSED, Unreachable, "Connection was refused by other side"),
            (DNSLookupError("no such name"), Unreachable, "no such name"),
            (TimeoutError(), Unreachable, "time"),
            (LOST, ConnectionBroken, "lost"),
            (RequestTransmissionFailed([Failure(ConnectionDone())]), ConnectionBroken, "closed"),
            (ResponseFailed([Failure(ConnectionLost())]), ConnectionBroken, "lost"),
            (ResponseNeverReceived([Failure(verify_failed)]), TlsError, "cafile"),
            (ResponseNeverReceived([Failure(VerificationError([]))]), TlsError, "pinned"),
            (SSL.Error([("SSL routines", "", "wrong version number")]), TlsError, "version"),
            (ValueError("invalid hostname: a..b"), Unreachable, "invalid hostname: a..b"),
            (ResponseFailed([Failure(ValueError("no chunk"))]), ConnectionBroken, "no chunk"),
        ):
            meaning = translated(URL, error)
            self.assertIs(type(meaning), kind)
            self.assertIn(words, str(meaning))
            self.assertIn(URL, str(meaning))

    def test_the_certificate_that_was_refused(self) -> None:
        broken = ResponseNeverReceived([Failure(VerificationError([]))])
        script = Script(broken)
        self.patch(script.client.transport, "_refused", lambda: "ab")
        error = self.failureResultOf(script.start(script.client.get_info()), TlsError).value
        self.assertEqual(error.fingerprint, "ab")

    def test_cancelled(self) -> None:
        for error in (
            CancelledError(),
            ConnectingCancelledError(None),
            ResponseNeverReceived([Failure(ConnectionLost()), Failure(CancelledError())]),
        ):
            self.assertIsInstance(translated(URL, error), CancelledError)

    def test_no_secret_is_told(self) -> None:
        script = Script(REFUSED, retries=0)
        error = self.failureResultOf(script.start(script.client.get_info())).value
        self.assertNotIn("secret", repr(error) + repr(error.__cause__))


class UrlTests(SynchronousTestCase):
    def test_urls(self) -> None:
        for url, base in (
            ("https://cluster", "https://cluster:5080"),
            ("https://cluster:443/", "https://cluster:443"),
            ("http://192.0.2.1:8080", "http://192.0.2.1:8080"),
            ("https://[2001:db8::1]", "https://[2001:db8::1]:5080"),
        ):
            self.assertEqual(base_url(url), base)

    def test_what_is_no_url_of_a_server(self) -> None:
        for url in (
            *("cluster", "cluster:5080", "ftp://cluster", "https://", "https://cluster/2"),
            *("https://cluster?x=1", "https://cluster:many"),
        ):
            self.assertRaises(ValueError, base_url, url)

    def test_a_url_with_a_password(self) -> None:
        error = self.assertRaises(ValueError, base_url, "https://admin:secret@cluster")
        self.assertNotIn("secret", str(error))

    def test_half_of_the_credentials(self) -> None:
        script = Script(1)
        for credentials in (("admin", None), (None, "secret")):
            self.assertRaises(
                ValueError, RapiClient, script.clock, URL, *credentials, http=script.http
            )


class SentUrlTests(SynchronousTestCase):
    """What treq, the library, makes of our URLs."""

    def asked(self, url: str) -> bytes:
        """The URL that a request for this one goes to."""
        agent = mock.Mock()
        agent.request.return_value = Deferred()
        HTTPClient(agent).request("GET", as_it_is(url))
        ((_, sent), *_) = [call.args[:2] for call in agent.request.call_args_list]
        return bytes(sent)

    def test_hosts_that_need_no_idna_stay_as_they_are(self) -> None:
        for host in ("[::1]", "[fe80::1]", "192.0.2.1", "a_b.example.com", "node1"):
            url = f"https://{host}:5080/2/instances?bulk=1"
            self.assertEqual(self.asked(url), url.encode())

    def test_others_are_encoded(self) -> None:
        url = "https://m\xfcnchen.example.com:5080/2"
        self.assertEqual(self.asked(url), b"https://xn--mnchen-3ya.example.com:5080/2")


class CredentialsTests(SynchronousTestCase):
    """What is sent of a user, or of a token."""

    def sent(self, *user: str, **options: str) -> dict[str, Any]:  # Any: treq's own options
        asked: list[dict[str, Any]] = []  # Any: as above

        class Http:
            def request(self, _method: str, _url: object, **given: Any) -> Deferred[Any]:
                asked.append(given)
                return Deferred()

        client = RapiClient(Clock(), "https://there", *user, http=Http(), **options)
        Deferred.fromCoroutine(client.get_info())
        return asked[0]

    def test_a_user(self) -> None:
        options = self.sent("jack", "secret")
        self.assertEqual(options["headers"]["Authorization"], "Basic amFjazpzZWNyZXQ=")

    def test_a_token(self) -> None:
        options = self.sent(token="grapi_x")
        self.assertEqual(options["headers"]["Authorization"], "Bearer grapi_x")

    def test_both(self) -> None:
        with self.assertRaises(ValueError):
            self.sent("jack", "secret", token="grapi_x")
