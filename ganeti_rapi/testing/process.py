"""A simulated cluster in a process of its own, for the tests of programs in any language."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from attrs import define, field

Json = Any  # Any: JSON of each request's own shape

PATIENCE = 30.0
"""Seconds until the daemon must say that it listens."""

USERS: Mapping[str, str] = {"admin": "admin", "guest": "guest"}
"""Name and password: one who may all, and one who may read."""

_URL = re.compile(r"A simulated Ganeti cluster is at (\S+)")
_FILES = re.compile(r"^  files   (\S+)", re.MULTILINE)
_CONTROL = re.compile(r"^  control (\S+)", re.MULTILINE)


class ControlFailed(Exception):
    """What the control interface refused, with its explanation."""


@define
class Control:
    """The control interface at a URL, as functions; see doc/simulator.md for what it takes."""

    url: str

    def fail(self, kind: str, **more: Json) -> int:
        """Let something go wrong: ``fail("node", node="node2", state="down")``; its number."""
        number: int = self._ask("POST", "/faults", {"kind": kind, **more})["id"]
        return number

    def heal(self, number: int | None = None) -> None:
        """End one fault, or all."""
        self._ask("DELETE", "/faults" if number is None else f"/faults/{number}")

    def faults(self) -> Json:
        """What goes wrong now, by number."""
        return self._ask("GET", "/faults")

    def snapshot(self, name: str) -> None:
        """Keep the cluster as it is."""
        self._ask("POST", "/snapshots", {"name": name})

    def restore(self, name: str) -> None:
        """Bring back a snapshot."""
        self._ask("POST", f"/snapshots/{name}/restore")

    def reset(self) -> None:
        """Bring back the cluster as it was at the start."""
        self._ask("POST", "/reset")

    def clock(self, **changes: float) -> Json:
        """What time does, after a change of speed, move, pace, queued or waiting."""
        return self._ask("POST", "/clock", changes)

    def cluster(self) -> Json:
        """Names of nodes and instances, and the states of jobs."""
        return self._ask("GET", "/cluster")

    def _ask(self, method: str, path: str, body: Json = None) -> Json:
        data = None if body is None else json.dumps(body).encode()
        request = Request(self.url + path, data, method=method)
        try:
            with urlopen(request, timeout=PATIENCE) as reply:
                return json.load(reply)
        except HTTPError as error:
            raise ControlFailed(json.load(error)["error"]) from None


@define
class RunningCluster:
    """A daemon in front of a simulated cluster: where it is, who may use it, and its ``control``.

    ``certificate`` is the PEM file to trust.
    """

    url: str
    certificate: str
    control: Control
    _process: subprocess.Popen[bytes]
    _log: Path
    users: Mapping[str, str] = field(factory=lambda: dict(USERS))

    @property
    def log(self) -> str:
        """What the daemon logged so far."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def kill(self) -> None:
        """End it as a crash does; `stop` is needed all the same."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """End it, and remove what it made."""
        self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.unlink(missing_ok=True)

    def __enter__(self) -> RunningCluster:
        return self

    def __exit__(self, *details: object) -> None:
        self.stop()


def start_cluster(simulate: str = "", options: Sequence[str] = ()) -> RunningCluster:
    """Start a cluster on a free port: a size, a file, or nothing for the small one.

    Raises `RuntimeError` with the daemon's own words when it does not start.
    """
    handle, name = tempfile.mkstemp(prefix="ganeti-rapi-", suffix=".log")
    with os.fdopen(handle, "wb") as log:
        process = subprocess.Popen(
            _command(simulate, options),
            stdout=log,
            stderr=subprocess.STDOUT,
            close_fds=True,
            # It finds what this process finds, installed or not.
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
    try:
        return _started(process, Path(name))
    except BaseException:
        process.kill()
        process.wait()
        Path(name).unlink()
        raise


def _command(simulate: str, options: Sequence[str]) -> list[str]:
    return [
        *(sys.executable, "-c", "from twisted.scripts.twistd import run; run()"),
        *("--nodaemon", "--pidfile=", "ganeti-rapi", f"--simulate={simulate}", "--port=0"),
        *("--control=tcp:0:interface=127.0.0.1", *options),
    ]


def _started(process: subprocess.Popen[bytes], log: Path) -> RunningCluster:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        text = log.read_text(encoding="utf-8", errors="replace")
        if "Stop it with Ctrl-C" in text:
            return _described(text, process, log)
        if process.poll() is not None:
            raise RuntimeError(f"The simulated cluster did not start: {text.strip()}")
        time.sleep(0.01)
    raise RuntimeError(f"The simulated cluster did not start within {PATIENCE:.0f} seconds")


def _described(text: str, process: subprocess.Popen[bytes], log: Path) -> RunningCluster:
    found = [pattern.search(text) for pattern in (_URL, _FILES, _CONTROL)]
    url, directory, control = (match[1] if match else "" for match in found)
    certificate = str(Path(directory) / "server.pem")
    return RunningCluster(url, certificate, Control(control), process, log)
