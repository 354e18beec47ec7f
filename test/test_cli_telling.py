"""`rapi events`."""

from __future__ import annotations

import json
from typing import Any

from ganeti_rapi.client.cli import coming_back
from ganeti_rapi.client.cli.telling import line_of
from ganeti_rapi.client.errors import ConnectionBroken
from ganeti_rapi.client.events import Event, EventMethods

from .cli_double import CommandCase
from .simulation import WEB1


class EventsTests(CommandCase):
    def position(self) -> str:
        """That of now, as a reader is told it who comes with one that nobody knows."""
        told = self.type("events --after nonsense --limit 1 --json")
        event = json.loads(told.stdout)
        self.assertEqual((event["event"], event["data"]), ("reset", None))
        return str(event["id"])

    def test_for_people(self) -> None:
        after = self.position()
        self.type("instances stop web1 --yes")
        lines = self.type(f"events --after {after} --limit 2").stdout.splitlines()
        self.assertRegex(lines[0], r"^\d\d:\d\d:\d\d  job +\d+  success: INSTANCE_SHUTDOWN\(web1\)")
        self.assertRegex(lines[1], rf"instance +{WEB1}  changed: admin_state  \(job \d+, \w+\)")

    def test_for_programs(self) -> None:
        after = self.position()
        self.type("instances stop web1 --yes")
        line = f"events --after {after} --kind instance --object {WEB1} --limit 1 --json"
        (told,) = self.type(line).stdout.splitlines()
        event = json.loads(told)
        self.assertEqual((event["event"], event["data"]["name"]), ("instance", WEB1))

    def test_a_reset_is_told_as_such(self) -> None:
        self.assertIn("not known any more", self.type("events --after x --limit 1").stdout)

    def test_wrong_words(self) -> None:
        for line, words in (
            ("events --kind disks", "'disks' is not one of"),
            ("events --limit 0", "not in the range"),
            ("events web1", "unexpected extra argument"),
        ):
            self.fails(line, 2, words)

    def test_after_a_break_it_goes_on(self) -> None:
        told: list[str | None] = []

        async def broken(_methods: object, *, last_event_id: str | None, **_: Any) -> Any:
            # Any: an iterator of events
            told.append(last_event_id)
            yield Event(f"e-{len(told)}", "reset", None)
            raise ConnectionBroken("the connection broke")

        self.patch(EventMethods, "all_events", broken)
        self.patch(coming_back.time, "sleep", lambda _: None)
        result = self.type("events --after e-0 --limit 3")
        self.assertEqual(told, ["e-0", "e-1", "e-2"])
        self.assertEqual(len(result.stdout.splitlines()), 3)
        self.assertIn("coming back", result.stderr)

    def test_nothing_reaches_the_terminal_but_text(self) -> None:
        data = {
            "kind": "instance",
            "name": "a\x1b[31m",
            "change": "created",
            "fields": [],
            "job": None,
            "user": None,
            "at": 0.0,
        }
        self.assertNotIn("\x1b", line_of(Event("1", "instance", data)))
