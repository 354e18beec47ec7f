from __future__ import annotations

import os

from twisted.python.usage import UsageError
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.options import Options, with_size

DEFAULTS = {
    # of the stock daemon
    "port": 5080,
    "bind": "127.0.0.1",
    "no-ssl": 0,
    "ssl-cert": "/var/lib/ganeti/rapi.pem",
    "ssl-key": "/var/lib/ganeti/rapi.pem",
    "ssl-chain": None,
    "client-ca": None,
    "require-authentication": 0,
    "access-rules": "3.0",
    # ours
    "max-clients": 0,
    "address-connections": 0,
    "user-requests": 10_000,
    "user-consoles": 20,
    "console-socket": None,
    "queue-directory": None,
    "events-directory": None,
    "webhooks-file": None,
    "users-file": "/var/lib/ganeti/rapi/users",
    "tokens-file": None,
    "luxi-socket": "/var/run/ganeti/socket/ganeti-query",
    "no-keep-alive": 0,
    "no-console": 0,
    "max-body-size": 10_485_760,
    "max-bodies": 64,
    "max-replies": 512,
    "handshake-timeout": 10,
    "head-timeout": 20,
    "body-timeout": 20,
    "body-rate": 500,
    "reply-timeout": 30,
    "reply-rate": 500,
    "idle-timeout": 30,
    "login-delay": 60,
    "luxi-connections": 16,
    "user-connections": 0,
    "luxi-timeout": 30,
    "wait-connections": 100,
    "drain-timeout": 25,
    "metrics-interval": 60,
    "metrics-endpoint": None,
    "pam-service": None,
    "workers": 1,
    "access-log": None,
    "access-log-format": "combined",
    "audit-log": None,
    "audit-required": 0,
    "control": None,
    "as": None,
    "state": None,
    "chaos": None,
}


def parse(*arguments: str) -> Options:
    options = Options()
    options.parseOptions(arguments)
    return options


class DefaultsTests(SynchronousTestCase):
    def test_defaults(self) -> None:
        options = parse()
        self.assertEqual({name: options[name] for name in DEFAULTS}, DEFAULTS)
        self.assertEqual((options.endpoints, options.simulated_size), ([], None))

    def test_none_is_missing_above(self) -> None:
        self.assertEqual(set(parse()), set(DEFAULTS))

    def test_two_parsers_share_nothing(self) -> None:
        parse("--endpoint", "tcp:1")
        self.assertEqual(parse().endpoints, [])


class ParsingTests(SynchronousTestCase):
    def test_short_names_are_the_stock_daemons(self) -> None:
        options = parse("-p", "5081", "-b", "::1", "-C", "/c.pem", "-K", "/k.pem")
        names = ("port", "bind", "ssl-cert", "ssl-key")
        self.assertEqual([options[name] for name in names], [5081, "::1", "/c.pem", "/k.pem"])

    def test_the_key_is_where_the_certificate_is(self) -> None:
        self.assertEqual(parse("--ssl-cert", "/c.pem")["ssl-key"], "/c.pem")

    def test_numbers(self) -> None:
        for name, text, value in (
            *(("port", "0", 0), ("port", "65535", 65535), ("max-clients", "0", 0)),
            *(("max-body-size", "1", 1), ("idle-timeout", "1", 1), ("luxi-connections", "4", 4)),
            *(("wait-connections", "1000", 1000), ("user-connections", "0", 0)),
            ("luxi-timeout", "60", 60),
            *(("login-delay", "0", 0), ("address-connections", "9", 9), ("user-requests", "0", 0)),
        ):
            self.assertEqual(parse(f"--{name}", text)[name], value)

    def test_what_is_no_number(self) -> None:
        for name, least, most in (
            *(("port", 0, 65535), ("max-clients", 0, 1_000_000), ("idle-timeout", 1, 1_000_000)),
            *(("max-body-size", 1, 2**31), ("luxi-connections", 1, 1_000_000)),
            *(("wait-connections", 1, 1_000_000), ("user-connections", 0, 1_000_000)),
            ("luxi-timeout", 1, 1_000_000),
            *(("login-delay", 0, 3600), ("user-requests", 0, 1_000_000)),
            ("address-connections", 0, 1_000_000),
        ):
            for text in ("x", "", "1.5", str(least - 1), str(most + 1), "9" * 5000):
                error = self.assertRaises(UsageError, parse, f"--{name}={text}")
                words = f"--{name} needs a whole number from {least} to {most}, not {text!r}"
                self.assertIn(words, str(error))

    def test_endpoints_add_up(self) -> None:
        options = parse("--endpoint", "tcp:1", "--endpoint=unix:/run/rapi.sock")
        self.assertEqual(options.endpoints, ["tcp:1", "unix:/run/rapi.sock"])

    def test_trusted_proxies_add_up(self) -> None:
        options = parse("--trusted-proxy", "192.0.2.0/24", "--trusted-proxy=unix")
        self.assertEqual(options.trusted_proxies, ["192.0.2.0/24", "unix"])

    def test_what_is_not_understood(self) -> None:
        for arguments, message in (
            (["--nosuch"], "option --nosuch not recognized"),
            (["--client-ca=ca", "--no-ssl"], "--client-ca needs TLS, which --no-ssl turns off"),
            (["--audit-required"], "--audit-required needs an --audit-log"),
            (
                ["--access-rules=3.1"],
                "Parameter type enforcement failed: --access-rules is 3.0 or 3.2, not '3.1'",
            ),
            (
                ["--trusted-proxy=proxy"],
                "--trusted-proxy: 'proxy' does not appear to be an IPv4 or IPv6 network; name an "
                "address, a network such as 192.0.2.0/24, or unix",
            ),
            (["extra"], "Unexpected argument: extra"),
            (["--port"], "option --port requires argument"),
        ):
            self.assertEqual(str(self.assertRaises(UsageError, parse, *arguments)), message)

    def test_help_names_every_option(self) -> None:
        text = str(Options())
        for name in (*DEFAULTS, "endpoint", "simulate"):
            self.assertIn(f"--{name}", text)


