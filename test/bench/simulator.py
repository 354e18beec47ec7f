"""A simulated job daemon as a process of its own: ``python -m test.bench.simulator SOCKET``.

So its memory and processor time do not count as the daemon's. For every line on the standard input,
it tells how many WaitForJobChange calls are open; at the end of the input, it ends.
"""

from __future__ import annotations

import sys

from twisted.internet import reactor
from twisted.internet.protocol import connectionDone
from twisted.internet.stdio import StandardIO
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure

from ganeti_rapi.simulator.service import SimulatedJobDaemon

MANY_JOBS = 100_000
"""Instead of Ganeti's 20 that run at a time."""


class Control(LineReceiver):
    """Answers the benchmark."""

    delimiter = b"\n"

    def __init__(self, daemon: SimulatedJobDaemon) -> None:
        self._daemon = daemon

    def lineReceived(self, line: bytes) -> None:
        self.sendLine(b"%d" % len(self._daemon.queue.waits))

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if reactor.running:
            reactor.stop()


def main(path: str) -> None:
    """Serve LUXI on a Unix socket until the standard input ends."""
    daemon = SimulatedJobDaemon(reactor, path)
    daemon.cluster.info["max_running_jobs"] = MANY_JOBS
    daemon.startService()
    StandardIO(Control(daemon))
    reactor.run()


if __name__ == "__main__":
    main(sys.argv[1])
