from __future__ import annotations

import re
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import LogLevel, eventAsText
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.api.access import Rules
from ganeti_rapi.api.resources import RESOURCES
from ganeti_rapi.auth.guessing import FREE_FOR_ADDRESS
from ganeti_rapi.errors import (
    EXPLAIN,
    JobDaemonError,
    LuxiError,
    LuxiMessageTooLarge,
    LuxiProtocolError,
    LuxiTimeout,
    LuxiUnreachable,
)
from ganeti_rapi.web.sliced import SLICE

from .harness import (
    ADMIN,
    PEER,
    READER,
    VISITOR,
    Connection,
    Response,
    ScriptedServer,
    Server,
    basic,
    captured_log,
    encode_request,
    exchange,
    reason_of,
)

FORBIDDEN = "This takes the permission cluster.modify, which you do not have"

CHALLENGE = 'Basic realm="Ganeti Remote API"'
JSON = {"Content-Type": "application/json", "Authorization": basic(ADMIN)}


class CycleCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.server = ScriptedServer()
        self.daemon = self.server.daemon
        self.daemon.answers.update(QueryClusterInfo={"name": "c"}, QueryTags=["t"])
        self.events = captured_log(self)

    def assert_error(self, response: Response, code: int, words: str | None = None) -> None:
        error = response.json()
        self.assertEqual((response.status, error["code"]), (code, code), error["message"])
        self.assertTrue(error["explain"].startswith(EXPLAIN[code]))
        if words is not None:
            self.assertIn(words, reason_of(error))

    def logged(self) -> list[str]:
        """What is logged, without the ids of requests."""
        lines = [
            eventAsText(event, includeTimestamp=False, includeSystem=False) for event in self.events
        ]
        return [re.sub(r" \[[0-9a-f]{8}-[0-9a-f]+\]$", "", line) for line in lines]


class OrderTests(CycleCase):
    """The order of the checks is the stock daemon's."""

    def setUp(self) -> None:
        super().setUp()
        self.strict = ScriptedServer(require_authentication=True, login_delay=0)
        self.strict.daemon.answers["QueryClusterInfo"] = {}

    def test_path_and_method_come_before_the_credentials(self) -> None:
        for user in (None, "admin:wrong", VISITOR, ADMIN):
            self.assert_error(self.server.ask("PUT", "/nosuch", user=user), 404)
            self.assert_error(self.server.ask("PUT", "/version", user=user), 501)

    def test_where_all_must_authenticate_that_comes_first(self) -> None:
        for method, path in (
            *(("GET", "/nosuch"), ("PUT", "/version"), ("GET", "/2/info"), ("OPTIONS", "/2/info")),
            *(("PUT", "/2/tags"), ("GET", "/2/")),
        ):
            for user in (None, "admin:wrong", "nobody:x"):
                response = self.strict.ask(method, path, user=user)
                self.assert_error(response, 401)
                self.assertEqual(response.headers["www-authenticate"], CHALLENGE)

    def test_and_then_the_others(self) -> None:
        self.assert_error(self.strict.ask("GET", "/nosuch", user=VISITOR), 404)
        self.assert_error(self.strict.ask("PUT", "/version", user=VISITOR), 501)
        self.assert_error(self.strict.ask("PUT", "/2/tags", user=VISITOR), 403)
        self.assertEqual(self.strict.ask("GET", "/2/info", user=VISITOR).status, 200)

    def test_access_comes_before_the_body(self) -> None:
        bad = {"Authorization": basic(READER), "Content-Type": "text/plain"}
        for method, headers, code in (
            (b"PATCH", bad, 501),
            (b"PUT", {**bad, "Authorization": basic("x:y")}, 401),
            (b"PUT", bad, 403),
            (b"PUT", {**bad, "Authorization": basic(ADMIN)}, 415),
            (b"PUT", JSON, 400),
        ):
            self.assert_error(exchange(self.server.site, method, b"/2/modify", headers, b"{"), code)

    def test_the_body_comes_before_its_parameters(self) -> None:
        path = b"/2/modify?compression_tools=1"
        self.assert_error(exchange(self.server.site, b"PUT", path, JSON, b"{"), 400)
        self.assert_error(exchange(self.server.site, b"PUT", path, JSON, b"{}"), 403)


