"""What known clients do on the wire, replayed byte by byte.

Each row of `QUIRKS` is a request in the form in which the named client sends it. The stock daemon
is sent the same, so that a row says what is there and not what somebody remembers.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import os
import socket
import ssl
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from attrs import field, frozen
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.jsontext import Json

from .daemon import HOST, PORT, SKIP, Reply, our_api

JSON = "Content-Type: application/json"
FORM = "Content-Type: application/x-www-form-urlencoded"
JOB = object()
"""A reply that is a job id."""

ANYTHING = object()
TLS = ssl._create_unverified_context()


@frozen(kw_only=True)
class Quirk:
    """One request of a client.

    ``line`` is method and target; ``{instance}``, ``{node}`` and ``{job}`` (one that succeeded) are
    filled in. ``body`` is sent with its length if it is not None. ``reply`` is what comes
    back, `JOB` or `ANYTHING`. ``opcode`` are parameters that the submitted job must have.
    ``stock`` is the stock daemon's status where that differs from ``status``.
    """

    client: str
    line: str
    headers: tuple[str, ...] = ()
    body: str | None = None
    user: bool = True
    version: str = "HTTP/1.1"
    status: int = 200
    stock: int | None = None
    reply: object = ANYTHING
    opcode: Mapping[str, Json] = field(factory=dict)

    def encode(self, names: dict[str, str]) -> bytes:
        line = self.line
        for name, value in names.items():
            line = line.replace("{" + name + "}", value)
        body = (self.body or "").encode()
        headers = [
            *(["Host: rapi"] if self.version == "HTTP/1.1" else []),
            *self.headers,
            *([f"Authorization: {basic(os.environ['LAB_WRITE_USER'])}"] if self.user else []),
            *([f"Content-Length: {len(body)}"] if self.body is not None else []),
        ]
        head = "".join(f"{text}\r\n" for text in (f"{line} {self.version}", *headers, ""))
        return head.encode("latin-1") + body


def basic(user: str, encoding: str = "utf-8") -> str:
    """The value of an Authorization header."""
    return "Basic " + base64.b64encode(user.encode(encoding)).decode()


DRY = "?dry-run=1"
"""Of the requests that would change something, the checks before that do."""

STARTUP = f"PUT /2/instances/{{instance}}/startup{DRY}"
TAGS = "PUT /2/instances/{instance}/tags?dry-run=1&tag=a&tag=b%20c"
WAIT = "GET /2/jobs/{job}/wait"

QUIRKS = (
    # No body where there could be one, and bodies that are none.
    Quirk(client="sipgate/gnt-cc", line=STARTUP, headers=(JSON,), body="null", reply=JOB),
    Quirk(client="vagrant-plugin-ganeti", line=STARTUP, reply=JOB),
    Quirk(
        client="php-ganeti-rapi: empty POSTFIELDS",
        line=f"POST /2/instances/{{instance}}/reboot{DRY}",
        headers=(FORM,),
        body="",
        reply=JOB,
        opcode={"OP_ID": "OP_INSTANCE_REBOOT", "reboot_type": "hard", "dry_run": True},
    ),
    Quirk(
        client="php-ganeti-rapi: empty POSTFIELDS on GET",
        line="GET /version",
        headers=(FORM,),
        body="",
        reply=2,
    ),
    Quirk(client="codefritzel", line=STARTUP, headers=(JSON,), body="{}", reply=JOB),
    Quirk(client="codefritzel", line="GET /2/info", headers=(JSON,)),
    Quirk(client="ahmedshabib", line=STARTUP, headers=(JSON,), body="[ ]", reply=JOB),
    Quirk(
        client="ahmedshabib: a role without a content type",
        line="PUT /2/nodes/{node}/role",
        body='"regular"',
        status=415,
    ),
    Quirk(
        client="maclermo/terraform: sizes with a unit",
        line=f"POST /2/instances{DRY}",
        headers=(JSON,),
        body='{"__version__": 1, "mode": "create", "name": "instance78", "os": "noop+default", '
        '"disk_template": "file", "disks": [{"size": "2G"}], "nics": [{}]}',
        reply=JOB,
    ),
    Quirk(
        client="synnefo: may I write?", line="PUT /2/modify", headers=(JSON,), body="{}", reply=JOB
    ),
    # Query arguments.
    Quirk(
        client="ahmedshabib",
        line="GET /2/groups?bulk=0&dry-run=0",
        reply=[{"name": "default", "uri": "/2/groups/default"}],
    ),
    Quirk(
        client="ahmedshabib",
        line="PUT /2/instances/{instance}/tags?bulk=0&dry-run=0&dry-run=1&tag=a",
        reply=JOB,
        opcode={"dry_run": False},
    ),
    Quirk(client="ganeti_webmgr: None is blank", line="GET /2/instances?bulk=&reason=&lock="),
    Quirk(client="davidsf/ganetiadmin", line="GET /2/instances/{instance}/info?static", reply=JOB),
    Quirk(
        client="codefritzel",
        line="GET /2/instances/{instance}/info?static=0",
        headers=(JSON,),
        reply=JOB,
        opcode={"static": False},
    ),
    Quirk(
        client="ganeti-control-center, Ganeti's client",
        line=TAGS,
        reply=JOB,
        opcode={"OP_ID": "OP_TAGS_SET", "kind": "instance", "tags": ["a", "b c"], "dry_run": True},
    ),
    # Methods and versions.
    Quirk(client="gentleman", line="get /version", reply=2),
    Quirk(
        client="gentleman", line=f"put /2/instances/{{instance}}/startup{DRY}", body="", reply=JOB
    ),
    Quirk(client="ab, old proxies", line="GET /version", version="HTTP/1.0", reply=2),
    Quirk(client="fog: a path of its own", line="GET /2/version", status=404),
    Quirk(client="fog", line="PUT /2/instances/{instance}/prepare-disks", status=404),
    # Waiting.
    Quirk(
        client="Ganeti's client: GET with a body",
        line=WAIT,
        headers=(JSON,),
        body='{"fields": ["status"], "previous_job_info": null, "previous_log_serial": null}',
        reply={"job_info": ["success"], "log_entries": []},
    ),
    Quirk(
        client="synnefo: the last result in a list of its own",
        line=WAIT,
        headers=(JSON,),
        body='{"fields": ["status"], "previous_job_info": [["success"]]}',
        reply={"job_info": ["success"], "log_entries": []},
    ),
    Quirk(
        client="fog: GET with query arguments",
        line=f"{WAIT}?fields=status",
        stock=500,
        reply={"job_info": ["success"], "log_entries": []},
    ),
    # Queries.
    Quirk(
        client="abezella/ganeti_ansible_facts",
        line="PUT /2/query/node",
        headers=(JSON,),
        body='{"fields": ["role"], "filter": ["=", "role", "M"], "qfilter": ["=", "role", "M"]}',
    ),
    Quirk(client="sipgate/gnt-cc", line="GET /2/query/node?fields=name,role"),
    # Who.
    Quirk(client="watchers without a user", line="GET /version", user=False, reply=2),
    Quirk(
        client="davidsf/ganetiadmin: reads the message",
        line=STARTUP,
        user=False,
        status=401,
        reply={
            "code": 401,
            "message": "Unauthorized",
            "explain": "No permission -- see authorization schemes",
        },
    ),
    Quirk(
        client="Ganeti 3.2's client",
        line="PUT /2/networks/nosuch/rename",
        headers=(JSON,),
        body='{"new_name": "other"}',
        status=400,  # luxid of 3.0 and 3.1 does not know the opcode
        stock=404,
    ),
    Quirk(client="monitoring", line="HEAD /version", stock=501),
)


def connect(address: tuple[str, int]) -> ssl.SSLSocket:
    plain = socket.create_connection(address, timeout=30)
    return TLS.wrap_socket(plain)


def receive(connection: socket.socket, method: str) -> Reply:
    """The next reply on a connection."""
    response = http.client.HTTPResponse(connection, method=method)
    response.begin()
    return Reply(response.status, dict(response.getheaders()), response.read())


def exchange(address: tuple[str, int], request: bytes) -> Reply:
    """The reply to one request on a connection of its own. An interim reply is passed over."""
    with contextlib.closing(connect(address)) as connection:
        connection.sendall(request)
        return receive(connection, request.split()[0].decode().upper())


def request(
    line: str, *headers: str, user: str | None = None, body: bytes = b"", version: str = "HTTP/1.1"
) -> bytes:
    """A request with these headers; the caller says how the body's length is told."""
    fields = [
        "Host: rapi",
        "User-Agent: wire quirks",
        *headers,
        *([f"Authorization: {user}"] if user is not None else []),
    ]
    return "\r\n".join([f"{line} {version}", *fields, "", ""]).encode("latin-1") + body


