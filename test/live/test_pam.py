"""Logins by PAM, by libpam itself: with a service of their own in /etc/pam.d while they run."""

from __future__ import annotations

import os
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.auth import pam
from ganeti_rapi.errors import Unavailable

PAM_D = Path("/etc/pam.d")
SERVICE = "ganeti-rapi-test"


class PamTests(SynchronousTestCase):
    """libpam, with a service and a user of their own."""

    def setUp(self) -> None:
        try:
            pam.load(SERVICE)
        except (ImportError, OSError):
            self.skipTest("pamela or libpam is not installed (Debian's package python3-pamela)")
        if os.geteuid() or not PAM_D.is_dir():
            self.skipTest("takes root, and a system with PAM")
        self.service = PAM_D / SERVICE
        self.addCleanup(self.service.unlink, missing_ok=True)

    def judged(self, rules: str, name: str, password: bytes) -> bool:
        self.service.write_text(rules)
        return pam.load(SERVICE).login(name).check(password)

    def test_the_answer_is_the_services(self) -> None:
        for auth, account, expected in (
            ("pam_permit.so", "pam_permit.so", True),
            ("pam_deny.so", "pam_permit.so", False),
            ("pam_permit.so", "pam_deny.so", False),
        ):
            rules = f"auth required {auth}\naccount required {account}\n"
            self.assertEqual(self.judged(rules, "root", b"x"), expected, rules)

    def test_the_password_arrives(self) -> None:
        script = Path(self.mktemp()).absolute()
        script.write_text('#!/bin/sh\n[ "$(cat | tr -d "\\000")" = "größe" ]\n')
        script.chmod(0o755)
        program = f"pam_exec.so expose_authtok quiet {script}"
        rules = f"auth required {program}\naccount required pam_permit.so\n"
        self.assertTrue(self.judged(rules, "root", "größe".encode()))
        with self.assertRaises(Unavailable):  # so pam_exec says that the program failed
            self.judged(rules, "root", b"other")

    def test_the_service_that_is_shipped_can_be_read(self) -> None:
        shipped = Path(__file__).parent.parent.parent / "conf" / "pam.d" / "ganeti-rapi"
        if not (PAM_D / "common-auth").exists():
            self.skipTest("takes Debian's common-auth")
        self.assertFalse(self.judged(shipped.read_text(), "nobody", b"wrong"))