class CredentialsTests(CycleCase):
    def test_wrong_ones_are_refused_on_open_resources_too(self) -> None:
        for header in (
            *("Basic", "Bearer x", "", "Digest username=admin", "Basic !"),
            *(basic("admin:wrong"), basic("nobody:sesame"), basic("admin"), basic(":")),
        ):
            response = self.server.ask(
                "GET", "/version", user=None, headers={"Authorization": header}
            )
            if header == "Basic":
                self.assert_error(response, 400, "Basic authentication requires credentials")
            else:
                self.assert_error(response, 401)
                self.assertEqual(response.headers["www-authenticate"], CHALLENGE)

    def test_access(self) -> None:
        self.daemon.answers.update(
            Query={"fields": [], "data": []}, QueryInstances=[[{"kind": "ssh"}, True]]
        )
        everybody = (None, VISITOR, READER, ADMIN)
        for method, path, codes in (
            ("GET", "/2/info", (200, 200, 200, 200)),
            ("GET", "/2/query/node?fields=name", (401, 403, 200, 200)),
            ("GET", "/2/instances/web/console", (401, 403, 200, 200)),
            ("PUT", "/2/tags?tag=t", (401, 403, 403, 200)),
            (
                "GET",
                "/2/nodes/n/storage?storage_type=file&output_fields=name",
                (401, 403, 403, 200),
            ),
        ):
            replies = [self.server.ask(method, path, user=user) for user in everybody]
            self.assertEqual(tuple(reply.status for reply in replies), codes, path)

    def test_no_cell_lets_in_less_or_more_than_it_says(self) -> None:
        """Whoever may not is told so before anything else happens."""
        path_items = re.compile(r"{\w+}")
        for row in RESOURCES:
            for method, cell in row.cells.items():
                path = path_items.sub("1", row.uri)
                anonymous = self.server.ask(method, path, user=None).status
                visitor = self.server.ask(method, path, user=VISITOR).status
                refused = not cell.is_open(Rules.GANETI_3_0)
                self.assertEqual((anonymous == 401, visitor == 403), (refused, refused), path)
        self.flushLoggedErrors()  # of open resources, whose daemon has no script

    def test_forbidden_carries_no_challenge(self) -> None:
        response = self.server.ask("PUT", "/2/tags", user=VISITOR)
        self.assert_error(response, 403, "permission tags.set")
        self.assertNotIn("www-authenticate", response.headers)


