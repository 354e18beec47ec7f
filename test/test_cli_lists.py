"""The lists and queries of `rapi`."""

from __future__ import annotations

import doctest
import json
from typing import Any
from urllib.parse import quote

from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.client.cli import filtering
from ganeti_rapi.client.cli.filtering import all_of, condition

from .cli_double import CommandCase


class ConditionTests(SynchronousTestCase):
    def test_operators(self) -> None:
        for text, meaning in (
            ("name=web1", ["=", "name", "web1"]),
            ("name != web1", ["!", ["=", "name", "web1"]]),
            ("disk.size/0<=10", ["<=", "disk.size/0", 10]),
            ("mfree<-1", ["<", "mfree", -1]),
            ("name=~^1", ["=~", "name", "^1"]),
            ("tags:blue", ["=[]", "tags", "blue"]),
            ("offline=true", ["?", "offline"]),
            ("offline!=true", ["!", ["?", "offline"]]),
            ("offline=false", ["!", ["?", "offline"]]),
            ('comment="5"', ["=", "comment", "5"]),
            ("comment=", ["=", "comment", ""]),
            ("comment=a=b", ["=", "comment", "a=b"]),
            (' ["?", "offline"]', ["?", "offline"]),
        ):
            self.assertEqual((text, condition(text)), (text, meaning))

    def test_several(self) -> None:
        self.assertIsNone(all_of([]))
        self.assertEqual(all_of([1]), 1)
        self.assertEqual(all_of([1, 2]), ["&", 1, 2])

    def test_the_example(self) -> None:
        self.assertEqual(doctest.testmod(filtering), doctest.TestResults(failed=0, attempted=1))


class ListTests(CommandCase):
    def names(self, line: str, key: str = "name") -> list[Any]:  # Any: a name or an id
        return [row[key] for row in json.loads(self.type(f"{line} --json").stdout)]

    def test_conditions(self) -> None:
        either = '["|",["=","name","db1.example.com"],["=","name","db2.example.com"]]'
        for line, names in (
            ("instances list --filter name=web1.example.com", "web1"),
            ("instances list --filter name=~^web --filter pnode!=node1.example.com", "web2 web3"),
            ("instances list --node node1.example.com --status running", "files1 web1"),
            ("instances list --node node1 --status running", "files1 web1"),
            ("instances list --node node", ""),
            (f"instances list --filter '{either}'", "db1 db2"),
            ("nodes list --role m", "node1"),
            ("nodes list --filter offline=false --limit 1", "node1"),
            ("nodes list --filter mfree>999999", ""),
            ("instances list --filter name=nosuch", ""),
        ):
            found = [name.partition(".")[0] for name in self.names(line)]
            self.assertEqual((line, found), (line, names.split()))

    def test_states_of_jobs(self) -> None:
        self.assertEqual(self.names("jobs list --status running", "id"), [])
        everything = self.names("jobs list", "id")
        self.assertEqual(self.names("jobs list --status success", "id"), everything)
        self.assertEqual(self.names("jobs list --limit 2", "id"), everything[:2])
        self.assertEqual(everything, sorted(everything, reverse=True))

    def test_tables_ask_for_what_they_show(self) -> None:
        for line, fields in (
            ("groups list", "name,alloc_policy,node_list"),
            ("groups list -o wide --sort nodes", "name,alloc_policy,node_list"),
            ("nodes list -o name", "name"),
            ("jobs list -o csv", "id,status,received_ts,end_ts,summary,start_ts"),
            ("groups list --json", None),
            ("groups list --columns uuid", None),
            ("groups list --sort serial_no", None),
        ):
            self.type(line)
            uri = self.line.requests[-1].uri
            expected = "?bulk=1" + (f"&fields={quote(fields, safe='')}" if fields else "")
            self.assertTrue(uri.endswith(expected), (line, uri))
        self.type("instances list")
        self.assertIn("beparams%2Cdisk.sizes", self.line.requests[-1].uri)

    def test_a_table(self) -> None:
        header, *rows = self.type("instances list").stdout.splitlines()
        self.assertEqual(header.split()[:3], ["Name", "Status", "Primary"])
        self.assertIn("web1.example.com", [row.split()[0] for row in rows])

    def test_conditions_change_no_row_and_cost_no_second_question(self) -> None:
        self.type("filters add --action ACCEPT")
        for line, words in (
            *((f"{kind} list", "name=~.") for kind in ("instances", "nodes", "groups", "networks")),
            ("jobs list", "id>0"),
            ("filters list", "uuid=~."),
        ):
            for output in ("table", "wide", "csv", "name"):
                whole = self.type(f"{line} -o {output}").stdout
                before = len(self.line.requests)
                chosen = self.type(f"{line} -o {output} --filter {words}").stdout
                self.assertEqual((line, output, chosen), (line, output, whole))
                self.assertEqual(len(self.line.requests) - before, 1)

    def test_times_are_readable(self) -> None:
        self.assertRegex(self.type("jobs list").stdout, r" 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d ")
        self.assertRegex(self.type("nodes show node1.example.com").stdout, r"ctime: 20\d\d-")


