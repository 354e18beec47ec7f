"""How many connections and requests there may be: in all, of each address, of each user."""

from __future__ import annotations

from collections import Counter

from attrs import define, field, frozen

from ganeti_rapi.errors import TooManyRequests

SOON = {"Retry-After": "1"}
"""Requests and connections end all the time."""


@frozen
class SiteLimits:
    """Numbers of what may be at the same time; 0 is no limit.

    ``connections`` are those of all, ``address_connections`` those from one address, and
    ``user_requests`` the requests of one user, or of one address where there is no user;
    ``user_consoles`` are a user's open consoles.
    """

    connections: int = 0
    address_connections: int = 0
    user_requests: int = 10_000
    user_consoles: int = 20


LIMITS = SiteLimits()
"""What the options say where they are not given."""


@define
class UnderWay:
    """Counts what is under way of each. ``most`` is how many one may have; 0 is no limit.

    ``what`` says in the error what these are.
    """

    most: int
    what: str
    _counts: Counter[str] = field(factory=Counter)

    def enter(self, who: str) -> None:
        """Count one more. Raises `TooManyRequests`, and counts nothing, when it is one too many."""
        if self.most:
            if self._counts[who] >= self.most:
                raise TooManyRequests(
                    f"The limit of {self.most} for {self.what} is reached; wait until one of them "
                    "ends",
                    SOON,
                )
            self._counts[who] += 1

    def leave(self, who: str) -> None:
        """Count one less."""
        if self.most:
            self._counts[who] -= 1
            if not self._counts[who]:
                del self._counts[who]

    def one_more(self, who: str) -> OneMore:
        """The context in which one more is under way."""
        return OneMore(self, who)


@define
class OneMore:
    """A context; see `UnderWay.one_more`."""

    _under_way: UnderWay
    _who: str

    def __enter__(self) -> None:
        self._under_way.enter(self._who)

    def __exit__(self, *_: object) -> None:
        self._under_way.leave(self._who)
