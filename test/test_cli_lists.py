"""The lists and queries of `rapi`."""

from __future__ import annotations

import doctest
import json
from typing import Any

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
            (f"instances list --filter '{either}'", "db1 db2"),
            ("nodes list --role m", "node1"),
            ("nodes list --filter offline=false --limit 1", "node5"),
            ("nodes list --filter mfree>999999", ""),
        ):
            found = [name.partition(".")[0] for name in self.names(line)]
            self.assertEqual((line, found), (line, names.split()))

    def test_states_of_jobs(self) -> None:
        self.assertEqual(self.names("jobs list --status running", "id"), [])
        everything = self.names("jobs list", "id")
        self.assertEqual(self.names("jobs list --status success", "id"), everything)
        self.assertEqual(self.names("jobs list --limit 2", "id"), everything[-2:])

    def test_a_table(self) -> None:
        header, *rows = self.type("instances list").stdout.splitlines()
        self.assertEqual(header.split()[:3], ["Name", "Status", "Primary"])
        self.assertIn("web1.example.com", [row.split()[0] for row in rows])

    def test_times_are_readable(self) -> None:
        self.assertRegex(self.type("jobs list").stdout, r" 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d ")
        self.assertRegex(self.type("nodes show node1.example.com").stdout, r"ctime: 20\d\d-")


class QueryTests(CommandCase):
    def test_values(self) -> None:
        line = "query instance name,beparams,nosuch --filter name=web1.example.com"
        header, row = self.type(line).stdout.splitlines()
        self.assertTrue(header.startswith("Instance"))
        self.assertTrue(row.startswith("web1.example.com"))
        self.assertIn("(unknown field)", row)

    def test_which_fields_there_are(self) -> None:
        fields = [row.split()[0] for row in self.type("query node").stdout.splitlines()]
        self.assertEqual(fields[0], "Field")
        self.assertIn("mfree", fields)

    def test_wrong_conditions(self) -> None:
        self.fails("query node name --filter name", 2, "such as status=running")
        self.fails("query node name --filter [1", 2, "is not JSON")
        self.fails("query nosuch name", 5, "nosuch")
