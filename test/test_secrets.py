from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.api.secrets import SECRET_PARAMETERS, without_secrets

from .harness import ScriptedServer

OPS = [{"OP_ID": "OP_INSTANCE_CREATE", "osparams": {"a": "b"}, "osparams_private": {"key": "s3"}}]
HIDDEN = [{**OPS[0], "osparams_private": {"key": None}}]


class WithoutSecretsTests(SynchronousTestCase):
    def test_the_secret_parameters(self) -> None:
        self.assertEqual(
            SECRET_PARAMETERS, {"osparams_private", "osparams_secret", "osparams_private_cluster"}
        )

    def test_only_values_in_secret_parameters_are_hidden(self) -> None:
        self.assertEqual(without_secrets(OPS), HIDDEN)

    def test_secrets_are_hidden_at_any_depth(self) -> None:
        nested = {"OP_ID": "OP_INSTANCE_MULTI_ALLOC", "instances": OPS}
        self.assertEqual(without_secrets([nested]), [{**nested, "instances": HIDDEN}])
        by_os = {"osparams_private_cluster": {"debian": {"key": "s3"}}}
        hidden = {"osparams_private_cluster": {"debian": {"key": None}}}
        self.assertEqual(without_secrets(by_os), hidden)

    def test_no_parameters_are_an_empty_object(self) -> None:
        self.assertEqual(without_secrets({"osparams_secret": None}), {"osparams_secret": {}})

    def test_what_was_given_stays_as_it_was(self) -> None:
        given = {"osparams_secret": {"key": "s3"}}
        without_secrets(given)
        self.assertEqual(given, {"osparams_secret": {"key": "s3"}})


class ReplyTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.server = ScriptedServer()

    def ask(self, uri: str) -> Any:  # Any: JSON
        response = self.server.ask("GET", uri)
        self.assertEqual(response.status, 200)
        return response.json()

    def test_jobs_hide_them(self) -> None:
        self.server.daemon.answers["QueryJobs"] = [[1, OPS, "success"]]
        self.assertEqual(self.ask("/2/jobs/1")["ops"], HIDDEN)
        self.assertEqual(self.ask("/2/jobs?bulk=1")[0]["ops"], HIDDEN)

    def test_waits_for_jobs_hide_them(self) -> None:
        self.server.daemon.changes.append(([OPS], []))
        self.assertEqual(self.ask("/2/jobs/1/wait?fields=ops")["job_info"], [HIDDEN])

    def test_queries_of_jobs_hide_them(self) -> None:
        self.server.daemon.answers["Query"] = {"fields": [], "data": [[[0, OPS]]]}
        self.assertEqual(self.ask("/2/query/job?fields=ops")["data"], [[[0, HIDDEN]]])

    def test_filters_that_would_make_luxid_quote_them_are_refused(self) -> None:
        for qfilter in (
            ["<", "ops", "x"],
            ["&", [">", "id", 6], ["=~", "ops", "hunter.*"]],
            ["!", ["|", ["?", "ops"], ["=", "id", 1]]],
        ):
            body = {"fields": ["id"], "filter": qfilter}
            response = self.server.ask("PUT", "/2/query/job", body)
            self.assertEqual(response.status, 400, qfilter)
            self.assertIn("Jobs cannot be sorted or filtered by ops", response.json()["message"])
            self.assertEqual(self.server.daemon.calls, [])
