"""What is counted, in Prometheus's text format, by its own library.

The cluster's figures have the names and labels of ganeti/prometheus-ganeti-exporter 1.1, so that
dashboards that were made for it work unchanged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING

from attrs import frozen

from ganeti_rapi import __version__
from ganeti_rapi.errors import MethodNotSupported
from ganeti_rapi.metrics.cluster import ClusterFigures, Figures, Row
from ganeti_rapi.metrics.samples import Gauge, Numbers
from ganeti_rapi.metrics.tally import SUM, Tally

if TYPE_CHECKING:  # it is an extra
    from prometheus_client.core import GaugeMetricFamily, Metric

MISSING = (
    "There are no metrics without Python's prometheus_client: install ganeti-rapi's extra "
    "'metrics', or Debian's package python3-prometheus-client"
)

NODE_GAUGES = {
    "ctotal": "Processors of the node",
    "dfree": "Free disk space of the node in MiB",
    "dtotal": "Disk space of the node in MiB",
    "mfree": "Free memory of the node in MiB",
    "mtotal": "Memory of the node in MiB",
    "pinst_cnt": "Instances whose primary node it is",
    "sinst_cnt": "Instances whose secondary node it is",
}
INSTANCE_GAUGES = {
    "oper_vcpus": "Virtual processors of the instance, 0 while it is down",
    "oper_ram": "Memory of the instance in MiB, 0 while it is down",
}
JOB_STATES = ("queued", "waiting", "canceling", "running", "canceled", "success", "error")


COUNTERS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "requests": ("Requests answered.", ("row", "method", "code")),
    "luxi_calls": ("Calls of luxid.", ("method", "outcome")),
    "logins": ("Logins judged.", ("way", "outcome")),
    "console_bytes": ("Bytes of consoles, as their clients see them.", ("direction",)),
    "webhook_tries": ("Events sent to webhooks.", ("webhook", "outcome")),
    "reloads": ("Files read again: users, tokens, certificates, webhooks.", ("file", "outcome")),
}
HISTOGRAMS = {
    "request_seconds": ("From a request's head to its answer.", "row"),
    "luxi_seconds": ("Calls of luxid, with the wait for a connection.", "method"),
}
"""What they are about, and their labels, by the names that `Tally` has for them."""

SUMMED = (
    Gauge("connections", "Open connections.", lambda: None),
    Gauge("event_streams", "Readers of events.", lambda: None),
    Gauge("consoles", "Open consoles.", lambda: None),
    Gauge("workers", "Processes that share the port, with --workers.", lambda: None),
    Gauge("workers_silent", "Those that have not told their numbers lately.", lambda: None),
)
"""Gauges whose numbers are in a tally's snapshot."""


@frozen
class Exposition:
    """All metrics. ``gauges`` cannot be added up; ``seconds`` is the clock's time."""

    tally: Tally
    gauges: Sequence[Gauge]
    cluster: ClusterFigures
    seconds: Callable[[], float]

    async def text(self) -> bytes:
        """The whole text. Raises `MethodNotSupported` where the library is not installed."""
        try:
            from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
        except ImportError:
            raise MethodNotSupported(MISSING) from None
        figures = await self.cluster.figures()
        registry = CollectorRegistry(auto_describe=False)
        if self.tally.totals is None:  # of one of several processes they would mislead
            ProcessCollector(registry=registry)
        registry.register(_Once([*self._own(), *self._of_cluster(figures)]))
        return generate_latest(registry)

    def _own(self) -> Iterator[Metric]:
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        info = GaugeMetricFamily("ganeti_rapi_build_info", "The daemon.", labels=["version"])
        info.add_metric([__version__], 1)
        yield info
        told = self.tally.totals or self.tally.snapshot()
        for name, (words, labels) in COUNTERS.items():
            family = CounterMetricFamily(f"ganeti_rapi_{name}", words, labels=labels)
            for values, count in _of(name, told.counts):
                family.add_metric(values, count)
            yield family
        for name, (words, label) in HISTOGRAMS.items():
            yield _histogram(f"ganeti_rapi_{name}", words, label, _of(name, told.counts))
        numbers = {**told.gauges}
        for gauge in self.gauges:
            numbers.update(gauge.numbers())
        for gauge in (*SUMMED, *self.tally.gauges, *self.gauges):
            labels = (gauge.label,) if gauge.label else ()
            gauges = GaugeMetricFamily(f"ganeti_rapi_{gauge.name}", gauge.words, labels=labels)
            for values, number in _of(gauge.name, numbers):
                gauges.add_metric(values, number)
            if gauges.samples:
                yield gauges

    def _of_cluster(self, figures: Figures | None) -> Iterator[Metric]:
        from prometheus_client.core import GaugeMetricFamily

        if figures is None:
            return
        words, age = "How old what is told of the cluster is.", self.seconds() - figures.read_at
        yield GaugeMetricFamily("ganeti_rapi_cluster_age_seconds", words, value=age)
        yield from of_cluster(figures)


