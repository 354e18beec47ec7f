"""JSON's values as YAML, in block style, so that people can read and edit them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

# Any, in this module: JSON
_PLAIN = re.compile(r"[A-Za-z_][\w./-]*")
_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})
"""What YAML, of one version or the other, takes for something else than text."""


def to_yaml(value: Any) -> str:
    """A value as YAML."""
    return "\n".join(_yaml(value))


def _yaml(value: Any, indent: str = "") -> Iterator[str]:
    """Lines of YAML. JSON's scalars are YAML, too."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _yaml_item(f"{indent}{_yaml_scalar(key)}:", item, indent + "  ")
    elif isinstance(value, list) and value:
        for item in value:
            yield from _yaml_item(f"{indent}-", item, indent + "  ")
    else:
        yield indent + _yaml_scalar(value)


def _yaml_item(label: str, item: Any, indent: str) -> Iterator[str]:
    if not (isinstance(item, dict | list) and item):
        yield f"{label} {_yaml_scalar(item)}"
    elif label.endswith("-") and isinstance(item, dict):  # the first key stands behind the dash
        first, *others = _yaml(item, indent)
        yield f"{label} {first.lstrip()}"
        yield from others
    else:
        yield label
        yield from _yaml(item, indent)


def _yaml_scalar(value: Any) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return json.dumps(value, ensure_ascii=False)
