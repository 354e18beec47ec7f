"""The control interface: faults, snapshots and the clock, over the whole daemon in memory."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from twisted.trial.unittest import SynchronousTestCase
from twisted.web.test.requesthelper import DummyRequest

from ganeti_rapi.simulator.control.web import ControlError, control_site
from ganeti_rapi.testing import SimulatedApi

WEB1 = "/2/instances/web1.example.com"


class ControlCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.api = SimulatedApi()
        self.addCleanup(self.api.stop)
        self.control = self.api.daemon.control()

    def ask(self, method: str, path: str, body: Any = None) -> Any:  # Any: JSON
        parts = tuple(part for part in path.split("/") if part)
        return self.control.answer(method, parts, {} if body is None else body)

    def refused(self, method: str, path: str, body: Any = None) -> str:  # Any: JSON
        return str(self.assertRaises(ControlError, self.ask, method, path, body))

    def job(self, method: str, path: str, body: object = None) -> Any:  # Any: JSON
        job = self.api.request(method, path, body).json()
        self.api.reactor.advance(5)
        return self.api.request("GET", f"/2/jobs/{job}").json()

    def status(self) -> str:
        return str(self.api.request("GET", WEB1).json()["status"])


class FaultTests(ControlCase):
    def test_nodes(self) -> None:
        for state, status in (("down", "ERROR_nodedown"), ("offline", "ERROR_nodeoffline")):
            fault = {"kind": "node", "node": "node1", "state": state}
            number = self.ask("POST", "/faults", fault)["id"]
            self.assertEqual(self.status(), status)
            self.ask("DELETE", f"/faults/{number}")
            self.assertEqual(self.status(), "running")

    def test_jobs(self) -> None:
        error = ["OpPrereqError", ["No.", "wrong_state"]]
        fault = {"kind": "job", "opcode": "OP_INSTANCE_REBOOT", "error": error, "times": 1}
        self.ask("POST", "/faults", fault)
        self.assertEqual(self.job("POST", f"{WEB1}/reboot")["opresult"], [error])
        self.assertEqual(self.job("POST", f"{WEB1}/reboot")["status"], "success")
        self.assertEqual(self.ask("GET", "/faults"), {})

    def test_the_queue(self) -> None:
        for how, words in (("drained", "drained"), ("full", "full")):
            self.ask("POST", "/faults", {"kind": "queue", "how": how})
            reply = self.api.request("PUT", f"{WEB1}/tags?tag=a")
            self.assertEqual(reply.status, 503)
            self.assertIn(words, reply.json()["message"])
            self.ask("DELETE", "/faults")
            self.assertEqual(self.api.request("PUT", f"{WEB1}/tags?tag=a").status, 200)

    def test_luxid(self) -> None:
        for how, status in (("gone", 502), ("garbage", 502), ("silent", 504)):
            self.ask("POST", "/faults", {"kind": "luxid", "how": how})
            self.assertEqual(self.api.request("GET", WEB1).status, status, how)
            self.ask("DELETE", "/faults")
            self.assertEqual(self.api.request("GET", WEB1).status, 200)

    def test_a_slow_luxid(self) -> None:
        self.ask("POST", "/faults", {"kind": "luxid", "how": "slow", "seconds": 7})
        before = self.api.reactor.seconds()
        self.assertEqual(self.api.request("GET", WEB1).status, 200)
        self.assertGreaterEqual(self.api.reactor.seconds() - before, 7)

    def test_chaos_is_within_the_protocol(self) -> None:
        self.ask("POST", "/faults", {"kind": "luxid", "how": "chaos", "seed": 3})
        before = self.api.reactor.seconds()
        for _ in range(20):
            self.assertEqual(self.api.request("GET", WEB1).status, 200)
        self.assertGreater(self.api.reactor.seconds() - before, 1)
        self.assertGreater(len(self.api.reactor.connections), 3)
        self.assertEqual(self.job("PUT", f"{WEB1}/shutdown")["status"], "success")

    def test_what_is_none(self) -> None:
        for fault, words in (
            ({}, "kind is one of node, job, luxid, queue, http, certificate"),
            ({"kind": "http"}, "it lacks the key 'how'"),
            ({"kind": "http", "how": "late"}, "key 'how': expected one of unavailable"),
            ({"kind": "certificate", "seconds": 1}, "there is none that was made here"),
            ([], "kind is one of"),
            ({"kind": "x"}, "kind is one of"),
            ({"kind": "node"}, "it lacks the key 'node'"),
            ({"kind": "node", "node": "x", "state": "down"}, "there is no node 'x'; there are: no"),
            ({"kind": "node", "node": "node1", "state": "x"}, "key 'state': expected one of"),
            ({"kind": "job", "opcode": "*", "error": ["x"]}, "an error is such as"),
            ({"kind": "luxid", "how": "gone", "hw": 1}, "key 'hw': expected one of"),
        ):
            self.assertIn(words, self.refused("POST", "/faults", fault))
        self.assertIn("there is no fault 7", self.refused("DELETE", "/faults/7"))


class HttpFaultTests(ControlCase):
    def test_requests_that_fail(self) -> None:
        for how, status in (("unavailable", 503), ("timeout", 504)):
            self.ask("POST", "/faults", {"kind": "http", "how": how})
            reply = self.api.request("GET", WEB1)
            self.assertEqual(reply.status, status)
            self.assertIn("was told to fail", reply.json()["message"])
            self.assertEqual("Retry-After" in reply.headers, status == 503)
            self.ask("DELETE", "/faults")
            self.assertEqual(self.api.request("GET", WEB1).status, 200)

    def test_connections_that_end(self) -> None:
        self.assertTrue(self.stays_open())
        self.ask("POST", "/faults", {"kind": "http", "how": "close"})
        self.assertFalse(self.stays_open())
        self.ask("DELETE", "/faults")
        self.assertTrue(self.stays_open())

    def stays_open(self) -> bool:
        client = self.api.connect()
        assert client.transport is not None
        client.transport.write(b"GET /2/tags HTTP/1.1\r\nHost: x\r\nUser-Agent: x\r\n\r\n")
        self.api.until(lambda: client.data.endswith(b"]\n"))
        self.api.reactor.advance(1)
        return not client.closed

    def statuses(self, seed: int) -> list[int]:
        self.ask("DELETE", "/faults")
        self.ask("POST", "/faults", {"kind": "http", "how": "chaos", "seed": seed})
        return [self.api.request("GET", WEB1).status for _ in range(100)]

    def test_chaos(self) -> None:
        seen = self.statuses(3)
        self.assertEqual(set(seen), {200, 503, 504})
        self.assertGreater(seen.count(200), 70)
        self.assertEqual(self.statuses(3), seen)
        self.assertNotEqual(self.statuses(4), seen)

    def test_waits_in_chaos_are_late_or_dropped_or_repeated(self) -> None:
        self.ask("POST", "/clock", {"queued": 1000})
        job = self.api.request("PUT", f"{WEB1}/shutdown").json()
        body = {"fields": ["status"], "previous_job_info": None, "previous_log_serial": None}
        known = self.api.request("GET", f"/2/jobs/{job}/wait", body).json()
        body["previous_job_info"] = known["job_info"]
        self.ask("POST", "/faults", {"kind": "http", "how": "chaos", "seed": 3})
        came = Counter[str]()
        for _ in range(60):
            before = self.api.reactor.seconds()
            reply = self.api.request("GET", f"/2/jobs/{job}/wait", body)
            seconds = self.api.reactor.seconds() - before
            if reply.status != 200:
                came["failed"] += 1
            elif reply.json() is not None:
                self.assertEqual(reply.json(), known)
                came["repeated"] += 1
            else:
                came["dropped" if seconds < 5 else "whole"] += 1
        self.assertEqual(set(came), {"failed", "repeated", "dropped", "whole"})

    def test_a_client_that_asks_again_gets_through(self) -> None:
        for fault in ("http", "luxid"):
            self.ask("POST", "/faults", {"kind": fault, "how": "chaos", "seed": 5})
        reply = None
        while reply is None or reply.status != 200:
            reply = self.api.request("PUT", f"{WEB1}/shutdown")
        job, status = reply.json(), ""
        while status != "success":
            reply = self.api.request("GET", f"/2/jobs/{job}")
            status = reply.json()["status"] if reply.status == 200 else ""
        self.ask("DELETE", "/faults")
        self.assertEqual(self.status(), "ADMIN_down")


class SnapshotTests(ControlCase):
    def test_restored(self) -> None:
        before = self.api.request("GET", "/2/instances?bulk=1").json()
        jobs = self.api.request("GET", "/2/jobs").json()
        self.ask("POST", "/snapshots", {"name": "a"})
        self.job("PUT", f"{WEB1}/shutdown")
        self.job("DELETE", "/2/instances/old1.example.com")
        self.assertEqual(self.status(), "ADMIN_down")
        self.ask("POST", "/snapshots/a/restore")
        self.assertEqual(self.api.request("GET", "/2/instances?bulk=1").json(), before)
        self.assertEqual(self.api.request("GET", "/2/jobs").json(), jobs)

    def test_what_runs_ends(self) -> None:
        job = self.api.request("PUT", f"{WEB1}/shutdown").json()
        self.api.reactor.advance(0.1)
        self.ask("POST", "/reset")
        self.assertEqual(self.status(), "running")
        self.assertEqual(self.api.request("GET", f"/2/jobs/{job}").status, 404)
        self.assertEqual(self.api.request("PUT", f"{WEB1}/shutdown").json(), job)

    def test_a_reset_heals(self) -> None:
        self.ask("POST", "/faults", {"kind": "node", "node": "node1", "state": "down"})
        self.ask("POST", "/reset")
        self.assertEqual((self.status(), self.ask("GET", "/faults")), ("running", {}))

    def test_what_is_none(self) -> None:
        self.assertIn("needs a name", self.refused("POST", "/snapshots"))
        text = self.refused("POST", "/snapshots/x/restore")
        self.assertIn("there is no snapshot 'x'; there are: first", text)


class ClockTests(ControlCase):
    def statuses(self, *advances: float) -> list[str]:
        job = self.api.request("PUT", f"{WEB1}/shutdown").json()
        found = []
        for seconds in advances:
            self.api.reactor.advance(seconds)
            found.append(self.api.request("GET", f"/2/jobs/{job}").json()["status"])
        return found

    def test_frozen_and_moved(self) -> None:
        self.ask("POST", "/clock", {"speed": 0})
        job = self.api.request("PUT", f"{WEB1}/shutdown").json()
        self.api.reactor.advance(1000)
        self.assertEqual(self.api.request("GET", f"/2/jobs/{job}").json()["status"], "running")
        before = self.ask("GET", "/clock")["seconds"]
        after = self.ask("POST", "/clock", {"move": 60})
        self.assertEqual((after["seconds"] - before, after["speed"]), (60, 0))
        self.api.reactor.advance(0)
        self.assertEqual(self.api.request("GET", f"/2/jobs/{job}").json()["status"], "success")

    def test_states_that_last(self) -> None:
        self.ask("POST", "/clock", {"queued": 10, "waiting": 10, "pace": 50})
        seen = self.statuses(5, 10, 10, 10)
        self.assertEqual(seen, ["queued", "waiting", "running", "success"])

    def test_faster(self) -> None:
        self.ask("POST", "/clock", {"queued": 100, "speed": 100})
        self.assertEqual(self.statuses(0.5, 2), ["queued", "success"])

    def test_what_is_none(self) -> None:
        self.assertIn("expected one of speed, move", self.refused("POST", "/clock", {"spd": 1}))
        self.assertIn("move must not be negative", self.refused("POST", "/clock", {"move": -1}))


class WebTests(ControlCase):
    def exchange(self, method: bytes, path: str, body: bytes = b"") -> tuple[int, Any]:
        from io import BytesIO

        request = DummyRequest(path.encode().split(b"/"))
        request.method, request.path, request.content = method, path.encode(), BytesIO(body)
        reply = control_site(self.control).resource.render(request)
        return request.responseCode or 200, json.loads(reply)

    def test_over_http(self) -> None:
        status, cluster = self.exchange(b"GET", "/cluster")
        self.assertEqual((status, cluster["name"]), (200, "cluster.example.com"))
        self.assertIn("web1.example.com", cluster["instances"])
        self.assertEqual(self.exchange(b"POST", "/snapshots", b'{"name": "a"}'), (200, None))

    def test_errors(self) -> None:
        for method, path, body, status, words in (
            (b"POST", "/faults", b"{", 400, "the body is not JSON"),
            (b"POST", "/faults", b"{}", 400, "kind is one of"),
            (b"GET", "/nosuch", b"", 404, "there is no GET /nosuch"),
        ):
            answer = self.exchange(method, path, body)
            self.assertEqual(answer[0], status)
            self.assertIn(words, answer[1]["error"])
