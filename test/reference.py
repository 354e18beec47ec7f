"""Writes doc/api.md and doc/openapi.json from the table of the API: ``python -m test.reference``.

The examples are the commands of the walk in doc/walk.md with the replies of a simulated cluster,
which is why this does not live beside the table.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

from ganeti_rapi.api.bodies import Key
from ganeti_rapi.api.cells import Cell
from ganeti_rapi.api.checks import plural
from ganeti_rapi.api.forms import Argument
from ganeti_rapi.api.opcodes import OPCODES
from ganeti_rapi.api.opcodes.reach import ANSWERED, LEFT_OUT, WAITED_FOR
from ganeti_rapi.api.openapi import document
from ganeti_rapi.api.openapi.operations import for_whom
from ganeti_rapi.api.openapi.replies import COMPONENTS
from ganeti_rapi.api.params import COMMON, Param
from ganeti_rapi.api.resource import FAMILIES, Resource
from ganeti_rapi.api.resources import RESOURCES
from ganeti_rapi.api.submissions import OfOpcode, Submit
from ganeti_rapi.testing import SimulatedApi

from .contract import Conversation
from .htools import RecordedHtools
from .test_walk import Command, commands, row_of

# Any, throughout: JSON.

DOC = Path(__file__).parent.parent / "doc"
SERVER = "https://127.0.0.1:5080"
MOST_EXAMPLES = 2
MOST_ITEMS, MOST_CHARACTERS = 2, 100
ROOM = (10**9, 400, 100)
"""Characters of a list or an object that an example shows; by how many objects it is inside of."""
WIDTH = 96

_HEAD = """\
<!-- Made by `make doc` from the table of the API; change ganeti_rapi/api instead. -->

# The resources of the API

Every resource, with its methods. For programs the same is in [openapi.json](openapi.json), which
the server shows at `/2/openapi.json`.

Whatever changes the cluster is a job: such a request is answered with the job's id as soon as the
job is in the queue, and the change is made when the job has ended. Follow it at `/2/jobs/[job_id]`
or with `return_timeout`. Sizes are MiB and times seconds.

A write with the header `Idempotency-Key: NAME`, such as a UUID, counts once: whoever sends it again
with the same name is answered with the same job, and nothing is submitted. With another request,
the same name is 422. A job has it in its reason trail; what is no job is remembered for a day, and
not beyond a restart.

The ETag of an instance, a node, a group or a network ends in its `serial_no`. A write with that
ETag as `If-Match` is 412 if the object's configuration changed since. Jobs that are under way, and
may change it next, are not looked at.

Requests and replies are JSON, with the content type `application/json`. In the query, a flag is
`1` or `0`. Errors are an object of `code`, `message` and `explain`: 400 for a wrong request, 401
and 403 without the right to it, 404 for what does not exist, 410 for an ETag that is too old, 412
for an object that changed, 413 and 415 for a body that is too large or no JSON, 422 for an
Idempotency-Key of another request, 429 after several failed logins, 501 for a method that the
resource lacks, 500 when the operation failed, and 502, 503 or 504 when Ganeti's job daemon is not
there, busy or slow.

