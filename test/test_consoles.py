"""Consoles through the one port: who gets a ticket, where it leads, and what goes through."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from unittest import mock

from attrs import define, field
from twisted.internet.address import IPv4Address, UNIXAddress
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import ConnectionDone, ConnectionLost, ConnectionRefusedError
from twisted.internet.interfaces import (
    IAddress,
    IPushProducer,
    IStreamClientEndpoint,
    ITCPTransport,
)
from twisted.internet.testing import StringTransport
from twisted.logger import formatEvent
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer
from zope.interface.verify import verifyObject

from ganeti_rapi.logfile import LogFile
from ganeti_rapi.web.audit import AuditLog
from ganeti_rapi.web.channel import CLOSING as FAREWELL
from ganeti_rapi.web.channel import SILENCE
from ganeti_rapi.web.consoles import PATIENCE
from ganeti_rapi.web.limits import SiteLimits
from ganeti_rapi.web.tunnel import CLOSING, PING_SECONDS, SLICE, Server, Tunnel
from ganeti_rapi.websocket import Frames, new_key

from .harness import (
    NOW,
    READER,
    USERS,
    Connection,
    Response,
    ScriptedServer,
    captured_log,
    encode_request,
    reason_of,
    users_file,
)

# Any, throughout: JSON, and attributes of `Settings`.

TICKET = "/2/instances/web1/console/ticket"
SOCKET = "/2/instances/web1.example.com/console/websocket"
SSH = {"instance": "web1.example.com", "kind": "ssh", "host": "node1", "command": ["kvm"]}
VNC = {"instance": "web1.example.com", "kind": "vnc", "host": "192.0.2.5", "port": 11003}
GREETING = b"RFB 003.008\n"


class VncTransport(StringTransport):
    """A connection to a VNC server."""

    def abortConnection(self) -> None:
        self.aborted = True


@implementer(IStreamClientEndpoint)
@define
class Network:
    """All VNC servers that there are. ``refusal`` is what the next one answers."""

    asked: list[tuple[str, int]] = field(factory=list)
    transports: list[VncTransport] = field(factory=list)
    protocols: list[Server] = field(factory=list)
    refusal: Deferred[Any] | None = None

    def endpoint(self, host: str, port: int) -> Network:
        self.asked.append((host, port))
        return self

    def connect(self, protocolFactory: Any) -> Deferred[Any]:
        if self.refusal is not None:
            return self.refusal
        protocol, transport = protocolFactory.buildProtocol(None), VncTransport()
        protocol.makeConnection(transport)
        self.protocols.append(protocol)
        self.transports.append(transport)
        return succeed(protocol)


class ConsoleCase(SynchronousTestCase):
    options: dict[str, Any] = {}

    def setUp(self) -> None:
        self.network = Network()
        self.audit_path = Path(self.mktemp())
        self.server = ScriptedServer(
            console_endpoint=self.network.endpoint,
            audit=AuditLog(LogFile(str(self.audit_path)), now=lambda: NOW),
            **self.options,
        )
        self.clock = self.server.clock
        self.daemon = self.server.daemon
        self.instance(VNC)
        self.frames = Frames(client=True)
        self.addCleanup(self.assert_nothing_is_left)

    def assert_nothing_is_left(self) -> None:
        for channel in list(self.server.site.channels):
            channel.connectionLost(Failure(ConnectionDone()))
        for protocol in self.network.protocols:
            protocol.connectionLost(Failure(ConnectionDone()))
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(self.server.site.tally.consoles, 0)

    def instance(
        self, console: Any, running: Any = True, node: str = "node1", **hvparams: Any
    ) -> None:
        """What luxid tells of the instance."""
        values = {
            "name": "web1.example.com",
            "oper_state": running,
            "console": console,
            "hvparams": hvparams,
            "network_port": 11003,
            "pnode": node,
        }
        self.daemon.answers["QueryInstances"] = lambda _, fields, __: [
            [values[name] for name in fields]
        ]
        self.daemon.answers["QueryConfigValues"] = ["node1"]

    def ticket(self) -> str:
        """The path and the query of a new ticket's URL."""
        return str(self.server.ask("POST", TICKET).json()["url"]).partition("rapi")[2]

    def knock(self, uri: str, **headers: str) -> Connection:
        """A connection that asks for a WebSocket."""
        asked = {
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": new_key().decode(),
            "Sec-WebSocket-Protocol": "binary",
        }
        connection = self.server.connect()
        connection.send(encode_request(b"GET", uri.encode(), {**asked, **headers}))
        return connection

    def refused(self, connection: Connection) -> tuple[int, str]:
        (response,) = connection.received()
        connection.lose()
        return response.status, response.json()["message"]

    def open(self) -> Connection:
        """A console that is open; what the server said so far is forgotten."""
        self.frames = Frames(client=True)
        connection = self.knock(self.ticket())
        head, _, rest = connection.transport.value().partition(b"\r\n\r\n")
        self.assertEqual(head.split(b"\r\n")[0], b"HTTP/1.1 101 Switching Protocols")
        self.assertEqual(rest, b"")
        connection.transport.clear()
        return connection

    def shown(self, connection: Connection) -> bytes:
        """What the client has got since this was asked last."""
        data = b"".join(self.frames.payloads(connection.transport.value()))
        connection.transport.clear()
        return data

    def audit(self) -> list[dict[str, Any]]:
        """What the audit log has of consoles."""
        lines = map(json.loads, self.audit_path.read_text().splitlines())
        return [line for line in lines if line["event"] == "console"]


