"""What lists looked like, so that a client is told only what changed since it read one.

Of each list there is one table in memory: for every object a digest of what was shown of it, and
the version of the list that brought this. So it does not matter how many clients read the list and
when: whoever knows any version is told of the objects that have a later one. An ETag that is not
known, since it is too old or another process gave it, is 410, and the client reads the list again.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from attrs import define, field

from ganeti_rapi.errors import BadRequest, Gone
from ganeti_rapi.jsontext import Encoded, Json, dumps

Name = Any  # Any: what tells an object from the others: a text, or a job's id

MOST_ROWS = 300_000
"""Rows of all lists that are remembered together: some 60 MB."""

MOST_VERSIONS = 1000
"""Versions of one list that may be referred to."""

MOST_REMOVED = 10_000
"""Objects of one list that went, and are still remembered."""

_BETWEEN = dumps([0, 0])[2:-2]
"""What the library at hand writes between the items of a list."""


@define(eq=False)
class Rows:
    """A list as it is read: its text, and a digest of each row's.

    With ``kept``, the texts themselves are kept as well.
    """

    kept: bool = False
    text: Encoded = field(factory=lambda: Encoded(b"["))
    digests: dict[Name, int] = field(factory=dict)
    texts: dict[Name, bytes] = field(factory=dict)

    def add(self, names: Sequence[Name], texts: Sequence[bytes]) -> None:
        """Append rows."""
        if texts:
            self.text.add((b"," if self.digests else b"") + _BETWEEN.join(texts))
            self.digests.update(zip(names, map(hash, texts)))
            if self.kept:
                self.texts.update(zip(names, texts))

    def add_unchanging(self, names: Sequence[Name], values: Sequence[Json]) -> None:
        """The same for all rows at once, in which nothing ever changes: that costs less."""
        self.text.add(dumps(values)[1:-1])
        self.digests = dict.fromkeys(names, 0)
        if self.kept:
            self.texts = dict(zip(names, map(dumps, values)))


@define(eq=False)
class History:
    """The versions of one list."""

    version: int = 0
    rows: dict[Name, tuple[int, int]] = field(factory=dict)
    """By name: the digest, and the version that brought it."""
    removed: dict[Name, int] = field(factory=dict)
    """By name: the version in which it was there no more."""
    versions: dict[str, int] = field(factory=dict)
    """By ETag, the oldest first."""

    def note(self, etag: str, digests: Mapping[Name, int]) -> None:
        """This is the list now."""
        if self.versions.get(etag) == self.version > 0:
            return
        self.version += 1
        before, self.rows = self.rows, {}
        for name, digest in digests.items():
            known = before.pop(name, None)
            same = known is not None and known[0] == digest
            self.rows[name] = known if known is not None and same else (digest, self.version)
            self.removed.pop(name, None)
        self.removed.update(dict.fromkeys(before, self.version))
        self.versions.pop(etag, None)
        self.versions[etag] = self.version
        while self._is_too_long():
            self._forget()

    def _is_too_long(self) -> bool:
        too_long = len(self.versions) > MOST_VERSIONS or len(self.removed) > MOST_REMOVED
        return too_long and len(self.versions) > 1

    def _forget(self) -> None:
        """Forget the older half of the versions, and what went before the others."""
        for etag in list(self.versions)[: len(self.versions) // 2]:
            del self.versions[etag]
        oldest = next(iter(self.versions.values()))
        self.removed = {name: at for name, at in self.removed.items() if at > oldest}

    def changes(self, version: int) -> tuple[list[Name], list[Name]]:
        """The objects that changed or came after a version, and those that went."""
        changed = [name for name, (_, since) in self.rows.items() if since > version]
        return changed, [name for name, since in self.removed.items() if since > version]


class Histories:
    """The histories of the lists that were read last."""

    def __init__(self, most_rows: int = MOST_ROWS) -> None:
        self._most_rows = most_rows
        self._lists: dict[Hashable, History] = {}

    def version(self, key: Hashable, etag: str) -> int:
        """The version of a list that had this ETag. Raises `Gone` when it is not known."""
        history = self._lists.get(key)
        version = None if history is None else history.versions.get(etag)
        if version is None:
            raise Gone(
                "What changed since this ETag is not known here any more: read the list again "
                "without since, and go on from its ETag"
            )
        return version

    def note(self, key: Hashable, etag: str, digests: Mapping[Name, int]) -> History:
        """This is the list now; its history."""
        history = self._lists.pop(key, None) or History()
        history.note(etag, digests)
        self._lists[key] = history
        while len(self._lists) > 1 and self._rows() > self._most_rows:
            del self._lists[next(iter(self._lists))]
        return history

    def _rows(self) -> int:
        return sum(len(each.rows) + len(each.removed) for each in self._lists.values())


def changes_text(rows: Rows, changed: Sequence[Name], removed: Sequence[Name]) -> Encoded:
    """The reply that tells what changed of a list whose rows were kept."""
    head = b'{"etag":' + dumps(rows.text.digest) + b',"changed":['
    texts = _BETWEEN.join(rows.texts[name] for name in changed)
    return Encoded(head, texts, b'],"removed":' + dumps(list(removed)) + b"}")


def read_etag(text: str) -> str:
    """An ETag as the header has it, or without its quotes. Raises `BadRequest`."""
    etag = text.strip().removeprefix("W/").strip('"').removesuffix("-gzip")
    if not etag.isascii() or not etag.isalnum():
        raise BadRequest("Invalid argument since: expected the ETag of a list")
    return etag
