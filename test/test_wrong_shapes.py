"""A job daemon whose answers have wrong shapes costs its clients a 502, and never a 500."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Iterable, Iterator
from typing import Any
from unittest import mock

from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi import jsontext
from ganeti_rapi.api.kinds import JOB_FIELDS
from ganeti_rapi.api.resources import RESOURCES
from ganeti_rapi.luxi.codec import encode_result
from ganeti_rapi.simulator import protocol
from ganeti_rapi.testing import SimulatedApi, encode_request, parse_reply

from .harness import ApiCase

EXAMPLES = int(os.environ.get("EXAMPLES", "20"))
"""Wrong answers for each request. More in the environment find more."""

JUNK: tuple[Any, ...] = (  # Any: JSON
    *(
        None,
        True,
        0,
        -1,
        1.5,
        "",
        "x",
        [],
        {},
        [None],
        [[]],
        [[None]],
        [["x"]],
        [1, 2, 3],
        {"a": 1},
    ),
)

ITEMS = {
    "instance_name": "web1.example.com",
    "node_name": "node1.example.com",
    "group_name": "default",
    "network_name": "internal",
    "name": "web1.example.com",
    "job_id": "1",
    "resource": "job",
    "filter_uuid": "f",
    "disk": "0",
}
QUERIES = ("", "bulk=1")
MORE = (
    ("PUT", "/2/redistribute-config?return_timeout=1"),
    ("PUT", "/2/instances/web1.example.com/shutdown?return_timeout=1"),
    ("DELETE", "/2/jobs/1"),
    ("POST", "/2/nodes/node1.example.com/evacuate?iallocator=hail"),
    ("GET", "/2/jobs/1/wait?fields=status,opstatus&timeout=1"),
    ("GET", "/2/query/job?fields=id,ops,status"),
    ("GET", "/2/query/instance?fields=name,status"),
)


def requests() -> Iterator[tuple[str, str]]:
    """All reads, and the writes that do more with an answer than to pass it on."""
    for resource in RESOURCES:
        if "GET" in resource.cells and "events" not in resource.uri:
            path = resource.uri.format(**ITEMS)
            for query in QUERIES:
                yield "GET", f"{path}?{query}" if query else path
    yield from MORE


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:  # Any: JSON
    """The way to everything within a value, itself first."""
    yield path
    if isinstance(value, dict):
        inside: Iterable[Any] = value.items()
    else:
        inside = enumerate(value) if isinstance(value, list) else ()
    for key, item in inside:
        yield from places(item, (*path, key))


def spoiled(value: Any, dice: random.Random) -> Any:  # Any: JSON
    """The value with something in it replaced, left out or doubled."""
    ways = list(places(value))
    ways = [way for way in ways if len(way) == dice.randint(0, 4)] or ways  # not all deep down
    way = dice.choice(ways)
    if not way:
        return dice.choice(JUNK)
    inner = value
    for key in way[:-1]:
        inner = inner[key]
    if dice.random() < 0.3:
        del inner[way[-1]]
    elif dice.random() < 0.2 and isinstance(inner, list):
        inner.append(inner[way[-1]])
    else:
        inner[way[-1]] = dice.choice(JUNK)
    return value


class WrongShapeTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.api = SimulatedApi(users="admin admin write\nteam team @admin:name=*,@admin:tag=x\n")
        self.addCleanup(self.api.stop)

    def status(self, method: str, path: str, user: str) -> int:
        client = self.api.connect()
        assert client.transport is not None
        client.transport.write(encode_request(method, path, None, user))
        self.api.until(lambda: client.closed, patience=200)
        return parse_reply(client.data).status

    def test_they_are_never_our_fault(self) -> None:
        self.check("admin:admin")

    def test_nor_for_users_who_see_some_objects_only(self) -> None:
        self.check("team:team")

    def check(self, user: str) -> None:
        dice = random.Random(7)
        failed = []
        for method, path in requests():
            for _ in range(EXAMPLES):
                sent: list[object] = []

                def encode(value: object, sent: list[object] = sent) -> bytes:
                    plain = jsontext.loads(jsontext.dumps(value))
                    sent.append(spoiled(plain, dice))
                    return encode_result(sent[-1])

                with mock.patch.object(protocol, "encode_result", encode):
                    status = self.status(method, path, user)
                if status == 500:
                    failed.append(f"{method} {path}: {str(sent)[:200]}")
        self.flushLoggedErrors()
        self.assertEqual(failed, [])


class DepthTests(ApiCase):
    def test_what_is_nested_too_deeply(self) -> None:
        deep: object = None
        for _ in range(sys.getrecursionlimit()):
            deep = [deep]
        self.daemon.answers["QueryJobs"] = [[deep] * len(JOB_FIELDS)]
        message = "What the job daemon answered is nested too deeply to be read"
        self.assert_error("GET", "/2/jobs/7", None, message, 502)