The examples are for the simulated cluster of `make run`. Replies in them are shortened where there
is an ellipsis.
"""


@frozen
class Example:
    """A request that was made, and what came back."""

    command: Command
    reply: Any

    def lines(self) -> Iterator[str]:
        """The example as Markdown."""
        method, body = self.command.method, self.command.body
        bare = method == "GET" and body is None
        request = ["curl -sk -u admin:admin" + ("" if bare else f" -X {method}")]
        if body is not None:
            request.append("-H 'Content-Type: application/json'")
            request.append(f"-d {shlex.quote(json.dumps(body))}")
        request.append(shlex.quote(SERVER + self.command.path))
        yield from ("```sh", *wrapped(request), "```", "", "```json")
        yield from (layout(shortened(self.reply)), "```", "")


def wrapped(words: Sequence[str]) -> list[str]:
    """A command on one line, or on several if it is long."""
    line = " ".join(words)
    return [line] if len(line) <= WIDTH else " \\\n  ".join(words).split("\n")


class Walker(Conversation):
    """Goes the walk and notes what came back."""

    def __init__(self, api: SimulatedApi) -> None:
        self.api = api

    def assertEqual(self, first: object, second: object, message: object = None) -> None:
        assert first == second, message

    def assertIsInstance(self, value: object, kind: type) -> None:
        assert isinstance(value, kind)

    def examples(self) -> dict[tuple[str, str], list[Example]]:
        """Examples by method and URI template."""
        found: dict[tuple[str, str], list[Example]] = {}
        for command in commands():
            reply = self.ask(command.method, command.path, command.body)
            found.setdefault(row_of(command), []).append(Example(command, reply))
            if type(reply) is int and command.uri != "/version":
                self.finish(reply)
        return found


def shortened(value: Any, depth: int = 0) -> Any:
    """The same JSON with less in it, and an ellipsis where something is left out."""
    if isinstance(value, (dict, list)) and len(json.dumps(value)) > ROOM[min(depth, len(ROOM) - 1)]:
        return "…"
    if isinstance(value, dict):
        return {name: shortened(item, depth + 1) for name, item in value.items()}
    if isinstance(value, list):
        most = MOST_ITEMS if len(json.dumps(value[:1])) < WIDTH else 1
        more = ["…"] if len(value) > most else []
        return [*(shortened(item, depth) for item in value[:most]), *more]
    if isinstance(value, str) and "?ticket=" in value:  # a different one each time
        return f"{value.partition('=')[0]}=…"
    if isinstance(value, str) and len(value) > MOST_CHARACTERS:
        return f"{value[:MOST_CHARACTERS]}…"
    return value


def layout(value: Any, indent: str = "", used: int = 0) -> str:
    """JSON in lines, but on one line where that is short enough. ``used`` is what is there yet."""
    line = json.dumps(value, ensure_ascii=False)
    if used + len(line) <= WIDTH or not isinstance(value, (dict, list)):
        return line
    deeper = indent + "  "
    if isinstance(value, list):
        inside = [layout(item, deeper, len(deeper)) for item in value]
    else:
        names = [f"{json.dumps(name)}: " for name in value]
        inside = [
            name + layout(item, deeper, len(deeper) + len(name))
            for name, item in zip(names, value.values())
        ]
    opening, closing = "[]" if isinstance(value, list) else "{}"
    return f"{opening}\n{deeper}" + f",\n{deeper}".join(inside) + f"\n{indent}{closing}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A Markdown table; nothing when there are no rows."""
    if rows:
        yield f"| {' | '.join(head)} |"
        yield f"|{'---|' * len(head)}"
        for row in rows:
            yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
        yield ""


def argument_row(argument: Argument) -> Sequence[str]:
    """What the reference says of a query argument."""
    shown = argument.schema().get("default")
    default = "required" if argument.required else _default(shown)
    return (f"`{argument.name}`", str(argument.form), default, argument.doc)


def _default(value: object) -> str:
    return "" if value is None else f"`{json.dumps(value)}`"


def key_row(names: Sequence[str], param: Param) -> Sequence[str]:
    """What the reference says of a key of a body."""
    default = "required" if param.required else f"`{json.dumps(param.default)}`"
    return (" or ".join(f"`{name}`" for name in names), str(param.check), default, param.doc)


KEYS = ("key", "type", "default", "meaning")


def body_lines(cell: Cell) -> Iterator[str]:
    """What the reference says of a body."""
    if cell.body.schema() is None:
        return
    keys = cell.body.keys()
    common = [key.param.name for key in keys if key.param in COMMON]
    yield f"Body: {cell.body.words}."
    if common:
        yield f"The keys {', '.join(f'`{name}`' for name in common)} are [common](#common-keys)."
    yield ""
    own = [key for key in keys if key.param not in COMMON]
    yield from table(KEYS, [key_row(key.names, key.param) for key in sorted(own, key=_rank)])


def _rank(key: Key) -> bool:
    return not key.param.required  # what must be given comes first