class SimulateTests(SynchronousTestCase):
    def test_a_file_is_like_a_size(self) -> None:
        for name in ("c.yaml", "c.yml", "c.json", "./c"):
            self.assertEqual(parse("--simulate", name).simulated_size, name)

    def test_what_is_for_simulated_clusters(self) -> None:
        for name, value in (("control", "tcp:0"), ("as", "3.1"), ("state", "x"), ("chaos", "0")):
            error = self.assertRaises(UsageError, parse, f"--{name}={value}")
            self.assertEqual(str(error), f"--{name} is for the cluster of --simulate")
        self.assertEqual(parse("--simulate", "--control", "tcp:0")["control"], "tcp:0")

    def test_how_a_simulated_cluster_misbehaves(self) -> None:
        self.assertEqual(parse("--simulate", "--chaos", "007")["chaos"], 7)
        for words, why in (
            (("--chaos", "x"), "--chaos needs a whole number, which the dice begin with, not 'x'"),
            (("--chaos", "1", "--workers", "2"), "--chaos needs a daemon of one process"),
            (("--as", "2.16"), "--as is 3.0, 3.1 or 3.2, not '2.16'"),
        ):
            error = self.assertRaises(UsageError, parse, "--simulate", *words)
            self.assertIn(why, str(error))

    def test_release_3_2_has_its_rules(self) -> None:
        self.assertEqual(parse("--simulate", "--as", "3.2")["access-rules"], "3.2")
        self.assertEqual(parse("--simulate", "--as", "3.1")["access-rules"], "3.0")
        given = parse("--simulate", "--as", "3.2", "--access-rules", "3.0")
        self.assertEqual(given["access-rules"], "3.0")

    def test_a_state_is_found_after_twistd_has_changed_the_directory(self) -> None:
        self.assertTrue(os.path.isabs(parse("--simulate", "--state", "kept")["state"]))

    def test_with_and_without_a_size(self) -> None:
        for arguments, size in (
            (["--simulate"], ""),
            (["--simulate", "nodes=5,jobs=7"], "nodes=5,jobs=7"),
            (["--simulate=nodes=5"], "nodes=5"),
            (["--simulate", "--port", "1"], ""),
            (["--port", "1", "--simulate"], ""),
            (["--simulate", "--no-ssl", "--endpoint=tcp:1"], ""),
        ):
            self.assertEqual(parse(*arguments).simulated_size, size, arguments)

    def test_what_follows_without_an_equals_sign_is_no_size(self) -> None:
        error = self.assertRaises(UsageError, parse, "--simulate", "big")
        self.assertEqual(str(error), "Unexpected argument: big")

    def test_other_options_stay_as_they_are(self) -> None:
        options = ["--port", "1", "--endpoint=unix:a=b", "--no-ssl", "a=b"]
        self.assertEqual(with_size(options), options)
        self.assertEqual(with_size(["--simulate", "a=b", "c=d"]), ["--simulate=a=b", "c=d"])
