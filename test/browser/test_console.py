"""What people do with the console."""

from __future__ import annotations

import contextlib
import json
import os
import re
import time
from pathlib import Path

from twisted.trial.unittest import SkipTest

from ganeti_rapi.web.console import NOVNC

from .case import BrowserTestCase, Daemon

with contextlib.suppress(ImportError):  # then everything here is skipped
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import expect

PAGES = {
    "overview": "cluster.example.com",
    "instances": "Instances",
    "instances/web1.example.com": "web1.example.com",
    "instances/web1.example.com/console": "web1.example.com",
    "instances/web1.example.com/disks": "web1.example.com",
    "instances/web1.example.com/network": "web1.example.com",
    "instances/web1.example.com/parameters": "web1.example.com",
    "instances/web1.example.com/jobs": "web1.example.com",
    "instances/web1.example.com/danger": "web1.example.com",
    "create": "New instance",
    "nodes": "Nodes",
    "nodes/node1.example.com": "node1.example.com",
    "groups": "Groups",
    "groups/default": "default",
    "networks": "Networks",
    "networks/internal": "internal",
    "jobs": "Jobs",
    "jobs/1": "Restart web1.example.com",
    "filters": "Filters",
    "cluster": "cluster.example.com",
    "reference": "API",
}
"""Every page and what its heading says."""


class LoginTests(BrowserTestCase):
    def test_in_and_out(self) -> None:
        self.log_in()
        expect(self.page.locator(".who")).to_contain_text("admin")
        self.page.get_by_role("button", name="Log out").click()
        expect(self.page.get_by_label("Password")).to_be_visible()
        self.page.reload()
        expect(self.page.get_by_label("Password")).to_be_visible()

    def test_a_wrong_password(self) -> None:
        self.forgiven = ["401"]
        self.open()
        self.page.get_by_label("Name").fill("admin")
        self.page.get_by_label("Password").fill("wrong")
        self.page.get_by_role("button", name="Log in").click()
        expect(self.page.get_by_role("alert")).to_have_text("The name or the password is wrong")

    def test_a_session_is_kept_and_no_script_can_read_it(self) -> None:
        self.log_in()
        self.page.reload()
        expect(self.page.locator(".who")).to_contain_text("admin")
        (cookie,) = self.page.context.cookies(self.daemon.url.replace("/console/", "/2/info"))
        self.assertEqual(
            (cookie["httpOnly"], cookie["secure"], cookie["sameSite"], cookie["path"]),
            (True, True, "Strict", "/2"),
        )
        kept = self.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
        self.assertEqual(kept, "[{},{}]")

    def test_a_lost_session_comes_back_to_the_same_place(self) -> None:
        self.forgiven = ["401"]
        self.log_in(place="instances/web1.example.com/danger")
        expect(self.page.locator(".danger-row").first).to_be_visible()
        self.page.wait_for_timeout(1000)  # or else a read that is under way finds out
        self.page.context.clear_cookies()
        self.page.get_by_role("button", name="Remove").first.click()
        self.page.locator("dialog .danger").click()
        expect(self.page.get_by_role("alert").first).to_contain_text("Your session has ended")
        self.page.get_by_label("Name").fill("admin")
        self.page.get_by_label("Password").fill("admin")
        self.page.get_by_role("button", name="Log in").click()
        expect(self.page.locator("h1")).to_have_text("web1.example.com")
        expect(self.page.locator(".danger-row").first).to_be_visible()

    def test_without_a_login_it_is_read_only(self) -> None:
        self.open("instances")
        self.page.get_by_role("button", name="Look around").click()
        expect(self.page.get_by_role("row").nth(3)).to_be_visible()
        expect(self.page.get_by_role("link", name="New instance")).to_have_count(0)


