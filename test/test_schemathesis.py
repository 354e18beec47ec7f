"""Requests that schemathesis makes of the OpenAPI document, against a simulated cluster.

Each goes through the real site. Whatever follows the document is accepted, and what does not is
refused. No reply may be a surprise, and each must be one that the document describes, in status and
in shape. Streams are left out, since they do not end, and so are texts.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.api.bodies import BodyForm, Parameters
from ganeti_rapi.api.openapi import document
from ganeti_rapi.api.resources import RESOURCES
from ganeti_rapi.testing import Reply, SimulatedApi, parse_reply

from .htools import RecordedHtools

try:
    import schemathesis
    from requests import Request
    from schemathesis import Case
    from schemathesis.generation.modes import GenerationMode
except ImportError:
    schemathesis = None

# Any, throughout: JSON, and what schemathesis makes of it.

EXAMPLES = int(os.environ.get("EXAMPLES", "3"))
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
    "Host": "rapi",
    "Accept-Encoding": "identity",
    "Authorization": f"Basic {base64.b64encode(SimulatedApi.writer.encode()).decode()}",
    "Connection": "close",
}
JSON = "application/json"


def described() -> Any:
    """The document as a client reads it."""
    return json.loads(json.dumps(document(RESOURCES)))


def operations(api: Any) -> Iterator[tuple[str, str, Any]]:
    """Path, method and description of every operation that answers JSON."""
    for path, item in api["paths"].items():
        for method, operation in item.items():
            good = {} if method == "description" else operation["responses"].get("200", {})
            if JSON in good.get("content", {}):
                yield path, method, operation


def with_known_names(api: Any) -> Any:
    """The document, with path items that mostly exist."""
    for _, _, operation in operations(api):
        for parameter in operation["parameters"]:
            if parameter["in"] == "path" and parameter["name"] in KNOWN:
                parameter["schema"] = {"enum": [*KNOWN[parameter["name"]], 999]}
    return api


def with_integers(value: Any) -> Any:
    """The same JSON with 1 for 1.0, which JSON Schema takes for an integer and Ganeti does not.

    Integers are what 64 bits hold: others are read as decimal numbers.
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return max(-(2**63), min(value, 2**63 - 1))
    if isinstance(value, dict):
        return {name: with_integers(item) for name, item in value.items()}
    return [with_integers(item) for item in value] if isinstance(value, list) else value


def prepared(case: Case[Any]) -> Any:
    """The request, written by the HTTP client that schemathesis uses."""
    return Request(**case.as_transport_kwargs(base_url="http://rapi")).prepare()


def send(api: SimulatedApi, request: Any) -> Reply:
    """The reply to a request."""
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
        schema = response["content"][JSON]["schema"]
        return Draft202012Validator({**schema, "components": self._api["components"]})


class Promised:
    """The document's word on requests: whether one follows it."""

    def __init__(self, api: Any) -> None:
        self._api = api

    def follows(self, path: str, method: str, request: Any) -> bool:
        """Whether what the request gives is what its operation takes.

        Where query arguments may stand in for a body, only those of the two are judged that count;
        the document says in words which.
        """
        operation = self._api["paths"][path][method]
        query = parse_qs(urlsplit(request.url).query)
        body, unread = form_of(path, method), set[str]()
        asked = {each.name for each in body.instead if each.name in query}
        by_query = bool(asked) and isinstance(body, Parameters) and body.query_first
        if request.body not in (None, b"", b"null") and not by_query:
            unread = asked
        arguments = [each for each in operation["parameters"] if each["in"] == "query"]
        return all(
            self._takes(each, query.get(each["name"]))
            for each in arguments
            if each["name"] not in unread
        ) and (by_query or self._takes_body(operation.get("requestBody"), request.body))

    def _takes(self, argument: Any, texts: list[str] | None) -> bool:
        if not texts:  # without a value it counts as absent
            return not argument["required"]
        return any(self._fits(argument["schema"], value) for value in readings(argument, texts))

    def _takes_body(self, body: Any, text: Any) -> bool:
        if body is None:
            return True  # it is not read
        try:
            value = json.loads(text) if text else None
        except ValueError:
            return False
        if value is None:  # null counts as none
            return not body["required"]
        return self._fits(body["content"]["application/json"]["schema"], value)

    def _fits(self, schema: Any, value: Any) -> bool:
        whole = {**schema, "components": self._api["components"]}
        return Draft202012Validator(whole, format_checker=FormatChecker()).is_valid(value)


def form_of(path: str, method: str) -> BodyForm:
    """The form that reads the body of an operation."""
    (row,) = [row for row in RESOURCES if row.uri == path]
    return row.cells[method.upper()].body


def readings(argument: Any, texts: list[str]) -> Iterator[Any]:
    """What the texts of an argument may be read as."""
    if "explode" in argument:
        yield [word.strip() for word in texts[0].split(",")]
    elif argument["schema"].get("type") == "array":
        yield texts
    else:
        yield texts[0]
        number = float if argument["schema"].get("type") == "number" else int
        with contextlib.suppress(ValueError):
            yield number(texts[0])


BEYOND = (
    # What luxid judges and not the daemon.
    "The query does not parse",
    "The filter rule does not parse",
    "The job daemon cannot read",
    "Invalid search pattern",
    "Invalid argument filter: expected",
    "Invalid header Idempotency-Key",
    "Invalid header If-Match",
    "There is no field ",
    "is no cursor of a list",
    "expected the ETag of a list",
    "it goes with neither limit nor after",
    "Invalid argument since: fields must have",
    "cannot be sorted or filtered by",
    # The path, which is judged in the job's check.
    "Invalid parameter OP_INSTANCE_GROW_DISK.disk",
    # What is not even JSON.
    "Unable to parse JSON data",
    "there is no job so far back",
    "Sync queries are not allowed",
    "it goes with whole lists only",
    # Rules between an argument and another one or the body: the document says them in words.
    "Evacuating needs",
    "Give either a body or",
    "The query arguments ",
    "Missing parameter ",
    "Give all of the query arguments",
    # Moments, which are judged by the clock.
    "expected a time to come",
    # Notations that JSON Schema has no name for.
    "expected an IPv",
)
"""Why a request that follows the document may be refused all the same."""


class SchemathesisTests(SynchronousTestCase):
    if schemathesis is None:
        skip = "schemathesis 4 or newer is not installed"

    def setUp(self) -> None:
        self.described = Described(described())
        self.promised = Promised(described())
        self.schema = schemathesis.openapi.from_dict(with_known_names(described()))

    def assert_kept(self, path: str, method: str, request: Any, reply: Reply) -> None:
        """What follows the document is accepted, and what does not is refused."""
        follows = self.promised.follows(path, method, request)
        what = f"{request.method} {request.path_url} {request.body!r} {reply.body!r}"
        if reply.status == 200:
            self.assertTrue(follows, f"accepted against the document: {what}")
        if reply.status == 400 and follows:
            message = reply.json()["message"]
            self.assertTrue(any(words in message for words in BEYOND), f"refused: {what}")

    def try_out(self, path: str, method: str, mode: GenerationMode) -> None:
        cases: st.SearchStrategy[Case[Any]] = self.schema[path][method].as_strategy(mode)

        @settings(
            max_examples=EXAMPLES,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=cases)
        def run(case: Case[Any]) -> None:
            api = SimulatedApi(htools=RecordedHtools(), release="3.1")
            case.body = with_integers(case.body)
            request = prepared(case)
            reply = send(api, request)
            self.assertNotIn(b"Something unexpected", reply.body)
            self.assert_kept(path, method, request, reply)
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
