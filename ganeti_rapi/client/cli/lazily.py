"""Commands whose modules are imported when they are used: a list of them needs only summaries."""

from __future__ import annotations

from importlib import import_module
from typing import Final

import click

from ganeti_rapi.client.cli.everywhere import Family

PACKAGE: Final = "ganeti_rapi.client.cli"


class Later(click.Command):
    """Stands for a command until that is used.

    ``where`` is its module, and behind a colon its name there: of a command, whose help goes on
    after this ``summary``, or of the commands of a family.
    """

    def __init__(self, name: str, where: str, summary: str) -> None:
        super().__init__(name, help=summary)
        self._where = where

    def loaded(self) -> click.Command:
        """The command itself."""
        module, _, attribute = self._where.partition(":")
        made = getattr(import_module(f"{PACKAGE}.{module}"), attribute or "COMMANDS")
        if not isinstance(made, click.Command):
            return Family(str(self.name), str(self.help), made)
        made.help = f"{self.help}\n\n{made.help or ''}".rstrip()
        return made


class LazyGroup(click.Group):
    """A group of commands of which some are `Later`."""

    def use(self, name: str) -> click.Command:
        """The command of that name, which is imported now. Raises KeyError."""
        command = self.commands[name]
        if isinstance(command, Later):
            command = self.commands[name] = command.loaded()
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        return name, self.use(name) if name else command, rest