class WireTests(SynchronousTestCase):
    skip = SKIP
    instance = "instance3"
    address = (HOST, PORT)

    def setUp(self) -> None:
        self.api = our_api()
        self.user = basic(self.api.writer)

    # -- the table -----------------------------------------------------------------------------

    def test_requests_of_known_clients(self) -> None:
        names = self._names()
        for quirk in QUIRKS:
            reply = exchange(self.address, quirk.encode(names))
            label = f"{quirk.client}: {quirk.line}: {reply.body!r}"
            self.assertEqual(reply.status, quirk.status, label)
            if quirk.reply is JOB:
                self._check_job(reply.body, quirk)
            elif quirk.reply is not ANYTHING:
                self.assertEqual(reply.json(), quirk.reply, label)

    def test_the_stock_daemon_answers_the_same(self) -> None:
        names = self._names()
        url = urlsplit(os.environ["LAB_STOCK_URL"])
        for quirk in QUIRKS:
            reply = exchange((str(url.hostname), url.port or 0), quirk.encode(names))
            expected = quirk.status if quirk.stock is None else quirk.stock
            self.assertEqual(reply.status, expected, f"{quirk.client}: {quirk.line}")

    def _names(self) -> dict[str, str]:
        path = f"/2/instances/{self.instance}/info?static=1"
        job_id = self.api.request("GET", path, None, self.api.writer).json()
        end = time.monotonic() + 60
        while self._job(job_id)["status"] != "success":
            self.assertLess(time.monotonic(), end, "the job does not end")
            time.sleep(0.1)
        return {"instance": self.instance, "node": "node2", "job": str(job_id)}

    def _job(self, job_id: int) -> dict[str, Any]:  # Any: JSON
        job: dict[str, Any] = self.api.request("GET", f"/2/jobs/{job_id}").json()
        return job

    def _check_job(self, body: bytes, quirk: Quirk) -> None:
        """A job id is bare digits and a newline: Go's Atoi reads it once the newline is cut off."""
        self.assertRegex(body, rb"\A[0-9]+\n\Z")
        opcode = self._job(int(body))["ops"][0]
        shown = {name: opcode.get(name) for name in quirk.opcode}
        self.assertEqual(shown, quirk.opcode, quirk.client)

    # -- who -----------------------------------------------------------------------------------

    def test_a_challenge_and_its_answer_on_one_connection(self) -> None:
        """Net::Ganeti and curl --anyauth show no credentials before they are asked to."""
        line = "GET /2/query/node?fields=name"
        with contextlib.closing(connect(self.address)) as connection:
            connection.sendall(request(line))
            challenge = receive(connection, "GET")
            self.assertEqual(challenge.status, 401)
            self.assertEqual(
                challenge.headers["WWW-Authenticate"], 'Basic realm="Ganeti Remote API"'
            )
            connection.sendall(request(line, user=self.user))
            self.assertEqual(receive(connection, "GET").status, 200)

    def test_a_client_that_knows_the_password_of_this_realm_only(self) -> None:
        url = f"https://{HOST}:{PORT}/2/query/node?fields=name"
        for realm, status in (("Ganeti Remote API", 200), ("Another", 401)):
            passwords = urllib.request.HTTPPasswordMgr()
            passwords.add_password(realm, url, *self.api.writer.split(":"))
            opener = urllib.request.build_opener(
                urllib.request.ProxyHandler({}),
                urllib.request.HTTPSHandler(context=TLS),
                urllib.request.HTTPBasicAuthHandler(passwords),
            )
            try:
                with opener.open(url, timeout=30) as response:
                    self.assertEqual(response.status, status, realm)
            except urllib.error.HTTPError as error:
                self.assertEqual(error.code, status, realm)

    def test_names_and_passwords_beyond_ascii(self) -> None:
        """Basic names no encoding: browsers and curl differ."""
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix="-users") as users:
            users.write("jürgen sésame write\n")
            users.flush()
            our_api("--users-file", users.name, host="127.0.0.6")
            for encoding in ("utf-8", "latin-1"):
                user = basic("jürgen:sésame", encoding)
                reply = exchange(
                    ("127.0.0.6", PORT), request("GET /2/query/node?fields=name", user=user)
                )
                self.assertEqual(reply.status, 200, encoding)
            wrong = request("GET /2/query/node?fields=name", user=basic("jürgen:sesame"))
            self.assertEqual(exchange(("127.0.0.6", PORT), wrong).status, 401)

    def test_a_newline_in_the_credentials(self) -> None:
        """ahmedshabib/ganeti_client, for Ruby 1.8, leaves one behind its base64.

        Twisted refuses it, as RFC 9110 5.5 asks: what a proxy in front of the daemon makes of a
        bare newline is anyone's guess. It must be a clean refusal, and nothing may be executed.
        """
        line = f"PUT /2/instances/{self.instance}/tags?dry-run=1&tag=a"
        reply = exchange(self.address, request(line, "Accept: */*", user=self.user + "\n"))
        self.assertEqual((reply.status, reply.json()["code"]), (400, 400))
        self.assertEqual(reply.headers["Connection"], "close")

    # -- bodies --------------------------------------------------------------------------------

    def test_chunked_bodies(self) -> None:
        """Go and Node.js send bodies of unknown length so. The stock daemon does not read them."""
        body = b'5\r\n{"tim\r\n9\r\neout": 5}\r\n0\r\n\r\n'
        head = ("Transfer-Encoding: chunked", JSON)
        line = f"PUT /2/instances/{self.instance}/shutdown{DRY}"
        reply = exchange(self.address, request(line, *head, user=self.user, body=body))
        self.assertEqual(reply.status, 200, reply.body)
        self.assertEqual(self._job(reply.json())["ops"][0]["timeout"], 5)

    def test_a_client_that_waits_to_be_told_to_continue(self) -> None:
        """curl does, before bodies of more than a mebibyte."""
        body = b'{"timeout": 6}'
        head = ("Expect: 100-continue", JSON, f"Content-Length: {len(body)}")
        line = f"PUT /2/instances/{self.instance}/shutdown{DRY}"
        with contextlib.closing(connect(self.address)) as connection:
            connection.sendall(request(line, *head, user=self.user))
            self.assertEqual(connection.recv(100), b"HTTP/1.1 100 Continue\r\n\r\n")
            connection.sendall(body)
            reply = receive(connection, "PUT")
        self.assertEqual(reply.status, 200, reply.body)
        self.assertEqual(self._job(reply.json())["ops"][0]["timeout"], 6)

    # -- connections ---------------------------------------------------------------------------

    def test_requests_sessions_use_a_connection_again(self) -> None:
        with contextlib.closing(connect(self.address)) as connection:
            for line, status in (
                ("GET /version", 200),
                ("HEAD /2/info", 200),
                ("GET /2/instances/nosuch", 404),
                ("GET /nosuch", 404),
                ("DELETE /version", 501),
                ("GET /version", 200),
            ):
                connection.sendall(request(line))
                self.assertEqual(receive(connection, line.split()[0]).status, status, line)

    def test_head_tells_the_length_and_sends_nothing(self) -> None:
        with contextlib.closing(connect(self.address)) as connection:
            connection.sendall(request("HEAD /version", "Connection: close"))
            received = b"".join(iter(lambda: connection.recv(4096), b""))
        head, _, body = received.partition(b"\r\n\r\n")
        self.assertIn(b"\r\nContent-Length: 2", head)
        self.assertEqual(body, b"")

    def test_old_and_closing_clients_see_the_end(self) -> None:
        for sent in (
            b"GET /version HTTP/1.0\r\n\r\n",
            request("GET /version", "Connection: close"),
        ):
            with contextlib.closing(connect(self.address)) as connection:
                connection.sendall(sent)
                received = b"".join(iter(lambda: connection.recv(4096), b""))
            self.assertTrue(received.endswith(b"\r\n\r\n2\n"), received)

    def test_idle_connections_are_not_kept_for_ever(self) -> None:
        """maclermo/terraform-provider-ganeti leaves every connection open."""
        our_api("--idle-timeout", "1", host="127.0.0.7")
        with contextlib.closing(connect(("127.0.0.7", PORT))) as connection:
            connection.sendall(request("GET /version"))
            self.assertEqual(receive(connection, "GET").status, 200)
            began = time.monotonic()
            self.assertEqual(connection.recv(1), b"")
            self.assertLess(time.monotonic() - began, 10)

    def test_a_client_that_never_reads_replies_to_its_writes(self) -> None:
        """davidsf/ganetiadmin lives on a server that closes; its http.client names no agent."""
        self._write_without_reading(HOST)

    def _write_without_reading(self, host: str) -> None:
        client = http.client.HTTPSConnection(host, PORT, timeout=30, context=TLS)
        self.addCleanup(client.close)
        path = f"/2/instances/{self.instance}/tags?dry-run=1&tag=a"
        for _ in range(3):
            client.request("PUT", path, headers={"Authorization": self.user})
            self.assertEqual(client.getresponse().status, 200)
        client.request("GET", "/version")
        self.assertEqual(client.getresponse().read(), b"2\n")
