from __future__ import annotations

import os
import re
import syslog
from typing import Any

from twisted.internet.tcp import Port
from twisted.logger import ILogObserver, Logger, LogLevel
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from ganeti_rapi.exits import CannotStart
from ganeti_rapi.program.logs import ACCEPTING, Logs, ToStream, ToSyslog, from_level


class LogsTests(SynchronousTestCase):
    def logger(self, observer: ILogObserver) -> Logger:
        verifyObject(ILogObserver, observer)
        return Logger("a.module", observer=observer)

    def test_a_line_is_as_the_stock_daemons(self) -> None:
        lines: list[str] = []
        log = self.logger(ToStream(lines.append))
        log.info("Read {count} users", count=3)
        log.warn("Careful")
        first, second = lines
        stamp = r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}"
        self.assertRegex(first, stamp + rf": ganeti-rapi pid={os.getpid()} INFO Read 3 users\n$")
        self.assertTrue(re.search(r" WARNING Careful\n$", second))

    def test_a_failure_comes_with_its_traceback(self) -> None:
        lines: list[str] = []
        self.logger(ToStream(lines.append)).failure("Oops", Failure(ValueError("bad luck")))
        self.assertIn("CRITICAL Oops\n", lines[0])
        self.assertIn("ValueError: bad luck", lines[0])

    def test_levels_below_are_left_out(self) -> None:
        lines: list[str] = []
        log = self.logger(from_level(LogLevel.warn, ToStream(lines.append)))
        for level in ("debug", "info", "warn", "error"):
            getattr(log, level)(level)
        self.assertEqual([line.split()[-1] for line in lines], ["warn", "error"])

    def test_refused_connections_do_not_fill_the_log(self) -> None:
        lines: list[str] = []
        observer = from_level(LogLevel.info, ToStream(lines.append))

        def log(moment: float, level: Any = LogLevel.info, where: str = ACCEPTING) -> None:
            # Any: Twisted's constants have no types
            observer(
                {
                    "log_time": moment,
                    "log_level": level,
                    "log_namespace": where,
                    "log_format": "at {log_time}",
                }
            )

        for moment in (1000, 1001, 1059, 1060, 1061):
            log(moment)
        log(1062, level=LogLevel.error)
        log(1063, where="elsewhere")
        log(500)  # the clock was set back
        moments = [line.split()[-1] for line in lines]
        self.assertEqual(moments, ["1000", "1060", "1062", "1063", "500"])

    def test_where_twisted_logs_refusals(self) -> None:
        self.assertEqual(ACCEPTING, f"{Port.__module__}.{Port.__name__}")

    def test_syslog_gets_a_message_for_each_line(self) -> None:
        sent: list[tuple[int, str]] = []
        self.patch(syslog, "syslog", lambda *message: sent.append(message))
        self.logger(ToSyslog()).error("one\ntwo")
        self.assertEqual(sent, [(syslog.LOG_ERR, "ERROR one"), (syslog.LOG_ERR, "two")])

    def test_a_log_that_cannot_be_written(self) -> None:
        path = self.mktemp() + "/missing/rapi-daemon.log"
        error = self.assertRaises(CannotStart, Logs(path).begin)
        self.assertIn(f"Can't write the log {path}: No such file or directory", error.text)
