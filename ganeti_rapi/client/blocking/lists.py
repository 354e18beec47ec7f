"""What Ganeti's own client lacks: pages and changes of lists, and writes that count once."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import TypeVar

from ganeti_rapi.client.blocking.base import BlockingMethods
from ganeti_rapi.client.lists import Changes, Page
from ganeti_rapi.client.methods import AllMethods
from ganeti_rapi.jsontext import Json

Client = TypeVar("Client", bound="ListMethods")


class ListMethods(BlockingMethods):
    """Lists for programs; see `ganeti_rapi.client.lists.ListMethods`. Stock servers lack them."""

    def GetPage(
        self,
        kind: str,
        fields: Sequence[str] | None = None,
        filter: Json = None,
        sort: Sequence[str] | None = None,
        limit: int | None = None,
        after: str | None = None,
    ) -> Page:
        """Up to ``limit`` objects, the first ones or those ``after`` another page.

        See `RapiClient.get_page`.
        """
        work = self._rapi.get_page(
            kind, fields=fields, filter=filter, sort=sort, limit=limit, after=after
        )
        return self._do(work)

    def GetChanges(
        self,
        kind: str,
        since: str | None = None,
        fields: Sequence[str] | None = None,
        filter: Json = None,
    ) -> Changes:
        """What changed in a list ``since`` an earlier answer of this method.

        See `RapiClient.get_changes`.
        """
        return self._do(self._rapi.get_changes(kind, since, fields=fields, filter=filter))

    def Once(self: Client, key: str) -> Client:
        """The same client, one write of which counts once; see `RapiClient.once`."""
        return self._over(self._rapi.once(key))

    def WithCommon(
        self: Client,
        *,
        priority: int | None = None,
        depends: Sequence[tuple[int, Sequence[str]]] | None = None,
    ) -> Client:
        """The same client, whose jobs have these parameters; see `RapiClient.with_common`."""
        return self._over(self._rapi.with_common(priority=priority, depends=depends))

    def UnlessChanged(self: Client, serial_no: int) -> Client:
        """The same client, whose writes count for an object as it was seen.

        See `RapiClient.unless_changed`.
        """
        return self._over(self._rapi.unless_changed(serial_no))

    def _over(self: Client, rapi: AllMethods) -> Client:
        other = copy(self)
        other._rapi = rapi  # noqa: SLF001  # it is of the same class
        return other
