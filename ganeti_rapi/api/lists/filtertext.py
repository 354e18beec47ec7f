"""The text form of filters, such as ``status == running and (be/maxmem > 1024 or "db" in tags)``.

`parse` turns it into the nested lists that LUXI Query takes. It is the language of the option
``--filter`` of the gnt-* list commands, and more forgiving: ``=`` does for ``==``, a text needs no
quotes where it is one word, and neither does a regular expression. Source: the manual page
ganeti(7), "Query filters".

    filter     an alternative, or several with "or" (or "|") between them
    alternative  a term, or several with "and" (or "&") between them
    term       "not" (or "!") and a term, a filter in parentheses, or a condition
    condition  FIELD, for one that is true, or FIELD OPERATOR VALUE, or VALUE ["not"] "in" FIELD
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from attrs import define

from ganeti_rapi.jsontext import loads_flat

Filter = list[Any]  # Any: nested lists of words and values
Value = str | int | bool

DEEPEST = 50
"""Levels of parentheses and negations."""

_BLANKS = re.compile(r"\s*")
_FIELD = re.compile(r"[A-Za-z_][\w.]*(?:/[\w.]+)?", re.ASCII)
_QUOTED = re.compile(r"""'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)\"""", re.DOTALL)
_BARE = re.compile(r"""[^\s()'"&|]+""")
_BEGINNING = re.compile(r"""['"\w-]""", re.ASCII)
_NUMBER = re.compile(r"""-?\d{1,18}(?=[\s()'"&|]|\Z)""", re.ASCII)
_FLAG = re.compile(r"""(?:true|false)(?=[\s()'"&|]|\Z)""")
_FLAGS = {"true": True, "false": False}
_PATTERN = re.compile(r"m([/#^|])((?:(?!\1)[^\\]|\\.)*)\1([is]?)", re.DOTALL)
_AND = re.compile(r"and\b|&&?", re.IGNORECASE)
_OR = re.compile(r"or\b|\|\|?", re.IGNORECASE)
_NOT = re.compile(r"not\b|!(?![=~*])", re.IGNORECASE)
_IN = re.compile(r"(not\s+)?in\b", re.IGNORECASE)
_OPEN, _CLOSE = re.compile(r"\("), re.compile(r"\)")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_QUOTE = re.compile(r"""\\(['"])""")
"""In regular expressions, other backslashes are their own."""


def _equal(field: str, value: Value) -> Filter:
    if isinstance(value, bool):  # the language has no literals for them
        return ["?", field] if value else ["!", ["?", field]]
    return ["=", field, value]


def _glob(pattern: Value) -> str:
    """The regular expression for what may have * and ?, and for a host's name its first part."""
    parts = re.split(r"([*?])", str(pattern))
    meant = {"*": ".*", "?": "."}
    return f"^{''.join(meant.get(part) or re.escape(part) for part in parts)}(\\..*)?$"


_CONDITIONS: Mapping[str, Callable[[str, Value], Filter]] = {
    "=": _equal,
    "==": _equal,
    "!=": lambda field, value: ["!", _equal(field, value)],
    "=~": lambda field, value: ["=~", field, value],
    "!~": lambda field, value: ["!", ["=~", field, value]],
    "=*": lambda field, value: ["=~", field, _glob(value)],
    "!*": lambda field, value: ["!", ["=~", field, _glob(value)]],
    "<": lambda field, value: ["<", field, value],
    "<=": lambda field, value: ["<=", field, value],
    ">": lambda field, value: [">", field, value],
    ">=": lambda field, value: [">=", field, value],
}
_OPERATOR = re.compile("|".join(map(re.escape, sorted(_CONDITIONS, key=len, reverse=True))))


_SIGN = re.compile("[=<>!~]")


class FilterError(ValueError):
    """A text is no filter; the words say what is expected instead, and where."""

    def __init__(self, expected: str, text: str, at: int) -> None:
        rest = text[at : at + 20]
        dots = "..." if len(text) > at + 20 else ""
        place = f"at character {at + 1}, before {rest + dots!r}" if rest else "at the end"
        super().__init__(f"expected {expected} {place}")
        self.at = at