class _Once:
    """A collector of what is known already."""

    def __init__(self, metrics: Sequence[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Sequence[Metric]:
        return self._metrics


def _of(name: str, numbers: Numbers) -> Iterator[tuple[Sequence[str], float]]:
    """The values of the labels, and the number, of all that have this name."""
    return ((key[1:], number) for key, number in numbers.items() if key[0] == name)


def _histogram(
    name: str, words: str, label: str, numbers: Iterable[tuple[Sequence[str], float]]
) -> Metric:
    from prometheus_client.core import HistogramMetricFamily

    family = HistogramMetricFamily(name, words, labels=[label])
    by_value: dict[str, dict[str, float]] = {}
    for (value, bound), number in numbers:
        by_value.setdefault(value, {})[bound] = number
    for value, buckets in by_value.items():
        seconds = buckets.pop(SUM)
        family.add_metric([value], list(zip(buckets, accumulate(buckets.values()))), seconds)
    return family


def of_cluster(figures: Figures) -> Iterator[Metric]:
    """The cluster's figures; what luxid does not know is left out."""
    yield from _of_each("node", NODE_GAUGES, figures, figures.nodes)
    down = dict.fromkeys(INSTANCE_GAUGES, 0)
    instances = [row if row["oper_state"] else {**row, **down} for row in figures.instances]
    yield from _of_each("instance", INSTANCE_GAUGES, figures, instances)
    yield from _virtual_processors(figures)
    yield from _sums(figures)
    yield from _of_jobs(figures)


def _gauge(name: str, words: str, *labels: str) -> GaugeMetricFamily:
    from prometheus_client import core

    return core.GaugeMetricFamily(f"ganeti_{name}", words, labels=["cluster", *labels])


def _of_each(
    kind: str, gauges: Mapping[str, str], figures: Figures, rows: Sequence[Row]
) -> Iterator[Metric]:
    for name, words in gauges.items():
        family = _gauge(f"{kind}_{name}", words, kind)
        for row in rows:
            if row[name] is not None:
                family.add_metric([figures.cluster, row["name"]], row[name])
        yield family


def _virtual_processors(figures: Figures) -> Iterator[Metric]:
    primary: Counter[str] = Counter()
    secondary: Counter[str] = Counter()
    for row in figures.instances:
        if row["oper_state"]:
            primary[row["pnode"]] += row["oper_vcpus"] or 0
            for node in row["snodes"] or ():
                secondary[node] += row["oper_vcpus"] or 0
    for name, words, counts in (
        ("node_p_oper_vcpus", "Virtual processors of running instances on the node", primary),
        ("node_s_oper_vcpus", "The same, of those whose secondary node it is", secondary),
    ):
        family = _gauge(name, words, "node")
        for row in figures.nodes:
            family.add_metric([figures.cluster, row["name"]], counts[row["name"]])
        yield family


def _sums(figures: Figures) -> Iterator[Metric]:
    offline = sum(bool(row["offline"]) for row in figures.nodes)
    for name, words, value in (
        ("cluster_instance_count", "Instances", len(figures.instances)),
        ("cluster_node_count", "Nodes", len(figures.nodes)),
        ("cluster_offline_nodes", "Nodes that are marked offline", offline),
    ):
        family = _gauge(name, words)
        family.add_metric([figures.cluster], value)
        yield family
    states = Counter(row["status"] for row in figures.jobs)
    family = _gauge("cluster_jobs", "Jobs in the queue and of the recent past", "job_status")
    for state in JOB_STATES:
        family.add_metric([figures.cluster, state], states[state])
    yield family


def _of_jobs(figures: Figures) -> Iterator[Metric]:
    for name, words, since, until in (
        ("job_wait_time", "Seconds from submission to start", "received_ts", "start_ts"),
        ("job_run_time", "Seconds from start to end", "start_ts", "end_ts"),
    ):
        family = _gauge(name, words, "job_id", "job_operation")
        for row in figures.jobs:
            if row[since] is not None and row[until] is not None:
                labels = [figures.cluster, str(row["id"]), _operation(row)]
                family.add_metric(labels, row[until][0] - row[since][0])
        yield family


def _operation(row: Row) -> str:
    """The first opcode's id; its summary is the id without ``OP_``, with more in parentheses."""
    summary = row["summary"] or []
    return f"OP_{summary[0].partition('(')[0]}" if summary else "unknown"
