"""Files whose readings others want to know of: the audit log, and the metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from attrs import frozen

from ganeti_rapi.files.watch import Holder

READ, KEPT, LOST = "read", "kept", "lost"
"""What came of it: the files were taken; what was read before stays; they are missing."""

Note = Callable[[str, str, str, str], None]
"""Gets what is in the files, their paths, what came of it, and why they were not read."""


@frozen
class Noted:
    """A `Holder` of ``what``, as another is, that notes each reading."""

    what: str
    _holder: Holder
    _notes: Sequence[Note]

    @property
    def paths(self) -> Sequence[str]:
        return self._holder.paths

    def take(self, contents: Mapping[str, bytes]) -> None:
        self._holder.take(contents)
        self._note(READ)

    def keep(self, reason: str) -> None:
        self._holder.keep(reason)
        self._note(KEPT, reason)

    def lose(self, reason: str) -> None:
        self._holder.lose(reason)
        self._note(LOST, reason)

    def _note(self, outcome: str, reason: str = "") -> None:
        for note in self._notes:
            note(self.what, ", ".join(self.paths), outcome, reason)
