"""The console with 10,000 instances: what a person waits for, in Chromium.

    python -m test.bench.console

It starts the daemon with a simulated cluster, logs in, and reads the browser's own clock: until the
first rows are there after the login, until a search shows what it found, and from the end of a job
in luxid to the changed state on the screen. The simulated job daemon and the browser are on the
same machine, so their work is a part of what is measured.
"""

from __future__ import annotations

import base64
import re
import time
from contextlib import closing
from statistics import median

from ..browser.case import Daemon, Page, browser, why_not

SIZE = "nodes=150,instances=10000,jobs=5000,seed=7"
ROUNDS = 5
MILLISECONDS = 1000
CONSOLES = 50
SETTLED = 3.0
"""Seconds after which what a change leads to is over."""

SEEN = """state => new Promise(done => {
  const look = () => document.querySelector('.rows .state')?.textContent === state
    ? done(performance.now()) : requestAnimationFrame(look);
  look();
})"""

SEARCHED = """text => new Promise(done => {
  const field = document.querySelector('.filter'), began = performance.now();
  field.value = text;
  field.dispatchEvent(new Event('input'));
  requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - began)));
})"""


def first_rows(url: str) -> tuple[float, list[str]]:
    """Milliseconds from the login to the first rows, and what was asked for until then."""
    page = _new_page()
    page.goto(f"{url}#/instances")
    page.get_by_label("Name").fill("admin")
    page.get_by_label("Password").fill("admin")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.split("/2/")[-1][:40]))
    began = time.perf_counter()
    page.get_by_role("button", name="Log in").click()
    page.wait_for_selector(".rows .row")
    took = (time.perf_counter() - began) * MILLISECONDS
    found = [each for each in asked if "console" not in each]
    page.context.close()
    return took, found


def search(url: str) -> float:
    """Milliseconds from a key to the rows that fit."""
    page = _log_in(url)
    page.wait_for_selector(".rows .row")
    took = float(page.evaluate(SEARCHED, "status=running memory>1G"))
    page.context.close()
    return took


def seen(url: str) -> float:
    """Milliseconds from the end of a job, as luxid has it, to the state on the screen."""
    page = _log_in(url)
    page.wait_for_selector(".rows .row")
    page.wait_for_selector("body[data-connection=open]")
    page.evaluate(SEARCHED, "status=running")
    name = page.locator(".rows .name").first.inner_text()
    page.evaluate(SEARCHED, f'"{name}"')
    page.evaluate(SEEN, "running")
    token = page.evaluate("async () => (await (await fetch('../2/session')).json()).csrf")
    path = f"/2/instances/{name}/shutdown?return_timeout=60"
    reply = page.request.put(url.replace("/console/", path), headers={"X-CSRF-Token": token})
    page.evaluate(SEEN, "stopped")
    now = page.evaluate("performance.timeOrigin + performance.now()")
    seconds, microseconds = reply.json()["end_ts"]
    page.context.close()  # an open one would draw what happens to the next
    return float(now - seconds * MILLISECONDS - microseconds / 1000)


def luxid_calls(url: str, pages: int) -> int:
    """How often luxid is asked when an instance is stopped and started and so many look."""
    before = _luxid_calls(url)
    opened = [_log_in(url) for _ in range(pages)]
    for page in opened:
        page.wait_for_selector(".rows .row")
    opened[-1].wait_for_selector("body[data-connection=open]")
    time.sleep(SETTLED)
    at_rest = _luxid_calls(url)
    name = opened[0].locator(".rows .name").first.inner_text()
    token = opened[0].evaluate("async () => (await (await fetch('../2/session')).json()).csrf")
    for what in ("shutdown", "startup"):
        path = f"/2/instances/{name}/{what}?return_timeout=60"
        reply = opened[0].request.put(
            url.replace("/console/", path), headers={"X-CSRF-Token": token}
        )
        assert reply.ok, reply.text()
        time.sleep(SETTLED)
    after = _luxid_calls(url)
    for page in opened:
        page.context.close()
    assert before < at_rest
    return after - at_rest


def _luxid_calls(url: str) -> int:
    """All that the daemon asked luxid so far, as its metrics tell."""
    with closing(_new_page().context) as context:
        secret = base64.b64encode(b"admin:admin").decode()
        reply = context.request.get(
            url.replace("/console/", "/metrics"), headers={"Authorization": f"Basic {secret}"}
        )
        return round(
            sum(
                map(
                    float,
                    re.findall(
                        r"^ganeti_rapi_luxi_calls_total.* (\S+)$", reply.text(), re.MULTILINE
                    ),
                )
            )
        )


def _new_page() -> Page:
    return browser().new_context(ignore_https_errors=True).new_page()


def _log_in(url: str) -> Page:
    page = _new_page()
    page.goto(f"{url}#/instances")
    page.get_by_label("Name").fill("admin")
    page.get_by_label("Password").fill("admin")
    page.get_by_role("button", name="Log in").click()
    return page


def main() -> None:
    """Measure and print."""
    daemon = Daemon("--simulate", SIZE)
    try:
        rounds = [first_rows(daemon.url) for _ in range(ROUNDS)]
        print(f"{SIZE}; medians of {ROUNDS}")
        print(f"from login to the first rows   {median(took for took, _ in rounds):6.0f} ms")
        print(f"  asked for                    {', '.join(rounds[-1][1])}")
        times = [search(daemon.url) for _ in range(ROUNDS)]
        print(f"a search among all             {median(times):6.0f} ms")
        times = [seen(daemon.url) for _ in range(ROUNDS)]
        print(f"from a job's end to the screen {median(times):6.0f} ms")
        one, many = luxid_calls(daemon.url, 1), luxid_calls(daemon.url, CONSOLES)
        print(f"luxid is asked for one console {one:6d} times, and for {CONSOLES} {many} times")
    finally:
        daemon.stop()


if __name__ == "__main__":
    import os

    os.environ.setdefault("BROWSER", "1")
    reason = why_not()
    if reason:
        raise SystemExit(reason)
    main()
