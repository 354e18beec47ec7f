"""Writes ganeti_rapi/client/parameters.py from the table: ``python -m test.typed_parameters``.

A method of `RapiClient` that takes any parameter of an opcode says which those are by a TypedDict:
what the document of the API has in the request's body, but for what the method itself puts there.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

from ganeti_rapi.api.openapi import document
from ganeti_rapi.api.resources import RESOURCES
from ganeti_rapi.client import RapiClient

# Any, throughout: JSON Schema.

FILE = Path(__file__).parent.parent / "ganeti_rapi/client/parameters.py"

_HEAD = '''\
"""Which parameters of opcodes the clients' methods take, for type checkers and editors.

Made by `make doc` from the table of the API; change ganeti_rapi/api instead. What the parameters
mean is in doc/api.md. The server chooses those that are left out. Where the table has a choice
of words this has ``str``, as the methods' own parameters have it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

from ganeti_rapi.jsontext import Json


class Common(TypedDict, total=False):
    """What every opcode has."""

'''

COMMON = ("comment", "debug_level", "depends", "priority")


@frozen
class Typed:
    """A method with parameters of an opcode, and the request that it sends.

    ``sends`` are keys of the body that the method has under another name, or always sends.
    """

    opcode: str
    method: str
    request: str
    sends: Sequence[str] = ()

    @property
    def name(self) -> str:
        """InstanceShutdown of OP_INSTANCE_SHUTDOWN."""
        return self.opcode.removeprefix("OP_").title().replace("_", "")

    def fields(self) -> dict[str, str]:
        """The parameters that are not named in the method's signature, and their types."""
        named = {*inspect.signature(getattr(RapiClient, self.method)).parameters, *self.sends}
        properties = body_of(self.request)["properties"]
        return {key: python_type(of) for key, of in properties.items() if key not in named}


TYPED = (
    Typed("OP_CLUSTER_SET_PARAMS", "modify_cluster", "PUT /2/modify"),
    Typed("OP_NODE_SET_PARAMS", "modify_node", "POST /2/nodes/{node_name}/modify"),
    Typed(
        "OP_INSTANCE_CREATE",
        "create_instance",
        "POST /2/instances",
        sends=["__version__", "instance_name"],
    ),
    Typed("OP_INSTANCE_MULTI_ALLOC", "create_instances", "POST /2/instances-multi-alloc"),
    Typed("OP_INSTANCE_REMOVE", "delete_instance", "DELETE /2/instances/{instance_name}"),
    Typed("OP_INSTANCE_SET_PARAMS", "modify_instance", "PUT /2/instances/{instance_name}/modify"),
    Typed("OP_INSTANCE_SHUTDOWN", "stop_instance", "PUT /2/instances/{instance_name}/shutdown"),
    Typed("OP_INSTANCE_REBOOT", "reboot_instance", "POST /2/instances/{instance_name}/reboot"),
    Typed("OP_INSTANCE_MIGRATE", "migrate_instance", "PUT /2/instances/{instance_name}/migrate"),
    Typed("OP_INSTANCE_FAILOVER", "failover_instance", "PUT /2/instances/{instance_name}/failover"),
    Typed(
        "OP_BACKUP_EXPORT",
        "export_instance",
        "PUT /2/instances/{instance_name}/export",
        sends=["target_node"],
    ),
    Typed(
        "OP_INSTANCE_GROW_DISK",
        "grow_disk",
        "POST /2/instances/{instance_name}/disk/{disk}/grow",
    ),
    Typed("OP_INSTANCE_MOVE", "move_instance", "PUT /2/instances/{instance_name}/move"),
    Typed(
        "OP_INSTANCE_CHANGE_GROUP",
        "change_instance_group",
        "PUT /2/instances/{instance_name}/change-group",
    ),
    Typed("OP_GROUP_EVACUATE", "evacuate_group", "POST /2/groups/{group_name}/evacuate"),
    Typed("OP_OOB_COMMAND", "set_node_power", "PUT /2/nodes/{node_name}/power"),
    Typed(
        "OP_RESTRICTED_COMMAND",
        "run_restricted_command",
        "POST /2/nodes/{node_name}/restricted-command",
    ),
    Typed("OP_CLUSTER_VERIFY", "verify_cluster", "POST /2/verify", sends=["group_name"]),
    Typed("OP_CLUSTER_VERIFY_CONFIG", "verify_config", "POST /2/verify-config"),
    Typed("OP_CLUSTER_VERIFY_GROUP", "verify_group", "POST /2/groups/{group_name}/verify"),
    Typed("OP_CLUSTER_RENEW_CRYPTO", "renew_crypto", "POST /2/renew-crypto"),
    Typed("OP_TEST_ALLOCATOR", "ask_allocator", "POST /2/allocator"),
    Typed("OP_GROUP_ADD", "create_group", "POST /2/groups", sends=["group_name"]),
    Typed("OP_GROUP_SET_PARAMS", "modify_group", "PUT /2/groups/{group_name}/modify"),
    Typed("OP_NETWORK_ADD", "create_network", "POST /2/networks", sends=["network_name"]),
    Typed(
        "OP_NETWORK_CONNECT",
        "connect_network",
        "PUT /2/networks/{network_name}/connect",
        sends=["group_name", "network_mode", "network_link", "network_vlan"],
    ),
    Typed("OP_NETWORK_SET_PARAMS", "modify_network", "PUT /2/networks/{network_name}/modify"),
)

_DOCUMENT = document(RESOURCES)


def body_of(request: str) -> dict[str, Any]:
    """The schema of the body of a request such as ``PUT /2/modify``."""
    method, uri = request.split()
    body: dict[str, Any] = _DOCUMENT["paths"][uri][method.lower()]["requestBody"]
    schema: dict[str, Any] = body["content"]["application/json"]["schema"]
    return schema


def python_type(schema: Any) -> str:
    """The type of the Python values whose JSON a schema admits."""
    return union(_kinds(schema), anything="Json")


def union(kinds: Iterable[str], anything: str) -> str:
    """The union of types, each once and None last; ``anything`` includes all others."""
    different = list(dict.fromkeys(kinds))
    if anything in different:
        return anything
    return " | ".join(sorted(different, key=lambda kind: kind == "None"))


SIMPLE = {"boolean": "bool", "integer": "int", "number": "float", "string": "str", "null": "None"}


def _kinds(schema: Any) -> Iterator[str]:
    if "anyOf" in schema:
        for choice in schema["anyOf"]:
            yield from _kinds(choice)
    elif "enum" in schema:
        yield from (type(value).__name__ for value in schema["enum"])
    elif not schema.get("type"):
        yield "Json"
    elif schema["type"] == "array":
        items = schema.get("prefixItems") or [schema["items"]]
        yield f"Sequence[{python_type({'anyOf': items})}]"
    elif schema["type"] == "object":
        yield f"Mapping[str, {python_type(schema['additionalProperties'])}]"
    elif isinstance(schema["type"], list):  # a boolean, for which the API takes 1 and 0, too
        yield SIMPLE[schema["type"][0]]
    else:
        yield SIMPLE[schema["type"]]


def written() -> str:
    """The whole file."""
    common = TYPED[0].fields()
    text = _HEAD + "".join(f"    {key}: {common[key]}\n" for key in COMMON)
    return text + "".join(map(_definition, TYPED))


def _definition(typed: Typed) -> str:
    fields = {key: kind for key, kind in typed.fields().items() if key not in COMMON}
    return (
        f"\n\nclass {typed.name}(Common, total=False):\n"
        f'    """More parameters of {typed.opcode}, for `RapiClient.{typed.method}`."""\n\n'
        + "".join(f"    {key}: {kind}\n" for key, kind in fields.items())
    )


if __name__ == "__main__":
    FILE.write_text(written(), encoding="utf-8")
