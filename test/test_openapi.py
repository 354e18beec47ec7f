"""The OpenAPI document: valid, complete, and true to the table that it is made from."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.api import objects
from ganeti_rapi.api.access import PUBLIC, Rules
from ganeti_rapi.api.bodies import NOT_READ, Parameters
from ganeti_rapi.api.cells import Cell, WebSocket
from ganeti_rapi.api.kinds import KINDS
from ganeti_rapi.api.opcodes import OPCODES
from ganeti_rapi.api.openapi import document
from ganeti_rapi.api.paths import PATH_ITEMS
from ganeti_rapi.api.resource import FAMILIES
from ganeti_rapi.api.resources import RESOURCES, Resource
from ganeti_rapi.api.submissions import OfOpcode
from ganeti_rapi.errors import EXPLAIN

from .harness import ApiCase, basic, encode_request

try:
    from openapi_spec_validator import OpenAPIV31SpecValidator
except ImportError:
    OpenAPIV31SpecValidator = None

# Any, throughout: JSON.

DOCUMENT: Any = json.loads(json.dumps(document(RESOURCES)))


def operations() -> Iterator[tuple[Resource, str, Cell, Any]]:
    """Every cell of the table, and the operation that describes it."""
    for row in RESOURCES:
        for method, cell in row.cells.items():
            yield row, method, cell, DOCUMENT["paths"][row.uri][method.lower()]


def operation(method: str, uri: str) -> Any:
    return DOCUMENT["paths"][uri][method.lower()]


def body_schema(method: str, uri: str) -> Any:
    return operation(method, uri)["requestBody"]["content"]["application/json"]["schema"]


class DocumentTests(SynchronousTestCase):
    def test_it_is_valid(self) -> None:
        if OpenAPIV31SpecValidator is None:
            self.skipTest("openapi-spec-validator 0.6 or newer is not installed")
        OpenAPIV31SpecValidator(DOCUMENT).validate()

    def test_it_describes_every_resource_and_method_and_no_other(self) -> None:
        described = {
            (uri, method.upper())
            for uri, path in DOCUMENT["paths"].items()
            for method in path.keys() - {"description"}
        }
        self.assertEqual(described, {(row.uri, method) for row, method, _, _ in operations()})

    def test_every_operation_has_its_own_name(self) -> None:
        names = Counter(described["operationId"] for _, _, _, described in operations())
        self.assertEqual([name for name, count in names.items() if count > 1], [])
        for name in names:
            self.assertRegex(name, r"\A[a-z][a-z0-9_]*\Z")

    def test_every_operation_is_described(self) -> None:
        for row, method, cell, described in operations():
            self.assertIn(cell.doc, described["description"], (row.uri, method))
            good = "101" if isinstance(cell, WebSocket) else "200"
            self.assertTrue(described["responses"][good]["description"])
            self.assertEqual(described["tags"], [row.family])

    def test_every_family_is_used(self) -> None:
        self.assertEqual({row.family for row in RESOURCES}, set(FAMILIES))

    def test_every_reply_has_a_schema(self) -> None:
        for row, method, cell, described in operations():
            if isinstance(cell, WebSocket):
                continue
            (content,) = described["responses"]["200"]["content"].values()
            self.assertTrue(content["schema"], (row.uri, method))

    def test_every_error_can_be_looked_up(self) -> None:
        self.assertEqual(set(DOCUMENT["components"]["responses"]), {str(code) for code in EXPLAIN})

    def test_a_login_is_needed_as_the_table_says(self) -> None:
        for row, method, cell, described in operations():
            optional = {} in described["security"]
            self.assertEqual(optional, cell.is_open(Rules.GANETI_3_0), (row.uri, method))
            public = cell.permission == PUBLIC
            by_ticket = isinstance(cell, WebSocket)
            refuses = "403" in described["responses"]
            self.assertEqual(refuses, by_ticket or not public, (row.uri, method))
            self.assertEqual(described["x-permission"], cell.permission)
            opcode = {"OP_ID": cell.opcode, **cell.fixed} if isinstance(cell, OfOpcode) else None
            self.assertEqual(described.get("x-opcode"), opcode)

    def test_every_kind_of_object_has_a_schema_with_all_its_fields(self) -> None:
        for name, kind in KINDS.items():
            schema = DOCUMENT["components"]["schemas"][name.capitalize()]
            self.assertEqual(set(kind.item_fields) - set(schema["properties"]), set())
            self.assertLessEqual(set(schema["required"]), set(kind.fields))

    def test_lists_name_jobs_by_numbers_and_all_else_by_text(self) -> None:
        for name, kind in KINDS.items():
            content = operation("GET", f"/2/{name}s")["responses"]["200"]["content"]
            names, *_ = content["application/json"]["schema"]["anyOf"]
            identity = names["items"]["properties"][kind.key]
            self.assertEqual(identity["type"], "integer" if name == "job" else "string")

    def test_every_field_is_described(self) -> None:
        for table in (objects.NODE, objects.INSTANCE, objects.JOB, objects.CLUSTER_INFO):
            for name, field in table.items():
                self.assertRegex(field.doc, r"\A[`A-Z0-9].*\.\Z", name)


class ParameterTests(SynchronousTestCase):
    def test_path_items_and_query_arguments(self) -> None:
        for row, method, cell, described in operations():
            by_place: dict[str, list[str]] = {"path": [], "query": [], "header": []}
            for parameter in described["parameters"]:
                self.assertTrue(parameter["description"], (row.uri, parameter["name"]))
                by_place[parameter["in"]].append(parameter["name"])
            self.assertEqual(by_place["path"], list(row.items), row.uri)
            self.assertEqual(
                by_place["query"], [arg.name for arg in cell.arguments], (row.uri, method)
            )

    def test_every_path_item_is_used(self) -> None:
        self.assertEqual({item for row in RESOURCES for item in row.items}, set(PATH_ITEMS))

    def argument(self, method: str, uri: str, name: str) -> Any:
        (found,) = [each for each in operation(method, uri)["parameters"] if each["name"] == name]
        return found

    def test_kinds_of_arguments(self) -> None:
        bulk = self.argument("GET", "/2/nodes", "bulk")
        self.assertEqual(bulk["schema"], {"type": "integer", "default": 0})
        tag = self.argument("PUT", "/2/tags", "tag")
        self.assertEqual(tag["schema"]["type"], "array")
        self.assertNotIn("explode", tag)
        fields = self.argument("GET", "/2/query/{resource}", "fields")
        self.assertEqual((fields["required"], fields["explode"]), (True, False))
        reboot = self.argument("POST", "/2/instances/{instance_name}/reboot", "type")
        self.assertEqual(reboot["schema"]["enum"], ["full", "hard", "soft"])
        self.assertEqual(reboot["schema"]["default"], "hard")
        timeout = self.argument("GET", "/2/jobs/{job_id}/wait", "timeout")
        self.assertEqual((timeout["schema"]["minimum"], timeout["schema"]["maximum"]), (0, 60))


class BodyTests(SynchronousTestCase):
    def test_every_parameter_of_an_opcode_can_be_set(self) -> None:
        for row, method, cell, _ in operations():
            if isinstance(cell.body, Parameters):
                known = set(body_schema(method, row.uri)["properties"])
                missing = set(OPCODES[cell.body.opcode].parameters) - known - cell.body.taken
                self.assertEqual(missing, set(), (row.uri, method))

    def test_required_parameters_are_required_somewhere(self) -> None:
        for row, method, cell, described in operations():
            if isinstance(cell.body, Parameters) and not cell.body.instead:
                schema = body_schema(method, row.uri)
                names = {*schema["required"], *map(str, schema.get("allOf", ()))}
                for param in OPCODES[cell.body.opcode].parameters.values():
                    if param.required and param.name not in cell.body.taken:
                        where = (row.uri, param.name)
                        self.assertTrue(any(param.name in name for name in names), where)
                        self.assertTrue(described["requestBody"]["required"], where)

    def test_secrets_are_only_written(self) -> None:
        properties = body_schema("POST", "/2/instances")["properties"]
        secret = {name for name, schema in properties.items() if schema.get("writeOnly")}
        self.assertEqual(secret, {"osparams_private", "osparams_secret"})

    def test_what_is_not_read_is_not_described(self) -> None:
        for row, method, cell, described in operations():
            self.assertEqual("requestBody" in described, cell.body != NOT_READ, (row.uri, method))

    def assert_bodies(self, method: str, uri: str, good: list[Any], bad: list[Any]) -> None:
        validator = Draft202012Validator(body_schema(method, uri))
        for body in good:
            validator.validate(body)
        for body in bad:
            self.assertRaises(ValidationError, validator.validate, body)

    def test_a_new_instance(self) -> None:
        create = {"__version__": 1, "mode": "create", "disks": [{"size": 1}], "nics": [{}]}
        self.assert_bodies(
            "POST",
            "/2/instances",
            [{**create, "name": "a"}, {**create, "instance_name": "a", "os": "x", "start": 0}],
            [
                create,
                {**create, "name": "a", "instance_name": "a"},
                {**create, "name": "a", "os": "x", "os_type": "x"},
                {**create, "name": "a", "nosuch": 1},
                {**create, "name": "a", "dry_run": True},
                {**create, "name": "a", "__version__": 2},
                {"__version__": 1, "mode": "create", "name": "a", "nics": []},
            ],
        )

    def test_bodies_that_are_no_parameters(self) -> None:
        self.assert_bodies(
            "PUT",
            "/2/nodes/{node_name}/role",
            ["drained", {"role": "drained"}],
            ["master", {"roles": "x"}],
        )
        self.assert_bodies("PUT", "/2/tags", [["a", "b"], [], {"depends": None}], ["a", [1], 5])

    def test_bodies_of_handlers(self) -> None:
        self.assert_bodies(
            "GET",
            "/2/jobs/{job_id}/wait",
            [{"fields": ["status"]}, {"fields": [], "previous_job_info": None, "other": 1}],
            [{}, {"fields": "status"}, {"fields": [], "previous_log_serial": "1"}],
        )
        self.assert_bodies(
            "POST",
            "/2/instances/{instance_name}/replace-disks",
            [{"mode": "replace_auto", "disks": "0,1"}, {"mode": "replace_auto", "disks": [0]}],
            [{"disks": [0]}, {"mode": "replace_auto", "disks": "a"}],
        )


class ServedTests(ApiCase):
    def test_anyone_gets_it(self) -> None:
        for headers in ({}, {"Authorization": basic("visitor:sesame")}):
            connection = self.server.connect()
            connection.send(encode_request(b"GET", b"/2/openapi.json", headers))
            while self.server.clock.getDelayedCalls()[0].getTime() == self.server.clock.seconds():
                self.server.clock.advance(0)  # a large reply comes in slices
            (response,) = connection.received()
            self.assertEqual(response.status, 200)
            self.assertEqual(response.headers["content-type"], "application/json")
            self.assertEqual(response.json(), DOCUMENT)

    def test_the_same_for_a_head_request(self) -> None:
        self.assertEqual(self.server.ask("HEAD", "/2/openapi.json").status, 200)

    def test_the_job_daemon_is_not_asked(self) -> None:
        self.ask("GET", "/2/openapi.json")
        self.assertEqual(self.daemon.calls, [])
