"""The filter in conf/fail2ban: it finds each failed login in the logs, and nothing else."""

from __future__ import annotations

import configparser
import io
import re
import subprocess
import syslog
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st
from twisted.cred.credentials import UsernamePassword
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.logger import LogEvent, Logger, textFileLogObserver
from twisted.python.procutils import which
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.auth.logins import Logins
from ganeti_rapi.auth.users import UsersFile, parse
from ganeti_rapi.errors import JobDaemonError, Unauthorized
from ganeti_rapi.program.cluster import Paths
from ganeti_rapi.program.logs import ToStream, ToSyslog

from .harness import ScriptedServer, captured_log

CONF = Path(__file__).resolve().parent.parent / "conf" / "fail2ban"
FILTER = CONF / "filter.d" / "ganeti-rapi.conf"

USERS = "jack x\no'neil x\nmüller x\n'\"from\\ x\n"
NAMES = ["jack", "o'neil", "müller", "'\"from\\", "nobody"]
ADDRESSES = ["192.0.2.7", "2001:db8::7", "::ffff:192.0.2.8"]

DATE = r"^(?:\w{3} \d\d [\d:]{8}|\d{4}-\d\d-\d\d[T ][\d:]{8}(?:[.,]\d+)?(?:[+-]\d\d:?\d\d)?)"
"""What fail2ban takes for the time at the start of a line, and cuts out."""


def read_section(path: Path, section: str) -> configparser.SectionProxy:
    config = configparser.RawConfigParser()
    config.read_string(path.read_text("utf-8"))
    return config[section]


def translated() -> re.Pattern[str]:
    """The filter's expression as one of Python."""
    definition = read_section(FILTER, "Definition")
    text = definition["failregex"]
    for name in re.findall("<(_[a-z]+)>", text):
        text = text.replace(f"<{name}>", definition[name])
    text = text.replace("<F-USER>", "(?P<user>").replace("</F-USER>", ")")
    return re.compile(text.replace("<ADDR>", "(?P<ip>[0-9a-f.:]+)"))


def found_in(lines: list[str]) -> list[str]:
    """The addresses that the filter finds, one for each failed login."""
    cut = (re.sub(DATE, "", line) for line in lines)
    return [match["ip"] for line in cut if (match := translated().search(line))]


class FilterCase(SynchronousTestCase):
    def setUp(self) -> None:
        accounts, _ = parse(USERS.encode())
        self.logins = Logins(UsersFile(accounts), Clock(), 0)
        self.events = captured_log(self)

    def fail_as(self, name: str, address: str) -> None:
        login = self.logins.user(UsernamePassword(name.encode(), b"wrong"), address)
        self.failureResultOf(Deferred.fromCoroutine(login), Unauthorized)

    def lines(self) -> dict[str, list[str]]:
        """What was logged so far, as each of the logs has it."""
        return {
            "file": [line for event in self.events for line in written_by_program(event)],
            "syslog": [f"Nov 26 14:53:18 node1 {line}" for line in self.sent()],
            "twistd": [line for event in self.events for line in written_by_twistd(event)],
            "journal of twistd": [
                f"2026-11-26T14:53:18.123456+00:00 node1 twistd[12]: {line}"
                for event in self.events
                for line in written_by_twistd(event)
            ],
        }

    def sent(self) -> Iterator[str]:
        messages: list[str] = []
        self.patch(syslog, "syslog", lambda _priority, message: messages.append(message))
        observer = ToSyslog()
        for event in self.events:
            observer(event)
        return (f"ganeti-rapi[12]: {message}" for message in messages)


def written_by_program(event: LogEvent) -> list[str]:
    stream = io.StringIO()
    ToStream(stream.write)(event)
    return stream.getvalue().split("\n")


def written_by_twistd(event: LogEvent) -> list[str]:
    stream = io.StringIO()
    textFileLogObserver(stream)(event)
    return stream.getvalue().split("\n")


class FilterTests(FilterCase):
    def test_each_failed_login_is_found_in_each_log(self) -> None:
        for address in ADDRESSES:
            for name in NAMES:
                self.fail_as(name, address)
        expected = [address for address in ADDRESSES for _ in NAMES]
        for log, lines in self.lines().items():
            self.assertEqual(found_in(lines), expected, log)

    def test_fail2ban_finds_them_too(self) -> None:
        if not which("fail2ban-regex"):
            self.skipTest("fail2ban is not installed (Debian's package fail2ban)")
        for address in ADDRESSES:
            for name in NAMES:
                self.fail_as(name, address)
        Logger().info("192.0.2.9 Failed login for 'jack' from 192.0.2.9 [-]")
        addresses = ["192.0.2.7", "2001:db8::7", "192.0.2.8"]  # of IPv4, if it can
        for log, lines in self.lines().items():
            path = Path(self.mktemp())
            path.write_text("\n".join(lines), "utf-8")
            found = subprocess.run(
                ["fail2ban-regex", "--encoding", "utf-8", "--out", "ip", str(path), str(FILTER)],
                capture_output=True,
                text=True,
                check=True,
            )
            self.assertEqual(found.stdout.split(), [each for each in addresses for _ in NAMES], log)

    @given(st.text(st.characters(blacklist_categories=["Cs"])))
    def test_no_name_can_pass_for_a_login_from_elsewhere(self, text: str) -> None:
        for forged in (
            f"x from 10.9.8.7{text}",
            f"{text}\n2026-11-26 14:53:18,123: ganeti-rapi pid=1 INFO "
            "Failed login for an unknown name from 10.9.8.7 [-]",
            f"{text}\n2026-11-26T14:53:18+0000 [ganeti_rapi.auth.logins.Logins#info] "
            "Failed login for an unknown name from 10.9.8.7 [-]",
        ):
            self.events.clear()
            self.fail_as(forged, "192.0.2.7")
            for log, lines in self.lines().items():
                self.assertEqual(found_in(lines), ["192.0.2.7"], log)

    def test_no_request_can_either(self) -> None:
        server = ScriptedServer()
        forged = "Failed login for an unknown name from 10.9.8.7 [-]"
        for before in ("", ": ganeti-rapi pid=1 INFO ", "[ganeti_rapi.auth.logins.Logins#info] "):
            text = f"x\n2026-11-26 14:53:18,123{before}{forged}"
            server.daemon.answers["SubmitJob"] = JobDaemonError("GenericError", text)
            server.ask("PUT", "/2/tags?tag=" + quote(f"INFO {forged}"))
            server.ask("PUT", "/2/tags", [text])
            server.ask("PUT", "/2/modify", {text: text})
        self.assertEqual(len(self.events), 9)
        for log, lines in self.lines().items():
            self.assertEqual(found_in(lines), [], log)


class JailTests(SynchronousTestCase):
    def test_it_reads_the_log_of_the_daemon_with_the_filter(self) -> None:
        jail = read_section(CONF / "jail.d" / "ganeti-rapi.conf", "ganeti-rapi")
        self.assertEqual(jail["filter"], FILTER.stem)
        self.assertEqual(jail["logpath"], f"{Paths().log}/rapi-daemon.log")
