from __future__ import annotations

from collections.abc import Sequence

from .harness import ApiCase, FollowCase


class RoleTests(ApiCase):
    def test_a_role_is_shown_as_a_word(self) -> None:
        for letter, word in (
            *(("M", "master"), ("C", "master-candidate"), ("R", "regular")),
            *(("D", "drained"), ("O", "offline")),
        ):
            self.daemon.answers["QueryNodes"] = [[letter]]
            self.assertEqual(self.ask("GET", "/2/nodes/n/role").json(), word)
            self.assertEqual(self.daemon.calls, [("QueryNodes", ["n"], ["role"], False)])

    def test_a_node_that_is_not_there(self) -> None:
        self.daemon.answers["QueryNodes"] = []
        self.assert_error("GET", "/2/nodes/n/role", None, "There is no node 'n'", 404)

    def test_a_role_is_given(self) -> None:
        for role, flags in (
            ("regular", (False, False, False)),
            ("master-candidate", (True, None, None)),
            ("offline", (None, True, None)),
            ("drained", (None, None, True)),
        ):
            names = ("master_candidate", "offline", "drained")
            self.assertEqual(
                self.submit("PUT", "/2/nodes/n/role", role),
                {
                    "OP_ID": "OP_NODE_SET_PARAMS",
                    "node_name": "n",
                    "force": False,
                    "auto_promote": False,
                    **dict(zip(names, flags)),
                },
            )

    def test_other_bodies_are_refused(self) -> None:
        for body in ("master", "Regular", "", "queen", ["regular"], 1, None):
            response = self.ask("PUT", "/2/nodes/n/role", body)
            expected = "request body: expected one of regular, master-candidate, drained, offline"
            self.assertEqual(response.status, 400)
            self.assertIn(expected, response.json()["message"])
            self.assertEqual(self.daemon.calls, [])

    def test_the_role_in_an_object(self) -> None:
        body = {"role": "drained", "priority": -10, "depends": [[7, []]]}
        opcode = self.submit("PUT", "/2/nodes/n/role", body)
        self.assertEqual((opcode["drained"], opcode["priority"]), (True, -10))
        for wrong, words in (
            ({"role": "master"}, "Invalid parameter role"),
            ({"priority": 10}, "Missing parameter role"),
            ({"role": "drained", "offline": True}, "There is no parameter 'offline' here"),
        ):
            response = self.ask("PUT", "/2/nodes/n/role", wrong)
            self.assertEqual(response.status, 400)
            self.assertIn(words, response.json()["message"])


class NodeMigrationTests(ApiCase):
    def migrate(self, query: str = "", body: object = None) -> object:
        opcode = self.submit("POST", f"/2/nodes/n/migrate{query}", body)
        self.assertEqual((opcode.pop("OP_ID"), opcode.pop("node_name")), ("OP_NODE_MIGRATE", "n"))
        return opcode

    def test_by_body(self) -> None:
        body = {"mode": "live", "iallocator": "hail"}
        for query in ("", "?dry-run=1", "?reason=why", "?mode="):
            self.assertEqual(self.migrate(query, body), body)

    def test_by_query(self) -> None:
        for query, mode in (
            *(("live=1", "live"), ("live=0", "non-live"), ("live=2", "live")),
            *(("mode=live", "live"), ("mode=non-live", "non-live"), ("live=&mode=live", "live")),
        ):
            self.assertEqual(self.migrate(f"?{query}", {"mode": "live", "x": 1}), {"mode": mode})

    def test_what_is_refused(self) -> None:
        for query, message in (
            (
                "live=1&mode=live",
                "The query arguments live and mode mean the same; give one",
            ),
            (
                "live=yes",
                "Invalid parameter OP_NODE_MIGRATE.mode: expected 1 or 0, got another string",
            ),
            (
                "mode=warm",
                "Invalid parameter OP_NODE_MIGRATE.mode: "
                "expected one of live, non-live, got another string",
            ),
        ):
            self.assert_refused("POST", f"/2/nodes/n/migrate?{query}", None, message)


