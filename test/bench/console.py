"""The console with 10,000 instances: what a person waits for, in Chromium.

    python -m test.bench.console

It starts the daemon with a simulated cluster, logs in, and reads the browser's own clock: until the
first rows are there after the login, until a search shows what it found, and from the end of a job
in luxid to the changed state on the screen. The simulated job daemon and the browser are on the
same machine, so their work is a part of what is measured.
"""

from __future__ import annotations

import time
from statistics import median

from ..browser.case import Daemon, Page, browser, why_not

SIZE = "nodes=150,instances=10000,jobs=5000,seed=7"
ROUNDS = 5
MILLISECONDS = 1000

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
    return float(page.evaluate(SEARCHED, "status=running memory>1G"))


def seen(url: str) -> float:
    """Milliseconds from the end of a job, as luxid has it, to the state on the screen."""
    page = _log_in(url)
    page.wait_for_selector(".rows .row")
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
    return float(now - seconds * MILLISECONDS - microseconds / 1000)


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
    finally:
        daemon.stop()


if __name__ == "__main__":
    import os

    os.environ.setdefault("BROWSER", "1")
    reason = why_not()
    if reason:
        raise SystemExit(reason)
    main()
