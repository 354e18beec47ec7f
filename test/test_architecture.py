"""The house rules of the imports: arrows point down, and api is free of Twisted."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

ROOT = Path(__file__).parent.parent / "ganeti_rapi"

MAY_IMPORT: dict[str, set[str]] = {
    "jobstates": set(),
    "jsontext": set(),
    "errors": set(),
    "exits": set(),
    "logfile": set(),
    "systemd": set(),
    "files": set(),
    "sharing": set(),
    "websocket": {"errors"},
    "tickets": {"api.consoles", "errors", "jsontext"},
    "timeouts": {"errors"},
    "api": {"errors", "jobstates", "jsontext", "shapes"},
    "shapes": {"errors"},
    "http1": {"errors"},
    "luxi": {"errors", "jsontext", "shapes", "timeouts"},
    "jobs": {"api", "luxi", "sharing", "timeouts", "errors", "jobstates", "jsontext"},
    "auth": {"api", "errors", "files"},
    "web": {
        *("api", "auth", "http1", "jobs"),
        *("sharing", "errors", "files", "jsontext", "logfile", "timeouts", "metrics"),
        *("tickets", "websocket"),
    },
    "htools": {"errors"},
    "metrics": {"errors", "shapes", "sharing"},
    "assembly": {"api", "auth", "luxi", "jobs", "web", "htools", "logfile", "metrics", "tickets"},
    "simulator": {
        *("api.call", "api.checks", "api.events", "api.opcodes"),
        *("luxi.codec", "errors", "jobstates", "jsontext"),
    },
    "testing": {"api.call", "auth", "assembly", "simulator", "client"},
    "client": {
        "api.checks",
        "api.opcodes",
        "api.params",
        "errors",
        "jobstates",
        "jsontext",
        "websocket",
    },
    "simulator_service": {"simulator", "exits", "steady"},
    "options": {"api.access", "web.proxies"},
    "workers": {"listening", "metrics", "tickets"},
    "parent": {"workers", "metrics", "tickets"},
    "steady": set(),
    "listening": {"web", "exits"},
    "webhooks": {"api", "auth", "jobs.locks", "errors", "jobstates", "jsontext", "metrics"},
    "hangup": {"listening"},
    "openfiles": set(),
    "settings": {
        *("api.access", "assembly", "auth", "web"),
        *("listening", "logfile", "openfiles", "options", "tickets"),
    },
    "service": {
        *(
            "api.access",
            "api.call",
            "auth",
            "web",
            "assembly",
            "settings",
            "simulator",
            "jobs.locks",
        ),
        *("hangup", "openfiles", "options", "workers", "parent", "steady", "listening"),
        *("files", "systemd", "exits", "tickets", "webhooks"),
    },
    "users_program": {"api.access", "auth"},
    "program": {"service", "options", "errors", "logfile", "systemd", "exits"},
}
"""For every room of the house, whom it may import beside itself: rooms, or parts of one."""

TWISTED_FREE = {"api", "http1", "shapes", "errors", "jobstates", "jsontext", "websocket"}


def room_of(path: Path) -> str:
    return path.relative_to(ROOT).with_suffix("").parts[0]


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_in(name: str, places: set[str]) -> bool:
    """Whether a module, or what is imported from it, belongs to one of the rooms or parts."""
    inside = f"{name.removeprefix('ganeti_rapi.')}."
    return any(inside.startswith(f"{place}.") for place in places)


def modules() -> list[Path]:
    return [path for path in ROOT.rglob("*.py") if path != ROOT / "__init__.py"]


def importers(room: str) -> set[str]:
    """The rooms that import another one."""
    return {
        room_of(path)
        for path in modules()
        for name in imported(path)
        if is_in(name, {room}) and room_of(path) != room
    }


class ImportTests(SynchronousTestCase):
    def test_every_room_has_a_rule(self) -> None:
        self.assertEqual({room_of(path) for path in modules()} - set(MAY_IMPORT), set())

    def test_arrows_point_down(self) -> None:
        wrong = [
            f"{path.relative_to(ROOT)} imports {name}"
            for path in modules()
            for name in imported(path)
            if name.startswith("ganeti_rapi.")
            and name != "ganeti_rapi.__version__"
            and not is_in(name, {room_of(path), *MAY_IMPORT[room_of(path)]})
        ]
        self.assertEqual(wrong, [])

    def test_the_api_is_free_of_twisted(self) -> None:
        wrong = [
            f"{path.relative_to(ROOT)} imports {name}"
            for path in modules()
            if room_of(path) in TWISTED_FREE
            for name in imported(path)
            if name.split(".")[0] in {"twisted", "zope"}
        ]
        self.assertEqual(wrong, [])

    def test_the_simulator_is_imported_by_its_entry_points_only(self) -> None:
        self.assertEqual(importers("simulator"), {"service", "simulator_service", "testing"})

    def test_nobody_imports_what_is_for_tests(self) -> None:
        self.assertEqual(importers("testing"), set())

    def test_the_site_is_put_together_in_one_place_only(self) -> None:
        """By the tests, too: what they test is what is served."""
        places = {
            path.name
            for path in [*modules(), *Path(__file__).parent.rglob("*.py")]
            if "ganeti_rapi.web.cycle.Rapi" in imported(path)
        }
        self.assertEqual(places, {"assembly.py"})
