"""Ganeti's watcher asks every five minutes whether RAPI responds, and restarts it if not.

This runs the watcher's own function, from the installed Ganeti.
"""

from __future__ import annotations

import subprocess

from twisted.trial.unittest import SynchronousTestCase

from .daemon import SKIP, our_api

WATCHED_PORT = 5080
"""The watcher asks no other. The lab's stock daemon has it on the nodes' addresses only, so that on
the loopback device every daemon of ours can have it, each on an address of its own."""

PROBE = """
import sys
sys.path.insert(0, "/usr/share/ganeti/default")
from ganeti import watcher
assert watcher.__file__.startswith("/usr/share/ganeti/"), watcher.__file__
print(watcher.UsesRapiClient(watcher.IsRapiResponding)(sys.argv[1]))
"""


def probe(host: str) -> str:
    """What the watcher's function says of the daemon at an address: True or False."""
    command = ["/usr/bin/python3", "-I", "-W", "ignore", "-c", PROBE, host]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        raise AssertionError(f"the watcher's probe did not run: {done.stderr}")
    return done.stdout.strip()


class WatcherTests(SynchronousTestCase):
    skip = SKIP

    def test_a_daemon_that_anyone_may_read_responds(self) -> None:
        api = our_api(host="127.0.0.2", port=WATCHED_PORT)
        self.assertEqual(api.request("GET", "/version").status, 200)
        self.assertEqual(probe("127.0.0.2"), "True")

    def test_a_daemon_that_wants_a_user_responds(self) -> None:
        api = our_api("--require-authentication", host="127.0.0.3", port=WATCHED_PORT)
        self.assertEqual(api.request("GET", "/version").status, 401)
        self.assertEqual(probe("127.0.0.3"), "True")

    def test_where_there_is_no_daemon_none_responds(self) -> None:
        self.assertEqual(probe("127.0.0.4"), "False")
