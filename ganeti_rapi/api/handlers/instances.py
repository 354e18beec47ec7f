"""Instances: creation, reinstallation, disks and console."""

from __future__ import annotations

from ganeti_rapi.api.call import Call
from ganeti_rapi.api.cells import Values, build_opcode, rename_keys
from ganeti_rapi.api.checks import BOOLEAN, OBJECT, Either, ListOf, Matching, OneOf
from ganeti_rapi.api.fields import INSTANCE
from ganeti_rapi.api.jobs import submit_job
from ganeti_rapi.api.opcodes import OPCODES
from ganeti_rapi.api.params import COMMON, DISK_INDEX, Param
from ganeti_rapi.api.queries import query_one
from ganeti_rapi.api.schemas import COUNT, NAMES, NULL, TEXT, Field, any_of, maybe, object_of
from ganeti_rapi.errors import BadRequest, Unavailable
from ganeti_rapi.jsontext import Json

CREATE_PARAMS = (Param("__version__", OneOf((1,)), "The version of the request's form."),)
"""What POST /2/instances takes beside the opcode's parameters."""

CREATE_RENAMES = {"os": "os_type", "name": "instance_name"}
"""What the requirements call an instance's OS and name, and what the opcode calls them."""


def usb_devices(_call: Call, values: Values) -> Values:
    """Ganeti wants commas between the USB devices where clients have always sent spaces."""
    hvparams = values.get("hvparams")
    if not isinstance(hvparams, dict) or "usb_devices" not in hvparams:
        return values
    devices = hvparams["usb_devices"]
    if not isinstance(devices, str):
        raise BadRequest("The parameter 'hvparams.usb_devices' must be a string")
    return {**values, "hvparams": {**hvparams, "usb_devices": devices.replace(" ", ",")}}


def creation(call: Call, values: Values) -> Values:
    """POST /2/instances: only version 1 of the request's format is documented."""
    version = values.pop("__version__", None)
    if version is None:
        raise BadRequest("Missing parameter '__version__': it must be 1")
    if version != 1:
        raise BadRequest("Unsupported '__version__' of the creation request: it must be 1")
    return usb_devices(call, values)


MULTI_ALLOC_PARAMS = (
    Param(
        "instances",
        ListOf(OBJECT),
        "The instances, each an object as POST /2/instances takes it, without `__version__`.",
    ),
)


def multi_allocation(call: Call, values: Values) -> Values:
    """POST /2/instances-multi-alloc: every instance is an OP_INSTANCE_CREATE of its own."""
    instances = values.get("instances")
    if not isinstance(instances, list):
        raise BadRequest("The parameter 'instances' must be a list of instance definitions")
    nested = [_nested_at(at, call, instance) for at, instance in enumerate(instances)]
    return {**values, "instances": nested}


def _nested_at(at: int, call: Call, instance: Json) -> Json:
    try:
        return _nested(call, instance)
    except BadRequest as error:
        place = f"Invalid parameter OP_INSTANCE_MULTI_ALLOC.instances: item {at}"
        raise BadRequest(f"{place}: {error.message}") from None


def _nested(call: Call, instance: Json) -> Json:
    if not isinstance(instance, dict):
        raise BadRequest("expected an object: an instance definition")
    values = usb_devices(call, rename_keys(instance, CREATE_RENAMES))
    opcode = OPCODES["OP_INSTANCE_CREATE"]
    # luxid fills in defaults for a job's own opcodes, but not for those nested in a parameter.
    return {"OP_ID": opcode.name, **opcode.with_defaults(opcode.checked(values))}


REINSTALL_RENAMES = {"os": "os_type"}
REINSTALL_PARAMS = (
    *OPCODES["OP_INSTANCE_REINSTALL"].parameters_without("instance_name", "reason"),
    Param("start", BOOLEAN, "Whether to start the instance afterwards.", True),
)
"""The body of POST /2/instances/[instance_name]/reinstall."""


