"""One connection to the job daemon, and the pool of them."""

from __future__ import annotations

import errno
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectError, ConnectionRefusedError
from twisted.internet.interfaces import IProtocol
from twisted.internet.testing import MemoryReactorClock, StringTransportWithDisconnection
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from ganeti_rapi.errors import (
    JobDaemonError,
    LuxiError,
    LuxiLineFull,
    LuxiMessageTooLarge,
    LuxiProtocolError,
    LuxiTimeout,
    LuxiTooManyCalls,
    LuxiUnreachable,
)
from ganeti_rapi.luxi import rows
from ganeti_rapi.luxi.codec import MAX_MESSAGE_SIZE, Request, encode_error, encode_result
from ganeti_rapi.luxi.connection import LuxiConnection
from ganeti_rapi.luxi.pool import Limits, LuxiPool
from test.luxi_doubles import FarSide, Peer

PATH = "/run/ganeti/socket/ganeti-query"

NO_SOCKET = ConnectError(errno.ENOENT)
NOBODY_LISTENS = ConnectionRefusedError(errno.ECONNREFUSED)

GARBAGE = b'{"success": true}\x03'


def connect(max_message_size: int = MAX_MESSAGE_SIZE) -> tuple[LuxiConnection, Peer]:
    connection = LuxiConnection(max_message_size)
    transport = StringTransportWithDisconnection()
    transport.protocol = connection
    connection.makeConnection(transport)
    return connection, Peer(transport)


class ConnectionTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.connection, self.peer = connect()

    def assert_dropped(self) -> None:
        self.assertFalse(self.connection.usable)
        self.assertFalse(self.peer.connected)

    def test_interface(self) -> None:
        verifyObject(IProtocol, self.connection)

    def test_a_call_and_its_result(self) -> None:
        call = self.connection.call("QueryJobs", [[1], ["id"]])
        self.assertNoResult(call)
        self.assertEqual(self.peer.requests(), [Request("QueryJobs", [[1], ["id"]])])
        self.peer.answer([[1]])
        self.assertEqual(self.successResultOf(call), [[1]])
        self.assertTrue(self.connection.usable)

    def test_one_after_the_other(self) -> None:
        for number in range(3):
            call = self.connection.call("QueryTags", ["cluster", number])
            self.peer.answer(number)
            self.assertEqual(self.successResultOf(call), number)
        self.assertEqual(self.connection.calls, 3)

    def test_the_next_call_from_within_the_reply(self) -> None:
        first = self.connection.call("QueryTags", [])
        second = first.addCallback(lambda _: self.connection.call("QueryClusterInfo", []))
        self.peer.answer(1)
        self.peer.answer(2)
        self.assertEqual(self.successResultOf(second), 2)

    def test_one_at_a_time(self) -> None:
        self.connection.call("QueryTags", [])
        self.assertRaises(AssertionError, self.connection.call, "QueryTags", [])

    @given(st.data())
    def test_a_reply_in_pieces(self, data: st.DataObject) -> None:
        connection, peer = connect()
        call = connection.call("QueryTags", ["cluster", ""])
        reply = encode_result(["tag", "ü"])
        cuts = sorted(data.draw(st.lists(st.integers(0, len(reply)))))
        pieces = [reply[start:end] for start, end in zip([0, *cuts], [*cuts, len(reply)])]
        for piece in filter(None, pieces):  # transports deliver no empty ones
            peer.send(piece)
        self.assertEqual(self.successResultOf(call), ["tag", "ü"])

    def test_the_daemon_says_no(self) -> None:
        call = self.connection.call("QueryTags", [])
        self.peer.send(encode_error(["OpPrereqError", ["unknown", "unknown_entity"]]))
        error = self.failureResultOf(call, JobDaemonError).value
        self.assertEqual(error.classification, "unknown_entity")
        self.assertTrue(self.connection.usable)

    def test_the_daemon_hangs_up_before_it_answers(self) -> None:
        call = self.connection.call("QueryTags", [])
        self.peer.hang_up()
        error = self.failureResultOf(call, LuxiUnreachable).value
        self.assertIn("closed the connection before it answered", str(error))
        self.assertFalse(self.connection.usable)

    def test_the_daemon_hangs_up_in_the_middle_of_a_reply(self) -> None:
        call = self.connection.call("QueryTags", [])
        self.peer.send(encode_result("long")[:-1])
        self.peer.hang_up()
        self.failureResultOf(call, LuxiUnreachable)

    def test_the_daemon_hangs_up_while_nothing_is_asked(self) -> None:
        self.peer.hang_up()
        self.assertFalse(self.connection.usable)

    def test_replies_that_are_none(self) -> None:
        for garbage in (GARBAGE, b"nonsense\x03", b"[]\x03", b"\xff\x03", b"\x03"):
            self.connection, self.peer = connect()
            call = self.connection.call("QueryTags", [])
            self.peer.send(garbage)
            self.failureResultOf(call, LuxiProtocolError)
            self.assert_dropped()

    def test_a_reply_over_the_limit(self) -> None:
        for excess in (b"12345", b"12345\x03"):
            self.connection, self.peer = connect(4)
            call = self.connection.call("QueryTags", [])
            self.peer.send(b"1234")
            self.assertNoResult(call)
            self.peer.send(excess)
            self.failureResultOf(call, LuxiMessageTooLarge)
            self.assert_dropped()

    def test_a_reply_that_nobody_asked_for(self) -> None:
        for unasked in (encode_result("stray"), b"{"):
            self.connection, self.peer = connect()
            self.peer.send(unasked)
            self.assert_dropped()

    def test_more_than_one_reply(self) -> None:
        for excess in (encode_result("stray"), b"{", b"\x03"):
            self.connection, self.peer = connect()
            first = self.connection.call("QueryTags", [])
            answers: list[Any] = []  # Any: a result
            first.addCallback(lambda _: self.connection.call("QueryJobs", []))
            first.addCallback(answers.append)
            self.peer.send(encode_result("mine") + excess)
            self.failureResultOf(first, LuxiProtocolError)
            self.assertEqual(answers, [])
            self.assert_dropped()

    def test_cancelling_drops_the_connection(self) -> None:
        call = self.connection.call("QueryTags", [])
        call.cancel()
        self.failureResultOf(call, CancelledError)
        self.assert_dropped()

    def test_what_cannot_be_sent_leaves_the_connection_as_it_was(self) -> None:
        self.assertRaises(TypeError, self.connection.call, "QueryTags", [object()])
        self.assertEqual(self.peer.requests(), [])
        call = self.connection.call("QueryTags", [])
        self.peer.answer([])
        self.assertEqual(self.successResultOf(call), [])


