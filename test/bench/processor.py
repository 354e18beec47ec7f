"""Processor time of the server for a request: ``python -m test.bench.processor``.

Ours, twisted.web's Site, aiohttp, uvicorn and nginx answer ``/version`` over TLS 1.3, on a kept
connection, on new ones, and on new ones that resume a session. Then ours alone answers users whose
passwords are kept in different ways. All are measured in turn, round by round, and the medians
shown: as time, and as the ratio to the first in the column that is compared with.
"""

from __future__ import annotations

import base64
import shlex
import socket
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

from ganeti_rapi.auth.hashes import MAKERS
from ganeti_rapi.auth.tokens import hash_of

from .bare import AS_IT_COMES, NOTHING
from .processes import Program
from .servers import SERVERS, bare_server, nginx_server, python_server
from .sites import HOST, Site, running_daemon
from .table import markdown

ROUNDS = 7
KEPT_REQUESTS = 3000
CONNECTIONS = 150
MICROSECOND = 1e-6

BARE = "twisted.web's Site"
STRIPPED = "the same without its log"
FLOOR = "a protocol that does nothing"
OURS = "ganeti-rapi"
PASSWORD = "sesame"
TOKEN = "grapi_of_the_benchmark"

CERTIFICATE = (
    "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=bench -keyout {0} -out {0}.crt"
)
"""With an RSA key of 2048 bits, as Ganeti makes its own."""

GOALS = {"kept": 0.45, "new": 0.8}
"""Of the ratio of ours to twisted.web's Site."""


def context() -> ssl.SSLContext:
    """A client's, which trusts anybody."""
    made = ssl.create_default_context()
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    made.minimum_version = ssl.TLSVersion.TLSv1_3
    return made


class Client:
    """Sends the same request again and again to a port. ``header`` is one more of its lines."""

    def __init__(self, port: int, path: str, header: str = "") -> None:
        self._port = port
        self._context = context()
        lines = [f"GET {path} HTTP/1.1", f"Host: {HOST}", "User-Agent: bench", header]
        self._request = "\r\n".join([*filter(None, lines), "", ""]).encode("ascii")

    def _connect(self, session: ssl.SSLSession | None = None) -> ssl.SSLSocket:
        raw = socket.create_connection((HOST, self._port))
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._context.wrap_socket(raw, session=session)

    def _ask(self, connection: ssl.SSLSocket) -> None:
        connection.sendall(self._request)
        reply = b""
        while not reply.endswith((b"\r\n\r\n2\n", b"\r\n\r\n\0\0")):
            part = connection.recv(65536)
            assert part, reply
            reply += part
        assert reply.startswith(b"HTTP/1.1 200"), reply

    def kept(self, count: int) -> None:
        """Requests on one connection."""
        with self._connect() as connection:
            for _ in range(count):
                self._ask(connection)

    def new(self, count: int) -> None:
        """Requests on a connection each."""
        for _ in range(count):
            with self._connect() as connection:
                self._ask(connection)

    def resumed(self, count: int) -> None:
        """Requests on a connection each that resumes the session of the one before."""
        session = None
        for _ in range(count):
            with self._connect(session) as connection:
                self._ask(connection)
                session = connection.session


WAYS: Mapping[str, tuple[Callable[[Client, int], None], int]] = {
    "kept": (Client.kept, KEPT_REQUESTS),
    "new": (Client.new, CONNECTIONS),
    "resumed": (Client.resumed, CONNECTIONS),
}
"""The columns of the table: what is done, and how often in a round."""


def seconds_each(program: Program, work: Callable[[int], None], count: int) -> float:
    """Seconds of the program's processor time for one of so many."""
    before = program.cpu()
    work(count)
    return (program.cpu() - before) / count