class TicketTests(ConsoleCase):
    def asked(self) -> Response:
        return self.server.ask("POST", TICKET)

    def test_the_reply(self) -> None:
        reply = self.asked().json()
        self.assertRegex(reply.pop("url"), rf"^ws://rapi{SOCKET}\?ticket=[A-Za-z0-9_-]{{43}}$")
        self.assertEqual(reply, {"kind": "vnc", "expires": int(NOW) + 30})

    def address(self) -> tuple[str, int]:
        """Where a ticket leads."""
        self.open()
        return self.network.asked[-1]

    def test_it_leads_where_luxid_says(self) -> None:
        self.assertEqual(self.address(), ("192.0.2.5", 11003))
        self.instance({**VNC, "host": "0.0.0.0"}, node="node7")
        self.assertEqual(self.address(), ("node7", 11003))
        self.instance({**VNC, "host": "::"}, node="node7")
        self.assertEqual(self.address(), ("node7", 11003))
        self.instance({**VNC, "host": "br0"}, node="node7")
        self.assertEqual(self.address(), ("node7", 11003))
        self.instance({**VNC, "host": "127.0.0.1"}, node="node1")
        self.assertEqual(self.address(), ("127.0.0.1", 11003))

    def test_a_serial_line_does_not_hide_it(self) -> None:
        self.instance(SSH, vnc_bind_address="0.0.0.0")
        self.assertEqual(self.address(), ("node1", 11003))

    def test_what_only_the_node_can_reach(self) -> None:
        for host in ("127.0.0.1", "::1", "/run/vnc"):
            self.instance({**VNC, "host": host}, node="node2")
            reply = self.asked()
            self.assertEqual(reply.status, 404)
            self.assertIn("only node2 can reach", reason_of(reply.json()))

    def test_an_instance_without_one(self) -> None:
        for console in (SSH, {"instance": "web1", "kind": "msg", "message": "no"}):
            self.instance(console, vnc_bind_address="")
            reply = self.asked()
            self.assertEqual(reply.status, 404)
            self.assertIn("vnc_bind_address", reason_of(reply.json()))

    def test_an_instance_that_is_down(self) -> None:
        for running in (False, None):
            self.instance(VNC, running)
            reply = self.asked()
            self.assertEqual((reply.status, reply.headers.get("retry-after")), (503, None))

    def test_an_instance_that_is_not_there(self) -> None:
        self.daemon.answers["QueryInstances"] = [None]
        self.assertEqual(self.asked().status, 404)

    def test_who_may_read_where_it_is_may_not_open_it(self) -> None:
        reply = self.server.ask("POST", TICKET, user=READER)
        self.assertEqual(reply.status, 403)
        self.assertIn("instances.console", reply.json()["message"])

    def test_without_the_library(self) -> None:
        with mock.patch.dict("sys.modules", {"wsproto": None}):
            reply = self.asked()
        self.assertEqual(reply.status, 501)
        self.assertIn("python3-wsproto", reply.json()["message"])