class PoolTestCase(SynchronousTestCase):
    """A pool of two connections, and the job daemon's side in the test's hand."""

    limits = Limits(connections=2, acquire=10, call=100, read=80, idle=60, message_size=1000)

    def setUp(self) -> None:
        self.clock = MemoryReactorClock()
        self.luxid = FarSide(self.clock)
        self.pool = LuxiPool(self.clock, PATH, self.limits)
        self.addCleanup(self.assert_nothing_is_left)

    def assert_nothing_is_left(self) -> None:
        self.pool.close()
        self.assertEqual((self.pool.open, self.pool.waiting), (0, 0))
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(self.luxid.knocking, 0)

    def call(
        self, method: str = "QueryTags", *args: object, timeout: float | None = None
    ) -> Deferred[Any]:  # Any: the method's own result
        return Deferred.fromCoroutine(self.pool.call(method, *args, timeout=timeout))

    def served(self, call: Deferred[Any], peer: Peer, result: object = None) -> None:
        """Answer the call that waits at the peer; it must be this one."""
        self.assertEqual(len(peer.requests()), 1)
        peer.answer(result)
        self.assertEqual(self.successResultOf(call), result)

    def kept_connection(self) -> Peer:
        """A connection that has served a call, and is kept."""
        call = self.call()
        peer = self.luxid.accept()
        self.served(call, peer)
        return peer

    def error_of(self, call: Deferred[Any], kind: type[LuxiError]) -> str:
        return str(self.failureResultOf(call, kind).value)


