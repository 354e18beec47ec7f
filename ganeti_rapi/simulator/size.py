"""Which simulated cluster there is, as people write it: a file, or ``nodes=500,seed=7``."""

from __future__ import annotations

import os
from typing import Any

from attrs import frozen

_MINIMUM = {"nodes": 1, "instances": 0, "jobs": 0, "seed": 0}


@frozen
class Size:
    """What a simulated cluster has.

    Without ``nodes`` and ``instances`` it is the small one, which has one of everything. ``jobs``
    are those of the past. The same ``seed`` gives the same names, uuids and addresses.
    """

    nodes: int | None = None
    instances: int | None = None
    jobs: int = 6
    seed: int = 1
    file: str = ""
    """The path of a file that describes the cluster instead; see `clusterfile`."""

    @property
    def is_small(self) -> bool:
        """Whether it is the small cluster."""
        return self.nodes is None and self.instances is None


_FILES = (".yaml", ".yml", ".json")


def is_file(text: str) -> bool:
    """Whether people mean a file and not a size."""
    return text.endswith(_FILES) or ("/" in text and "=" not in text)


def parse_size(text: str) -> Size:
    """Read a size, or take the path of a file. Nothing at all means the small cluster.

    Raises ValueError with what is wrong.
    """
    if is_file(text):
        return Size(file=os.path.abspath(text))
    sizes: dict[str, Any] = {}  # Any: for mypy, which knows that a Size has a file, too
    for item in filter(None, (part.strip() for part in text.split(","))):
        name, value = _parse_item(item)
        if name in sizes:
            raise ValueError(f"{name} is given twice in the cluster size")
        sizes[name] = value
    return Size(**sizes)


def _parse_item(item: str) -> tuple[str, int]:
    name, equals, digits = (part.strip() for part in item.partition("="))
    if not equals or name not in _MINIMUM:
        known = ", ".join(_MINIMUM)
        raise ValueError(
            f"the cluster size knows {known}, each with '=' and a number; not '{item}'"
        )
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError(f"{name} must be a whole number, not '{digits}'")
    if int(digits) < _MINIMUM[name]:
        raise ValueError(f"{name} must be at least {_MINIMUM[name]}")
    return name, int(digits)
