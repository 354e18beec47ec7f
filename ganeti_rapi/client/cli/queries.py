"""`rapi query`: any fields of any objects, and which fields there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ganeti_rapi.client.cli.commands import argument, command, several
from ganeti_rapi.client.cli.filtering import HELP, all_of, condition
from ganeti_rapi.client.cli.output import Columns, print_json, print_table
from ganeti_rapi.client.cli.running import Session
from ganeti_rapi.client.cli.values import names

# Any, in this module: JSON
FIELD_COLUMNS: Columns = {"Field": "name", "Kind": "kind", "Meaning": "doc"}

WITHOUT_VALUE = {1: "(unknown field)", 2: "(no data)", 3: "-", 4: "(offline)"}
"""What a cell's status means, by Ganeti's numbers; 0 is a value."""


def query(session: Session, kind: str, fields: list[str] | None, conditions: Sequence[Any]) -> None:
    """Show the fields of a kind, or their values."""
    if fields is None:
        known = session.ask(lambda client: client.query_fields(kind))
        rows, columns = known["fields"], FIELD_COLUMNS
    else:
        wanted = fields
        known = session.ask(lambda client: client.query(kind, wanted, all_of(conditions)))
        rows, columns = (
            list(_rows(known)),
            {field["title"]: field["name"] for field in known["fields"]},
        )
    print_json(known) if session.json else print_table(session.out, columns, rows)


def _rows(answer: Any) -> Iterator[dict[str, Any]]:
    fields = [field["name"] for field in answer["fields"]]
    for cells in answer["data"]:
        yield {
            name: value if status == 0 else WITHOUT_VALUE.get(status, "?")
            for name, (status, value) in zip(fields, cells)
        }


QUERY = command(
    "query",
    "Ask for any FIELDS of all objects of a KIND: instance, node, group, network, job, lock, "
    "filter or export. Without FIELDS, show which there are.",
    query,
    [
        argument("kind"),
        argument("fields", type=names, required=False, metavar="[FIELD,…]"),
        several("--filter", "conditions", type=condition, metavar="CONDITION", help=HELP),
    ],
)