class MethodTests(CycleCase):
    def test_head_wherever_get(self) -> None:
        self.assertEqual(self.server.ask("HEAD", "/2/info").status, 200)
        self.assertEqual(self.server.ask("HEAD", "/2/instances").status, 500)
        self.flushLoggedErrors(AssertionError)
        self.assertEqual(self.server.ask("HEAD", "/2/modify").status, 501)
        self.assertEqual(self.server.ask("HEAD", "/nosuch").status, 404)

    def test_head_is_what_get_is_without_the_body(self) -> None:
        get = self.server.ask("GET", "/2/info")
        head = self.server.ask("HEAD", "/2/info")
        self.assertEqual(head.body, b"")
        self.assertEqual(set(head.headers), set(get.headers))
        self.assertEqual(head.headers["content-length"], str(len(get.body)))

    def test_head_of_an_error(self) -> None:
        response = self.server.ask("HEAD", "/nosuch")
        self.assertEqual((response.status, response.body), (404, b""))

    def test_head_of_a_long_reply_is_answered_in_one_go(self) -> None:
        self.daemon.answers["QueryClusterInfo"] = {"name": "x" * SLICE}
        connection = self.server.connect()
        connection.send(encode_request(b"HEAD", b"/2/info") + encode_request(b"GET", b"/version"))
        head, version = connection.received(b"HEAD", b"GET")
        self.assertGreater(int(head.headers["content-length"]), SLICE)
        self.assertEqual((head.status, version.body), (200, b"2\n"))

    def test_options_tells_the_methods(self) -> None:
        for path, allow in (
            ("/version", "GET, HEAD, OPTIONS"),
            ("/2/tags", "GET, PUT, DELETE, HEAD, OPTIONS"),
            ("/2/modify", "PUT, OPTIONS"),
        ):
            response = self.server.ask("OPTIONS", path, user=None)
            self.assertEqual((response.status, response.headers["allow"]), (204, allow))
        self.assertEqual(self.server.ask("OPTIONS", "/nosuch").status, 404)

    def test_other_methods_are_not_implemented(self) -> None:
        for method in ("PUT", "POST", "DELETE", "PATCH", "TRACE", "CONNECT", "BREW", "put"):
            response = self.server.ask(method, "/version")
            words = f"Method {method.upper()} is unsupported for path /version"
            self.assert_error(response, 501, words)
            self.assertEqual(response.headers["allow"], "GET, HEAD, OPTIONS")

    def test_methods_in_lower_case(self) -> None:
        self.assertEqual(self.server.ask("get", "/version").body, b"2\n")
        self.assertEqual(self.server.ask("Put", "/2/tags?tag=t").body, b"4711\n")
        self.assertEqual(self.server.ask("options", "/version").status, 204)


class BodyTests(CycleCase):
    def put(self, body: bytes, content_type: str | None = "application/json") -> Response:
        headers = {"Authorization": basic(ADMIN)}
        if content_type is not None:
            headers["Content-Type"] = content_type
        return exchange(self.server.site, b"PUT", b"/2/tags", headers, body)

    def test_json_by_any_of_its_names(self) -> None:
        for content_type in (
            *("application/json", "Application/JSON", "application/json; charset=utf-8"),
            *("application/json;charset=UTF-8", " application/json ; x=y"),
        ):
            self.assertEqual(self.put(b'["t"]', content_type).status, 200, content_type)

    def test_other_types_are_unsupported(self) -> None:
        for content_type in (
            *(None, "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"),
            *("application/jsonp", "application/json-seq", "text/json", "json"),
        ):
            response = self.put(b'["t"]', content_type)
            self.assert_error(response, 415, "application/json")

    def test_a_form_is_not_read(self) -> None:
        headers = {**JSON, "Content-Type": "application/x-www-form-urlencoded"}
        path = b"/2/instances/web/reboot"
        response = exchange(self.server.site, b"POST", path, headers, b"type=soft")
        self.assert_error(response, 415)

    def test_no_type_is_needed_without_a_body(self) -> None:
        for content_type in (None, "text/plain"):
            self.assertEqual(self.put(b"", content_type).status, 200)

    def test_what_is_no_json_is_refused(self) -> None:
        for body in (
            *(
                b"{",
                b"nonsense",
                b"[1,]",
                b"{'a': 1}",
                b" ",
                b"\r\n",
                b"\xff",
                b"NaN",
                b"[Infinity]",
            ),
            *(b'["a"] x', b"[" * 200_000, b"1" * 10_000),
        ):
            self.assert_error(self.put(body), 400, "Unable to parse JSON data: ")

    def test_null_is_no_body(self) -> None:
        self.assertEqual(self.put(b"null").status, 200)
        response = self.server.ask("PUT", "/2/modify")
        null = exchange(self.server.site, b"PUT", b"/2/modify", JSON, b"null")
        self.assertEqual(null.json(), response.json())

    def test_text_in_utf8(self) -> None:
        self.assertEqual(self.put('["ü"]'.encode()).status, 200)
        self.assertEqual(self.daemon.submitted[0]["tags"], ["ü"])

    def test_a_get_may_have_a_body(self) -> None:
        self.daemon.changes = [None]
        response = self.server.ask("GET", "/2/jobs/1/wait", {"fields": ["status"]})
        self.assertEqual((response.status, response.body), (200, b"null\n"))


