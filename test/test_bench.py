"""What the benchmarks' figures are made of: reports of wrk, goals, and the document's sections."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from .bench.document import with_section
from .bench.ratios import Comparison, Goal, at_least, at_most
from .bench.samples import Samples
from .bench.table import markdown, percentile
from .bench.wrk import parse

REPORT = """\
Running 2s test @ https://127.0.0.1:5081/version
  1 threads and 50 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency    53.93ms  125.44ms 914.90ms   90.97%
    Req/Sec     2.73k     1.71k    5.50k    56.10%
  Latency Distribution
     50%   14.88ms
     75%   16.34ms
     90%  129.03ms
     99%    1.20s
  1000 requests in 2.00s, 1.48MB read
"""
TROUBLE = """\
  Socket errors: connect 1, read 2, write 3, timeout 50
  Non-2xx or 3xx responses: 200
"""


class WrkTests(SynchronousTestCase):
    def test_a_report(self) -> None:
        load = parse(REPORT)
        self.assertEqual((load.rate, load.median, load.p99), (500, 0.01488, 1.2))
        self.assertEqual(load.errors, 0)

    def test_what_went_wrong(self) -> None:
        load = parse(REPORT + TROUBLE)
        self.assertEqual((load.broken, load.slow, load.refused), (6, 50, 200))
        self.assertEqual(load.rate, 400)

    def test_no_reply_at_all(self) -> None:
        self.assertEqual(parse("  0 requests in 2.00s, 0B read\n").median, 0)

    def test_no_report(self) -> None:
        self.assertRaises(ValueError, parse, "unable to connect to 127.0.0.1:5081")


class GoalTests(SynchronousTestCase):
    def verdict(self, goal: Goal, theirs: float | None, ours: float | None) -> str:
        return Comparison("name", "stock", theirs, ours, "/s", goal).verdict

    def test_of_a_ratio(self) -> None:
        self.assertEqual(self.verdict(at_least(40), 10, 400), "✓")
        self.assertEqual(self.verdict(at_least(40), 10, 300), "missed by 25%")
        self.assertEqual(self.verdict(at_most(0.2), 10, 2), "✓")
        self.assertEqual(self.verdict(at_most(0.2), 10, 3), "missed by 50%")

    def test_of_our_own_figure(self) -> None:
        self.assertEqual(self.verdict(at_most(60, "MiB"), 1, 55), "✓")
        self.assertEqual(self.verdict(at_most(60, "MiB"), 1000, 66), "missed by 10%")

    def test_what_was_not_measured(self) -> None:
        self.assertEqual(self.verdict(at_least(40), None, 400), "not measured")
        self.assertEqual(self.verdict(at_least(40), 10, None), "not measured")

    def test_cells(self) -> None:
        row = Comparison("reads", "stock", 25.04, 1713.2, "/s", at_least(40))
        self.assertEqual(
            row.cells(), ("reads", "stock", "25.0 /s", "1,713 /s", "68.4x", "≥ 40x", "✓")
        )


class SamplesTests(SynchronousTestCase):
    def test_figures(self) -> None:
        samples = Samples()
        for figure in (1, 2, 9):
            samples.add(figure, "rate", "ours")
        self.assertEqual(samples.median("rate", "ours"), 2)
        self.assertEqual(samples.total("rate", "ours"), 12)
        self.assertEqual((samples.median("rate", "stock"), samples.total("x")), (None, 0))

    def test_percentiles(self) -> None:
        values = list(range(1, 101))
        self.assertEqual([percentile(values, percent) for percent in (50, 99, 100)], [50, 99, 100])
        self.assertEqual(percentile([7], 99), 7)

    def test_a_table(self) -> None:
        self.assertEqual(
            markdown(("", "n"), [("a", "10"), ("bc", "1")]),
            "|    | n  |\n| -- | -- |\n| a  | 10 |\n| bc | 1  |",
        )


class DocumentTests(SynchronousTestCase):
    TEXT = "before\n<!-- x:begin -->\nold\n<!-- x:end -->\nafter\n"

    def test_a_section_is_replaced(self) -> None:
        self.assertEqual(with_section(self.TEXT, "x", "new"), self.TEXT.replace("old", "new"))

    def test_a_new_one_is_appended(self) -> None:
        text = with_section("before\n", "x", "new")
        self.assertEqual(text, "before\n\n<!-- x:begin -->\nnew\n<!-- x:end -->\n")

    def test_one_without_an_end(self) -> None:
        broken = self.TEXT.replace("<!-- x:end -->", "")
        self.assertRaises(ValueError, with_section, broken, "x", "new")