class LookTests(CommandCase):
    """How lists look when one says so."""

    def shown(self, line: str) -> list[str]:
        return self.type(line).stdout.splitlines()

    def test_csv(self) -> None:
        header, row = self.shown("instances list -o csv --filter name=db1.example.com")
        self.assertTrue(header.startswith("name,status,pnode,beparams.maxmem,"))
        self.assertIn(',8192,4,"20480, 204800",', row)
        self.assertIn(",debootstrap+default,,plain,", row, "no secondary node")

    def test_names(self) -> None:
        self.assertEqual(self.shown("instances list -o name --limit 1"), ["build1.example.com"])
        self.assertEqual(self.shown("groups show default -o name"), ["default"])
        self.assertIn("image", self.shown("os -o name"))

    def test_a_list_of_names_can_be_read_by_a_loop(self) -> None:
        self.assertIn("noop+default", self.shown("os"))
        self.assertEqual(self.shown("tags list cluster"), ["simulated"])

    def test_yaml(self) -> None:
        lines = self.shown("groups show default -o yaml")
        self.assertIn("name: default", lines)

    def test_columns(self) -> None:
        line = "instances list --filter name=web1.example.com"
        for words in ("--columns name,memory", "-o columns=Name,beparams.maxmem"):
            header, row = self.shown(f"{line} {words}")
            self.assertEqual(header.split(), ["Name", "Memory"])
            self.assertEqual(row.split(), ["web1.example.com", "2.0G"])
        (row,) = json.loads(self.type(f"{line} --columns name,beparams.vcpus --json").stdout)
        self.assertEqual(row, {"name": "web1.example.com", "beparams.vcpus": 2})

    def test_sorting(self) -> None:
        self.assertEqual(
            self.shown("nodes list -o name --sort -name --limit 1"), ["node5.example.com"]
        )
        by_memory = self.shown("instances list --sort memory --columns name --no-headers")
        self.assertEqual((by_memory[0], len(by_memory)), ("router1.example.com", 13))

    def test_units(self) -> None:
        for units, shown in (("h", "2.0G"), ("m", "2048"), ("g", "2.0"), ("t", "0.0")):
            line = f"instances list --filter name=web1.example.com --columns memory --units {units}"
            self.assertEqual(self.shown(line), ["Memory", shown.rjust(6)])

    def test_nothing_to_list(self) -> None:
        none = "instances list --filter name=~^nosuch --columns name,status"
        self.assertEqual(self.shown(none), ["Name  Status"])
        self.assertEqual(self.shown(f"{none} -o csv"), ["name,status"])
        self.assertEqual(self.shown(f"{none} --json"), ["[]"])

    def test_what_there_is_not(self) -> None:
        self.fails(
            "instances list --sort nosuch", 2, "--sort: there is no field 'nosuch'; known: name"
        )
        self.fails("instances list --columns nosuch", 2, "--columns: there is no field 'nosuch'")
        self.fails("instances list -o xml", 2, "'xml' is no format; give table, wide")


class QueryTests(CommandCase):
    def test_values(self) -> None:
        line = "query instance name,be/memory,ctime --filter name=web1.example.com"
        header, row = self.type(line).stdout.splitlines()
        self.assertEqual(header.split(), ["Instance", "ConfigMaxMem", "CTime"])
        self.assertRegex(row, r"^web1.example.com +2\.0G  20\d\d-")

    def test_values_for_programs(self) -> None:
        rows = json.loads(self.type("query instance name,be/memory --limit 1 --json").stdout)
        self.assertEqual(rows, [{"name": "build1.example.com", "be/memory": 1024}])

    def test_unknown_fields(self) -> None:
        self.fails("query instance name,nosuch", 2, "instance has no field nosuch")
        self.fails("query instance name --filter nosuch=1", 2, "nosuch")

    def test_which_fields_there_are(self) -> None:
        fields = [row.split()[0] for row in self.type("query node").stdout.splitlines()]
        self.assertEqual(fields[0], "Field")
        self.assertIn("mfree", fields)

    def test_wrong_conditions(self) -> None:
        self.fails("query node name --filter name", 2, "such as status=running")
        self.fails("query node name --filter [1", 2, "is not JSON")
        self.fails("query nosuch name", 5, "nosuch")
