"""``--watch``: lists that are shown again whenever they have changed."""

from __future__ import annotations

import io
import json
import os
import shutil
from pathlib import Path
from typing import Any
from unittest import mock

from ganeti_rapi.client.cli import coming_back, watching
from ganeti_rapi.client.cli import screen as screen_module
from ganeti_rapi.client.cli.screen import Screen
from ganeti_rapi.client.errors import ConnectionBroken, NotFound
from ganeti_rapi.client.events import Event, EventMethods

from .cli_double import CommandCase

LINE = "instances list --tag web --columns name,status --watch"
CONNECTED = Event("1", "connected", None)


def event(at: float) -> Event:
    return Event("2", "instance", {"at": at, "name": "web1.example.com"})


class WatchTests(CommandCase):
    def setUp(self) -> None:
        super().setUp()
        self.script: list[Any] = []
        """What the stream gives: events, and what happens between; it ends with control-C."""
        self.pauses: list[float] = []
        script = self.script

        async def told(_: object, *, kinds: list[str]) -> Any:  # Any: an iterator of events
            self.assertEqual(kinds, ["instance"])
            while script:
                step = script.pop(0)
                if isinstance(step, Exception):
                    raise step
                if callable(step):
                    step()
                else:
                    yield step
            raise KeyboardInterrupt

        self.patch(EventMethods, "all_events", told)
        self.patch(coming_back.time, "sleep", self.pauses.append)
        self.patch(watching, "POLL", 0.01)

    def stop_all(self) -> None:
        for instance in self.line.simulation.api.daemon.cluster.instances:
            instance.admin_state = "down"
            instance.running = False

    def watched(self, line: str = LINE.replace(" --tag web", "")) -> str:
        result = self.line.type(line)
        self.assertEqual(result.exit_code, 130, result.output)
        self.assertNotIn("Error", result.stderr)
        return result.stdout

    def test_it_is_shown_again_when_it_has_changed(self) -> None:
        self.script += [CONNECTED, event(10.0), self.stop_all, event(20.0)]
        first, second = self.watched().split("\n\n")
        self.assertIn("running", first)
        self.assertNotIn("running", second)

    def test_what_a_look_has_seen_already_is_no_reason_for_another(self) -> None:
        self.script += [CONNECTED, event(10.0), event(10.1), event(10.9), event(11.1)]
        self.watched()
        self.assertEqual(len([each for each in self.line.requests if "bulk" in each.uri]), 3)

    def test_for_programs(self) -> None:
        self.script += [CONNECTED, self.stop_all, event(20.0)]
        shown, decoder = self.watched("instances list --watch --json"), json.JSONDecoder()
        first, end = decoder.raw_decode(shown)
        second, _ = decoder.raw_decode(shown, end + 1)
        self.assertEqual([each["name"] for each in first], [each["name"] for each in second])

    def test_after_a_break_it_comes_back(self) -> None:
        self.script += [CONNECTED, ConnectionBroken("it broke"), CONNECTED, self.stop_all, event(9)]
        result = self.line.type("instances list --columns name,status --watch")
        self.assertIn("it broke; coming back", result.stderr)
        self.assertEqual((len(result.stdout.split("\n\n")), self.pauses), (2, [1.0]))

    def test_a_server_that_cannot_be_reached(self) -> None:
        self.script += [ConnectionBroken("it broke")]
        self.fails(LINE.replace(" --tag web", ""), 3, "it broke")

    def test_a_server_that_tells_no_events_is_asked_again(self) -> None:
        self.script += [NotFound(404, "no such thing")]
        looks: list[int] = []
        once = watching.Watch.once

        async def counted(self: watching.Watch, client: Any) -> None:  # Any: a client
            looks.append(1)
            if len(looks) == 3:
                raise KeyboardInterrupt
            await once(self, client)

        with mock.patch.object(watching.Watch, "once", counted):
            self.watched()
        self.assertEqual(len(looks), 3)

    def test_on_a_terminal_it_is_drawn_in_the_same_place(self) -> None:
        out = io.StringIO()
        self.patch(screen_module, "screen", lambda **_: Screen(out, True, True, 80))
        self.patch(shutil, "get_terminal_size", lambda: os.terminal_size((40, 6)))
        self.script += [CONNECTED, self.stop_all, event(20.0)]
        self.watched()
        _, first, second = out.getvalue().split("\x1b[H\x1b[2J")
        for page in (first, second):
            self.assertEqual(len(page.splitlines()), 5)
            self.assertIn("… and 10 more lines", page)
        self.assertNotIn("running", second)

    def test_several_clusters(self) -> None:
        config = Path(self.mktemp())
        config.write_text("[profiles.a]\n[profiles.b]\n")
        line = f"--config {config} nodes list --watch --cluster a,b"
        self.fails(line, 2, "--watch is for one cluster")
