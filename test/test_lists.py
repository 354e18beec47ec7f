"""Lists for programs: their fields, filters, orders and pages."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.api.lists.cursors import decode_cursor, encode_cursor, list_mark
from ganeti_rapi.api.lists.filtertext import DEEPEST, FilterError, parse
from ganeti_rapi.api.lists.ordering import By, page_of, page_of_names, text_key
from ganeti_rapi.errors import BadRequest, JobDaemonError
from ganeti_rapi.shapes import text
from ganeti_rapi.testing import Reply, SimulatedApi

from .harness import ApiCase

# Any, throughout: JSON.

FIELDS = st.sampled_from(["name", "be/maxmem", "disk.size/0", "_x", "not_in", "order"])
TEXTS = st.one_of(
    st.text(),
    st.sampled_from(["web1", "a b", "true", "12", "-3", "and", "in", "(x)", "it's", '"', "\\", ""]),
)
NUMBERS = st.integers(-(10**17), 10**17)


def negated(found: Any) -> Any:
    return ["!", found]


CONDITIONS: st.SearchStrategy[Any] = st.one_of(
    st.tuples(st.just("?"), FIELDS),
    st.tuples(st.sampled_from(["=", "<", "<=", ">", ">="]), FIELDS, TEXTS | NUMBERS),
    st.tuples(st.just("=~"), FIELDS, TEXTS.filter(lambda each: "\\" not in each)),
    st.tuples(st.just("=[]"), FIELDS, TEXTS | NUMBERS),
).map(list)

FILTERS = st.recursive(
    CONDITIONS,
    lambda inner: st.one_of(
        inner.map(negated),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: ["&", *parts]),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: ["|", *parts]),
    ),
    max_leaves=8,
)


def quoted(value: Any) -> str:
    """A value as the text form has it."""
    if isinstance(value, int):
        return str(value)
    return '"' + re.sub(r'(["\\])', r"\\\1", value) + '"'


def written(found: Any) -> str:
    """A filter in the text form."""
    word, *operands = found
    if word == "!":
        return f"not ({written(operands[0])})"
    if word in "&|":
        return {"&": " and ", "|": " or "}[word].join(f"({written(each)})" for each in operands)
    if word == "?":
        return str(operands[0])
    field, value = operands
    if word == "=[]":
        return f"{quoted(value)} in {field}"
    return f"{field} {word} {quoted(value)}"


class FilterTextTests(SynchronousTestCase):
    @given(FILTERS)
    def test_every_filter_can_be_written(self, found: Any) -> None:
        self.assertEqual(parse(written(found)), found)
        self.assertEqual(parse(json.dumps(found)), found)

    @given(st.text(alphabet=" ()'\"=!<>~*&|\\[]-/mi1a.not"))
    def test_any_text_is_a_filter_or_an_error_with_a_place(self, given_text: str) -> None:
        try:
            found = parse(given_text)
        except FilterError as error:
            self.assertTrue(0 <= error.at <= len(given_text))
            self.assertRegex(str(error), r"\Aexpected .*(at character \d+, before|at the end)")
        else:
            self.assertIsInstance(found, list)

    def test_what_texts_mean(self) -> None:
        up = ["=", "status", "running"]
        for words, found in (
            ("status=running", up),
            ("status == 'running'", up),
            (' status = "running" ', up),
            ("status != running", ["!", up]),
            ("a or b and not c", ["|", ["?", "a"], ["&", ["?", "b"], ["!", ["?", "c"]]]]),
            ("(a | b) & !c", ["&", ["|", ["?", "a"], ["?", "b"]], ["!", ["?", "c"]]]),
            ("A AND b Or c", ["|", ["&", ["?", "A"], ["?", "b"]], ["?", "c"]]),
            ("admin_up = true", ["?", "admin_up"]),
            ("admin_up != true", ["!", ["?", "admin_up"]]),
            ("admin_up = false", ["!", ["?", "admin_up"]]),
            ("os = debian+default", ["=", "os", "debian+default"]),
            ("be/maxmem>=1024", [">=", "be/maxmem", 1024]),
            ("x < -1", ["<", "x", -1]),
            ("x = 12a", ["=", "x", "12a"]),
            ("x = '12'", ["=", "x", "12"]),
            ("web-1 in tags", ["=[]", "tags", "web-1"]),
            ("'a b' not in tags", ["!", ["=[]", "tags", "a b"]]),
            ("5 in list", ["=[]", "list", 5]),
            ("name =~ ^web", ["=~", "name", "^web"]),
            ("name =~ m/^a\\/b\\.c$/", ["=~", "name", "^a/b\\.c$"]),
            ("name =~ m|x|i", ["=~", "name", "(?i:x)"]),
            ("name !~ 'a\\.b'", ["!", ["=~", "name", "a\\.b"]]),
            ("name =* web*", ["=~", "name", "^web.*(\\..*)?$"]),
            ("name !* 'w?b.x'", ["!", ["=~", "name", "^w.b\\.x(\\..*)?$"]]),
            ('["=", "name", "web1"]', ["=", "name", "web1"]),
        ):
            self.assertEqual(parse(words), found, words)

    def test_errors_show_the_place(self) -> None:
        for words, message in (
            ("status running", "an operator (such as = or in) at character 8, before 'running'"),
            ("name =", "a value at the end"),
            ("name === a", "a value at character 8, before '= a'"),
            ("name => a", "a value at character 7, before '> a'"),
            ("name = a b", "'and', 'or' or the end at character 10, before 'b'"),
            ("(a", "'and', 'or' or ')' at the end"),
            ("a and", "a condition (such as status = running) at the end"),
            ("a and )", "a condition (such as status = running) at character 7, before ')'"),
            ("x in 5", "the name of a field at character 6, before '5'"),
            ("name = 'a", 'a value at character 8, before "\'a"'),
            ("  ", "a condition (such as status = running) at the end"),
        ):
            error = self.assertRaises(FilterError, parse, words)
            self.assertEqual(str(error), f"expected {message}", words)
        self.assertIn("JSON", str(self.assertRaises(FilterError, parse, '["=", "a"')))
        deep = "(" * DEEPEST + "a" + ")" * DEEPEST
        self.assertRaises(FilterError, parse, deep)
        self.assertEqual(parse(deep[1:-1]), ["?", "a"])


VALUES = st.none() | st.integers(0, 3) | st.sampled_from(["a1", "a2", "a10", "b"])
CLUSTER = st.dictionaries(st.integers(0, 30), st.tuples(VALUES, VALUES), max_size=20)
ORDERS = st.lists(st.tuples(st.sampled_from([0, 1]), st.booleans()), max_size=2)


class OrderTests(SynchronousTestCase):
    def test_texts_are_sorted_as_people_do(self) -> None:
        names = ["a1.b2", "a1.b10", "a02", "a2", "a10", "a" + "9" * 5000, "b"]
        self.assertEqual(sorted({*names}, key=text_key), names)

    @given(CLUSTER, CLUSTER, st.sets(st.integers(0, 30)), ORDERS, st.integers(1, 4))
    def test_pages_miss_and_repeat_nothing_that_stays(
        self, there: Any, new: Any, leaving: set[int], columns: Any, limit: int
    ) -> None:
        """Whatever comes and goes between two pages."""
        order = [By(str(column), downwards) for column, downwards in columns]

        def entries(objects: Any) -> Any:
            return [
                ([*(values[column] for column, _ in columns), f"inst{name}"], b"")
                for name, values in objects.items()
            ]

        objects, shown, start, more = dict(there), [], None, True
        while more:
            page, more = page_of(order, entries(objects), start, limit)
            self.assertLessEqual(len(page), limit)
            shown += [place[-1] for place, _ in page]
            start = page[-1][0] if page else None
            objects = {name: each for name, each in objects.items() if name not in leaving}
            objects.update((name, each) for name, each in new.items() if name not in there)
        stay = {f"inst{name}" for name in there if name not in leaving}
        self.assertEqual(len(shown), len(set(shown)))
        self.assertLessEqual(stay, set(shown))

    @given(st.lists(st.integers(0, 40), unique=True), st.none() | st.integers(0, 40), st.booleans())
    def test_names_alone_make_the_same_pages(
        self, numbers: list[int], start: int | None, as_text: bool
    ) -> None:
        names: list[Any] = [f"inst{each}" for each in numbers] if as_text else numbers
        place = None if start is None else [f"inst{start}" if as_text else start]
        for limit in (None, 1, 3):
            page, more = page_of([], [([name], b"") for name in names], place, limit)
            expected = [name for (name,), _ in page]
            self.assertEqual(page_of_names(list(names), place, limit), (expected, more))

    def test_what_is_not_known_comes_last(self) -> None:
        places = [[None, "a"], [1, "b"], ["x", "c"], [True, "d"], [[1], "e"], [{}, "f"], [[2], "g"]]
        for downwards, expected in ((False, "bdcegfa"), (True, "fgecbda")):
            entries = [(place, b"") for place in places]
            page, _ = page_of([By("x", downwards)], entries, None, None)
            self.assertEqual("".join(place[-1] for place, _ in page), expected)


class CursorTests(SynchronousTestCase):
    def test_it_leads_back(self) -> None:
        for place in (["web1"], [None, 3, [1, {"a": "é"}], "web1"]):
            cursor = encode_cursor("mark", place)
            self.assertRegex(cursor, r"\A[\w-]+\Z")
            self.assertEqual(decode_cursor(cursor, "mark", len(place) - 1, text), place)

    def test_lists_have_different_marks(self) -> None:
        marks = {
            list_mark(kind, qfilter, order)
            for kind in ("instance", "node")
            for qfilter in (None, ["?", "a"])
            for order in ([], ["a"], ["-a"])
        }
        self.assertEqual(len(marks), 12)

    @given(st.text() | st.binary().map(lambda data: base64.urlsafe_b64encode(data).decode()))
    def test_anything_else_is_the_clients_error(self, cursor: str) -> None:
        error = self.assertRaises(BadRequest, decode_cursor, cursor, "mark", 0, text)
        self.assertIn("begin again without after", error.message)

    def test_forged_ones_are(self) -> None:
        for place in ([], ["a", "b"], [None], [5], {"a": 1}, "x"):
            cursor = base64.urlsafe_b64encode(json.dumps(["mark", place]).encode()).decode()
            self.assertRaises(BadRequest, decode_cursor, cursor, "mark", 0, text)


def table(fields: list[str], rows: list[list[Any]], unknown: str = "") -> Any:
    """An answer to LUXI Query; a value that is no pair is known."""
    return {
        "fields": [
            {"name": name, "kind": "unknown" if name == unknown else "text"} for name in fields
        ],
        "data": [
            [value if isinstance(value, list) else [0, value] for value in row] for row in rows
        ],
    }


class AskingTests(ApiCase):
    """What luxid is asked."""

    def test_fields_are_asked_for_and_no_others(self) -> None:
        self.daemon.answers["Query"] = table(["name", "pnode"], [["web1", "node1"]])
        reply = self.ask("GET", "/2/instances?fields=name,pnode")
        self.assertEqual(reply.json(), [{"name": "web1", "pnode": "node1"}])
        self.assertEqual(self.daemon.calls, [("Query", "instance", ["name", "pnode"], None)])
        self.assertNotIn("link", reply.headers)

    def test_a_page_asks_for_names_first(self) -> None:
        self.daemon.answers["QueryInstances"] = [["web10"], ["web9"], ["web11"]]
        self.daemon.answers["Query"] = table(["name", "x"], [["web10", [3, None]], ["web9", 1]])
        reply = self.ask("GET", "/2/instances?fields=x&limit=2")
        self.assertEqual(reply.json(), [{"x": 1}, {"x": None, "missing": {"x": "unavail"}}])
        by_name = ["|", ["=", "name", "web9"], ["=", "name", "web10"]]
        self.assertEqual(
            self.daemon.calls,
            [
                ("QueryInstances", (), ["name"], False),
                ("Query", "instance", ["name", "x"], by_name),
            ],
        )

    def test_what_is_gone_by_then_is_left_out(self) -> None:
        def answer(_: str, fields: list[str], qfilter: Any) -> Any:
            if qfilter[0] == "|":
                raise JobDaemonError("OpPrereqError", "Instance 'b' not known", "unknown_entity")
            self.assertEqual(qfilter, ["&", ["|", ["=", "name", "a"], ["=", "name", "b"]]])
            return table(fields, [["a"]])

        self.daemon.answers.update(QueryInstances=[["a"], ["b"], ["c"]], Query=answer)
        reply = self.ask("GET", "/2/instances?limit=2")
        self.assertEqual(reply.json(), [{"id": "a", "uri": "/2/instances/a"}])
        self.assertIn('rel="next"', reply.headers["link"])

    def test_a_sorted_page_asks_for_what_it_is_sorted_by(self) -> None:
        answers = {
            ("mem", "name"): [[1, "a"], [2, "b"], [[4, None], "c"]],
            ("name", "mem", "pnode"): [["b", 2, "n"]],
        }
        self.daemon.answers["Query"] = lambda _kind, fields, _filter: table(
            fields, answers[tuple(fields)]
        )
        reply = self.ask("GET", "/2/instances?fields=mem,pnode&sort=-mem&limit=1&filter=up")
        self.assertEqual(reply.json(), [{"mem": 2, "pnode": "n"}])
        self.assertEqual(self.daemon.calls[0][2:], (["mem", "name"], ["&", ["?", "up"]]))

    def test_a_long_page_is_one_question(self) -> None:
        self.daemon.answers["QueryJobs"] = []
        self.daemon.answers["Query"] = table(["id", "status"], [[11, "x"], [9, "y"], [10, "z"]])
        reply = self.ask("GET", "/2/jobs?fields=id,status&limit=1001")
        self.assertEqual([job["id"] for job in reply.json()], [9, 10, 11])
        self.assertEqual(len(self.daemon.calls), 1)

    def test_without_arguments_of_theirs_lists_are_as_they_were(self) -> None:
        self.daemon.answers["QueryInstances"] = [["web1"]]
        reply = self.ask("GET", "/2/instances?fields=&filter=&sort=&limit=&after=&nosuch=1")
        self.assertEqual(reply.json(), [{"id": "web1", "uri": "/2/instances/web1"}])
        self.assertEqual(self.daemon.calls, [("QueryInstances", (), ["name"], False)])

    def test_mistakes_that_luxid_never_hears_of(self) -> None:
        for arguments, message in (
            ("limit=0", "Invalid argument limit: expected an integer of at least 1"),
            ("limit=x", "Invalid argument limit: expected an integer of at least 1"),
            ("fields=a,,b", "Invalid argument fields: item 1: expected a non-empty string"),
            ("filter=status%20up", "Invalid argument filter: expected an operator"),
            ("after=x", "Invalid argument after: this is no cursor of a list; begin again"),
            ("fields=console", "Lists of instances do not have console; /2/instances/"),
            ("sort=-console", "Lists of instances do not have console"),
            ("filter=!(x+|+console)", "Lists of instances do not have console"),
            ("limit=1&lock=1", "Invalid argument lock: it goes with whole lists only"),
        ):
            reply = self.ask("GET", f"/2/instances?{arguments}")
            self.assertEqual((reply.status, self.daemon.calls), (400, []), arguments)
            self.assertIn(message, reply.json()["message"])
        for arguments in ("sort=ops", "filter=x%20in%20ops", "fields=opresult", "fields=archived"):
            reply = self.ask("GET", f"/2/jobs?{arguments}")
            self.assertEqual((reply.status, self.daemon.calls), (400, []), arguments)

    def test_unknown_fields(self) -> None:
        for name, meant in (("nam", "name"), ("memory", "be/memory")):
            self.daemon.answers["Query"] = table([name, "name"], [], unknown=name)
            reply = self.ask("GET", f"/2/instances?fields={name}")
            self.assertEqual(reply.status, 400)
            self.assertEqual(
                reply.json()["message"],
                f"There is no field '{name}' of instances; did you mean {meant}?",
            )

    def test_unknown_fields_of_a_filter(self) -> None:
        """luxid tells of them by an error."""
        for words, kind, hint in (
            ("filter=nam=1&fields=name", "instances", "; did you mean name?"),
            ("filter=V", "nodes", ""),
            ("filter=V&limit=2", "jobs", ""),
        ):
            name = words.split("=")[1].split("&")[0]
            text = f"Can't find field named '{name}'"
            self.daemon.answers["Query"] = JobDaemonError("ParameterError", text)
            reply = self.ask("GET", f"/2/{kind}?{words}")
            self.assertEqual(reply.status, 400)
            self.assertEqual(reply.json()["message"], f"There is no field '{name}' of {kind}{hint}")


class SimulatedListTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.api = SimulatedApi()
        self.addCleanup(self.api.stop)

    def get(self, kind: str, **arguments: object) -> Reply:
        reply = self.api.request("GET", f"/2/{kind}?{urlencode(arguments)}")
        self.assertEqual(reply.status, 200, reply.body)
        return reply

    def pages(self, kind: str, **arguments: object) -> Iterator[list[Any]]:
        path: str | None = f"/2/{kind}?{urlencode(arguments)}"
        while path is not None:
            reply = self.api.request("GET", path)
            self.assertEqual(reply.status, 200, reply.body)
            yield reply.json()
            link = re.fullmatch('<(.+)>; rel="next"', reply.headers.get("Link", ""))
            path = link[1] if link else None

    def test_pages_of_every_kind(self) -> None:
        for kind in ("instances", "nodes", "groups", "networks", "jobs", "filters"):
            whole = self.get(kind).json()
            pages = list(self.pages(kind, limit=2))
            self.assertEqual([row for page in pages for row in page], whole, kind)
            self.assertEqual(len(pages), max(1, -(-len(whole) // 2)))

    def test_bulk_pages_show_what_bulk_lists_show(self) -> None:
        whole = self.get("instances", bulk=1).json()
        rows = [row for page in self.pages("instances", bulk=1, limit=5) for row in page]
        for row in rows:
            row.pop("missing", None)
        self.assertEqual(rows, whole)

    def test_orders(self) -> None:
        rows = self.get("instances", fields="name,be/maxmem", sort="-be/maxmem,-name").json()
        expected = sorted(rows, key=lambda row: (row["be/maxmem"], row["name"]), reverse=True)
        self.assertEqual(rows, expected)
        by_pages = list(
            self.pages("instances", fields="name,be/maxmem", sort="-be/maxmem,-name", limit=3)
        )
        self.assertEqual([row for page in by_pages for row in page], rows)

    def test_filters(self) -> None:
        for words, names in (
            ("status=ADMIN_offline", ["old1"]),
            ("name =* web* and not pnode = node1.example.com", ["web2", "web3"]),
            ("name = web1.example.com or name = nosuch", ["web1"]),
            ("name = nosuch", []),
            ('["=", "name", "db1.example.com"]', ["db1"]),
        ):
            rows = self.get("instances", filter=words, limit=9).json()
            self.assertEqual([row["id"].partition(".")[0] for row in rows], names, words)
        error = self.api.request("GET", f"/2/instances?filter={quote('name = 5')}")
        self.assertEqual(error.status, 400)

    def test_one_dead_node_does_not_fail_the_list(self) -> None:
        nodes = self.api.daemon.cluster.nodes
        nodes[1].powered, nodes[2].offline = False, True
        rows = self.get("nodes", fields="name,mfree,pinst_cnt", limit=3).json()
        self.assertEqual(
            [row.get("missing") for row in rows], [None, {"mfree": "nodata"}, {"mfree": "offline"}]
        )
        self.assertEqual([row["mfree"] is None for row in rows], [False, True, True])
        _, hidden, _ = self.get("nodes", fields="name,mfree", sort="mfree", limit=3).json()
        self.assertIn("mfree", hidden)
        last = self.get("nodes", fields="mfree", sort="-mfree").json()[-2:]
        self.assertEqual([row["mfree"] for row in last], [None, None])

    def test_a_cursor_of_another_list(self) -> None:
        link = self.get("instances", limit=1).headers["Link"]
        cursor = re.findall("after=([^>]+)", link)[0]
        for path in (f"nodes?after={cursor}", f"instances?sort=os&after={cursor}"):
            reply = self.api.request("GET", f"/2/{path}")
            self.assertEqual(reply.status, 400)
            self.assertIn("the cursor of a list of other objects", reply.json()["message"])

    def test_an_object_that_goes_and_one_that_comes_between_two_pages(self) -> None:
        pages = self.pages("instances", limit=3)
        names = [row["id"] for row in next(pages)]
        instances = self.api.daemon.cluster.instances
        gone = next(each for each in instances if each.name == names[-1])
        instances.remove(gone)
        names += [row["id"] for page in pages for row in page]
        self.assertEqual(len(names), len(set(names)))
        self.assertEqual(set(names), {each.name for each in [*instances, gone]})
