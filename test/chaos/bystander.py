"""A client that behaves well while others do not."""

from __future__ import annotations

import threading
import time
from http.client import HTTPException
from types import TracebackType

from ..live.daemon import HttpApi

LONGEST_WAIT = 10.0
"""Seconds that a reply may take. Far more than any does, so that a busy machine is no failure."""

PAUSE = 0.2
"""Seconds between two requests."""

URIS = ("/version", "/2/info", "/2/nodes?bulk=1")


class Bystander:
    """Asks for this and that, on new connections, as long as the ``with`` statement lasts.

    Raises AssertionError at its end when one request was not answered 200 in time.
    """

    def __init__(self, api: HttpApi) -> None:
        self._api = api
        self._over = threading.Event()
        self._troubles: list[str] = []
        self._thread = threading.Thread(target=self._ask_on, daemon=True)

    def __enter__(self) -> Bystander:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()
        if error is None and self._troubles:
            raise AssertionError("; ".join(self._troubles))

    def _ask_on(self) -> None:
        while True:
            for uri in URIS:
                self._ask(uri)
            if self._over.wait(PAUSE):
                return

    def _ask(self, uri: str) -> None:
        began = time.monotonic()
        try:
            outcome: object = self._api.request("GET", uri).status
        except (OSError, HTTPException) as error:
            outcome = repr(error)
        took = time.monotonic() - began
        if outcome != 200 or took > LONGEST_WAIT:
            self._troubles.append(f"{uri}: {outcome} after {took:.1f} s")