class OpeningTests(ConsoleCase):
    def test_a_ticket_is_good_once(self) -> None:
        uri = self.ticket()
        first, second = self.knock(uri), self.knock(uri)
        self.assertIn(b" 101 ", first.transport.value())
        self.assertIn(b"Sec-WebSocket-Protocol: binary", first.transport.value())
        status, message = self.refused(second)
        self.assertEqual(status, 403)
        self.assertIn("POST /2/instances/web1.example.com/console/ticket", message)

    def test_it_expires(self) -> None:
        uri = self.ticket()
        self.clock.advance(30)
        self.assertEqual(self.refused(self.knock(uri))[0], 403)

    def test_it_is_for_one_instance(self) -> None:
        uri = self.ticket().replace("web1", "web2")
        self.assertEqual(self.refused(self.knock(uri))[0], 403)

    def test_one_that_was_made_up(self) -> None:
        for ticket in ("x", "%ff", "ticket" * 100):
            self.assertEqual(self.refused(self.knock(f"{SOCKET}?ticket={ticket}"))[0], 403)
        self.assertEqual(self.refused(self.knock(SOCKET))[0], 400)
        self.assertEqual(self.network.asked, [])

    def test_what_is_no_handshake_leaves_it_good(self) -> None:
        uri = self.ticket()
        for headers, status in (
            ({"Upgrade": "h2c"}, 426),
            ({"Sec-WebSocket-Version": "8"}, 426),
            ({"Sec-WebSocket-Key": "x"}, 400),
            ({"Content-Length": "5", "Content-Type": "application/json"}, 400),
        ):
            self.assertEqual(self.refused(self.knock(uri, **headers))[0], status, headers)
        self.assertIn(b" 101 ", self.knock(uri).transport.value())

    def test_credentials_do_not_matter_there(self) -> None:
        connection = self.knock(self.ticket(), Authorization="Basic bm9uc2Vuc2U=")
        self.assertIn(b" 101 ", connection.transport.value())

    def test_a_server_that_refuses(self) -> None:
        self.network.refusal = fail(ConnectionRefusedError(111, "refused"))
        status, message = self.refused(self.knock(self.ticket()))
        self.assertEqual(status, 502)
        self.assertIn("192.0.2.5 port 11003", message)
        begun, ended = self.audit()
        self.assertEqual((begun["stage"], ended["status"]), ("begun", 502))

    def test_a_server_that_is_silent(self) -> None:
        self.network.refusal = Deferred()
        connection = self.knock(self.ticket())
        self.clock.advance(PATIENCE)
        self.assertEqual(self.refused(connection)[0], 504)

    def test_a_client_that_does_not_wait_for_it(self) -> None:
        cancelled: list[object] = []
        self.network.refusal = Deferred(cancelled.append)
        self.knock(self.ticket()).lose()
        self.assertEqual(len(cancelled), 1)
        self.assertEqual(self.audit()[-1]["status"], 499)