def parse(text: str) -> Filter:
    """The filter that a text stands for. A text that begins with a bracket is the lists themselves.

    >>> parse("status=running and pnode != node1")
    ['&', ['=', 'status', 'running'], ['!', ['=', 'pnode', 'node1']]]

    Raises `FilterError`.
    """
    return _lists(text) if text.lstrip().startswith("[") else _Parser(text).whole()


def _lists(text: str) -> Filter:
    try:
        found: Filter = loads_flat(text.encode("utf-8", "surrogatepass"))
    except ValueError as error:
        place = getattr(error, "pos", None)
        raise FilterError(f"JSON ({error})", text, len(text) if place is None else place) from None
    return found


@define
class _Parser:
    """Goes through a text from left to right; ``at`` is where it is."""

    text: str
    at: int = 0
    depth: int = 0

    def whole(self) -> Filter:
        found = self._alternatives()
        if self.at < len(self.text):
            raise self._error("'and', 'or' or the end")
        return found

    def _alternatives(self) -> Filter:
        return self._joined(_OR, "|", self._terms)

    def _terms(self) -> Filter:
        return self._joined(_AND, "&", self._term)

    def _joined(self, between: re.Pattern[str], word: str, part: Callable[[], Filter]) -> Filter:
        parts = [part()]
        while self._takes(between):
            parts.append(part())
        return [word, *parts] if len(parts) > 1 else parts[0]

    def _term(self) -> Filter:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self._error(f"no more than {DEEPEST} levels")
        if self._takes(_NOT):
            found = ["!", self._term()]
        elif self._takes(_OPEN):
            found = self._alternatives()
            if not self._takes(_CLOSE):
                raise self._error("'and', 'or' or ')'")
        else:
            found = self._condition()
        self.depth -= 1
        return found

    def _condition(self) -> Filter:
        start = self.at
        field = self._take(_FIELD)
        if field is not None and not self._sees(_IN):
            operator = self._take(_OPERATOR)
            if operator is not None:
                if self._sees(_SIGN):  # such as the third of ===
                    raise self._error("a value")
                return _CONDITIONS[operator[0]](field[0], self._operand(operator[0]))
            if self._ends_here():
                return ["?", field[0]]
        self.at = start
        return self._membership()

    def _membership(self) -> Filter:
        if not self._sees(_BEGINNING):
            raise self._error("a condition (such as status = running)")
        value = self._value()
        found = self._take(_IN)
        if found is None:
            raise self._error("an operator (such as = or in)")
        where = self._take(_FIELD)
        if where is None:
            raise self._error("the name of a field")
        condition = ["=[]", where[0], value]
        return ["!", condition] if found[1] else condition

    def _operand(self, operator: str) -> Value:
        if operator in ("=", "==", "!="):
            return _FLAGS[flag[0]] if (flag := self._take(_FLAG)) else self._value()
        if operator[1:] not in ("~", "*"):
            return self._value()
        if pattern := self._take(_PATTERN):
            text = pattern[2].replace(f"\\{pattern[1]}", pattern[1])
            return f"(?{pattern[3]}:{text})" if pattern[3] else text
        return self._text(_QUOTE)

    def _value(self) -> str | int:
        is_number = self._sees(_NUMBER)
        text = self._text(_ESCAPE)
        return int(text) if is_number else text

    def _text(self, escapes: re.Pattern[str]) -> str:
        """A text, in quotes or not; what stands for another character in quotes are escapes."""
        if quoted := self._take(_QUOTED):
            return escapes.sub(r"\1", quoted[1] if quoted[1] is not None else quoted[2])
        bare = self._take(_BARE)
        if bare is None:
            raise self._error("a value")
        return bare[0]

    def _ends_here(self) -> bool:
        return self.at == len(self.text) or any(map(self._sees, (_AND, _OR, _CLOSE)))

    def _sees(self, pattern: re.Pattern[str]) -> bool:
        return pattern.match(self.text, self.at) is not None

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Go on after the pattern and the blanks behind it, if it is here."""
        self._skip()
        found = pattern.match(self.text, self.at)
        if found is not None:
            self.at = found.end()
            self._skip()
        return found

    def _takes(self, pattern: re.Pattern[str]) -> bool:
        return self._take(pattern) is not None

    def _skip(self) -> None:
        found = _BLANKS.match(self.text, self.at)
        assert found is not None
        self.at = found.end()

    def _error(self, expected: str) -> FilterError:
        return FilterError(expected, self.text, self.at)
