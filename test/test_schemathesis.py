"""Requests that schemathesis makes of the OpenAPI document, against a simulated cluster.

Each goes through the real site. No reply may be a 500, and each must be one that the document
describes, in status and in shape. Streams are left out, since they do not end.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator, Mapping
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.api.openapi import document
from ganeti_rapi.api.resources import RESOURCES
from ganeti_rapi.testing import Reply, SimulatedApi, parse_reply

try:
    import schemathesis
    from requests import Request
    from schemathesis import Case
    from schemathesis.generation.modes import GenerationMode
except ImportError:
    schemathesis = None

# Any, throughout: JSON, and what schemathesis makes of it.

EXAMPLES = int(os.environ.get("EXAMPLES", "4"))
"""Requests for each operation, valid ones and again as many that are not.

The same ones each time, so that the suite is green or red for a reason. A larger number in the
environment finds more.
"""

KNOWN: dict[str, list[Any]] = {
    "node_name": ["node2.example.com", "node5.example.com"],
    "instance_name": ["web1.example.com", "db1.example.com", "build1.example.com"],
    "group_name": ["default", "racks-b"],
    "network_name": ["internal"],
    "name": ["node2.example.com", "web1.example.com", "default", "internal"],
    "job_id": [1, 6],
}
"""Path items that exist. Names made up at random would only ever be answered with 404."""

HEADERS = {
    "Accept-Encoding": "identity",
    "Authorization": f"Basic {base64.b64encode(SimulatedApi.writer.encode()).decode()}",
    "Connection": "close",
}
STREAMED = "text/event-stream"


def described() -> Any:
    """The document as a client reads it."""
    return json.loads(json.dumps(document(RESOURCES)))


def operations(api: Any) -> Iterator[tuple[str, str, Any]]:
    """Path, method and description of every operation that ends."""
    for path, item in api["paths"].items():
        for method, operation in item.items():
            if method != "description" and STREAMED not in str(operation["responses"]["200"]):
                yield path, method, operation


def with_known_names(api: Any) -> Any:
    """The document, with path items that mostly exist."""
    for _, _, operation in operations(api):
        for parameter in operation["parameters"]:
            if parameter["in"] == "path" and parameter["name"] in KNOWN:
                parameter["schema"] = {"enum": [*KNOWN[parameter["name"]], 999]}
    return api


def with_integers(value: Any) -> Any:
    """The same JSON with 1 for 1.0, which JSON Schema takes for an integer and Ganeti does not."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: with_integers(item) for name, item in value.items()}
    return [with_integers(item) for item in value] if isinstance(value, list) else value


def send(api: SimulatedApi, case: Case[Any]) -> Reply:
    """The reply to a request, written by the HTTP client that schemathesis uses."""
    request: Any = Request(**case.as_transport_kwargs(base_url="http://rapi")).prepare()
    headers = [f"{name}: {value}" for name, value in {**request.headers, **HEADERS}.items()]
    lines = [f"{request.method} {request.path_url} HTTP/1.1", *headers]
    content = request.body or b""
    client = api.connect()
    assert client.transport is not None
    client.transport.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n")
    client.transport.write(content.encode() if isinstance(content, str) else content)
    api.until(lambda: client.closed)
    return parse_reply(client.data)


class Described:
    """The document's word on replies."""

    def __init__(self, api: Any) -> None:
        self._api = api
        self._validators: dict[tuple[str, str, int], Draft202012Validator] = {}

    def check(self, path: str, method: str, reply: Reply) -> None:
        """Fail if the document does not describe this reply."""
        key = path, method, reply.status
        if key not in self._validators:
            self._validators[key] = self._validator(*key)
        self._validators[key].validate(reply.json())

    def _validator(self, path: str, method: str, status: int) -> Draft202012Validator:
        responses: Mapping[str, Any] = self._api["paths"][path][method]["responses"]
        assert str(status) in responses, f"{method} {path} does not tell of {status}"
        response = responses[str(status)]
        if "$ref" in response:
            response = self._api["components"]["responses"][str(status)]
        schema = response["content"]["application/json"]["schema"]
        return Draft202012Validator({**schema, "components": self._api["components"]})


class SchemathesisTests(SynchronousTestCase):
    if schemathesis is None:
        skip = "schemathesis 4 or newer is not installed"

    def setUp(self) -> None:
        self.described = Described(described())
        self.schema = schemathesis.openapi.from_dict(with_known_names(described()))

    def try_out(self, path: str, method: str, mode: GenerationMode) -> None:
        cases: st.SearchStrategy[Case[Any]] = self.schema[path][method].as_strategy(mode)

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=cases)
        def run(case: Case[Any]) -> None:
            api = SimulatedApi()
            case.body = with_integers(case.body)
            reply = send(api, case)
            self.assertNotEqual(reply.status, 500, reply.body)
            if mode is GenerationMode.POSITIVE:
                self.described.check(path, method, reply)
            api.stop()

        run()

    def test_requests_as_described_get_replies_as_described(self) -> None:
        for path, method, _ in operations(described()):
            self.try_out(path, method, GenerationMode.POSITIVE)

    def test_other_requests_are_the_clients_error(self) -> None:
        for path, method, operation in operations(described()):
            if operation["parameters"] or "requestBody" in operation:
                self.try_out(path, method, GenerationMode.NEGATIVE)
