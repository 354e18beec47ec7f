"""How many connections and requests there may be."""

from __future__ import annotations

from typing import Any

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.errors import TooManyRequests
from ganeti_rapi.web.limits import SiteLimits, UnderWay
from ganeti_rapi.web.proxies import TrustedProxies

from .harness import ADMIN, READER, Connection, Response, ScriptedServer, basic, encode_request

VERSION = encode_request(b"GET", b"/version")
INFO = encode_request(b"GET", b"/2/info")


def server(*limits: int, **options: Any) -> ScriptedServer:  # Any: as Settings takes
    """A server with the limits of `SiteLimits`, whose reads wait for ever."""
    server = ScriptedServer(limits=SiteLimits(*limits), **options)
    server.daemon.answers["QueryClusterInfo"] = lambda *_: Deferred()
    return server


class LimitCase(SynchronousTestCase):
    def only(self, connection: Connection) -> Response:
        (response,) = connection.received()
        return response

    def assert_refused(self, connection: Connection, status: int, words: str) -> None:
        response = self.only(connection)
        self.assertEqual(response.status, status)
        self.assertIn(words, response.json()["message"])
        self.assertGreater(int(response.headers["retry-after"]), 0)


class UnderWayTests(SynchronousTestCase):
    def test_counts_for_each(self) -> None:
        under_way = UnderWay(2, "things")
        for who in ("jack", "jack", "jill"):
            under_way.enter(who)
        self.assertRaises(TooManyRequests, under_way.enter, "jack")
        under_way.leave("jack")
        under_way.enter("jack")
        self.assertRaises(TooManyRequests, under_way.enter, "jack")

    def test_those_who_were_refused_do_not_count(self) -> None:
        under_way = UnderWay(1, "things")
        with under_way.one_more("jack"):
            for _ in range(3):
                with self.assertRaises(TooManyRequests), under_way.one_more("jack"):
                    self.fail("entered")
        with under_way.one_more("jack"):
            pass

    def test_remembers_nobody_who_has_left(self) -> None:
        under_way = UnderWay(1, "things")
        for number in range(100):
            with under_way.one_more(str(number)):
                pass
        self.assertEqual(under_way, UnderWay(1, "things"))


class ConnectionsTests(LimitCase):
    def test_one_too_many_is_told_so(self) -> None:
        site = server(2)
        first, second, third = (site.connect() for _ in range(3))
        third.send(INFO)
        self.assert_refused(third, 503, "All 2 connections")
        self.assertEqual(self.only(third).headers["connection"], "close")
        third.lose()
        first.lose()
        fourth = site.connect()
        for connection in (second, fourth):
            connection.send(VERSION)
            self.assertEqual(self.only(connection).status, 200)
            self.assertNotIn("connection", self.only(connection).headers)

    def test_the_version_is_answered_all_the_same(self) -> None:
        site = server(1)
        site.connect()
        second = site.connect()
        second.send(VERSION + VERSION)
        self.assertEqual(self.only(second).body, b"2\n")
        self.assertTrue(second.closed)

    def test_so_many_more_and_no_further(self) -> None:
        site = server(2)
        connections = [site.connect() for _ in range(5)]
        aborted = [connection.transport.disconnected for connection in connections]
        self.assertEqual(aborted, [False, False, False, False, True])

    def test_no_limit(self) -> None:
        site = server(0)
        for _ in range(100):
            connection = site.connect()
            connection.send(VERSION)
            self.assertEqual(self.only(connection).status, 200)


class AddressTests(LimitCase):
    def connect(self, site: ScriptedServer, host: str) -> Connection:
        kind = IPv6Address if ":" in host else IPv4Address
        return site.connect(peer=kind("TCP", host, 40000))

    def test_each_has_its_own(self) -> None:
        site = server(0, 1)
        first = self.connect(site, "192.0.2.1")
        second = self.connect(site, "192.0.2.1")
        other = self.connect(site, "192.0.2.2")
        self.assert_refused(second, 429, "limit of 1 for connections from one address")
        other.send(VERSION)
        self.assertEqual(self.only(other).status, 200)
        for connection in (second, first):
            connection.lose()
        third = self.connect(site, "192.0.2.1")
        third.send(VERSION)
        self.assertEqual(self.only(third).status, 200)

    def test_one_that_was_refused_takes_no_place(self) -> None:
        site = server(0, 1)
        first = self.connect(site, "192.0.2.1")
        self.connect(site, "192.0.2.1").lose()
        self.assert_refused(self.connect(site, "192.0.2.1"), 429, "from one address")
        first.lose()
        self.assertEqual(self.connect(site, "192.0.2.1").received(), [])

    def test_a_network_of_ipv6_is_one(self) -> None:
        site = server(0, 1)
        self.connect(site, "2001:db8::1")
        self.assert_refused(self.connect(site, "2001:db8::2"), 429, "from one address")
        self.assertEqual(self.connect(site, "2001:db8:0:1::1").received(), [])

    def test_a_trusted_proxy_has_no_limit(self) -> None:
        site = server(0, 1, proxies=TrustedProxies(["192.0.2.1"]))
        connections = [self.connect(site, "192.0.2.1") for _ in range(10)]
        self.assertEqual([c.received() for c in connections], [[]] * 10)


class RequestsTests(LimitCase):
    def ask(self, site: ScriptedServer, user: str | None, uri: bytes = b"/2/info") -> Connection:
        headers = {} if user is None else {"Authorization": basic(user)}
        connection = site.connect()
        connection.send(encode_request(b"GET", uri, headers))
        return connection

    def test_each_user_has_so_many(self) -> None:
        site = server(0, 0, 2)
        waiting = [self.ask(site, ADMIN), self.ask(site, ADMIN), self.ask(site, READER)]
        self.assertEqual([c.received() for c in waiting], [[]] * 3)
        self.assert_refused(
            self.ask(site, ADMIN), 429, "limit of 2 for requests under way of one user"
        )
        self.assertEqual(self.ask(site, READER).received(), [])

    def test_without_a_user_it_is_the_address(self) -> None:
        site = server(0, 0, 1)
        self.ask(site, None)
        self.assert_refused(self.ask(site, None), 429, "limit of 1 for requests under way")
        self.assertEqual(self.ask(site, ADMIN).received(), [])

    def test_what_is_cheap_is_answered_all_the_same(self) -> None:
        site = server(0, 0, 1)
        self.ask(site, ADMIN)
        self.assertEqual(self.only(self.ask(site, ADMIN, b"/version")).status, 200)

    def test_who_leaves_makes_room(self) -> None:
        site = server(0, 0, 1)
        self.ask(site, ADMIN).lose()
        self.assertEqual(self.ask(site, ADMIN).received(), [])

    def test_who_was_answered_makes_room(self) -> None:
        site = server(0, 0, 1)
        answer: Deferred[object] = Deferred()
        site.daemon.answers["QueryClusterInfo"] = answer
        first = self.ask(site, ADMIN)
        answer.callback({"name": "a"})
        self.assertEqual(self.only(first).status, 200)
        site.daemon.answers["QueryClusterInfo"] = {"name": "b"}
        self.assertEqual(self.only(self.ask(site, ADMIN)).status, 200)
