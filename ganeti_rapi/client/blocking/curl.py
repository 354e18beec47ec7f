"""What scripts tell Ganeti's own client about curl, as settings of ours."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

from attrs import frozen

from ganeti_rapi.client.blocking.errors import Error
from ganeti_rapi.client.trust import Trust, authorities, policy, trusting

Function = TypeVar("Function", bound=Callable[..., Any])  # Any: whatever is decorated


@frozen
class CurlConfig:
    """Settings made by `GenericCurlConfig`. Times are seconds."""

    use_curl_cabundle: bool = False
    cafile: str | None = None
    capath: str | None = None
    verify_hostname: bool = False
    connect_timeout: float | None = None
    timeout: float | None = None

    def trust(self) -> Trust:
        """Which certificates to trust: any, as in Ganeti's client, unless authorities are named."""
        if not (self.use_curl_cabundle or self.cafile or self.capath):
            return policy(insecure=True)
        return trusting(self._authorities(), names=self.verify_hostname)

    def _authorities(self) -> bytes | None:
        if self.use_curl_cabundle:
            return None
        paths = [self.cafile] if self.cafile else []
        if self.capath:
            paths += sorted(entry.path for entry in os.scandir(self.capath) if entry.is_file())
        return authorities(*paths)


def GenericCurlConfig(
    verbose: bool = False,  # noqa: ARG001  # as Ganeti's has it
    use_signal: bool = False,  # noqa: ARG001
    use_curl_cabundle: bool = False,
    cafile: str | None = None,
    capath: str | None = None,
    proxy: str | None = None,
    verify_hostname: bool = False,
    connect_timeout: float | None = None,
    timeout: float | None = None,
    _pycurl_version_fn: object = None,
) -> CurlConfig:
    """Settings for `GanetiRapiClient`, for its parameter ``curl_config_fn``.

    ``cafile`` is a PEM file and ``capath`` a directory of them; ``use_curl_cabundle`` means the
    operating system's authorities. Without any of these the certificate is not checked.
    ``verbose`` and ``use_signal`` mean nothing here. Raises `Error` for a proxy.
    """
    if use_curl_cabundle and (cafile or capath):
        raise Error("Give either the default authorities or a file or directory of them")
    if proxy:
        raise Error("This client cannot use a proxy; it connects to the cluster itself")
    return CurlConfig(use_curl_cabundle, cafile, capath, verify_hostname, connect_timeout, timeout)


def UsesRapiClient(fn: Function) -> Function:
    """Does nothing: it is there for scripts that decorate their main function, as curl needs it."""
    return fn
