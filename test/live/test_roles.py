"""Roles and tokens in front of a real luxid, under the rules of Ganeti 3.2."""

from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.auth.tokens import hash_of

from .daemon import PORT, SKIP, HttpApi, our_api
from .test_htools import run

HOST = "127.0.0.10"
TOKEN = "grapi_of_the_live_suite"


class RolesTests(SynchronousTestCase):
    skip = SKIP

    def setUp(self) -> None:
        users, tokens = (Path(self.mktemp()).absolute() for _ in range(2))
        users.write_text("boss x @admin\nlook x @readonly\nturn x @operator,@waiter\nnone x\n")
        tokens.write_text(f"tagger sha256:{hash_of(TOKEN)} never tags.set\n")
        self.api: HttpApi = our_api(
            *("--users-file", str(users), "--tokens-file", str(tokens)),
            *("--access-rules", "3.2"),
            host=HOST,
        )

    def status(self, method: str, path: str, user: str | None) -> int:
        return self.api.request(method, path, None, user and f"{user}:x").status

    def test_each_role_may_what_is_its_own(self) -> None:
        for method, path, allowed in (
            ("GET", "/version", {None, "none", "look", "turn", "boss"}),
            ("GET", "/2/nodes", {"look", "turn", "boss"}),
            ("GET", "/2/query/node?fields=name", {"look", "turn", "boss"}),
            ("GET", "/2/jobs/1/wait?fields=status&timeout=0", {"turn", "boss"}),
            ("PUT", "/2/tags?tag=by-role", {"boss"}),
            ("GET", "/metrics", {"boss"}),
        ):
            for user in (None, "none", "look", "turn", "boss"):
                refused = 0 if user in allowed else 401 if user is None else 403
                status = self.status(method, path, user)
                self.assertEqual(status if status in (401, 403) else 0, refused, (path, user))

    def test_a_token(self) -> None:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        for path, status in (("/2/tags?tag=by-token", 200), ("/2/redistribute-config", 403)):
            self.assertEqual(self.api.request("PUT", path, headers=headers).status, status)

    def test_ganetis_tools_read_the_cluster(self) -> None:
        printed = run("hbal", "-m", f"https://look:x@{HOST}:{PORT}", "--print-nodes")
        self.assertIn("Loaded ", printed)
