"""Instances and their disks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, overload

from ganeti_rapi.client.base import given
from ganeti_rapi.client.blocking.base import BlockingMethods, Object
from ganeti_rapi.client.blocking.constants import REPLACE_DISK_AUTO
from ganeti_rapi.client.blocking.errors import GanetiApiError
from ganeti_rapi.client.instances import allocation
from ganeti_rapi.jsontext import Json

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ganeti_rapi.client.parameters import (
        InstanceCreate,
        InstanceMultiAlloc,
        InstanceReboot,
        InstanceRemove,
        InstanceSetParams,
        InstanceShutdown,
    )
    from ganeti_rapi.client.results import Console, Instance

    class Creation(InstanceCreate, total=False):
        """What `CreateInstance` takes besides, as Ganeti's client does."""

        dry_run: bool

    class MultiAllocation(InstanceMultiAlloc, total=False):
        """What `InstancesMultiAlloc` takes besides."""

        iallocator: str | None
        dry_run: bool

    class Shutdown(InstanceShutdown, total=False):
        """What `ShutdownInstance` takes besides."""

        timeout: int | None


class InstanceMethods(BlockingMethods):
    """Instances."""

    @overload
    def GetInstances(
        self, bulk: Literal[False] = False, reason: str | None = None
    ) -> list[str]: ...

    @overload
    def GetInstances(self, bulk: Literal[True], reason: str | None = None) -> list[Instance]: ...

    @overload
    def GetInstances(
        self, bulk: bool = False, reason: str | None = None
    ) -> list[str] | list[Instance]: ...

    def GetInstances(
        self, bulk: bool = False, reason: str | None = None
    ) -> list[str] | list[Instance]:
        """The instances' names, or with ``bulk`` all that is known of them.

        See `RapiClient.get_instances`.
        """
        return (
            self._do(self._rapi.get_instances()) if bulk else self._do(self._rapi.list_instances())
        )

    def GetInstance(self, instance: str, reason: str | None = None) -> Instance:
        """An instance: ``status``, ``pnode``, ``disk.sizes`` in mebibytes and more.

        See `RapiClient.get_instance`.
        """
        return self._do(self._rapi.get_instance(instance))

    def GetInstanceInfo(
        self, instance: str, static: bool | None = None, reason: str | None = None
    ) -> int:
        """Ask for detailed information; the job's result is an object by instance.

        See `RapiClient.query_instance_info`.
        """
        return self._do(self._rapi.query_instance_info(instance, static=static, reason=reason))

    def InstanceAllocation(
        self,
        mode: str,
        name: str,
        disk_template: str,
        disks: Sequence[Json],
        nics: Sequence[Json],
        **kwargs: Unpack[Creation],
    ) -> Object:
        """An instance for `InstancesMultiAlloc`; nothing is sent."""
        parameters: Object = {**kwargs}
        parameters.pop("dry_run", None)
        return allocation(mode, name, disk_template, disks, nics, **parameters)

    def InstancesMultiAlloc(
        self,
        instances: Sequence[Json],
        reason: str | None = None,
        **kwargs: Unpack[MultiAllocation],
    ) -> int:
        """Create several instances, which the allocator places all together; the job's id.

        See `RapiClient.create_instances`.
        """
        if "instances" in kwargs:
            raise GanetiApiError("The instances are given twice")
        return self._do(self._rapi.create_instances(instances, reason=reason, **kwargs))

    def CreateInstance(
        self,
        mode: str,
        name: str,
        disk_template: str,
        disks: Sequence[Json],
        nics: Sequence[Json],
        reason: str | None = None,
        **kwargs: Unpack[Creation],
    ) -> int:
        """Create an instance; the job's id. See `RapiClient.create_instance`."""
        work = self._rapi.create_instance(
            name,
            mode=mode,
            disk_template=disk_template,
            disks=disks,
            nics=nics,
            reason=reason,
            **kwargs,
        )
        return self._do(work)

    def DeleteInstance(
        self,
        instance: str,
        dry_run: bool = False,
        reason: str | None = None,
        **kwargs: Unpack[InstanceRemove],
    ) -> int:
        """Remove an instance and its disks; the job's id. See `RapiClient.delete_instance`."""
        work = self._rapi.delete_instance(instance, dry_run=dry_run, reason=reason, **kwargs)
        return self._do(work)

    def ModifyInstance(
        self, instance: str, reason: str | None = None, **kwargs: Unpack[InstanceSetParams]
    ) -> int:
        """Change parameters of OP_INSTANCE_SET_PARAMS, such as ``beparams`` or ``nics``; the job's
        id.

        See `RapiClient.modify_instance`.
        """
        return self._do(self._rapi.modify_instance(instance, reason=reason, **kwargs))

    def GetInstanceTags(self, instance: str, reason: str | None = None) -> list[str]:
        """An instance's tags, in no order. See `RapiClient.get_instance_tags`."""
        return self._do(self._rapi.get_instance_tags(instance))

    def AddInstanceTags(
        self, instance: str, tags: Sequence[str], dry_run: bool = False, reason: str | None = None
    ) -> int:
        """Add tags to an instance; the job's id. See `RapiClient.add_instance_tags`."""
        work = self._rapi.add_instance_tags(instance, tags, dry_run=dry_run, reason=reason)
        return self._do(work)

    def DeleteInstanceTags(
        self, instance: str, tags: Sequence[str], dry_run: bool = False, reason: str | None = None
    ) -> int:
        """Remove tags from an instance; the job's id. See `RapiClient.delete_instance_tags`."""
        work = self._rapi.delete_instance_tags(instance, tags, dry_run=dry_run, reason=reason)
        return self._do(work)

    def RenameInstance(
        self,
        instance: str,
        new_name: str,
        ip_check: bool | None = None,
        name_check: bool | None = None,
        reason: str | None = None,
    ) -> int:
        """Give a stopped instance another name; the job's id. See `RapiClient.rename_instance`."""
        work = self._rapi.rename_instance(
            instance, new_name, ip_check=ip_check, name_check=name_check, reason=reason
        )
        return self._do(work)

    def ReinstallInstance(
        self,
        instance: str,
        os: str | None = None,
        no_startup: bool = False,
        osparams: Json = None,
        reason: str | None = None,
    ) -> int:
        """Shut an instance down, install its operating system again and start it; the job's id.

        See `RapiClient.reinstall_instance`.
        """
        work = self._rapi.reinstall_instance(
            instance, os=os, start=not no_startup, osparams=osparams, reason=reason
        )
        return self._do(work)

    def GetInstanceConsole(self, instance: str, reason: str | None = None) -> Console:
        """How to reach a running instance's console: ``kind`` and its address or command.

        See `RapiClient.get_console`.
        """
        return self._do(self._rapi.get_console(instance))


