"""What options grant, and who may call what, for every method and every kind of user."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from OpenSSL.crypto import X509
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.api.access import ADMIN, OPERATOR, OPTIONS, READONLY, ROLES, WAITER, Rules, grants
from ganeti_rapi.api.cells import Cell
from ganeti_rapi.api.resources import RESOURCES
from ganeti_rapi.auth.tokens import TokensFile, hash_of
from ganeti_rapi.auth.tokens import parse as parse_tokens

from .harness import ScriptedServer, basic, encode_request, users_file
from .test_client_tls import identity
from .test_resources import cells

OLD, NEW = Rules.GANETI_3_0, Rules.GANETI_3_2

CHECKS = {"/healthz", "/readyz", "/2/instances/{instance_name}/console/websocket"}
"""What nobody needs to log in for, whatever is required: at a console's, the ticket counts."""

KINDS = ("jobs", "instances", "nodes", "networks", "groups", "filter")

# Ganeti 3.2's roles, but for what it has no name for.
GANETI_READONLY = frozenset(
    {
        *(f"{kind}.list" for kind in KINDS),
        *(f"{kind}.query" for kind in KINDS),
        *("instances.info", "nodes.role.query", "cluster.info", "tags.get", "query.all", "os.list"),
    }
)
GANETI_OPERATOR = GANETI_READONLY | {
    *(f"instances.{verb}" for verb in ("startup", "shutdown", "reboot", "migrate", "failover")),
    *(f"instances.export.{verb}" for verb in ("prepare", "create", "remove")),
    *("instances.replace_disks", "instances.query.console"),
}
OURS = {
    *("events.read", "openapi.read", "queue.query", "watcher.query", "tags.search"),
    *("cluster.config", "cluster.capacity", "cluster.balance", "extstorage.list"),
}
OURS_TO_OPERATE = {"instances.console"}
OURS_ALONE = {
    *("metrics.read", "jobs.archive", "jobs.priority", "queue.modify", "watcher.modify"),
    *("cluster.verify", "cluster.repair_disk_sizes", "cluster.rename", "cluster.renew_crypto"),
    *("cluster.master_ip", "cluster.allocator", "groups.evacuate", "groups.verify"),
    *("instances.move", "instances.change_group", "nodes.remove", "nodes.volumes.query"),
    *("nodes.power.query", "nodes.power.modify", "nodes.health.query", "nodes.restricted_command"),
}

WORDS = st.sampled_from([*ROLES, *OPTIONS[OLD], "instances.list", "-jobs.list", "-instances.*"])


def granted(options: str, rules: Rules = OLD) -> frozenset[str]:
    return grants(options.split(","), rules).permissions


class RolesTests(SynchronousTestCase):
    def test_are_those_of_ganeti(self) -> None:
        self.assertEqual(READONLY, GANETI_READONLY | OURS)
        self.assertEqual(OPERATOR, GANETI_OPERATOR | OURS | OURS_TO_OPERATE)
        self.assertEqual(len(ADMIN - OURS - OURS_TO_OPERATE - OURS_ALONE), 66)

    def test_an_operator_cannot_wait_for_jobs_but_with_a_role_more(self) -> None:
        self.assertNotIn("jobs.wait", OPERATOR)
        self.assertEqual(granted("@operator,@waiter"), OPERATOR | WAITER)


class GrantsTests(SynchronousTestCase):
    def test_the_older_options(self) -> None:
        for options, old, new in (
            ("", set(), set()),
            ("read", READONLY | {"instances.query.console"}, READONLY),
            ("write", ADMIN, ADMIN),
            ("all", ADMIN, ADMIN),
            ("read,write", ADMIN, ADMIN),
        ):
            self.assertEqual(granted(options, OLD), old, options)
            self.assertEqual(granted(options, NEW), new, options)

    def test_names_are_added_and_taken_away(self) -> None:
        for options, expected in (
            ("jobs.list", {"jobs.list"}),
            ("+jobs.list", {"jobs.list"}),
            ("@readonly,+jobs.cancel", READONLY | {"jobs.cancel"}),
            ("@readonly,jobs.cancel,-jobs.list", READONLY - {"jobs.list"} | {"jobs.cancel"}),
            ("-jobs.list,+jobs.list,jobs.list", set()),
            ("-jobs.list,@readonly", READONLY - {"jobs.list"}),
            ("write,-instances.remove", ADMIN - {"instances.remove"}),
        ):
            self.assertEqual(granted(options), expected, options)

    def test_patterns(self) -> None:
        verbs = ("list", "query", "wait", "cancel", "archive", "priority")
        jobs = {f"jobs.{verb}" for verb in verbs}
        self.assertEqual(granted("jobs.*"), jobs)
        self.assertEqual(granted("jobs.*,-jobs.c*"), jobs, "only whole words")
        self.assertEqual(granted("@readonly,-jobs.*"), READONLY - jobs)
        self.assertLess(granted("instances.export.*"), granted("instances.*"))

    def test_what_means_nothing_grants_nothing(self) -> None:
        for option in (
            *("@nosuch", "@", "nosuch", "jobs", "jobs.", "*", ".*", "-", "+", "+write", "-write"),
            *("-@admin", "+@admin", "Read", "@Admin", "jobs.list ", "++jobs.list", "--jobs.list"),
            *("+-jobs.list", "-+jobs.list", "public", "nosuch.*"),
        ):
            found = grants([option, "jobs.list"], OLD)
            self.assertEqual(found.permissions, {"jobs.list"}, option)
            self.assertEqual(found.unknown, {option})

    @given(st.lists(WORDS), st.sampled_from(Rules), st.randoms())
    def test_the_order_means_nothing(self, words: list[str], rules: Rules, dice: object) -> None:
        self.assertEqual(grants(words, rules), grants(sorted(words), rules))
        self.assertEqual(grants(words, rules), grants(words[::-1] * 2, rules))