class PageTests(BrowserTestCase):
    def test_every_page(self) -> None:
        self.log_in()
        for place, heading in PAGES.items():
            self.open(place)
            expect(self.page.locator("h1").first).to_have_text(heading)
            expect(self.page.get_by_role("contentinfo")).to_be_visible()
            self.assertEqual(self.page.locator("main .failure").all_inner_texts(), [], place)

    def test_no_write_is_offered_to_who_may_only_read(self) -> None:
        self.log_in("guest")
        for place, heading in PAGES.items():
            if place != "create":
                self.open(place)
                expect(self.page.locator("h1").first).to_have_text(heading)
                for name in ("Start", "Stop", "Remove", "New", "Change", "Evacuate", "Migrate"):
                    found = self.page.locator("main").get_by_role(
                        "button", name=re.compile(f"^{name}")
                    )
                    self.assertEqual(found.count(), 0, f"{name} at {place}")

    def test_what_is_seen_of_some_instances_only(self) -> None:
        """Without one request that is refused, which the page would complain of."""
        users = Path(self.mktemp()).absolute()
        users.write_text("ana ana @operator:name=web*\n")
        users.chmod(0o600)
        self.daemon = Daemon("--simulate", f"--users-file={users}", "--require-authentication")
        self.addCleanup(self.daemon.stop)
        self.page.context.close()
        self.page = self.new_page()
        self.log_in("ana", "instances")
        names = self.page.locator(".rows .name")
        expect(names.first).to_have_text("web1.example.com")
        seen = {name for name in names.all_inner_texts() if not name.startswith("node")}
        self.assertTrue(all(name.startswith("web") for name in seen), seen)
        for link in self.page.get_by_role("navigation").get_by_role("link").all():
            link.click()
            expect(self.page.locator("h1").first).to_be_visible()
            self.assertEqual(self.page.locator("main .failure").all_inner_texts(), [])
        expect(self.page.get_by_role("link", name="Filters")).to_have_count(0)
        self.open("instances/web1.example.com")
        self.page.get_by_role("button", name="Restart").click()
        self.page.locator("dialog").locator("button[type=submit]").click()
        expect(self.page.locator(".strip")).to_contain_text("Restart web1.example.com")
        self.page.goto("about:blank")

    def test_nothing_keeps_anybody_out(self) -> None:
        """By axe's rules, with both themes."""
        for scheme in ("light", "dark"):
            self.page.context.close()
            self.page = self.new_page(color_scheme=scheme)
            self.open()
            expect(self.page.get_by_label("Password")).to_be_visible()
            self.assertEqual(self.faults(), [], f"the login, {scheme}")
            self.log_in()
            for place, heading in PAGES.items():
                self.open(place)
                expect(self.page.locator("h1").first).to_have_text(heading)
                self.assertEqual(self.faults(), [], f"{place}, {scheme}")
            self.open("instances/web1.example.com")
            self.page.get_by_role("button", name="Stop").click()
            expect(self.page.locator("dialog")).to_be_visible()
            self.assertEqual(self.faults(), [], f"a dialog, {scheme}")

    def faults(self) -> list[str]:
        """What axe finds that is serious."""
        found = Axe().run(self.page).response["violations"]
        return [
            f"{each['id']}: {node['html'][:200]} {node['failureSummary']}"
            for each in found
            if each["impact"] in ("serious", "critical")
            for node in each["nodes"]
        ]

    def test_narrow_and_dark(self) -> None:
        self.page.context.close()
        self.page = self.new_page(color_scheme="dark")
        self.page.set_viewport_size({"width": 400, "height": 800})
        self.log_in(place="instances")
        expect(self.page.get_by_role("row").nth(3)).to_be_visible()
        wide = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        self.assertLessEqual(wide, 0)
        self.page.get_by_role("button", name="Menu").click()
        self.page.get_by_role("link", name="Nodes").click()
        expect(self.page.locator("h1")).to_have_text("Nodes")

    def test_by_keys_alone(self) -> None:
        self.log_in()
        self.page.keyboard.press("g")
        self.page.keyboard.press("i")
        expect(self.page.locator("h1")).to_have_text("Instances")
        self.page.keyboard.press("/")
        self.page.keyboard.type("web2")
        expect(self.page.locator(".rows .row")).to_have_count(1)
        self.page.get_by_role("grid").focus()
        self.page.keyboard.press("Enter")
        expect(self.page.locator("h1")).to_have_text("web2.example.com")


PICTURES = {
    "overview": "overview",
    "instances": "instances",
    "instance": "instances/web1.example.com",
    "create": "create",
    "job": "jobs/31",
}
"""Those of doc/console.md, and the pages that they show."""


