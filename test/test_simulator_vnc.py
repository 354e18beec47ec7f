"""The screens of simulated instances: the protocol of VNC, what is drawn, and who may look."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.interfaces import IPushProducer, IStreamClientEndpoint
from twisted.internet.protocol import Factory
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from ganeti_rapi.simulator.consoles import LONGEST_LINE, ConsoleEndpoint, ConsoleFactory
from ganeti_rapi.simulator.vnc import font
from ganeti_rapi.simulator.vnc.messages import (
    LONGEST_TEXT,
    Hello,
    Key,
    NotRfb,
    PixelFormat,
    Reader,
    ViewerMessage,
    Wants,
    hello,
    update,
)
from ganeti_rapi.simulator.vnc.screen import (
    COLUMNS,
    HEIGHT,
    INK,
    LINE_HEIGHT,
    LINES,
    PAPER,
    SCALE,
    WIDTH,
    Screen,
    drawn,
)
from ganeti_rapi.simulator.vnc.viewer import LOOK
from ganeti_rapi.testing import Collector, MemoryEndpoint

from .simulation import BUILD1, WEB1, Simulation

VERSION = b"RFB 003.008\n"
HANDSHAKE = VERSION + b"\1" + b"\1"
ALL, CHANGES = (
    struct.pack("!BBHHHH", 3, incremental, 0, 0, WIDTH, HEIGHT) for incremental in (0, 1)
)
SMALL = PixelFormat(8, 8, False, True, (7, 7, 3), (5, 2, 0))


def key(symbol: int, down: bool = True) -> bytes:
    return struct.pack("!BB2xI", 4, down, symbol)


MESSAGES: dict[bytes, ViewerMessage | None] = {
    b"\0\0\0\0" + SMALL.encode(): PixelFormat(8, 8, False, True, [7, 7, 3], [5, 2, 0]),
    b"\2\0\0\2" + struct.pack("!ii", 0, -239): None,
    b"\2\0\0\0": None,
    ALL: Wants(False),
    CHANGES: Wants(True),
    key(0x41): Key(0x41, True),
    key(0xFF0D, False): Key(0xFF0D, False),
    b"\5\0\0\1\0\2": None,
    b"\6\0\0\0\0\0\0\3abc": None,
    b"\6\0\0\0" + struct.pack("!i", -3) + b"abc": None,
}
"""What viewers send, and what it means, if anything to us."""


def pieces(data: bytes, cuts: list[int]) -> Iterator[bytes]:
    number = 0
    while data:
        size = cuts[number % len(cuts)]
        yield data[:size]
        data, number = data[size:], number + 1


class ReaderTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.said: list[bytes] = []

    def reader(self) -> Reader:
        self.said.clear()
        return Reader(self.said.append)

    @given(
        st.lists(st.sampled_from(sorted(MESSAGES)), max_size=8),
        st.lists(st.integers(1, 30), min_size=1),
    )
    def test_messages_are_read_whatever_the_pieces(
        self, sent: list[bytes], cuts: list[int]
    ) -> None:
        reader = self.reader()
        data = HANDSHAKE + b"".join(sent)
        got = [message for piece in pieces(data, cuts) for message in reader.feed(piece)]
        meant = [MESSAGES[each] for each in sent if MESSAGES[each] is not None]
        self.assertEqual(got, [Hello(), *meant])
        self.assertEqual(self.said, [b"\1\1", b"\0\0\0\0"])

    @given(st.binary(max_size=200), st.lists(st.integers(1, 30), min_size=1))
    def test_nonsense_is_refused_or_waits_for_more(self, data: bytes, cuts: list[int]) -> None:
        reader = self.reader()
        try:
            for piece in pieces(HANDSHAKE + data, cuts):
                list(reader.feed(piece))
        except NotRfb as error:
            self.assertTrue(str(error))

    def test_older_viewers(self) -> None:
        for version, chosen, said in (
            (b"RFB 003.003\n", b"", [b"\0\0\0\1"]),
            (b"RFB 003.007\n", b"\1", [b"\1\1"]),
            (b"RFB 003.889\n", b"\1", [b"\1\1", b"\0\0\0\0"]),
        ):
            self.assertEqual(list(self.reader().feed(version + chosen + b"\1")), [Hello()])
            self.assertEqual(self.said, said)

    def test_what_is_no_viewer(self) -> None:
        for data in (
            b"GET / HTTP/1.1\r\n",
            VERSION + b"\2",
            HANDSHAKE + b"\x99",
            HANDSHAKE + b"\6\0\0\0" + struct.pack("!i", LONGEST_TEXT + 1),
            HANDSHAKE + b"\0\0\0\0" + PixelFormat(24).encode(),
            HANDSHAKE + b"\0\0\0\0" + PixelFormat(true_colour=False).encode(),
            HANDSHAKE + b"\0\0\0\0" + PixelFormat(8).encode(),
        ):
            with self.assertRaises(NotRfb):
                list(self.reader().feed(data))


class PixelTests(SynchronousTestCase):
    def test_a_colour_in_several_formats(self) -> None:
        colour = (255, 128, 0)
        self.assertEqual(PixelFormat().pixel(colour), b"\x00\x80\xff\xff")
        self.assertEqual(PixelFormat(big_endian=True).pixel(colour), b"\xff\xff\x80\x00")
        rgb565 = PixelFormat(16, 16, False, True, (31, 63, 31), (11, 5, 0))
        self.assertEqual(rgb565.pixel(colour), struct.pack("<H", 31 << 11 | 31 << 5))
        self.assertEqual(SMALL.pixel(colour), bytes([7 << 5 | 3 << 2]))

    def test_one_that_makes_no_sense_is_a_pixel_all_the_same(self) -> None:
        self.assertEqual(len(PixelFormat(8, 8, False, True, (65535,) * 3).pixel(INK)), 1)

    def test_a_format_in_bytes(self) -> None:
        self.assertEqual(
            PixelFormat.decode(PixelFormat().encode()).encode(), PixelFormat().encode()
        )


class ScreenTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.screen = Screen(WEB1)

    def lines(self, now: float = 0) -> list[str]:
        lines = self.screen.lines(now)
        self.assertEqual([len(line) for line in lines], [COLUMNS] * LINES)
        return [line.strip() for line in lines]

    def type(self, text: str) -> None:
        for letter in text:
            self.screen.press(ord(letter))

    def test_its_name_and_the_time(self) -> None:
        self.assertIn(WEB1, self.lines())
        self.assertIn("2023-11-14 22:13:20 UTC", self.lines(1_700_000_000.9))

    def test_what_is_typed(self) -> None:
        self.type("hello")
        self.screen.press(0xFF0D)
        self.type("wor1d")
        self.screen.press(0xFF08)
        self.screen.press(0xFFE1)  # a shift key alone
        self.assertIn("> hello", self.lines())
        self.assertIn("> wor1", self.lines())

    def test_nothing_is_before_the_prompt(self) -> None:
        for _ in range(5):
            self.screen.press(0xFF08)
        self.assertIn(">", self.lines())

    def test_it_wraps_and_scrolls(self) -> None:
        self.type("x" * 10_000)
        self.type("the end")
        self.assertTrue("".join(self.lines()).endswith("the end"))

    def test_what_is_drawn(self) -> None:
        picture = drawn("I".ljust(COLUMNS), SMALL)
        rows = [picture[at : at + WIDTH] for at in range(0, len(picture), WIDTH)]
        self.assertEqual(len(rows), LINE_HEIGHT)
        self.assertEqual(set(picture), {*SMALL.pixel(INK), *SMALL.pixel(PAPER)})
        lit = [[pixel == SMALL.pixel(INK)[0] for pixel in row[: 3 * SCALE]] for row in rows]
        self.assertEqual(lit[0], [True] * 3 * SCALE)
        self.assertEqual(lit[SCALE], [False] * SCALE + [True] * SCALE + [False] * SCALE)

    def test_every_character_has_a_glyph(self) -> None:
        for code in range(0x20, 0x7F):
            self.assertIn(chr(code).upper(), font.GLYPHS)
        shapes = list(font.GLYPHS.values())
        self.assertEqual({len(glyph) for glyph in shapes}, {5})
        self.assertEqual(len(set(shapes)), len(shapes))


class ConsoleTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.sim = Simulation()
        self.clock = Clock()
        self.factory = ConsoleFactory(self.clock, self.sim.cluster)
        self.addCleanup(lambda: self.assertEqual(self.clock.getDelayedCalls(), []))
        self.instance = self.sim.instance(WEB1)

    def look_at(self, name: str) -> Collector:
        """A viewer that is connected to an instance's port, through the endpoint."""
        instance = self.sim.instance(name)
        assert instance.network_port is not None
        socket = MemoryEndpoint(self.clock, self.factory)
        endpoint = ConsoleEndpoint(socket, instance.primary.name, instance.network_port)
        verifyObject(IStreamClientEndpoint, endpoint)
        viewer = self.successResultOf(endpoint.connect(Factory.forProtocol(Collector)))
        self.addCleanup(self.leave, viewer)
        self.pass_on()
        return viewer  # type: ignore[no-any-return]  # the factory's protocol

    def leave(self, viewer: Collector) -> None:
        viewer.transport.loseConnection()  # type: ignore[union-attr]  # it is connected
        self.pass_on()

    def pass_on(self) -> None:
        self.clock.pump([0.0] * 4)

    def send(self, viewer: Collector, data: bytes) -> bytes:
        """What the server answers."""
        viewer.data = b""
        viewer.transport.write(data)  # type: ignore[union-attr]  # as above
        self.pass_on()
        return viewer.data

    def test_the_first_picture(self) -> None:
        viewer = self.look_at(WEB1)
        self.assertEqual(viewer.data, VERSION)
        answer = self.send(viewer, HANDSHAKE)
        self.assertEqual(answer, b"\1\1\0\0\0\0" + hello(WIDTH, HEIGHT, WEB1, PixelFormat()))
        picture = self.send(viewer, ALL)
        self.assertEqual(len(picture), 4 + LINES * 12 + WIDTH * HEIGHT * 4)

    def test_then_only_what_changes(self) -> None:
        viewer = self.look_at(WEB1)
        self.send(viewer, HANDSHAKE)
        self.send(viewer, b"\0\0\0\0" + SMALL.encode() + ALL)
        self.assertEqual(self.send(viewer, CHANGES), b"")
        line = update([(0, 0, WIDTH, LINE_HEIGHT, b" " * WIDTH * LINE_HEIGHT)])
        self.assertEqual(len(self.send(viewer, key(0x41))), len(line))
        self.assertEqual(self.send(viewer, key(0x42)), b"")  # it has not asked again
        self.assertEqual(len(self.send(viewer, CHANGES)), len(line))
        self.assertEqual(self.send(viewer, CHANGES), b"")
        self.clock.advance(1.0 + LOOK)
        self.pass_on()
        self.assertEqual(len(viewer.data), len(line))  # the clock's

    def test_all_see_what_one_types(self) -> None:
        one, other = self.look_at(WEB1), self.look_at(WEB1)
        for viewer in (one, other):
            self.send(viewer, HANDSHAKE + ALL)
        self.send(other, CHANGES)
        self.send(one, key(0x41))
        self.clock.advance(LOOK)
        self.pass_on()
        self.assertTrue(other.data)

    def test_one_that_is_down_has_none(self) -> None:
        viewer = self.look_at(BUILD1)
        self.assertTrue(viewer.closed)

    def test_one_that_stops_loses_it(self) -> None:
        viewer = self.look_at(WEB1)
        self.instance.running = False
        self.clock.advance(LOOK)
        self.pass_on()
        self.assertTrue(viewer.closed)

    def test_one_that_moves_loses_it(self) -> None:
        viewer = self.look_at(WEB1)
        self.instance.primary = self.sim.node(4)
        self.clock.advance(LOOK)
        self.pass_on()
        self.assertTrue(viewer.closed)
        self.assertFalse(self.look_at(WEB1).closed)

    def test_what_is_no_viewer_is_dropped(self) -> None:
        viewer = self.look_at(WEB1)
        self.send(viewer, b"GET / HTTP/1.1\r\n\r\n")
        self.assertTrue(viewer.closed)

    def test_what_says_nowhere_to_go_is_dropped(self) -> None:
        for data in (
            b"node1.example.com\n",
            b"nowhere 11000\n",
            b"\xff\n",
            b"x" * LONGEST_LINE * 2,
        ):
            protocol, transport = self.factory.buildProtocol(None), StringTransport()
            protocol.makeConnection(transport)
            protocol.dataReceived(data)
            self.assertTrue(transport.disconnecting, data)
            protocol.connectionLost()

    def test_one_that_does_not_read_is_not_read(self) -> None:
        protocol, transport = self.factory.buildProtocol(None), StringTransport()
        protocol.makeConnection(transport)
        verifyObject(IPushProducer, protocol)
        assert transport.producer is protocol
        protocol.pauseProducing()
        self.assertEqual(transport.producerState, "paused")
        protocol.resumeProducing()
        self.assertEqual(transport.producerState, "producing")

    def test_at_the_end_all_are_dropped(self) -> None:
        viewer = self.look_at(WEB1)
        self.factory.disconnect_all()
        self.pass_on()
        self.assertTrue(viewer.closed)