class QueryTests(CycleCase):
    """How the query string is read, seen at the flag of OP_INSTANCE_QUERY_DATA."""

    def static(self, query: str) -> object:
        self.daemon.calls.clear()
        response = self.server.ask("GET", f"/2/instances/web/info?{query}")
        if response.status == 400:
            return response.json()["message"]
        return self.daemon.submitted[0]["static"]

    def test_flags(self) -> None:
        for query, value in (
            *(("", False), ("static", False), ("static=", False), ("static=0", False)),
            *(("static=1", True), ("static=2", True), ("static=-1", True), ("static=%31", True)),
            *(("static=1&static=0", True), ("static=0&static=1", False)),
            *(("static=&static=1", True), ("a=1;static=1", False), ("STATIC=1", False)),
            *(("x=1&static=1", True), ("static=1?x", "static"), ("&&static=1&", True)),
        ):
            found = self.static(query)
            if isinstance(value, str):
                self.assertIn(value, str(found))
            else:
                self.assertIs(found, value, query)

    def test_what_is_no_flag(self) -> None:
        for text in ("true", "yes", "1.0", "on", "x", "9" * 5000):
            self.assertEqual(
                self.static(f"static={text}"),
                "Invalid parameter OP_INSTANCE_QUERY_DATA.static: "
                "expected 1 or 0, got another string",
            )

    def test_a_plus_is_a_space_and_escapes_are_utf8(self) -> None:
        for text, value in (("a+b", "a b"), ("a%2Bb", "a+b"), ("%C3%BC", "ü"), ("%ff", "\ufffd")):
            self.server.ask("PUT", f"/2/tags?tag={text}")
            self.assertEqual(self.daemon.submitted[0]["tags"], [value])
            self.daemon.calls.clear()


class FailureTests(CycleCase):
    def fail_with(self, error: object, path: str = "/2/info") -> Response:
        self.daemon.answers.update(QueryClusterInfo=error, SubmitJob=error)
        return self.server.ask("PUT" if path != "/2/info" else "GET", path)

    def test_errors_of_the_job_daemon(self) -> None:
        for error, code, words in (
            (LuxiUnreachable("Can't connect"), 502, "Can't connect"),
            (LuxiTimeout("not in time"), 504, "not in time"),
            (LuxiProtocolError("no LUXI"), 502, "no LUXI"),
            (LuxiMessageTooLarge("too large"), 502, "too large"),
            (JobDaemonError("", "no parse"), 502, "The job daemon refused the request: no parse"),
            (JobDaemonError("GenericError", "oh"), 500, "oh"),
            (JobDaemonError("GenericError", "Queue drained"), 503, "accepts no new jobs"),
            (JobDaemonError("JobQueueFull", "full"), 503, "full"),
            (JobDaemonError("JobLost", "gone"), 404, "gone"),
            (JobDaemonError("OpPrereqError", "what?", "unknown_entity"), 404, "what?"),
            (JobDaemonError("OpPrereqError", "wrong", "wrong_input"), 400, "wrong"),
            (JobDaemonError("OpPrereqError", "state", "wrong_state"), 500, "state"),
        ):
            self.assert_error(self.fail_with(error), code, words)
        self.assertEqual(self.flushLoggedErrors(LuxiError), [])

    def test_what_nobody_expected_has_an_incident_id(self) -> None:
        response = self.fail_with(RuntimeError("the inner secrets"))
        self.assert_error(response, 500, "the log has it as ")
        message = response.json()["message"]
        self.assertNotIn("inner secrets", message)
        incident = message.rsplit(" ", 1)[1]
        self.assertRegex(incident, "^[0-9a-f]{8}-[0-9a-f]+$")
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)
        (event,) = [event for event in self.events if event["log_level"] is LogLevel.critical]
        self.assertIn(incident, eventAsText(event))

    def test_so_has_a_reply_that_is_no_json(self) -> None:
        response = self.fail_with(object())
        self.assert_error(response, 500, "the log has it as ")
        self.assertEqual(len(self.flushLoggedErrors()), 1)

    def test_each_incident_has_its_own(self) -> None:
        messages = {self.fail_with(RuntimeError()).json()["message"] for _ in range(3)}
        self.assertEqual(len(messages), 3)
        self.flushLoggedErrors(RuntimeError)


