"""Actions of `rapi` for several objects: which, what is asked before, and what came of them."""

from __future__ import annotations

import json
from typing import Any

from ganeti_rapi.client.cli import asking

from .cli_double import CommandCase


class SelectionTests(CommandCase):
    def hit(self, words: str) -> list[str]:
        """The objects that an action was for, without their domain."""
        line = f"instances start {words} --submit --json"
        return [row["name"].partition(".")[0] for row in json.loads(self.type(line).stdout)]

    def test_which(self) -> None:
        for words, names in (
            ("--filter name=~^db --group default", "db1"),
            ("web1 web2.example.com web1", "web1 web2"),
            ("--filter name=~^web", "web1 web2 web3"),
            ("--tag web", "web1 web2 web3"),
            ("--tag db --tag web --node node1 --filter name!=x", "web1"),
            ("--filter status=running --node node1.example.com", "files1 web1"),
        ):
            self.assertEqual((words, self.hit(words)), (words, names.split()))
        self.assertEqual(len(self.hit("--all")), 13)

    def test_what_counts_once(self) -> None:
        """Each of several has a name of its own; what is one is the same as it is alone."""
        line = "instances start web1 web2 --once k --submit --json"
        first, again = (json.loads(self.type(line).stdout) for _ in range(2))
        self.assertEqual(first, again)
        self.assertEqual(len({row["id"] for row in first}), 2)
        alone = [self.type("instances start web1 --once x --submit --json").stdout for _ in "12"]
        self.assertEqual(alone[0], alone[1])
        self.fails("instances stop web1 --once x --submit", 6, "Idempotency-Key")

    def test_what_changed_meanwhile(self) -> None:
        instance = json.loads(self.type("instances show web1 --json").stdout)
        line = f"instances modify web1 --unless-changed {instance['serial_no']} --beparams vcpus=3"
        self.type(line)
        self.fails(line, 6, "changed meanwhile")
        self.fails("instances start web1 web2 --unless-changed 3", 2, "is for one object")

    def test_nodes(self) -> None:
        line = "nodes modify --group default --ndparams spindle_count=2 --json --submit"
        names = [row["name"] for row in json.loads(self.type(line).stdout)]
        self.assertEqual(names[0], "node1.example.com")
        for request in self.line.requests[-len(names) :]:
            self.assertRegex(request.uri, "^/2/nodes/node[0-9].example.com/modify$")

    def test_a_role_for_several_nodes(self) -> None:
        line = "nodes set-role {} drained --submit --json"
        for words, names in (("node4 node5", ["node4", "node5"]), ("--group racks-b", None)):
            rows = json.loads(self.type(line.format(words)).stdout)
            shown = [row["name"].partition(".")[0] for row in rows]
            self.assertEqual((words, shown), (words, names or ["node4", "node5"]))
        self.assertEqual(self.line.requests[-1].body, "drained")
        self.fails("nodes set-role node4", 2, "'node4' is not one of")

    def test_the_instances_of_several_nodes(self) -> None:
        line = "nodes evacuate node1 node2 primary-only --iallocator hail"
        self.fails(line, 2, "nothing was done")
        result = self.type(f"{line} --dry-run --submit --json")
        self.assertIn("evacuate: node1.example.com, node2.example.com\n", result.stderr)
        self.assertRegex(result.stderr, "evacuate: .*web1.*, router1.*")

    def test_groups_and_networks(self) -> None:
        for name in ("a1", "a2", "b"):
            self.type(f"groups create {name}")
        self.fails("groups remove --filter name=~^a", 2, "nothing was done")
        rows = json.loads(self.type("groups remove --filter name=~^a --yes --json").stdout)
        self.assertEqual([row["name"] for row in rows], ["a1", "a2"])
        self.fails("groups remove", 2, "select some by --filter, --tag, or --all")
        self.fails("networks remove --group default --yes", 2, "No such option")
        self.fails("networks remove --tag nosuch --yes", 5, "no network is like that")

    def test_canceling_jobs(self) -> None:
        self.line.hold_up("OP_CLUSTER_REDIST_CONF")
        one, two, three = (
            self.type("cluster redistribute-config --submit").stdout.strip() for _ in range(3)
        )
        self.fails("jobs cancel", 2, "Give their numbers, or --status")
        self.fails(f"jobs cancel {one} --status queued", 2, "Give their numbers, or --status")
        self.fails("jobs cancel --status queued", 2, "nothing was done")
        result = self.line.type(f"jobs cancel 1 {one}")
        self.assertEqual(result.exit_code, 1)
        self.assertEqual(result.stdout, f"Dequeued job {one}\n")
        self.assertIn("1 of 2 canceled; not 1", result.stderr)
        told = json.loads(self.type("jobs cancel --status queued --yes --json").stdout)
        self.assertEqual([each["id"] for each in told], [int(two), int(three)])
        shown = self.type("jobs cancel --status queued --yes")
        self.assertEqual((shown.stdout, shown.stderr), ("", "cancel: no job is like that\n"))

    def test_what_contradicts_itself(self) -> None:
        for words, told in (
            ("", "Which instances? Give names, or select some"),
            ("web1 --all", "names or options that select instances, not both"),
            ("web1 --tag web", "names or options that select instances, not both"),
            ("--all --tag web", "--all, or options that select some, not both"),
        ):
            self.fails(f"instances start {words}", 2, told)
        self.assertEqual(self.line.requests, [])

    def test_what_is_not_there(self) -> None:
        self.fails("instances start web1 nosuch", 5, "there is no instance 'nosuch'; nothing")
        self.fails("instances start --tag nosuch", 5, "no instance is like that; nothing was done")
        self.assertFalse(any("startup" in request.uri for request in self.line.requests))


