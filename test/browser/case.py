"""A daemon, a browser, and what holds after every test: no error in it, no broken policy."""

from __future__ import annotations

import atexit
import base64
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from functools import cache
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.workers import TWISTD

try:
    from playwright.sync_api import Browser, Page, expect, sync_playwright
except ImportError:  # the extra "browser"
    sync_playwright = None

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]

PATIENCE = 20_000
"""Milliseconds that the page has for what a test waits for."""

_LISTENING = "starting on"


class Daemon:
    """`twistd ganeti-rapi --simulate` on a free port. Its address is that of the console."""

    def __init__(self, *options: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.options = options
        self.url = f"https://127.0.0.1:{self.port}/console/"
        self.start()

    def start(self) -> None:
        """Raises `AssertionError` when it does not serve."""
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-c", TWISTD, "-n", "--pidfile=", "--logfile=-", "ganeti-rapi"),
                *(f"--port={self.port}", *self.options),
            ],
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if _LISTENING in line and str(self.port) in line:
                # A pipe that nobody reads is full one day, and the daemon would wait for it.
                threading.Thread(target=self.process.stdout.read, daemon=True).start()
                return
        raise AssertionError("the daemon ended before it served")

    def stop(self) -> None:
        """Ends it, however many connections there are."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def why_not() -> str | None:
    """Why these tests cannot run; None if they can."""
    if "BROWSER" not in os.environ:
        return "takes a browser: run make test-browser"
    if sync_playwright is None:
        return "Playwright is not installed: pip install '.[browser]'"
    return None if CHROMIUM else "there is no Chromium: apt install chromium"


@cache
def browser() -> Browser:
    """One browser for all tests, as it takes a second to start; it ends with the process."""
    playwright = sync_playwright().start()
    atexit.register(playwright.stop)
    started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    atexit.register(started.close)
    return started


@cache
def daemon_with(*options: str) -> Daemon:
    """One daemon for all tests that want these options; it ends with the process."""
    daemon = Daemon(*options)
    atexit.register(daemon.stop)
    return daemon


class BrowserTestCase(SynchronousTestCase):
    """A page of a fresh browser session at a daemon with these ``options``.

    ``problems`` are what the page complained of: errors of scripts, and of the policy. Those that
    contain what is ``forgiven`` are part of the test.
    """

    options: tuple[str, ...] = ("--simulate",)
    skip = why_not()

    def setUp(self) -> None:
        self.daemon = daemon_with(*self.options)
        self.problems: list[str] = []
        self.forgiven: list[str] = []
        self.page = self.new_page()

    def tearDown(self) -> None:
        self.page.unroute_all(behavior="ignoreErrors")  # a reply may be on its way still
        self.page.context.close()
        left = [each for each in self.problems if not any(f in each for f in self.forgiven)]
        self.assertEqual(left, [])

    def new_page(self, **options: Any) -> Page:  # Any: Playwright's own
        context = browser().new_context(
            ignore_https_errors=True, viewport={"width": 1440, "height": 900}, **options
        )
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", self._heard)
        return page

    def _heard(self, message: Any) -> None:  # Any: as above
        if message.type == "error":
            self.problems.append(f"{message.text} {message.location}")

    def open(self, place: str = "") -> None:
        """Go to a page of the console."""
        self.page.goto(f"{self.daemon.url}#/{place}")

    def log_in(self, name: str = "admin", place: str = "") -> None:
        """Open the console and log in by its form."""
        self.open(place)
        self.page.get_by_label("Name").fill(name)
        self.page.get_by_label("Password").fill(name)
        self.page.get_by_role("button", name="Log in").click()
        expect(self.page.locator(".top")).to_be_visible()

    def api(self, method: str, path: str, body: object = None, user: str = "admin") -> Any:
        # Any: JSON
        """Ask the API beside the page, as a program does."""
        response = self.page.request.fetch(
            self.daemon.url.replace("/console/", path),
            method=method,
            data=body,
            headers={
                "Authorization": "Basic " + _basic(user),
                "Content-Type": "application/json",
            },
        )
        return response.json()


def _basic(user: str) -> str:
    return base64.b64encode(f"{user}:{user}".encode()).decode()
