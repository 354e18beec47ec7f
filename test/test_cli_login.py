"""`rapi login` and `rapi profiles`, and the file that they write."""

from __future__ import annotations

import doctest
import hashlib
import json
import os
import ssl
import sys
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

from click.testing import Result
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.client.cli import asking, certificates, failing, profiles
from ganeti_rapi.client.cli.configuring import (
    with_current,
    with_profile,
    without_profile,
    write_text,
)
from ganeti_rapi.client.cli.failing import Failed
from ganeti_rapi.client.cli.profiles import Profile, ProfileError, parse
from ganeti_rapi.client.cli.root import rapi

from .cli_double import CommandLine, runner

FILE = """# mine
current = "lab"

[profiles.default]
url = "https://cluster" # the large one
user = "jack"

[profiles.lab]
url = "https://lab"
user = "jack"
keyring = true
"""
PIN = "ab" * 32


class TextTests(SynchronousTestCase):
    def test_a_new_profile(self) -> None:
        profile = Profile(url="https://x", user='a"b', pinned=PIN, password="secret")
        text = with_profile(FILE, "new one", profile)
        self.assertTrue(text.startswith(FILE.rstrip()))
        table = parse(text).tables["new one"]
        self.assertEqual(table, {"url": "https://x", "user": 'a"b', "pinned": PIN})

    def test_a_profile_in_place_of_another(self) -> None:
        text = with_profile(FILE, "default", Profile(url="https://x"))
        self.assertEqual(parse(text).tables["default"], {"url": "https://x"})
        self.assertEqual(parse(text).tables["lab"], parse(FILE).tables["lab"])
        self.assertTrue(text.startswith("# mine\n"))

    def test_the_first_profile(self) -> None:
        text = with_profile("", "default", Profile(url="https://x"))
        self.assertEqual(text, '[profiles.default]\nurl = "https://x"\n')

    def test_without_one(self) -> None:
        self.assertEqual(list(parse(without_profile(FILE, "default")).tables), ["lab"])

    def test_one_that_is_written_in_another_way(self) -> None:
        text = 'profiles.lab = {url = "https://lab"}\n'
        self.assertRaises(ProfileError, without_profile, text, "lab")

    def test_the_current_one(self) -> None:
        for text in (FILE, FILE.replace('current = "lab"\n', ""), ""):
            changed = with_current(text, "default")
            self.assertEqual(parse(changed).current, "default")
            self.assertEqual(parse(changed).tables, parse(text).tables)

    def test_the_examples(self) -> None:
        for module in (failing, profiles):
            self.assertEqual(doctest.testmod(module).failed, 0)


class WritingTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.path = Path(self.mktemp()).absolute()

    def test_what_is_no_file_is_not_replaced(self) -> None:
        os.mkfifo(self.path)
        self.assertRaises(ProfileError, write_text, self.path, "x")
        self.assertTrue(self.path.is_fifo())

    def test_a_link_stays_one(self) -> None:
        link = Path(self.mktemp()).absolute()
        link.symlink_to(self.path)
        write_text(link, "x")
        self.assertTrue(link.is_symlink())
        self.assertEqual(self.path.read_text(), "x")

    def test_a_place_where_nothing_can_be(self) -> None:
        self.path.write_text("")
        error = self.assertRaises(ProfileError, write_text, self.path / "rapi.toml", "x")
        self.assertIn("can't write", str(error))


class FileCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.config = Path(self.mktemp()) / "new" / "rapi.toml"
        self.line = CommandLine()
        self.addCleanup(self.line.stop)
        self.tried: list[Profile] = []
        self.keyring: dict[tuple[str, str], str] | None = {}
        self.patch(certificates, "untrusted_fingerprint", lambda _: None)

    def run_(self, profile: Profile, work: Any) -> Any:  # Any: as the session's
        self.tried.append(profile)
        return self.line.run(profile, work)

    def type(self, *words: str, **settings: Any) -> Result:  # Any: of CliRunner.invoke
        names = ("URL", "USER", "PASSWORD", "PROFILE")
        variables = {f"RAPI_{name}": None for name in names}
        env = {**variables, "RAPI_CONFIG": str(self.config), **settings.pop("env", {})}
        with patch.dict(sys.modules, {"keyring": self.ring()}):
            run = lambda profile, work, **_: self.run_(profile, work)  # noqa: E731  # as the session's
            return runner().invoke(rapi, words, obj=run, env=env, **settings)

    def ring(self) -> Any:  # Any: a module, or None where there is none
        if self.keyring is None:
            return None
        ring: Any = ModuleType("keyring")  # Any: made here
        kept = self.keyring
        ring.get_password = lambda *key: kept.get(key)
        ring.set_password = lambda url, user, password: kept.update({(url, user): password})
        ring.delete_password = lambda *key: kept.pop(key)
        return ring

    def works(self, *words: str, **settings: Any) -> Result:  # Any: as above
        result = self.type(*words, **settings)
        self.assertEqual(result.exit_code, 0, result.output + result.stderr)
        return result

    def fails(self, code: int, *words: str, **settings: Any) -> str:  # Any: as above
        result = self.type(*words, **settings)
        self.assertEqual(result.exit_code, code, result.output + result.stderr)
        self.assertIsInstance(result.exception, SystemExit)
        return str(result.stderr)

    @property
    def tables(self) -> dict[str, Any]:
        return dict(parse(self.config.read_text(encoding="utf-8")).tables)


