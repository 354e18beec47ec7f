"""What type checkers know of the parameters that the clients' methods take."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

import ganeti_rapi
from ganeti_rapi.api.opcodes import OPCODES
from ganeti_rapi.client import RapiClient, parameters, results
from ganeti_rapi.client.blocking import GanetiRapiClient

from . import typed_results
from .typed_parameters import COMMON, FILE, TYPED, Typed, body_of, python_type, written

OTHER_NAMES: Mapping[str, str] = {"os": "os_type"}
"""What the body has beside the opcode's own names; ``custom_`` may stand before a name, too."""


def of_opcode(typed: Typed, key: str) -> str:
    """The type that the opcode's check says."""
    own = OPCODES[typed.opcode].parameters
    name = key if key in own else OTHER_NAMES.get(key, key).removeprefix("custom_")
    return python_type(own[name].check.schema())


def var_keywords(client: type) -> dict[str, str]:
    """The methods with more parameters than they name, and how these are typed."""
    return {
        name: parameter.annotation
        for name, method in inspect.getmembers(client, inspect.isfunction)
        if not name.startswith("_")
        for parameter in inspect.signature(method).parameters.values()
        if parameter.kind is inspect.Parameter.VAR_KEYWORD
    }


class TableTests(SynchronousTestCase):
    def test_the_module_is_up_to_date(self) -> None:
        for file, text in ((FILE, written()), (typed_results.FILE, typed_results.written())):
            stale = f"{file.name} is not up to date; run `make doc`"
            self.assertTrue(file.read_text(encoding="utf-8") == text, stale)

    def test_programs_can_import_the_types(self) -> None:
        for name, (request, _) in typed_results.RESULTS.items():
            fields = set(getattr(results, name).__annotations__)
            self.assertEqual(fields, set(typed_results.schema_of(request)["properties"]))
        for row in TYPED:
            keys = getattr(parameters, row.name).__optional_keys__
            self.assertEqual(set(keys), set(row.fields()), row.name)

    def test_every_method_is_typed(self) -> None:
        typed = {row.method: f"Unpack[{row.name}]" for row in TYPED}
        self.assertEqual(var_keywords(RapiClient), typed)
        for name, annotation in var_keywords(GanetiRapiClient).items():
            self.assertTrue(annotation.startswith("Unpack["), name)

    def test_names_and_types_are_the_opcodes(self) -> None:
        for row in TYPED:
            for key, kind in row.fields().items():
                self.assertEqual((key, kind), (key, of_opcode(row, key)))

    def test_all_opcodes_have_what_is_common(self) -> None:
        for row in TYPED:
            self.assertLessEqual(set(COMMON), set(row.fields()), row.name)

    def test_what_must_be_given_is_a_named_parameter(self) -> None:
        for row in TYPED:
            self.assertEqual(set(body_of(row.request)["required"]) & set(row.fields()), set())


class TypeTests(SynchronousTestCase):
    def test_types(self) -> None:
        maybe_integer = {"anyOf": [{"type": "null"}, {"type": "integer"}]}
        cases: list[tuple[Any, str]] = [  # Any: JSON Schema
            ({}, "Json"),
            ({"type": ["boolean", "integer"], "minimum": 0, "maximum": 1}, "bool"),
            ({"type": "number"}, "float"),
            ({"type": "string", "pattern": "^a$"}, "str"),
            ({"enum": ["a", "b"]}, "str"),
            ({"enum": [-10, 0, 10]}, "int"),
            (maybe_integer, "int | None"),
            ({"anyOf": [{"type": "string"}, {}]}, "Json"),
            ({"type": "array", "items": maybe_integer}, "Sequence[int | None]"),
            (
                {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}]},
                "Sequence[str | int]",
            ),
            ({"type": "object", "additionalProperties": {}}, "Mapping[str, Json]"),
        ]
        for schema, words in cases:
            self.assertEqual(python_type(schema), words)

    def test_types_of_results(self) -> None:
        maybe_number = {"anyOf": [{"type": "null"}, {"type": "number"}]}
        cases: list[tuple[Any, str]] = [  # Any: JSON Schema
            ({}, "Any"),
            (maybe_number, "float | None"),
            ({"enum": ["a", "b"]}, 'Literal["a", "b"]'),
            ({"type": "array", "items": maybe_number}, "list[float | None]"),
            ({"type": "array", "prefixItems": [{"type": "string"}, {}]}, "list[Any]"),
            ({"type": "object"}, "dict[str, Any]"),
            (
                {"type": "object", "additionalProperties": {"type": "integer"}},
                "dict[str, int]",
            ),
        ]
        for schema, words in cases:
            self.assertEqual(typed_results.python_type(schema), words)


