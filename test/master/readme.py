"""The commands that README.md gives an administrator, so that the tests type no others."""

from __future__ import annotations

import re
from pathlib import Path

README = Path(__file__).parent.parent.parent / "README.md"


def blocks(heading: str) -> list[list[str]]:
    """The blocks of indented lines in the section below a heading: the commands of each.

    Raises LookupError when README.md has no such section.
    """
    pattern = rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)"
    section = re.search(pattern, README.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    if section is None:
        raise LookupError(f"README.md has no heading {heading!r}")
    text = re.sub(r"\\\n\s*", "", section[1])
    found = re.findall(r"(?:^    \S.*\n)+", text, re.MULTILINE)
    return [[line.strip() for line in block.splitlines()] for block in found]
