from __future__ import annotations

import os
import socket
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.exits import CannotStart
from ganeti_rapi.options import Options
from ganeti_rapi.program import options
from ganeti_rapi.program.cluster import Node, Paths
from ganeti_rapi.program.options import ProgramOptions, first_address, parse

NODE = Node(Paths("/root/node1"), "node1")


class DefaultsTests(SynchronousTestCase):
    def test_they_are_the_stock_daemons(self) -> None:
        self.patch(socket, "getservbyname", lambda *_: 4711)
        options = parse([], NODE)
        data = "/root/node1/var/lib/ganeti"
        expected = {
            "port": 4711,
            "bind": "0.0.0.0",
            "ssl-cert": f"{data}/rapi.pem",
            "ssl-key": f"{data}/rapi.pem",
            "users-file": f"{data}/rapi/users",
            "luxi-socket": "/root/node1/var/run/ganeti/socket/ganeti-query",
            "syslog": "no",
            "log-level": "info",
            "foreground": 0,
            "debug": 0,
            "no-ssl": 0,
            "require-authentication": 0,
            "standby": 0,
        }
        self.assertEqual({name: options[name] for name in expected}, expected)

    def test_the_key_stays_ganetis_beside_another_certificate(self) -> None:
        """Unlike with twistd: a site may have a certificate of its own for Ganeti's key."""
        options = parse(["-C", "/etc/ssl/rapi.pem"], NODE)
        self.assertEqual(options["ssl-key"], "/root/node1/var/lib/ganeti/rapi.pem")

    def test_the_port_where_no_service_has_the_name(self) -> None:
        def unknown(*_: str) -> int:
            raise OSError("service/proto not found")

        self.patch(socket, "getservbyname", unknown)
        self.assertEqual(parse([], NODE)["port"], 5080)

    def test_an_ipv6_cluster(self) -> None:
        root = Path(self.mktemp()).absolute()
        data = root / "var/lib/ganeti"
        data.mkdir(parents=True)
        (data / "ssconf_primary_ip_family").write_text("10\n")
        self.assertEqual(parse([], Node(Paths(str(root)), "node1"))["bind"], "::")

    def test_the_help_shows_each_default_once(self) -> None:
        usage = ProgramOptions(NODE).getUsage(width=200)
        self.assertIn("[default: /root/node1/var/lib/ganeti/rapi/users]", usage)
        self.assertEqual([line for line in usage.splitlines() if line.count("[default") > 1], [])


class ParsingTests(SynchronousTestCase):
    def test_everything_that_the_stock_daemon_takes(self) -> None:
        options = parse(
            [
                *("-f", "-d", "--syslog=yes", "-p", "5081", "-b", "::1", "-K", "/k", "-C", "/c"),
                *("--no-ssl", "--max-clients=30", "--require-authentication", "--ssl-chain", "/h"),
            ],
            NODE,
        )
        names = ("port", "bind", "syslog", "ssl-key", "ssl-cert", "ssl-chain", "max-clients")
        self.assertEqual(
            [options[name] for name in names], [5081, "::1", "yes", "/k", "/c", "/h", 30]
        )
        for flag in ("foreground", "debug", "no-ssl", "require-authentication"):
            self.assertTrue(options[flag])

    def refused(self, *arguments: str) -> CannotStart:
        return self.assertRaises(CannotStart, parse, arguments, NODE)

    def test_wrong_options(self) -> None:
        for arguments, words in (
            (("--nonsense",), "--nonsense not recognized"),
            (("--port", "x"), "--port needs a whole number from 0 to 65535, not 'x'"),
            (("--syslog=maybe",), "--syslog is no, yes or only, not 'maybe'"),
            (
                ("--log-level=all",),
                "--log-level is debug, info, warning or error, not 'all'",
            ),
            (("--simulate",), "--simulate needs --foreground"),
        ):
            error = self.refused(*arguments)
            self.assertEqual(error.status, 2)
            self.assertIn(words, error.text)
            self.assertIn("ganeti-rapi --help lists the options", error.text)

    def test_arguments(self) -> None:
        self.assertEqual(self.refused("start").status, 1)

    def test_files_are_found_from_the_working_directory_of_a_daemon(self) -> None:
        self.assertEqual(parse(["-C", "my.pem"], NODE)["ssl-cert"], os.path.abspath("my.pem"))

    def test_a_worker_is_told_what_the_plugin_knows_and_no_more(self) -> None:
        options = parse(["-f", "-d", "--syslog=yes", "--workers=2", "--no-keep-alive"], NODE)
        worker = Options()
        worker.parseOptions(options.for_worker())
        for name in ("ssl-cert", "ssl-key", "users-file", "luxi-socket", "no-keep-alive"):
            self.assertEqual(worker[name], options[name])

    def test_a_standby_is_one_process(self) -> None:
        self.assertEqual(parse(["--standby", "--workers", "4"], NODE)["workers"], 1)


class InterfaceTests(SynchronousTestCase):
    def test_its_first_address(self) -> None:
        self.assertEqual(first_address("lo"), "127.0.0.1")
        self.assertEqual(parse(["-i", "lo"], NODE)["bind"], "127.0.0.1")

    def test_in_an_ipv6_cluster(self) -> None:
        table = Path(self.mktemp())
        table.write_text(
            "fe800000000000000000000000000001 03 40 20 80 eth0\n"
            "20010db8000000000000000000000005 02 40 00 80 eth1\n"
        )
        self.patch(options, "IPV6_ADDRESSES", str(table))
        self.assertEqual(first_address("eth1", ipv6=True), "2001:db8::5")
        self.assertRaises(CannotStart, first_address, "eth2", ipv6=True)

    def test_none(self) -> None:
        error = self.assertRaises(CannotStart, parse, ["-i", "nosuch0"], NODE)
        self.assertEqual(
            (error.status, error.text),
            (1, "The interface nosuch0 has no IPv4 address; ip address lists them all"),
        )

    def test_not_beside_an_address(self) -> None:
        error = self.assertRaises(CannotStart, parse, ["-i", "lo", "-b", "192.0.2.1"], NODE)
        self.assertEqual(error.text, "Give either --bind 192.0.2.1 or --interface lo, not both")