PROGRAM = """\
from ganeti_rapi.client import RapiClient, allocation
from ganeti_rapi.client.blocking import GanetiRapiClient

async def twisted(client: RapiClient) -> None:
    await client.stop_instance("a", timeout=3, force=True)
    await client.modify_instance("a", beparams={"vcpus": 2}, nics=[("add", -1, {"ip": None})])
    await client.create_instances([allocation("create", "a", "plain", [], [], os="o", tags=["x"])])
    await client.stop_instance("a", tiemout=3)  # wrong
    await client.stop_instance("a", force="yes")  # wrong
    await client.modify_cluster(candidate_pool_size="10")  # wrong
    await client.create_instances([allocation("create", "a", "plain", [], [], pnod="n")])  # wrong

    instance = await client.get_instance("a")
    print(instance["status"].upper(), instance["disk.sizes"][0] + 1)
    print(instance["stauts"])  # wrong
    print([node["mfree"] + 1 for node in await client.get_nodes()])  # wrong
    print((await client.get_job(7))["status"] == "sucess")  # wrong

def script(client: GanetiRapiClient) -> None:
    print(client.GetInfo()["master"].upper(), [name.upper() for name in client.GetNodes()])
    print([node["name"].upper() for node in client.GetNodes(bulk=True)])
    print([node.upper() for node in client.GetNodes(bulk=True)])  # wrong
    client.ShutdownInstance("a", timeout=3, force=True)
    client.CreateInstance("create", "a", "plain", [], [], dry_run=True, os="o")
    client.ShutdownInstance("a", tiemout=3)  # wrong
    client.ModifyNode("a", offline="yes")  # wrong
"""

SETTINGS = """\
[mypy]
strict_equality = True
[mypy-twisted.*,treq.*,OpenSSL.*,service_identity.*,cryptography.*,zope.*]
follow_imports = skip
"""
"""What is not ours takes long to check, and is not what this is about."""


class MypyTests(SynchronousTestCase):
    def test_wrong_names_and_types(self) -> None:
        if find_spec("mypy") is None:
            self.skipTest("mypy is not installed: pip install 'ganeti-rapi[lint]'")
        folder = Path(self.mktemp())
        folder.mkdir()
        (folder / "program.py").write_text(PROGRAM, encoding="utf-8")
        (folder / "mypy.ini").write_text(SETTINGS, encoding="utf-8")
        checked = subprocess.run(
            [sys.executable, "-m", "mypy", "--config-file=mypy.ini", "--no-pretty", "program.py"],
            cwd=folder,
            env={**os.environ, "MYPYPATH": str(Path(ganeti_rapi.__file__).parent.parent)},
            capture_output=True,
            text=True,
            check=False,
        )
        found = [line for line in checked.stdout.splitlines() if ": error:" in line]
        wrong = [
            f"program.py:{number}"
            for number, line in enumerate(PROGRAM.splitlines(), 1)
            if line.endswith("# wrong")
        ]
        self.assertEqual([line.partition(": ")[0] for line in found], wrong, checked.stdout)
