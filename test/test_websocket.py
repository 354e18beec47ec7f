"""WebSockets as bytes: handshakes that are none, and frames that come in pieces of any size."""

from __future__ import annotations

import base64
from unittest import mock

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.errors import BadRequest, UpgradeRequired
from ganeti_rapi.websocket import (
    FAILED,
    GOING_AWAY,
    NORMAL,
    Frames,
    accepted,
    is_installed,
    new_key,
    proof_of,
)

KEY = b"dGhlIHNhbXBsZSBub25jZQ=="
ASKED = {
    b"upgrade": b"websocket",
    b"connection": b"keep-alive, Upgrade",
    b"sec-websocket-version": b"13",
    b"sec-websocket-key": KEY,
}

PAYLOADS = st.lists(st.binary(min_size=1, max_size=300), max_size=5)
CUTS = st.lists(st.integers(1, 40), min_size=1)


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    """The data in pieces of these sizes, which are used again and again."""
    parts, number = [], 0
    while data:
        size = cuts[number % len(cuts)]
        parts.append(data[:size])
        data, number = data[size:], number + 1
    return parts


class HandshakeTests(SynchronousTestCase):
    def test_the_example_of_the_standard(self) -> None:
        self.assertEqual(
            accepted(b"GET", ASKED),
            {
                "Upgrade": "websocket",
                "Connection": "Upgrade",
                "Sec-WebSocket-Accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
            },
        )

    def test_the_subprotocol_is_named_if_it_is_asked_for(self) -> None:
        for offered, taken in ((b"binary", "binary"), (b"base64, binary", "binary"), (b"x", None)):
            answer = accepted(b"GET", {**ASKED, b"sec-websocket-protocol": offered})
            self.assertEqual(answer.get("Sec-WebSocket-Protocol"), taken)

    def test_what_asks_for_no_websocket(self) -> None:
        for headers in (
            {},
            {**ASKED, b"upgrade": b"h2c"},
            {**ASKED, b"connection": b"keep-alive"},
            {**ASKED, b"sec-websocket-version": b"8"},
            {name: value for name, value in ASKED.items() if name != b"sec-websocket-version"},
        ):
            error = self.assertRaises(UpgradeRequired, accepted, b"GET", headers)
            self.assertEqual(error.headers["Upgrade"], "websocket")
            self.assertEqual(error.headers["Sec-WebSocket-Version"], "13")
        self.assertRaises(UpgradeRequired, accepted, b"HEAD", ASKED)
        self.assertRaises(UpgradeRequired, accepted, b"GET", ASKED, b"1.0")

    def test_a_key_that_is_none(self) -> None:
        for key in (b"", b"short", base64.b64encode(b"x" * 15), b"\xff" * 24, KEY + b" "):
            self.assertRaises(BadRequest, accepted, b"GET", {**ASKED, b"sec-websocket-key": key})

    def test_a_clients_key_is_one(self) -> None:
        keys = {new_key() for _ in range(10)}
        self.assertEqual(len(keys), 10)
        for key in keys:
            answer = accepted(b"GET", {**ASKED, b"sec-websocket-key": key})
            self.assertEqual(answer["Sec-WebSocket-Accept"], proof_of(key))

    def test_whether_the_library_is_there(self) -> None:
        self.assertTrue(is_installed())
        with mock.patch.dict("sys.modules", {"wsproto": None}):
            self.assertFalse(is_installed())


class FramesTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.server, self.client = Frames(), Frames(client=True)

    @given(PAYLOADS, CUTS, st.booleans())
    def test_payloads_arrive_whatever_the_pieces(
        self, payloads: list[bytes], cuts: list[int], to_server: bool
    ) -> None:
        ends = [Frames(client=True), Frames()]
        sender, receiver = ends if to_server else ends[::-1]
        data = b"".join(map(sender.message, payloads)) + sender.ping() + sender.close()
        got = [each for piece in pieces(data, cuts) for each in receiver.payloads(piece)]
        self.assertEqual(b"".join(got), b"".join(payloads))
        self.assertEqual((receiver.closed_by_peer, receiver.complaint), (True, ""))
        list(sender.payloads(receiver.take_replies()))
        self.assertTrue(sender.closed_by_peer)

    @given(st.binary(max_size=200), CUTS)
    def test_nonsense_ends_it_or_waits_for_more(self, data: bytes, cuts: list[int]) -> None:
        server = Frames()
        for piece in pieces(data, cuts):
            for payload in server.payloads(piece):
                self.assertTrue(payload)
        if server.closed_by_peer and server.complaint:
            client = Frames(client=True)
            list(client.payloads(server.take_replies()))
            self.assertTrue(client.closed_by_peer)

    def test_messages_of_all_lengths(self) -> None:
        for length in (1, 125, 126, 127, 65535, 65536, 70000):
            for sender, receiver in ((self.server, self.client), (self.client, self.server)):
                data = sender.message(b"x" * length)
                self.assertEqual(b"".join(receiver.payloads(data)), b"x" * length)
                self.assertFalse(receiver.closed_by_peer)

    def test_a_large_message_is_not_kept(self) -> None:
        message = self.client.message(b"x" * 100_000)
        first = b"".join(self.server.payloads(message[:50_000]))
        self.assertGreater(len(first), 49_000)

    def test_a_question_is_answered(self) -> None:
        list(self.server.payloads(self.client.ping()))
        self.assertTrue(self.server.replies)
        self.assertEqual(list(self.client.payloads(self.server.take_replies())), [])
        self.assertEqual(self.server.replies, b"")

    def test_text_is_refused(self) -> None:
        text = bytes([0x81, 0x82, 0, 0, 0, 0]) + b"hi"
        self.assertEqual(list(self.server.payloads(text)), [])
        self.assertTrue(self.server.closed_by_peer)
        self.assertEqual(self.server.complaint, "1003 messages are binary here")

    def test_what_is_not_masked_is_refused(self) -> None:
        list(self.server.payloads(Frames().message(b"x")))
        self.assertIn("1002", self.server.complaint)

    def test_after_the_end_nothing_is_said(self) -> None:
        self.assertTrue(self.server.close(GOING_AWAY, "the daemon ends"))
        self.assertEqual(self.server.close(), b"")
        self.assertEqual((self.server.message(b"x"), self.server.ping()), (b"", b""))
        list(self.server.payloads(self.client.ping() + self.client.close(NORMAL)))
        self.assertEqual((self.server.closed_by_peer, self.server.replies), (True, b""))
        self.assertEqual(list(self.server.payloads(b"more")), [])

    def test_an_end_that_was_no_good_one_is_told(self) -> None:
        list(self.client.payloads(self.server.close(FAILED, "it broke")))
        self.assertEqual(self.client.complaint, "1011 it broke")
