"""Instances and their disks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

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

    def GetInstances(self, bulk: bool = False, reason: str | None = None) -> list[Any]:
        # Any: names, or objects
        return self._do(self._rapi.get_instances() if bulk else self._rapi.list_instances())

    def GetInstance(self, instance: str, reason: str | None = None) -> Object:
        return self._do(self._rapi.get_instance(instance))

    def GetInstanceInfo(
        self, instance: str, static: bool | None = None, reason: str | None = None
    ) -> int:
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
        work = self._rapi.delete_instance(instance, dry_run=dry_run, reason=reason, **kwargs)
        return self._do(work)

    def ModifyInstance(
        self, instance: str, reason: str | None = None, **kwargs: Unpack[InstanceSetParams]
    ) -> int:
        return self._do(self._rapi.modify_instance(instance, reason=reason, **kwargs))

    def GetInstanceTags(self, instance: str, reason: str | None = None) -> list[str]:
        return self._do(self._rapi.get_instance_tags(instance))

    def AddInstanceTags(
        self, instance: str, tags: Sequence[str], dry_run: bool = False, reason: str | None = None
    ) -> int:
        work = self._rapi.add_instance_tags(instance, tags, dry_run=dry_run, reason=reason)
        return self._do(work)

    def DeleteInstanceTags(
        self, instance: str, tags: Sequence[str], dry_run: bool = False, reason: str | None = None
    ) -> int:
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
        work = self._rapi.reinstall_instance(
            instance, os=os, start=not no_startup, osparams=osparams, reason=reason
        )
        return self._do(work)

    def GetInstanceConsole(self, instance: str, reason: str | None = None) -> Object:
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
        work = self._rapi.failover_instance(
            instance,
            iallocator=iallocator,
            ignore_consistency=ignore_consistency,
            target_node=target_node,
            reason=reason,
        )
        return self._do(work)

    def PrepareExport(self, instance: str, mode: str, reason: str | None = None) -> int:
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
        work = self._rapi.activate_disks(instance, ignore_size=bool(ignore_size), reason=reason)
        return self._do(work)

    def DeactivateInstanceDisks(
        self, instance: str, reason: str | None = None, force: bool = False
    ) -> int:
        return self._do(self._rapi.deactivate_disks(instance, force=force, reason=reason))

    def RecreateInstanceDisks(
        self,
        instance: str,
        disks: Sequence[Json] | None = None,
        nodes: Sequence[str] | None = None,
        reason: str | None = None,
        iallocator: str | None = None,
    ) -> int:
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
