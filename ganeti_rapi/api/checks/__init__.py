"""Checks of JSON values: small, composable, and their own documentation.

A check is called with a value and returns it as it will be submitted, or raises `CheckError`. Its
``str()`` is what the reference calls it, and ``schema()`` is its JSON Schema (2020-12), which is
what OpenAPI 3.1 uses. The schema admits exactly the values that the check accepts, but for three
limits of the language: it takes 1.0 for the integer 1, it has no format for IP networks, and its
format for IPv6 addresses knows no zones.

The rules are the stock daemon's: a boolean is no integer, an integer serves as a number, words are
case sensitive. The one difference on purpose: where a boolean is wanted, the numbers 1 and 0 will
do, as the requirements say.
"""

from __future__ import annotations

from ganeti_rapi.api.checks.alternatives import Either, Maybe
from ganeti_rapi.api.checks.check import (
    Check,
    CheckError,
    Refused,
    Schema,
    expectation,
    item_place,
    json_type,
    key_place,
)
from ganeti_rapi.api.checks.containers import DictOf, Items, Keyed, ListOf, plural
from ganeti_rapi.api.checks.notations import (
    BOOLEAN,
    IPV4_ADDRESS,
    IPV4_NETWORK,
    IPV6_ADDRESS,
    IPV6_NETWORK,
    JOB_ID,
    LIST,
    NAME,
    NON_EMPTY_STRING,
    NON_NEGATIVE,
    OBJECT,
    POSITIVE,
    RELATIVE_JOB_ID,
    SIZE,
    STRING,
    STRINGS,
)
from ganeti_rapi.api.checks.scalars import (
    Anything,
    Boolean,
    Integer,
    Matching,
    Number,
    OneOf,
    String,
)

__all__ = [
    "BOOLEAN",
    "IPV4_ADDRESS",
    "IPV4_NETWORK",
    "IPV6_ADDRESS",
    "IPV6_NETWORK",
    "JOB_ID",
    "LIST",
    "NAME",
    "NON_EMPTY_STRING",
    "NON_NEGATIVE",
    "OBJECT",
    "POSITIVE",
    "RELATIVE_JOB_ID",
    "SIZE",
    "STRING",
    "STRINGS",
    "Anything",
    "Boolean",
    "Check",
    "CheckError",
    "DictOf",
    "Either",
    "Integer",
    "Items",
    "Keyed",
    "ListOf",
    "Matching",
    "Maybe",
    "Number",
    "OneOf",
    "Refused",
    "Schema",
    "String",
    "expectation",
    "item_place",
    "json_type",
    "key_place",
    "plural",
]
