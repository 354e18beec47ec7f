from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.api.access import Access
from ganeti_rapi.auth.permissions import KNOWN_OPTIONS, User

OPEN, READ, WRITE = Access.OPEN, Access.READ, Access.WRITE

# The options of a user, and all that this user may.
ALLOWED: list[tuple[set[str], set[Access]]] = [
    (set(), {OPEN}),
    ({"read"}, {OPEN, READ}),
    ({"write"}, {OPEN, READ, WRITE}),
    ({"read", "write"}, {OPEN, READ, WRITE}),
]


class MayTests(SynchronousTestCase):
    def test_one_of_the_options_suffices(self) -> None:
        for options, allowed in ALLOWED:
            user = User("jack", frozenset(options))
            self.assertEqual({access for access in Access if user.may(access)}, allowed, options)

    def test_the_known_options_are_those_of_the_requirements_and_the_stock_daemon(self) -> None:
        self.assertEqual(KNOWN_OPTIONS, {"read", "write"})
