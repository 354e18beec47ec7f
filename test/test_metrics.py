"""What the daemon counts, and the cluster's figures, as Prometheus reads them."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from unittest import mock

from hypothesis import given
from hypothesis import strategies as st
from OpenSSL.crypto import X509
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SkipTest, SynchronousTestCase

from ganeti_rapi.api.resources import RESOURCES
from ganeti_rapi.assembly import Settings, make_sites
from ganeti_rapi.auth.users import UsersFile
from ganeti_rapi.errors import LuxiTimeout, LuxiUnreachable, NotMaster
from ganeti_rapi.metrics.cluster import KEPT, ClusterFigures, Figures
from ganeti_rapi.metrics.exposition import of_cluster
from ganeti_rapi.metrics.samples import Gauge, Snapshot, decode, encode, sum_of
from ganeti_rapi.metrics.tally import BOUNDS, Latency, Tally
from ganeti_rapi.testing import SimulatedApi

from .harness import (
    READER,
    Response,
    ScriptedDaemon,
    ScriptedServer,
    basic,
    encode_request,
    exchange,
    users_file,
)
from .test_client_tls import identity

CONF = Path(__file__).parent.parent / "conf"

EXPORTER = {
    **{
        f"ganeti_node_{name}": ("cluster", "node")
        for name in (
            *("ctotal", "dfree", "dtotal", "mfree", "mtotal", "pinst_cnt", "sinst_cnt"),
            *("p_oper_vcpus", "s_oper_vcpus"),
        )
    },
    "ganeti_instance_oper_vcpus": ("cluster", "instance"),
    "ganeti_instance_oper_ram": ("cluster", "instance"),
    "ganeti_cluster_instance_count": ("cluster",),
    "ganeti_cluster_node_count": ("cluster",),
    "ganeti_cluster_offline_nodes": ("cluster",),
    "ganeti_cluster_jobs": ("cluster", "job_status"),
    "ganeti_job_wait_time": ("cluster", "job_id", "job_operation"),
    "ganeti_job_run_time": ("cluster", "job_id", "job_operation"),
}
"""The names and labels of ganeti/prometheus-ganeti-exporter 1.1, without hbal and hspace."""

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]

NODES = [
    ["node1", False, 8, 1000, 2000, 3000, 4096, 1, 0],
    ["node2", True, None, None, None, None, None, 0, 1],
]
INSTANCES = [
    ["web1", "node1", ["node2"], True, 2, 512],
    ["web2", "node2", [], False, None, None],
]
JOBS = [
    [7, "success", ["INSTANCE_STARTUP(web1)"], [100, 0], [103, 5], [110, 9]],
    [8, "queued", [], [200, 0], None, None],
]


def need_library() -> None:
    if importlib.util.find_spec("prometheus_client") is None:
        raise SkipTest("prometheus_client is not installed: pip install 'ganeti-rapi[metrics]'")


def parsed(text: str) -> Samples:
    """The samples of a text, read by Prometheus's own library."""
    from prometheus_client.parser import text_string_to_metric_families

    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def sample(samples: Samples, name: str, **labels: str) -> float:
    return samples[name, frozenset(labels.items())]


def with_statuses(rows: list[list[object]]) -> list[list[list[object]]]:
    """As a query answers: luxid does not know what is None."""
    return [[[3 if value is None else 0, value] for value in row] for row in rows]


class LatencyTests(SynchronousTestCase):
    def test_each_falls_into_a_bucket(self) -> None:
        latency = Latency()
        for seconds in (0, BOUNDS[0], BOUNDS[0] * 1.01, BOUNDS[-1], BOUNDS[-1] + 1):
            latency.add(seconds)
        self.assertEqual((latency.counts[0], latency.counts[1]), (2, 1))
        self.assertEqual(latency.counts[-2:], [1, 1])

    def test_counts(self) -> None:
        tally = Tally()
        for _ in range(2):
            tally.request("info", "GET", 200, 0.5)
        tally.call("QueryNodes", "ok", 0.1)
        self.assertEqual(tally.requests["info", "GET", 200], 2)
        self.assertEqual(tally.request_seconds["info"].sum, 1.0)
        self.assertEqual(tally.calls["QueryNodes", "ok"], 1)


