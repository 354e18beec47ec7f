"""Events in systemd's journal, whose socket the test is."""

from __future__ import annotations

import os
import shutil
import socket
import struct
import syslog
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from twisted.logger import ILogObserver, LogEvent, Logger, eventAsText
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from ganeti_rapi.program.journal import FIELDS, LONGEST, ToJournal, leads_to_journal

from .harness import ScriptedServer, captured_log


def decoded(datagram: bytes) -> dict[str, str]:
    """The fields of an entry, as the journal reads it."""
    fields = {}
    while datagram:
        line, _, rest = datagram.partition(b"\n")
        name, equals, value = line.partition(b"=")
        if not equals:
            (length,) = struct.unpack("<Q", rest[:8])
            value, rest = rest[8 : 8 + length], rest[8 + length + 1 :]
        fields[name.decode()] = value.decode("utf-8", "replace")
        datagram = rest
    return fields


def text(event: LogEvent) -> str:
    return eventAsText(event, includeTimestamp=False, includeSystem=False)


class ToJournalTests(SynchronousTestCase):
    def setUp(self) -> None:
        directory = Path(tempfile.mkdtemp())  # a socket's path must be short
        self.addCleanup(shutil.rmtree, directory)
        self.path = str(directory / "socket")
        self.journal = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.journal.close)
        self.journal.bind(self.path)
        self.journal.setblocking(False)
        self.observer = ToJournal(text, lambda _: syslog.LOG_NOTICE, self.path)

    def received(self) -> dict[str, str]:
        return decoded(self.journal.recv(2**20))

    def test_an_event_has_its_text_and_who_sent_it(self) -> None:
        verifyObject(ILogObserver, self.observer)
        Logger("a.module", observer=self.observer).info("Read {count} users", count=3)
        self.assertEqual(
            self.received(),
            {
                "MESSAGE": "Read 3 users",
                "PRIORITY": str(syslog.LOG_NOTICE),
                "SYSLOG_IDENTIFIER": "ganeti-rapi",
                "SYSLOG_PID": str(os.getpid()),
            },
        )

    def test_a_write_has_its_fields(self) -> None:
        events = captured_log(self)
        reply = ScriptedServer().ask("PUT", "/2/tags?tag=t")
        self.observer(events[-1])
        fields = self.received()
        self.assertEqual(fields["GANETI_RAPI_USER"], "admin")
        self.assertEqual(fields["GANETI_RAPI_REQUEST"], reply.headers["x-request-id"])
        self.assertEqual(fields["GANETI_RAPI_CODE"], "200")
        self.assertLess({f"GANETI_RAPI_{name.upper()}" for name in ("uri", "method")}, {*fields})

    @given(st.text(), st.text())
    def test_no_text_can_pass_for_a_field(self, message: str, user: str) -> None:
        observer = ToJournal(lambda _: message, lambda _: 6, self.path)
        observer({"user": user, "other": "x"})
        fields = self.received()
        names = {"MESSAGE", "PRIORITY", "SYSLOG_IDENTIFIER", "SYSLOG_PID", "GANETI_RAPI_USER"}
        self.assertEqual(set(fields), names)
        self.assertEqual(fields["MESSAGE"], message.encode("utf-8", "backslashreplace").decode())

    def test_what_is_too_long_is_cut(self) -> None:
        observer = ToJournal(lambda _: "x" * 1_000_000, lambda _: 6, self.path)
        observer(dict.fromkeys(FIELDS, "a user"))
        self.assertEqual(len(self.received()["MESSAGE"]), LONGEST)

    def test_where_nobody_listens_any_more_nothing_happens(self) -> None:
        self.journal.close()
        self.observer({"user": "jack"})

    def test_where_there_is_none(self) -> None:
        self.assertRaises(OSError, ToJournal, text, lambda _: 6, f"{self.path}2")


class LeadsToJournalTests(SynchronousTestCase):
    def test_where_systemd_says_so(self) -> None:
        with open(self.mktemp(), "w") as stream:
            there = os.fstat(stream.fileno())
            named = {"JOURNAL_STREAM": f"{there.st_dev}:{there.st_ino}"}
            self.assertTrue(leads_to_journal(stream, named))
            other = {"JOURNAL_STREAM": f"{there.st_dev}:{there.st_ino + 1}"}
            self.assertFalse(leads_to_journal(stream, other))
            self.assertFalse(leads_to_journal(stream, {}))
        self.assertFalse(leads_to_journal(stream, named), "it is closed")
