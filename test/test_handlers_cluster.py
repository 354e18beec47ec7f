from __future__ import annotations

from ganeti_rapi.errors import JobDaemonError

from .harness import ApiCase, FollowCase


class InfoTests(ApiCase):
    def test_settings_have_the_names_that_modify_takes_too(self) -> None:
        self.daemon.answers["QueryClusterInfo"] = {
            "name": "c",
            "volume_group_name": "xenvg",
            "drbd_usermode_helper": None,
        }
        self.assertEqual(
            self.ask("GET", "/2/info").json(),
            {
                "name": "c",
                "volume_group_name": "xenvg",
                "drbd_usermode_helper": None,
                "vg_name": "xenvg",
                "drbd_helper": None,
            },
        )
        self.assertEqual(self.daemon.calls, [("QueryClusterInfo",)])

    def test_settings_that_are_not_there_get_no_other_name(self) -> None:
        self.daemon.answers["QueryClusterInfo"] = {"name": "c"}
        self.assertEqual(self.ask("GET", "/2/info").json(), {"name": "c"})


class OperatingSystemsTests(FollowCase):
    def test_names_with_variants(self) -> None:
        self.job_ends([["debian", ["11", "12"]], ["noop", []], ["old", None]])
        names = self.ask("GET", "/2/os").json()
        self.assertEqual(names, ["debian+11", "debian+12", "noop", "old"])
        (opcode,) = self.daemon.submitted
        self.assertEqual(opcode["OP_ID"], "OP_OS_DIAGNOSE")
        self.assertEqual((opcode["output_fields"], opcode["names"]), (["name", "variants"], []))

    def test_the_jobs_end_is_waited_for(self) -> None:
        self.job_ends([])
        self.daemon.changes.insert(
            1, (["running", []], [[3, [0, 0], "message", "a"], [4, [0, 0], "message", "b"]])
        )
        self.assertEqual(self.ask("GET", "/2/os?bulk=0").json(), [])
        running = ["running", []]
        known = ((None, 0), (running, 0), (running, 4), (running, 4))
        self.assertEqual(
            self.daemon.waits,
            [(4711, ("status", "opstatus"), previous, serial, 60.0) for previous, serial in known],
        )

    def test_details(self) -> None:
        parameters = [["size", "How large"], ["url", "Where from"]]
        self.job_ends([["noop", True, ["v"], parameters, [20], False, False, True]])
        self.assertEqual(
            self.ask("GET", "/2/os?bulk=1").json(),
            [
                {
                    "name": "noop",
                    "valid": True,
                    "variants": ["v"],
                    "api_versions": [20],
                    "blacklisted": False,
                    "hidden": False,
                    "trusted": True,
                    "parameters": [
                        {"name": "size", "description": "How large"},
                        {"name": "url", "description": "Where from"},
                    ],
                }
            ],
        )

    def test_a_job_that_fails(self) -> None:
        self.job_ends(["OpExecError", ["all nodes are down"]], status="error")
        self.assert_error("GET", "/2/os", None, "Job 4711: all nodes are down", 500)

    def test_a_job_that_is_canceled(self) -> None:
        self.job_ends(None, status="canceled")
        self.assert_error("GET", "/2/os", None, "Job 4711 was canceled", 500)

    def test_a_result_that_is_no_list(self) -> None:
        self.job_ends(None)
        message = "The result of job 4711 is not what it must be"
        self.assert_error("GET", "/2/os", None, message, 502)


class FilterTests(ApiCase):
    RULE = {"priority": 3, "predicates": [["jobid", [">", "id", 0]]], "action": "REJECT"}

    def setUp(self) -> None:
        super().setUp()
        self.daemon.answers.update(ReplaceFilter="u-1", DeleteFilter=None)

    def test_a_rule_is_added(self) -> None:
        response = self.ask("POST", "/2/filters", {**self.RULE, "reason": [["me", "why", 0]]})
        self.assertEqual(response.json(), "u-1")
        arguments = (3, self.RULE["predicates"], "REJECT", [["me", "why", 0]])
        self.assertEqual(self.daemon.calls, [("ReplaceFilter", None, *arguments)])

    def test_what_is_left_out_has_a_default(self) -> None:
        self.ask("POST", "/2/filters", {})
        self.assertEqual(self.daemon.calls, [("ReplaceFilter", None, 0, [], "CONTINUE", [])])

    def test_a_rule_is_replaced(self) -> None:
        self.assertEqual(self.ask("PUT", "/2/filters/u-1", {"priority": 1}).json(), "u-1")
        self.assertEqual(self.daemon.calls, [("ReplaceFilter", "u-1", 1, [], "CONTINUE", [])])

    def test_what_is_no_rule(self) -> None:
        invalid = "Invalid parameter {}: expected {}"
        for body, message in (
            (None, "Missing request body: expected an object"),
            ([], "Invalid request body: expected an object, got a list"),
            ({"uuid": "x"}, "There is no parameter 'uuid' here"),
            ({"a\nb": 1}, r"There is no parameter 'a\nb' here"),
            (
                {"priority": "1"},
                invalid.format("priority", "an integer of at least 0, got a string"),
            ),
            (
                {"priority": -1},
                invalid.format("priority", "an integer of at least 0, got one outside that range"),
            ),
            ({"predicates": {}}, invalid.format("predicates", "a list, got an object")),
            ({"reason": "x"}, invalid.format("reason", "a list, got a string")),
        ):
            self.assert_refused("POST", "/2/filters", body, message)
            self.assert_refused("PUT", "/2/filters/u-1", body, message)

    def test_a_rule_that_the_daemon_cannot_parse(self) -> None:
        for kind, text, status in (
            ("", "malformed FilterAction", 400),
            ("GenericError", "Unable to parse UUID", 400),
            ("GenericError", "something else", 500),
        ):
            self.daemon.answers["ReplaceFilter"] = JobDaemonError(kind, text)
            response = self.ask("PUT", "/2/filters/u-1", self.RULE)
            self.assertEqual(response.status, status, text)
            self.assertIn(text, response.json()["message"])

    def test_a_rule_is_deleted(self) -> None:
        response = self.ask("DELETE", "/2/filters/u-1", {})
        self.assertEqual((response.status, response.body), (200, b"null\n"))
        self.assertEqual(self.daemon.calls, [("DeleteFilter", "u-1")])

    def test_a_rule_that_is_not_there(self) -> None:
        for kind, status in (("GenericError", 404), ("LockError", 500)):
            self.daemon.answers["DeleteFilter"] = JobDaemonError(kind, "no such rule")
            self.assert_error("DELETE", "/2/filters/u-1", None, "no such rule", status)


