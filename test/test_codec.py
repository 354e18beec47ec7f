"""LUXI messages: framing, requests, replies."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi import jsontext
from ganeti_rapi.errors import JobDaemonError, LuxiMessageTooLarge, LuxiProtocolError
from ganeti_rapi.luxi.codec import (
    END_OF_MESSAGE,
    MAX_MESSAGE_SIZE,
    Framer,
    Request,
    decode_reply,
    decode_request,
    encode_error,
    encode_request,
    encode_result,
)

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
contents = st.binary(max_size=30).map(lambda data: data.replace(END_OF_MESSAGE, b""))


def cut(framer: Framer, pieces: Iterable[bytes]) -> list[bytes]:
    return [b"".join(message) for piece in pieces for message in framer.feed(piece)]


class FramerTests(SynchronousTestCase):
    def test_one_message(self) -> None:
        self.assertEqual(cut(Framer(), [b"{}\x03"]), [b"{}"])

    def test_an_unfinished_message_waits_for_its_end(self) -> None:
        framer = Framer()
        self.assertEqual(cut(framer, [b"{", b"}"]), [])
        self.assertEqual(framer.pending, 2)
        self.assertEqual(cut(framer, [b"\x03"]), [b"{}"])
        self.assertEqual(framer.pending, 0)

    def test_empty_messages_are_messages(self) -> None:
        self.assertEqual(cut(Framer(), [b"\x03\x03"]), [b"", b""])

    @given(st.lists(contents, max_size=4), contents)
    def test_cut_at_every_byte(self, messages: list[bytes], rest: bytes) -> None:
        stream = b"".join(message + END_OF_MESSAGE for message in messages) + rest
        for size in range(1, len(stream) + 1):
            framer = Framer()
            pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
            self.assertEqual(cut(framer, pieces), messages)
            self.assertEqual(framer.pending, len(rest))

    @given(st.lists(contents), st.data())
    def test_cut_anywhere(self, messages: list[bytes], data: st.DataObject) -> None:
        stream = b"".join(message + END_OF_MESSAGE for message in messages)
        cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)))))
        pieces = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)])]
        self.assertEqual(cut(Framer(), pieces), messages)

    def test_what_was_searched_once_is_not_searched_again(self) -> None:
        """That would take seconds."""
        pieces = [b"x" * 16384] * 4096
        began = time.process_time()
        self.assertEqual(cut(Framer(), [*pieces, b"\x03"]), [b"".join(pieces)])
        self.assertLess(time.process_time() - began, 1)


class SizeLimitTests(SynchronousTestCase):
    def test_a_message_of_the_limit_passes(self) -> None:
        self.assertEqual(cut(Framer(4), [b"1234", b"\x03", b"5678\x03"]), [b"1234", b"5678"])

    def test_many_small_messages_at_once_pass(self) -> None:
        self.assertEqual(len(cut(Framer(4), [b"12\x03" * 100])), 100)

    def test_too_large_and_unfinished(self) -> None:
        framer = Framer(4)
        self.assertEqual(cut(framer, [b"1234"]), [])
        error = self.assertRaises(LuxiMessageTooLarge, cut, framer, [b"5"])
        self.assertEqual(str(error), "a LUXI message is over 4 bytes")

    def test_too_large_and_finished(self) -> None:
        self.assertRaises(LuxiMessageTooLarge, cut, Framer(4), [b"12345\x03"])

    def test_messages_before_it_are_still_good(self) -> None:
        messages = Framer(4).feed(b"1234\x0312345")
        self.assertEqual(next(messages), [b"1234"])
        self.assertRaises(LuxiMessageTooLarge, next, messages)

    def test_there_is_a_limit_unless_told(self) -> None:
        self.assertEqual(Framer().max_size, MAX_MESSAGE_SIZE)


class MessageTests(SynchronousTestCase):
    def test_bytes_of_a_request(self) -> None:
        message = encode_request("QueryJobs", [[1], ["id"]])
        self.assertEqual(message[-1:], END_OF_MESSAGE)
        self.assertEqual(
            jsontext.loads(message[:-1]), {"method": "QueryJobs", "args": [[1], ["id"]]}
        )

    @given(st.text(), st.lists(values, max_size=4))
    def test_requests_come_out_as_they_went_in(self, method: str, args: list[object]) -> None:
        (message,) = cut(Framer(), [encode_request(method, args)])
        self.assertEqual(decode_request(message), Request(method, args))

    @given(values)
    def test_results_come_out_as_they_went_in(self, result: object) -> None:
        (message,) = cut(Framer(), [encode_result(result)])
        self.assertEqual(decode_reply(message), result)

    @given(st.text(), st.text(min_size=1), st.text())
    def test_errors_come_out_as_they_went_in(self, kind: str, text: str, code: str) -> None:
        (message,) = cut(Framer(), [encode_error([kind, [text, code]])])
        error = self.assertRaises(JobDaemonError, decode_reply, message)
        self.assertEqual((error.class_name, error.text, error.classification), (kind, text, code))

    def test_an_error_of_bare_text(self) -> None:
        message = encode_error("Failed to parse request: ...")[:-1]
        error = self.assertRaises(JobDaemonError, decode_reply, message)
        self.assertEqual((error.class_name, error.text), ("", "Failed to parse request: ..."))

    def test_a_result_may_be_null(self) -> None:
        self.assertIsNone(decode_reply(b'{"success": true, "result": null}'))

    def test_luxid_may_send_more_keys(self) -> None:
        self.assertEqual(decode_reply(b'{"success": true, "result": 1, "version": 3}'), 1)


NOT_OBJECTS = (b"", b"{", b"nonsense", b"\xff\xfe", b'"\xff"', b"NaN", b"[]", b"1", b"null", b'"x"')

NOT_REQUESTS = (
    b"{}",
    b'{"method": "QueryTags"}',
    b'{"args": []}',
    b'{"method": 1, "args": []}',
    b'{"method": "QueryTags", "args": null}',
    b'{"method": "QueryTags", "args": {}}',
)

NOT_REPLIES = (
    b"{}",
    b'{"success": true}',
    b'{"result": 1}',
    b'{"success": 1, "result": 1}',
    b'{"success": null, "result": 1}',
    b'{"method": "QueryTags", "args": []}',
)


class GarbageTests(SynchronousTestCase):
    def assert_all_refused(
        self, decode: Callable[[bytes], object], messages: Iterable[bytes]
    ) -> None:
        for message in messages:
            with self.assertRaises(LuxiProtocolError, msg=repr(message)):
                decode(message)

    def test_what_is_not_a_json_object(self) -> None:
        self.assert_all_refused(decode_request, NOT_OBJECTS)
        self.assert_all_refused(decode_reply, NOT_OBJECTS)

    def test_what_is_not_a_request(self) -> None:
        self.assert_all_refused(decode_request, NOT_REQUESTS)

    def test_what_is_not_a_reply(self) -> None:
        self.assert_all_refused(decode_reply, NOT_REPLIES)

    def test_what_is_nested_too_deeply(self) -> None:
        self.assert_all_refused(decode_reply, [b"[" * 1_000_000])

    @given(st.binary() | values.map(jsontext.dumps))
    def test_anything_is_a_message_or_refused(self, message: bytes) -> None:
        for decode in (decode_request, decode_reply):
            with contextlib.suppress(LuxiProtocolError, JobDaemonError):
                decode(message)
