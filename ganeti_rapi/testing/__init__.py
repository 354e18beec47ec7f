"""For the tests of programs that talk to Ganeti's remote API: a cluster of their own, in memory.

A `SimulatedApi` is a whole daemon in front of a simulated cluster, without sockets and on a clock
of its own, so that tests are fast and come out the same each time. doc/simulator.md shows how to
use it.
"""

from __future__ import annotations

from ganeti_rapi.simulator.size import Size
from ganeti_rapi.testing.http import Collector, Reply, encode_request, parse_reply
from ganeti_rapi.testing.memory import MemoryEndpoint, MemoryReactor, Pipe
from ganeti_rapi.testing.simulated import USERS, SimulatedApi

__all__ = [
    "USERS",
    "Collector",
    "MemoryEndpoint",
    "MemoryReactor",
    "Pipe",
    "Reply",
    "SimulatedApi",
    "Size",
    "encode_request",
    "parse_reply",
]
