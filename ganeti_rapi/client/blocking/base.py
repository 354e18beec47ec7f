"""What the methods of all families are made of: a `RapiClient`, and waiting for its coroutines."""

from __future__ import annotations

import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

from ganeti_rapi.client.base import Object as Object
from ganeti_rapi.client.blocking.constants import GANETI_RAPI_PORT
from ganeti_rapi.client.blocking.curl import CurlConfig
from ganeti_rapi.client.blocking.errors import Error, as_api_error
from ganeti_rapi.client.errors import RapiError
from ganeti_rapi.client.methods import AllMethods
from ganeti_rapi.client.on_threads import ThreadClient, result_of

CONNECT_TIMEOUT = 300.0
"""Seconds; curl's default."""

Result = TypeVar("Result")


class BlockingMethods:
    """The base of the families; see `GanetiRapiClient`."""

    def __init__(
        self,
        host: str,
        port: int = GANETI_RAPI_PORT,
        username: str | None = None,
        password: str | None = None,
        logger: Any = logging,  # Any: the module or a logger
        curl_config_fn: CurlConfig | None = None,
        curl_factory: None = None,
    ) -> None:
        _check_credentials(username, password)
        config = curl_config_fn if curl_config_fn is not None else CurlConfig()
        if not isinstance(config, CurlConfig) or curl_factory is not None:
            raise Error("There is no curl here to configure; use GenericCurlConfig of this module")
        self._logger = logger
        try:
            self._rapi = _connect(host, port, username, password, config)
        except RapiError as error:
            raise as_api_error(error) from error

    def _do(self, work: Coroutine[Any, Any, Result]) -> Result:
        """The result of a coroutine of `RapiClient`. Raises `GanetiApiError`."""
        self._logger.debug("Sending a request: %s", getattr(work, "__name__", ""))
        try:
            return result_of(work)
        except RapiError as error:
            raise as_api_error(error) from error


def _check_credentials(username: str | None, password: str | None) -> None:
    if username is not None and password is None:
        raise Error("There is a user name but no password")
    if username is None and password:
        raise Error("There is a password but no user name")


def _connect(
    host: str, port: int, username: str | None, password: str | None, config: CurlConfig
) -> AllMethods:
    address = f"[{host}]" if ":" in host else host
    return ThreadClient(
        f"https://{address}:{port}",
        username,
        password if username is not None else None,
        timeout=config.timeout or None,
        connect_timeout=config.connect_timeout or CONNECT_TIMEOUT,
        trust=config.trust(),
    )
