"""Whatever is typed ends in an exit code of the document, and in a sentence if it was wrong."""

from __future__ import annotations

import itertools
import shlex
from collections.abc import Iterator

from ganeti_rapi.client.cli.failing import INTERRUPTED, OUTCOMES

from .cli_double import CommandCase, leaves
from .test_cli import READING, SUBMITTING

ODD = ("..", "a/b?c=d#e", "größe 🙂", "[", "-1", "%00", "{}", "a=b=c", "x" * 300, "'", "0x10", "")
"""Words that are seldom right."""

CODES = {0, INTERRUPTED, *(code for _, code, _ in OUTCOMES)}

NOT_HERE = ("login", "profiles")
"""Commands that change a file; their own tests have them."""


def paths() -> list[tuple[str, ...]]:
    return [path for path, _ in leaves() if path[0] not in NOT_HERE]


def right_lines() -> list[str]:
    return [*(f"{line} --submit" for line, *_ in SUBMITTING), *READING]


def with_odd_words() -> Iterator[list[str]]:
    """Lines that are right but for one word."""
    odd = itertools.cycle(ODD)
    for line in right_lines():
        words = shlex.split(line)
        begin = max(len(path) for path in paths() if tuple(words[: len(path)]) == path)
        for place in range(begin, len(words)):
            yield [*words[:place], next(odd), *words[place + 1 :]]


ENDING = ("--after", "x", "--limit", "1")


class OddTests(CommandCase):
    def ends_well(self, words: list[str]) -> None:
        if words[0] == "events":  # which goes on until somebody ends it
            words = [*words, *ENDING]
        result = self.line.type(shlex.join(words))
        known = result.exception is None or isinstance(result.exception, SystemExit)
        self.assertTrue(known, (words, result.exc_info))
        self.assertIn(result.exit_code, CODES, words)
        if result.exit_code != 0:
            # The name of a family alone shows its help.
            told = r"(?:\A|\n)Error: [^\n]+\n\Z|\AUsage: rapi .* COMMAND \[ARGS\]\.\.\.\n"
            self.assertRegex(result.stderr, told, words)

    def test_missing_words(self) -> None:
        for line in right_lines():
            words = shlex.split(line)
            for count in range(1, len(words)):
                self.ends_well(words[:count])

    def test_surplus_words(self) -> None:
        for path in paths():
            for more in (["x"] * 6, ["--nosuch"], ["--set"], ["--", "--help", "x", "x", "x", "x"]):
                self.ends_well([*path, *more])

    def test_odd_words(self) -> None:
        for words in with_odd_words():
            self.ends_well(words)
