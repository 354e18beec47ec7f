"""`rapi` as a person waits for it: ``python -m test.bench.cli``, or in a lab by `make bench-cli`.

Each command is a process, beside another one that does the same or the least that can be done; both
are run in turn, and the medians shown. Of what only starts, the processor time counts; of what asks
a server, the time on the clock. In a lab, `gnt-instance list` is run as well, on the same luxid.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from statistics import median
from typing import NamedTuple

from attrs import frozen

from ganeti_rapi.testing.process import start_cluster

from .table import markdown

ROUNDS = 9
MILLISECOND = 1e-3
MANY = "nodes=50,instances=2000"

PYTHON = (sys.executable, "-c")
RAPI = (*PYTHON, "from ganeti_rapi.client.cli.main import main; main()")

SCRIPT = """
import json, ssl, sys, urllib.request
trust = ssl._create_unverified_context()
with urllib.request.urlopen(sys.argv[1] + "/2/instances?bulk=1", context=trust) as reply:
    for each in json.load(reply):
        print(each["name"], each["status"], each["pnode"], each["oper_ram"])
"""


class Took(NamedTuple):
    """Seconds of a process."""

    processor: float
    clock: float


@frozen
class Pair:
    """What is compared: a command of ours, another one, and the ratio that is the goal."""

    name: str
    ours: Sequence[str]
    other: Sequence[str]
    goal: float
    by_clock: bool = False
    environment: Mapping[str, str] = {}


def run(command: Sequence[str], environment: Mapping[str, str]) -> Took:
    """Run a command to its end. Raises CalledProcessError if it fails."""
    began = time.perf_counter()
    process = subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    took = Took(used.ru_utime + used.ru_stime, time.perf_counter() - began)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, list(command))
    return took


def measured(pair: Pair) -> list[str]:
    """A row of the table."""
    rounds = [
        (run(pair.ours, pair.environment), run(pair.other, pair.environment)) for _ in range(ROUNDS)
    ]
    ours, other = (
        median(each[side].clock if pair.by_clock else each[side].processor for each in rounds)
        for side in (0, 1)
    )
    times = [f"{seconds / MILLISECOND:.0f} ms" for seconds in (ours, other)]
    return [pair.name, *times, f"{ours / other:.2f}", f"{pair.goal:g}"]


def starting() -> list[Pair]:
    """What needs no server."""
    click = (*PYTHON, "import click")
    words = {"_RAPI_COMPLETE": "bash_complete", "COMP_WORDS": "rapi instances l", "COMP_CWORD": "2"}
    return [
        Pair("rapi --help, beside import click", (*RAPI, "--help"), click, 2.75),
        Pair("rapi --version, beside import click", (*RAPI, "--version"), click, 2.75),
        Pair("a completion, beside import click", RAPI, click, 2.75, environment=words),
    ]


def asking(url: str) -> Pair:
    """Many instances, as a table."""
    ours = (*RAPI, "--url", url, "--insecure", "instances", "list")
    script = (*PYTHON, SCRIPT, url)
    return Pair("2,000 instances, beside a script that prints them", ours, script, 2, by_clock=True)


def in_lab() -> list[Pair]:
    """Beside Ganeti's own command, if there is a lab."""
    url, root = os.environ.get("LAB_RAPI_URL"), os.environ.get("LAB_ROOT")
    if url is None or root is None:
        return []
    ours = (*RAPI, "--url", url, "--insecure", "instances", "list")
    node = {"GANETI_ROOTDIR": f"{root}/node1", "GANETI_HOSTNAME": "node1"}
    return [
        Pair(
            "instances list, beside gnt-instance list",
            ours,
            ("gnt-instance", "list"),
            1.2,
            by_clock=True,
            environment=node,
        )
    ]


def main() -> None:
    """Measure and print."""
    rows = [measured(pair) for pair in (*starting(), *in_lab())]
    with start_cluster(MANY) as cluster:
        rows.append(measured(asking(cluster.url)))
    print(markdown(["", "rapi", "the other", "ratio", "goal"], rows))


if __name__ == "__main__":
    main()
