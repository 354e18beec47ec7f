"""The simulator's LUXI calls, its connections and its service."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.application.service import IService
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IProtocol, IProtocolFactory
from twisted.internet.task import Clock
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyClass, verifyObject

from ganeti_rapi import jsontext
from ganeti_rapi.errors import JobDaemonError
from ganeti_rapi.luxi.codec import END_OF_MESSAGE, Framer, decode_reply, encode_request
from ganeti_rapi.simulator import calls
from ganeti_rapi.simulator import protocol as simulator_protocol
from ganeti_rapi.simulator.calls import METHODS, JobDaemon, Method, call
from ganeti_rapi.simulator.jobs.queue import JobQueue
from ganeti_rapi.simulator.protocol import LuxidFactory, LuxidProtocol
from ganeti_rapi.simulator.service import SimulatedJobDaemon
from ganeti_rapi.simulator.size import Size, parse_size
from test.test_simulator_jobs import START, UNITS, CountedIdentities, finish, start, tiny_cluster


def daemon(clock: Clock) -> JobDaemon:
    """A job daemon of a cluster with one node and the tests' units."""
    cluster, identities = tiny_cluster(), CountedIdentities()
    queue = JobQueue(clock, cluster, identities, UNITS)
    return JobDaemon(clock, cluster, identities, queue)


class DaemonTestCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(START)
        self.daemon = daemon(self.clock)

    def call(self, method: str, *args: object) -> Any:
        return call(self.daemon, encode_request(method, args)[:-1])

    def refusal(self, method: str, *args: object) -> str:
        """The bare text with which a call fails."""
        error = self.assertRaises(JobDaemonError, self.call, method, *args)
        self.assertEqual(error.class_name, "")
        self.assertTrue(error.text.startswith("Failed to parse request: "), error.text)
        return error.text.removeprefix("Failed to parse request: ")

    def settle(self) -> None:
        self.clock.pump([0, 0, 0])