NEW = {
    "__version__": 1,
    "mode": "create",
    "name": "new1.example.com",
    "name_check": False,
    "disk_template": "plain",
    "disks": [{"size": 10240}],
    "nics": [{}],
    "ip_check": False,
    "os": "debootstrap+minimal",
    "pnode": "node2.example.com",
    "beparams": {"memory": 1024},
}


class PictureTests(BrowserTestCase):
    options = ("--simulate", "nodes=8,instances=60,jobs=30")

    def test_pictures(self) -> None:
        """For doc/console.md, where $PICTURES says so: see `make pictures`."""
        directory = Path(os.environ.get("PICTURES") or self.mktemp())
        directory.mkdir(parents=True, exist_ok=True)
        self.page.set_viewport_size({"width": 1200, "height": 720})
        self.log_in()
        instance = self.api("GET", "/2/instances")[0]["id"]
        self.api("POST", "/2/instances?return_timeout=60", NEW)
        for name, place in PICTURES.items():
            self.open(place.replace("web1.example.com", instance))
            expect(self.page.locator("h1").first).to_be_visible()
            self.page.wait_for_load_state("load")
            expect(self.page.locator("main")).not_to_contain_text("Reading …")
            file = directory / f"{name}.png"
            self.page.screenshot(path=file, animations="disabled")
            self.assertGreater(file.stat().st_size, 10_000)


