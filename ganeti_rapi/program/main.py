"""``ganeti-rapi``, from the command line to the end. To know the program, read `start`.

Source of the order, the codes and the files: the stock daemon, whose place it takes.
"""

from __future__ import annotations

import os
import pwd
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen
from twisted.logger import Logger

from ganeti_rapi import __version__
from ganeti_rapi.exits import FAILURE, NOT_THE_MASTER, CannotStart
from ganeti_rapi.logfile import LogFile
from ganeti_rapi.program.background import Report, detach
from ganeti_rapi.program.cluster import NAME, USER, Node, Paths
from ganeti_rapi.program.logs import Logs, print_error
from ganeti_rapi.program.options import ProgramOptions, parse
from ganeti_rapi.program.pidfile import PidFile, Taken
from ganeti_rapi.program.standby import (
    INTERVAL,
    Role,
    Standby,
    pid_file,
    standby_file,
    take_over,
)
from ganeti_rapi.systemd import notify, passed_sockets

if TYPE_CHECKING:  # its import takes half a second, which a wrong option need not
    from ganeti_rapi.service import Daemon


def main() -> None:
    """The entry point of the command ``ganeti-rapi``."""
    try:
        start(sys.argv[1:], os.environ)
    except CannotStart as error:
        print_error(error.text)
        if error.status == NOT_THE_MASTER:  # to systemd, who ends before READY has failed
            notify(os.environ, "READY=1")
        sys.exit(error.status)


def start(arguments: Sequence[str], environment: Mapping[str, str]) -> None:
    """Run the daemon until it is told to end. Raises `CannotStart` while in the foreground."""
    node = Node.of(environment)
    options = parse(arguments, node)  # 1, 2
    # Before Twisted looks at them: it removes what systemd says of them from the environment.
    options.endpoints = options.endpoints or passed_sockets(environment)
    role = None if options.simulated_size is not None else Role(node)  # 5, 12
    check_files(options)
    if role is not None:
        check_user(USER, os.getuid())
        check_role(role, options)  # 11
    plan = Plan(options, node.paths, role)
    if options["foreground"]:
        run(plan, Report())
        return
    report = detach()
    try:
        run(plan, report)
    except CannotStart as error:
        report.failed(error)
        sys.exit(error.status)


@frozen
class Plan:
    """What was decided before the process goes to the background.

    ``role`` is None for a simulated cluster.
    """

    options: ProgramOptions
    paths: Paths
    role: Role | None

    @property
    def standby(self) -> bool:
        """Whether it keeps out of Ganeti's pid file.

        That file is for the daemon that Ganeti started: beside one of a living process that is not
        root's, start-stop-daemon refuses to start anything, and luxid would stay down. A standby in
        the foreground leaves it alone on the master, too; in the background it was Ganeti that
        started it there, and it is the daemon.
        """
        if self.role is None or not self.options["standby"]:
            return False
        return bool(self.options["foreground"]) or not self.role.is_master

    @property
    def pid_path(self) -> str:
        """The file that says who this is."""
        return standby_file(self.paths.run) if self.standby else pid_file(self.paths.run)


def check_files(options: ProgramOptions) -> None:
    """Raise `CannotStart` when TLS has no files to begin with."""
    if options["no-ssl"] or options.simulated_size is not None:
        return
    for what, option in (("certificate", "ssl-cert"), ("key", "ssl-key")):
        if not os.path.isfile(options[option]):
            raise CannotStart(
                f"The TLS {what} {options[option]} is not there, or is no file. Name another with "
                f"--{option}, or make Ganeti's anew with gnt-cluster renew-crypto "
                "--new-rapi-certificate"
            )


def check_user(name: str, running: int) -> None:
    """Raise `CannotStart` unless this is the user that owns Ganeti's files of the remote API."""
    try:
        expected = pwd.getpwnam(name).pw_uid
    except KeyError:
        raise CannotStart(f"There is no user {name}; the package of Ganeti makes it") from None
    if running != expected:
        raise CannotStart(
            f"Started with the wrong user ID {running}, not {expected}, which is {name}'s. "
            f"/usr/lib/ganeti/daemon-util start {NAME} starts it with the right one"
        )


def check_role(role: Role, options: ProgramOptions) -> None:
    """Raise `CannotStart` where this node is not the master and shall not stand by either."""
    if not role.is_master and not options["standby"]:
        raise CannotStart(
            f"This node is not the master, {role.master} is. Start it there; --standby waits here",
            NOT_THE_MASTER,
        )


