"""How guessing passwords is slowed down: which logins are judged, and which have to wait.

Theory of operation. Each failed login is counted twice: for the address that it came from and for
the name that it gave. The first failures are free, since people mistype; after each further one,
the address or the name is *closed* for 1, 2, 4, … seconds, up to ``longest``. What is closed is not
judged at all, whatever the password: a right one gets the same 429 as a wrong one, so that nothing
is learned. Nothing is counted either, so that waiting is enough to be judged again. Every
``longest`` seconds one failure is forgotten. So a guesser has, in the long run, one try in
``longest`` seconds.

* An address of IPv6 counts as its /64, which is what one customer or one machine has.
* Names have more free failures than addresses, and both forget at the same rate. So one address
  alone cannot close a name for the others. Several can, and then they have together as many tries
  as one.
* A name that nobody has is counted, too. If it were not, what closes would tell which names exist.

Nobody shall be able to lock out an honest user. So who has logged in during the last week is
*known*: a pair of address and name, which has a counter of its own in place of the two others. A
guesser at another address, or with another name at the same address, is of no concern to it. What
remains: a guesser who shares both with an honest user can close the pair, for ``longest`` seconds
at a time; and while several addresses guess at one name, its owner waits at new addresses, and
after a restart, which forgets who is known.

A success takes nothing from the counters: a guesser with an account could log in between guesses.

Memory is bounded, and what is remembered cannot be pushed out to be guessed at anew. Where there
are `MOST_COUNTERS`, the half that would be forgotten first makes room; who fills a table with the
single failures of many addresses pushes out only such. Names that somebody has are in a table that
no made-up name gets into. Known addresses are bounded for each name, and only who logs in with that
name adds one.
"""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Callable, Hashable
from functools import lru_cache

from attrs import define, field, frozen
from twisted.internet.interfaces import IReactorTime

FREE_FOR_ADDRESS = 5
"""Failures without a delay, for an address; and for a known pair."""

FREE_FOR_NAME = 20
"""Failures without a delay, for a name: more than one address has until it waits for long."""

MOST_COUNTERS = 10_000
"""Addresses with failures, names with failures, and made-up names with failures: for each."""

KNOWN_FOR = 7 * 24 * 3600.0
"""Seconds after a login in which its pair is known."""

MOST_KNOWN = 1_000
"""Addresses that are known for a name."""


_ROUNDING = 0.001
"""Of a failure, for what sums of seconds are off by."""


@define
class Counter:
    """The failures of an address, a name or a pair, by a clock's seconds."""

    forgotten_at: float = 0.0
    closed_until: float = 0.0


@frozen
class Rule:
    """How a counter counts. ``longest`` is in seconds, and at least 1."""

    free: int
    longest: float

    def count(self, counter: Counter, now: float) -> None:
        """Count a failure, and close where there were too many."""
        most = self.free + math.ceil(math.log2(self.longest))  # beyond it no delay grows
        began = max(counter.forgotten_at, now)
        counter.forgotten_at = min(began + self.longest, now + most * self.longest)
        failures = math.ceil((counter.forgotten_at - now) / self.longest - _ROUNDING)
        if failures >= self.free:
            counter.closed_until = now + min(2.0 ** (failures - self.free), self.longest)


@define
class Counters:
    """A bounded table of counters that count by the same rule."""

    rule: Rule
    _counters: dict[Hashable, Counter] = field(factory=dict)

    def closed_until(self, key: Hashable) -> float:
        """When this one is open again; past if it is open."""
        counter = self._counters.get(key)
        return counter.closed_until if counter else 0.0

    def count(self, key: Hashable, now: float) -> None:
        """Count a failure."""
        if key not in self._counters:
            self._make_room()
        self.rule.count(self._counters.setdefault(key, Counter()), now)

    def _make_room(self) -> None:
        if len(self._counters) >= MOST_COUNTERS:
            entries = sorted(self._counters.items(), key=lambda entry: entry[1].forgotten_at)
            self._counters = dict(entries[len(entries) // 2 :])


@define
class Known:
    """A pair of address and name that has logged in, and its counter."""

    until: float
    counter: Counter = field(factory=Counter)


class Guesses:
    """Who has to wait until a login is judged.

    ``clock`` is monotonic. ``is_user`` says whether somebody has a name. ``longest`` is the longest
    delay in seconds; with 0 nobody waits.
    """

    def __init__(
        self, clock: IReactorTime, is_user: Callable[[str], bool], longest: float = 60
    ) -> None:
        self._clock = clock
        self._is_user = is_user
        self._off = longest == 0
        by_address, by_name = Rule(FREE_FOR_ADDRESS, longest), Rule(FREE_FOR_NAME, longest)
        self._pairs = by_address
        self._addresses = Counters(by_address)
        self._names = Counters(by_name)
        self._made_up = Counters(by_name)
        self._known: dict[str, dict[str, Known]] = {}

    def wait(self, address: str, name: str) -> float:
        """Seconds until a login from there with that name is judged; 0 if it is judged now."""
        now, place = self._clock.seconds(), place_of(address)
        known = self._known_at(place, name, now)
        if known is not None:
            until = known.counter.closed_until
        else:
            names, key = self._counters_of(name)
            until = max(self._addresses.closed_until(place), names.closed_until(key))
        return max(until - now, 0.0)

    def failed(self, address: str, name: str) -> None:
        """A login was judged, and its name or password was wrong."""
        if self._off:
            return
        now, place = self._clock.seconds(), place_of(address)
        known = self._known_at(place, name, now)
        if known is not None:
            self._pairs.count(known.counter, now)
        else:
            names, key = self._counters_of(name)
            names.count(key, now)
            self._addresses.count(place, now)

    def succeeded(self, address: str, name: str) -> None:
        """A login was judged, and was right."""
        now, place = self._clock.seconds(), place_of(address)
        places = self._known.setdefault(name, {})
        known = places.pop(place, None)
        counter = known.counter if known is not None else Counter()
        places[place] = Known(now + KNOWN_FOR, counter)  # at the end: the first ones are the oldest
        if len(places) > MOST_KNOWN:
            del places[next(iter(places))]

    def _known_at(self, place: str, name: str, now: float) -> Known | None:
        known = self._known.get(name, {}).get(place)
        return known if known is not None and known.until > now else None

    def _counters_of(self, name: str) -> tuple[Counters, int]:
        # By its hash, which is short whatever the name, and which nobody outside can foresee.
        return (self._names if self._is_user(name) else self._made_up), hash(name)


@lru_cache(maxsize=1024)
def place_of(address: str) -> str:
    """What is counted for an address: itself, or its /64; as it is when it is no IP address."""
    if ":" not in address:
        return address
    try:
        ip = ipaddress.IPv6Address(address)
    except ValueError:
        return address
    return str(ip.ipv4_mapped or ipaddress.IPv6Address(int(ip) >> 64 << 64))