class WriteTests(BrowserTestCase):
    def test_stop_and_start(self) -> None:
        self.log_in(place="instances/web3.example.com")
        self.page.get_by_role("button", name="Stop").click()
        self.page.get_by_label("timeout").fill("1")
        self.page.locator("dialog").get_by_role("button", name="Stop", exact=True).click()
        expect(self.page.locator(".title-row .state")).to_have_text("stopped")
        expect(self.page.locator(".strip")).to_contain_text("Stop web3.example.com")
        self.page.get_by_role("button", name="Start", exact=True).click()
        expect(self.page.locator(".title-row .state")).to_have_text("running")

    def test_several_at_once(self) -> None:
        self.log_in(place="instances?q=build1")
        self.page.get_by_label("Select build1.example.com").check()
        self.page.locator(".selection").get_by_role("button", name="Start").click()
        expect(self.page.locator(".rows .row .state").first).to_have_text("running")

    def test_what_others_do_is_seen(self) -> None:
        self.log_in(place="instances?q=db2")
        expect(self.page.locator(".rows .state").first).to_have_text("running")
        self.api("PUT", "/2/instances/db2.example.com/shutdown")
        expect(self.page.locator(".rows .state").first).to_have_text("stopped")

    def test_a_new_instance_from_the_form_to_its_log(self) -> None:
        self.log_in(place="create")
        self.page.get_by_label("Name required").fill("new1.example.com")
        self.page.get_by_label("Memory").fill("1G")
        self.page.get_by_role("button", name="Would it fit?").click()
        expect(self.page.locator(".success")).to_be_visible()
        self.page.get_by_role("button", name="Create", exact=True).click()
        expect(self.page.locator("h1")).to_have_text("Create new1.example.com")
        expect(self.page.locator(".log-line").first).to_be_visible()
        expect(self.page.locator(".title-row .state")).to_have_text("done")
        self.open("instances/new1.example.com")
        expect(self.page.locator("h1")).to_have_text("new1.example.com")
        expect(self.page.locator("main")).to_contain_text("1 GiB")

    def test_what_is_wrong_is_beside_its_field(self) -> None:
        self.forgiven = ["400"]
        self.log_in(place="create")
        self.page.get_by_role("button", name="Create", exact=True).click()
        expect(self.page.locator(".field-error:visible")).to_have_text("This is needed.")
        self.page.get_by_label("Name required").fill("new2.example.com")
        self.page.get_by_text("All parameters").click()
        self.page.get_by_label("file_storage_dir").fill("x")
        self.page.get_by_label("hvparams").fill("{nonsense")
        self.page.get_by_role("button", name="Create", exact=True).click()
        expect(self.page.locator(".field-error:visible")).to_contain_text("This is no JSON")
        self.page.get_by_label("hvparams").fill("[1]")
        self.page.get_by_role("button", name="Create", exact=True).click()
        expect(self.page.locator(".field-error:visible")).to_contain_text("hvparams")

    def test_a_role_whose_body_is_one_value(self) -> None:
        self.log_in(place="nodes/node5.example.com")
        self.page.get_by_role("button", name="Change role").click()
        self.page.get_by_label("Value").select_option("drained")
        self.page.locator("dialog").get_by_role("button", name="Change", exact=True).click()
        expect(self.page.locator(".title-row .state")).to_have_text("drained")

    def test_a_job_again_and_as_a_command(self) -> None:
        self.log_in()
        body = {"beparams": {"vcpus": 2}}
        job = self.api("PUT", "/2/instances/web1.example.com/modify?reason=why", body)
        self.open(f"jobs/{job}")
        expect(self.page.locator(".title-row .state")).to_have_text("done")
        path = "/2/instances/web1.example.com/modify"
        for name, words in (
            (
                "Copy as rapi",
                f"rapi api -X PUT '{path}' -d '{{\"custom_beparams\":{{\"vcpus\":2}}}}'",
            ),
            ("Copy as curl", "curl -u USER -X PUT -H 'Content-Type: application/json' -d '{"),
        ):
            self.page.get_by_role("button", name="More", exact=True).click()
            self.page.get_by_role("menuitem", name=name).click()
            self.assertIn(words, self.page.evaluate("navigator.clipboard.readText()"))
        self.page.get_by_role("button", name="More", exact=True).click()
        self.page.get_by_role("menuitem", name="Again").click()
        self.page.get_by_label("custom_beparams").fill('{"vcpus": 1}')
        self.page.locator("dialog").locator("button[type=submit]").click()
        link = self.page.locator("#toasts").get_by_role("link")
        new = link.inner_text()
        link.click()
        expect(self.page.locator(".crumbs")).to_have_text(f"Jobs / {new}")
        expect(self.page.locator(".title-row .state")).to_have_text("done")
        self.assertEqual(self.api("GET", "/2/instances/web1.example.com")["beparams"]["vcpus"], 1)

    def test_a_form_with_several_values_as_a_command(self) -> None:
        self.log_in(place="instances/web2.example.com")
        self.page.get_by_role("button", name="Add tags").click()
        self.page.get_by_label("tag", exact=True).fill("a, b")
        self.page.locator("dialog").get_by_role("button", name="Copy as rapi").click()
        self.assertEqual(
            self.page.evaluate("navigator.clipboard.readText()"),
            "rapi api -X PUT '/2/instances/web2.example.com/tags?tag=a&tag=b'",
        )

    def test_the_life_of_a_filter_rule(self) -> None:
        self.log_in(place="filters")
        self.page.get_by_role("button", name="New rule").click()
        self.page.get_by_label("priority").fill("7")
        self.page.get_by_label("predicates").fill('[["opcode", ["=", "OP_ID", "OP_TEST_DELAY"]]]')
        self.page.get_by_label("action").fill('"PAUSE"')
        self.page.locator("dialog").get_by_role("button", name="Create").click()
        rule = self.page.locator(".card", has_text="Let jobs wait")
        expect(rule).to_contain_text("OP_TEST_DELAY")
        rule.get_by_role("button", name="Change").click()
        self.page.get_by_label("action").fill('["RATE_LIMIT", 3]')
        self.page.locator("dialog").get_by_role("button", name="Change").click()
        rule = self.page.locator(".card", has_text="At most 3 jobs at a time")
        rule.get_by_role("button", name="Remove").click()
        self.page.locator("dialog").locator("button[type=submit]").click()
        expect(self.page.locator("main")).to_contain_text("There are no rules")

    def test_a_failed_job_says_why(self) -> None:
        self.log_in()
        job = self.api("PUT", "/2/instances/old1.example.com/startup")
        self.open(f"jobs/{job}")
        expect(self.page.locator(".title-row .state")).to_have_text("failed")
        expect(self.page.get_by_role("alert")).to_contain_text("offline")


