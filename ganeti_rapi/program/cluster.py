"""What this node knows of its cluster by itself: Ganeti's files, and ssconf in them.

ssconf is a directory of small files, one value each, that Ganeti writes to every node. Virtual
clusters keep all files of a node below a directory of its own, named by ``GANETI_ROOTDIR``.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

from ganeti_rapi.exits import NODE_SETUP, NOT_A_CLUSTER, CannotStart

NAME = "ganeti-rapi"
"""Of the process, its pid file, its log lines and its entry in /etc/services."""

USER = "gnt-rapi"
"""The user that the daemon runs as, on Debian."""


@frozen
class Paths:
    """Where Ganeti keeps its files, below ``root``: empty, or the directory of a virtual node."""

    root: str = ""

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Paths:
        """Those of this environment. Raises `CannotStart` when GANETI_ROOTDIR is relative."""
        root = environment.get("GANETI_ROOTDIR", "")
        if root and not os.path.isabs(root):
            raise CannotStart(f"GANETI_ROOTDIR must be an absolute path, not {root}")
        return cls(os.path.normpath(root) if root else "")

    @property
    def data(self) -> str:
        """The directory of the cluster's configuration."""
        return f"{self.root}/var/lib/ganeti"

    @property
    def run(self) -> str:
        """The directory of pid files."""
        return f"{self.root}/var/run/ganeti"

    @property
    def log(self) -> str:
        """The directory of log files."""
        return f"{self.root}/var/log/ganeti"

    @property
    def certificate(self) -> str:
        """The key and certificate that Ganeti makes for the remote API."""
        return f"{self.data}/rapi.pem"

    @property
    def users(self) -> str:
        """The users file."""
        return f"{self.data}/rapi/users"

    @property
    def luxi_socket(self) -> str:
        """Where luxid listens."""
        return f"{self.run}/socket/ganeti-query"


@frozen
class Node:
    """This node, as its environment and its copy of ssconf tell."""

    paths: Paths
    hostname: str = ""
    """Of a virtual node; otherwise empty, and the system is asked."""

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Node:
        """The node that GANETI_ROOTDIR and GANETI_HOSTNAME name, or this machine.

        Raises `CannotStart` when only one of them is set, or when the first is a relative path.
        """
        paths, hostname = Paths.of(environment), environment.get("GANETI_HOSTNAME", "")
        if bool(paths.root) != bool(hostname):
            raise CannotStart(
                "GANETI_ROOTDIR and GANETI_HOSTNAME are for virtual clusters and go together; set "
                "both or none"
            )
        return cls(paths, hostname)

    @property
    def name(self) -> str:
        """Its full name, in the form that Ganeti gives to names."""
        return (self.hostname or socket.getfqdn()).lower().rstrip(".")

    @property
    def wildcard(self) -> str:
        """The address that stands for all addresses of the cluster's IP family."""
        ipv6 = self._ssconf("primary_ip_family", str(int(socket.AF_INET)))
        return "::" if ipv6 == str(int(socket.AF_INET6)) else "0.0.0.0"

    def master(self) -> str:
        """The name of the cluster's master node.

        Raises `CannotStart` where there is no cluster, or none that can be understood.
        """
        path = self._path("master_node")
        try:
            name = Path(path).read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            raise CannotStart(
                f"This node is in no cluster: {path} is missing. Add the node to a cluster by "
                "gnt-node add, or make one by gnt-cluster init",
                NOT_A_CLUSTER,
            ) from None
        except (OSError, UnicodeDecodeError) as error:
            raise CannotStart(f"Can't read {path}: {reason(error)}", NODE_SETUP) from None
        if not name:
            raise CannotStart(
                f"{path} is empty; gnt-cluster redist-conf, on the master, writes it anew",
                NODE_SETUP,
            )
        return name

    def _ssconf(self, key: str, default: str) -> str:
        try:
            return Path(self._path(key)).read_text(encoding="utf-8").strip() or default
        except (OSError, UnicodeDecodeError):
            return default

    def _path(self, key: str) -> str:
        return f"{self.paths.data}/ssconf_{key}"


def reason(error: Exception) -> str:
    """Why a file could not be used, for people."""
    return (isinstance(error, OSError) and error.strerror) or str(error)