class RightsTests(ConsoleCase):
    """A user loses the right to what a login before had opened."""

    def setUp(self) -> None:
        self.users = users_file(USERS)
        self.options = {"users": self.users}
        super().setUp()

    def grant(self, options: str) -> None:
        self.users.accounts = users_file(f"admin sesame {options}\n").accounts

    def test_before_the_ticket_is_used(self) -> None:
        for options in ("read", "-instances.console"):
            uri = self.ticket()
            self.grant(options)
            status, message = self.refused(self.knock(uri))
            self.assertEqual(status, 403)
            self.assertIn("instances.console", message)
            self.grant("write")
        uri = self.ticket()
        self.users.accounts = {}
        self.assertEqual(self.refused(self.knock(uri))[0], 403)

    def test_while_the_console_is_open(self) -> None:
        connection = self.open()
        self.grant("write")
        self.clock.advance(PING_SECONDS)
        self.shown(connection)
        self.assertFalse(self.frames.closed_by_peer)
        self.grant("read")
        self.clock.advance(PING_SECONDS)
        self.shown(connection)
        self.assertIn("1008", self.frames.complaint)
        self.assertTrue(self.network.transports[0].disconnecting)

    def test_scopes_that_change_are_judged_anew(self) -> None:
        self.grant("@operator:name=web*")
        self.daemon.answers["Query"] = {
            "fields": [],
            "data": [[[0, each] for each in ("web1.example.com", "u", [], "node1", "default")]],
        }
        connection = self.open()
        self.grant("@operator:name=db*")
        self.clock.advance(PING_SECONDS)
        self.shown(connection)
        self.assertIn("1008", self.frames.complaint)


class SecrecyTests(ConsoleCase):
    """No log has a ticket that might be good."""

    def setUp(self) -> None:
        self.access_path = Path(self.mktemp())
        self.options = {"access_log": LogFile(str(self.access_path))}
        self.events = captured_log(self)
        super().setUp()

    def test_neither_used_nor_unused(self) -> None:
        used, unused = self.ticket(), self.ticket()
        self.knock(unused, Upgrade="h2c").lose()
        self.knock(used).send(self.frames.close())
        logged = " ".join(formatEvent(event) for event in self.events)
        logs = self.access_path.read_text() + self.audit_path.read_text() + logged
        self.assertEqual(logs.count(f"{SOCKET}?ticket=..."), 3)
        for uri in (used, unused):
            self.assertNotIn(uri.partition("=")[2], logs)


@implementer(ITCPTransport)
class TcpTransport(VncTransport):
    """One that has the options of TCP. ``options`` are those that were set."""

    def __init__(self, host: IAddress) -> None:
        super().__init__(hostAddress=host)
        self.options: list[str] = []

    def setTcpNoDelay(self, _: bool) -> None:
        self.options.append("no delay")

    def setTcpKeepAlive(self, _: bool) -> None:
        self.options.append("keep alive")


class ServerTests(SynchronousTestCase):
    def options(self, host: IAddress) -> list[str]:
        transport = TcpTransport(host)
        Server().makeConnection(transport)
        return transport.options

    def test_a_node_that_dies_is_noticed(self) -> None:
        here = IPv4Address("TCP", "192.0.2.1", 40001)
        self.assertEqual(self.options(here), ["no delay", "keep alive"])

    def test_a_unix_socket_has_no_options_of_tcp(self) -> None:
        """Though Twisted 22.4 says that it is TCP's."""
        self.assertEqual(self.options(UNIXAddress("/consoles")), [])


class LimitTests(ConsoleCase):
    options = {"limits": SiteLimits(user_consoles=2)}

    def test_of_one_user(self) -> None:
        first, _ = self.open(), self.open()
        status, message = self.refused(self.knock(self.ticket()))
        self.assertEqual(status, 429)
        self.assertIn("open consoles", message)
        first.lose()
        self.open()


