"""`rapi query`: any fields of any objects, and which fields there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ganeti_rapi.client.cli import completion
from ganeti_rapi.client.cli.commands import argument, command, several
from ganeti_rapi.client.cli.everywhere import completed
from ganeti_rapi.client.cli.failing import Failed
from ganeti_rapi.client.cli.filtering import HELP, all_of, condition
from ganeti_rapi.client.cli.listing import LOOK, looking
from ganeti_rapi.client.cli.output import Columns, Look, Table
from ganeti_rapi.client.cli.running import Session
from ganeti_rapi.client.cli.values import names

# Any, in this module: JSON
KINDS = ("instance", "node", "group", "network", "job", "lock", "filter", "export")

FIELD_COLUMNS: Columns = {"Field": "name", "Kind": "kind", "Meaning": "doc"}

UNKNOWN, NORMAL = "unknown", 0
"""The kind of a field that the server does not know, and the status of a cell with a value."""

WITHOUT_VALUE = {2: "(no data)", 3: None, 4: "(offline)"}
"""What cells of other statuses show, by Ganeti's numbers."""


def query(
    session: Session,
    kind: str,
    fields: list[str] | None,
    conditions: Sequence[Any],
    look: Look,
) -> None:
    """Show the fields of a kind, or their values."""
    if fields is None:
        known = session.ask(lambda client: client.query_fields(kind))
        session.show_table(Table(FIELD_COLUMNS, known["fields"]), look)
        return
    answer = session.ask(lambda client: client.query(kind, fields, all_of(conditions)))
    described = answer["fields"]
    _refuse_unknown(kind, described)
    kinds = {field["name"]: field["kind"] for field in described}
    columns = {field["title"]: field["name"] for field in described}
    rows = list(_rows(answer, {} if session.for_programs else WITHOUT_VALUE))
    table = Table(columns, rows, key=described[0]["name"], kinds=lambda where: kinds.get(where, ""))
    session.show_table(table, look)


def _refuse_unknown(kind: str, described: Sequence[Any]) -> None:
    unknown = [field["name"] for field in described if field["kind"] == UNKNOWN]
    if unknown:
        raise Failed(f"{kind} has no field {', '.join(unknown)}; rapi query {kind} shows which", 2)


def _rows(answer: Any, without: Mapping[int, str | None]) -> Iterator[dict[str, Any]]:
    fields = [field["name"] for field in answer["fields"]]
    for cells in answer["data"]:
        yield {
            name: value if status == NORMAL else without.get(status)
            for name, (status, value) in zip(fields, cells)
        }


QUERY = command(
    "query",
    f"KIND is {', '.join(KINDS[:-1])} or {KINDS[-1]}. Without FIELDS, it shows which there are.",
    looking(query),
    [
        argument("kind", shell_complete=completed(KINDS)),
        argument(
            "fields",
            type=names,
            required=False,
            metavar="[FIELD,…]",
            shell_complete=completion.fields,
        ),
        several("--filter", "conditions", type=condition, metavar="CONDITION", help=HELP),
        *LOOK,
    ],
    together=True,
)