class DisconnectTests(CycleCase):
    def setUp(self) -> None:
        super().setUp()
        self.cancelled: list[Deferred[Any]] = []

    def pending(self) -> Deferred[Any]:
        return Deferred(self.cancelled.append)

    def request(self, path: bytes, method: bytes = b"GET", server: Any = None) -> Connection:
        connection: Connection = (server or self.server).connect()
        connection.send(encode_request(method, path, JSON))
        self.assertEqual(connection.received(), [])
        return connection

    def test_the_work_ends_when_the_client_leaves(self) -> None:
        for path in (b"/2/info", b"/2/jobs/1/wait?fields=status"):
            self.daemon.answers["QueryClusterInfo"] = pending = self.pending()
            self.daemon.changes = [pending]
            connection = self.request(path)
            self.assertEqual(self.cancelled, [])
            connection.lose()
            self.assertEqual(self.cancelled.pop(), pending)
            self.assertEqual(connection.received(), [])
        self.assertEqual(self.events, [])

    def test_identical_reads_of_objects_are_one_question(self) -> None:
        for path, method, questions in (
            (b"/2/nodes", "QueryNodes", 1),
            (b"/2/nodes?bulk=1", "QueryNodes", 1),
            (b"/2/nodes/n", "QueryNodes", 1),
            (b"/2/tags", "QueryTags", 1),
            (b"/2/instances/web/console", "QueryInstances", 3),  # not open to anyone
        ):
            self.daemon.calls.clear()
            self.daemon.answers[method] = lambda *_: self.pending()
            connections = [self.request(path) for _ in range(3)]
            self.assertEqual(len(self.daemon.calls), questions, path)
            for connection in connections:
                connection.lose()

    def test_a_shared_read_goes_on_for_the_others(self) -> None:
        self.daemon.answers["QueryClusterInfo"] = pending = self.pending()
        first, second = self.request(b"/2/info"), self.request(b"/2/info")
        third = self.request(b"/2/info")
        second.lose()
        self.assertEqual(self.cancelled, [])
        pending.callback({"name": "c"})
        self.assertEqual([c.received()[0].status for c in (first, third)], [200, 200])
        self.assertEqual(len(self.daemon.calls), 2)

    def test_one_who_joins_a_read_waits_no_longer_than_the_first(self) -> None:
        """A job daemon that is silent is not asked for one of them after the other."""
        self.daemon.answers["QueryClusterInfo"] = self.pending
        first = self.request(b"/2/info")
        self.server.clock.advance(29)
        second = self.request(b"/2/info")
        self.server.clock.advance(1)
        self.assertEqual(first.received()[0].status, 504)
        self.assertEqual(second.received(), [])
        self.server.clock.advance(29)
        self.assertEqual(second.received()[0].status, 504)
        self.assertEqual(len(self.cancelled), 2)

    def test_work_that_cannot_be_cancelled_ends_quietly(self) -> None:
        daemon = Stubborn()
        server = Server(daemon, self.daemon)
        self.request(b"/2/info", server=server).lose()
        self.request(b"/2/nodes/n/role", server=server).lose()
        self.assertEqual(daemon.cancelled, 2)
        self.assertEqual(self.events, [])

    def test_a_write_without_its_client_is_noted(self) -> None:
        self.daemon.answers["SubmitJob"] = self.pending()
        self.request(b"/2/tags", b"PUT").lose()
        self.assertEqual(
            self.logged(),
            ["192.0.2.99 admin PUT /2/tags 499 the client left before the reply"],
        )


