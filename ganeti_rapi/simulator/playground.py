"""What ``--simulate`` sets up around the simulated cluster, in a directory of its own."""

from __future__ import annotations

import atexit
import datetime
import ipaddress
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from twisted.application.service import Service
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.interfaces import IListeningPort, IReactorTime, IStreamServerEndpoint
from twisted.logger import Logger
from twisted.python.failure import Failure

from ganeti_rapi.api.call import Jobs
from ganeti_rapi.simulator.control.faults import CHAOS
from ganeti_rapi.simulator.control.mischief import Mischief, TroubledJobs
from ganeti_rapi.simulator.control.web import control_site
from ganeti_rapi.simulator.releases import OLDEST
from ganeti_rapi.simulator.service import SimulatedJobDaemon, parse_size

_log = Logger()

USERS = {"admin": ("admin", "write"), "guest": ("guest", "read")}
"""The users of the simulated cluster, with password and option. Everybody may know them."""

_VALID = datetime.timedelta(days=365)

Trouble = Callable[[Jobs], Jobs]
"""Makes waits for jobs fail on demand."""


class Playground(Service):
    """A simulated job daemon, a certificate and a users file; removed at the end."""

    def __init__(self, directory: Path, daemon: SimulatedJobDaemon) -> None:
        self.directory = directory
        self._daemon = daemon
        self._options: Any = None  # Any: see adjust
        self._port: Callable[[], int | None] = lambda: None
        self._control: IStreamServerEndpoint | None = None
        self._control_port: IListeningPort | None = None

    @classmethod
    def make(
        cls,
        reactor: Any,  # Any: many zope interfaces in one
        size: str,
        state: str | None = None,
        release: str = OLDEST,
    ) -> Playground:
        """Set everything up. Raises ValueError, or OSError, when a file cannot be read.

        ``state`` and ``release`` are those of `SimulatedJobDaemon`.
        """
        parsed = parse_size(size)
        directory = Path(tempfile.mkdtemp(prefix="ganeti-rapi-"))
        # When the daemon cannot start, this service is not stopped.
        atexit.register(shutil.rmtree, directory, ignore_errors=True)
        write_users(directory / "users")
        write_certificate(directory / "server.pem")
        path, consoles = (str(directory / name) for name in ("luxi.sock", "consoles.sock"))
        queue = directory / "queue"
        queue.mkdir(mode=0o700)
        daemon = SimulatedJobDaemon(
            reactor, path, parsed, consoles=consoles, queue=queue, state=state, release=release
        )
        return cls(directory, daemon)

    def adjust(  # Any: the options know us, not we them
        self, options: Any, port: Callable[[], int | None] = lambda: None
    ) -> None:
        """Point the daemon's options at what is here, where they were not given.

        ``port`` tells which one it is, once it is open.
        """
        options["luxi-socket"] = str(self.directory / "luxi.sock")
        options["console-socket"] = str(self.directory / "consoles.sock")
        if options.is_default("queue-directory"):
            options["queue-directory"] = str(self.directory / "queue")
        if options.is_default("events-directory"):
            options["events-directory"] = str(self.directory / "events")
        if options.is_default("users-file"):
            options["users-file"] = str(self.directory / "users")
        if options.is_default("ssl-cert"):
            options["ssl-cert"] = options["ssl-key"] = str(self.directory / "server.pem")
        self._options, self._port = options, port

    def trouble(self, reactor: IReactorTime, seed: int | None) -> tuple[Mischief, Trouble]:
        """Let the HTTP side of this process fail on demand, or with a seed from the start on.

        What requests are to ask before they begin, and what makes waits for jobs fail.
        """
        faults = self._daemon.faults
        faults.serves_http = True
        if self._options["ssl-cert"] == str(self.directory / "server.pem"):
            faults.certify = self._certify
        if seed is not None:
            faults.add({"kind": "luxid", "how": CHAOS, "seed": seed})
            faults.add({"kind": "http", "how": CHAOS, "seed": seed})
        return Mischief(faults), lambda jobs: TroubledJobs(jobs, faults, reactor)

    def _certify(self, seconds: float | None) -> None:
        path = self.directory / "server.pem"
        new = path.with_suffix(".new")
        write_certificate(new, _VALID if seconds is None else datetime.timedelta(seconds=seconds))
        new.replace(path)

    def control_at(self, endpoint: IStreamServerEndpoint) -> None:
        """Offer the control interface at an endpoint, from the start on."""
        self._control = endpoint

    def _open_control(self) -> None:
        if self._control is not None:
            listening = self._control.listen(control_site(self._daemon.control()))
            listening.addCallbacks(self._control_is_open, _log_control)

    def _control_is_open(self, port: IListeningPort) -> None:
        self._control_port = port

    def startService(self) -> None:
        super().startService()
        self._daemon.startService()
        self._open_control()
        # Past the log, which would put a time before every line.
        text = welcome(
            self.directory, self._options, self._port(), self._an_instance(), self._control_url()
        )
        if self._daemon.was_kept:
            text = f"\nThe cluster is the one that {self._options['state']} has.{text}"
        print(text, file=sys.__stdout__, flush=True)

    def _control_url(self) -> str | None:
        port = self._control_port and getattr(self._control_port.getHost(), "port", None)
        return f"http://127.0.0.1:{port}" if port else self._options["control"]

    def _an_instance(self) -> str | None:
        instances = self._daemon.cluster.instances
        return instances[0].name if instances else None

    def stopService(self) -> Deferred[None]:
        super().stopService()
        if self._control_port is not None:
            self._control_port.stopListening()
        stopped = maybeDeferred(self._daemon.stopService)
        return stopped.addBoth(lambda _: shutil.rmtree(self.directory, ignore_errors=True))


