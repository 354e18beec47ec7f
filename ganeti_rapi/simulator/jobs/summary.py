"""What luxid calls an opcode in a job's summary: ``INSTANCE_STARTUP(web1)``."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from ganeti_rapi.api.opcodes import Opcode
from ganeti_rapi.jsontext import Json


def summary(opcode: Opcode, values: Mapping[str, Json]) -> str:
    """The opcode's verb and, where it has one, the value of its subject."""
    verb = opcode.name.removeprefix("OP_")
    if opcode.subject is None or opcode.subject not in values:
        return verb
    return f"{verb}({_as_luxid_shows(values[opcode.subject])})"


def _as_luxid_shows(value: Json) -> str:
    if isinstance(value, (int, float)):
        return _as_haskell_shows(float(value))
    return str(value)


def _as_haskell_shows(number: float) -> str:
    """A float in luxid's notation, which has an exponent below 0.1 and from ten million on."""
    if number == 0 or 0.1 <= abs(number) < 1e7:
        return repr(number)
    mantissa, exponent = f"{Decimal(repr(number)).normalize():e}".split("e")
    return f"{mantissa if '.' in mantissa else f'{mantissa}.0'}e{int(exponent)}"