class LoginTests(FileCase):
    def test_all_is_given(self) -> None:
        line = ("login", "cluster", "--user", "jack", "--password-stdin", "--trust", PIN)
        self.works(*line, "--profile", "lab", input="secret\n")
        (tried,) = self.tried
        self.assertEqual((tried.url, tried.user), ("https://cluster:5080", "jack"))
        self.assertEqual((tried.password, tried.pinned), ("secret", PIN))
        table = {"url": "https://cluster:5080", "user": "jack", "pinned": PIN, "keyring": True}
        self.assertEqual(self.tables, {"lab": table})
        self.assertEqual(self.keyring, {("https://cluster:5080", "jack"): "secret"})
        self.assertEqual(self.config.stat().st_mode & 0o777, 0o600)

    def test_what_is_not_given_is_asked_for(self) -> None:
        self.patch(asking, "is_terminal", lambda: True)
        self.patch(certificates, "untrusted_fingerprint", lambda _: PIN)
        result = self.works("login", input="cluster\ny\njack\nsecret\n")
        self.assertIn("fingerprint of the server's certificate is AB:AB:", result.stderr)
        self.assertEqual(self.tables["default"]["pinned"], PIN)
        self.assertEqual(self.tried[0].password, "secret")
        self.assertNotIn("secret", result.stdout + result.stderr)

    def test_a_certificate_that_is_not_confirmed(self) -> None:
        self.patch(asking, "is_terminal", lambda: True)
        self.patch(certificates, "untrusted_fingerprint", lambda _: PIN)
        self.assertIn("nothing was written", self.fails(3, "login", "cluster", input="n\n"))
        self.assertFalse(self.config.exists())
        self.assertEqual(self.tried, [])

    def test_without_a_terminal(self) -> None:
        env = {"RAPI_PASSWORD": "x"}
        self.assertIn("give a URL", self.fails(2, "login", env=env))
        self.assertIn("give --user NAME", self.fails(2, "login", "cluster", env=env))
        words = self.fails(2, "login", "cluster", "--user", "jack")
        self.assertIn("give --password-stdin or RAPI_PASSWORD", words)
        self.patch(certificates, "untrusted_fingerprint", lambda _: PIN)
        words = self.fails(3, "login", "cluster", "--user", "jack", env=env)
        self.assertIn("give --trust FINGERPRINT", words)

    def test_without_a_keyring(self) -> None:
        self.keyring = None
        result = self.works("login", "cluster", "--user", "jack", env={"RAPI_PASSWORD": "x"})
        self.assertIn("rapi asks for it each time", result.stderr)
        self.assertEqual(self.tables["default"], {"url": "https://cluster:5080", "user": "jack"})

    def test_a_wrong_url(self) -> None:
        self.assertIn("Not a server's URL", self.fails(2, "login", "ftp://x"))

    def test_a_password_that_is_wrong_writes_nothing(self) -> None:
        def refuse(_: Profile, __: Any) -> Any:  # Any: as the session's
            raise failing.errors.Unauthorized(401, "Unauthorized")

        self.patch(self, "run_", refuse)
        self.fails(4, "login", "cluster", "--user", "jack", env={"RAPI_PASSWORD": "x"})
        self.assertFalse(self.config.exists())


class CertificateTests(SynchronousTestCase):
    def shown(self, *outcomes: Any) -> str | None:  # Any: a certificate or an error
        replies = list(outcomes)

        def certificate(*_: object) -> bytes:
            reply = replies.pop(0)
            if isinstance(reply, Exception):
                raise reply
            return bytes(reply)

        self.patch(certificates, "_certificate", certificate)
        return certificates.untrusted_fingerprint("https://cluster:5080")

    def test_one_that_the_system_trusts(self) -> None:
        self.assertIsNone(self.shown(b"x"))

    def test_one_that_it_does_not(self) -> None:
        shown = self.shown(ssl.SSLCertVerificationError("self-signed"), b"x")
        self.assertEqual(shown, hashlib.sha256(b"x").hexdigest())

    def test_no_server(self) -> None:
        for outcomes in ([ConnectionRefusedError("refused")], [ssl.SSLError("no"), OSError("cut")]):
            error = self.assertRaises(Failed, self.shown, *outcomes)
            self.assertIn("https://cluster:5080", error.message)
            self.assertEqual(error.exit_code, 3)


class ProfilesTests(FileCase):
    def setUp(self) -> None:
        super().setUp()
        self.config.parent.mkdir(parents=True)
        self.config.write_text(FILE, encoding="utf-8")

    def test_list(self) -> None:
        rows = json.loads(self.works("profiles", "list", "--json").stdout)
        shown = [(row["name"], row["current"], row["password"]) for row in rows]
        self.assertEqual(shown, [("default", False, "asked for"), ("lab", True, "keyring")])

    def test_the_current_one_counts(self) -> None:
        self.works("features", env={"RAPI_PASSWORD": "x"})
        self.assertEqual(self.tried[0].url, "https://lab")

    def test_use(self) -> None:
        self.works("profiles", "use", "default")
        self.assertEqual(parse(self.config.read_text()).current, "default")
        self.assertIn("no profile nosuch; known:", self.fails(2, "profiles", "use", "nosuch"))

    def test_remove(self) -> None:
        self.keyring = {("https://lab", "jack"): "secret"}
        self.works("profiles", "remove", "lab")
        self.assertEqual((list(self.tables), self.keyring), (["default"], {}))
        self.fails(2, "profiles", "remove", "lab")

    def test_a_file_that_cannot_be_used(self) -> None:
        self.config.write_text("[", encoding="utf-8")
        self.assertIn("not TOML", self.fails(2, "profiles", "list"))
        self.config.unlink()
        self.config.mkdir()
        self.assertIn("can't read", self.fails(2, "profiles", "use", "lab"))