def method_lines(
    row: Resource, method: str, cell: Cell, examples: Sequence[Example]
) -> Iterator[str]:
    """What the reference says of a method."""
    yield from (f"#### {method} {row.uri}", "", f"{cell.doc} {for_whom(cell)}", "")
    if isinstance(cell, OfOpcode):
        yield from (f"Submits {cell.opcode}. {OPCODES[cell.opcode].doc}", "")
    rows = [argument_row(argument) for argument in cell.arguments]
    yield from table(("query argument", "type", "default", "meaning"), rows)
    yield from body_lines(cell)
    yield from (f"Reply: {cell.reply}", "")
    if isinstance(cell, Submit):
        yield from (f"The job's result: {OPCODES[cell.opcode].result}", "")
    for example in examples[:MOST_EXAMPLES]:
        yield from example.lines()


def type_of(schema: Any) -> str:
    """A JSON Schema of a reply in words."""
    if "enum" in schema:
        return f"one of {', '.join(schema['enum'])}"
    if "anyOf" in schema:
        return " or ".join(map(type_of, schema["anyOf"]))
    if "prefixItems" in schema:
        return f"[{', '.join(map(type_of, schema['prefixItems']))}]"
    if "items" in schema:
        return f"list of {plural(type_of(schema['items']))}"
    return str(schema.get("type", "anything"))


def object_lines(name: str, schema: Any) -> Iterator[str]:
    """What the reference says of a kind of object."""
    yield from (f"### {name}", "")
    fields = schema["properties"].items()
    rows = [(f"`{field}`", type_of(each), each["description"]) for field, each in fields]
    yield from table(("field", "type", "meaning"), rows)


def opcode_lines() -> Iterator[str]:
    """What the reference says of how to reach each opcode."""
    yield from ("## Opcodes", "", "What submits each of Ganeti's opcodes, or does without it.", "")
    where: dict[str, list[str]] = {}
    for row in RESOURCES:
        for method, cell in row.cells.items():
            if isinstance(cell, OfOpcode):
                where.setdefault(cell.opcode, []).append(f"`{method} {row.uri}`")
    rows = [(f"`{name}`", ", ".join(methods)) for name, methods in where.items()]
    rows += [
        (f"`{name}`", f"`{method}`, which waits for it") for name, method in WAITED_FOR.items()
    ]
    rows += [(f"`{name}`", f"`{method}`, without a job") for name, method in ANSWERED.items()]
    rows += [(f"`{name}`", f"not reachable: {reason}") for name, reason in LEFT_OUT.items()]
    yield from table(("opcode", "by"), sorted(rows))


def reference(api: SimulatedApi) -> str:
    """The whole of doc/api.md."""
    examples = Walker(api).examples()
    lines = [_HEAD, "## Common keys", "", "Every job takes these in its body.", ""]
    lines += table(
        KEYS, [key_row([param.name], param) for param in COMMON if param.name != "reason"]
    )
    for family, doc in FAMILIES.items():
        lines += [f"## {family.capitalize()}", "", doc, ""]
        for row in (row for row in RESOURCES if row.family == family):
            lines += [f"### {row.uri}", "", row.doc, ""]
            for method, cell in row.cells.items():
                lines += method_lines(row, method, cell, examples.get((method, row.uri), ()))
    lines += ["## Objects", "", "What replies show of the cluster's objects.", ""]
    for name, schema in COMPONENTS.items():
        if name != "NewInstance":  # what requests carry is told where they are
            lines += object_lines(name, schema)
    lines += opcode_lines()
    return "\n".join(lines).rstrip() + "\n"


def openapi() -> str:
    """The whole of doc/openapi.json."""
    return json.dumps(document(RESOURCES), indent=1, sort_keys=True) + "\n"


def main() -> None:
    """Write both."""
    (DOC / "api.md").write_text(
        reference(SimulatedApi(htools=RecordedHtools(), release="3.1")), encoding="utf-8"
    )
    (DOC / "openapi.json").write_text(openapi(), encoding="utf-8")


if __name__ == "__main__":
    main()