class EveryMethodTests(SynchronousTestCase):
    """Every method of every resource, asked by every kind of user, under both rules."""

    USERS = {
        "visitor": "",
        "reader": "read",
        "writer": "write",
        "readonly": "@readonly",
        "operator": "@operator",
        "waiter": "@operator,@waiter",
        "admin": "@admin",
        "limited": "@admin,-instances.*",
        "single": "instances.startup",
        "lost": "@nosuch",
        "team": "@operator:tag=team-a",
        "web": "@admin:name=web*,cluster.info",
        "rack": "@readonly:group=rack2,jobs.*",
        "place": "@admin:node=node1,-jobs.*",
        "mine": "jobs.*:owner,@admin:nosuch",
    }
    WAYS = ("password", "token", "certificate")

    def setUp(self) -> None:
        self.certificates = {
            user: X509.from_cryptography(identity(user, names=False).certificate)
            for user in self.USERS
        }

    def server(self, rules: Rules, require_authentication: bool = False) -> ScriptedServer:
        lines = [f"{name} sesame {options}" for name, options in self.USERS.items()]
        tokens = [
            f"{name} sha256:{hash_of(f'token of {name}')} never {options}"
            for name, options in self.USERS.items()
        ]
        return ScriptedServer(
            users=users_file("\n".join(lines), rules),
            tokens=TokensFile(parse_tokens("\n".join(tokens).encode(), rules)[0]),
            access_rules=rules,
            require_authentication=require_authentication,
            login_delay=0,
        )

    def status(
        self,
        server: ScriptedServer,
        uri: str,
        method: str,
        user: str | None,
        way: str = "password",
    ) -> int:
        """401, 403, or 0 for anything that comes later."""
        path = re.sub(r"{\w+}", "1", uri)
        connection = server.connect()
        headers = {}
        if user is not None and way == "certificate":
            connection.transport.getPeerCertificate = lambda: self.certificates[user]
        elif user is not None:
            token = f"Bearer token of {user}"
            headers["Authorization"] = token if way == "token" else basic(f"{user}:sesame")
        connection.send(encode_request(method.encode(), path.encode(), headers))
        code = connection.transport.value()[len(b"HTTP/1.1 ") :][:3]
        connection.lose()  # some would wait, and a stream would not end
        return int(code) if code in (b"401", b"403") else 0

    def expected(self, cell: Cell, uri: str, rules: Rules, user: str | None) -> int:
        has_scope = user is not None and ":" in self.USERS[user]
        if cell.permission == "public" or (rules is OLD and cell.open and not has_scope):
            return 0
        if user is None:
            return 401
        found = grants(self.USERS[user].split(","), rules)
        no_object = uri in ("/2/tags", "/2/jobs-archive", "/2/tags-search") and cell.permission in {
            name for name, _ in found.scoped
        }
        return 0 if cell.permission in found.permissions and not no_object else 403

    def test_who_may(self) -> None:
        for rules in Rules:
            server = self.server(rules)
            for row, method, cell in cells():
                for user in (None, *self.USERS):
                    expected = self.expected(cell, row.uri, rules, user)
                    for way in self.WAYS:
                        status = self.status(server, row.uri, method, user, way)
                        self.assertEqual(status, expected, (rules, row.uri, method, user, way))
        self.flushLoggedErrors()  # of those who may, as the job daemon has no script

    def test_wrong_passwords_and_tokens_open_nothing(self) -> None:
        server = self.server(OLD)
        for row, method, _ in cells():
            if row.uri not in CHECKS:
                path = re.sub(r"{\w+}", "1", row.uri)
                self.assertEqual(server.ask(method, path, user="admin:wrong").status, 401)
                bearer = {"Authorization": "Bearer token of nobody"}
                self.assertEqual(server.ask(method, path, user=None, headers=bearer).status, 401)

    def test_a_user_may_be_required_for_all(self) -> None:
        for rules in Rules:
            server = self.server(rules, require_authentication=True)
            for resource in RESOURCES:
                expected = 0 if resource.uri in CHECKS else 401
                for method in resource.cells:
                    self.assertEqual(self.status(server, resource.uri, method, None), expected)
        self.flushLoggedErrors()  # of /readyz, as above

    def test_403_names_the_permission(self) -> None:
        response = self.server(OLD).ask("PUT", "/2/tags?tag=t", user="operator:sesame")
        self.assertEqual(response.status, 403)
        self.assertIn("tags.set", response.json()["message"])
