"""The command line of ``twistd ganeti-rapi``. Names and defaults are the stock daemon's."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from twisted.python.usage import Options as UsageOptions
from twisted.python.usage import UsageError

from ganeti_rapi import __version__
from ganeti_rapi.api.access import Rules
from ganeti_rapi.web.proxies import TrustedProxies

DEFAULT_PEM = "/var/lib/ganeti/rapi.pem"
DEFAULT_USERS = "/var/lib/ganeti/rapi/users"
DEFAULT_SOCKET = "/var/run/ganeti/socket/ganeti-query"
DEFAULT_QUEUE = "/var/lib/ganeti/queue"
STATE = "/var/lib/ganeti-rapi"


OptionEntry = list[Any]  # Any: an entry of usage mixes texts, defaults and functions


def _number(
    name: str, short: str | None, default: int, doc: str, least: int, most: int
) -> OptionEntry:
    """The entry of an option that is a whole number."""

    def convert(text: str) -> int:
        with suppress(ValueError):
            if least <= int(text) <= most:
                return int(text)
        raise ValueError(f"--{name} needs a whole number from {least} to {most}, not {text!r}")

    return [name, short, default, doc, convert]


def choice(name: str, choices: Sequence[str]) -> Callable[[str], str]:
    """What converts the value of an option that is one of these."""

    def convert(text: str) -> str:
        if text not in choices:
            raise ValueError(
                f"--{name} is {', '.join(choices[:-1])} or {choices[-1]}, not {text!r}"
            )
        return text

    return convert


_release = choice("as", ["3.0", "3.1", "3.2"])
_rules = choice("access-rules", [rules.value for rules in Rules])
_format = choice("access-log-format", ["combined", "json"])


_MOST = 1_000_000


def _seed(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise ValueError(f"--chaos needs a whole number, which the dice begin with, not {text!r}")
    return int(text)


ONLY_SIMULATED = ("control", "as", "state", "chaos")
"""The options that are for the cluster of --simulate."""

NOT_FOR_WORKERS = ("workers", "port", "bind", "metrics-endpoint", *ONLY_SIMULATED)
"""The options that only one process can have."""


class Options(UsageOptions):
    """Options of the daemon. ``endpoints`` are the values of every --endpoint."""

    synopsis = "[options]"
    longdesc = (
        "The remote API of a Ganeti cluster, over HTTPS. Runs on the master node, beside "
        "ganeti-luxid; or anywhere with --simulate, on a cluster that it makes up."
    )

    optFlags: list[OptionEntry] = [
        ["no-ssl", None, "Serve plain HTTP instead of HTTPS."],
        ["require-authentication", None, "Ask for a user even where anyone may read."],
        ["audit-required", None, "Change nothing while the audit log cannot be written."],
        ["no-keep-alive", None, "Close the connection after each reply, as the stock daemon does."],
        ["no-console", None, "Serve no pages for browsers, and no logins of theirs."],
    ]

    optParameters: list[OptionEntry] = [
        _number("port", "p", 5080, "The TCP port to listen on.", 0, 65535),
        ["bind", "b", "127.0.0.1", "The IP address to listen on; 0.0.0.0 or :: for all."],
        ["ssl-cert", "C", DEFAULT_PEM, "PEM file with the certificate, and perhaps its chain."],
        ["ssl-key", "K", None, "PEM file with the private key.  [default: the one of --ssl-cert]"],
        ["ssl-chain", None, None, "PEM file with the certificates between ours and the root."],
        ["client-ca", None, None, "PEM file with who may issue certificates to clients."],
        ["luxi-socket", None, DEFAULT_SOCKET, "The Unix socket of ganeti-luxid."],
        [
            "queue-directory",
            None,
            None,
            "Where luxid keeps its jobs; what changes there is told at once.",
        ],
        ["events-directory", None, None, "Where the events of a day are kept, for who comes back."],
        ["webhooks-file", None, None, "The file with the webhooks that are sent events."],
        ["console-socket", None, None, "The Unix socket of the simulator's consoles."],
        ["users-file", None, DEFAULT_USERS, "The file with users, passwords and options."],
        ["tokens-file", None, None, "The file with API tokens."],
        ["pam-service", None, None, "The PAM service that judges passwords of {pam} users."],
        ["access-rules", None, "3.0", "Whose rules hold: Ganeti's 3.0 or 3.2.", _rules],
        _number(
            "max-clients", None, 0, "Connections open at a time; 0 is as files allow.", 0, _MOST
        ),
        _number("address-connections", None, 0, "Those from one address; 0 is no limit.", 0, _MOST),
        _number("user-requests", None, 10_000, "Requests under way of one user; 0: any.", 0, _MOST),
        _number("user-consoles", None, 20, "Open consoles of one user; 0 is no limit.", 0, _MOST),
        _number("max-body-size", None, 10 * 2**20, "Largest request body, in bytes.", 1, 2**31),
        _number("max-bodies", None, 64, "MiB that all request bodies may take.", 1, _MOST),
        _number("max-replies", None, 512, "MiB that all long replies may take.", 1, _MOST),
        _number("handshake-timeout", None, 10, "Seconds that a TLS handshake may take.", 1, _MOST),
        _number("head-timeout", None, 20, "Seconds that a request's head may take.", 1, _MOST),
        _number("body-timeout", None, 20, "Seconds that a request's body may take.", 1, _MOST),
        _number("body-rate", None, 500, "Bytes a second that earn a body more.", 1, _MOST),
        _number("reply-timeout", None, 30, "Seconds that a reply waits for its reader.", 1, _MOST),
        _number("reply-rate", None, 500, "Bytes a second that earn a reader more.", 1, _MOST),
        _number("idle-timeout", None, 30, "Seconds until an idle connection is closed.", 1, _MOST),
        _number("login-delay", None, 60, "Longest delay after failed logins; 0 is none.", 0, 3600),
        _number("luxi-connections", None, 16, "Connections to luxid for requests.", 1, _MOST),
        _number(
            "user-connections", None, 0, "Those that one user may hold; 0 is a quarter.", 0, _MOST
        ),
        _number("wait-connections", None, 100, "Connections to luxid for job waits.", 1, _MOST),
        _number("luxi-timeout", None, 30, "Seconds that luxid may take for a read.", 1, _MOST),
        _number("metrics-interval", None, 60, "Seconds that the cluster's figures keep.", 0, 86400),
        _number("workers", None, 1, "Processes that share the port.", 1, 64),
        _number("drain-timeout", None, 25, "Seconds that requests have at the end.", 0, _MOST),
        ["control", None, None, "Twisted endpoint to control --simulate's cluster by, in tests."],
        ["as", None, None, "The release that --simulate is of: 3.0, 3.1 or 3.2.", _release],
        ["state", None, None, "The file that keeps --simulate's cluster over restarts."],
        ["chaos", None, None, "Let --simulate misbehave, by the dice of this number.", _seed],
        ["metrics-endpoint", None, None, "Twisted endpoint for /metrics without a user."],
        ["access-log", None, None, "File for one line per request."],
        ["access-log-format", None, "combined", "Format of its lines: combined or json.", _format],
        ["audit-log", None, None, "File for who did what, in JSON."],
    ]

    compData: Any = None  # Any: usage's own hook for shell completion

    def __init__(self) -> None:
        super().__init__()
        self.endpoints: list[str] = []
        self.simulated_size: str | None = None
        self.trusted_proxies: list[str] = []
        self.adopted: int | None = None
        self._defaults: dict[str, Any] = {}  # Any: as in OptionEntry

    def opt_version(self) -> None:
        """Show the version."""
        print(f"ganeti-rapi {__version__}")
        raise SystemExit(0)

    opt_h = UsageOptions.opt_help

    def opt_adopt(self, descriptor: str) -> None:
        """Serve the listening socket that this file descriptor is; --workers uses it."""
        self.adopted = int(descriptor)

    def opt_endpoint(self, description: str) -> None:
        """Listen on this Twisted endpoint instead of --bind and --port, for example
        systemd:domain=INET:index=0 or unix:/run/rapi.sock. May be given several times.
        """
        self.endpoints.append(description)

    def opt_trusted_proxy(self, address: str) -> None:
        """Believe this proxy's X-Forwarded-For: an address, a network such as 192.0.2.0/24, or
        unix for whoever connects to a Unix socket. May be given several times.
        """
        try:
            TrustedProxies([address])
        except ValueError as error:
            raise UsageError(f"--trusted-proxy: {error}") from None
        self.trusted_proxies.append(address)

    def opt_simulate(self, size: str) -> None:
        """Run on a simulated cluster, with a certificate and users made for it. May be followed
        by a size, such as nodes=500,instances=10000,jobs=5000,seed=7, or by a file that describes
        the cluster, such as cluster.yaml.
        """
        self.simulated_size = size

    def parseOptions(self, options: Sequence[str] | None = None) -> None:
        """Parse; --simulate may stand alone, which usage cannot express."""
        self._defaults = dict(self)
        super().parseOptions(None if options is None else with_size(options))

    def is_default(self, name: str) -> bool:
        """Whether a parameter has a value that nobody gave, not even the same one."""
        return self[name] is self._defaults[name]

    def parseArgs(self, *arguments: str) -> None:
        """There are no arguments beside the options."""
        if arguments:
            raise UsageError(f"Unexpected argument: {arguments[0]}")

    def postOptions(self) -> None:
        """Fill in what follows from other options."""
        if self.simulated_size is not None:
            self._check_simulation()
        else:
            for name in ONLY_SIMULATED:
                if self[name] is not None:
                    raise UsageError(f"--{name} is for the cluster of --simulate")
        self["ssl-key"] = self["ssl-key"] or self["ssl-cert"]
        if self["client-ca"] and self["no-ssl"]:
            raise UsageError("--client-ca needs TLS, which --no-ssl turns off")
        if self["audit-required"] and not self["audit-log"]:
            raise UsageError("--audit-required needs an --audit-log")
        if self["workers"] > 1 and self.endpoints:
            raise UsageError("--workers shares the port of --bind and --port, not an --endpoint")

    def _check_simulation(self) -> None:
        if not self.is_default("luxi-socket"):
            raise UsageError("--simulate has a job daemon of its own; leave out --luxi-socket")
        if not self.is_default("console-socket"):
            raise UsageError("--simulate has consoles of its own; leave out --console-socket")
        if self["chaos"] is not None and self["workers"] > 1:
            raise UsageError("--chaos needs a daemon of one process; leave out --workers")
        if self["as"] == "3.2" and self.is_default("access-rules"):
            self["access-rules"] = "3.2"
        if self["state"]:
            self["state"] = os.path.abspath(self["state"])  # twistd changes the directory
        if self.is_default("ssl-cert") and not self.is_default("ssl-key"):
            raise UsageError("--ssl-key needs the certificate that it belongs to, by --ssl-cert")

    def for_first_worker(self) -> list[str]:
        """What the first of several workers has more on its command line than the others."""
        endpoint = self["metrics-endpoint"]
        return [f"--metrics-endpoint={endpoint}"] if endpoint else []

    def for_worker(self) -> list[str]:
        """The command line of one of several workers: all that it needs to know of this one.

        A worker is the plugin, and so has these options only.
        """
        most = self["max-clients"]
        shared = {"max-clients": -(-most // self["workers"])}
        parameters = [
            f"--{entry[0]}={shared.get(entry[0], self[entry[0]])}"
            for entry in Options.optParameters
            if entry[0] not in NOT_FOR_WORKERS and self[entry[0]] is not None
        ]
        flags = [f"--{entry[0]}" for entry in Options.optFlags if self[entry[0]]]
        proxies = [f"--trusted-proxy={address}" for address in self.trusted_proxies]
        return [*flags, *parameters, *proxies]


def _is_size(text: str) -> bool:
    """Whether what follows --simulate belongs to it: a size, or the path of a file."""
    is_file = "/" in text or text.endswith((".yaml", ".yml", ".json"))
    return not text.startswith("-") and ("=" in text or is_file)


def with_size(options: Sequence[str]) -> list[str]:
    """The same options, where each --simulate has a size: an empty one if none was given."""
    result: list[str] = []
    rest = list(options)
    while rest:
        option = rest.pop(0)
        if option == "--simulate":
            size = rest.pop(0) if rest and _is_size(rest[0]) else ""
            option = f"--simulate={size}"
        result.append(option)
    return result