class CallTests(DaemonTestCase):
    """Each method with arguments that fit."""

    def test_submit_job(self) -> None:
        self.assertEqual(self.call("SubmitJob", [start("a"), start("b")]), 1)
        self.assertEqual(self.call("QueryJobs", [1], ["id", "status"]), [[1, "queued"]])

    def test_submit_many_jobs(self) -> None:
        answer = self.call("SubmitManyJobs", [[start("a")], [], [start("a", depends=[[-99, []]])]])
        self.assertEqual(answer, [(True, 1), (True, 2), (False, "Invalid value for job ID ' -96'")])

    def test_a_job_that_depends_on_one_named_by_its_digits(self) -> None:
        self.call("SubmitJob", [start("a")])
        self.call("SubmitJob", [start("b", depends=[["1", ["success"]]])])
        (([op],),) = self.call("QueryJobs", [2], ["ops"])
        self.assertEqual(op["depends"], [[1, ["success"]]])

    def test_drained_queue(self) -> None:
        self.assertIs(self.call("SetDrainFlag", True), True)
        for method, argument in (("SubmitJob", [start("a")]), ("SubmitManyJobs", [[start("a")]])):
            error = self.assertRaises(JobDaemonError, self.call, method, argument)
            self.assertEqual((error.class_name, error.text), ("GenericError", "Queue drained"))
        self.assertEqual(self.call("SubmitJobToDrainedQueue", [start("a")]), 1)

    def test_pickup_job_is_always_refused(self) -> None:
        error = self.assertRaises(JobDaemonError, self.call, "PickupJob", 1)
        self.assertEqual(error.class_name, "GenericError")

    def test_wait_for_job_change(self) -> None:
        self.call("SubmitJob", [start("a")])
        answer = self.call("WaitForJobChange", 1, ["status"], ["queued"], -1, 10)
        self.assertNoResult(answer)
        self.settle()
        self.assertEqual(self.successResultOf(answer), (["waiting"], []))

    def test_wait_for_job_change_takes_what_luxid_takes(self) -> None:
        self.call("SubmitJob", [finish("a")])
        self.settle()
        for args in (("1", [], None, None, 1), (1, [], "x", "x", 1.6), (1, [], {}, -1, -1)):
            answer = self.call("WaitForJobChange", *args)
            self.assertEqual(self.successResultOf(answer), ([], []))

    def test_cancel_job_with_and_without_kill(self) -> None:
        for args in ((99,), (99, False), ("99", True)):
            self.assertEqual(self.call("CancelJob", *args), (False, "Job 99 not found in queue"))

    def test_change_priority_archive_and_auto_archive(self) -> None:
        self.call("SubmitJob", [finish("a")])
        self.assertTrue(self.call("ChangeJobPriority", 1, 500)[0])
        self.settle()
        self.assertTrue(self.call("ArchiveJob", "1"))
        self.assertEqual(self.call("AutoArchiveJobs", -1, 10), (0, 0))

    def test_archived_jobs_are_found_by_id_only(self) -> None:
        self.call("SubmitJob", [finish("a")])
        self.settle()
        self.call("ArchiveJob", 1)
        self.assertEqual(self.call("QueryJobs", None, ["id"]), [])
        self.assertEqual(self.call("QueryJobs", [1], ["id", "archived"]), [[1, True]])

    def test_queries(self) -> None:
        self.assertEqual(self.call("QueryNodes", [], ["name"], False), [["node1"]])
        self.assertEqual(self.call("QueryGroups", [], ["name"], False), [["default"]])
        self.assertEqual(self.call("QueryInstances", [], ["name"], False), [])
        self.assertEqual(self.call("QueryNetworks", [], ["name"], False), [])
        self.assertEqual(self.call("QueryExports", [], False), [["node1", None]])
        self.assertEqual(self.call("QueryTags", "cluster", ""), [])
        self.assertEqual(self.call("Query", "node", ["name"], None)["data"], [[(0, "node1")]])
        self.assertIn("fields", self.call("QueryFields", "node", None))
        self.assertEqual(self.call("QueryClusterInfo")["name"], "cluster")
        self.assertEqual(self.call("QueryClusterInfo", 1)["name"], "cluster")
        values = ["cluster_name", "drain_flag", "nonsense"]
        self.assertEqual(self.call("QueryConfigValues", values), ["cluster", False, None])

    def test_locking_queries_are_refused(self) -> None:
        for method in ("QueryNodes", "QueryGroups", "QueryInstances", "QueryNetworks"):
            error = self.assertRaises(JobDaemonError, self.call, method, [], ["name"], True)
            self.assertEqual(error.classification, "wrong_input")
        self.assertRaises(JobDaemonError, self.call, "QueryExports", [], True)

    def test_watcher_pause(self) -> None:
        self.assertEqual(self.call("SetWatcherPause", START + 60.5), START + 60.5)
        self.assertEqual(self.daemon.cluster.watcher_pause, START + 60.5)
        for args in ((None,), (), ("x",), (5, 6)):
            self.assertIsNone(self.call("SetWatcherPause", *args))
        self.assertIsNone(self.daemon.cluster.watcher_pause)


class FilterRuleTests(DaemonTestCase):
    """Rules for jobs."""

    FIELDS = ("priority", "predicates", "action", "reason_trail", "watermark")

    def test_add_list_replace_and_delete(self) -> None:
        self.call("SubmitJob", [start("a")])
        condition = ["|", ["=", "id", 9], ["!", ["<", "id", 3]]]
        uuid = self.call(
            "ReplaceFilter", None, 7, [["jobid", condition]], "PAUSE", [["gnt:user", "x", 1]]
        )
        trail = [["gnt:user", "x", 1], ["luxid", "", 1000000 * 10**9]]
        normal = [["jobid", ["|", ["==", "id", 9], ["!", ["<", "id", 3]]]]]
        self.assertEqual(
            self.call("QueryFilters", None, self.FIELDS), [[7, normal, "PAUSE", trail, 1]]
        )
        self.assertEqual(self.call("ReplaceFilter", uuid, 8, [], ["RATE_LIMIT", 2], []), uuid)
        self.assertEqual(
            self.call("QueryFilters", [uuid], ["priority", "action"]), [[8, ["RATE_LIMIT", 2]]]
        )
        self.assertIsNone(self.call("DeleteFilter", uuid))
        self.assertEqual(self.call("QueryFilters", [], ["uuid"]), [])

    def test_deleting_an_unknown_rule(self) -> None:
        error = self.assertRaises(JobDaemonError, self.call, "DeleteFilter", "nope")
        self.assertEqual(error.text, "Filter rule with UUID nope does not exist")

    def test_bad_uuid(self) -> None:
        for uuid in ("", "bad"):
            error = self.assertRaises(
                JobDaemonError, self.call, "ReplaceFilter", uuid, 1, [], "ACCEPT", []
            )
            self.assertEqual(
                (error.class_name, error.text), ("GenericError", "Unable to parse UUID")
            )

    def test_wrong_parts(self) -> None:
        for args in (
            (5, 1, [], "ACCEPT", []),
            (None, -1, [], "ACCEPT", []),
            (None, "x", [], "ACCEPT", []),
            (None, 1, {}, "ACCEPT", []),
            (None, 1, ["x"], "ACCEPT", []),
            (None, 1, [["jobid"]], "ACCEPT", []),
            (None, 1, [["nonsense", ["=", "id", 1]]], "ACCEPT", []),
            (None, 1, [["jobid", ["nonsense"]]], "ACCEPT", []),
            (None, 1, [], "accept", []),
            (None, 1, [], ["PAUSE"], []),
            (None, 1, [], {}, []),
            (None, 1, [], ["RATE_LIMIT", 0], []),
            (None, 1, [], ["RATE_LIMIT", True], []),
            (None, 1, [], "ACCEPT", ["x"]),
            (None, 1, [], "ACCEPT"),
        ):
            self.refusal("ReplaceFilter", *args)


