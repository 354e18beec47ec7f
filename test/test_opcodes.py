from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.api.opcodes import OPCODES, Opcode
from ganeti_rapi.api.opcodes.reach import ANSWERED, LEFT_OUT, WAITED_FOR
from ganeti_rapi.api.params import COMMON, REQUIRED, Param, required
from ganeti_rapi.api.resources import RESOURCES
from ganeti_rapi.api.submissions import OfOpcode
from ganeti_rapi.errors import BadRequest

STARTUP = OPCODES["OP_INSTANCE_STARTUP"]
REINSTALL = OPCODES["OP_INSTANCE_REINSTALL"]
CLUSTER = OPCODES["OP_CLUSTER_SET_PARAMS"]

# (opcode, values, the error's message)
REFUSALS: tuple[tuple[Opcode, dict[str, Any], str], ...] = (
    (
        STARTUP,
        {"instance_name": "web1", "forse": True},
        "OP_INSTANCE_STARTUP has no parameter 'forse'; did you mean 'force'?",
    ),
    (
        STARTUP,
        {"instance_name": "web1", "colour": 1},
        "OP_INSTANCE_STARTUP has no parameter 'colour'",
    ),
    (
        STARTUP,
        {"OP_ID": "OP_INSTANCE_STARTUP", "instance_name": "web1"},
        "OP_INSTANCE_STARTUP has no parameter 'OP_ID'",
    ),
    (
        STARTUP,
        {},
        "Missing parameter OP_INSTANCE_STARTUP.instance_name: expected a string",
    ),
    (
        STARTUP,
        {"instance_name": None},
        "Invalid parameter OP_INSTANCE_STARTUP.instance_name: expected a string, got null",
    ),
    (
        STARTUP,
        {"instance_name": "web1", "hvparams": []},
        "Invalid parameter OP_INSTANCE_STARTUP.hvparams: expected an object, got a list",
    ),
    (
        OPCODES["OP_INSTANCE_CREATE"],
        {"instance_name": "web1", "mode": "create", "nics": [], "disks": [{}, {"size": 1.5}]},
        "Invalid parameter OP_INSTANCE_CREATE.disks: item 1: key 'size': "
        "expected an integer or string such as 512, 16M or 2G, got a decimal number",
    ),
    (
        OPCODES["OP_INSTANCE_SET_PARAMS"],
        {"instance_name": "web1", "nics": [["add", -1, {"vlam": "7"}]]},
        "Invalid parameter OP_INSTANCE_SET_PARAMS.nics: item 0: item 2: key 'vlam': expected one "
        "of bridge, ip, link, mac, mode, name, network, vlan, got another string",
    ),
)


# (opcode, values, what luxid calls it); durations are shown as Haskell writes a Double.
def all_params() -> Iterator[tuple[Opcode, Param]]:
    for opcode in OPCODES.values():
        for param in opcode.parameters.values():
            yield opcode, param


