"""HAProxy as conf/haproxy.cfg and doc/failover.md have it, before standbys on node1 and node2."""

from __future__ import annotations

import http.client
import re
import shutil
import subprocess
import threading
import time
from pathlib import Path

from attrs import frozen

from ..daemon import HttpApi
from .case import PackagedCase, end
from .nodes import PORT, Node, wait_until

TREE = Path(__file__).resolve().parents[3]
CONFIGURATION = TREE / "conf/haproxy.cfg"
DOCUMENT = TREE / "doc/failover.md"

PROXY = Node(3)
"""Whose address the proxy has; nothing else listens there."""

NOTICE = 5.0
"""Seconds within which the proxy finds the master."""

UP = {200, 401}
"""What the master answers at the root."""

PAUSE = 0.1
"""Seconds between two requests of a client."""

CLIENT = Node(2)
"""Where the client is whom the daemon shall know."""


@frozen
class Answer:
    """What a client got, and when it asked and heard. Status 0: the connection broke."""

    asked: float
    heard: float
    status: int
    master: str


class Client(threading.Thread):
    """Reads all the time, through one address, until it is told to stop."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.answers: list[Answer] = []
        self._api = HttpApi(PROXY.address, PORT)
        self._stop_it = threading.Event()

    def run(self) -> None:
        while not self._stop_it.wait(PAUSE):
            self.answers.append(self._ask())

    def stop(self) -> None:
        self._stop_it.set()
        self.join(30)

    def _ask(self) -> Answer:
        asked, status, master = time.monotonic(), 0, ""
        try:
            reply = self._api.request("GET", "/2/info")
            status = reply.status
            master = str(reply.json()["master"]) if status == 200 else ""
        except (OSError, http.client.HTTPException):
            pass
        return Answer(asked, time.monotonic(), status, master)


class ProxyCase(PackagedCase):
    def setUp(self) -> None:
        super().setUp()
        self.directory = Path(self.mktemp()).absolute()
        self.directory.mkdir()
        self.pem = self.directory / "ganeti-rapi.pem"
        self.pem.write_text(self.node1.certificate())
        self.client = Client()

    def start_proxy(self, suffix: str = ":5080") -> None:
        """HAProxy, which finds the nodes at this port and with these options."""
        file = self.directory / "haproxy.cfg"
        text = CONFIGURATION.read_text()
        for old, new in (
            ("/etc/haproxy/ganeti-rapi.pem", str(self.pem)),
            (".example.com:5080", suffix),
            ("bind :5080", f"bind {PROXY.address}:5080"),
        ):
            self.assertIn(old, text)
            text = text.replace(old, new)
        file.write_text(text)
        self.node1.run("haproxy", "-c", "-f", str(file))
        with (self.directory / "log").open("wb") as log:
            process = subprocess.Popen(["haproxy", "-db", "-f", str(file)], stdout=log, stderr=log)
        self.addCleanup(end, process)
        wait_until("the proxy has a master", lambda: PROXY.get("/").status in UP, NOTICE)

    def start_client(self) -> None:
        self.client.start()
        self.addCleanup(self.client.stop)


class FailoverTests(ProxyCase):
    def setUp(self) -> None:
        super().setUp()
        for node in (self.node1, self.node2):
            self.start_standby(node)
        self.start_proxy()

    def test_clients_keep_one_address(self) -> None:
        self.assertEqual(PROXY.certificate(), self.node1.certificate())
        self.start_client()
        time.sleep(1)
        began = time.monotonic()
        self.node2.run("gnt-cluster", "master-failover")
        wait_until("the new master serves", self.node2.serves, 30)
        served = time.monotonic()
        time.sleep(NOTICE + 2)
        self.client.stop()

        before = [answer for answer in self.client.answers if answer.heard < began]
        after = [answer for answer in self.client.answers if answer.asked > served + NOTICE]
        self.assertGreater(min(len(before), len(after)), 5)
        self.assertEqual({(answer.status, answer.master) for answer in before}, {(200, "node1")})
        self.assertEqual({(answer.status, answer.master) for answer in after}, {(200, "node2")})
        # In between: nobody listens, luxid is away, or a standby says that it is not the master.
        self.assertLessEqual({answer.status for answer in self.client.answers}, {200, 0, 502, 503})

    def test_stays_with_the_master_when_another_node_takes_itself_for_it(self) -> None:
        """As one does that comes back after a crash, until it is told."""
        told = self.node2.file("/var/lib/ganeti/ssconf_master_node")
        kept = told.with_name("kept")
        shutil.copy2(told, kept)
        self.addCleanup(kept.replace, told)
        told.chmod(0o644)
        told.write_text("node2\n")
        wait_until("node2 says so", lambda: self.node2.get("/").status == 200, 5)
        self.assertEqual(self.node2.get("/2/info").status, 502)
        self.start_client()
        time.sleep(NOTICE)
        self.client.stop()
        self.assertGreater(len(self.client.answers), 5)
        self.assertEqual({answer.status for answer in self.client.answers}, {200})


class AddressTests(ProxyCase):
    def test_the_daemon_may_know_the_clients(self) -> None:
        self.addCleanup(self.node1.start_again)
        self.addCleanup(self.node1.set_options(documented(r'RAPI_ARGS="(.*haproxy.*)"')))
        self.node1.start_again()
        server = documented(r"server node1 node1\.example\.com(:5081 .*)")
        self.start_proxy(server)

        client = HttpApi(PROXY.address, PORT, source=CLIENT.address)
        reply = client.request("PUT", "/2/tags?tag=known", user=client.writer)
        self.assertEqual(reply.status, 200)
        words = f" {CLIENT.address} {client.writer.partition(':')[0]} PUT /2/tags?tag=known 200 "
        self.assertIn(words, self.node1.log().read_text())
        # The watcher, which comes through no proxy, is served as well.
        self.assertNotEqual(HttpApi("127.0.0.1", PORT).request("GET", "/version").status, 0)


def documented(pattern: str) -> str:
    """What doc/failover.md tells the administrator to write."""
    (found,) = re.findall(f"^    {pattern}$", DOCUMENT.read_text(), re.MULTILINE)
    return str(found)