class MisfitTests(DaemonTestCase):
    """Arguments that do not fit: bare text."""

    def test_unknown_method(self) -> None:
        self.assertIn('"Nonsense"', self.refusal("Nonsense"))
        self.assertIn('"QueryLocks"', self.refusal("QueryLocks", ["name"], False))

    def test_wrong_number_of_arguments(self) -> None:
        self.assertEqual(
            self.refusal("ArchiveJob"), "Cannot convert value '[]', error: Unable to read 1 tuple"
        )
        self.assertIn("Unable to read Pair", self.refusal("QueryTags", "cluster"))
        self.assertIn("Unable to read Triple", self.refusal("QueryNodes", [], ["name"]))
        self.refusal("CancelJob")
        self.refusal("CancelJob", 1, False, 3)

    def test_wrong_types(self) -> None:
        for method, args in (
            ("CancelJob", (1, 0)),
            ("CancelJob", (None,)),
            ("CancelJob", ("x",)),
            ("ArchiveJob", (-1,)),
            ("ArchiveJob", (True,)),
            ("ChangeJobPriority", (1, "x")),
            ("AutoArchiveJobs", ("x", 1)),
            ("WaitForJobChange", (1, "status", None, None, 1)),
            ("WaitForJobChange", (1, [5], None, None, 1)),
            ("WaitForJobChange", (1, ["status"], None, None, None)),
            ("WaitForJobChange", (1, ["status"], None, None, True)),
            ("SetDrainFlag", (1,)),
            ("QueryConfigValues", ("drain_flag",)),
            ("QueryNodes", (None, ["name"], False)),
            ("QueryNodes", ([], ["name"], 1)),
            ("QueryJobs", (["x"], ["id"])),
            ("QueryFields", ("node", 5)),
            ("QueryTags", ("nonsense", "")),
            ("Query", ("nonsense", ["name"], None)),
            ("Query", ("node", ["name"], ["nonsense"])),
            ("PickupJob", ("x",)),
            ("DeleteFilter", (5,)),
            ("SubmitJob", ({},)),
            ("SubmitManyJobs", ([start("a")],)),
        ):
            self.refusal(method, *args)

    def test_opcodes_that_luxid_does_not_understand(self) -> None:
        good = start("a")
        for opcode, reason in (
            (5, "Unable to read JSObject"),
            ({"OP_ID": "OP_NONSENSE"}, "key 'reason' not found, object contains only [\"OP_ID\"]"),
            ({"reason": []}, "key 'OP_ID' not found, object contains only [\"reason\"]"),
            ({"OP_ID": "OP_NONSENSE", "reason": []}, "Unknown opcode OP_NONSENSE"),
            ({"OP_ID": [], "reason": []}, "Unknown opcode []"),
            ({**good, "reason": None}, "Unable to read list"),
            ({**good, "reason": [["a", "b"]]}, "Unable to read Triple"),
        ):
            self.assertEqual(self.refusal("SubmitJob", [opcode]), f"SubmitJob: {reason}")
        for opcode in (
            {"OP_ID": "OP_INSTANCE_STARTUP", "reason": []},
            {**good, "nonsense": 1},
            {**good, "force": "yes"},
            {**good, "depends": [[1, ["nonsense"]]]},
            {**good, "depends": [["9" * 5000, []]]},
        ):
            self.refusal("SubmitJob", [opcode])
            self.refusal("SubmitManyJobs", [[opcode]])
        self.assertEqual(self.daemon.queue.jobs, {})

    def test_errors_do_not_quote_opcodes(self) -> None:
        opcode = {**start("a"), "osparams_secret": {"password": "hush"}, "nonsense": "hush"}
        self.assertNotIn("hush", self.refusal("SubmitJob", [opcode], 5))
        self.assertNotIn("hush", self.refusal("SubmitJob", [opcode]))

    def test_what_is_no_request(self) -> None:
        for message in (b"", b"garbage", b"\xff\xfe", b"[]", b"{}", b'{"method": "QueryTags"}'):
            error = self.assertRaises(JobDaemonError, call, self.daemon, message)
            self.assertEqual(error.class_name, "")

    @given(
        st.sampled_from(sorted(METHODS)),
        st.lists(
            st.recursive(
                st.none()
                | st.booleans()
                | st.integers(-3, 3)
                | st.sampled_from(["", "x", "node", "id"]),
                lambda inner: (
                    st.lists(inner, max_size=3) | st.dictionaries(st.just("OP_ID"), inner)
                ),
                max_leaves=6,
            ),
            max_size=5,
        ),
    )
    def test_no_arguments_break_it(self, method: str, args: list[Any]) -> None:
        message = jsontext.dumps({"method": method, "args": args})
        try:
            answer = call(daemon(Clock()), message)
        except JobDaemonError:
            return
        if method == "WaitForJobChange":
            self.failureResultOf(answer, JobDaemonError)