class TableTests(SynchronousTestCase):
    def test_opcodes_are_under_their_names(self) -> None:
        for name, opcode in OPCODES.items():
            self.assertEqual(name, opcode.name)
            self.assertTrue(name.startswith("OP_"))

    def test_everything_has_a_doc_that_is_a_sentence(self) -> None:
        for opcode, param in all_params():
            self.assertTrue(param.doc.endswith("."), f"{opcode.name}.{param.name}")
        for opcode in OPCODES.values():
            self.assertTrue(opcode.doc.endswith("."), opcode.name)
            self.assertTrue(opcode.result == "null" or opcode.result.endswith("."), opcode.name)

    def test_no_parameter_is_there_twice(self) -> None:
        for opcode in OPCODES.values():
            names = [param.name for param in (*opcode.params, *COMMON)]
            self.assertEqual(names, list(opcode.parameters), opcode.name)

    def test_every_opcode_is_reached_or_left_out(self) -> None:
        submitted = {
            cell.opcode
            for row in RESOURCES
            for cell in row.cells.values()
            if isinstance(cell, OfOpcode)
        }
        self.assertEqual({*submitted, *WAITED_FOR}, OPCODES.keys() - LEFT_OUT.keys())
        methods = {f"{method} {row.uri}" for row in RESOURCES for method in row.cells}
        self.assertLessEqual({*WAITED_FOR.values(), *ANSWERED.values()}, methods)

    def test_subjects_are_required_parameters(self) -> None:
        for opcode in OPCODES.values():
            if opcode.subject is not None and opcode.name != "OP_TEST_ALLOCATOR":
                self.assertTrue(opcode.parameters[opcode.subject].required, opcode.name)

    def test_defaults_pass_their_own_check(self) -> None:
        for opcode, param in all_params():
            if param.default is not REQUIRED:
                checked = param.check(param.default)
                self.assertEqual(checked, param.default, f"{opcode.name}.{param.name}")

    def test_private_os_parameters_are_secret(self) -> None:
        secret = {param.name for _, param in all_params() if param.secret}
        self.assertEqual(
            secret, {"osparams_private", "osparams_secret", "osparams_private_cluster"}
        )
        for opcode, param in all_params():
            self.assertEqual(param.secret, param.name in secret, f"{opcode.name}.{param.name}")

    def test_required_takes_the_default_away(self) -> None:
        optional = OPCODES["OP_INSTANCE_RECREATE_DISKS"].parameters["nodes"]
        self.assertFalse(optional.required)
        self.assertTrue(required(optional).required)


class CheckedTests(SynchronousTestCase):
    def test_returns_only_what_is_given(self) -> None:
        values: dict[str, Any] = {"instance_name": "web1", "force": True}
        self.assertEqual(STARTUP.checked(values), values)

    def test_takes_common_parameters(self) -> None:
        values: dict[str, Any] = {"instance_name": "web1", "dry_run": 1, "depends": [[-1, []]]}
        checked = STARTUP.checked(values)
        self.assertIs(checked["dry_run"], True)
        self.assertEqual(checked["depends"], [[-1, []]])

    def test_leaves_the_given_values_alone(self) -> None:
        values: dict[str, Any] = {"instance_name": "web1", "force": 1}
        STARTUP.checked(values)
        self.assertEqual(repr(values), "{'instance_name': 'web1', 'force': 1}")

    def test_refusals_say_what_is_wrong(self) -> None:
        for opcode, values, message in REFUSALS:
            error = self.assertRaises(BadRequest, opcode.checked, values)
            self.assertEqual(error.message, message)

    def test_secrets_are_not_in_errors(self) -> None:
        refused: tuple[tuple[Opcode, dict[str, Any]], ...] = (
            (REINSTALL, {"instance_name": "web1", "osparams_secret": "hunter2"}),
            (REINSTALL, {"instance_name": "web1", "osparams_private": ["hunter2"]}),
            (CLUSTER, {"osparams_private_cluster": {"debian": "hunter2"}}),
            (REINSTALL, {"instance_name": ["x"], "osparams_secret": {"password": "hunter2"}}),
        )
        for opcode, values in refused:
            error = self.assertRaises(BadRequest, opcode.checked, values)
            self.assertNotIn("hunter2", str(error))

    def test_long_unknown_names_are_shortened(self) -> None:
        error = self.assertRaises(BadRequest, CLUSTER.checked, {"x" * 100_000: 1})
        self.assertLess(len(error.message), 200)


class DefaultsTests(SynchronousTestCase):
    def test_fills_in_what_is_not_given(self) -> None:
        filled = STARTUP.with_defaults({"instance_name": "web1", "force": True})
        self.assertEqual(set(filled), set(STARTUP.parameters))
        self.assertIs(filled["force"], True)
        self.assertEqual(filled["shutdown_timeout"], 120)
        self.assertEqual(filled["priority"], 0)

    def test_required_parameters_have_no_default(self) -> None:
        self.assertNotIn("instance_name", STARTUP.with_defaults({}))

    def test_defaults_are_not_shared(self) -> None:
        for opcode in OPCODES.values():
            first: dict[str, Any] = opcode.with_defaults({})
            for value in first.values():
                if isinstance(value, dict):
                    value["changed"] = True
                elif isinstance(value, list):
                    value.append("changed")
            self.assertNotIn("changed", str(opcode.with_defaults({})), opcode.name)