@contextmanager
def a_site() -> Iterator[tuple[Site, str]]:
    """A certificate, users of each kind and a token; the site, and the file with the token."""
    with tempfile.TemporaryDirectory(prefix="ganeti-rapi-bench-") as name:
        users, pem, tokens = (Path(name, file) for file in ("users", "server.pem", "tokens"))
        hashed = MAKERS["argon2"](PASSWORD.encode())
        users.write_text(f"clear {PASSWORD} read\nargon2 {{argon2}}{hashed} read\n")
        tokens.write_text(f"token sha256:{hash_of(TOKEN)} never jobs.list\n")
        subprocess.run(shlex.split(CERTIFICATE.format(pem)), check=True, capture_output=True)
        with open(pem, "a", encoding="ascii") as file:
            file.write(Path(f"{pem}.crt").read_text("ascii"))
        yield Site(str(Path(name, "no-luxid")), str(pem), str(users), ""), str(tokens)


def medians(measures: Mapping[str, Callable[[], float]]) -> dict[str, float]:
    """The median of the rounds for each, all measured in turn; a round to warm up is left out."""
    found: dict[str, list[float]] = {name: [] for name in measures}
    for number in range(ROUNDS + 1):
        for name, measure in measures.items():
            seconds = measure()
            if number:
                found[name].append(seconds)
    return {name: median(times) for name, times in found.items()}


def compare_servers(site: Site, ours: Program) -> str:
    """The table of servers."""
    running: dict[str, tuple[Program, int, str]] = {OURS: (ours, site.port, "/version")}
    with ExitStack() as stack:
        for name, kind in ((BARE, [AS_IT_COMES]), (STRIPPED, []), (FLOOR, [NOTHING])):
            running[name] = (*stack.enter_context(bare_server(site, *kind)), "/2")
        for name in (*SERVERS, "nginx"):
            server = nginx_server(site) if name == "nginx" else python_server(name, site)
            try:
                running[name] = (*stack.enter_context(server), "/version")
            except LookupError as missing:
                print(f"{name} is left out: {missing}", file=sys.stderr)
        rows = {name: [name] for name in running}
        for way, (work, count) in WAYS.items():
            measures = {}
            for name, (program, port, path) in running.items():
                client = Client(port, path)
                measures[name] = _measure(program, client, work, count)
            times = medians(measures)
            for name, seconds in times.items():
                ratio = seconds / times[BARE]
                goal = GOALS.get(way, 0) if name == OURS else 0
                verdict = f" (goal {goal})" if goal else ""
                rows[name] += [f"{seconds / MICROSECOND:.0f} µs", f"{ratio:.2f}{verdict}"]
    headings = ["", *(text for way in WAYS for text in (way, "ratio"))]
    return markdown(headings, rows.values())


def _measure(
    program: Program, client: Client, work: Callable[[Client, int], None], count: int
) -> Callable[[], float]:
    return lambda: seconds_each(program, lambda times: work(client, times), count)


def compare_logins(site: Site, ours: Program) -> str:
    """The table of ways to log in, on kept connections."""
    headers = {
        "nobody": "",
        "{cleartext}": _basic("clear"),
        "{argon2}, remembered": _basic("argon2"),
        "token": f"Authorization: Bearer {TOKEN}",
    }
    measures = {
        name: _measure(ours, Client(site.port, "/version", header), Client.kept, KEPT_REQUESTS)
        for name, header in headers.items()
    }
    times = medians(measures)
    rows = [
        [name, f"{seconds / MICROSECOND:.0f} µs", f"{seconds / times['{cleartext}']:.2f}"]
        for name, seconds in times.items()
    ]
    return markdown(["user", "kept", "ratio"], rows)


def _basic(user: str) -> str:
    return "Authorization: Basic " + base64.b64encode(f"{user}:{PASSWORD}".encode()).decode()


def main() -> None:
    """Measure and print."""
    with a_site() as (site, tokens), running_daemon(site, "--tokens-file", tokens) as ours:
        print(compare_servers(site, ours), "\n", flush=True)
        print(compare_logins(site, ours))


if __name__ == "__main__":
    main()