class ScreenTests(BrowserTestCase):
    def test_the_screen_of_an_instance(self) -> None:
        if not (NOVNC / "core").is_dir():
            raise SkipTest("there is no noVNC: apt install novnc")
        self.log_in(place="instances/web2.example.com/console")
        self.page.get_by_role("button", name="Open the screen").click()
        expect(self.page.locator(".screen canvas")).to_be_visible()
        drawn = (
            "() => { const it = document.querySelector('.screen canvas');"
            " return it.width > 100 && it.getContext('2d').getImageData(0, 0, it.width, it.height)"
            ".data.some((byte, i) => i % 4 !== 3 && byte > 0) }"
        )
        self.page.wait_for_function(drawn)


HOSTILE = '<img src=x onerror="document.title=1"><script>document.title=2</script>'


class HostileTests(BrowserTestCase):
    def test_names_and_tags_are_text(self) -> None:
        def answer(route: object) -> None:
            reply = route.fetch()  # type: ignore[attr-defined]  # Playwright's
            told = json.loads(reply.text())
            for row in told:
                row.update(os=HOSTILE, pnode=HOSTILE, tags=[HOSTILE, "javascript:alert(1)"])
            route.fulfill(response=reply, json=told)  # type: ignore[attr-defined]

        self.page.route(re.compile(r"/2/instances\?"), answer)
        self.log_in(place="instances")
        expect(self.page.locator(".rows .tag").first).to_have_text(HOSTILE)
        self.assertEqual(self.page.locator("main img, main script").count(), 0)
        self.assertNotIn(self.page.title(), ("1", "2"))

    def test_a_job_and_its_log_are_text(self) -> None:
        job = {
            "id": 1,
            "summary": [f"INSTANCE_STARTUP({HOSTILE})"],
            "status": "error",
            "opstatus": ["error"],
            "opresult": [["OpExecError", [HOSTILE]]],
            "ops": [{"OP_ID": HOSTILE, "comment": HOSTILE, "reason": [[HOSTILE, HOSTILE, 1]]}],
            "oplog": [[[1, [1, 1], "message", HOSTILE]]],
            "received_ts": [1, 1],
            "start_ts": None,
            "end_ts": [2, 2],
        }
        self.page.route("**/2/jobs/1", lambda route: route.fulfill(json=job))
        self.log_in(place="jobs/1")
        expect(self.page.locator(".log-line span")).to_have_text(HOSTILE)
        expect(self.page.get_by_role("alert").first).to_contain_text(HOSTILE)
        self.assertEqual(self.page.locator("main img, main script").count(), 0)

    def test_the_policy_forbids_markup_and_inline_scripts(self) -> None:
        self.forgiven = ["TrustedHTML", "Content Security Policy"]
        self.log_in()
        refused = self.page.evaluate(
            "() => { try { document.body.innerHTML = '<p>'; return false } catch { return true } }"
        )
        self.assertTrue(refused)
        self.assertNotEqual(self.problems, [])


class ConnectionTests(BrowserTestCase):
    def test_a_broken_connection_is_said_and_mended(self) -> None:
        self.forgiven = ["ERR_", "401", "Failed to load"]
        self.log_in(place="instances")
        expect(self.page.locator(".rows .row").first).to_be_visible()
        self.daemon.stop()
        expect(self.page.locator(".notice")).to_contain_text("The connection is lost")
        self.daemon.start()  # on a new cluster with another key: the session is over
        expect(self.page.get_by_label("Password")).to_be_visible()
        self.page.get_by_label("Name").fill("admin")
        self.page.get_by_label("Password").fill("admin")
        self.page.get_by_role("button", name="Log in").click()
        expect(self.page.locator(".rows .row").first).to_be_visible()


class LargeTests(BrowserTestCase):
    options = ("--simulate", "nodes=150,instances=10000,jobs=2000")

    def test_ten_thousand_instances(self) -> None:
        self.log_in(place="instances")
        expect(self.page.locator(".count")).to_have_text("10000")
        self.assertLess(self.page.locator(".rows .row").count(), 80)
        began = time.monotonic()
        self.page.get_by_label("Filter the instances").fill("status=running memory>1G")
        expect(self.page.locator(".count")).to_contain_text("of 10000")
        self.assertLess(time.monotonic() - began, 2)
        self.page.get_by_role("grid").focus()
        self.page.keyboard.press("End")
        expect(self.page.locator(".row.active")).to_be_visible()
