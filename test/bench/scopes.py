"""What rights on some objects cost: ``python -m test.bench.scopes``.

Lists of 10,000 instances, read by a user who may all, by users whose scopes take all of them, so
that each gets the same reply, and by one whose scope takes a tenth. It prints the daemon's
processor time for a list, and its ratio to that of the user who may all, as medians of rounds in
which all are measured in turn.
"""

from __future__ import annotations

import base64
import http.client
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from .processes import Program
from .sites import HOST, Site, running_daemon
from .table import markdown

INSTANCES = 10_000
SIZE = f"nodes=100,instances={INSTANCES},jobs=0"

USERS: Mapping[str, str] = {
    "all": "write",
    "name": "@admin:name=*",
    "group": "@admin:group=*",
    "tenth": "@admin:name=*7",
}
"""By name, what each user has: the first may see all without a scope, and the last a tenth."""

PATHS = {"/2/instances?bulk=1": 3, "/2/instances": 30}
"""The lists, and how often each is read in a round."""

ROUNDS = 7
PATIENCE = 30.0


@contextmanager
def sized_site(size: str = SIZE) -> Iterator[tuple[Site, Program]]:
    """A large simulated cluster as a process, and users with scopes.

    Beside its socket is its queue's directory, ``queue``.
    """
    with tempfile.TemporaryDirectory(prefix="ganeti-rapi-bench-") as name:
        users, path, queue = (Path(name, file) for file in ("users", "luxi", "queue"))
        queue.mkdir()
        lines = [f"{user} {user} {options}" for user, options in USERS.items()]
        users.write_text("\n".join(lines) + "\n")
        simulator = Program.start(
            [
                *(sys.executable, "-c", "from twisted.scripts.twistd import run; run()"),
                *("-n", "--pidfile=", "--logfile=/dev/null"),
                *("ganeti-simulator", "--socket", str(path), "--size", size),
                *("--queue-directory", str(queue)),
            ],
            log=Path("/dev/null").open("w"),  # noqa: SIM115  # as long as we live
        )
        try:
            end = time.monotonic() + PATIENCE
            while not path.exists() and time.monotonic() < end:
                time.sleep(0.05)
            yield Site(str(path), "/dev/null", str(users), "all:all"), simulator
        finally:
            simulator.end()


def read_list(port: int, user: str, path: str) -> int:
    """The bytes of a list, read on a connection of its own."""
    secret = base64.b64encode(f"{user}:{user}".encode()).decode()
    connection = http.client.HTTPConnection(HOST, port, timeout=60)
    connection.request("GET", path, headers={"Authorization": f"Basic {secret}"})
    response = connection.getresponse()
    length = len(response.read())
    assert response.status == 200, response.status
    connection.close()
    return length


def seconds_of(daemon: Program, port: int, user: str, path: str) -> float:
    """Seconds of processor time of the daemon for one list."""
    before = daemon.cpu()
    for _ in range(PATHS[path]):
        read_list(port, user, path)
    return (daemon.cpu() - before) / PATHS[path]


def main() -> None:
    """Measure and print."""
    with sized_site() as (site, _), running_daemon(site, "--no-ssl") as daemon:
        rows = []
        for path in PATHS:
            sizes = [read_list(site.port, user, path) for user in USERS]
            assert len(set(sizes[:-1])) == 1, sizes
            assert sizes[-1] * 8 < sizes[0], sizes
            times: dict[str, list[float]] = {user: [] for user in USERS}
            for _ in range(ROUNDS):
                for user, measured in times.items():
                    measured.append(seconds_of(daemon, site.port, user, path))
            alone = median(times["all"])
            for user, measured in times.items():
                taken = median(measured)
                rows.append([path, USERS[user], f"{taken * 1000:.0f} ms", f"{taken / alone:.2f}"])
    print(markdown(["list", "options", "processor time", "ratio"], rows))


if __name__ == "__main__":
    main()
