"""Sections of a document that a program writes, between two markers each."""

from __future__ import annotations

from pathlib import Path


def markers(name: str) -> tuple[str, str]:
    """What a section begins and ends with."""
    return f"<!-- {name}:begin -->", f"<!-- {name}:end -->"


def with_section(text: str, name: str, content: str) -> str:
    """The text with the content as its section; it is appended where there is none yet."""
    begin, end = markers(name)
    section = f"{begin}\n{content}\n{end}"
    before, found, rest = text.partition(begin)
    if not found:
        return f"{text.rstrip()}\n\n{section}\n".lstrip()
    _, found, after = rest.partition(end)
    if not found:
        raise ValueError(f"the section {name} has no end: {end} is missing")
    return before + section + after


def write_section(path: Path, name: str, content: str) -> None:
    """Replace the section of a file, which need not be there yet."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    path.write_text(with_section(text, name, content), encoding="utf-8")
