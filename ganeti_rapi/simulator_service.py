"""``twistd ganeti-simulator``: the simulated job daemon alone, for daemons and tools to sit on."""

from __future__ import annotations

import gc
import os
import socket
import stat
import sys
from pathlib import Path
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.error import CannotListenError
from twisted.python.usage import Options as UsageOptions
from twisted.python.usage import UsageError

from ganeti_rapi import __version__
from ganeti_rapi.exits import CannotStart
from ganeti_rapi.simulator.releases import OLDEST, RELEASES
from ganeti_rapi.simulator.service import SimulatedJobDaemon, parse_size
from ganeti_rapi.simulator.size import Size
from ganeti_rapi.steady import keep_steady

__all__ = ["Options", "makeService"]

_OWNER_AND_GROUP = 0o660


class Options(UsageOptions):
    """Options of the simulator. ``size`` and ``release`` are what --size and --as say."""

    synopsis = "--socket PATH [options]"
    longdesc = (
        "Serves LUXI, the protocol of Ganeti's job daemon ganeti-luxid, on a Unix socket, with a "
        "cluster inside that it makes up and keeps in memory. Daemons and tools that speak to "
        "ganeti-luxid can be pointed at it."
    )

    optParameters: list[list[Any]] = [  # Any: an entry of usage mixes texts and defaults
        ["socket", None, None, "The Unix socket to listen on; its user and group may connect."],
        ["console-socket", None, None, "The Unix socket of the instances' consoles, if any."],
        ["queue-directory", None, None, "Where changes of jobs show, for who watches it, if any."],
        ["state", None, None, "The file that keeps the cluster over restarts, if any."],
    ]

    compData: Any = None  # Any: usage's own hook for shell completion

    def __init__(self) -> None:
        super().__init__()
        self.size = Size()
        self.release = OLDEST

    def opt_version(self) -> None:
        """Show the version."""
        print(f"ganeti-simulator {__version__}")
        raise SystemExit(0)

    opt_h = UsageOptions.opt_help

    def opt_as(self, release: str) -> None:
        """The release of Ganeti that it is of: 3.0 (the default), 3.1 or 3.2."""
        if release not in RELEASES:
            raise UsageError(f"--as is one of {', '.join(RELEASES)}, not {release!r}")
        self.release = release

    def opt_size(self, size: str) -> None:
        """The cluster's size, such as nodes=500,instances=10000,jobs=5000,seed=7, or a file that
        describes it, such as cluster.yaml.
        """
        try:
            self.size = parse_size(size)
        except ValueError as error:
            raise UsageError(f"--size: {error}") from None

    def parseArgs(self, *arguments: str) -> None:
        """There are no arguments beside the options."""
        if arguments:
            raise UsageError(f"Unexpected argument: {arguments[0]}")

    def postOptions(self) -> None:
        """Raise UsageError when there is no socket."""
        if not self["socket"]:
            raise UsageError("Name the Unix socket to listen on with --socket PATH")
        if (queue := self["queue-directory"]) and not os.path.isdir(queue):
            raise UsageError(f"--queue-directory: there is no directory {queue}; make it first")
        for name in ("socket", "console-socket", "queue-directory", "state"):
            if self[name]:
                self[name] = os.path.abspath(self[name])  # twistd changes the directory


class SimulatorService(Service):
    """Runs a simulated job daemon, and says how to use it."""

    def __init__(self, daemon: SimulatedJobDaemon, path: str, consoles: str | None = None) -> None:
        self._daemon = daemon
        self._path = path
        self._consoles = consoles

    def startService(self) -> None:
        """Listen. Raises `CannotStart` with a plain sentence when that is not possible."""
        super().startService()
        remove_stale_socket(self._path)
        if self._consoles is not None:
            remove_stale_socket(self._consoles)
        try:
            self._daemon.startService()
        except CannotListenError as error:
            reason = getattr(error.socketError, "strerror", None) or error.socketError
            raise _cannot(
                f"Can't listen on {self._path}: {reason}. Name a path in a directory that this "
                "process may write to with --socket"
            ) from None
        # Past the log, which would put a time before every line.
        print(welcome(self._path, self._daemon), file=sys.__stdout__, flush=True)

    def stopService(self) -> Deferred[None]:
        super().stopService()
        return self._daemon.stopService()


def makeService(options: Options) -> SimulatorService:
    """The simulated job daemon as a service, for twistd."""
    from twisted.internet import reactor  # not at import: twistd may install another one first

    keep_steady(reactor)
    path = options["socket"]
    consoles = options["console-socket"]
    try:
        queue = Path(options["queue-directory"]) if options["queue-directory"] else None
        daemon = SimulatedJobDaemon(
            *(reactor, path, options.size, _OWNER_AND_GROUP, consoles, queue),
            *(options["state"], options.release),
        )
    except (ValueError, OSError) as error:
        raise _cannot(f"The cluster can't be had: {error}") from None
    # A large cluster need not be looked at by the garbage collector each time.
    gc.collect()
    gc.freeze()
    return SimulatorService(daemon, path, consoles)


def remove_stale_socket(path: str) -> None:
    """Remove a socket that an earlier process left behind.

    Raises `CannotStart` when the path is in use, or is something else.
    """
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return  # listening there will say why
    if not stat.S_ISSOCK(mode):
        raise _cannot(f"{path} is not a socket. Remove it, or name another path with --socket")
    if _is_served(path):
        raise _cannot(f"A process listens on {path}. End it, or name another path with --socket")
    os.unlink(path)


def _is_served(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        client.setblocking(False)  # a process that is too busy to accept is one, too
        try:
            client.connect(path)
        except ConnectionRefusedError:
            return False
        except OSError:
            return True
    return True


def _cannot(text: str) -> CannotStart:
    return CannotStart(text, program="ganeti-simulator")


def welcome(path: str, daemon: SimulatedJobDaemon) -> str:
    """What a person needs to know to use the simulated job daemon."""
    cluster = daemon.cluster
    return f"""
A simulated job daemon, as ganeti-luxid, listens on {path}
Its cluster has {len(cluster.nodes)} nodes and {len(cluster.instances)} instances.

  try     twistd -n --pidfile= ganeti-rapi --no-ssl --luxi-socket {path}
          curl http://127.0.0.1:5080/2/instances

Stop it with Ctrl-C.
"""