class CallTests(PoolTestCase):
    def test_nothing_is_opened_before_it_is_needed(self) -> None:
        self.assertEqual((self.luxid.attempts, self.pool.open), (0, 0))

    def test_a_call_and_its_result(self) -> None:
        call = self.call("QueryTags", "cluster", "")
        self.assertEqual(self.clock.unixClients[0][0], PATH)
        peer = self.luxid.accept()
        self.assertEqual(peer.requests(), [Request("QueryTags", ["cluster", ""])])
        self.assertNoResult(call)
        peer.answer(["a"])
        self.assertEqual(self.successResultOf(call), ["a"])

    def test_a_connection_is_used_again(self) -> None:
        peer = self.kept_connection()
        self.served(self.call(), peer)
        self.assertEqual((self.luxid.attempts, self.pool.open), (1, 1))

    def test_after_the_daemon_said_no_it_is_used_again(self) -> None:
        call = self.call()
        peer = self.luxid.accept()
        peer.requests()
        peer.send(encode_error(["JobQueueFull", []]))
        self.failureResultOf(call, JobDaemonError)
        self.served(self.call(), peer)

    def test_after_garbage_it_is_not(self) -> None:
        for garbage in (GARBAGE, b"x" * 1001):
            call = self.call()
            peer = self.luxid.accept()
            peer.send(garbage)
            self.failureResultOf(call, LuxiProtocolError)
            self.assertFalse(peer.connected)
            self.assertEqual(self.pool.open, 0)

    def test_after_a_reply_that_nobody_asked_for_it_is_not(self) -> None:
        peer = self.kept_connection()
        peer.answer("stray")
        self.assertEqual(self.pool.open, 0)
        self.served(self.call(), self.luxid.accept())

    def test_a_stray_reply_never_answers_the_next_in_line(self) -> None:
        calls = [self.call() for _ in range(3)]
        peers = [self.luxid.accept(), self.luxid.accept()]
        peers[0].send(encode_result("mine") + encode_result("stray"))
        self.assertNoResult(calls[2])
        self.failureResultOf(calls[0], LuxiProtocolError)
        self.served(calls[2], self.luxid.accept())
        self.served(calls[1], peers[1])

    def test_what_cannot_be_sent_costs_no_connection(self) -> None:
        peer = self.kept_connection()
        self.failureResultOf(self.call("QueryTags", object()), TypeError)
        self.served(self.call(), peer)