def run(plan: Plan, report: Report) -> None:
    """Log, take the pid file, and serve until the end. Raises `CannotStart`."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until the daemon is there to reload
    ended = Ended()
    set_process_name(NAME)
    log_file = _logs(plan).begin()
    try:
        with held(plan):
            serve(plan, report, log_file, ended)
    except CannotStart as error:
        if not plan.options["foreground"]:  # there it is told at the terminal
            Logger().critical("{problem}", problem=error.text)
        raise


class Ended:
    """Notes that the daemon shall end before it runs, which would leave its pid file otherwise."""

    def __init__(self) -> None:
        self.early = False
        signal.signal(signal.SIGTERM, self._note)  # until the reactor has a handler of its own

    def _note(self, *_: object) -> None:
        self.early = True


@contextmanager
def held(plan: Plan) -> Iterator[None]:
    """Hold the pid file. Raises `CannotStart` when another daemon lives."""
    if plan.role is None:
        yield
        return
    pid = PidFile(plan.pid_path)
    try:
        pid.take()
    except Taken as taken:
        status = NOT_THE_MASTER if plan.standby else FAILURE
        raise CannotStart(f"Already running: {taken}; end that one first", status) from None
    try:
        yield
    finally:
        pid.drop()


def _logs(plan: Plan) -> Logs:
    return Logs(
        f"{plan.paths.log}/rapi-daemon.log" if plan.role is not None else None,
        plan.options["syslog"],
        bool(plan.options["debug"]),
        sys.stderr if plan.options["foreground"] else None,
        plan.options["log-level"],
    )


def set_process_name(name: str) -> None:
    """Give the process the name that start-stop-daemon looks for, whatever started it."""
    with suppress(OSError):
        Path("/proc/self/comm").write_text(name, encoding="ascii")


def serve(plan: Plan, report: Report, log_file: LogFile | None, ended: Ended) -> None:
    """Listen, tell that the daemon started, and run the reactor. Raises `CannotStart`."""
    # Here and not above: the reactor's descriptors must be made in this process.
    from twisted.internet import reactor

    daemon = make_daemon(plan, reactor, log_file)
    daemon.privilegedStartService()
    daemon.startService()
    loop: Any = reactor  # Any: a module, to mypy
    loop.addSystemEventTrigger("before", "shutdown", daemon.stopService)
    loop.callWhenRunning(report.started)
    loop.callWhenRunning(lambda: loop.stop() if ended.early else None)
    Logger().info("{name} {version} started", name=NAME, version=__version__)
    loop.run()


def make_daemon(plan: Plan, reactor: Any, log_file: LogFile | None) -> Daemon:
    """The whole daemon, with the port free for it. Raises `CannotStart`."""
    # Any: one object that provides many zope interfaces
    from ganeti_rapi.service import ready_daemon

    reload = [log_file.reopen] if log_file is not None else []
    if plan.role is None:
        return ready_daemon(plan.options, reactor, reload)
    if not plan.standby:
        take_over(plan.paths.run)  # after the imports, since from here on no process has the port
        return ready_daemon(plan.options, reactor, reload)
    daemon = ready_daemon(plan.options, reactor, reload, plan.role.check)
    stand_by(daemon, reactor, plan.paths.run, plan.role)
    if log_file is not None:
        notice_rotation(daemon, reactor, log_file)
    return daemon


def stand_by(daemon: Daemon, reactor: Any, run: str, role: Role) -> None:
    """Let a standby decide when the daemon listens."""
    # Any: one object that provides many zope interfaces
    daemon.listeners.disownServiceParent()
    standby = Standby(reactor, run, role, daemon.listeners, daemon.notifier.tell)
    standby.setServiceParent(daemon)


def notice_rotation(daemon: Daemon, reactor: Any, log_file: LogFile) -> None:
    """Do what SIGHUP does when the log was moved: Ganeti tells only the process in its pid file."""
    # Any: one object that provides many zope interfaces
    from twisted.application.internet import TimerService

    def look() -> None:
        if log_file.moved:
            os.kill(os.getpid(), signal.SIGHUP)

    looking = TimerService(INTERVAL, look)
    looking.clock = reactor
    looking.setServiceParent(daemon)
