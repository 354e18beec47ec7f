"""The console behind a proxy, under a prefix of its path."""

from __future__ import annotations

import contextlib
import re
import shutil
import socket
import subprocess
import time
from pathlib import Path

from ganeti_rapi.simulator.playground import write_certificate
from ganeti_rapi.web.console import NOVNC

from .case import PATIENCE, BrowserTestCase

with contextlib.suppress(ImportError):  # then everything here is skipped
    from playwright.sync_api import expect

DOCUMENT = Path(__file__).parent.parent.parent / "doc" / "console.md"

FRAME = """
defaults
    mode http
    timeout connect 5s
    timeout client 1m
    timeout server 1m
frontend f
    bind 127.0.0.1:{port} ssl crt {certificate}
{rules}
    default_backend b
backend b
    server s 127.0.0.1:{behind} ssl verify none
"""


class ProxyTests(BrowserTestCase):
    """With the rules of doc/console.md."""

    options = ("--simulate", "--trusted-proxy=127.0.0.1")

    if shutil.which("haproxy") is None:
        skip = "haproxy is not installed"

    def setUp(self) -> None:
        super().setUp()
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        directory = Path(self.mktemp())
        directory.mkdir()
        write_certificate(directory / "proxy.pem")
        rules = re.findall(r"^    http-request .*$", DOCUMENT.read_text("utf-8"), re.MULTILINE)
        text = FRAME.format(
            port=port,
            certificate=(directory / "proxy.pem").absolute(),
            rules="\n".join(rules),
            behind=self.daemon.port,
        )
        (directory / "haproxy.cfg").write_text(text)
        self.proxy = subprocess.Popen(
            ["haproxy", "-q", "-db", "-f", str(directory / "haproxy.cfg")]
        )
        self.address = f"https://127.0.0.1:{port}/ganeti/console/"
        end = time.monotonic() + PATIENCE / 1000
        with socket.socket() as client:
            while client.connect_ex(("127.0.0.1", port)):
                self.assertLess(time.monotonic(), end, "the proxy did not start")

    def tearDown(self) -> None:
        try:
            super().tearDown()
        finally:  # what is cleaned up goes before this
            self.proxy.kill()
            self.proxy.wait()

    def test_everything_is_found(self) -> None:
        self.page.goto(f"{self.address}#/instances/web2.example.com")
        self.page.get_by_label("Name").fill("admin")
        self.page.get_by_label("Password").fill("admin")
        self.page.get_by_role("button", name="Log in").click()
        expect(self.page.locator("h1")).to_have_text("web2.example.com")
        self.page.reload()
        expect(self.page.locator("h1")).to_have_text("web2.example.com")
        self.page.get_by_role("button", name="Restart").click()
        self.page.locator("dialog").locator("button[type=submit]").click()
        expect(self.page.locator(".strip")).to_contain_text("Restart web2.example.com")
        ticket = self.page.evaluate(
            """async () => (await import("./api.js")).call("POST",
               "2/instances/web2.example.com/console/ticket")"""
        )
        self.assertTrue(
            ticket["url"].startswith(self.address.replace("https", "wss").replace("console/", "2/"))
        )
        if (NOVNC / "core").is_dir():
            self.page.goto(f"{self.address}#/instances/web2.example.com/console")
            self.page.get_by_role("button", name="Open the screen").click()
            expect(self.page.locator(".screen canvas")).to_be_visible()