class RowsTests(PoolTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.patch(rows, "LARGE", 10)
        self.patch(rows, "SLICE", 30)

    def test_many_come_in_slices_and_others_get_a_turn_between(self) -> None:
        names = [[f"node{number}.example.com"] for number in range(10)]
        came: list[list[list[str]]] = []

        async def read() -> None:
            async for some in self.pool.rows("QueryNodes", [], ["name"]):
                came.append(some)

        reading = Deferred.fromCoroutine(read())
        self.luxid.accept().answer(names)
        self.assertEqual(len(came), 1)
        self.clock.advance(0)
        self.successResultOf(reading)
        self.assertGreater(len(came), 3)
        self.assertEqual([row for some in came for row in some], names)

    def test_so_does_the_table_that_a_query_answers(self) -> None:
        fields = [{"name": "name"}]
        data = [[[0, f"node{number}.example.com"]] for number in range(10)]
        came: list[Any] = []

        async def read() -> None:
            async for part in self.pool.on_behalf_of("ann").table("node", ["name"], None):
                came.append(part)

        reading = Deferred.fromCoroutine(read())
        peer = self.luxid.accept()
        self.assertEqual(peer.requests(), [Request("Query", ["node", ["name"], None])])
        peer.answer({"fields": fields, "data": data})
        self.assertEqual(came, [fields])
        self.clock.advance(0)
        self.successResultOf(reading)
        self.assertGreater(len(came), 3)
        self.assertEqual([row for some in came[1:] for row in some], data)


class LineTests(PoolTestCase):
    def test_the_rest_waits_in_line(self) -> None:
        calls = [self.call("QueryTags", number) for number in range(5)]
        self.assertEqual((self.luxid.attempts, self.pool.open, self.pool.waiting), (2, 2, 3))
        peers = [self.luxid.accept(), self.luxid.accept()]
        for number, call in enumerate(calls):
            peer = peers[number % 2]
            self.assertEqual(peer.requests(), [Request("QueryTags", [number])])
            peer.answer(number)
            self.assertEqual(self.successResultOf(call), number)
        self.assertEqual((self.luxid.attempts, self.pool.open, self.pool.waiting), (2, 2, 0))

    def test_a_lost_connection_makes_room_for_a_new_one(self) -> None:
        calls = [self.call() for _ in range(3)]
        peer, lost = self.luxid.accept(), self.luxid.accept()
        lost.hang_up()
        self.failureResultOf(calls[1], LuxiUnreachable)
        self.served(calls[2], self.luxid.accept())
        self.served(calls[0], peer)

    def test_a_failed_attempt_makes_room_for_another(self) -> None:
        calls = [self.call() for _ in range(4)]
        self.luxid.refuse(NOBODY_LISTENS)
        self.failureResultOf(calls[0], LuxiUnreachable)
        peer = self.luxid.accept()
        self.served(calls[1], peer)
        self.served(calls[3], peer)
        self.served(calls[2], self.luxid.accept())

    def test_nobody_waits_in_line_for_ever(self) -> None:
        calls = [self.call() for _ in range(3)]
        peers = [self.luxid.accept(), self.luxid.accept()]
        self.clock.advance(9)
        self.assertNoResult(calls[2])
        self.clock.advance(1)
        text = self.error_of(calls[2], LuxiTimeout)
        self.assertEqual(text, "All 2 connections to the job daemon are busy")
        self.assertEqual(self.pool.waiting, 0)
        for call, peer in zip(calls, peers):
            self.served(call, peer)

    def test_cancelled_in_line(self) -> None:
        calls = [self.call("QueryTags", number) for number in range(4)]
        peers = [self.luxid.accept(), self.luxid.accept()]
        calls[2].cancel()
        self.failureResultOf(calls[2], CancelledError)
        self.assertEqual(self.pool.waiting, 1)
        self.served(calls[0], peers[0])
        self.assertEqual(peers[0].requests(), [Request("QueryTags", [3])])
        peers[0].answer(None)
        self.successResultOf(calls[3])
        self.served(calls[1], peers[1])

    @given(st.lists(st.sampled_from(["call", "answer", "refuse", "hang up", "cancel"])))
    def test_never_more_than_the_limit_and_none_lost(self, events: list[str]) -> None:
        self.setUp()
        calls: list[Deferred[Any]] = []
        peers: list[Peer] = []
        for event in [*events, *["answer"] * 2 * len(events)]:
            if event == "call":
                calls.append(self.call().addErrback(lambda failure: failure.trap(*ENDS)))
            elif event == "cancel" and calls:
                calls[len(calls) // 2].cancel()
            elif event == "refuse" and self.luxid.knocking:
                self.luxid.refuse(NOBODY_LISTENS)
            else:
                peers += [self.luxid.accept() for _ in range(self.luxid.knocking)]
                asked = [peer for peer in peers if peer.connected and peer.transport.value()]
                for peer in asked[:1]:
                    peer.requests()
                    peer.answer(None) if event == "answer" else peer.hang_up()
            connected = sum(peer.connected for peer in peers)
            self.assertLessEqual(connected + self.luxid.knocking, self.limits.connections)
            self.assertLessEqual(self.pool.open, self.limits.connections)
        for call in calls:
            self.successResultOf(call)
        self.assert_nothing_is_left()


ENDS = (CancelledError, LuxiUnreachable)


class UsersTests(PoolTestCase):
    limits = Limits(connections=4, share=2, line=3, line_each=2, read=30, acquire=30)

    def ask(self, who: str, tag: str = "") -> Deferred[Any]:  # Any: the method's own result
        return Deferred.fromCoroutine(self.pool.on_behalf_of(who).call("QueryTags", tag))

    def test_one_user_leaves_connections_to_others(self) -> None:
        first = [self.ask("ann") for _ in range(3)]
        self.assertEqual((self.luxid.attempts, self.pool.waiting), (2, 1))
        other = self.ask("bob")
        peers = [self.luxid.accept() for _ in range(3)]
        self.served(other, peers[2])
        self.served(first[0], peers[0])
        self.served(first[2], peers[0])
        self.served(first[1], peers[1])

    def test_rows_are_asked_for_on_behalf_of_a_user_too(self) -> None:
        came: list[list[list[str]]] = []

        async def read() -> None:
            async for some in self.pool.on_behalf_of("ann").rows("QueryNodes", [], ["name"]):
                came.append(some)

        under_way = [self.ask("ann"), self.ask("ann")]
        reading = Deferred.fromCoroutine(read())
        self.assertEqual(self.pool.waiting, 1)
        peers = [self.luxid.accept(), self.luxid.accept()]
        self.served(under_way[0], peers[0])
        peers[0].answer([["node1"]])
        self.successResultOf(reading)
        self.assertEqual(came, [[["node1"]]])
        self.served(under_way[1], peers[1])

    def test_a_user_who_waits_too_long_is_told_whose_requests_are_in_the_way(self) -> None:
        calls = [self.ask("ann") for _ in range(3)]
        for _ in range(2):
            self.luxid.accept()
        self.clock.advance(30)
        text = self.error_of(calls[2], LuxiTimeout)
        self.assertEqual(text, "All 2 connections that one user may hold are busy")
        for call in calls[:2]:
            self.error_of(call, LuxiTimeout)

    def test_whoever_finds_no_room_in_the_line_is_told_at_once(self) -> None:
        calls = [self.ask("ann") for _ in range(4)] + [self.ask("bob") for _ in range(3)]
        self.error_of(self.ask("ann"), LuxiTooManyCalls)
        text = self.error_of(self.ask("bob"), LuxiLineFull)
        self.assertEqual(text, "3 requests wait for the job daemon already")
        for call in calls:
            call.cancel()
            self.failureResultOf(call, CancelledError)


class SilentTests(PoolTestCase):
    """A job daemon that accepts connections and answers nothing."""

    limits = Limits(connections=1, read=30, acquire=30, call=180)

    def test_a_write_has_its_own_limit_once_it_is_sent(self) -> None:
        call = self.call("SubmitJob", [])
        self.clock.advance(20)
        self.luxid.accept()
        self.clock.advance(179.5)
        self.assertNoResult(call)
        self.clock.advance(0.5)
        self.assertIn("Look at the job list", self.error_of(call, LuxiTimeout))

    def test_a_reply_without_end_takes_no_longer(self) -> None:
        call = self.call()
        peer = self.luxid.accept()
        for _ in range(59):
            peer.send(b"[")
            self.clock.advance(0.5)
        self.assertNoResult(call)
        self.clock.advance(0.5)
        self.error_of(call, LuxiTimeout)
        self.assertFalse(peer.connected)


class ConnectingTests(PoolTestCase):
    def test_no_socket(self) -> None:
        call = self.call()
        self.luxid.refuse(NO_SOCKET)
        text = self.error_of(call, LuxiUnreachable)
        self.assertIn(f"Can't connect to the job daemon at {PATH}: No such file", text)
        self.assertIn("Is ganeti-luxid running on this node, and is this the master node?", text)

    def test_nobody_listens(self) -> None:
        call = self.call()
        self.luxid.refuse(NOBODY_LISTENS)
        self.assertIn("Connection refused", self.error_of(call, LuxiUnreachable))

    def test_a_connection_that_is_never_accepted(self) -> None:
        call = self.call()
        self.clock.advance(9.5)
        self.assertNoResult(call)
        self.clock.advance(0.5)
        self.assertIn("accepted no connection in time", self.error_of(call, LuxiTimeout))
        self.assertEqual(self.luxid.knocking, 0)

    def test_the_line_and_connecting_have_one_limit_together(self) -> None:
        calls = [self.call() for _ in range(3)]
        kept = self.luxid.accept()
        lost = self.luxid.accept()
        self.clock.advance(6)
        lost.hang_up()
        self.failureResultOf(calls[1], LuxiUnreachable)
        self.clock.advance(4)
        self.error_of(calls[2], LuxiTimeout)
        self.served(calls[0], kept)

    def test_cancelled_while_connecting(self) -> None:
        call = self.call()
        call.cancel()
        self.failureResultOf(call, CancelledError)
        self.assertEqual((self.luxid.knocking, self.pool.open), (0, 0))


class ManyConnectingTests(PoolTestCase):
    limits = Limits(connections=6, acquire=10)

    def test_few_are_opened_at_the_same_time(self) -> None:
        calls = [self.call() for _ in range(6)]
        self.assertEqual(self.luxid.attempts, 4)
        peers = [self.luxid.accept()]
        self.assertEqual(self.luxid.attempts, 5)
        peers += [self.luxid.accept() for _ in range(5)]
        for call, peer in zip(calls, peers):
            self.served(call, peer)

    def test_waiting_for_ones_turn_to_connect_has_the_same_limit(self) -> None:
        calls = [self.call() for _ in range(6)]
        self.clock.advance(10)
        for call in calls:
            self.error_of(call, LuxiTimeout)

    def test_cancelled_before_ones_turn_to_connect(self) -> None:
        calls = [self.call() for _ in range(6)]
        calls[4].cancel()
        self.failureResultOf(calls[4], CancelledError)
        del calls[4]
        for call in calls:
            self.served(call, self.luxid.accept())


class InFlightTests(PoolTestCase):
    def test_a_call_that_takes_too_long(self) -> None:
        for method, limit in (("QueryTags", 80), ("CancelJob", 100)):
            call = self.call(method)
            peer = self.luxid.accept()
            self.clock.advance(limit - 0.5)
            self.assertNoResult(call)
            self.clock.advance(0.5)
            text = self.error_of(call, LuxiTimeout)
            self.assertIn(f"The job daemon did not answer {method} in time", text)
            self.assertFalse(peer.connected)
            self.assertEqual(self.pool.open, 0)

    def test_a_read_has_one_limit_for_all_together(self) -> None:
        first, second = self.call(), self.call()
        peers = self.luxid.accept(), self.luxid.accept()
        call = self.call()
        self.clock.advance(9)
        self.served(first, peers[0])
        self.assertEqual(len(peers[0].requests()), 1)
        self.clock.advance(70.5)
        self.assertNoResult(call)
        self.clock.advance(0.5)
        self.error_of(call, LuxiTimeout)
        self.error_of(second, LuxiTimeout)

    def test_the_second_try_of_a_read_has_the_rest_of_the_time(self) -> None:
        peer = self.kept_connection()
        call = self.call()
        self.clock.advance(50)
        peer.hang_up()
        self.luxid.accept()
        self.clock.advance(30)
        self.error_of(call, LuxiTimeout)

    def test_a_limit_of_its_own(self) -> None:
        call = self.call("WaitForJobChange", timeout=5)
        self.luxid.accept()
        self.clock.advance(5)
        self.error_of(call, LuxiTimeout)

    def test_the_time_to_connect_does_not_count(self) -> None:
        call = self.call(timeout=5)
        self.clock.advance(4)
        peer = self.luxid.accept()
        self.clock.advance(4)
        self.served(call, peer)

    def test_cancelled_in_flight(self) -> None:
        call = self.call()
        peer = self.luxid.accept()
        call.cancel()
        self.failureResultOf(call, CancelledError)
        self.assertFalse(peer.connected)
        self.assertEqual(self.pool.open, 0)

    def test_a_new_connection_that_breaks_is_not_tried_again(self) -> None:
        call = self.call()
        self.luxid.accept().hang_up()
        self.assertIn("before it answered", self.error_of(call, LuxiUnreachable))
        self.assertEqual(self.luxid.attempts, 1)


class KeptConnectionTests(PoolTestCase):
    def test_one_that_died_before_the_call_is_not_used(self) -> None:
        self.kept_connection().hang_up()
        self.assertEqual(self.pool.open, 0)
        self.served(self.call("SubmitJob"), self.luxid.accept())

    def test_a_call_that_only_reads_is_sent_once_more(self) -> None:
        for method in ("QueryTags", "QueryJobs", "WaitForJobChange"):
            peer = self.kept_connection()
            call = self.call(method, 1)
            self.assertEqual(peer.requests(), [Request(method, [1])])
            peer.hang_up()
            self.assertNoResult(call)
            peer = self.luxid.accept()
            self.assertEqual(peer.requests(), [Request(method, [1])])
            peer.answer(["a"])
            self.assertEqual(self.successResultOf(call), ["a"])
            peer.hang_up()

    def test_of_several_the_one_that_was_used_last_is_taken(self) -> None:
        """So that those that are not needed expire."""
        calls = [self.call(), self.call()]
        oldest, newest = self.luxid.accept(), self.luxid.accept()
        self.served(calls[0], oldest)
        self.served(calls[1], newest)
        self.served(self.call(), newest)

    def test_and_only_once(self) -> None:
        peer = self.kept_connection()
        call = self.call()
        peer.hang_up()
        self.luxid.accept().hang_up()
        self.error_of(call, LuxiUnreachable)
        self.assertEqual(self.luxid.attempts, 2)

    def test_on_a_connection_that_is_new(self) -> None:
        calls = [self.call(), self.call()]
        peers = [self.luxid.accept(), self.luxid.accept()]
        for call, peer in zip(calls, peers):
            self.served(call, peer)
        call = self.call()
        for peer in [peer for peer in peers if peer.requests()]:
            peer.hang_up()
        self.served(call, self.luxid.accept())

    def test_others_that_are_kept_do_not_count_on_top(self) -> None:
        calls = [self.call(), self.call()]
        peers = [self.luxid.accept(), self.luxid.accept()]
        for call, peer in zip(calls, peers):
            self.served(call, peer)
        repeated, alive, third = self.call("QueryTags", 1), self.call(), self.call()
        (dead,) = (peer for peer in peers if Request("QueryTags", [1]) in peer.requests())
        (other,) = (peer for peer in peers if peer is not dead)
        dead.hang_up()
        other.answer(None)
        self.successResultOf(alive)
        new = [self.luxid.accept() for _ in range(self.luxid.knocking)]
        self.assertLessEqual(sum(peer.connected for peer in [*peers, *new]), 2)
        self.assertLessEqual(self.pool.open, 2)
        for call, peer in zip((third, repeated), new):
            self.served(call, peer)

    def test_a_job_takes_its_place_on_a_new_one(self) -> None:
        kept = self.kept_connection()
        call = self.call("SubmitJob", [])
        self.assertEqual((kept.connected, kept.requests()), (False, []))
        self.assertEqual(self.pool.open, 1)
        new = self.luxid.accept()
        self.served(call, new, 7)
        self.served(self.call(), new)

    def test_a_job_is_not_submitted_twice(self) -> None:
        self.kept_connection()
        call = self.call("SubmitJob", [])
        self.luxid.accept().hang_up()
        text = self.error_of(call, LuxiUnreachable)
        self.assertIn("it may have received the request", text)
        self.assertIn("Look at the job list before you send it again", text)
        self.assertEqual(self.luxid.attempts, 2)

    def test_so_may_a_call_without_an_answer(self) -> None:
        call = self.call("SubmitJob", [])
        self.luxid.accept()
        self.clock.advance(100)
        text = self.error_of(call, LuxiTimeout)
        self.assertIn("did not answer SubmitJob in time", text)
        self.assertIn("Look at the job list before you send it again", text)

    def test_a_job_that_was_never_sent_was_not_submitted(self) -> None:
        call = self.call("SubmitJob", [])
        self.luxid.refuse(NO_SOCKET)
        self.assertNotIn("job list", self.error_of(call, LuxiUnreachable))

    def test_it_expires(self) -> None:
        peer = self.kept_connection()
        self.clock.advance(59)
        self.assertTrue(peer.connected)
        self.clock.advance(1)
        self.assertFalse(peer.connected)
        self.assertEqual(self.pool.open, 0)
        self.served(self.call(), self.luxid.accept())

    def test_each_expires_for_itself(self) -> None:
        calls = [self.call(), self.call()]
        first, second = self.luxid.accept(), self.luxid.accept()
        self.served(calls[0], first)
        self.clock.advance(30)
        self.served(calls[1], second)
        self.clock.advance(30)
        self.assertEqual((first.connected, second.connected), (False, True))
        self.served(self.call(), second)

    def test_use_keeps_it(self) -> None:
        peer = self.kept_connection()
        self.clock.advance(59)
        call = self.call()
        self.clock.advance(59)
        self.served(call, peer)
        self.clock.advance(59)
        self.assertTrue(peer.connected)


class CloseTests(PoolTestCase):
    def test_kept_connections_are_dropped(self) -> None:
        peer = self.kept_connection()
        self.pool.close()
        self.assertFalse(peer.connected)
        self.assertEqual(self.pool.open, 0)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_calls_under_way_are_finished_and_then_their_connections_dropped(self) -> None:
        calls = [self.call() for _ in range(3)]
        peers = [self.luxid.accept(), self.luxid.accept()]
        self.pool.close()
        self.served(calls[0], peers[0])
        self.assertFalse(peers[0].connected)
        self.served(calls[2], self.luxid.accept())
        self.served(calls[1], peers[1])
        self.assertEqual(self.pool.open, 0)

    def test_twice(self) -> None:
        self.kept_connection()
        self.pool.close()
        self.pool.close()
