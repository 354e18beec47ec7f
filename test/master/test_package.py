"""Our Debian package on a running cluster: put on, upgraded, taken off."""

from __future__ import annotations

from .cases import ClusterCase
from .states import formed, install, installed, remove


class InstallTests(ClusterCase):
    state = staticmethod(formed)

    def test_changes_a_running_master_over(self) -> None:
        luxid = self.node1.pid("ganeti-luxid")
        job = self.submit_delay(60)
        install(self.node1)
        self.assert_ours(self.node1)
        self.assertEqual(self.node1.pid("ganeti-luxid"), luxid)
        self.assertEqual(self.job_status(job), "running")

    def test_starts_nothing_on_a_node_that_is_not_the_master(self) -> None:
        install(self.node2)
        self.assertIsNone(self.node2.pid("ganeti-rapi"))
        self.assertEqual(self.node2.server(), "")
        self.assert_stock(self.node1)


class RemoveTests(ClusterCase):
    state = staticmethod(installed)

    def test_changes_a_running_master_back(self) -> None:
        luxid = self.node1.pid("ganeti-luxid")
        job = self.submit_delay(60)
        remove(self.node1)
        self.assert_stock(self.node1)
        self.assertEqual(self.node1.pid("ganeti-luxid"), luxid)
        self.assertEqual(self.job_status(job), "running")

    def test_leaves_nothing_behind(self) -> None:
        self.node1.run("apt-get purge ganeti-rapi-twisted")
        self.assertNotIn("ganeti-rapi-twisted", self.node1.run("dpkg-divert --list").output)
        self.assertEqual(self.node1.run("dpkg --verify ganeti").output, "")
        left = self.node1.run("find /usr /etc /var/lib/systemd -name '*ganeti-rapi-*'").output
        self.assertEqual(left, "")

    def test_may_be_put_on_again(self) -> None:
        remove(self.node1)
        install(self.node1)
        self.assert_ours(self.node1)


class UpgradeTests(ClusterCase):
    state = staticmethod(installed)

    def test_of_ganeti_keeps_ours(self) -> None:
        self.node1.run("apt-get install --reinstall ./ganeti_*.deb ./ganeti-3.0_*.deb")
        self.node1.wait_for_master_role()
        self.assert_ours(self.node1)

    def test_of_ours_starts_the_new_one(self) -> None:
        luxid, rapi = self.node1.pid("ganeti-luxid"), self.node1.pid("ganeti-rapi")
        self.node1.run("apt-get install --reinstall ./ganeti-rapi-twisted_*.deb")
        self.assert_ours(self.node1)
        self.assertNotEqual(self.node1.pid("ganeti-rapi"), rapi)
        self.assertEqual(self.node1.pid("ganeti-luxid"), luxid)
