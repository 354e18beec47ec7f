"""The cluster, filter rules, queries and jobs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ganeti_rapi.client.blocking.base import BlockingMethods, Object
from ganeti_rapi.client.blocking.constants import JOB_STATUS_FINALIZED, JOB_STATUS_SUCCESS
from ganeti_rapi.jsontext import Json

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ganeti_rapi.client.parameters import ClusterSetParams


class ClusterMethods(BlockingMethods):
    """What concerns the whole cluster."""

    def GetVersion(self) -> int:
        return self._do(self._rapi.get_version())

    def GetFeatures(self) -> list[str]:
        return self._do(self._rapi.get_features())

    def GetOperatingSystems(self, reason: str | None = None) -> list[str]:
        return self._do(self._rapi.list_operating_systems(reason=reason))

    def GetInfo(self, reason: str | None = None) -> Object:
        return self._do(self._rapi.get_info())

    def RedistributeConfig(self, reason: str | None = None) -> int:
        return self._do(self._rapi.redistribute_config(reason=reason))

    def ModifyCluster(self, reason: str | None = None, **kwargs: Unpack[ClusterSetParams]) -> int:
        return self._do(self._rapi.modify_cluster(reason=reason, **kwargs))

    def GetClusterTags(self, reason: str | None = None) -> list[str]:
        return self._do(self._rapi.get_cluster_tags())

    def AddClusterTags(
        self, tags: Sequence[str], dry_run: bool = False, reason: str | None = None
    ) -> int:
        return self._do(self._rapi.add_cluster_tags(tags, dry_run=dry_run, reason=reason))

    def DeleteClusterTags(
        self, tags: Sequence[str], dry_run: bool = False, reason: str | None = None
    ) -> int:
        return self._do(self._rapi.delete_cluster_tags(tags, dry_run=dry_run, reason=reason))


class FilterMethods(BlockingMethods):
    """Filter rules, and queries with filters."""

    def GetFilters(self, bulk: bool = False) -> list[Any]:  # Any: UUIDs, or objects
        return self._do(self._rapi.get_filters() if bulk else self._rapi.list_filters())

    def GetFilter(self, filter_uuid: str) -> Object:
        return self._do(self._rapi.get_filter(filter_uuid))

    def AddFilter(
        self,
        priority: int,
        predicates: Json,
        action: Json,
        reason_trail: list[Json] | None = None,
    ) -> str:
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
        trail = with_client_reason(reason_trail)
        return self._do(self._rapi.replace_filter(uuid, priority, predicates, action, reason=trail))

    def DeleteFilter(self, uuid: str) -> None:
        return self._do(self._rapi.delete_filter(uuid))

    def Query(
        self, what: str, fields: Sequence[str], qfilter: Json = None, reason: str | None = None
    ) -> Object:
        return self._do(self._rapi.query(what, fields, qfilter))

    def QueryFields(
        self, what: str, fields: Sequence[str] | None = None, reason: str | None = None
    ) -> Object:
        return self._do(self._rapi.query_fields(what, fields))


def EpochNano() -> int:
    """The time in nanoseconds since the epoch, as reason trails have it."""
    return time.time_ns()


def with_client_reason(trail: list[Json] | None) -> list[Json]:
    """A reason trail that says that it went through a client."""
    return [*(trail or []), ["gnt:client", "", EpochNano()]]


class JobMethods(BlockingMethods):
    """Jobs."""

    def GetJobs(self, bulk: bool = False) -> list[Any]:  # Any: ids, or objects
        return self._do(self._rapi.get_jobs() if bulk else self._rapi.list_jobs())

    def GetJobStatus(self, job_id: int) -> Object:
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
    ) -> Object | None:
        work = self._rapi.wait_for_job_change(job_id, fields, prev_job_info, prev_log_serial)
        return self._do(work)

    def CancelJob(self, job_id: int, dry_run: bool = False) -> list[Any]:
        # Any: whether it was canceled, and a sentence
        return list(self._do(self._rapi.cancel_job(job_id)))