class QuestionTests(CommandCase):
    def test_one_that_is_stopped_is_not_asked_about(self) -> None:
        self.type("instances stop web1")
        self.type("instances stop --filter name=web3.example.com")

    def test_several_that_are_stopped(self) -> None:
        for verb in ("stop", "reboot", "failover", "remove", "reinstall"):
            result = self.line.type(f"instances {verb} web1 web2")
            self.assertEqual(result.exit_code, 2)
            self.assertIn(f"{verb}: web1.example.com, web2.example.com\n", result.stderr)
            self.assertIn("nothing was done; --yes does it", result.stderr)
        self.assertEqual({request.method for request in self.line.requests}, {"GET"})

    def test_it_is_asked_once(self) -> None:
        self.patch(asking, "is_terminal", lambda: True)
        for line, question in (
            ("instances stop web1 web2", "Stop these 2 instances?"),
            ("instances remove web1 web2", "Remove these 2 instances and all disks?"),
        ):
            result = self.type(line, input="y\n")
            self.assertEqual(result.stderr.count("[y/N]"), 1)
            self.assertIn(question, result.stderr)

    def test_an_evacuation_tells_what_it_moves(self) -> None:
        for mode, names in (
            ("primary-only", "files1.example.com, old1.example.com, web1.example.com"),
            ("all", "files1.example.com, mail1.example.com, old1.example.com, web1.example.com"),
        ):
            line = f"nodes evacuate node1 {mode} --iallocator hail"
            self.fails(line, 2, f"evacuate: {names}\n")
        self.assertFalse(any("evacuate" in request.uri for request in self.line.requests))
        self.patch(asking, "is_terminal", lambda: True)
        result = self.line.type("nodes evacuate node1 primary-only --iallocator hail", input="n\n")
        self.assertIn("Evacuate these 3 instances?", result.stderr)
        one = "nodes evacuate node1 secondary-only --iallocator hail"
        self.assertIn("evacuate: mail1.example.com\n", self.type(one).stderr)

    def test_what_only_starts_is_not_asked_about(self) -> None:
        self.type("instances start web1 web2")

    def test_a_dry_run_asks_nothing(self) -> None:
        self.type("instances stop web1 web2 --dry-run")


class OutcomeTests(CommandCase):
    def test_all_go_well(self) -> None:
        result = self.type("instances stop web1 web3 --yes")
        self.assertEqual(result.stdout, "")
        self.assertTrue(result.stderr.endswith("2 of 2 done\n"), result.stderr)

    def test_some_fail(self) -> None:
        result = self.line.type("instances migrate web1 old1 --json")  # old1 has plain disks
        self.assertEqual(result.exit_code, 1)
        self.assertIn("old1.example.com: Job", result.stderr)
        self.assertIn("Error: 1 of 2 done; failed: old1.example.com\n", result.stderr)
        well, badly = json.loads(result.stdout)
        self.assertEqual((well["name"], well["status"]), ("web1.example.com", "success"))
        self.assertEqual((badly["status"], badly["result"][0][0]), ("error", "OpPrereqError"))

    def test_none_is_submitted(self) -> None:
        line = "instances modify web1 web2 --set nosuch=1"
        self.fails(line, 2, "0 of 2 done; failed: web1.example.com, web2.example.com")

    def test_ids(self) -> None:
        lines = self.type("instances stop web1 web3 --yes --submit").stdout.splitlines()
        self.assertEqual(len(lines), 2)
        self.assertTrue(all(map(str.isdigit, lines)))

    def test_logs_say_whose_they_are(self) -> None:
        told = self.type("instances migrate web1 web3").stderr
        self.assertRegex(told, r"web1\.example\.com: \d\d:\d\d:\d\d ")

    def test_only_so_many_at_a_time(self) -> None:
        self.line.hold_up("OP_INSTANCE_STARTUP")
        self.interrupt("instances start --tag web --parallel 2")
        submitted = [request for request in self.line.requests if "startup" in request.uri]
        self.assertEqual(len(submitted), 2)

    def test_control_c(self) -> None:
        self.line.hold_up("OP_INSTANCE_STARTUP")
        result = self.interrupt("instances start --tag web")
        self.assertEqual(result.exit_code, 130)
        self.assertIn("interrupted; the jobs go on: rapi jobs list shows how", result.stderr)

    def interrupt(self, line: str) -> Any:  # Any: as `CommandLine.type` gives it
        """Type a line, and control-C while it waits."""

        def waits() -> bool:
            return any("/wait" in request.uri for request in self.line.requests)

        self.patch(self.line, "run", lambda _, work: self.line.interrupt(work, waits))
        return self.line.type(line)


class CreateManyTests(CommandCase):
    def test_what_is_no_list_of_instances(self) -> None:
        for text, words in (
            ("/no/such", "/no/such: No such file"),
            ("@/no/such", "/no/such: No such file"),
            ("[1]", "no list of objects"),
            ("{}", "no list of objects"),
            ("[", "this is no JSON"),
        ):
            self.fails(f"instances create-many '{text}'", 2, words)
