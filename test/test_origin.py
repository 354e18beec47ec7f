"""The URL of a WebSocket, as clients know us: directly, and behind proxies."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.interfaces import ISSLTransport
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import alsoProvides

from ganeti_rapi.http1.head import Head
from ganeti_rapi.web.origin import socket_url
from ganeti_rapi.web.proxies import TrustedProxies
from ganeti_rapi.web.request import RapiRequest

from .harness import PEER, ScriptedServer

PATH = "/2/where"
PROXY = TrustedProxies([PEER.host])


class OriginTests(SynchronousTestCase):
    def url(self, trusted: bool = True, secure: bool = False, **headers: str) -> str:
        """The URL for a request with these headers; underscores stand for dashes."""
        server = ScriptedServer(proxies=PROXY if trusted else TrustedProxies())
        connection = server.connect()
        if secure:
            alsoProvides(connection.transport, ISSLTransport)
        named = {
            name.replace("_", "-").encode(): value.encode("latin-1")
            for name, value in headers.items()
        }
        head = Head(b"GET", b"/", b"/", b"", named, b"1.1", 0, True)
        url = socket_url(RapiRequest(head, connection.channel), PATH)
        connection.lose()
        return url

    def test_without_a_proxy(self) -> None:
        self.assertEqual(self.url(host="rapi:5080", secure=True), "wss://rapi:5080/2/where")
        self.assertEqual(self.url(host="[::1]:5080"), "ws://[::1]:5080/2/where")

    def test_an_old_client_names_no_host(self) -> None:
        self.assertEqual(self.url(), "ws://10.0.0.1:12345/2/where")

    def test_a_proxy_tells(self) -> None:
        told = {
            "x_forwarded_proto": "https",
            "x_forwarded_host": "ganeti.example.com",
            "x_forwarded_prefix": "/cluster1/",
        }
        url = "wss://ganeti.example.com/cluster1/2/where"
        self.assertEqual(self.url(host="inside:5080", **told), url)
        url = "wss://inside:5080/2/where"
        self.assertEqual(self.url(trusted=False, secure=True, host="inside:5080", **told), url)

    def test_one_without_tls(self) -> None:
        url = self.url(secure=True, host="rapi", x_forwarded_proto="http")
        self.assertEqual(url, "ws://rapi/2/where")

    def test_the_first_of_several_spoke_with_the_client(self) -> None:
        url = self.url(x_forwarded_host="outside, inside", x_forwarded_proto="https, http")
        self.assertEqual(url, "wss://outside/2/where")

    def test_what_is_no_host_or_prefix_does_not_count(self) -> None:
        for wrong in ("a b", "a/b", 'a"', "a@b", ""):
            self.assertEqual(self.url(host="rapi", x_forwarded_host=wrong), "ws://rapi/2/where")
        for wrong in ("x", "//evil", "/a b", "/?", "/%0a"):
            self.assertEqual(self.url(host="rapi", x_forwarded_prefix=wrong), "ws://rapi/2/where")

    @given(st.text(st.characters(max_codepoint=255), max_size=20))
    def test_nothing_else_gets_into_it(self, text: str) -> None:
        url = self.url(host="rapi", x_forwarded_host=text, x_forwarded_prefix=text)
        self.assertRegex(url, r"\Aws://[A-Za-z0-9.:_\[\]-]+[A-Za-z0-9._~/-]*/2/where\Z")
