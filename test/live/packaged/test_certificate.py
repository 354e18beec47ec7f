"""Certificates that change below a running daemon."""

from __future__ import annotations

import os
import shutil
import ssl
import time
from pathlib import Path

from .case import PackagedCase
from .nodes import wait_until

ENSURE_DIRS = "/usr/lib/ganeti/ensure-dirs"
"""Gives Ganeti's files the owners and modes that they shall have."""

PEM = "/var/lib/ganeti/rapi.pem"

PATIENCE = 10.0
"""Seconds until a new certificate must be served."""


class CertificateTests(PackagedCase):
    def setUp(self) -> None:
        super().setUp()
        self.pem = self.node1.file(PEM)
        self.before = self.node1.certificate()

    def assert_served(self, certificate: str) -> None:
        wait_until("it is served", lambda: self.node1.certificate() == certificate, PATIENCE)

    def test_renew_crypto(self) -> None:
        # All nodes of the lab have the same disk, over which it copies the file to itself only.
        self.addCleanup(self.node1.run, "gnt-cluster", "redist-conf")
        self.node1.run("gnt-cluster", "renew-crypto", "--new-rapi-certificate", "--force")
        self.assert_ours(self.node1)
        self.assertNotEqual(self.node1.certificate(), self.before)
        self.assert_served(certificate_in(self.pem))

    def test_a_new_file_that_is_readable_only_later(self) -> None:
        process = self.node1.pid()
        kept = self.pem.with_name("kept")
        shutil.copy(self.pem, kept)
        self.addCleanup(self.assert_served, self.before)
        self.addCleanup(self.node1.run, ENSURE_DIRS)
        self.addCleanup(os.replace, kept, self.pem)
        self.replace(self.make_certificate())
        time.sleep(2)  # what it cannot read changes nothing
        self.assertEqual(self.node1.certificate(), self.before)
        self.node1.run(ENSURE_DIRS)
        self.assert_served(certificate_in(self.pem))
        self.assertNotEqual(self.node1.certificate(), self.before)
        self.assertEqual(self.node1.pid(), process)

    def make_certificate(self) -> str:
        """A key and a certificate, as PEM."""
        self.node1.run(
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "99"),
            *("-subj", "/CN=new", "-keyout", "/tmp/key", "-out", "/tmp/certificate"),
        )
        return Path("/tmp/key").read_text() + Path("/tmp/certificate").read_text()

    def replace(self, pem: str) -> None:
        """As Ganeti does it: only ensure-dirs gives the file its owner and mode."""
        new = self.pem.with_name("new")
        new.touch(0o400)
        new.write_text(pem)
        os.replace(new, self.pem)


def certificate_in(pem: Path) -> str:
    """The part of the file that is not the key, as Python writes it."""
    text = pem.read_text()
    start = text.index("-----BEGIN CERTIFICATE")
    return ssl.DER_cert_to_PEM_cert(ssl.PEM_cert_to_DER_cert(text[start:]))