class Stubborn:
    """A job daemon that answers although it is cancelled."""

    cancelled = 0

    def on_behalf_of(self, who: str) -> Stubborn:
        """As `SharedJobDaemon.on_behalf_of`."""
        return self

    async def call(self, method: str, *args: object) -> Any:  # Any: the method's own result
        """As `JobDaemon.call`."""
        try:
            await Deferred[object]()
        except CancelledError:
            self.cancelled += 1
        return {}


class AuditTests(CycleCase):
    def assert_logged(self, *lines: str) -> None:
        self.assertEqual(self.logged(), list(lines))
        self.events.clear()

    def test_writes_are_noted(self) -> None:
        self.server.ask("PUT", "/2/tags?tag=t")
        self.assert_logged("192.0.2.99 admin PUT /2/tags?tag=t 200 4711")

    def test_so_are_those_that_are_refused(self) -> None:
        for user, name, outcome in (
            (ADMIN, "admin", "400 Missing request body: expected an object"),
            (
                READER,
                "guest",
                f"403 {FORBIDDEN}",
            ),
            (None, "-", "401 Unauthorized"),
        ):
            self.server.ask("PUT", "/2/modify", user=user)
            self.assert_logged(f"192.0.2.99 {name} PUT /2/modify {outcome}")
        self.server.ask("PUT", "/2/modify", user="admin:wrong")
        self.assert_logged(
            "Failed login for 'admin' from 192.0.2.99",
            "192.0.2.99 - PUT /2/modify 401 Unauthorized",
        )

    def test_reads_are_noted_when_they_fail(self) -> None:
        self.server.ask("GET", "/2/info")
        self.server.ask("GET", "/nosuch")
        self.server.ask("OPTIONS", "/version")
        self.daemon.answers["QueryClusterInfo"] = LuxiTimeout("too late")
        self.server.ask("GET", "/2/info", user=None)
        self.assert_logged("192.0.2.99 - GET /2/info 504 too late")
        self.daemon.answers["QueryClusterInfo"] = JobDaemonError("GenericError", "it broke")
        self.server.ask("GET", "/2/info")
        self.assert_logged("192.0.2.99 admin GET /2/info 500 it broke")

    def test_a_note_is_one_line(self) -> None:
        self.daemon.answers["SubmitJob"] = JobDaemonError("GenericError", "one\n  two\r\nthree")
        self.server.ask("PUT", "/2/tags")
        self.assert_logged("192.0.2.99 admin PUT /2/tags 500 one two three")

    def test_a_note_is_not_long(self) -> None:
        self.server.ask("PUT", "/2/tags?tag=" + "t" * 10_000)
        self.daemon.answers["SubmitJob"] = JobDaemonError("GenericError", "x" * 10_000)
        self.server.ask("PUT", "/2/redistribute-config")
        for line in self.logged():
            self.assertLess(len(line), 1200)
            self.assertIn("…", line)

    def test_a_note_shows_what_cannot_be_seen(self) -> None:
        self.daemon.answers["SubmitJob"] = JobDaemonError("GenericError", "a\x1b[2J\x00")
        self.server.ask("PUT", "/2/tags")
        self.assert_logged("192.0.2.99 admin PUT /2/tags 500 a\\x1b[2J\\x00")