class ConnectionTests(DaemonTestCase):
    """One client's connection."""

    GOOD = encode_request("QueryTags", ["cluster", ""])

    def setUp(self) -> None:
        super().setUp()
        self.factory = LuxidFactory(self.daemon)
        self.protocol, self.transport = self.connect()

    def connect(self) -> tuple[LuxidProtocol, StringTransport]:
        protocol, transport = self.factory.buildProtocol(None), StringTransport()
        protocol.makeConnection(transport)
        return protocol, transport

    def replies(self) -> list[Any]:
        """The results since the last time; an error for each that failed."""
        *messages, rest = self.transport.value().split(END_OF_MESSAGE)
        self.assertEqual(rest, b"")
        self.transport.clear()
        results = []
        for message in messages:
            try:
                results.append(decode_reply(message))
            except JobDaemonError as error:
                results.append(error)
        return results

    def wait(self, job: int = 1) -> bytes:
        return encode_request("WaitForJobChange", [job, ["status"], ["running"], -1, 60])

    def start_job(self) -> None:
        self.protocol.dataReceived(encode_request("SubmitJob", [[start("a")]]))
        self.settle()
        self.assertEqual(self.replies(), [1])

    def test_interfaces(self) -> None:
        verifyClass(IProtocol, LuxidProtocol)
        verifyObject(IProtocol, self.protocol)
        verifyObject(IProtocolFactory, self.factory)

    def test_request_and_reply(self) -> None:
        self.protocol.dataReceived(self.GOOD)
        self.assertEqual(self.replies(), [[]])
        self.assertFalse(self.transport.disconnecting)

    def test_every_byte_boundary(self) -> None:
        for cut in range(len(self.GOOD) + 1):
            self.protocol.dataReceived(self.GOOD[:cut])
            self.protocol.dataReceived(self.GOOD[cut:])
            self.assertEqual(self.replies(), [[]])

    def test_byte_by_byte(self) -> None:
        for byte in self.GOOD * 3:
            self.protocol.dataReceived(bytes([byte]))
        self.assertEqual(self.replies(), [[], [], []])

    def test_pipelined_requests_are_answered_in_order(self) -> None:
        fields = ["cluster_name", "drain_flag"]
        values = [encode_request("QueryConfigValues", [[name]]) for name in fields]
        self.protocol.dataReceived(b"".join(values))
        self.assertEqual(self.replies(), [["cluster"], [False]])

    def test_thousands_of_pipelined_requests(self) -> None:
        self.protocol.dataReceived(self.GOOD * 5000)
        self.assertEqual(self.replies(), [[]] * 5000)

    def test_thousands_of_pipelined_waits_that_answer_at_once(self) -> None:
        self.start_job()
        wait = encode_request("WaitForJobChange", [1, ["status"], None, -1, 60])
        self.protocol.dataReceived(wait * 3000)
        self.assertEqual(self.replies(), [[["running"], []]] * 3000)

    def test_requests_behind_a_wait_have_to_wait(self) -> None:
        self.start_job()
        self.protocol.dataReceived(self.wait() + self.GOOD)
        self.protocol.dataReceived(self.GOOD)
        self.assertEqual(self.replies(), [])
        self.clock.pump([4, 6])
        first, *rest = self.replies()
        self.assertEqual(first[0], ["running"])
        self.assertEqual(rest, [[], []])

    def test_waits_of_different_connections_do_not_wait_for_each_other(self) -> None:
        self.start_job()
        self.protocol.dataReceived(self.wait())
        other, transport = self.connect()
        other.dataReceived(self.GOOD)
        self.assertEqual(decode_reply(transport.value()[:-1]), [])

    def test_client_that_leaves_is_forgotten(self) -> None:
        self.start_job()
        timers = len(self.clock.getDelayedCalls())
        self.protocol.dataReceived(self.wait() + self.GOOD)
        self.assertEqual(len(self.clock.getDelayedCalls()), timers + 1)
        self.protocol.connectionLost(Failure(ConnectionDone()))
        self.assertEqual(len(self.clock.getDelayedCalls()), timers)
        self.clock.pump([4, 6])
        self.assertEqual(self.transport.value(), b"")

    def test_client_that_leaves_does_not_stop_its_job(self) -> None:
        self.start_job()
        self.protocol.connectionLost(Failure(ConnectionDone()))
        self.clock.pump([4, 6])
        self.assertEqual(self.daemon.queue.jobs[1].status, "success")

    def test_garbage_is_answered_and_the_connection_closed(self) -> None:
        for garbage in (b"garbage", b"", b"[]", b"\xff\xfe\x00"):
            protocol, transport = self.connect()
            protocol.dataReceived(garbage + END_OF_MESSAGE + self.GOOD)
            protocol.dataReceived(self.GOOD)
            self.assertTrue(transport.disconnecting)
            self.assertEqual(transport.value().count(END_OF_MESSAGE), 1)
            self.assertIn(b"Failed to parse request: ", transport.value())

    def test_error_with_a_class_keeps_the_connection(self) -> None:
        self.protocol.dataReceived(encode_request("PickupJob", [1]) + self.GOOD)
        error, result = self.replies()
        self.assertEqual((error.class_name, result), ("GenericError", []))
        self.assertFalse(self.transport.disconnecting)

    def test_lost_job_keeps_the_connection(self) -> None:
        self.protocol.dataReceived(self.wait(99) + self.GOOD)
        error, result = self.replies()
        self.assertEqual((error.class_name, result), ("JobLost", []))

    def test_request_without_an_end_is_not_answered(self) -> None:
        self.protocol.dataReceived(b"garbage")
        self.assertEqual(self.transport.value(), b"")
        self.assertFalse(self.transport.disconnecting)

    def test_endless_request_closes_the_connection(self) -> None:
        self.patch(simulator_protocol, "Framer", lambda: Framer(100))
        protocol, transport = self.connect()
        protocol.dataReceived(self.GOOD + b"x" * 101)
        self.assertTrue(transport.disconnecting)

    def test_bug_in_a_call_is_logged_and_answered(self) -> None:
        def broken(_: JobDaemon) -> None:
            raise ZeroDivisionError("a bug")

        self.patch(calls, "METHODS", {**METHODS, "QueryClusterInfo": Method(broken)})
        self.protocol.dataReceived(encode_request("QueryClusterInfo", []) + self.GOOD)
        error, result = self.replies()
        self.assertEqual((error.class_name, result), ("GenericError", []))
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)


