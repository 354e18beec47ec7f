"""The cluster, filter rules, queries and jobs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, overload

from ganeti_rapi.client.blocking.base import BlockingMethods
from ganeti_rapi.client.blocking.constants import JOB_STATUS_FINALIZED, JOB_STATUS_SUCCESS
from ganeti_rapi.jsontext import Json

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ganeti_rapi.client.parameters import ClusterSetParams
    from ganeti_rapi.client.results import Answer, Cluster, Fields, Filter, Job, JobNews


class ClusterMethods(BlockingMethods):
    """What concerns the whole cluster."""

    def GetVersion(self) -> int:
        """The version of the remote API, which is 2. See `RapiClient.get_version`."""
        return self._do(self._rapi.get_version())

    def GetFeatures(self) -> list[str]:
        """What the server can do beyond the first version of the API; empty on very old ones.

        See `RapiClient.get_features`.
        """
        return self._do(self._rapi.get_features())

    def GetOperatingSystems(self, reason: str | None = None) -> list[str]:
        """The names that an instance's ``os`` may have. The server runs a job for this.

        See `RapiClient.list_operating_systems`.
        """
        return self._do(self._rapi.list_operating_systems(reason=reason))

    def GetInfo(self, reason: str | None = None) -> Cluster:
        """The cluster's settings: ``name``, ``master``, ``software_version`` and many more.

        See `RapiClient.get_info`.
        """
        return self._do(self._rapi.get_info())

    def RedistributeConfig(self, reason: str | None = None) -> int:
        """Send the configuration to all nodes again; the job's id.

        See `RapiClient.redistribute_config`.
        """
        return self._do(self._rapi.redistribute_config(reason=reason))

    def ModifyCluster(self, reason: str | None = None, **kwargs: Unpack[ClusterSetParams]) -> int:
        """Change parameters of OP_CLUSTER_SET_PARAMS; the job's id.

        See `RapiClient.modify_cluster`.
        """
        return self._do(self._rapi.modify_cluster(reason=reason, **kwargs))

    def GetClusterTags(self, reason: str | None = None) -> list[str]:
        """The cluster's tags, in no order. See `RapiClient.get_cluster_tags`."""
        return self._do(self._rapi.get_cluster_tags())

    def AddClusterTags(
        self, tags: Sequence[str], dry_run: bool = False, reason: str | None = None
    ) -> int:
        """Add tags to the cluster; the job's id. See `RapiClient.add_cluster_tags`."""
        return self._do(self._rapi.add_cluster_tags(tags, dry_run=dry_run, reason=reason))

    def DeleteClusterTags(
        self, tags: Sequence[str], dry_run: bool = False, reason: str | None = None
    ) -> int:
        """Remove tags from the cluster; the job's id. See `RapiClient.delete_cluster_tags`."""
        return self._do(self._rapi.delete_cluster_tags(tags, dry_run=dry_run, reason=reason))


