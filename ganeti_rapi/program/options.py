"""The command line of ``ganeti-rapi``: that of the service, and what only a program has."""

from __future__ import annotations

import fcntl
import os
import socket
import struct
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from twisted.python.usage import UsageError

from ganeti_rapi.exits import WRONG_OPTION, CannotStart
from ganeti_rapi.options import OptionEntry, Options, choice
from ganeti_rapi.program.cluster import NAME, Node
from ganeti_rapi.program.logs import LEVELS, SYSLOG_CHOICES

FILES = (
    *("ssl-cert", "ssl-key", "ssl-chain", "client-ca"),
    *("users-file", "tokens-file", "luxi-socket", "console-socket", "access-log", "audit-log"),
    *("queue-directory", "events-directory", "webhooks-file"),
)
"""The options whose value is the path of a file or directory."""


class ProgramOptions(Options):
    """The stock daemon's options, with its defaults, and ours beside them."""

    synopsis = f"Usage: {NAME} [options]"

    optFlags: list[OptionEntry] = [
        ["foreground", "f", "Stay in the foreground."],
        ["debug", "d", "Log more; in the foreground to the terminal as well."],
        [
            "standby",
            None,
            "Where this node is not the master, answer 503 with the master's name, and serve as "
            "soon as it becomes the master. Keeps out of Ganeti's pid file and gives the port to "
            "the daemon that Ganeti starts.",
        ],
    ]
    optParameters: list[OptionEntry] = [
        [
            "syslog",
            None,
            "no",
            "Log to syslog: no, yes (as well), or only (in place of a file).",
            choice("syslog", SYSLOG_CHOICES),
        ],
        [
            "log-level",
            None,
            "info",
            "The lowest level that is logged: debug, info, warning or error.",
            choice("log-level", list(LEVELS)),
        ],
        [
            "interface",
            "i",
            None,
            "Listen on this network interface's first address, without --bind.",
        ],
    ]

    def __init__(self, node: Node) -> None:
        super().__init__()
        paths = node.paths
        stock = {
            "port": _port(),
            "bind": node.wildcard,
            "ssl-cert": paths.certificate,
            "ssl-key": paths.certificate,
            "users-file": paths.users,
            "luxi-socket": paths.luxi_socket,
        }
        self.docs["ssl-key"] = "PEM file with the private key."
        self.update(stock)
        self.defaults.update(stock)

    def parseArgs(self, *arguments: str) -> None:
        """There are no arguments; the stock daemon has an exit code of its own for them."""
        if arguments:
            raise CannotStart(
                f"Unexpected argument: {arguments[0]}; {NAME} --help lists the options"
            )

    def postOptions(self) -> None:
        """Fill in what follows from other options."""
        super().postOptions()
        for name in FILES:  # a process in the background has another working directory
            self[name] = self[name] and os.path.abspath(self[name])
        if self.simulated_size is not None and not self["foreground"]:
            raise UsageError("--simulate needs --foreground: it is to try the API, not a daemon")
        if self["standby"]:
            self["workers"] = 1  # it answers hardly more than which node is the master
        self._use_interface()

    def _use_interface(self) -> None:
        name = self["interface"]
        if name is None:
            return
        if self["bind"] != self.defaults["bind"]:
            raise CannotStart(f"Give either --bind {self['bind']} or --interface {name}, not both")
        self["bind"] = first_address(name, ipv6=":" in self["bind"])


def parse(arguments: Sequence[str], node: Node) -> ProgramOptions:
    """The options of a command line. Raises `CannotStart`."""
    options = ProgramOptions(node)
    try:
        options.parseOptions(arguments)
    except UsageError as error:
        raise CannotStart(f"{error}; {NAME} --help lists the options", WRONG_OPTION) from None
    return options


def _port() -> int:
    """The one that /etc/services knows, as the stock daemon has it, or Ganeti's own."""
    try:
        return socket.getservbyname(NAME, "tcp")
    except OSError:
        return 5080


_SIOCGIFADDR = 0x8915
"""Linux: ask for the address of an interface; netdevice(7)."""

IPV6_ADDRESSES = "/proc/net/if_inet6"
"""Linux: a line for each address, in hexadecimal, with the interface's name at its end."""


def first_address(interface: str, *, ipv6: bool = False) -> str:
    """The first address of a network interface. Raises `CannotStart`."""
    with suppress(OSError):
        address = _ipv6_address(interface) if ipv6 else _ipv4_address(interface)
        if address:
            return address
    kind = "IPv6" if ipv6 else "IPv4"
    raise CannotStart(f"The interface {interface} has no {kind} address; ip address lists them all")


def _ipv4_address(interface: str) -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("256s", os.fsencode(interface)[:15])
        return socket.inet_ntoa(fcntl.ioctl(any_socket, _SIOCGIFADDR, request)[20:24])


def _ipv6_address(interface: str) -> str | None:
    for line in Path(IPV6_ADDRESSES).read_text(encoding="ascii").splitlines():
        digits, *_, name = line.split()
        if name == interface:
            return socket.inet_ntop(socket.AF_INET6, bytes.fromhex(digits))
    return None
