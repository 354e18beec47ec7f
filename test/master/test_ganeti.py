"""What Ganeti does with its daemons, ours among them: as with the stock daemon."""

from __future__ import annotations

from .cases import ClusterCase, StopsAndStarts
from .commands import wait_until
from .machines import reboot
from .nodes import Node
from .states import installed

WATCHER_MAY_SAY = r"^\S+ \S+: ganeti-watcher pid=\d+ (INFO|DEBUG) "

LOG = "/var/log/ganeti/rapi-daemon.log"


class GanetiCase(ClusterCase):
    state = staticmethod(installed)


class MasterRoleTests(StopsAndStarts, GanetiCase):
    def test_fails_over_and_back(self) -> None:
        for old, new in ((self.node1, self.node2), (self.node2, self.node1)):
            new.run("gnt-cluster master-failover")
            new.wait_for_master_role()
            self.assert_ours(new)
            self.assertEqual(old.server(), "")
            self.assertIsNone(old.pid("ganeti-luxid"))

    def test_is_there_after_a_reboot(self) -> None:
        reboot(self.cluster.nodes)
        self.node1.wait_for_master_role()
        self.assert_ours(self.node1)
        self.assertEqual(self.node2.server(), "")

    def test_restarts_with_the_init_script(self) -> None:
        before = self.node1.pid("ganeti-rapi")
        self.node1.run("/etc/init.d/ganeti restart")
        self.node1.wait_for_master_role()
        self.assert_ours(self.node1)
        self.assertNotEqual(self.node1.pid("ganeti-rapi"), before)


class CertificateTests(GanetiCase):
    def test_a_renewed_one_is_served(self) -> None:
        before = self.served()
        self.node1.run("gnt-cluster renew-crypto --new-rapi-certificate -f")
        wait_until("the new certificate is served", lambda: self.served() == self.on_disk(), 10)
        self.assertNotEqual(self.served(), before)
        self.assert_ours(self.node1)

    def test_a_new_file_is_served_without_a_restart(self) -> None:
        before = self.node1.pid("ganeti-rapi")
        # As renew-crypto leaves it: root's for a moment, until ensure-dirs gives it away.
        self.node1.run(
            "openssl req -x509 -newkey rsa:2048 -nodes -days 99 -subj /CN=new "
            "-keyout key -out certificate 2>&1; cat key certificate >new; chmod 600 new; "
            "mv new /var/lib/ganeti/rapi.pem; sleep 3; /usr/lib/ganeti/ensure-dirs"
        )
        wait_until("the new certificate is served", lambda: self.served() == self.on_disk(), 10)
        self.assertEqual(self.node1.pid("ganeti-rapi"), before)

    def served(self) -> str:
        connect = "openssl s_client -connect 127.0.0.1:5080 </dev/null 2>/dev/null"
        return self.node1.run(f"{connect} | openssl x509 -noout -fingerprint", check=False).output

    def on_disk(self) -> str:
        return self.node1.run(
            "openssl x509 -noout -fingerprint -in /var/lib/ganeti/rapi.pem"
        ).output


class WatcherTests(GanetiCase):
    def assert_content(self, node: Node) -> None:
        """Two runs find nothing to do, nor to complain of."""
        before = node.pid("ganeti-rapi")
        self.assertIsNotNone(before)
        for _ in range(2):
            node.run("ganeti-watcher")
        for line in node.log("watcher.log").splitlines():
            self.assertRegex(line, WATCHER_MAY_SAY)
        self.assertEqual(node.pid("ganeti-rapi"), before)

    def test_is_content(self) -> None:
        self.assert_content(self.node1)

    def test_is_content_where_anyone_may_read(self) -> None:
        self.node1.run("sed -i 's/--require-authentication//' /etc/default/ganeti")
        self.node1.daemon_util("stop-master")
        self.node1.daemon_util("start-master")
        self.node1.wait_for_master_role()
        self.assertEqual(self.node1.request("/version", user=None).status, 200)
        self.assert_content(self.node1)

    def test_starts_ours_when_it_has_ended(self) -> None:
        self.node1.run(f"kill {self.node1.pid('ganeti-rapi')}")
        wait_until("it ended", lambda: self.node1.pid("ganeti-rapi") is None, 10)
        self.node1.run("ganeti-watcher")
        self.assert_ours(self.node1)


class LogTests(GanetiCase):
    def test_follows_the_name(self) -> None:
        before = self.node1.pid("ganeti-rapi")
        self.node1.run(f"mv {LOG} {LOG}.1")
        self.node1.daemon_util("rotate-all-logs")
        self.assert_moved_on()
        self.assertEqual(self.node1.pid("ganeti-rapi"), before)

    def test_writes_what_logrotate_made(self) -> None:
        self.node1.run("logrotate -f /etc/logrotate.d/ganeti")
        self.assert_moved_on()
        self.assertEqual(self.owner(), "gnt-rapi:gnt-masterd 640\n")
        self.assertEqual(self.node1.run("systemctl --failed --no-legend").output, "")

    def assert_moved_on(self) -> None:
        """What happens from now on is in the new file, and not in the old one."""
        self.assertEqual(self.node1.request("/2/tags?tag=rotated", method="PUT").status, 200)
        wait_until("the new log tells", lambda: "/2/tags" in self.node1.log("rapi-daemon.log"), 5)
        self.assertNotIn("/2/tags", self.node1.log("rapi-daemon.log.1"))

    def owner(self) -> str:
        return self.node1.run(f"stat -c '%U:%G %a' {LOG}").output
