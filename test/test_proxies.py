"""Who the clients behind proxies are."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.address import IPv4Address
from twisted.internet.testing import StringTransport
from twisted.protocols.haproxy._wrapper import HAProxyWrappingFactory
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.web.proxies import TrustedProxies

from .harness import (
    PEER,
    Connection,
    ScriptedServer,
    basic,
    captured_log,
    encode_request,
    parse_responses,
)

PROXY, OTHER_PROXY, CLIENT, FORGED = "192.0.2.99", "192.0.2.98", "198.51.100.7", "203.0.113.1"


class ClientTests(SynchronousTestCase):
    def client(self, *forwarded_for: str, trusted: str = "192.0.2.0/24", peer: str = PROXY) -> str:
        header = ", ".join(forwarded_for).encode() or None
        return TrustedProxies(trusted.split()).client(peer, header)

    def test_a_proxy_tells(self) -> None:
        self.assertEqual(self.client(CLIENT), CLIENT)
        self.assertEqual(self.client("2001:db8::1"), "2001:db8::1")

    def test_without_the_header_it_is_the_peer(self) -> None:
        self.assertEqual(self.client(), PROXY)
        self.assertEqual(self.client(""), PROXY)

    def test_nobody_else_is_believed(self) -> None:
        self.assertEqual(self.client(CLIENT, peer=FORGED), FORGED)
        self.assertEqual(self.client(CLIENT, trusted=""), PROXY)
        self.assertEqual(self.client(CLIENT, peer="-"), "-")

    def test_what_stands_before_the_client_is_made_up(self) -> None:
        self.assertEqual(self.client(FORGED, CLIENT), CLIENT)
        self.assertEqual(self.client(FORGED, CLIENT, OTHER_PROXY), CLIENT)

    def test_proxies_all_the_way(self) -> None:
        self.assertEqual(self.client(OTHER_PROXY, PROXY), OTHER_PROXY)

    def test_what_is_no_address_ends_the_search(self) -> None:
        for hop in ("unknown", "_hidden", "", "1.2.3", "[::1", "999.1.1.1"):
            self.assertIn(self.client(CLIENT, hop, OTHER_PROXY), (OTHER_PROXY, "::1"), hop)

    def test_ports_and_brackets(self) -> None:
        self.assertEqual(self.client(f"{CLIENT}:4711"), CLIENT)
        self.assertEqual(self.client("[2001:db8::1]:4711"), "2001:db8::1")
        self.assertEqual(self.client("[2001:db8::1]"), "2001:db8::1")

    def test_ipv4_by_way_of_ipv6(self) -> None:
        self.assertEqual(self.client(CLIENT, peer=f"::ffff:{PROXY}"), CLIENT)
        self.assertEqual(self.client(f"::ffff:{CLIENT}"), CLIENT)

    def test_unix_sockets(self) -> None:
        self.assertEqual(self.client(CLIENT, trusted="unix", peer="-"), CLIENT)
        self.assertEqual(self.client(CLIENT, trusted="unix", peer=PROXY), PROXY)

    def test_what_is_no_network(self) -> None:
        for text in ("proxy.example.com", "192.0.2.1/24", "", "1.2.3.4/33"):
            error = self.assertRaises(ValueError, TrustedProxies, [text])
            self.assertIn("name an address, a network such as 192.0.2.0/24, or unix", str(error))

    @given(st.binary() | st.text(alphabet="0123456789abc.:[], ").map(str.encode))
    def test_any_header_leads_to_an_address(self, header: bytes) -> None:
        client = TrustedProxies(["0.0.0.0/0"]).client(PROXY, header)
        TrustedProxies([client])


class ServedTests(SynchronousTestCase):
    def failed_login(self, connection: Connection, headers: dict[str, str]) -> list[Any]:
        """Who the log says failed to log in."""
        events = captured_log(self)
        request = {"Authorization": basic("admin:wrong"), **headers}
        connection.send(encode_request(b"GET", b"/2/info", request))
        return [event["address"] for event in events if "who" in event]

    def test_the_client_of_a_trusted_proxy_is_logged(self) -> None:
        server = ScriptedServer(proxies=TrustedProxies([PEER.host]))
        addresses = self.failed_login(server.connect(), {"X-Forwarded-For": CLIENT})
        self.assertEqual(addresses, [CLIENT])

    def test_others_cannot_say_who_they_are(self) -> None:
        addresses = self.failed_login(ScriptedServer().connect(), {"X-Forwarded-For": CLIENT})
        self.assertEqual(addresses, [PEER.host])


class ProxyProtocolTests(SynchronousTestCase):
    """Twisted's endpoints ``haproxy:…`` in front of the site."""

    def test_the_address_that_the_proxy_tells(self) -> None:
        server = ScriptedServer()
        protocol = HAProxyWrappingFactory(server.site).buildProtocol(PEER)
        transport = StringTransport(peerAddress=IPv4Address("TCP", PROXY, 1))
        assert protocol is not None
        protocol.makeConnection(transport)
        events = captured_log(self)
        request = encode_request(b"GET", b"/2/info", {"Authorization": basic("admin:wrong")})
        protocol.dataReceived(f"PROXY TCP4 {CLIENT} {PROXY} 4711 5080\r\n".encode() + request)
        (response,) = parse_responses(transport.value())
        self.assertEqual(response.status, 401)
        self.assertEqual([event["address"] for event in events if "who" in event], [CLIENT])
