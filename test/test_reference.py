from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.api import matrix
from ganeti_rapi.api.resources import RESOURCES
from ganeti_rapi.testing import SimulatedApi

from .htools import RecordedHtools
from .reference import DOC, layout, openapi, reference, shortened, table, type_of, wrapped

STALE = "is not up to date; run `make doc`"


class UpToDateTests(SynchronousTestCase):
    def test_openapi(self) -> None:
        written = (DOC / "openapi.json").read_text(encoding="utf-8")
        self.assertTrue(written == openapi(), f"doc/openapi.json {STALE}")

    def test_permissions(self) -> None:
        written = (DOC / "permissions.md").read_text(encoding="utf-8")
        self.assertTrue(written == matrix.document(), f"doc/permissions.md {STALE}")

    def test_reference(self) -> None:
        api = SimulatedApi(htools=RecordedHtools(), release="3.1")
        self.addCleanup(api.stop)
        written = (DOC / "api.md").read_text(encoding="utf-8")
        self.assertTrue(written == reference(api), f"doc/api.md {STALE}")

    def test_the_reference_has_every_resource_and_method(self) -> None:
        lines = (DOC / "api.md").read_text(encoding="utf-8").splitlines()
        for row in RESOURCES:
            self.assertIn(f"### {row.uri}", lines)
            for method in row.cells:
                self.assertIn(f"#### {method} {row.uri}", lines)


class LayoutTests(SynchronousTestCase):
    def test_what_fits_stays_on_one_line(self) -> None:
        self.assertEqual(layout({"a": [1, None]}), '{"a": [1, null]}')

    def test_what_is_long_is_broken_up(self) -> None:
        long = "x" * 60
        self.assertEqual(
            layout({"a": [long, long], "b": 1}),
            f'{{\n  "a": [\n    "{long}",\n    "{long}"\n  ],\n  "b": 1\n}}',
        )

    def test_long_values_are_shortened(self) -> None:
        for value, shown in (
            ([1, 2, 3], [1, 2, "…"]),
            ([1, 2], [1, 2]),
            (["x" * 99, 2], ["x" * 99, "…"]),
            ("x" * 101, "x" * 100 + "…"),
            ({"a": {"b": ["x" * 101]}}, {"a": {"b": "…"}}),
            ({"a": list(range(400))}, {"a": "…"}),
            ({"a": {"b": 1}}, {"a": {"b": 1}}),
        ):
            self.assertEqual(shortened(value), shown)

    def test_tables(self) -> None:
        self.assertEqual(
            list(table(("a", "b"), [("1|2", "3")])), ["| a | b |", "|---|---|", "| 1\\|2 | 3 |", ""]
        )
        self.assertEqual(list(table(("a",), [])), [])

    def test_commands(self) -> None:
        self.assertEqual(wrapped(["curl", "url"]), ["curl url"])
        self.assertEqual(wrapped(["curl", "x" * 95]), ["curl \\", "  " + "x" * 95])

    def test_types(self) -> None:
        for schema, words in (
            ({}, "anything"),
            ({"type": "string"}, "string"),
            ({"enum": ["a", "b"]}, "one of a, b"),
            ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "integer or null"),
            (
                {"type": "array", "items": {"type": "array", "items": {}}},
                "list of lists of anything",
            ),
            ({"prefixItems": [{"type": "integer"}, {}]}, "[integer, anything]"),
        ):
            self.assertEqual(type_of(schema), words)