class SizeTests(SynchronousTestCase):
    """How people write the size of a cluster."""

    def test_nothing_means_the_small_cluster(self) -> None:
        for text in ("", " ", ","):
            self.assertTrue(parse_size(text).is_small)

    def test_all_at_once(self) -> None:
        size = parse_size("nodes=500, instances=10000,jobs=5000,seed=7")
        self.assertEqual(size, Size(nodes=500, instances=10000, jobs=5000, seed=7))
        self.assertFalse(size.is_small)

    def test_small_cluster_with_many_jobs(self) -> None:
        self.assertEqual(parse_size("jobs=50"), Size(jobs=50))
        self.assertTrue(parse_size("jobs=50,seed=2").is_small)

    def test_mistakes_are_named(self) -> None:
        for text, word in (
            ("disks=5", "'disks=5'"),
            ("nodes", "'nodes'"),
            ("nodes=many", "'many'"),
            ("nodes=", "''"),
            ("nodes=-1", "'-1'"),
            ("nodes=1.5", "'1.5'"),
            ("nodes=0", "at least 1"),
            ("nodes=1,nodes=2", "twice"),
            ("nodes=²", "'²'"),
        ):
            error = self.assertRaises(ValueError, parse_size, text)
            self.assertIn(word, str(error))


class ServiceTests(SynchronousTestCase):
    """The job daemon on its socket."""

    def setUp(self) -> None:
        self.reactor = MemoryReactorClock()
        self.reactor.advance(START)

    def started(self, size: str = "") -> tuple[SimulatedJobDaemon, LuxidFactory]:
        service = SimulatedJobDaemon(self.reactor, "/run/luxi", parse_size(size))
        service.startService()
        return service, self.reactor.unixServers[-1][1]

    def ask(self, factory: LuxidFactory, method: str, *args: object) -> Any:
        protocol, transport = factory.buildProtocol(None), StringTransport()
        protocol.makeConnection(transport)
        protocol.dataReceived(encode_request(method, args))
        return decode_reply(transport.value()[:-1])

    def test_interface(self) -> None:
        verifyObject(IService, self.started()[0])

    def test_listens_for_the_owner_only(self) -> None:
        self.started()
        path, _, _, mode, _ = self.reactor.unixServers[0]
        self.assertEqual((path, mode), ("/run/luxi", 0o600))

    def test_small_cluster_has_something_of_everything(self) -> None:
        _, factory = self.started()
        for method in ("QueryNodes", "QueryInstances", "QueryGroups"):
            self.assertTrue(self.ask(factory, method, [], ["name"], False), method)
        jobs = self.ask(factory, "QueryJobs", None, ["id", "status", "summary", "ops"])
        self.assertEqual([job[0] for job in jobs], [1, 2, 3, 4, 5, 6])
        self.assertEqual({job[1] for job in jobs}, {"success"})

    def test_size(self) -> None:
        service, factory = self.started("nodes=5,instances=40,jobs=60,seed=7")
        self.assertEqual(len(self.ask(factory, "QueryNodes", [], ["name"], False)), 5)
        self.assertEqual(len(self.ask(factory, "QueryInstances", [], ["name"], False)), 40)
        statuses = self.ask(factory, "QueryJobs", None, ["status"])
        self.assertEqual((len(statuses), statuses.count(["error"])), (60, 2))
        self.assertEqual(len(service.queue.jobs), 60)

    def test_same_seed_same_cluster(self) -> None:
        def uuids(size: str) -> Any:
            return self.ask(self.started(size)[1], "QueryInstances", [], ["uuid", "name"], False)

        size = "nodes=3,instances=10,seed="
        self.assertEqual(uuids(size + "7"), uuids(size + "7"))
        self.assertNotEqual(uuids(size + "7"), uuids(size + "8"))

    def test_a_real_job_runs_to_its_end(self) -> None:
        service, factory = self.started()
        name = service.cluster.instances[0].name
        op = {"OP_ID": "OP_INSTANCE_REBOOT", "instance_name": name, "reboot_type": "hard"}
        job = self.ask(factory, "SubmitJob", [{**op, "reason": []}])
        self.reactor.pump([1] * 120)
        self.assertEqual(self.ask(factory, "QueryJobs", [job], ["status"]), [["success"]])

    def test_stop_disconnects_clients_and_leaves_no_timer(self) -> None:
        service, factory = self.started()
        protocol, transport = factory.buildProtocol(None), StringTransport()
        protocol.makeConnection(transport)
        name = service.cluster.instances[0].name
        op = {"OP_ID": "OP_INSTANCE_REBOOT", "instance_name": name, "reboot_type": "hard"}
        protocol.dataReceived(encode_request("SubmitJob", [[{**op, "reason": []}]]))
        self.reactor.advance(0)
        wait = encode_request("WaitForJobChange", [7, ["id"], [7], 99, 60])
        protocol.dataReceived(wait)
        self.successResultOf(service.stopService())
        self.assertTrue(transport.disconnected or transport.disconnecting)
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_stop_before_start_is_harmless(self) -> None:
        service = SimulatedJobDaemon(self.reactor, "/run/luxi", parse_size(""))
        self.successResultOf(service.stopService())
