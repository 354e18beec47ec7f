"""Events on disk: positions across restarts and processes, torn writes, full disks."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast
from unittest import mock

from attrs import define, field
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock, deferLater
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.api.call import JobDaemon
from ganeti_rapi.api.events import Event
from ganeti_rapi.api.scopes import Traits
from ganeti_rapi.errors import LuxiUnreachable
from ganeti_rapi.jobs import eventlog
from ganeti_rapi.jobs import journal as journals
from ganeti_rapi.jobs.entries import (
    decode_entry,
    decode_picture,
    encode_entry,
    encode_picture,
)
from ganeti_rapi.jobs.feed import FOLLOW, RETRY, Feed
from ganeti_rapi.jobs.journal import KEPT_SECONDS, SEGMENT_SECONDS, Journal
from ganeti_rapi.jobs.picture import Entry, Picture
from ganeti_rapi.jobs.snapshots import Known
from ganeti_rapi.jobs.wakeups import POLL_SECONDS
from ganeti_rapi.jsontext import dumps, loads

from .harness import ScriptedDaemon, captured_log

NOW = 1_700_000_000.0

KILLS = int(os.environ.get("KILLS", "40"))
"""A thousand take four minutes."""

names = st.text(max_size=8)
traits = st.builds(
    Traits,
    *(names, names, names, st.frozensets(names, max_size=3)),
    *(st.none() | names, st.none() | names),
)
known = st.builds(
    Known,
    *(names, names, st.none() | st.integers(0, 2**31), st.none() | traits),
    st.dictionaries(names, st.integers(0, 2**32 - 1), max_size=3),
)
jobs = st.dictionaries(st.integers(1, 2**53), st.sampled_from(["queued", "success"]), max_size=4)
pictures = st.builds(
    Picture,
    jobs,
    st.none() | st.dictionaries(st.tuples(names, names), known, max_size=3),
    st.integers(0, 2**53),
    st.lists(st.integers(1, 99), max_size=3).map(dict.fromkeys),
)
events = st.builds(
    Event,
    *(names, names, st.dictionaries(names, st.none() | names | st.integers(0, 9), max_size=3)),
    ops=st.lists(st.fixed_dictionaries({"OP_ID": names}), max_size=2),
    traits=st.none() | traits,
    names=st.frozensets(names, max_size=3),
    job=st.none() | st.dictionaries(names, names, max_size=2),
)
entries = st.builds(
    Entry, st.none() | events, st.none() | known, st.lists(st.integers(1, 99), max_size=3)
)


class CodecTests(SynchronousTestCase):
    @given(entries)
    def test_entries(self, entry: Entry) -> None:
        line = encode_entry(entry)
        self.assertEqual(line.count(b"\n"), 1)
        self.assertEqual(encode_entry(decode_entry(line)), line)

    @given(pictures)
    def test_pictures(self, picture: Picture) -> None:
        self.assertEqual(decode_picture(loads(dumps(encode_picture(picture)))), picture)

    @given(entries, st.data())
    def test_what_is_cut_off_is_no_entry(self, entry: Entry, data: st.DataObject) -> None:
        line = encode_entry(entry)
        cut = data.draw(st.integers(0, len(line) - 2))
        self.assertRaises(ValueError, decode_entry, line[:cut])


@define
class ChangingCluster:
    """A job daemon whose jobs and instances a test changes."""

    daemon: ScriptedDaemon = field(factory=ScriptedDaemon)
    jobs: dict[int, str] = field(factory=dict)
    instances: dict[str, int] = field(factory=dict)
    archived: set[int] = field(factory=set)

    def __attrs_post_init__(self) -> None:
        self.daemon.answers.update(
            QueryJobs=self._query_jobs,
            Query=self._query,
            QueryFilters=[],
            QueryClusterInfo={"name": "cluster", "uuid": "c"},
        )

    def _query_jobs(self, ids: list[int] | None, fields: list[str]) -> list[list[object]]:
        chosen = [each for each in self.jobs if each not in self.archived] if ids is None else ids
        return [[self._job(job_id, name) for name in fields] for job_id in chosen]

    def _job(self, job_id: int, name: str) -> object:
        if job_id not in self.jobs:
            return None
        about = {"OP_ID": "OP_INSTANCE_REBOOT", "instance_name": f"i{job_id}", "secret": "s3cret"}
        values = {"id": job_id, "status": self.jobs[job_id], "ops": [about], "summary": ["x"]}
        return values.get(name)

    def _query(self, kind: str, fields: list[str], _qfilter: object) -> dict[str, object]:
        rows = []
        for name, serial in self.instances.items() if kind == "instance" else ():
            values = {
                "name": name,
                "uuid": f"u-{name}",
                "serial_no": serial,
                "tags": [],
                "os": serial,
            }
            rows.append([[0, values.get(each)] for each in fields])
        return {"fields": [{"name": each} for each in fields], "data": rows}

    def change_instance(self, job_id: int) -> None:
        self.instances[f"i{job_id}"] = self.instances.get(f"i{job_id}", 0) + 1


class Reader:
    """A reader of a feed, and what it was told; it remembers the last id."""

    def __init__(self, last_id: str | None = None) -> None:
        self.last_id = last_id
        self.told: list[Event] = []
        self._reading: Deferred[None] | None = None

    def read(self, feed: Feed) -> None:
        self._reading = Deferred.fromCoroutine(self._read(feed))
        self._reading.addErrback(lambda _: None)

    async def _read(self, feed: Feed) -> None:
        stream: AsyncIterator[Event] = await feed.connect(self.last_id)
        async for event in stream:
            self.last_id = event.id
            if event.name != "connected":
                self.told.append(event)

    def leave(self) -> None:
        assert self._reading is not None
        self._reading.cancel()

    def changes(self) -> list[tuple[str, str]]:
        """The names and changes of all that it was told, a reset as ``("reset", "")``."""
        return [
            (each.data["name"], each.data["change"]) if each.data else (each.name, "")
            for each in self.told
        ]


class JournalCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.rightNow = NOW
        self.cluster = ChangingCluster()
        self.directory = Path(self.mktemp())
        self.boot = "first"
        self._journals: list[Journal] = []
        self._clocks: list[Clock] = []

    def process(self) -> Feed:
        """The feed of another process, which has a clock of its own."""
        clock = Clock()
        clock.rightNow = self.clock.rightNow
        self._clocks.append(clock)
        journal = Journal(str(self.directory), self.clock.seconds, lambda: self.boot)
        self._journals.append(journal)
        self.addCleanup(journal.give_turn)
        daemon = cast(JobDaemon, self.cluster.daemon)
        return Feed(clock, daemon, self.clock.seconds, None, journal)

    def kill(self) -> None:
        """What the kernel does with all processes: they do nothing more."""
        for journal in self._journals:
            journal.give_turn()
            self.patch(journal, "take_turn", lambda: False)
        self._journals.clear()
        self._clocks.clear()

    def be_later(self, seconds: float) -> None:
        """Let it be later by the wall clock."""
        self.clock.rightNow += seconds

    def advance(self, seconds: float) -> None:
        self.clock.advance(seconds)
        for clock in self._clocks:
            clock.advance(seconds)

    def pass_time(self, seconds: float = 2.0) -> None:
        for _ in range(int(seconds / FOLLOW)):
            self.advance(FOLLOW)

    def segments(self) -> list[Path]:
        return sorted(path for path in self.directory.iterdir() if "-" in path.name)


class RestartTests(JournalCase):
    def test_a_reader_goes_on_after_a_restart(self) -> None:
        first = self.process()
        reader = Reader()
        reader.read(first)
        self.cluster.jobs[1] = "queued"
        self.pass_time()
        self.kill()
        self.cluster.jobs.update({1: "success", 2: "error"})
        self.cluster.change_instance(1)
        reader.read(self.process())
        self.pass_time()
        self.assertEqual(
            reader.changes(),
            [("1", "submitted"), ("1", "finished"), ("2", "finished"), ("i1", "created")],
        )
        created = reader.told[-1].data
        assert created is not None
        self.assertEqual((created["job"], created["serial_after"]), (1, 1))

    def test_a_job_that_was_told_before_the_kill_is_still_to_blame(self) -> None:
        reader = Reader()
        reader.read(self.process())
        self.cluster.jobs[1] = "success"
        self.cluster.daemon.answers["Query"] = ValueError("it is killed here")
        self.advance(POLL_SECONDS)
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)
        self.kill()
        self.cluster.__attrs_post_init__()
        self.cluster.change_instance(1)
        reader.read(self.process())
        self.pass_time()
        self.assertEqual(reader.changes(), [("1", "finished"), ("i1", "created")])
        created = reader.told[-1].data
        assert created is not None
        self.assertEqual(created["job"], 1)

    def test_what_was_archived_meanwhile_is_told(self) -> None:
        reader = Reader()
        self.cluster.jobs.update({1: "running", 2: "success"})
        reader.read(self.process())
        self.kill()
        self.cluster.jobs.update({1: "error", 3: "success", 4: "queued"})
        self.cluster.archived.update({1, 2, 3})
        reader.read(self.process())
        self.pass_time()
        self.assertEqual(
            reader.changes(), [("1", "finished"), ("3", "finished"), ("4", "submitted")]
        )

    def test_nothing_secret_is_written(self) -> None:
        reader = Reader()
        reader.read(self.process())
        self.cluster.jobs[1] = "success"
        self.pass_time()
        (segment,) = self.segments()
        self.assertNotIn(b"s3cret", segment.read_bytes())
        self.assertEqual(segment.stat().st_mode & 0o777, 0o600)
        self.assertEqual(self.directory.stat().st_mode & 0o777, 0o700)

    def test_any_position_of_before_and_all_that_came_since(self) -> None:
        reader = Reader()
        reader.read(self.process())
        positions = [str(reader.last_id)]
        for job_id in range(1, 6):
            self.cluster.jobs[job_id] = "success"
            self.pass_time(1)
            positions.append(str(reader.last_id))
        self.kill()
        for at, position in enumerate(positions):
            again = Reader(position)
            again.read(self.process())
            self.assertEqual(again.changes(), reader.changes()[at:], position)
            self.kill()

    def test_positions_that_are_none(self) -> None:
        reader = Reader()
        reader.read(self.process())
        self.cluster.jobs[1] = "success"
        self.pass_time()
        epoch, _, number = str(reader.last_id).partition("-")
        for position in (f"{epoch}-{int(number) + 1}", "abc-1", f"{epoch}x-1", "x", "-1"):
            again = Reader(position)
            again.read(self.process())
            self.assertEqual(again.changes(), [("reset", "")], position)

    def test_after_a_day_of_absence_events_begin_anew(self) -> None:
        reader = Reader()
        reader.read(self.process())
        self.cluster.jobs[1] = "success"
        self.pass_time()
        self.kill()
        for segment in self.segments():
            os.utime(segment, (NOW, NOW))
        self.be_later(KEPT_SECONDS + 60)
        self.cluster.jobs[2] = "success"
        reader.read(self.process())
        self.assertEqual(reader.changes()[1:], [("reset", "")])

    def test_after_a_boot_what_the_disk_lost_is_no_position(self) -> None:
        reader = Reader()
        reader.read(self.process())
        self.cluster.jobs[1] = "success"
        self.pass_time()
        before = str(reader.last_id)
        self.cluster.jobs[2] = "success"
        self.pass_time()
        (segment,) = self.segments()
        lines = segment.read_bytes().splitlines(keepends=True)
        segment.write_bytes(b"".join(lines[:-2]))  # job 2 and the look after it
        self.kill()
        self.boot = "second"
        careful = Reader(before)
        for each in (reader, careful):
            each.read(self.process())
        self.assertEqual(reader.changes()[2:], [("reset", "")])
        self.assertEqual(careful.changes(), [("2", "finished")])
        self.assertEqual(len(self.segments()), 2)


class SlowReaderTests(JournalCase):
    def test_one_who_lags_reads_what_is_kept_and_misses_nothing(self) -> None:
        """More waits for it than is kept for it, and more than is in memory."""
        self.patch(eventlog, "MOST_PENDING", 5)
        self.patch(eventlog, "KEPT_EVENTS", 5)
        feed = self.process()
        quick = Reader()
        quick.read(feed)
        told: list[str] = []

        async def read(stream: AsyncIterator[Event]) -> None:
            async for event in stream:
                if event.data and "name" in event.data:
                    told.append(event.data["name"])
                await deferLater(self._clocks[0], 0.5)

        stream = self.successResultOf(Deferred.fromCoroutine(feed.connect(None)))
        reading = Deferred.fromCoroutine(read(stream))
        reading.addErrback(lambda _: None)
        for job_id in range(1, 101):
            self.cluster.jobs[job_id] = "success"
            self.advance(POLL_SECONDS / 2)
        self.pass_time(100)
        self.assertEqual(told, [str(job_id) for job_id in range(1, 101)])
        self.assertEqual(len(quick.told), 100)
        reading.cancel()

    def test_an_older_stream_in_the_first_process_begins_without_a_reset(self) -> None:
        self.cluster.jobs[1] = "queued"
        stream = self.process().job_events(None)
        first = Deferred.fromCoroutine(anext_of(stream))
        self.cluster.jobs[1] = "success"
        self.pass_time()
        self.assertEqual(self.successResultOf(first).name, "finished")


async def anext_of(stream: AsyncIterator[Event]) -> Event:
    return await stream.__anext__()


class FileTests(JournalCase):
    def test_new_segments_and_the_end_of_old_ones(self) -> None:
        reader = Reader()
        reader.read(self.process())
        for day in range(4):
            self.cluster.jobs[day + 1] = "success"
            self.pass_time()
            self.be_later(SEGMENT_SECONDS + 1)
        self.assertEqual(len(self.segments()), 4)
        self.kill()
        first = Reader(str(reader.told[0].id))
        first.read(self.process())
        self.assertEqual(first.changes(), reader.changes()[1:])
        oldest = self.segments()[0]
        os.utime(oldest, (NOW - KEPT_SECONDS - 1, NOW - KEPT_SECONDS - 1))
        self.be_later(SEGMENT_SECONDS + 1)
        self.cluster.jobs[9] = "success"
        self.pass_time()
        self.assertNotIn(oldest, self.segments())

    def test_never_too_many(self) -> None:
        self.patch(journals, "MOST_SEGMENTS", 3)
        self.patch(journals, "SEGMENT_BYTES", 0)
        journal = Journal(str(self.directory), self.clock.seconds, lambda: "")
        self.assertTrue(journal.take_turn())
        self.addCleanup(journal.give_turn)
        journal.begin(Picture())
        for number in range(1, 200):
            data = {"kind": "job", "name": str(number), "status": "success", "change": "finished"}
            journal.append([Entry(Event(f"x-{number}", "job", data))])
        self.assertEqual(len(self.segments()), 3)
        self.assertIsNone(journal.after(journal.epoch, 1, journal.number))

    def test_a_file_that_cannot_be_read(self) -> None:
        for spoiled in (b"", b"{}\n", b"[]\n", b"not json\n"):
            self.setUp()
            reader = Reader()
            reader.read(self.process())
            self.kill()
            (segment,) = self.segments()
            segment.write_bytes(spoiled)
            log = captured_log(self)
            self.cluster.jobs[1] = "success"
            reader.read(self.process())
            self.assertEqual(reader.changes(), [("reset", "")], spoiled)
            self.assertIn("events begin anew", str(log))
            self.cluster.jobs[2] = "success"
            self.pass_time()
            self.assertEqual(reader.changes()[1:], [("2", "finished")])
            self.kill()
            self.cluster.jobs[3] = "success"
            reader.read(self.process())
            self.assertEqual(reader.changes()[2:], [("3", "finished")])

    def test_a_directory_that_goes(self) -> None:
        feed = self.process()
        reader = Reader()
        reader.read(feed)
        for segment in self.segments():
            segment.unlink()
        self.cluster.jobs[1] = "success"
        log = captured_log(self)
        self.pass_time()
        self.assertEqual(reader.changes(), [("1", "finished")])
        self.assertIn("Events can't be written", str(log))
        self.advance(30)
        self.assertEqual(len(self.segments()), 1)
        self.kill()
        self.cluster.jobs[2] = "success"
        reader.read(self.process())
        self.assertNotIn(("2", "finished"), reader.changes())
        self.assertIn(("reset", ""), reader.changes())

    def test_a_disk_that_is_full_and_has_room_again(self) -> None:
        feed = self.process()
        reader = Reader()
        reader.read(feed)
        log = captured_log(self)
        with mock.patch("os.write", lambda _, data: len(data) // 2):
            self.cluster.jobs[1] = "success"
            self.pass_time()
        self.cluster.jobs[2] = "success"
        self.pass_time()
        self.assertEqual(reader.changes(), [("1", "finished"), ("2", "finished")])
        self.assertEqual(str(log).count("Events can't be written"), 1)
        again = Reader(str(reader.told[0].id))
        again.read(feed)
        self.assertEqual(again.changes(), [("2", "finished")])
        self.advance(30)
        self.assertIn("Events are written again", str(log))
        self.cluster.jobs[3] = "success"
        self.pass_time()
        self.kill()
        last = str(reader.told[-1].id)
        self.cluster.jobs[4] = "success"
        after = Reader(last)
        after.read(self.process())
        self.assertEqual(after.changes(), [("4", "finished")])

    def test_a_line_that_was_not_finished(self) -> None:
        """Wherever the process was killed, the next one tells the rest, once."""
        reader = Reader()
        reader.read(self.process())
        start = str(reader.last_id)
        self.cluster.jobs.update({1: "success", 2: "success"})
        self.cluster.change_instance(2)
        self.pass_time()
        (segment,) = self.segments()
        whole = segment.read_bytes()
        head = whole.index(b"\n") + 1
        self.kill()
        for cut in range(head, len(whole), 7):
            segment.write_bytes(whole[:cut])
            again = Reader(start)
            again.read(self.process())
            self.pass_time(0.1)
            self.assertEqual(again.changes(), reader.changes(), cut)
            self.kill()


class ProcessesTests(JournalCase):
    def test_all_tell_the_same_and_luxid_is_asked_by_one(self) -> None:
        readers = [Reader() for _ in range(3)]
        for reader in readers:
            reader.read(self.process())
        asked = len(self.cluster.daemon.calls)
        self.cluster.jobs[1] = "success"
        self.pass_time(FOLLOW * 26)  # one poll, and what follows it
        self.assertEqual([each.changes() for each in readers], [[("1", "finished")]] * 3)
        self.assertEqual(len({each.told[0].id for each in readers}), 1)
        looks = [call for call in self.cluster.daemon.calls[asked:] if call[1:2] == (None,)]
        self.assertLessEqual(len(looks), 4)  # all jobs, and all rules, for one process
        again = Reader(readers[0].last_id)
        again.read(self.process())
        self.cluster.jobs[2] = "success"
        self.pass_time()
        self.assertEqual(again.changes(), [("2", "finished")])

    def test_when_the_one_that_looks_has_no_reader_left_another_looks(self) -> None:
        first, second = Reader(), Reader()
        first.read(self.process())
        second.read(self.process())
        first.leave()
        self.cluster.jobs[1] = "success"
        self.pass_time()
        self.assertEqual(second.changes(), [("1", "finished")])

    def test_a_luxid_that_fails_at_the_first_look(self) -> None:
        reader, late = Reader(), Reader()
        reader.read(self.process())
        self.cluster.daemon.answers["QueryJobs"] = LuxiUnreachable("gone")
        late.read(self.process())
        self.pass_time()
        self.cluster.__attrs_post_init__()
        self.cluster.jobs[1] = "success"
        self.pass_time(RETRY + 1)
        self.assertEqual(reader.changes(), [("1", "finished")])
        self.assertEqual(late.changes(), [("1", "finished")])

    def test_many_kills(self) -> None:
        """Each job is told to have been finished once, and each change of an instance, by readers
        who come back wherever they are let in."""
        dice = random.Random(7)
        readers = [Reader() for _ in range(3)]
        for life in range(KILLS):
            for reader in readers:
                reader.read(self.process())
            if life == 0:
                self.cluster.jobs.clear()
            for _ in range(dice.randint(0, 2)):
                job_id = len(self.cluster.jobs) + 1
                self.cluster.jobs[job_id] = "queued"
                self.pass_time(FOLLOW * dice.choice([0, 1, 30]))
                self.cluster.change_instance(job_id)
                self.cluster.jobs[job_id] = "success"
                self.pass_time(FOLLOW * dice.choice([0, 1, 30]))
            self.kill()
            self.cut_off_what_nobody_was_told(dice, readers)
        for reader in readers:
            reader.read(self.process())
        self.pass_time()
        for reader in readers:
            counts = Counter(reader.changes())
            self.assertNotIn(("reset", ""), counts)
            for job_id in self.cluster.jobs:
                self.assertEqual(counts[str(job_id), "finished"], 1)
                self.assertEqual(counts[f"i{job_id}", "created"], 1)

    def cut_off_what_nobody_was_told(self, dice: random.Random, readers: list[Reader]) -> None:
        segment = self.segments()[-1]
        text = segment.read_bytes()
        start = text.rfind(b"\n", 0, len(text) - 1) + 1
        told = any(str(reader.last_id).encode() in text[start:] for reader in readers)
        if start and not told:
            segment.write_bytes(text[: dice.randint(start, len(text))])
