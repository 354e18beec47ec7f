"""The simulated job daemon as a service on a Unix socket."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred, gatherResults, maybeDeferred
from twisted.internet.interfaces import IListeningPort
from twisted.internet.protocol import Factory

from ganeti_rapi.simulator.build import SeededIdentities, sized, small
from ganeti_rapi.simulator.calls import JobDaemon
from ganeti_rapi.simulator.clusterfile.building import Jobs, read_cluster
from ganeti_rapi.simulator.consoles import ConsoleFactory
from ganeti_rapi.simulator.control.faults import Faults
from ganeti_rapi.simulator.control.statefile import StateFile
from ganeti_rapi.simulator.control.states import FIRST, States
from ganeti_rapi.simulator.control.web import Control
from ganeti_rapi.simulator.jobs.files import JobFiles
from ganeti_rapi.simulator.jobs.history import add_history, add_jobs
from ganeti_rapi.simulator.jobs.queue import JobQueue
from ganeti_rapi.simulator.jobs.timing import JobClock, Timing
from ganeti_rapi.simulator.protocol import LuxidFactory
from ganeti_rapi.simulator.releases import OLDEST, RELEASES
from ganeti_rapi.simulator.size import Size, parse_size
from ganeti_rapi.simulator.state import Cluster
from ganeti_rapi.simulator.units import UNITS

__all__ = ["SimulatedJobDaemon", "Size", "parse_size"]

_OWNER_ONLY = 0o600

_SMALL = Size()

_FEW_NODES = 5
"""Where only the number of instances is given."""


class SimulatedJobDaemon(Service):
    """A job daemon with a cluster inside, which listens for LUXI clients at ``path``.

    ``mode`` says who may connect: by default, only the user who runs it. ``cluster`` and ``queue``
    are there to look inside, and to change things behind the clients' backs. The screens of its
    instances are at the Unix socket ``consoles``, if it is given: see `ConsoleFactory`. Changes of
    jobs show in the directory ``queue``, if that is given: see `JobFiles`. The cluster is kept in
    the file ``state``, if that is given, and is of a ``release`` of Ganeti's. Raises ValueError
    with what is wrong in a file, or OSError.
    """

    def __init__(  # Any: the reactor provides many interfaces in one
        self,
        reactor: Any,
        path: str,
        size: Size = _SMALL,
        mode: int = _OWNER_ONLY,
        consoles: str | None = None,
        queue: Path | None = None,
        state: str | None = None,
        release: str = OLDEST,
    ) -> None:
        identities = SeededIdentities(size.seed)
        now = reactor.seconds()
        self.cluster, jobs = _cluster(size, now)
        RELEASES[release].adjust(self.cluster.info)
        clock, timing = JobClock(reactor), Timing()
        self.faults = Faults(self.cluster)
        self.queue = JobQueue(
            clock,
            self.cluster,
            identities,
            UNITS,
            timing,
            self.faults.before_opcode,
            wait_clock=reactor,
        )
        if isinstance(jobs, int):
            add_history(self.queue, self.cluster, jobs, now)
        else:
            add_jobs(self.queue, jobs, now)
        self.states = States(self.cluster, self.queue, identities)
        if state:
            self.states.save(FIRST)
        self._file = StateFile(state, self.states, reactor) if state else None
        self.queue.waits.noted = _told(
            JobFiles(queue).changed if queue is not None else None,
            self._file.job_changed if self._file is not None else None,
        )
        self._clock, self._timing = clock, timing
        daemon = JobDaemon(
            *(reactor, self.cluster, identities, self.queue, self.faults, RELEASES[release]),
            self._changed,
        )
        self.states.changed = self._changed
        self.was_kept = self._file is not None and self._file.load()
        self._factory = LuxidFactory(daemon)
        self.consoles = ConsoleFactory(reactor, self.cluster)
        self._reactor = reactor
        self._path = path
        self._mode = mode
        self._consoles = consoles
        self._ports: list[IListeningPort] = []

    def control(self) -> Control:
        """What the control interface does; a reset leads back to the cluster as it was made."""
        if self._file is None:
            self.states.save(FIRST)
        return Control(
            self.cluster, self.queue, self.faults, self.states, self._clock, self._timing
        )

    def _changed(self) -> None:
        if self._file is not None:
            self._file.changed()

    def startService(self) -> None:
        """Listen. Raises `CannotListenError` when the path is taken."""
        super().startService()
        self._listen(self._path, self._factory)
        if self._consoles is not None:
            self._listen(self._consoles, self.consoles)

    def _listen(self, path: str, factory: Factory) -> None:
        self._ports.append(self._reactor.listenUNIX(path, factory, mode=self._mode))

    def stopService(self) -> Deferred[None]:
        """Stop listening, disconnect every client and end all jobs."""
        super().stopService()
        self.queue.stop()
        if self._file is not None:
            self._file.save()
        self._factory.disconnect_all()
        self.consoles.disconnect_all()
        ports, self._ports = self._ports, []
        stopped = [maybeDeferred(port.stopListening) for port in ports]
        return gatherResults(stopped).addCallback(lambda _: None)


def _told(*told: Callable[[int], None] | None) -> Callable[[int], None]:
    """What calls those that there are."""
    present = [each for each in told if each is not None]

    def tell(job_id: int) -> None:
        for each in present:
            each(job_id)

    return tell


def _cluster(size: Size, now: float) -> tuple[Cluster, Jobs]:
    """The cluster, and its jobs of the past."""
    identities = SeededIdentities(size.seed, "cluster")
    if size.file:
        return read_cluster(size.file, now, identities)
    if size.is_small:
        return small(now, identities), size.jobs
    return sized(size.nodes or _FEW_NODES, size.instances or 0, size.seed, now), size.jobs
