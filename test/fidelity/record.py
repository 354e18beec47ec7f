"""Records what a real luxid does: ``test/live/with-lab .venv/bin/python -m test.fidelity.record``.

It writes `cluster.yaml` and `recorded.json` anew, from a lab on which nothing was done yet.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

from ganeti_rapi.testing import Reply

from ..live.daemon import HOST, PORT, HttpApi, our_api
from .outcome import Json, Observer
from .steps import steps

HERE = Path(__file__).parent

NOT_OF_THE_LAB = re.compile(r"/[a-z/-]*/node1(?=/(etc|srv|var)/)")


def dump(api: HttpApi) -> None:
    """Write down the cluster as it is, without the lab's own directories."""
    name, _, password = api.writer.partition(":")
    program = Path(sys.executable).parent / "rapi"
    done = subprocess.run(
        [program, "--insecure", "--url", f"https://{HOST}:{PORT}", "dump"],
        env={**os.environ, "RAPI_USER": name, "RAPI_PASSWORD": password},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    (HERE / "cluster.yaml").write_text(NOT_OF_THE_LAB.sub("", done.stdout))


def record(api: HttpApi) -> None:
    """Send all steps, and write down what came of them."""

    def send(method: str, path: str, body: Json) -> Reply:
        return api.request(method, path, body, api.writer)

    observer = Observer(send, lambda: time.sleep(0.1))
    lines = []
    for step in steps():
        outcome = observer.outcome(step)
        print(step, json.dumps(outcome)[:200], file=sys.stderr)
        lines.append(json.dumps(outcome, sort_keys=True))
    (HERE / "recorded.json").write_text("[\n" + ",\n".join(lines) + "\n]\n")


if __name__ == "__main__":
    dump(our_api())
    record(our_api())
