"""Options and arguments that are parameters of opcodes: what they take and mean is in the table.

They are made when their command is used: to import the table takes a while, and neither `rapi
--help` nor the completion of a command's name needs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ganeti_rapi.client.cli.commands import LazyParameter, argument, flag, option

if TYPE_CHECKING:
    from ganeti_rapi.api.checks import Check
    from ganeti_rapi.api.params import Param

# Any, in this module: click's own settings


def option_of(
    opcode: str, parameter: str, *words: str, hint: str = "", **settings: Any
) -> LazyParameter:
    """An option for a parameter, named as it or as ``words`` say; ``hint`` is more help.

    A boolean one is a flag, unless the words are two, such as ``--sync/--no-sync``. The value is
    for the parameter of the same name of the client's method, or for the one among ``words``.
    """
    words = words or (f"--{parameter.replace('_', '-')}",)
    names = words if any(map(str.isidentifier, words)) else (*words, parameter)

    def make() -> click.Option:
        param = _param(opcode, parameter)
        meaning = f"{param.doc} {hint}".strip()
        if _is_boolean(param.check) and "/" not in words[0]:
            return flag(*names, help=_imperative(meaning))
        return option(*names, **{"help": meaning, **_kind_of(param.check), **settings})

    return make


def argument_of(opcode: str, parameter: str, name: str = "", **settings: Any) -> LazyParameter:
    """A positional argument for a parameter, for the method's parameter ``name``."""
    return lambda: argument(
        name or parameter, **{**_kind_of(_param(opcode, parameter).check), **settings}
    )


def _param(opcode: str, parameter: str) -> Param:
    from ganeti_rapi.api.opcodes import OPCODES

    return OPCODES[opcode].parameters[parameter]


def _is_boolean(check: Check) -> bool:
    from ganeti_rapi.api.checks import Boolean, Maybe

    return isinstance(check.check if isinstance(check, Maybe) else check, Boolean)


def _kind_of(check: Check) -> dict[str, Any]:
    """The type of the values, as far as the table tells it."""
    from ganeti_rapi.api.checks import Integer, Maybe, OneOf

    match check:
        case Maybe():
            return _kind_of(check.check)
        case OneOf():
            return {"type": click.Choice(list(map(str, check.choices)))}
        case Integer():
            return {"type": click.IntRange(check.minimum, check.maximum)}
    return {}


def _imperative(meaning: str) -> str:
    """What a flag does, in place of whether it does that."""
    wish = meaning.removeprefix("Whether to ")
    return meaning if wish == meaning else wish[0].upper() + wish[1:]