class FilterMethods(BlockingMethods):
    """Filter rules, and queries with filters."""

    @overload
    def GetFilters(self, bulk: Literal[False] = False) -> list[str]: ...

    @overload
    def GetFilters(self, bulk: Literal[True]) -> list[Filter]: ...

    @overload
    def GetFilters(self, bulk: bool = False) -> list[str] | list[Filter]: ...

    def GetFilters(self, bulk: bool = False) -> list[str] | list[Filter]:
        """The rules' UUIDs, or with ``bulk`` all that is known of them.

        See `RapiClient.get_filters`.
        """
        return self._do(self._rapi.get_filters()) if bulk else self._do(self._rapi.list_filters())

    def GetFilter(self, filter_uuid: str) -> Filter:
        """A rule: ``priority``, ``predicates``, ``action`` and more.

        See `RapiClient.get_filter`.
        """
        return self._do(self._rapi.get_filter(filter_uuid))

    def AddFilter(
        self,
        priority: int,
        predicates: Json,
        action: Json,
        reason_trail: list[Json] | None = None,
    ) -> str:
        """Add a rule; its UUID. See `RapiClient.add_filter`."""
        trail = with_client_reason(reason_trail)
        return self._do(self._rapi.add_filter(priority, predicates, action, reason=trail))

    def ReplaceFilter(
        self,
        uuid: str,
        priority: int,
        predicates: Json,
        action: Json,
        reason_trail: list[Json] | None = None,
    ) -> str:
        """Put another rule in a rule's place, or add one with this UUID; the UUID.

        See `RapiClient.replace_filter`.
        """
        trail = with_client_reason(reason_trail)
        return self._do(self._rapi.replace_filter(uuid, priority, predicates, action, reason=trail))

    def DeleteFilter(self, uuid: str) -> None:
        """Delete a rule. See `RapiClient.delete_filter`."""
        return self._do(self._rapi.delete_filter(uuid))

    def Query(
        self, what: str, fields: Sequence[str], qfilter: Json = None, reason: str | None = None
    ) -> Answer:
        """Fields of the objects of a kind, of all or of those that a filter selects.

        See `RapiClient.query`.
        """
        return self._do(self._rapi.query(what, fields, qfilter))

    def QueryFields(
        self, what: str, fields: Sequence[str] | None = None, reason: str | None = None
    ) -> Fields:
        """The fields that a kind of object has, or only some of them.

        See `RapiClient.query_fields`.
        """
        return self._do(self._rapi.query_fields(what, fields))


def EpochNano() -> int:
    """The time in nanoseconds since the epoch, as reason trails have it."""
    return time.time_ns()


def with_client_reason(trail: list[Json] | None) -> list[Json]:
    """A reason trail that says that it went through a client."""
    return [*(trail or []), ["gnt:client", "", EpochNano()]]


class JobMethods(BlockingMethods):
    """Jobs."""

    @overload
    def GetJobs(self, bulk: Literal[False] = False) -> list[int]: ...

    @overload
    def GetJobs(self, bulk: Literal[True]) -> list[Job]: ...

    @overload
    def GetJobs(self, bulk: bool = False) -> list[int] | list[Job]: ...

    def GetJobs(self, bulk: bool = False) -> list[int] | list[Job]:
        """The jobs' ids, or with ``bulk`` all that is known of them. See `RapiClient.get_jobs`."""
        return self._do(self._rapi.get_jobs()) if bulk else self._do(self._rapi.list_jobs())

    def GetJobStatus(self, job_id: int) -> Job:
        """A job: ``status``, ``ops``, ``opstatus``, ``opresult``, ``oplog`` and more.

        See `RapiClient.get_job`.
        """
        return self._do(self._rapi.get_job(job_id))

    def WaitForJobCompletion(self, job_id: int, period: float = 5, retries: int = -1) -> bool:
        """Ask for a job's state every ``period`` seconds, ``retries`` times or without end.

        Whether the job succeeded; False, too, when it has not ended by then.
        """
        while retries != 0:
            status = self.GetJobStatus(job_id)["status"]
            if status in JOB_STATUS_FINALIZED:
                return bool(status == JOB_STATUS_SUCCESS)
            time.sleep(period or 0)
            retries -= 1
        return False

    def WaitForJobChange(
        self,
        job_id: int,
        fields: Sequence[str],
        prev_job_info: Sequence[Json] | None,
        prev_log_serial: int | None,
    ) -> JobNews | None:
        """One long poll: what is new of a job, as soon as something differs from what is known.

        See `RapiClient.wait_for_job_change`.
        """
        work = self._rapi.wait_for_job_change(job_id, fields, prev_job_info, prev_log_serial)
        return self._do(work)

    def CancelJob(self, job_id: int, dry_run: bool = False) -> list[Any]:
        # Any: whether it was canceled, and a sentence
        """Cancel a job that has not started yet: whether that was done, and a sentence about it.

        See `RapiClient.cancel_job`.
        """
        return list(self._do(self._rapi.cancel_job(job_id)))
