"""Writes ganeti_rapi/client/results.py from the document of the API: ``python -m
test.typed_results``. What a method of the clients returns is a TypedDict of what the server
answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ganeti_rapi.api.openapi import document
from ganeti_rapi.api.resources import RESOURCES

from .typed_parameters import SIMPLE, union

# Any, throughout: JSON Schema.

FILE = Path(__file__).parent.parent / "ganeti_rapi/client/results.py"

_HEAD = '''\
"""What the clients' methods return, for type checkers and editors.

Made by `make doc` from the table of the API; change ganeti_rapi/api instead. What the fields mean
is in doc/api.md. Memory and disk space are mebibytes, times seconds since the epoch or pairs of
them and microseconds. A list that was asked for with ``fields`` has these only.
"""

from __future__ import annotations

from typing import Any, Literal, TypedDict

# Any: what Ganeti has there, of many kinds
'''

RESULTS: Mapping[str, tuple[str, str]] = {
    "Cluster": ("GET /2/info", "The settings of the cluster."),
    "Node": ("GET /2/nodes/{node_name}", "A node."),
    "Instance": ("GET /2/instances/{instance_name}", "An instance."),
    "Group": ("GET /2/groups/{group_name}", "A node group."),
    "Network": ("GET /2/networks/{network_name}", "A network."),
    "Job": ("GET /2/jobs/{job_id}", "A job."),
    "JobNews": ("GET /2/jobs/{job_id}/wait", "What is new of a job."),
    "Filter": ("GET /2/filters/{filter_uuid}", "A filter rule."),
    "OperatingSystem": ("GET /2/os", "An operating system that instances may have."),
    "Tagged": ("GET /2/tags-search", "An object with a tag that was searched for."),
    "Resource": ("GET /2", "A resource of the API."),
    "Health": ("GET /healthz", "How the server is."),
    "Queue": ("GET /2/queue", "Whether the queue takes jobs."),
    "Watcher": ("GET /2/watcher", "Whether the watcher is paused."),
    "Archived": ("POST /2/jobs-archive", "What became of old jobs."),
    "Verification": ("GET /2/verify/{job_id}", "What a verification found."),
    "Config": ("GET /2/config", "Who is the master, and what is paused."),
    "ExtStorage": ("GET /2/ext-storage", "A provider of external storage."),
    "Capacity": ("GET /2/capacity", "How many more instances fit."),
    "Balance": ("GET /2/balance", "How well a node group is balanced."),
    "Console": ("GET /2/instances/{instance_name}/console", "How to reach a console."),
    "Ticket": ("POST /2/instances/{instance_name}/console/ticket", "A ticket for a console."),
    "Answer": ("GET /2/query/{resource}", "Fields of objects."),
    "Fields": ("GET /2/query/{resource}/fields", "The fields that there are."),
}
"""Names of types, the requests whose replies they are, and what they are. Of lists it is a row."""

_DOCUMENT = document(RESOURCES)


def schema_of(request: str) -> Any:
    """The schema of the object that a reply is, or of the objects that it lists."""
    method, uri = request.split()
    reply = _DOCUMENT["paths"][uri][method.lower()]["responses"]["200"]
    return _object(reply["content"]["application/json"]["schema"])


def _object(schema: Any) -> Any:
    if "$ref" in schema:
        return _DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:  # names alone, or what else there is to know
        return next(found for each in reversed(schema["anyOf"]) if (found := _object(each)))
    if schema.get("type") == "array":
        return _object(schema["items"])
    return schema if schema.get("type") == "object" else None


def python_type(schema: Any) -> str:
    """The type of what a schema describes."""
    return union(_kinds(schema), anything="Any")


LONGEST = 100
"""Characters of a line."""


def _kinds(schema: Any) -> Iterator[str]:
    if "anyOf" in schema:
        for choice in schema["anyOf"]:
            yield from _kinds(choice)
    elif "enum" in schema:
        yield f"Literal[{', '.join(map(repr, schema['enum']))}]".replace("'", '"')
    elif schema.get("type") == "array":
        items = schema.get("prefixItems") or [schema.get("items", {})]
        yield f"list[{python_type({'anyOf': items})}]"
    elif schema.get("type") == "object":
        of = schema.get("additionalProperties")
        yield f"dict[str, {python_type(of) if isinstance(of, dict) else 'Any'}]"
    else:
        yield SIMPLE.get(str(schema.get("type")), "Any")


def written() -> str:
    """The whole file."""
    return _HEAD + "".join(_definition(name, *of) for name, of in RESULTS.items())


def _definition(name: str, request: str, doc: str) -> str:
    """A class, or a call where names have dots in them; some fields are not in all replies."""
    schema = schema_of(request)
    always = set(schema.get("required", ()))
    types = {key: python_type(of) for key, of in schema["properties"].items()}
    sometimes = {key: kind for key, kind in types.items() if key not in always}
    base = f"_{name}" if sometimes else name
    told = {key: kind for key, kind in types.items() if key in always}
    as_call = any("." in key for key in told)
    text = (
        _call(base, told) if as_call else _class(base, "TypedDict", "" if sometimes else doc, told)
    )
    if sometimes:
        return text + _class(name, f"{base}, total=False", doc, sometimes)
    return f'{text}"""{doc}"""\n' if as_call else text


def _call(name: str, types: Mapping[str, str]) -> str:
    fields = "".join(f'        "{key}": {kind},\n' for key, kind in types.items())
    return f'\n\n{name} = TypedDict(\n    "{name}",\n    {{\n{fields}    }},\n)\n'


def _class(name: str, base: str, doc: str, types: Mapping[str, str]) -> str:
    told = f'    """{doc}"""\n\n' if doc else ""
    return f"\n\nclass {name}({base}):\n{told}" + "".join(map(_field, types, types.values()))


def _field(key: str, kind: str) -> str:
    line = f"    {key}: {kind}\n"
    if len(line) > LONGEST + 1:  # as a formatter breaks it
        inner = kind.removeprefix("list[").removesuffix("]")
        return f"    {key}: list[\n        {inner}\n    ]\n"
    return line


if __name__ == "__main__":
    FILE.write_text(written(), encoding="utf-8")
