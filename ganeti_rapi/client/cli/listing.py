"""The command ``list`` of a family, and how all tables may be asked to look."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click
from attrs import evolve, field, frozen

from ganeti_rapi.client.cli.commands import Method, call, command, flag, given, option, several
from ganeti_rapi.client.cli.everywhere import completed, one_of_several
from ganeti_rapi.client.cli.filtering import HELP, all_of, condition, rows_of, values_of
from ganeti_rapi.client.cli.output import Columns, Look, Table
from ganeti_rapi.client.cli.running import Session
from ganeti_rapi.client.cli.values import names
from ganeti_rapi.client.errors import NotFound

if TYPE_CHECKING:
    from ganeti_rapi.client.methods import AllMethods

# Any, in this module: JSON of each list's own shape
NODES = ("pnode",)
"""Fields with a node's name."""


@frozen
class Listing:
    """The command ``list`` of a family.

    ``method`` gives all objects. ``kind`` and ``key`` are their names for the query language: what
    they are, and the field that tells one from the other. ``options`` are pairs of an option and
    the field that must have its value.
    """

    method: Method
    summary: str
    kind: str
    columns: Columns
    more: Columns = field(factory=dict)
    key: str = "name"
    options: Sequence[tuple[click.Option, str]] = ()
    sort: str | None = None


def list_command(listing: Listing) -> click.Command:
    """The command that a `Listing` describes.

    The server judges conditions, by a query: for the fields that are shown, or else for the keys of
    the objects that are.
    """

    async def chosen(
        client: AllMethods, conditions: Sequence[Any], fields: Sequence[str] | None
    ) -> Any:
        if not conditions:
            return await call(listing.method, client, {"fields": fields} if fields else {})
        try:
            found = await client.query(listing.kind, fields or [listing.key], all_of(conditions))
        except NotFound:  # so luxid answers names alone, if there are no such objects
            return []
        if fields:
            return rows_of(found, fields)
        keys = set(values_of(found))
        return [row for row in await call(listing.method, client, {}) if row[listing.key] in keys]

    def run(
        session: Session,
        conditions: tuple[Any, ...],
        look: Look,
        watch: bool | None = None,
        **values: Any,
    ) -> None:
        fields = {str(option.name): where for option, where in listing.options}
        more = [_is(fields[name], value) for name, value in given(values).items()]
        look = look if look.sort else evolve(look, sort=listing.sort)
        shown = fields_shown(listing, session.output, look)

        def find(client: AllMethods) -> Any:
            return chosen(client, [*conditions, *more], shown)

        def show(session: Session, rows: Any) -> None:
            session.show_table(Table(listing.columns, rows, listing.more, listing.key), look)

        if watch:
            from ganeti_rapi.client.cli import watching  # few want it

            watching.watch(session, [listing.kind], find, show)
        else:
            show(session, session.ask(find))

    parameters = [
        *(option for option, _ in listing.options),
        several("--filter", "conditions", type=condition, metavar="CONDITION", help=HELP),
        flag("--watch", help="Show it again whenever it has changed, until Ctrl-C."),
        *look_options([*listing.columns.values(), *listing.more.values()]),
    ]
    return command("list", listing.summary, looking(run), parameters, together=True)


WHOLE = frozenset({"beparams"})
"""Fields that columns show only a part of."""


def fields_shown(listing: Listing, output: str, look: Look) -> Sequence[str] | None:
    """The fields that a table needs; None for all, where it is not one of the usual columns."""
    columns = {**listing.columns, **(listing.more if output != "table" else {})}
    names = {title.lower(): where for title, where in columns.items()}
    sort = look.sort.removeprefix("-") if look.sort else listing.key
    sort = names.get(sort.lower(), sort)
    if look.columns or output not in ("table", "wide", "csv", "name"):
        return None
    if sort not in {*columns.values(), listing.key}:
        return None
    shown = [listing.key, sort] if output == "name" else [*columns.values(), listing.key]
    return list(dict.fromkeys(map(_field, shown)))


def _field(where: str) -> str:
    """The field that has what is there."""
    first = where.partition(".")[0]
    return first if first in WHOLE else where


def _is(where: str, value: str) -> Any:
    """The filter for a field's value."""
    return is_node(where, value) if where in NODES else ["=", where, value]


def is_node(where: str, name: str) -> Any:
    """The filter for a node's name, which may be short."""
    return ["|", ["=", where, name], ["=~", where, f"^{re.escape(name)}[.]"]]


def look_options(fields: Sequence[str] = ()) -> Sequence[click.Option]:
    """The options of commands that print a table; ``fields`` complete what is typed."""
    complete = completed(fields)
    return (
        option(
            "--columns",
            type=names,
            metavar="FIELD,…",
            help="Only these columns.",
            shell_complete=one_of_several(complete),
        ),
        option(
            "--sort",
            metavar="FIELD",
            help="Sort by a field; with - before it, the largest first.",
            shell_complete=complete,
        ),
        option("--limit", type=click.IntRange(min=1), help="Only that many, the first ones."),
        flag("--no-headers", "headers", value=False, help="Without the titles of the columns."),
        option(
            "--units",
            type=click.Choice(["h", "m", "g", "t"]),
            help="Sizes in mebibytes, gibibytes "
            "or tebibytes; h, which is the default of tables, takes what suits each.",
        ),
    )


LOOK = look_options()


def looking(run: Callable[..., None]) -> Callable[..., None]:
    """A callback that gets a `Look` in place of the options that make it."""

    def callback(session: Session, **values: Any) -> None:
        look = {str(each.name): values.pop(str(each.name)) for each in LOOK}
        run(session, look=Look(**given(look)), **values)

    return callback