async def reinstall(call: Call) -> Json:
    """POST /2/instances/[instance_name]/reinstall: shutdown, reinstall and startup in one job."""
    values, start = _reinstallation(call)
    static: Values = {
        "instance_name": call.items["instance_name"],
        "reason": call.reason_trail(),
    }
    for param in COMMON:
        if param.name in values and param.name not in static:
            # A dry run, a priority or a dependency is meant for the shutdown as well.
            static[param.name] = values.pop(param.name)
    opcodes = [
        build_opcode("OP_INSTANCE_SHUTDOWN", {}, static),
        build_opcode("OP_INSTANCE_REINSTALL", values, static),
    ]
    if start:
        opcodes.append(build_opcode("OP_INSTANCE_STARTUP", {"force": False}, static))
    return await submit_job(call, opcodes)


def _reinstallation(call: Call) -> tuple[Values, bool]:
    """The opcode's parameters and whether to start, from the body or the older query arguments."""
    if not call.has_body or not call.body:
        os_type = call.text("os")
        return ({} if os_type is None else {"os_type": os_type}), not call.flag("nostartup")
    body = call.object_body()
    if "os" in call.query or "nostartup" in call.query:
        raise BadRequest("Give either a body or the query arguments 'os' and 'nostartup', not both")
    start = body.pop("start", True)
    if start not in (True, False):
        raise BadRequest("The parameter 'start' must be true or false")
    return rename_keys(body, REINSTALL_RENAMES), bool(start)


_REPLACE_ARGUMENTS = ("remote_node", "mode", "iallocator")


def disk_replacement(call: Call, values: Values) -> Values:
    """POST /2/instances/[instance_name]/replace-disks: a body, or else query arguments.

    ``disks`` is a list of disk indexes, or a string of them with commas; null or none at all means
    all disks, as in the stock daemon.
    """
    if not values:
        values = {name: text for name in _REPLACE_ARGUMENTS if (text := call.text(name))}
        if (disks := call.text("disks")) is not None:
            values["disks"] = disks
    if values.get("disks") in (None, ""):
        values.pop("disks", None)  # some clients send what they have not got
    elif isinstance(values["disks"], str):
        values["disks"] = _indexes(str(values["disks"]))
    return values


def _indexes(text: str) -> list[Json]:
    try:
        return [int(index) for index in text.split(",")]
    except ValueError:
        raise BadRequest(
            "The parameter 'disks' must be disk indexes with commas, such as 0,1"
        ) from None


REPLACE_DISKS_PARAMS = (
    Param(
        "disks",
        Either(
            (
                ListOf(DISK_INDEX),
                Matching("string of disk indexes with commas", _indexes, "[0-9]+(?:,[0-9]+)*"),
            )
        ),
        "The indexes of the disks; none means all disks.",
        [],
    ),
)

CONSOLE_REPLY = object_of(
    {
        "instance": Field(TEXT, "The instance's name."),
        "kind": Field(TEXT, "How to reach it: `ssh`, `vnc`, `spice`, or `msg` if not at all."),
        "message": Field(maybe(TEXT), "Why it has none."),
        "host": Field(maybe(TEXT), "The host to connect to."),
        "port": Field(maybe(COUNT), "The TCP port to connect to."),
        "user": Field(maybe(TEXT), "The user to log in as."),
        "command": Field(any_of(NAMES, TEXT, NULL), "The command to run on the host."),
        "display": Field(maybe(COUNT), "The number of the VNC display."),
    },
    optional=("message", "host", "port", "user", "command", "display"),
)


async def console(call: Call) -> Json:
    """GET /2/instances/[instance_name]/console: how to reach it, while it runs."""
    name = call.items["instance_name"]
    details, running = await query_one(call, INSTANCE, name, ["console", "oper_state"])
    if not running:
        raise Unavailable("Instance console unavailable")
    return details  # type: ignore[no-any-return]  # luxid's own