class QueryTests(ApiCase):
    ANSWER = {"fields": [{"name": "name"}], "data": [[[0, "n1"]]]}

    def setUp(self) -> None:
        super().setUp()
        self.daemon.answers.update(Query=self.ANSWER, QueryFields={"fields": []})

    def test_all_objects(self) -> None:
        response = self.ask("GET", "/2/query/node?fields=name,+role+,%09uuid")
        self.assertEqual(response.json(), self.ANSWER)
        self.assertEqual(self.daemon.calls, [("Query", "node", ["name", "role", "uuid"], None)])

    def test_some_objects(self) -> None:
        chosen, other = ["=", "name", "n1"], ["?", "name"]
        for body, fields, qfilter in (
            ({"fields": ["name"], "qfilter": chosen}, ["name"], chosen),
            ({"fields": ["name"], "filter": chosen}, ["name"], chosen),
            ({"fields": ["name"], "filter": other, "qfilter": chosen}, ["name"], chosen),
            ({"fields": ["name"]}, ["name"], None),
            ({"qfilter": chosen}, ["role"], chosen),
            ({}, ["role"], None),
        ):
            response = self.ask("PUT", "/2/query/node?fields=role", body)
            self.assertEqual(response.json(), self.ANSWER)
            self.assertEqual(self.daemon.calls, [("Query", "node", fields, qfilter)])

    def test_what_a_query_needs(self) -> None:
        asked = "Missing argument fields: expected words with commas"
        needed = "Missing parameter fields: expected a list of strings"
        for method, query, body, message in (
            ("GET", "", None, asked),
            ("GET", "?fields=", None, asked),
            ("PUT", "", {}, needed),
            ("PUT", "", {"qfilter": None}, needed),
            (
                "PUT",
                "?fields=name",
                None,
                "Missing request body: expected an object",
            ),
            (
                "PUT",
                "?fields=name",
                ["name"],
                "Invalid request body: expected an object, got a list",
            ),
            (
                *("PUT", "", {"fields": "name"}),
                "Invalid parameter fields: expected a list of strings or null, got a string",
            ),
            (
                *("PUT", "", {"fields": [1]}),
                "Invalid parameter fields: item 0: expected a string, got a number",
            ),
        ):
            self.assert_refused(method, f"/2/query/node{query}", body, message)

    def test_what_cannot_be_queried(self) -> None:
        for method, path, body in (
            ("GET", "/2/query/x?fields=name", None),
            ("PUT", "/2/query/x", {"fields": ["name"]}),
            ("GET", "/2/query/x/fields", None),
        ):
            message = (
                "'x' cannot be queried; use one of "
                "instance, node, group, network, job, lock, filter, export"
            )
            self.assert_refused(method, path, body, message, 404)

    def test_a_filter_that_the_daemon_cannot_parse(self) -> None:
        self.daemon.answers["Query"] = JobDaemonError("", "no such operator")
        body = {"fields": ["name"], "qfilter": ["??"]}
        message = "The query does not parse: no such operator"
        self.assert_error("PUT", "/2/query/node", body, message)
        self.daemon.answers["Query"] = JobDaemonError("GenericError", "oh")
        self.assert_error("PUT", "/2/query/node", body, "oh", 500)

    def test_fields(self) -> None:
        for query, names in (("", None), ("?fields=", None), ("?fields=a,b", ["a", "b"])):
            self.assertEqual(self.ask("GET", f"/2/query/node/fields{query}").json(), {"fields": []})
            self.assertEqual(self.daemon.calls, [("QueryFields", "node", names)])
