"""Instances: the cluster's virtual machines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from ganeti_rapi.client.base import Methods, Object, given, options, path
from ganeti_rapi.client.errors import FeatureMissing
from ganeti_rapi.jsontext import Json

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ganeti_rapi.client.parameters import (
        InstanceCreate,
        InstanceMultiAlloc,
        InstanceRemove,
        InstanceSetParams,
    )
    from ganeti_rapi.client.results import Console, Instance, Ticket

CREATE_V1: Final = "instance-create-reqv1"
REINSTALL_V1: Final = "instance-reinstall-reqv1"


def allocation(
    mode: str,
    name: str,
    disk_template: str,
    disks: Sequence[Json],
    nics: Sequence[Json],
    **parameters: Unpack[InstanceCreate],
) -> Object:
    """An instance for `InstanceMethods.create_instances`; parameters as of `create_instance`."""
    return {
        "mode": mode,
        "name": name,
        "disk_template": disk_template,
        "disks": disks,
        "nics": nics,
        **parameters,
    }


class InstanceMethods(Methods):
    """What concerns instances. Every method that changes something returns the job's id."""

    async def list_instances(self) -> list[str]:
        """The instances' names."""
        return await self._names("instances", "id")

    async def get_instances(self, *, fields: Sequence[str] | None = None) -> list[Instance]:
        """All instances with their details, as `get_instance` gives them.

        With ``fields``, these only; stock servers show all.
        """
        return await self._details("instances", fields)

    async def get_instance(self, instance: str) -> Instance:
        """An instance: ``status``, ``pnode``, ``disk.sizes`` in mebibytes and more.

        Raises `NotFound`.
        """
        details: Instance = await self._object("instances", instance)
        return details

    async def query_instance_info(
        self, instance: str, *, static: bool | None = None, reason: str | None = None
    ) -> int:
        """Ask for detailed information; the job's result is an object by instance.

        ``static`` shows the configuration only, without asking the nodes.
        """
        query = {"static": static, **options(reason=reason)}
        return await self._submit("GET", path("instances", instance, "info"), query)

    async def get_console(self, instance: str) -> Console:
        """How to reach a running instance's console: ``kind`` and its address or command.

        Raises `Unavailable` when the instance does not run.
        """
        # That it does not run is a 503; asking again would not start it.
        details: Console = await self.transport.request(
            "GET", path("instances", instance, "console"), repeat=False
        )
        return details

    async def console_ticket(self, instance: str) -> Ticket:
        """A ticket for a running instance's VNC console; stock servers know none.

        ``url`` is a WebSocket's, which is good once and until ``expires``, in seconds since the
        epoch; ``kind`` is ``vnc``. Raises `Unavailable` when the instance does not run, and
        `NotFound` when it has no such console.
        """
        ticket: Ticket = await self.transport.request(
            "POST", path("instances", instance, "console", "ticket")
        )
        return ticket

    async def create_instance(
        self,
        name: str,
        *,
        disk_template: str,
        disks: Sequence[Json],
        nics: Sequence[Json],
        mode: str = "create",
        dry_run: bool = False,
        reason: str | None = None,
        **parameters: Unpack[InstanceCreate],
    ) -> int:
        """Create an instance.

        ``mode`` is create, import or remote-import. A disk is an object with its ``size`` in
        mebibytes, an interface one with any of ``ip``, ``mac``, ``link``, ``mode``, ``network``.
        ``parameters`` are more of OP_INSTANCE_CREATE: ``os``, ``pnode`` and ``snode`` or
        ``iallocator``, ``beparams``, ``hvparams``, ``osparams``, ``start``, ``ip_check``,
        ``name_check``, ``tags`` and so on.
        """
        await self._need_feature(CREATE_V1, "create instances")
        body = allocation(mode, name, disk_template, disks, nics, **parameters)
        body["__version__"] = 1
        return await self._submit("POST", path("instances"), options(dry_run, reason), body)

    async def create_instances(
        self,
        instances: Sequence[Json],
        *,
        iallocator: str | None = None,
        dry_run: bool = False,
        reason: str | None = None,
        **parameters: Unpack[InstanceMultiAlloc],
    ) -> int:
        """Create several instances, which the allocator places all together.

        Each is what `allocation` returns. ``parameters`` are more of OP_INSTANCE_MULTI_ALLOC. The
        job's result lists the jobs that create the instances.
        """
        body = {"instances": instances, **given(iallocator=iallocator), **parameters}
        where = path("instances-multi-alloc")
        return await self._submit("POST", where, options(dry_run, reason), body)

    async def delete_instance(
        self,
        instance: str,
        *,
        dry_run: bool = False,
        reason: str | None = None,
        **parameters: Unpack[InstanceRemove],
    ) -> int:
        """Remove an instance and its disks.

        ``parameters`` are more of OP_INSTANCE_REMOVE, such as ``shutdown_timeout`` in seconds.
        """
        query = options(dry_run, reason)
        return await self._submit("DELETE", path("instances", instance), query, parameters or None)

    async def modify_instance(
        self, instance: str, *, reason: str | None = None, **parameters: Unpack[InstanceSetParams]
    ) -> int:
        """Change parameters of OP_INSTANCE_SET_PARAMS, such as ``beparams`` or ``nics``."""
        where = path("instances", instance, "modify")
        return await self._submit("PUT", where, options(reason=reason), parameters)

    async def rename_instance(
        self,
        instance: str,
        new_name: str,
        *,
        ip_check: bool | None = None,
        name_check: bool | None = None,
        reason: str | None = None,
    ) -> int:
        """Give a stopped instance another name.

        ``name_check`` looks the name up, ``ip_check`` makes sure that nobody answers there.
        """
        body = {"new_name": new_name, **given(ip_check=ip_check, name_check=name_check)}
        where = path("instances", instance, "rename")
        return await self._submit("PUT", where, options(reason=reason), body)

    async def reinstall_instance(
        self,
        instance: str,
        *,
        os: str | None = None,
        start: bool = True,
        osparams: Json = None,
        reason: str | None = None,
    ) -> int:
        """Shut an instance down, install its operating system again, and ``start`` it.

        Stock servers refuse a ``reason`` here with `BadRequest`. Raises `FeatureMissing` for
        ``osparams`` on an old server.
        """
        where = path("instances", instance, "reinstall")
        if await self.has_feature(REINSTALL_V1):
            body = {"start": start, **given(os=os, osparams=osparams)}
            return await self._submit("POST", where, options(reason=reason), body)
        if osparams is not None:
            raise FeatureMissing("The server cannot reinstall an instance with osparams")
        return await self._submit("POST", where, {"os": os, "nostartup": None if start else True})

    async def get_instance_tags(self, instance: str) -> list[str]:
        """An instance's tags, in no order. Raises `NotFound`."""
        return await self._tags("instances", instance)

    async def add_instance_tags(
        self,
        instance: str,
        tags: Sequence[str],
        *,
        dry_run: bool = False,
        reason: str | None = None,
    ) -> int:
        """Add tags to an instance."""
        return await self._add_tags(path("instances", instance), tags, options(dry_run, reason))

    async def delete_instance_tags(
        self,
        instance: str,
        tags: Sequence[str],
        *,
        dry_run: bool = False,
        reason: str | None = None,
    ) -> int:
        """Remove tags from an instance."""
        return await self._delete_tags(path("instances", instance), tags, options(dry_run, reason))