class InstanceActionMethods(BlockingMethods):
    """Starting, stopping, moving and exporting instances."""

    def RebootInstance(
        self,
        instance: str,
        reboot_type: str | None = None,
        ignore_secondaries: bool | None = None,
        dry_run: bool = False,
        reason: str | None = None,
        **kwargs: Unpack[InstanceReboot],
    ) -> int:
        """Reboot an instance. ``reboot_type`` is soft, hard (the server's default) or full; the
        job's id.

        See `RapiClient.reboot_instance`.
        """
        work = self._rapi.reboot_instance(
            instance,
            reboot_type=reboot_type or None,
            ignore_secondaries=ignore_secondaries,
            dry_run=dry_run,
            reason=reason,
            **kwargs,
        )
        return self._do(work)

    def ShutdownInstance(
        self,
        instance: str,
        dry_run: bool = False,
        no_remember: bool = False,
        reason: str | None = None,
        **kwargs: Unpack[Shutdown],
    ) -> int:
        """Shut an instance down; the job's id.

        See `RapiClient.stop_instance`.
        """
        work = self._rapi.stop_instance(
            instance, no_remember=no_remember, dry_run=dry_run, reason=reason, **kwargs
        )
        return self._do(work)

    def StartupInstance(
        self,
        instance: str,
        dry_run: bool = False,
        no_remember: bool = False,
        reason: str | None = None,
    ) -> int:
        """Start an instance; the job's id.

        See `RapiClient.start_instance`.
        """
        work = self._rapi.start_instance(
            instance, no_remember=no_remember, dry_run=dry_run, reason=reason
        )
        return self._do(work)

    def MigrateInstance(
        self,
        instance: str,
        mode: str | None = None,
        cleanup: bool | None = None,
        target_node: str | None = None,
        reason: str | None = None,
    ) -> int:
        """Move an instance to another node while it runs. ``mode`` is live or non-live; the job's
        id.

        See `RapiClient.migrate_instance`.
        """
        work = self._rapi.migrate_instance(
            instance, mode=mode, cleanup=cleanup, target_node=target_node, reason=reason
        )
        return self._do(work)

    def FailoverInstance(
        self,
        instance: str,
        iallocator: str | None = None,
        ignore_consistency: bool | None = None,
        target_node: str | None = None,
        reason: str | None = None,
    ) -> int:
        """Stop an instance and start it on another node; the job's id.

        See `RapiClient.failover_instance`.
        """
        work = self._rapi.failover_instance(
            instance,
            iallocator=iallocator,
            ignore_consistency=ignore_consistency,
            target_node=target_node,
            reason=reason,
        )
        return self._do(work)

    def PrepareExport(self, instance: str, mode: str, reason: str | None = None) -> int:
        """Prepare an export; the job's result is what the destination needs.

        See `RapiClient.prepare_export`.
        """
        return self._do(self._rapi.prepare_export(instance, mode, reason=reason))

    def ExportInstance(
        self,
        instance: str,
        mode: str,
        destination: Any,  # Any: a node's name, or what the other cluster's export prepared
        shutdown: bool | None = None,
        remove_instance: bool | None = None,
        x509_key_name: Json = None,
        destination_x509_ca: str | None = None,
        compress: str | None = None,
        reason: str | None = None,
    ) -> int:
        """Export an instance to a node, or with the mode remote to another cluster; the job's id.

        See `RapiClient.export_instance`.
        """
        parameters = given(
            shutdown=shutdown,
            remove_instance=remove_instance,
            x509_key_name=x509_key_name,
            destination_x509_ca=destination_x509_ca,
            compress=compress,
        )
        work = self._rapi.export_instance(
            instance, destination, mode=mode, reason=reason, **parameters
        )
        return self._do(work)


