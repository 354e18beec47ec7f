"""The events on disk, so that positions are good across restarts and for all workers.

A directory holds segments: files of lines, named by the number of their first event and by the
epoch, which is an event's id but for its number. A segment begins with the picture that all events
before it add up to; each further line is one entry, written at once. So whoever reads the newest
segment knows what was told and how the cluster was then, whenever the writer died; a line that was
not finished is none.

One process writes, as long as it has the lock, which the kernel takes from one that dies. The
others read on from where they were, and each of them may be the next writer. What a power failure
took from the end of a segment would come again with the same numbers, so after a boot there is a
new epoch. Segments older than a day go, and those that are too many.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from zlib import crc32

from attrs import frozen
from twisted.logger import Logger

from ganeti_rapi.jobs.entries import (
    decode_entry,
    decode_picture,
    encode_entry,
    encode_picture,
)
from ganeti_rapi.jobs.locks import Turn
from ganeti_rapi.jobs.picture import Entry, Picture
from ganeti_rapi.jobs.snapshots import FILTER, WATCHED
from ganeti_rapi.jsontext import dumps, loads

KEPT_SECONDS = 24 * 3600.0
"""How long events can be read again."""

SEGMENT_SECONDS = 6 * 3600.0
SEGMENT_BYTES = 2 * 2**20
"""A segment is followed by another one when it is that old, or has so much beside its picture, or
as much as that takes."""

MOST_SEGMENTS = 32

CHUNK = 256 * 1024
"""Bytes that are read at a time of what a reader has missed."""

BOOT_ID = "/proc/sys/kernel/random/boot_id"

PRINTS = crc32(dumps([{"a": 0.5}, WATCHED, FILTER]))
"""Differs when what is remembered of objects is made in another way, by another release or library:
then it cannot be compared."""


def boot_id() -> str:
    """What is the same until the machine starts anew; empty where the system does not tell."""
    with suppress(OSError):
        return Path(BOOT_ID).read_text().strip()
    return ""


@frozen
class Segment:
    """A file of the journal."""

    path: str
    first: int
    epoch: str

    @classmethod
    def named(cls, directory: str, name: str) -> Segment | None:
        """The segment of that file name, if it is one."""
        number, dash, epoch = name.partition("-")
        if not dash or not number.isdecimal() or not epoch.isalnum():
            return None
        return cls(os.path.join(directory, name), int(number), epoch)


class Journal:
    """The journal in a directory. ``now`` gives the seconds since the epoch.

    ``epoch`` and ``number`` are those of the last entry that was read or written, and ``picture``
    is what it led to; None while there was no segment.
    """

    log = Logger()

    def __init__(
        self, directory: str, now: Callable[[], float], boot: Callable[[], str] = boot_id
    ) -> None:
        self._directory = directory
        self._now = now
        self._boot = boot()
        self._turn = Turn(os.path.join(directory, "lock"))
        self._segment: Segment | None = None
        self._booted = ""
        self._begun = 0.0
        self._entries_from = 0
        self._place = 0
        self.epoch = ""
        self.number = 0
        self.picture: Picture | None = None

    def _segments(self) -> list[Segment]:
        """All that are there, the oldest first."""
        with suppress(FileNotFoundError):
            found = [Segment.named(self._directory, name) for name in os.listdir(self._directory)]
            return sorted((each for each in found if each), key=lambda each: each.first)
        return []

    def take_turn(self) -> bool:
        """Whether this process is the writer from now on. Raises OSError."""
        return self._turn.take()

    def give_turn(self) -> None:
        """Let another process be the writer."""
        self._turn.give()

    def read_new(self) -> list[Entry]:
        """The entries that another process wrote since. Raises OSError."""
        segments = self._segments()
        if self._segment not in segments:  # the first time, or it was removed
            self._segment = None
        news: list[Entry] = []
        if self._segment is None:
            if segments:
                self._open(segments[-1])
                self._read_lines()  # from before we were there, but they are in the picture
            return news
        news += self._read_lines()
        for segment in segments[segments.index(self._segment) + 1 :]:
            self._open(segment)
            news += self._read_lines()
        return news

    def _open(self, segment: Segment) -> None:
        """Read a segment's first line, and go on behind it."""
        with open(segment.path, "rb") as file:
            line = file.readline()
        head = loads(line)
        picture = decode_picture(head["picture"])
        if head["prints"] != PRINTS:
            picture.objects = None
        self._segment, self._begun, self._booted = segment, head["at"], head["boot"]
        self._entries_from = self._place = len(line)
        self.epoch, self.number, self.picture = segment.epoch, segment.first - 1, picture

    def _read_lines(self) -> list[Entry]:
        assert self._segment is not None
        with open(self._segment.path, "rb") as file:
            file.seek(self._place)
            text = file.read()
        whole = text[: text.rfind(b"\n") + 1]
        self._place += len(whole)
        entries = list(map(decode_entry, whole.splitlines()))
        self._took(entries)
        return entries

    def _took(self, entries: Sequence[Entry]) -> None:
        assert self.picture is not None
        for entry in entries:
            self.picture.take(entry)
            self.number += entry.event is not None

    def become_writer(self) -> list[Entry]:
        """Catch up with the one before, whose turn is over; what it wrote last. Raises OSError."""
        try:
            news = self.read_new()
            if self._segment is not None:
                self._take_over(self._segment)
        except (ValueError, KeyError, TypeError) as error:
            self.log.error(
                "{directory} can't be read, so events begin anew: {error}",
                directory=self._directory,
                error=error,
            )
            for segment in self._segments():
                os.unlink(segment.path)
            self.begin(None)
            return []
        return news

    def _take_over(self, segment: Segment) -> None:
        found = os.stat(segment.path)
        if found.st_size > self._place:  # what was not finished
            os.truncate(segment.path, self._place)
        if self._now() - found.st_mtime > KEPT_SECONDS:  # nobody comes back for what happened since
            self.begin(None)
        elif self._booted != self._boot:
            self.begin(self.picture)

    def begin(self, picture: Picture | None) -> None:
        """Begin a new epoch with this picture; without one, nothing is known. Raises OSError."""
        self.epoch, self.picture = secrets.token_hex(6), picture
        self._segment = None
        if picture is not None:
            self._new_segment()

    def append(self, entries: Sequence[Entry]) -> None:
        """Write entries, all or none; only the writer may. Raises OSError."""
        if self._segment is None or self._is_full():
            self._new_segment()
        assert self._segment is not None
        text = b"".join(map(encode_entry, entries))
        file = os.open(self._segment.path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        try:
            if os.write(file, text) < len(text):
                os.ftruncate(file, self._place)
                raise OSError("No space left on device")
        finally:
            os.close(file)
        self._place += len(text)
        self._took(entries)

    def _is_full(self) -> bool:
        age, size = self._now() - self._begun, self._place - self._entries_from
        return age > SEGMENT_SECONDS or size > max(SEGMENT_BYTES, self._entries_from)

    def _new_segment(self) -> None:
        assert self.picture is not None
        head = {
            "at": self._now(),
            "boot": self._boot,
            "prints": PRINTS,
            "picture": encode_picture(self.picture),
        }
        name = f"{self.number + 1:016d}-{self.epoch}"
        segment = Segment(os.path.join(self._directory, name), self.number + 1, self.epoch)
        with tempfile.NamedTemporaryFile(dir=self._directory, prefix=".", delete=False) as file:
            try:
                file.write(dumps(head) + b"\n")
                file.flush()
                os.fsync(file.fileno())
                os.rename(file.name, segment.path)
            except OSError:
                with suppress(OSError):
                    os.unlink(file.name)
                raise
        self._segment, self._begun, self._booted = segment, self._now(), self._boot
        self._entries_from = self._place = os.stat(segment.path).st_size
        self._forget_old()

    def _forget_old(self) -> None:
        for newer, segment in enumerate(reversed(self._segments())):
            with suppress(OSError):
                ended = os.stat(segment.path).st_mtime
                if newer and (newer >= MOST_SEGMENTS or self._now() - ended > KEPT_SECONDS):
                    os.unlink(segment.path)

    def after(self, epoch: str, number: int, last: int) -> Iterator[list[Entry]] | None:
        """The entries behind that position up to the one with the number ``last``, in pieces.

        None if the position is not known, or too old: some may be missing.
        """
        segments = self._segments()
        own = [at for at, segment in enumerate(segments) if segment.epoch == epoch]
        if not own or number < segments[own[0]].first - 1:
            return None
        start = max(at for at in own if segments[at].first - 1 <= number)
        if start == own[-1]:  # its end may have been lost
            end = segments[start + 1].first - 1 if start + 1 < len(segments) else last
            if number > end:
                return None
        return self._pieces(segments[start:], number, last)

    def _pieces(self, segments: Sequence[Segment], after: int, last: int) -> Iterator[list[Entry]]:
        for segment in segments:
            number = segment.first - 1
            with open(segment.path, "rb") as file:
                file.readline()
                while number < last and (lines := file.readlines(CHUNK)):
                    piece = []
                    for entry in map(decode_entry, filter(_is_whole, lines)):
                        number += entry.event is not None
                        if entry.event is not None and after < number <= last:
                            piece.append(entry)
                    yield piece


def _is_whole(line: bytes) -> bool:
    return line.endswith(b"\n")
