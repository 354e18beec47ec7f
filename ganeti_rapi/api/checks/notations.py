"""The checks that many parameters share, and the notations that Ganeti reads."""

from __future__ import annotations

import ipaddress
import re

from ganeti_rapi.api.checks.alternatives import Either
from ganeti_rapi.api.checks.containers import DictOf, ListOf
from ganeti_rapi.api.checks.scalars import Anything, Boolean, Integer, Matching, String

BOOLEAN = Boolean()
STRING = String()
NON_EMPTY_STRING = String(minimum=1)
NON_NEGATIVE = Integer(0)
POSITIVE = Integer(1)
LIST = ListOf(Anything())
STRINGS = ListOf(STRING)
OBJECT = DictOf(Anything(), Anything())


def _digits(text: str) -> None:
    # ASCII only: luxid drops the connection when a job id has other digits.
    if not re.fullmatch("[0-9]+", text):
        raise ValueError("not only digits")


JOB_ID = Either((NON_NEGATIVE, Matching("string of digits", _digits, "[0-9]+")))
RELATIVE_JOB_ID = Integer(maximum=-1)
"""How many jobs before this one in the same submission."""


def _name(text: str) -> None:
    if not re.fullmatch(r"[A-Za-z0-9_.-]+", text):
        raise ValueError


NAME = Matching("name", _name, "[A-Za-z0-9_.-]+")
"""As it may stand in a URI."""


_SIZE = r" *[0-9]+ *(?:[MmGgTt](?:[Ii]?[Bb])?)?"


def _size(text: str) -> None:
    if not re.fullmatch(_SIZE, text):
        raise ValueError("not a size")


SIZE = Either((Integer(), Matching("string such as 512, 16M or 2G", _size, _SIZE)))
"""MiB, or a string of a whole number that may have a unit, as Ganeti's ParseUnit reads it."""

IPV4_ADDRESS = Matching("IPv4 address", ipaddress.IPv4Address, format="ipv4")
IPV6_ADDRESS = Matching("IPv6 address", ipaddress.IPv6Address, format="ipv6")
IPV4_NETWORK = Matching("IPv4 network such as 192.0.2.0/24", ipaddress.IPv4Network)
IPV6_NETWORK = Matching("IPv6 network such as 2001:db8::/32", ipaddress.IPv6Network)
