"""Our daemon as a process of its own, in front of the lab's luxid."""

from __future__ import annotations

import atexit
import base64
import functools
import http.client
import json
import os
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence

from ganeti_rapi.testing import Reply

HOST = "127.0.0.1"
PORT = 5081
START_PATIENCE = 20.0
"""Seconds until the daemon must answer."""

SKIP = (
    None
    if "LAB_LUXI_SOCKET" in os.environ
    else "needs a real Ganeti: run test/live/run as root (make test-live-stock)"
)
"""Why the live tests cannot run here, or None."""


class HttpApi:
    """A daemon at an address, as an `Api` of the contract suite. Not verified: it is our own.

    ``source`` is the address that requests come from, if it matters. ``writer`` is a user who may
    write, and ``reader`` one who may read, each as name:password; by default the lab's.
    """

    def __init__(
        self,
        host: str,
        port: int,
        source: str | None = None,
        *,
        writer: str | None = None,
        reader: str | None = None,
    ) -> None:
        self.writer = writer or os.environ["LAB_WRITE_USER"]
        self.reader = reader or os.environ["LAB_READ_USER"]
        self._address = host, port
        self._source = (source, 0) if source else None
        self._context = ssl._create_unverified_context()

    def request(
        self,
        method: str,
        path: str,
        body: object = None,
        user: str | None = None,
        headers: dict[str, str] | None = None,
        raw: bytes | None = None,
    ) -> Reply:
        """One request on a connection of its own. ``raw`` is a body that is sent as it is."""
        sent = {"User-Agent": "the live suite", **(headers or {})}
        if user is not None:
            sent["Authorization"] = "Basic " + base64.b64encode(user.encode()).decode()
        content = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        if content and "Content-Type" not in sent:
            sent["Content-Type"] = "application/json"
        connection = http.client.HTTPSConnection(
            *self._address, timeout=90, source_address=self._source, context=self._context
        )
        try:
            connection.request(method, path, content or None, sent)
            response = connection.getresponse()
            return Reply(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()


def command(*options: str, host: str = HOST, port: int = PORT) -> Sequence[str]:
    """The command line of a daemon in front of the lab's luxid."""
    environment = os.environ
    return [
        *(sys.executable, "-c", "from twisted.scripts.twistd import run; run()"),
        *("-n", "--pidfile=", "ganeti-rapi", "--port", str(port), "--bind", host),
        *(
            "--ssl-cert",
            environment["LAB_RAPI_CERT"],
            "--users-file",
            environment["LAB_RAPI_USERS"],
        ),
        # The suites try wrong passwords all the time, from one address.
        *("--login-delay", "0"),
        *("--luxi-socket", environment["LAB_LUXI_SOCKET"], *options),
    ]


@functools.cache
def our_api(*options: str, host: str = HOST, port: int = PORT) -> HttpApi:
    """Our daemon, started when the first test asks for it and ended with the test run.

    Daemons with other options are processes of their own, and need addresses of their own.
    """
    log = tempfile.NamedTemporaryFile(prefix="ganeti-rapi-live-", suffix=".log")  # noqa: SIM115
    process = subprocess.Popen(
        command(*options, host=host, port=port), stdout=log, stderr=subprocess.STDOUT
    )
    atexit.register(_end, process)
    api = HttpApi(host, port)
    end = time.monotonic() + START_PATIENCE
    while True:
        try:
            api.request("GET", "/version")
        except OSError:
            if time.monotonic() > end or process.poll() is not None:
                with open(log.name, encoding="utf-8") as text:
                    raise AssertionError(f"the daemon did not start:\n{text.read()}") from None
            time.sleep(0.1)
        else:
            return api


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait(10)


def lab(*arguments: str) -> str:
    """Run a command of the lab's script; its output."""
    script = os.path.join(os.path.dirname(__file__), "lab")
    done = subprocess.run([script, *arguments], capture_output=True, text=True, check=True)
    return done.stdout
