"""A large cluster: bulk lists of 10,000 instances, and what others feel of them.

    python -m test.bench.large

It starts the daemon with a simulated cluster of 500 nodes, 10,000 instances and 5,000 jobs, asks
for bulk lists with 50 clients at once, and meanwhile times small requests on a connection of its
own. The simulated job daemon is in the same process, so its work is a part of what is measured.
"""

from __future__ import annotations

import argparse
import http.client
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from statistics import median

from .processes import Program
from .table import MIB, MILLISECOND, Row, percentile, render

SIZE = "nodes=500,instances=10000,jobs=5000,seed=7"
PORT = 5094
BULK = "/2/instances?bulk=1"
START_PATIENCE = 30.0
PAUSE = 0.01
"""Seconds between two small requests."""


def connect() -> http.client.HTTPSConnection:
    context = ssl._create_unverified_context()
    return http.client.HTTPSConnection("127.0.0.1", PORT, timeout=60, context=context)


def fetch(connection: http.client.HTTPSConnection, path: str, **headers: str) -> tuple[float, int]:
    """Seconds and bytes of one request."""
    began = time.perf_counter()
    connection.request("GET", path, headers=headers)
    size = len(connection.getresponse().read())
    return time.perf_counter() - began, size


def start() -> tuple[Program, float]:
    """The daemon, and the seconds until its first reply."""
    command = [sys.executable, "-c", "from twisted.scripts.twistd import run; run()"]
    options = ["-n", "--pidfile=", "ganeti-rapi", "--port", str(PORT), "--simulate", SIZE]
    began = time.perf_counter()
    daemon = Program.start([*command, *options], log=tempfile.TemporaryFile("w"))  # noqa: SIM115
    while time.perf_counter() - began < START_PATIENCE:
        try:
            fetch(connect(), "/version")
        except OSError:
            time.sleep(0.02)
        else:
            return daemon, time.perf_counter() - began
    daemon.end()
    raise SystemExit("the daemon did not start")


def small_requests(until: threading.Event) -> list[float]:
    """Seconds of each small request until the event."""
    connection, times = connect(), []
    while not until.is_set():
        times.append(fetch(connection, "/version")[0])
        time.sleep(PAUSE)
    return times


def load(daemon: Program, clients: int, seconds: int) -> tuple[list[float], str, int]:
    """Small requests' times while clients ask for bulk lists; wrk's report; the most memory."""
    done, times, most = threading.Event(), [], daemon.resident()

    def probe() -> None:
        times.extend(small_requests(done))

    prober = threading.Thread(target=probe)
    prober.start()
    options = ["-t1", f"-c{clients}", f"-d{seconds}", "--timeout", "60s"]
    wrk = subprocess.Popen(
        ["wrk", *options, f"https://127.0.0.1:{PORT}{BULK}"],
        stdout=subprocess.PIPE,
        text=True,
    )
    while wrk.poll() is None:
        most = max(most, daemon.resident())
        time.sleep(0.1)
    done.set()
    prober.join()
    assert wrk.stdout is not None
    return times, wrk.stdout.read(), most


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--clients", type=int, default=50)
    arguments.add_argument("--seconds", type=int, default=20)
    chosen = arguments.parse_args()
    daemon, first_reply = start()
    try:
        rest = daemon.resident()
        plain, size = fetch(connect(), BULK)
        zipped, small = fetch(connect(), BULK, **{"Accept-Encoding": "gzip"})
        times, report, most = load(daemon, chosen.clients, chosen.seconds)
    finally:
        daemon.end()
    lists = next(line.split()[1] for line in report.splitlines() if "Requests/sec" in line)
    print(
        render(
            [
                Row("start to first reply", first_reply, "s"),
                Row("memory with the cluster in it", rest / MIB, "MiB"),
                Row("bulk list, one client", plain, "s"),
                Row("its size", size / MIB, "MiB"),
                Row("bulk list, gzipped", zipped, "s"),
                Row("its size, gzipped", small / MIB, "MiB"),
                Row(f"bulk lists by {chosen.clients} clients", float(lists), "per second"),
                Row("memory meanwhile, at most", most / MIB, "MiB"),
                Row("small requests meanwhile: median", median(times) / MILLISECOND, "ms"),
                Row("small requests meanwhile: p99", percentile(times, 99) / MILLISECOND, "ms", 50),
            ]
        )
    )


if __name__ == "__main__":
    main()