class FailedLoginTests(CycleCase):
    """Guessing costs: what has to wait, and for how long, is in test_guessing."""

    def fail_to_log_in(self, name: str = "admin", times: int = FREE_FOR_ADDRESS) -> None:
        for _ in range(times):
            self.assert_error(self.server.ask("GET", "/version", user=f"{name}:wrong"), 401)

    def test_each_is_a_line_in_the_log_for_reads_too(self) -> None:
        self.fail_to_log_in(times=2)
        self.assertEqual(self.logged(), ["Failed login for 'admin' from 192.0.2.99"] * 2)

    def test_after_too_many_none_is_judged_for_a_while(self) -> None:
        self.fail_to_log_in()
        for user in (ADMIN, "admin:wrong", READER, "nobody:x"):
            response = self.server.ask("GET", "/2/info", user=user)
            self.assert_error(
                response, 429, "Too many failed logins; the next one is judged in 1 s"
            )
            self.assertEqual(response.headers["retry-after"], "1")
        self.server.clock.advance(1)
        self.assertEqual(self.server.ask("GET", "/2/info", user=ADMIN).status, 200)

    def test_who_waits_fills_no_log(self) -> None:
        self.fail_to_log_in()
        self.events.clear()
        for method in ("GET", "PUT"):
            self.assert_error(self.server.ask(method, "/2/tags"), 429)
        self.assertEqual(self.events, [])

    def test_what_needs_no_user_is_answered_to_those_who_name_none(self) -> None:
        self.fail_to_log_in()
        self.assertEqual(self.server.ask("GET", "/2/info", user=None).status, 200)

    def test_who_logged_in_from_there_before_is_not_locked_out_by_others(self) -> None:
        self.assertEqual(self.server.ask("GET", "/2/info", user=READER).status, 200)
        self.fail_to_log_in()
        self.assert_error(self.server.ask("GET", "/2/info", user=ADMIN), 429)
        self.assertEqual(self.server.ask("GET", "/2/info", user=READER).status, 200)

    def test_headers_that_hold_no_name_and_password_are_no_guesses(self) -> None:
        for header in ("Bearer x", "Basic", "Basic !", basic("admin")) * FREE_FOR_ADDRESS:
            response = self.server.ask(
                "GET", "/2/info", user=None, headers={"Authorization": header}
            )
            self.assertIn(response.status, (400, 401))
        self.assertEqual(self.events, [])
        self.assertEqual(self.server.ask("GET", "/2/info").status, 200)

    def test_it_can_be_turned_off(self) -> None:
        self.server = ScriptedServer(login_delay=0)
        self.fail_to_log_in(times=100)


class SecretsTests(CycleCase):
    SECRET = "hunter2"

    def create(self, **more: object) -> Response:
        body = {
            "__version__": 1,
            "mode": "create",
            "name": "web",
            "disks": [],
            "nics": [],
            "disk_template": "diskless",
            "osparams_secret": {"key": self.SECRET},
            **more,
        }
        return self.server.ask("POST", "/2/instances", body)

    def test_no_password_and_no_secret_is_logged(self) -> None:
        quoting = f"Can't parse value for 'osparams_secret': {self.SECRET}"
        for answer, code in (
            (4711, 200),
            (JobDaemonError("", quoting), 400),
            (LuxiTimeout("too late"), 504),
            (RuntimeError("unexpected"), 500),
        ):
            self.daemon.answers["SubmitJob"] = answer
            self.assertEqual(self.create().status, code)
        for wrong in (
            {"osparams_secret": self.SECRET},
            {"osparams_secret": [self.SECRET]},
            {"disks": self.SECRET},
            {"mode": self.SECRET},
            {"__version__": self.SECRET},
        ):
            response = self.create(**wrong)
            self.assertEqual(response.status, 400, wrong)
            self.assertNotIn(self.SECRET, response.json()["message"])
        self.flushLoggedErrors(RuntimeError)
        for text in self.logged():
            for secret in (self.SECRET, ADMIN.split(":")[1], basic(ADMIN).split()[1]):
                self.assertNotIn(secret, text)
        self.assertEqual(len(self.events), 4 + 1 + 5)

    def test_a_body_that_is_no_json_is_not_quoted(self) -> None:
        body = b'{"osparams_secret": {"key": "hunter2", }}'
        response = exchange(self.server.site, b"POST", b"/2/instances", JSON, body)
        self.assert_error(response, 400)
        self.assertNotIn(self.SECRET, response.json()["message"] + "".join(self.logged()))


class TurnsTests(CycleCase):
    def test_the_job_daemon_is_asked_on_behalf_of_the_user(self) -> None:
        self.daemon.answers["QueryClusterInfo"] = {}
        for user, who in ((READER, "guest"), (None, PEER.host)):
            self.assertEqual(self.server.ask("GET", "/2/info", user=user).status, 200)
            self.assertEqual(self.daemon.asked_by, who)
