"""Instances: creation, reinstallation, disks and console."""

from __future__ import annotations

import re

from attrs import evolve, frozen

from ganeti_rapi.api.bodies import Parameters, Values, checked, renamed
from ganeti_rapi.api.call import Call
from ganeti_rapi.api.checks import (
    BOOLEAN,
    OBJECT,
    STRING,
    CheckError,
    ListOf,
    OneOf,
    Refused,
    Schema,
    expectation,
    json_type,
)
from ganeti_rapi.api.consoles import UNAVAILABLE
from ganeti_rapi.api.jobs import submit_job
from ganeti_rapi.api.kinds import INSTANCE
from ganeti_rapi.api.opcodes import OPCODES
from ganeti_rapi.api.params import COMMON, DISK_INDEX, HVPARAMS, Param
from ganeti_rapi.api.queries import query_one
from ganeti_rapi.api.schemas import (
    COUNT,
    NAMES,
    NULL,
    TEXT,
    Property,
    any_of,
    component,
    maybe,
    object_of,
)
from ganeti_rapi.api.submissions import build_opcode
from ganeti_rapi.errors import BadRequest, NotRunning
from ganeti_rapi.jsontext import Json

CREATE_RENAMES = {"os": "os_type", "name": "instance_name"}
"""What the requirements call an instance's OS and name, and what the opcode calls them."""


@frozen
class HypervisorParameters:
    """An object. Of its ``usb_devices``, clients have always separated the devices by blanks;
    Ganeti wants commas."""

    def __call__(self, value: Json) -> Json:
        values = OBJECT(value)
        if not isinstance(values, dict) or "usb_devices" not in values:
            return values
        try:
            devices = STRING(values["usb_devices"])
        except CheckError as error:
            raise error.inside("key 'usb_devices'") from None
        return {**values, "usb_devices": str(devices).replace(" ", ",")}

    def schema(self) -> Schema:
        return {**OBJECT.schema(), "properties": {"usb_devices": STRING.schema()}}

    def __str__(self) -> str:
        return str(OBJECT)


INSTANCE_HVPARAMS = evolve(HVPARAMS, check=HypervisorParameters())
CREATE_PARAMS = (
    Param("__version__", OneOf((1,)), "The version of the request's form."),
    INSTANCE_HVPARAMS,
)
"""What POST /2/instances takes in its own way."""


def creation(values: Values) -> Values:
    """POST /2/instances: the version of the request's form is not a parameter of the opcode."""
    return {name: value for name, value in values.items() if name != "__version__"}


@frozen
class NewInstance:
    """An object as POST /2/instances takes it, without its version: an opcode inside a parameter.

    luxid fills in defaults for a job's own opcodes, but not for those nested in a parameter.
    """

    def __call__(self, value: Json) -> Json:
        if not isinstance(value, dict):
            raise CheckError("an object", json_type(value))
        opcode = OPCODES["OP_INSTANCE_CREATE"]
        try:
            values = renamed(value, CREATE_RENAMES)
            values.update(checked(values, (INSTANCE_HVPARAMS,), opcode.name))
            return {"OP_ID": opcode.name, **opcode.with_defaults(opcode.checked(values))}
        except BadRequest as error:
            raise Refused(error.message) from None

    def schema(self) -> Schema:
        return component("NewInstance")

    def __str__(self) -> str:
        return "object as POST /2/instances takes it, without `__version__`"


NEW_INSTANCE = Parameters(also=(INSTANCE_HVPARAMS,), renames=CREATE_RENAMES).of(
    "OP_INSTANCE_CREATE", frozenset()
)
"""The form of an instance among several new ones."""

MULTI_ALLOC_PARAMS = (Param("instances", ListOf(NewInstance()), "The instances."),)

REINSTALL_RENAMES = {"os": "os_type"}
REINSTALL_PARAMS = (Param("start", BOOLEAN, "Whether to start the instance afterwards.", True),)
"""What POST /2/instances/[instance_name]/reinstall takes beside the opcode's parameters."""


async def reinstall(call: Call, start: bool = True, **values: Json) -> Json:
    """POST /2/instances/[instance_name]/reinstall: shutdown, reinstall and startup in one job."""
    # A dry run, a priority or a dependency is meant for the shutdown as well.
    common = {"instance_name", *(param.name for param in COMMON)}
    static = {name: value for name, value in values.items() if name in common}
    opcodes = [
        build_opcode("OP_INSTANCE_SHUTDOWN", static),
        build_opcode("OP_INSTANCE_REINSTALL", values),
    ]
    if start:
        opcodes.append(build_opcode("OP_INSTANCE_STARTUP", {"force": False, **static}))
    return await submit_job(call, opcodes)


@frozen
class DiskIndexes:
    """Indexes of disks: a list, or a string with commas. null and an empty string, which some
    clients send, are an empty list. An empty list means all disks.
    """

    def __call__(self, value: Json) -> Json:
        if value is None or value == "":
            return []
        if not isinstance(value, str):
            return _INDEX_LIST(value)
        if not re.fullmatch(_INDEXES, value):
            raise CheckError(expectation(self), "another string")
        return [int(index) for index in value.split(",")]

    def schema(self) -> Schema:
        text: Schema = {"type": "string", "pattern": f"^(?:{_INDEXES})?$"}
        return {"anyOf": [_INDEX_LIST.schema(), text, {"type": "null"}]}

    def __str__(self) -> str:
        return f"{_INDEX_LIST} or string of them with commas"


_INDEX = " *(?:[0-9]|1[0-5]) *"
_INDEXES = f"{_INDEX}(?:,{_INDEX})*"
_INDEX_LIST = ListOf(DISK_INDEX)

REPLACE_DISKS_PARAMS = (
    Param("disks", DiskIndexes(), "The indexes of the disks; none means all disks.", []),
)

CONSOLE_REPLY = object_of(
    {
        "instance": Property(TEXT, "The instance's name."),
        "kind": Property(TEXT, "How to reach it: `ssh`, `vnc`, `spice`, or `msg` if it has none."),
        "message": Property(maybe(TEXT), "Why it has none."),
        "host": Property(maybe(TEXT), "The host to connect to."),
        "port": Property(maybe(COUNT), "The TCP port to connect to."),
        "user": Property(maybe(TEXT), "The user to log in as."),
        "command": Property(any_of(NAMES, TEXT, NULL), "The command to run on the host."),
        "display": Property(maybe(COUNT), "The number of the VNC display."),
    },
    optional=("message", "host", "port", "user", "command", "display"),
)


async def console(call: Call, instance_name: str) -> Json:
    """GET /2/instances/[instance_name]/console: how to reach it, while it runs."""
    details, running = await query_one(call, INSTANCE, instance_name, ["console", "oper_state"])
    if not running:
        raise NotRunning(UNAVAILABLE)
    return details  # type: ignore[no-any-return]  # luxid's own
