"""Compares the simulator's tables of query fields with those of a real luxid.

Set GANETI_RAPI_LUXI_SOCKET to the path of its socket to run this.
"""

from __future__ import annotations

import os

from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.simulator.queries.answers import query_fields
from ganeti_rapi.simulator.queries.kinds import KINDS

from ..bench.luxi import call

SOCKET = os.environ.get("GANETI_RAPI_LUXI_SOCKET", "")


def without_doc(reply: dict[str, list[dict[str, str]]]) -> list[tuple[str, str, str]]:
    return [(field["name"], field["title"], field["kind"]) for field in reply["fields"]]


class QueryFieldsOracleTests(SynchronousTestCase):
    if not SOCKET:
        skip = "GANETI_RAPI_LUXI_SOCKET does not name the socket of a real luxid"

    def test_every_kind_has_the_same_fields_in_the_same_order(self) -> None:
        for kind in KINDS:
            real = without_doc(call(SOCKET, "QueryFields", kind, None))
            self.assertEqual(without_doc(query_fields(kind, None)), real, kind)
