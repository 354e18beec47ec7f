"""YAML, and JSON, which is YAML: the values of a text and the lines in which they stand."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen

from ganeti_rapi.api.checks import item_place, key_place

Path = tuple[str, ...]
"""Leads to a value from the outside in, in the words of `CheckError.path`."""

MISSING = (
    "reading a cluster from a file needs PyYAML: pip install 'ganeti-rapi[simulate]', or on Debian"
    " apt install python3-yaml"
)


class FileError(ValueError):
    """What is wrong in a file, with its line and the path to the value."""


@frozen
class Document:
    """A file's ``value``, and for each value inside its line and its path as people write it."""

    name: str
    value: Any  # Any: JSON
    places: Mapping[Path, tuple[int, str]]

    def error(self, path: Path, text: str) -> FileError:
        """The error about the value at a path, or about the innermost parent that exists."""
        while path not in self.places:
            path = path[:-1]
        line, where = self.places[path]
        return FileError(f"{self.name}, line {line}: {where + ': ' if where else ''}{text}")


def parse(text: str, name: str) -> Document:
    """The document in a text; ``name`` is the file's, for errors. Raises `FileError`."""
    try:
        import yaml
    except ImportError:
        raise FileError(MISSING) from None
    try:
        document, node = _read(yaml, text, name)
        _refuse_doubles(document, node, ())
        _refuse_no_json(document)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise FileError(f"{name}{line}: {getattr(error, 'problem', None) or error}") from None
    except RecursionError:
        raise FileError(f"{name}: it is nested too deeply") from None
    return document


def _read(yaml: Any, text: str, name: str) -> tuple[Document, Any]:
    # Any, here and below: PyYAML and its nodes, which have no types
    """The document, and the node of PyYAML that it is in."""
    # libyaml's is ten times faster, where PyYAML was built with it.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    try:
        node = loader.get_single_node()
        places = {(): (1, ""), **dict(_places(node, (), ""))}
        value = None if node is None else loader.construct_document(node)
        return Document(name, value, places), node
    except ValueError as error:  # a date that is none, say
        raise FileError(f"{name}: {error}; put it into quotes") from None
    finally:
        loader.dispose()


def _places(node: Any, path: Path, where: str) -> Iterator[tuple[Path, tuple[int, str]]]:
    if node is None:
        return
    yield path, (node.start_mark.line + 1, where)
    if node.id == "mapping":
        for key, item in node.value:
            inner = f"{where}.{key.value}" if where else str(key.value)
            yield (*path, key_place(str(key.value))), (key.start_mark.line + 1, inner)
            yield from _below(item, (*path, key_place(str(key.value))), inner)
    elif node.id == "sequence":
        for index, item in enumerate(node.value):
            yield from _places(item, (*path, item_place(index)), f"{where}[{index}]")


def _below(node: Any, path: Path, where: str) -> Iterator[tuple[Path, tuple[int, str]]]:
    return (place for place in _places(node, path, where) if place[0] != path)


def _refuse_doubles(document: Document, node: Any, path: Path) -> None:
    """Refuse a key that stands in a mapping twice: YAML would take the second without a word."""
    if node is None or node.id == "scalar":
        return
    seen: set[str] = set()
    for index, item in enumerate(node.value):
        place = item_place(index)
        if node.id == "mapping":
            key, item = item
            place = key_place(str(key.value))
            if key.value in seen:
                raise document.error((*path, place), "the key is there twice")
            seen.add(key.value)
        _refuse_doubles(document, item, (*path, place))


def _refuse_no_json(document: Document) -> None:
    """Refuse what YAML has and JSON has not, such as dates."""
    try:
        json.dumps(document.value, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise FileError(f"{document.name}: {error}; put it into quotes") from None
