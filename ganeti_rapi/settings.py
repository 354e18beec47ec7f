"""What the options ask of the site: files opened, libraries found, secrets made."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable

from twisted.python.usage import UsageError

from ganeti_rapi.api.access import Rules
from ganeti_rapi.assembly import Settings
from ganeti_rapi.auth import pam
from ganeti_rapi.auth.tokens import TokensFile
from ganeti_rapi.logfile import LogFile
from ganeti_rapi.openfiles import most_connections
from ganeti_rapi.options import DEFAULT_QUEUE, DEFAULT_SOCKET, STATE, Options
from ganeti_rapi.tickets import KeptByParent
from ganeti_rapi.web.accesslog import FORMATS
from ganeti_rapi.web.audit import AuditLog
from ganeti_rapi.web.consoles import EndpointFor
from ganeti_rapi.web.limits import SiteLimits
from ganeti_rapi.web.proxies import TrustedProxies
from ganeti_rapi.web.site import MIB, Deadlines
from ganeti_rapi.web.tls import PemFiles, ReloadingContextFactory, TlsError

SECRET = "GANETI_RAPI_SESSION_SECRET"
"""The variable by which workers without a private key know the same secret."""


def settings_of(
    options: Options,
    tls: ReloadingContextFactory | None,
    tickets: KeptByParent | None,
    console_endpoint: EndpointFor | None,
) -> Settings:
    """What the site is to do, of the options. Raises `UsageError` for what cannot be had."""
    to_luxid = options["luxi-connections"] + options["wait-connections"]
    return Settings(
        require_authentication=bool(options["require-authentication"]),
        access_rules=Rules(options["access-rules"]),
        keep_alive=not options["no-keep-alive"],
        luxi_timeout=options["luxi-timeout"],
        deadlines=Deadlines(
            handshake=options["handshake-timeout"],
            head=options["head-timeout"],
            body=options["body-timeout"],
            body_rate=options["body-rate"],
            reply=options["reply-timeout"],
            reply_rate=options["reply-rate"],
            idle=options["idle-timeout"],
        ),
        login_delay=options["login-delay"],
        max_body=options["max-body-size"],
        max_bodies=options["max-bodies"] * MIB,
        max_replies=options["max-replies"] * MIB,
        limits=SiteLimits(
            connections=options["max-clients"] or most_connections(to_luxid),
            address_connections=options["address-connections"],
            user_requests=options["user-requests"],
            user_consoles=options["user-consoles"],
        ),
        proxies=TrustedProxies(options.trusted_proxies),
        drain_timeout=options["drain-timeout"],
        access_log=_log_file("access log", options["access-log"]),
        log_line=FORMATS[options["access-log-format"]],
        audit=_audit_log(options),
        metrics_interval=options["metrics-interval"],
        certificate_end=lambda: None if tls is None else tls.certificate_end,
        tokens=TokensFile() if options["tokens-file"] else None,
        pam=load_pam(options["pam-service"]),
        tickets=tickets,
        console_endpoint=console_endpoint,
        console=not options["no-console"],
        session_secret=_session_secret(tls),
    )


def context_factory(options: Options) -> ReloadingContextFactory:
    """The certificate and key that the options name. Raises `UsageError`."""
    paths = (options[name] for name in ("ssl-cert", "ssl-key", "ssl-chain", "client-ca"))
    files = PemFiles(*(path and os.path.abspath(path) for path in paths))
    try:
        secret = os.environ.get(SECRET, "").encode()
        return ReloadingContextFactory(files, common_secret=secret)
    except TlsError as error:
        raise UsageError(str(error)) from None


def queue_directory(options: Options) -> str | None:
    """Where luxid keeps its jobs: of the luxid that everybody has, that is known."""
    given: str | None = options["queue-directory"]
    if given is None and options["luxi-socket"] == DEFAULT_SOCKET:
        return DEFAULT_QUEUE
    return given


def events_directory(options: Options) -> str | None:
    """Where events are kept, if not in memory alone."""
    given: str | None = options["events-directory"]
    if given is None and os.access(STATE, os.W_OK):
        return os.path.join(STATE, "events")
    return given and os.path.abspath(given)


def _session_secret(tls: ReloadingContextFactory | None) -> Callable[[], bytes]:
    """What only this daemon and its workers know: the private key, or what their parent made up."""
    if tls is not None:
        return lambda: tls.secret
    given = os.environ.get(SECRET, "").encode() or secrets.token_bytes(32)
    return lambda: given


def load_pam(service: str | None) -> pam.Pam | None:
    """The logins by PAM that the service stands for. Raises `UsageError` without the library."""
    try:
        return pam.load(service) if service else None
    except ImportError:
        raise UsageError(pam.MISSING) from None


def _audit_log(options: Options) -> AuditLog | None:
    file = _log_file("audit log", options["audit-log"])
    return AuditLog(file, bool(options["audit-required"])) if file is not None else None


def _log_file(what: str, path: str | None) -> LogFile | None:
    try:
        return LogFile(path) if path else None
    except OSError as error:
        raise UsageError(
            f"Can't write the {what} {path}: {error.strerror}. Name a file in a directory that "
            "this process may write to"
        ) from None