def _log_control(failure: Failure) -> None:
    _log.failure("The control interface can't be had", failure)


def write_users(path: Path) -> None:
    """The users file of the simulated cluster."""
    lines = [f"{name} {password} {option}\n" for name, (password, option) in USERS.items()]
    path.write_text("".join(lines))


def write_certificate(path: Path, valid: datetime.timedelta = _VALID) -> None:
    """A self-signed certificate for this machine alone, and its key, in one PEM file.

    One that is valid for less than no time has expired so long ago.
    Its key is elliptic: a handshake then costs a quarter less than with RSA.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.timezone.utc)
    names = x509.SubjectAlternativeName(
        [
            x509.DNSName("localhost"),
            x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
            x509.IPAddress(ipaddress.ip_address("::1")),
        ]
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + min(valid, datetime.timedelta()) - datetime.timedelta(hours=1))
        .not_valid_after(now + valid)
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    path.touch(mode=0o600)
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )


def welcome(  # Any: the options know us, not we them
    directory: Path,
    options: Any,
    port: int | None,
    instance: str | None,
    control: str | None = None,
) -> str:
    """What a person needs to know to use the simulated cluster."""
    scheme = "http" if options["no-ssl"] else "https"
    host = "127.0.0.1" if options["bind"] in ("0.0.0.0", "::") else options["bind"]
    host = f"[{host}]" if ":" in host else host
    url = f"{scheme}://{host}:{port or options['port']}"
    trust = "" if options["no-ssl"] else f"--cacert {options['ssl-cert']} "
    users = _told_users(directory, options)
    control_line = f"\n  control {control}" if control else ""
    own = users.startswith(next(iter(USERS)))
    change = f"{url}/2/instances/{instance}/shutdown"
    write = f"curl {trust}-u admin:admin -X PUT {change}" if own and instance else ""
    open_to_all = options["access-rules"] == "3.0" and not options["require-authentication"]
    read_by = "" if open_to_all or not own else "-u guest:guest "
    console = "" if options["no-console"] else f"  console {url}/console/\n"
    return f"""
A simulated Ganeti cluster is at {url}

{console}  users   {users}
  files   {directory}{control_line}
  try     curl {trust}{read_by}{url}/2/instances
          {write}

Stop it with Ctrl-C.
"""


def _told_users(directory: Path, options: Any) -> str:  # Any: as above
    if Path(options["users-file"]).parent != directory:
        return f"those of {options['users-file']}"
    return ", ".join(
        f"{name} (password {password}, may {option})" for name, (password, option) in USERS.items()
    )
