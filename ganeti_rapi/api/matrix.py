"""doc/permissions.md: who may do what, from the table: ``python -m ganeti_rapi.api.matrix``."""

from __future__ import annotations

from collections.abc import Iterator

from ganeti_rapi.api.access import OPTIONS, PUBLIC, ROLES, Rules
from ganeti_rapi.api.cells import Cell
from ganeti_rapi.api.resources import RESOURCES

_HEAD = """\
<!-- Made by `make doc` from the table of the API; change ganeti_rapi/api instead. -->

# Permissions

What each method of each resource takes, and which roles have it. In the users file a user has
roles (`@operator`), permissions (`instances.create`, or `+instances.create`), patterns
(`instances.*`), and the older options `read` and `write`, separated by commas. What stands behind a
minus is taken away in the end, wherever it stands: `@admin,-nodes.powercycle`.

    # Starts and stops instances, and waits for the jobs
    olga {ha1}0123456789abcdef0123456789abcdef @operator,@waiter
    # Does all but to power-cycle nodes
    adam {ha1}0123456789abcdef0123456789abcdef @admin,-nodes.powercycle
    # Creates instances, and nothing else beyond what anyone may
    crane {ha1}0123456789abcdef0123456789abcdef instances.create

Names and roles are those of Ganeti 3.2, but for `@waiter`, which has what an operator lacks there
to wait for jobs, and for `events.read`, `metrics.read` and `openapi.read`, which no Ganeti has. An
option that means nothing is ignored, and the log names its line.

`--access-rules` says which release's rules hold where 3.0 and 3.2 disagree:

| | 3.0, the default | 3.2 |
|---|---|---|
| what is marked open below | anyone may, with or without a user | takes its permission |
| a user without options | may what is open | may nothing but what is public |
| `read` | `@readonly`, and `instances.query.console` | `@readonly` |
| `write`, `all` | `@admin` | `@admin` |

With `--require-authentication` even what is open or public takes a user, but for `/healthz` and
`/readyz`.
"""


def document() -> str:
    """The whole of doc/permissions.md."""
    return "\n".join([_HEAD, *_table(), ""])


def _table() -> Iterator[str]:
    roles = [name for name in ROLES if name != "@admin"]
    yield f"| method | permission | open in 3.0 | `read` in 3.0 | {' | '.join(roles)} | @admin |"
    yield "|---" * (len(roles) + 5) + "|"
    for resource in RESOURCES:
        for method, cell in resource.cells.items():
            sets = [
                OPTIONS[Rules.GANETI_3_0]["read"],
                *(ROLES[role] for role in (*roles, "@admin")),
            ]
            marks = ["open" if cell.open else "", *(_mark(cell, each) for each in sets)]
            permission = cell.permission if cell.permission == PUBLIC else f"`{cell.permission}`"
            yield f"| {method} {resource.uri} | {permission} | {' | '.join(marks)} |"


def _mark(cell: Cell, permissions: frozenset[str]) -> str:
    return "yes" if cell.permission == PUBLIC or cell.permission in permissions else ""


if __name__ == "__main__":
    print(document(), end="")