class ServedTests(SynchronousTestCase):
    def setUp(self) -> None:
        need_library()
        self.server = ScriptedServer(
            metrics_interval=0, login_delay=0, certificate_end=lambda: 12.0
        )
        self.server.daemon.answers["QueryClusterInfo"] = {"name": "a"}

    def scrape(self) -> Samples:
        reply = self.server.ask("GET", "/metrics")
        self.assertEqual(reply.status, 200)
        self.assertEqual(reply.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8")
        return parsed(reply.body.decode())

    def test_requests_are_counted_by_row_method_and_status(self) -> None:
        for path in ("/2/info", "/2/info", "/nowhere"):
            self.server.ask("GET", path)
        self.server.ask("PUT", "/2/modify", user=READER)
        found = self.scrape()
        name = "ganeti_rapi_requests_total"
        self.assertEqual(sample(found, name, row="info", method="GET", code="200"), 2)
        self.assertEqual(sample(found, name, row="none", method="none", code="404"), 1)
        self.assertEqual(sample(found, name, row="cluster_modify", method="PUT", code="403"), 1)
        self.assertEqual(sample(found, "ganeti_rapi_request_seconds_count", row="info"), 2)
        self.assertEqual(
            sample(found, "ganeti_rapi_request_seconds_bucket", row="info", le="+Inf"), 2
        )

    def test_no_client_makes_a_label(self) -> None:
        """Or else whoever asks for other paths and methods would fill the memory."""
        before = len(self.scrape())
        for number in range(20):
            self.server.ask("GET", f"/nowhere/{number}")
            self.server.ask(f"METHOD{number}", f"/nowhere/{number}")
            self.server.ask(f"METHOD{number}", "/2/info")
        self.assertLess(len(self.scrape()), before + 60)

    def test_logins(self) -> None:
        self.server.ask("GET", "/2/info", user="admin:wrong")
        self.server.ask("GET", "/2/info", user=None, headers={"Authorization": "Bearer wrong"})
        found, name = self.scrape(), "ganeti_rapi_logins_total"
        self.assertEqual(sample(found, name, way="basic", outcome="failed"), 1)
        self.assertEqual(sample(found, name, way="token", outcome="failed"), 1)
        self.assertGreater(sample(found, name, way="basic", outcome="ok"), 0)

    def test_a_login_by_certificate(self) -> None:
        certificate = X509.from_cryptography(identity("admin", names=False).certificate)
        connection = self.server.connect()
        connection.transport.getPeerCertificate = lambda: certificate
        connection.send(encode_request(b"GET", b"/2/info", {}))
        found = self.scrape()
        self.assertEqual(
            sample(found, "ganeti_rapi_logins_total", way="certificate", outcome="ok"), 1
        )

    def test_gauges(self) -> None:
        connection = self.server.connect()
        found = self.scrape()
        self.assertEqual(sample(found, "ganeti_rapi_connections"), 2)
        self.assertEqual(sample(found, "ganeti_rapi_users"), 3)
        self.assertEqual(sample(found, "ganeti_rapi_certificate_end_timestamp_seconds"), 12)
        self.assertIn("process_cpu_seconds_total", {name for name, _ in found})
        connection.lose()

    def test_who_may(self) -> None:
        self.server = ScriptedServer(users=users_file("prom x metrics.read"), metrics_interval=0)
        for user, status in ((None, 401), ("prom:x", 200)):
            self.assertEqual(self.server.ask("GET", "/metrics", user=user).status, status)
        self.assertEqual(ScriptedServer().ask("GET", "/metrics", user=READER).status, 403)


class MissingTests(SynchronousTestCase):
    def test_without_the_library_it_says_what_to_install(self) -> None:
        with mock.patch.dict("sys.modules", {"prometheus_client": None}):
            reply = ScriptedServer().ask("GET", "/metrics")
        self.assertEqual(reply.status, 501)
        self.assertIn("python3-prometheus-client", reply.json()["message"])


class ClusterFiguresTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.daemon = ScriptedDaemon()
        self.daemon.answers.update(
            QueryClusterInfo={"name": "the.cluster"},
            QueryJobs=JOBS,
            Query=lambda kind, *_: {
                "fields": [],
                "data": with_statuses(NODES if kind == "node" else INSTANCES),
            },
        )
        self.cluster = ClusterFigures(self.daemon, self.clock, 60)

    def figures(self) -> Figures | None:
        return self.successResultOf(Deferred.fromCoroutine(self.cluster.figures()))

    def asked(self) -> int:
        return len([call for call in self.daemon.calls if call[0] == "QueryClusterInfo"])

    def test_luxid_is_asked_once_in_an_interval(self) -> None:
        for _ in range(3):
            self.assertIsNotNone(self.figures())
        self.assertEqual(self.asked(), 1)
        self.clock.advance(60)
        self.figures()
        self.assertEqual(self.asked(), 2)

    def test_only_the_fields_that_are_told_are_asked_for(self) -> None:
        self.figures()
        queries = [call for call in self.daemon.calls if call[0] == "Query"]
        self.assertEqual([len(fields) for _, _, fields, _ in queries], [9, 6])

    def test_several_scrapes_at_once_are_one_question(self) -> None:
        info: Deferred[object] = Deferred()
        self.daemon.answers["QueryClusterInfo"] = info
        scrapes = [Deferred.fromCoroutine(self.cluster.figures()) for _ in range(3)]
        info.callback({"name": "a"})
        for scrape in scrapes:
            self.assertIsNotNone(self.successResultOf(scrape))
        self.assertEqual(self.asked(), 1)

    def test_a_luxid_that_is_away_leaves_the_old_ones_for_a_while(self) -> None:
        self.figures()
        for error in (LuxiUnreachable("away"), LuxiTimeout("late")):
            self.daemon.answers["QueryClusterInfo"] = error
            self.clock.advance(61)
            self.assertIsNotNone(self.figures())
        self.clock.advance(60 * KEPT)
        self.assertIsNone(self.figures())

    def test_none_are_wanted(self) -> None:
        self.cluster = ClusterFigures(self.daemon, self.clock, 0)
        self.assertIsNone(self.figures())
        self.assertEqual(self.daemon.calls, [])

    def test_names_labels_and_values(self) -> None:
        need_library()
        figures = self.figures()
        assert figures is not None
        families = {family.name: family for family in of_cluster(figures)}
        labels = {name: tuple(family.samples[0].labels) for name, family in families.items()}
        self.assertEqual(labels, EXPORTER)
        values = {
            (each.name.removeprefix("ganeti_"), *list(each.labels.values())[1:]): each.value
            for family in families.values()
            for each in family.samples
        }
        self.assertEqual(
            {each.labels["cluster"] for f in families.values() for each in f.samples},
            {"the.cluster"},
        )
        for key, value in {
            ("node_mfree", "node1"): 3000,
            ("node_pinst_cnt", "node2"): 0,
            ("node_p_oper_vcpus", "node1"): 2,
            ("node_s_oper_vcpus", "node2"): 2,
            ("node_p_oper_vcpus", "node2"): 0,
            ("instance_oper_ram", "web1"): 512,
            ("instance_oper_vcpus", "web2"): 0,
            ("cluster_node_count",): 2,
            ("cluster_instance_count",): 2,
            ("cluster_offline_nodes",): 1,
            ("cluster_jobs", "success"): 1,
            ("cluster_jobs", "queued"): 1,
            ("cluster_jobs", "running"): 0,
            ("job_wait_time", "7", "OP_INSTANCE_STARTUP"): 3,
            ("job_run_time", "7", "OP_INSTANCE_STARTUP"): 7,
        }.items():
            self.assertEqual(values[key], value, key)
        self.assertNotIn(("node_mfree", "node2"), values, "luxid does not know it")
        self.assertNotIn(("job_wait_time", "8", "unknown"), values, "it has not started")


class SnapshotTests(SynchronousTestCase):
    def tally(self) -> Tally:
        tally = Tally(connections=2, streams=1)
        for seconds in (0.0001, 0.3, 99):
            tally.request("info", "GET", 200, seconds)
        tally.call("QueryNodes", "ok", 0.1)
        tally.logins["basic", "failed"] += 4
        tally.reload("users", "/users", "read", "")
        tally.gauges.append(Gauge("luxi_in_use", "Used.", lambda: {"waits": 3}, "pool"))
        tally.gauges.append(Gauge("nothing", "Not there.", lambda: None))
        return tally

    def test_a_line_holds_all_of_it(self) -> None:
        snapshot = self.tally().snapshot()
        self.assertEqual(snapshot.counts["requests", "info", "GET", "200"], 3)
        self.assertEqual(snapshot.counts["request_seconds", "info", "+Inf"], 1)
        self.assertEqual(snapshot.counts["reloads", "users", "read"], 1)
        self.assertEqual(snapshot.gauges["luxi_in_use", "waits"], 3)
        self.assertNotIn(("nothing",), snapshot.gauges)
        line = encode(snapshot)
        self.assertEqual((decode(line), line.count(b"\n")), (snapshot, 1))

    @given(st.lists(st.dictionaries(st.tuples(st.text(), st.text()), st.integers(0, 10**9))))
    def test_sums(self, counts: list[dict[tuple[str, ...], int]]) -> None:
        lines = [encode(Snapshot(each, each)) for each in counts]
        whole = sum_of(map(decode, lines))
        for key in {key for each in counts for key in each}:
            self.assertEqual(whole.counts[key], sum(each.get(key, 0) for each in counts))
        self.assertEqual(whole.counts, whole.gauges)

    def test_with_several_workers_the_sum_is_told(self) -> None:
        need_library()
        server = ScriptedServer(metrics_interval=0)
        alone = parsed(server.ask("GET", "/metrics").body.decode())
        self.assertIn(("process_cpu_seconds_total", frozenset()), alone)
        self.assertNotIn(("ganeti_rapi_workers", frozenset()), alone)
        tally = server.site.tally
        told = Snapshot({}, {("workers",): 2, ("workers_silent",): 0})
        tally.totals = sum_of([self.tally().snapshot(), self.tally().snapshot(), told])
        found = parsed(server.ask("GET", "/metrics").body.decode())
        for name, labels, value in (
            ("requests_total", {"row": "info", "method": "GET", "code": "200"}, 6),
            ("request_seconds_count", {"row": "info"}, 6),
            ("request_seconds_bucket", {"row": "info", "le": "0.5"}, 4),
            ("luxi_seconds_sum", {"method": "QueryNodes"}, 0.2),
            ("logins_total", {"way": "basic", "outcome": "failed"}, 8),
            ("reloads_total", {"file": "users", "outcome": "read"}, 2),
            ("connections", {}, 4),
            ("event_streams", {}, 2),
            ("workers", {}, 2),
            ("users", {}, 3),
        ):
            self.assertEqual(sample(found, f"ganeti_rapi_{name}", **labels), value, name)
        self.assertNotIn(("process_cpu_seconds_total", frozenset()), found)


class AloneTests(SynchronousTestCase):
    """The site that has metrics and health alone."""

    def setUp(self) -> None:
        need_library()
        api = SimulatedApi()
        self.addCleanup(api.stop)
        settings = Settings(require_authentication=True)
        _, self.site = make_sites(
            api.reactor, api.backend, UsersFile(), settings, check_role=self.refuse
        )
        self.reactor = api.reactor

    def refuse(self) -> None:
        raise NotMaster

    def ask(self, method: str, path: str, **headers: str) -> Response:
        return exchange(self.site, method.encode(), path.encode(), headers, b"", self.reactor)

    def test_metrics_are_told_to_anyone_on_any_node(self) -> None:
        for headers in ({}, {"Authorization": basic("nobody:wrong")}):
            reply = self.ask("GET", "/metrics", **headers)
            self.assertEqual(reply.status, 200)
            self.assertIn(b"ganeti_rapi_build_info", reply.body)
        self.assertEqual(self.ask("GET", "/healthz").status, 200)
        self.assertEqual(self.ask("GET", "/readyz").status, 503)

    def test_there_is_nothing_else(self) -> None:
        for resource in RESOURCES:
            path = re.sub(r"{\w+}", "1", resource.uri)
            for method in resource.cells:
                expected = {"/metrics": 200, "/healthz": 200, "/readyz": 503}.get(path, 404)
                self.assertEqual(self.ask(method, path).status, expected, path)
        self.assertEqual(self.ask("POST", "/metrics").status, 501)


class SimulatedTests(SynchronousTestCase):
    def test_a_whole_cluster(self) -> None:
        need_library()
        api = SimulatedApi()
        self.addCleanup(api.stop)
        reply = api.request("GET", "/metrics", None, api.writer)
        names = {name for name, _ in parsed(reply.body.decode())}
        self.assertLessEqual(set(EXPORTER), names)
        self.assertIn("ganeti_rapi_cluster_age_seconds", names)
        self.assertIn("ganeti_rapi_luxi_calls_total", names)
        self.assertIn("ganeti_rapi_luxi_connections", names)


class ConfigurationTests(SynchronousTestCase):
    """What the dashboard and the alerts ask for is there."""

    def names(self) -> set[str]:
        need_library()
        api = SimulatedApi()
        self.addCleanup(api.stop)
        api.request("GET", "/version", None, api.writer)
        reply = api.request("GET", "/metrics", None, api.writer)
        text = api.request("GET", "/metrics", None, api.writer).body.decode() + reply.body.decode()
        return {name for name, _ in parsed(text)} | {
            "ganeti_rapi_certificate_end_timestamp_seconds",
            "ganeti_rapi_reloads_total",
            "ganeti_rapi_workers",
            "ganeti_rapi_workers_silent",
        }

    def test_the_dashboard(self) -> None:
        dashboard = json.loads((CONF / "grafana/ganeti-rapi.json").read_text())
        asked = " ".join(
            target["expr"] for panel in dashboard["panels"] for target in panel["targets"]
        )
        self.assertEqual(set(re.findall(r"\bganeti_\w+", asked)) - self.names(), set())
        self.assertGreater(len(dashboard["panels"]), 5)

    def test_the_alerts(self) -> None:
        rules = (CONF / "prometheus/ganeti-rapi.rules.yml").read_text()
        asked = " ".join(re.findall(r"expr: (.*)", rules))
        self.assertEqual(set(re.findall(r"\bganeti_\w+", asked)) - self.names(), set())
        self.assertEqual(rules.count("alert:"), rules.count("summary:"))