class TunnelTests(ConsoleCase):
    def setUp(self) -> None:
        super().setUp()
        self.connection = self.open()
        self.vnc, self.to_vnc = self.network.protocols[0], self.network.transports[0]

    def test_interface(self) -> None:
        verifyObject(IPushProducer, self.vnc)
        assert self.vnc.tunnel is not None
        self.assertIsInstance(self.vnc.tunnel, Tunnel)
        verifyObject(IPushProducer, self.vnc.tunnel)

    def send(self, payload: bytes) -> None:
        self.connection.send(self.frames.message(payload))

    def test_it_is_counted(self) -> None:
        self.vnc.dataReceived(GREETING)
        self.send(b"four")
        counted = self.server.site.tally.snapshot()
        self.assertEqual(counted.gauges["consoles",], 1)
        self.assertEqual(counted.counts["console_bytes", "sent"], len(GREETING))
        self.assertEqual(counted.counts["console_bytes", "received"], 4)
        self.connection.send(self.frames.close())
        self.assertEqual(self.server.site.tally.snapshot().gauges["consoles",], 0)

    def test_bytes_go_both_ways(self) -> None:
        self.vnc.dataReceived(GREETING)
        self.assertEqual(self.shown(self.connection), GREETING)
        self.send(GREETING)
        self.send(b"\1")
        self.assertEqual(self.to_vnc.value(), GREETING + b"\1")

    def test_frames_that_came_with_the_head(self) -> None:
        uri = self.ticket()
        frames = Frames(client=True)
        with mock.patch.object(Connection, "send", _and(frames.message(b"early"))):
            self.knock(uri)
        self.assertEqual(self.network.transports[-1].value(), b"early")

    def test_a_client_that_is_behind_holds_the_server(self) -> None:
        self.connection.channel.pauseProducing()
        self.assertEqual(self.to_vnc.producerState, "paused")
        self.connection.channel.resumeProducing()
        self.assertEqual(self.to_vnc.producerState, "producing")

    def test_a_server_that_is_behind_holds_the_client(self) -> None:
        self.vnc.pauseProducing()
        self.assertEqual(self.connection.transport.producerState, "paused")
        self.connection.channel.pauseProducing()
        self.connection.channel.resumeProducing()
        self.assertEqual(self.connection.transport.producerState, "paused")
        self.vnc.resumeProducing()
        self.assertEqual(self.connection.transport.producerState, "producing")

    def test_many_short_frames_are_read_in_turns(self) -> None:
        self.connection.send(self.frames.message(b"x") * (2 * SLICE // 7))
        taken = len(self.to_vnc.value())
        self.assertLess(taken, 2 * SLICE // 7)
        self.assertEqual(self.connection.transport.producerState, "paused")
        self.send(b"last")
        self.clock.pump([0.0] * 5)
        self.assertTrue(self.to_vnc.value().endswith(b"xlast"))
        self.assertEqual(len(self.to_vnc.value()), 2 * SLICE // 7 + 4)
        self.assertEqual(self.connection.transport.producerState, "producing")

    def test_who_leaves_in_the_middle_of_them(self) -> None:
        self.connection.send(self.frames.message(b"x") * SLICE)
        self.connection.lose()
        self.clock.advance(CLOSING)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_who_asks_and_does_not_read_is_held(self) -> None:
        self.connection.channel.pauseProducing()
        self.connection.send(self.frames.ping())
        self.assertEqual(self.connection.transport.producerState, "paused")
        self.connection.channel.resumeProducing()
        self.assertEqual(self.connection.transport.producerState, "producing")

    def end(self) -> dict[str, Any]:
        """The end as the audit log has it."""
        begun, ended = self.audit()
        for line in (begun, ended):
            self.assertEqual((line["user"], line["auth"]), ("admin", "ticket"))
            self.assertEqual(line["objects"], {"instance_name": "web1.example.com"})
        self.assertEqual((begun["stage"], ended["stage"]), ("begun", "ended"))
        self.assertEqual(self.connection.channel.request, None)
        return ended

    def test_the_client_closes_it(self) -> None:
        self.vnc.dataReceived(GREETING)
        self.send(b"keys")
        self.clock.pump([1.0] * 7)
        self.connection.send(self.frames.close())
        self.assertEqual(self.shown(self.connection), GREETING)
        self.assertTrue(self.frames.closed_by_peer)
        self.assertTrue(self.connection.closed and self.to_vnc.disconnecting)
        end = self.end()
        self.assertEqual((end["status"], end["seconds"]), (101, 7))
        self.assertEqual((end["sent"], end["received"]), (len(GREETING), 4))
        self.assertEqual(end["message"], "the client closed it")

    def test_the_client_leaves_without_a_word(self) -> None:
        self.connection.lose()
        self.assertTrue(self.to_vnc.disconnecting)
        end = self.end()
        self.assertEqual((end["status"], end["message"]), (101, "the client left"))

    def test_the_client_breaks_the_protocol(self) -> None:
        self.connection.send(b"\x83\x80\0\0\0\0")
        self.assertTrue(self.connection.closed and self.to_vnc.disconnecting)
        self.assertIn("1002", self.end()["message"])

    def test_the_server_closes_it(self) -> None:
        self.vnc.dataReceived(b"last words")
        self.vnc.connectionLost(Failure(ConnectionDone()))
        self.assertEqual(self.shown(self.connection), b"last words")
        self.assertEqual((self.frames.closed_by_peer, self.frames.complaint), (True, ""))
        self.assertFalse(self.connection.closed)
        self.connection.send(self.frames.take_replies())
        self.assertTrue(self.connection.closed)
        self.assertEqual(self.end()["message"], "the VNC server closed it")

    def test_the_connection_to_the_server_breaks(self) -> None:
        self.vnc.connectionLost(Failure(ConnectionLost()))
        self.shown(self.connection)
        self.assertIn("1011", self.frames.complaint)

    def test_a_client_that_does_not_say_farewell(self) -> None:
        self.vnc.connectionLost(Failure(ConnectionDone()))
        self.clock.pump([1.0] * int(FAREWELL + 1))
        self.assertTrue(self.connection.transport.disconnected)

    def test_a_client_that_goes_on_talking(self) -> None:
        self.vnc.connectionLost(Failure(ConnectionDone()))
        for _ in range(int(FAREWELL + 1)):
            self.send(b"more")
            self.clock.advance(1)
        self.assertTrue(self.connection.transport.disconnected)

    def test_a_server_that_does_not_take_the_rest(self) -> None:
        self.connection.send(self.frames.close())
        self.clock.advance(CLOSING)
        self.assertTrue(self.to_vnc.aborted)

    def test_a_client_is_asked_whether_it_is_there(self) -> None:
        for _ in range(8):
            self.clock.pump([1.0] * int(PING_SECONDS))
            self.shown(self.connection)
            self.connection.send(self.frames.take_replies())
        self.assertFalse(self.connection.transport.disconnected)
        self.clock.pump([1.0] * int(SILENCE))
        self.assertTrue(self.connection.transport.disconnected)

    def test_one_that_is_held_need_not_answer(self) -> None:
        self.vnc.pauseProducing()
        self.clock.pump([1.0] * int(3 * SILENCE))
        self.assertFalse(self.connection.transport.disconnected)

    def test_a_slow_reader_has_time_while_it_reads(self) -> None:
        flow = self.connection.channel.flow
        self.connection.channel.pauseProducing()
        with mock.patch.object(flow, "taken", return_value=2**20):
            self.clock.pump([1.0] * int(3 * SILENCE))
            self.assertFalse(self.connection.transport.disconnected)
        with mock.patch.object(flow, "taken", return_value=0):
            self.clock.pump([1.0] * int(SILENCE))
            self.assertTrue(self.connection.transport.disconnected)

    def test_the_daemon_ends(self) -> None:
        drained = self.server.site.drain()
        self.shown(self.connection)
        self.assertEqual(self.frames.complaint, "")  # 1001, which is a good end
        self.assertTrue(self.to_vnc.disconnecting)
        self.assertNoResult(drained)
        self.connection.send(self.frames.take_replies())
        self.assertTrue(self.connection.closed)
        self.connection.lose()
        self.successResultOf(drained)
        self.assertEqual(self.end()["message"], "the daemon ends")


def _and(more: bytes) -> Any:
    """In place of `Connection.send`, which sends more in the same piece."""
    send = Connection.send
    return lambda self, data: send(self, data + more)
