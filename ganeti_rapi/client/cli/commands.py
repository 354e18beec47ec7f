"""Making click commands: those that only read, and what all commands are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from ganeti_rapi.client.cli.everywhere import LATER, Family, write_options

if TYPE_CHECKING:
    from ganeti_rapi.client.cli.running import Session
    from ganeti_rapi.client.methods import AllMethods

# Any, in this module: the client's methods and JSON of each command's own shape
Method: TypeAlias = str | Callable[..., Any]
"""A method of the client by its name, so that its module need not be imported, or a function."""

LazyParameter: TypeAlias = click.Parameter | Callable[[], click.Parameter]
"""A parameter of a command, or what makes it."""


def call(method: Method, client: AllMethods, values: Mapping[str, Any]) -> Any:
    """What a method of the client returns, with short names made full. An awaitable."""

    from ganeti_rapi.client.cli.shortening import with_full_names  # not for a help text

    async def once(**values: Any) -> Any:
        if isinstance(method, str):
            return await getattr(client, method)(**values)
        return await method(client, **values)

    return with_full_names(client, once, values)


def argument(name: str, **settings: Any) -> click.Argument:
    """A positional argument, which may not be empty: a URL would lead elsewhere then."""
    return click.Argument([name], **{"callback": _not_empty, **settings})


def _not_empty(context: click.Context, parameter: click.Parameter, value: Any) -> Any:
    if value == "" or (isinstance(value, tuple) and "" in value):
        raise click.BadParameter("it is empty", ctx=context, param=parameter)
    return value


def option(*names: str, **settings: Any) -> click.Option:
    """An option whose name is a parameter of the client's method; None when it is not given.

    A name such as ``--online/--offline`` makes two words, for true and false. Whether one that is
    ``required`` is there is checked here: to click 8.3 and newer the default None is a value, too.
    """
    if settings.get("required"):
        settings["callback"] = _must_be_given
    return click.Option(names, **{"default": None, **settings})


def _must_be_given(context: click.Context, parameter: click.Parameter, value: Any) -> Any:
    if value is None and not context.resilient_parsing:  # as it is while a shell completes
        raise click.MissingParameter(ctx=context, param=parameter)
    return value


def several(*names: str, **settings: Any) -> click.Option:
    """An option that may be repeated; an empty tuple when it is not given."""
    return click.Option(names, multiple=True, **settings)


def flag(*names: str, help: str, value: bool = True) -> click.Option:
    """An option without a value, which means ``value``."""
    return click.Option(names, is_flag=True, flag_value=value, default=None, type=bool, help=help)


class Command(click.Command):
    """A command that makes its parameters when they are needed."""

    def __init__(self, name: str, parameters: Sequence[LazyParameter], **settings: Any) -> None:
        super().__init__(name, **settings)
        self._lazy = parameters

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        if not self.params:
            own = [each if isinstance(each, click.Parameter) else each() for each in self._lazy]
            self.params = [*own, *LATER]
        return super().get_params(ctx)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.MissingParameter as missing:  # which puts each choice on a line
            text = " ".join(missing.format_message().split())
            raise click.UsageError(text, ctx) from None

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        write_options(self, ctx, formatter)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from ganeti_rapi.client.cli.examples import examples_of  # only a help text needs them

        program, _, path = ctx.command_path.partition(" ")
        with formatter.section("Examples"):
            for line in examples_of(path):  # as they are, so that they can be copied
                lines = line.replace("\n", f"\n{'':{formatter.current_indent}}")
                formatter.write(f"{'':{formatter.current_indent}}{program} {lines}\n")


def command(
    name: str,
    summary: str,
    callback: Callable[..., None],
    parameters: Sequence[LazyParameter],
    together: bool = False,
    **settings: Any,
) -> click.Command:
    """A command with more settings of click's; the callback gets a `Session`.

    What only reads may run on several clusters ``together``; all else does so in turn.
    """

    def run(session: Session, **values: Any) -> None:
        from ganeti_rapi.client.cli.clusters import on_clusters  # not for a help text
        from ganeti_rapi.client.cli.failing import Failed
        from ganeti_rapi.client.cli.profiles import ProfileError

        try:
            on_clusters(session, callback, values, together)
        except ProfileError as error:
            raise Failed(str(error), 2) from error

    return Command(name, parameters, callback=click.pass_obj(run), help=summary, **settings)


def given(values: dict[str, Any]) -> dict[str, Any]:
    """The options that were given; the server chooses the others."""
    return {name: value for name, value in values.items() if value not in (None, ())}


def reading(
    name: str, method: Method, summary: str, parameters: Sequence[LazyParameter] = ()
) -> click.Command:
    """A command that prints what a method of the client returns."""

    def run(session: Session, **values: Any) -> None:
        async def work(client: AllMethods) -> Any:
            return await call(method, client, given(values))

        session.show(session.ask(work))

    return command(name, summary, run, parameters, together=True)


def for_each(name: str, method: str, summary: str, parameter: click.Argument) -> click.Command:
    """A command that calls a method of the client for each value of an argument, in turn."""

    def run(session: Session, **values: Any) -> None:
        (each,) = values.values()

        async def work(client: AllMethods) -> None:
            for value in each:
                await getattr(client, method)(value)

        session.ask(work)
        if session.for_programs:
            session.show(list(each))

    return command(name, summary, run, [parameter])


def family(name: str, summary: str, *commands: click.Command) -> click.Group:
    """A group of commands."""
    return Family(name, summary, commands)
