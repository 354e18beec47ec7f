"""The package put on, upgraded and taken off below a running cluster."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from .case import PACKAGE, PackagedCase, installed_version
from .nodes import PROGRAM, wait_until

INSTALL = ("apt-get", "install", "-qq")

DIVERTED = [PROGRAM, "/usr/share/man/man8/ganeti-rapi.8.gz"]
"""What is ganeti's again when ours is gone."""

LIBRARY = "/usr/lib/python3/dist-packages/ganeti_rapi"

NEXT = "9.9.9"
"""The version that ours is upgraded to."""

JOB = 10
"""Seconds that a job takes which runs meanwhile."""

JOB_PATIENCE = 10.0


class PackageCase(PackagedCase):
    def setUp(self) -> None:
        super().setUp()
        self.package = os.environ["PACKAGED_DEB"]
        self.luxid = self.node1.pid("ganeti-luxid")
        self.rapi = self.node1.pid()
        self.job = self.submit_delay(JOB)

    def assert_only_ours_changed(self) -> None:
        """luxid did not notice."""
        self.assertNotIn(self.node1.pid(), (None, self.rapi))
        self.assertEqual(self.node1.pid("ganeti-luxid"), self.luxid)

    def assert_job_succeeds(self) -> None:
        """The job that ran all the time did not notice either."""
        wait_until(
            "the job ends", lambda: self.job_status(self.job) != "running", JOB + JOB_PATIENCE
        )
        self.assertEqual(self.job_status(self.job), "success")

    def assert_nothing_is_diverted(self) -> None:
        self.assertNotIn(PACKAGE, self.node1.run("dpkg-divert", "--list").output)
        self.assertEqual(list(Path("/usr/sbin").glob("ganeti-rapi.*")), [])

    def assert_stock(self) -> None:
        self.assertRegex(self.node1.server(), "^Ganeti ")
        self.assertTrue(self.node1.serves())


class RemoveTests(PackageCase):
    def test_changes_back_and_may_be_put_on_again(self) -> None:
        self.node1.run("apt-get", "remove", "-qq", PACKAGE)
        self.assert_stock()
        self.assert_only_ours_changed()
        self.assert_nothing_is_diverted()

        self.rapi = self.node1.pid()
        self.node1.run(*INSTALL, self.package)
        self.assert_ours(self.node1)
        self.assert_only_ours_changed()
        self.assert_job_succeeds()

    def test_purge_leaves_nothing(self) -> None:
        files = self.node1.run("dpkg-query", "--listfiles", PACKAGE).output.split("\n")
        self.assertIn(PROGRAM, files)
        self.node1.run("apt-get", "purge", "-qq", PACKAGE)
        self.assert_stock()
        self.assert_only_ours_changed()
        self.assert_nothing_is_diverted()
        known = self.node1.run("dpkg-query", "--show", PACKAGE, check=False)
        self.assertEqual(known.code, 1, str(known))
        left = [file for file in files if os.path.isfile(file)]
        self.assertEqual(sorted(left), DIVERTED)
        self.assertFalse(os.path.exists(LIBRARY))


class UpgradeTests(PackageCase):
    def test_of_ours_starts_the_new_one(self) -> None:
        before = installed_version()
        self.addCleanup(self.node1.run, *INSTALL, "--allow-downgrades", self.package)
        self.node1.run(*INSTALL, self.make_next())
        self.assertNotEqual(installed_version(), before)
        self.assertEqual(self.node1.server(), f"ganeti-rapi/{NEXT}")
        self.assert_ours(self.node1)
        self.assert_only_ours_changed()
        self.assert_job_succeeds()

    def test_of_ganeti_keeps_ours(self) -> None:
        self.node1.run(*INSTALL, "--reinstall", "ganeti", "ganeti-3.0")
        self.assertNotIn(self.node1.pid(), (None, self.rapi))
        self.assert_ours(self.node1)
        self.assert_job_succeeds()
        self.assertIn(b"ganeti_rapi", Path(PROGRAM).read_bytes())
        self.assertNotIn(b"ganeti_rapi", Path(f"{PROGRAM}.stock").read_bytes())

    def make_next(self) -> str:
        """A package like ours, with a higher version."""
        tree = Path("/tmp/next")
        self.addCleanup(shutil.rmtree, tree)
        self.node1.run("dpkg-deb", "--raw-extract", self.package, str(tree))
        version = installed_version()
        for path in ("/DEBIAN/control", f"{LIBRARY}/__init__.py"):
            file = Path(f"{tree}{path}")
            file.write_text(file.read_text().replace(version, NEXT))
        self.node1.run("dpkg-deb", "--build", str(tree), "/tmp/next.deb")
        return "/tmp/next.deb"