class DiskMethods(BlockingMethods):
    """The disks of instances."""

    def ActivateInstanceDisks(
        self, instance: str, ignore_size: bool | None = None, reason: str | None = None
    ) -> int:
        """Make a stopped instance's disks available on its node; the job's id.

        See `RapiClient.activate_disks`.
        """
        work = self._rapi.activate_disks(instance, ignore_size=bool(ignore_size), reason=reason)
        return self._do(work)

    def DeactivateInstanceDisks(
        self, instance: str, reason: str | None = None, force: bool = False
    ) -> int:
        """Undo `ActivateInstanceDisks`; with ``force`` even if the instance seems to run; the job's
        id.

        See `RapiClient.deactivate_disks`.
        """
        return self._do(self._rapi.deactivate_disks(instance, force=force, reason=reason))

    def RecreateInstanceDisks(
        self,
        instance: str,
        disks: Sequence[Json] | None = None,
        nodes: Sequence[str] | None = None,
        reason: str | None = None,
        iallocator: str | None = None,
    ) -> int:
        """Create lost disks again, empty: all of them, or those in ``disks``; the job's id.

        See `RapiClient.recreate_disks`.
        """
        work = self._rapi.recreate_disks(
            instance, disks=disks, nodes=nodes, iallocator=iallocator, reason=reason
        )
        return self._do(work)

    def GrowInstanceDisk(
        self,
        instance: str,
        disk: int,
        amount: int,
        wait_for_sync: bool | None = None,
        reason: str | None = None,
    ) -> int:
        """Make a disk larger by ``amount`` mebibytes. ``disk`` is its index; the job's id.

        See `RapiClient.grow_disk`.
        """
        work = self._rapi.grow_disk(
            instance, disk, amount, wait_for_sync=wait_for_sync, reason=reason
        )
        return self._do(work)

    def ReplaceInstanceDisks(
        self,
        instance: str,
        disks: Sequence[int] | None = None,
        mode: str = REPLACE_DISK_AUTO,
        remote_node: str | None = None,
        iallocator: str | None = None,
        reason: str | None = None,
        early_release: bool | None = None,
    ) -> int:
        """Replace the disks of a mirrored instance, all of them or those with these indexes; the
        job's id.

        See `RapiClient.replace_disks`.
        """
        work = self._rapi.replace_disks(
            instance,
            mode,
            disks=disks,
            remote_node=remote_node,
            iallocator=iallocator,
            early_release=early_release,
            reason=reason,
        )
        return self._do(work)
