"""Commands that check the cluster, and those that ask for its room."""

from __future__ import annotations

import json

from .cli_double import CommandCase
from .simulation import WEB1


class VerifyingTests(CommandCase):
    def break_web1(self) -> None:
        (web1,) = (
            each for each in self.line.simulation.api.daemon.cluster.instances if each.name == WEB1
        )
        web1.running = False

    def test_what_is_wrong_is_a_table_and_an_exit_code(self) -> None:
        self.break_web1()
        result = self.line.type("cluster verify")
        self.assertEqual(result.exit_code, 1)
        self.assertRegex(result.stdout, rf"error +instance +{WEB1} +EINSTANCEDOWN +instance not")
        self.assertIn("errors found", result.stderr)

    def test_for_programs_it_is_the_report(self) -> None:
        self.break_web1()
        report = json.loads(self.line.type("groups verify default --json").stdout)
        self.assertEqual((report["done"], report["ok"]), (True, False))

    def test_nothing_wrong(self) -> None:
        result = self.type("cluster verify-config")
        self.assertIn("No errors were found", result.stderr)

    def test_later(self) -> None:
        job_id = int(self.type("cluster verify-config --submit").stdout)
        self.line.simulation.api.reactor.advance(5)
        self.assertIn("No errors", self.type(f"cluster verification {job_id}").stderr)
        self.fails("cluster verification 1", 5, "verifies nothing")


class RoomTests(CommandCase):
    def test_capacity_and_balance(self) -> None:
        capacity = json.loads(
            self.type("cluster capacity --memory 2G --disk 10G --vcpus 2 --json").stdout
        )
        self.assertEqual((capacity["fits"], capacity["limited_by"]), (17, "FAILMEM"))
        balance = json.loads(self.type("cluster balance --max-moves 3 --json").stdout)
        self.assertEqual(len(balance["moves"]), 2)
        self.fails("cluster capacity --memory 2G", 2, "memory, disk and vcpus")

    def test_would_it_fit(self) -> None:
        line = "cluster would-fit new1 --memory 1G --disk 10G --disk-template plain --os noop"
        self.assertIn("success", self.type(line).stdout)


class PowerTests(CommandCase):
    def test_without_out_of_band_management(self) -> None:
        for line in ("nodes power status node2.example.com", "nodes health node2"):
            self.fails(line, 6, "has no out-of-band management")

    def test_with_it(self) -> None:
        cluster = self.line.simulation.api.daemon.cluster
        cluster.info["ndparams"]["oob_program"] = "/bin/oob"
        result = self.type("nodes power status node2 --json")
        self.assertEqual(json.loads(result.stdout), {"powered": True})
        self.assertIn("PSU0", self.type("nodes health node2").stdout)

    def test_what_is_dangerous_is_asked_first(self) -> None:
        for line in (
            *("nodes power off node2", "nodes power cycle node2", "nodes remove node2"),
            *(
                "cluster renew-crypto --ssh-keys",
                "cluster rename new",
                "cluster master-ip deactivate",
            ),
            *("nodes restricted-command node2 look", "instances move web1 node3"),
        ):
            sent = len(self.line.requests)
            self.fails(line, 2, "--yes")
            self.assertEqual(len(self.line.requests), sent)
