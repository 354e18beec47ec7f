"""Our units where systemd starts Ganeti's daemons: put on, at work, taken off."""

from __future__ import annotations

import re

from .cases import ClusterCase, StopsAndStarts
from .commands import wait_until
from .machines import reboot
from .nodes import Node
from .readme import blocks
from .states import BACK, OTHERS, in_clone, with_our_units, with_units

SERVICE = "ganeti-rapi.service"

CLIENT = """\
import http.client, pathlib, ssl, time
context = ssl._create_unverified_context()
answered = refused = 0
while not pathlib.Path("/root/enough").exists():
    connection = http.client.HTTPSConnection("127.0.0.1", 5080, timeout=20, context=context)
    try:
        connection.request("GET", "/version")
        connection.getresponse().read()
        answered += 1
    except OSError:
        refused += 1
    finally:
        connection.close()
    time.sleep(0.01)
print(answered, refused)
"""
"""Sends requests, each on a connection of its own, until there is a file /root/enough."""


class InstallTests(ClusterCase):
    state = staticmethod(with_units)

    def test_there_and_back(self) -> None:
        luxid = self.node1.pid("ganeti-luxid")
        self.assert_stock(self.node1)
        in_clone(self.node1, *blocks(OTHERS))
        self.assert_ours(self.node1)
        _, elsewhere = blocks(BACK)
        in_clone(self.node1, elsewhere)
        wait_until("the stock daemon listens", lambda: self.node1.server() != "", 10)
        self.assert_stock(self.node1)
        self.assertEqual(self.node1.pid("ganeti-luxid"), luxid)


class UnitCase(ClusterCase):
    state = staticmethod(with_our_units)

    def setUp(self) -> None:
        super().setUp()
        self.assert_ours(self.node1)


class MasterRoleTests(StopsAndStarts, UnitCase):
    def test_fails_over_and_back(self) -> None:
        for old, new in ((self.node1, self.node2), (self.node2, self.node1)):
            new.run("gnt-cluster master-failover")
            new.wait_for_master_role()
            self.assert_ours(new)
            self.assertIsNone(old.pid("ganeti-luxid"))

    def test_rests_where_the_node_is_not_the_master(self) -> None:
        self.node2.run(f"systemctl start ganeti-rapi.socket {SERVICE}")
        wait_until("the port is closed", lambda: not self.listens(self.node2), 10)
        self.assertEqual(self.node2.run("systemctl --failed --no-legend").output, "")

    def listens(self, node: Node) -> bool:
        return ":5080 " in node.run("ss -ltn").output

    def test_is_there_after_a_reboot(self) -> None:
        reboot(self.cluster.nodes)
        self.node1.wait_for_master_role()
        self.assert_ours(self.node1)


class ServiceTests(UnitCase):
    def test_is_started_only_once_it_listens(self) -> None:
        self.node1.run(f"systemctl stop ganeti-rapi.socket {SERVICE}")
        # Without the socket, which would let clients wait.
        done = self.node1.run(
            "systemctl mask ganeti-rapi.socket; systemctl start ganeti-rapi.service && "
            "curl -sk -o /dev/null https://127.0.0.1:5080/version"
        )
        self.assertEqual(done.code, 0, done)

    def test_says_that_an_option_is_wrong(self) -> None:
        self.node1.run("sed -i 's/^RAPI_ARGS=.*/RAPI_ARGS=--nonsense/' /etc/default/ganeti")
        done = self.node1.run(f"systemctl restart {SERVICE}", check=False)
        self.assertNotEqual(done.code, 0, done)
        status = self.node1.run(f"systemctl status {SERVICE}", check=False).output
        self.assertIn("--nonsense", status)

    def test_is_reloaded(self) -> None:
        before = self.node1.pid("ganeti-rapi")
        self.node1.run("echo 'new {cleartext}new' >>/var/lib/ganeti/rapi/users")
        self.node1.run(f"systemctl reload {SERVICE}")
        self.assertEqual(self.node1.request("/2/info", user="new:new").status, 200)
        self.assertEqual(self.node1.pid("ganeti-rapi"), before)

    def test_is_started_again_when_it_stands_still(self) -> None:
        self.lower_watchdog(self.node1)
        before = self.node1.pid("ganeti-rapi")
        self.node1.run(f"kill -STOP {before}")
        wait_until("another one serves", lambda: self.another_serves(before), 30)

    def lower_watchdog(self, node: Node) -> None:
        """Half a minute is right for administrators, and long for a test."""
        node.disk.write(f"/etc/systemd/system/{SERVICE}.d/test.conf", "[Service]\nWatchdogSec=3\n")
        node.run(f"systemctl daemon-reload; systemctl restart {SERVICE}")

    def another_serves(self, before: int | None) -> bool:
        pid = self.node1.pid("ganeti-rapi")
        return pid not in (None, before) and self.node1.request("/2/info").status == 200

    def test_a_restart_refuses_nobody(self) -> None:
        self.node1.disk.write("/root/client.py", CLIENT)
        self.node1.run("python3 client.py >counted 2>&1 &")
        for _ in range(3):
            self.node1.run(f"systemctl restart {SERVICE}; sleep 1")
        self.node1.run("touch enough; while ! grep -q . counted; do sleep 0.1; done")
        answered, refused = map(int, self.node1.run("cat counted").output.split())
        self.assertEqual(refused, 0)
        self.assertGreater(answered, 20)

    def test_the_watcher_is_content(self) -> None:
        before = self.node1.pid("ganeti-rapi")
        for _ in range(2):
            self.node1.run("ganeti-watcher")
        about_ours = re.findall(r"(?i)^.*rapi.*$", self.node1.log("watcher.log"), re.MULTILINE)
        self.assertEqual([line for line in about_ours if " INFO " not in line], [])
        self.assertEqual(self.node1.pid("ganeti-rapi"), before)
