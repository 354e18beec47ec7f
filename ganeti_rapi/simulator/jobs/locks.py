"""Locks that order opcodes which touch the same thing.

An opcode asks for all its locks at once and gets them at once, so two opcodes can never wait for
each other. Among equal priorities, the first to ask is served first: a request also waits for
the conflicting ones ahead of it, so that a stream of shared locks cannot starve an exclusive one.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import define, field
from twisted.internet.defer import Deferred

_LEVELS = ("cluster", "instance", "nodegroup", "node", "node-res", "network")
"""In the order in which Ganeti's opcodes take their locks."""


@define
class LockRow:
    """A lock as queries show it: its ``mode``, the jobs that hold it, and those that wait."""

    name: str
    mode: str | None = None
    owner: list[str] = field(factory=list)
    pending: list[tuple[str, list[str]]] = field(factory=list)

    def add_owner(self, owner: int, exclusive: bool) -> None:
        """Note who holds the lock."""
        self.mode = _mode(exclusive)
        self.owner.append(str(owner))

    def add_pending(self, owner: int, exclusive: bool) -> None:
        """Note who waits for the lock."""
        self.pending.append((_mode(exclusive), [str(owner)]))


def _mode(exclusive: bool) -> str:
    return "exclusive" if exclusive else "shared"


def _level(name: str) -> int:
    level = name.partition("/")[0]
    return _LEVELS.index(level) if level in _LEVELS else len(_LEVELS)


Locks = Mapping[str, bool]
"""By the lock's name: whether it is exclusive."""


def conflict(one: Locks, other: Locks) -> bool:
    """Whether two sets of locks cannot be held at the same time."""
    fewer, more = sorted((one, other), key=len)
    return any(name in more and (fewer[name] or more[name]) for name in fewer)


@define(eq=False)
class _Request:
    owner: int
    locks: Locks
    priority: int
    granted: Deferred[None]


@define
class LockManager:
    """Which jobs hold which locks, and which wait.

    Owners are job ids; each has one request at a time.
    """

    held: dict[int, Locks] = field(factory=dict, init=False)
    _requests: list[_Request] = field(factory=list, init=False)

    def acquire(self, owner: int, locks: Locks, priority: int = 0) -> Deferred[None]:
        """Fire when the owner has its locks. Cancelling the Deferred withdraws the request."""
        request = _Request(owner, locks, priority, Deferred(lambda _: self._withdraw(request)))
        self._requests.append(request)
        self._requests.sort(key=lambda request: request.priority)
        self._grant()
        return request.granted

    def release(self, owner: int) -> None:
        """Give back all locks of the owner."""
        if self.held.pop(owner, None) is not None:
            self._grant()

    def rows(self) -> list[LockRow]:
        """The locks that are held or waited for.

        Of a job that waits, Ganeti's locks are taken level by level: those before the first that it
        has to wait for are its own already.
        """
        rows: dict[str, LockRow] = {}
        for owner, locks in self.held.items():
            for name, exclusive in locks.items():
                rows.setdefault(name, LockRow(name)).add_owner(owner, exclusive)
        for request in self._requests:
            self._add_request(rows, request)
        return sorted(rows.values(), key=lambda row: row.name)

    def _add_request(self, rows: dict[str, LockRow], request: _Request) -> None:
        for name in sorted(request.locks, key=_level):
            exclusive = request.locks[name]
            row = rows.setdefault(name, LockRow(name))
            if row.owner and (exclusive or row.mode == "exclusive"):
                row.add_pending(request.owner, exclusive)
                return
            row.add_owner(request.owner, exclusive)

    def _withdraw(self, request: _Request) -> None:
        self._requests.remove(request)
        self._grant()

    def _grant(self) -> None:
        granted: list[_Request] = []
        waiting: list[_Request] = []
        ahead = list(self.held.values())
        for request in self._requests:
            blocked = any(conflict(request.locks, locks) for locks in ahead)
            (waiting if blocked else granted).append(request)
            ahead.append(request.locks)
        self._requests = waiting
        self.held.update((request.owner, request.locks) for request in granted)
        for request in granted:
            request.granted.callback(None)
