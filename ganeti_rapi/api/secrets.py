"""Secret parameters in what luxid tells of jobs.

luxid shows the private OS parameters of a job to anyone who asks, and anyone may read jobs. The
names of the parameters stay visible, as in the stock daemon, their values do not.
"""

from __future__ import annotations

from typing import Any

from ganeti_rapi.api.opcodes import OPCODES

SECRET_PARAMETERS = frozenset(
    param.name for opcode in OPCODES.values() for param in opcode.params if param.secret
)
"""The names of all opcode parameters whose values must not be shown."""


def without_secrets(value: Any) -> Any:  # Any: JSON
    """The same JSON, with null for each value in a secret parameter, however deep it is."""
    if isinstance(value, dict):
        return {
            name: _hidden(item) if name in SECRET_PARAMETERS else without_secrets(item)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [without_secrets(item) for item in value]
    return value


def _hidden(value: Any) -> Any:  # Any: as above
    """An object with its names only; null, for no parameters, is an empty one."""
    if not isinstance(value, dict):
        return {}
    return {name: _hidden(item) if isinstance(item, dict) else None for name, item in value.items()}
