"""Tables, cells and YAML, as `rapi` writes them."""

from __future__ import annotations

import doctest
import json
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.client.cli import cells
from ganeti_rapi.client.cli.cells import words
from ganeti_rapi.client.cli.tables import Column, fit, lines
from ganeti_rapi.client.cli.yamltext import to_yaml

NAMES = Column("Name", ["node1.example.com", "node2.example.com"], whole=True)
NODES = Column("Node", ["n" * 20, "n" * 30])
SIZES = Column("Size", ["1.0G", "20.0G"], right=True)


class FitTests(SynchronousTestCase):
    def test_without_a_width_nothing_is_cut(self) -> None:
        self.assertEqual(fit([NAMES, NODES, SIZES], None), [17, 30, 5])

    def test_text_is_cut_and_numbers_are_not(self) -> None:
        self.assertEqual(fit([NAMES, NODES, SIZES], 50), [17, 24, 5])
        self.assertEqual(fit([NAMES, NODES, SIZES], 38), [17, 12, 5])

    def test_the_widest_is_cut_first(self) -> None:
        self.assertEqual(fit([NAMES, NODES, Column("Other", ["o" * 14])], 47), [17, 13, 13])

    def test_what_does_not_fit_is_left_off(self) -> None:
        self.assertEqual(fit([NAMES, NODES, SIZES], 37), [17, 18])
        self.assertEqual(fit([NAMES, NODES, SIZES], 5), [17], "a name stays whole")

    def test_lines(self) -> None:
        self.assertEqual(
            lines([NAMES, NODES, SIZES], [17, 12, 5]),
            [
                ("Name             ", "Node        ", " Size"),
                ("node1.example.com", "nnnnnnnnnnn…", " 1.0G"),
                ("node2.example.com", "nnnnnnnnnnn…", "20.0G"),
            ],
        )


class CellTests(SynchronousTestCase):
    def test_the_examples(self) -> None:
        self.assertEqual(doctest.testmod(cells).failed, 0)

    def test_sizes(self) -> None:
        for value, shown in ((0, "0M"), (1023, "1023M"), (1024, "1.0G"), (3 << 20, "3.0T")):
            self.assertEqual(words(value, "unit"), shown)

    def test_a_server_does_not_rule_the_terminal(self) -> None:
        self.assertEqual(words("a\x1b[2Jb\nc"), "a [2Jb c")


class YamlTests(SynchronousTestCase):
    def test_what_it_looks_like(self) -> None:
        value: Any = {  # Any: JSON
            "name": "web1.example.com",
            "up": True,
            "word": "no",
            "text": "a: b # c",
            "none": None,
            "empty": [[], {}],
            "disks": [{"size": 1, "mode": "rw"}, {"size": 2}],
            "pairs": [["a", 1]],
        }
        self.assertEqual(
            to_yaml(value).splitlines(),
            [
                "name: web1.example.com",
                "up: true",
                'word: "no"',
                'text: "a: b # c"',
                "none: null",
                "empty:",
                "  - []",
                "  - {}",
                "disks:",
                "  - size: 1",
                "    mode: rw",
                "  - size: 2",
                "pairs:",
                "  -",
                "    - a",
                "    - 1",
            ],
        )

    def test_a_scalar(self) -> None:
        for value in ("", "1.5", "ü", 5, None, "a\nb"):
            self.assertEqual(json.loads(to_yaml(value)), value)