class StorageTests(ApiCase):
    def test_what_can_be_changed(self) -> None:
        path = "/2/nodes/n/storage/modify?storage_type=lvm-pv&name=sda"
        for query, changes in (
            *(("", {}), ("&allocatable=", {}), ("&allocatable=1", {"allocatable": True})),
            *(("&allocatable=0", {"allocatable": False}), ("&size=1", {})),
        ):
            self.assertEqual(self.submit("PUT", path + query)["changes"], changes)

    def test_an_unknown_type(self) -> None:
        path = "/2/nodes/n/storage?storage_type=tape&output_fields=name"
        response = self.ask("GET", path)
        self.assertEqual(response.status, 400)
        self.assertIn("OP_NODE_QUERY_STORAGE.storage_type", response.json()["message"])


class EvacuationTests(FollowCase):
    """Both forms: with a body a job, without one the list of what is moved."""

    def jobs(self, *accepted: Sequence[object]) -> dict[str, object]:
        return {"jobs": list(accepted)}

    def test_by_body(self) -> None:
        body = {"mode": "all", "iallocator": "hail"}
        opcode = self.submit("POST", "/2/nodes/n/evacuate?dry-run=1", body)
        expected = {"OP_ID": "OP_NODE_EVACUATE", "node_name": "n", "dry_run": True}
        self.assertEqual(opcode, {**expected, **body})
        self.assertEqual(self.daemon.waits, [])

    def test_wrong_bodies(self) -> None:
        for body, message in (
            ([], "Invalid request body: expected an object"),
            ({"dry_run": True, "mode": "all"}, "must not set dry_run"),
            ({}, "Missing parameter OP_NODE_EVACUATE.mode"),
            ({"mode": "some"}, "OP_NODE_EVACUATE.mode"),
        ):
            response = self.ask("POST", "/2/nodes/n/evacuate", body)
            self.assertEqual(response.status, 400)
            self.assertIn(message, response.json()["message"])

    def test_by_query(self) -> None:
        moves = [
            [{"instance_name": "web", "remote_node": "n2"}],
            [{"instance_name": "db", "remote_node": "n3"}, {"instance_name": "dns"}],
        ]
        result = self.jobs([True, 21], [True, 22])
        self.job_ends(result, ops=[[ops] for ops in moves])
        response = self.ask("POST", "/2/nodes/n/evacuate?iallocator=hail&early_release=1")
        self.assertEqual(response.json(), [[21, "web", "n2"], [22, "db", "n3"], [22, "dns", None]])
        (opcode,) = self.daemon.submitted
        opcode.pop("reason")
        self.assertEqual(
            opcode,
            {
                "OP_ID": "OP_NODE_EVACUATE",
                "node_name": "n",
                "dry_run": False,
                "mode": "secondary-only",
                "early_release": True,
                "iallocator": "hail",
            },
        )
        self.assertEqual(self.daemon.calls[-1], ("QueryJobs", [21, 22], ["ops"]))

    def test_an_empty_node(self) -> None:
        self.job_ends(self.jobs())
        self.assertEqual(self.ask("POST", "/2/nodes/n/evacuate?remote_node=n2").json(), [])

    def test_a_dry_run_tells_what_would_be_moved(self) -> None:
        for query, target in (("remote_node=n2", "n2"), ("iallocator=hail", None)):
            self.job_ends(None)
            self.daemon.answers["QueryNodes"] = [[["web", "db"]]]
            response = self.ask("POST", f"/2/nodes/n/evacuate?dry-run=1&{query}")
            self.assertEqual(response.json(), [[None, "web", target], [None, "db", target]])
            self.assertIs(self.daemon.submitted[0]["dry_run"], True)

    def test_a_job_that_is_not_accepted(self) -> None:
        self.job_ends(self.jobs([True, 21], [False, "the queue is full"]))
        message = "A job was not accepted: the queue is full"
        self.assert_error("POST", "/2/nodes/n/evacuate?remote_node=n2", None, message, 500)

    def test_an_evacuation_that_fails(self) -> None:
        error = ["OpPrereqError", ["Unknown node", "unknown_entity"]]
        self.job_ends(error, status="error")
        path = "/2/nodes/n/evacuate?remote_node=n2"
        self.assert_error("POST", path, None, "Job 4711: Unknown node", 404)

    def test_one_target_there_must_be(self) -> None:
        for query in ("", "?remote_node=", "?early_release=1", "?iallocator=hail&remote_node=n2"):
            message = (
                "Evacuating needs either the query argument 'iallocator' or 'remote_node', "
                "or a body with 'mode'"
            )
            self.assert_refused("POST", f"/2/nodes/n/evacuate{query}", None, message)
