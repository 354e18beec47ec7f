"""How `rapi` runs and ends: servers and passwords, control-C, terminals, and what it says."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

import click
from click.testing import Result
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.client import errors
from ganeti_rapi.client.cli import connecting, running
from ganeti_rapi.client.cli import screen as screen_module
from ganeti_rapi.client.cli.main import NOT_WRITTEN
from ganeti_rapi.client.cli.profiles import Profile
from ganeti_rapi.client.cli.root import rapi
from ganeti_rapi.client.cli.screen import Screen, screen

from .cli_double import CommandCase, runner

CONFIG = """
[profiles.default]
url = "https://default"
user = "jack"
password_command = "printf 'sec''ret\\n'"

[profiles.ring]
url = "https://ring"
user = "jill"
keyring = true

[profiles.public]
url = "https://public"
insecure = true
"""


class ControlCTests(CommandCase):
    def test_control_c(self) -> None:
        self.line.hold_up("OP_CLUSTER_REDIST_CONF")
        before = len(self.line.requests)

        def interrupted() -> bool:  # in the middle of a long poll
            waits = [request for request in self.line.requests if "/wait" in request.uri]
            return len(waits) > 1

        self.patch(self.line, "run", lambda _, work: self.line.interrupt(work, interrupted))
        result = self.line.type("cluster redistribute-config")
        self.assertEqual(result.exit_code, 130, result.output)
        job_id = max(self.line.simulation.run(self.line.simulation.client.list_jobs()))
        self.assertEqual(
            result.stderr.splitlines()[-1],
            f"Error: interrupted; the job goes on; to see how: rapi jobs watch {job_id}",
        )
        self.assertGreater(len(self.line.requests), before)
        self.assertFalse(self.line.simulation.endpoint.pipes[0].connected, "the poll has ended")

    def test_control_c_while_reading(self) -> None:
        self.patch(self.line, "run", lambda _, work: self.line.interrupt(work))
        result = self.line.type("info")
        self.assertEqual((result.exit_code, result.stderr), (130, "Error: interrupted\n"))

    def test_control_c_while_submitting(self) -> None:
        self.patch(self.line, "run", lambda _, work: self.line.interrupt(work))
        result = self.line.type("cluster redistribute-config")
        self.assertEqual(result.exit_code, 130)
        self.assertIn("rapi jobs list shows whether", result.stderr)


class EndTests(CommandCase):
    def end(self, error: BaseException, line: str = "info") -> Result:
        def run(_: Profile, work: Any) -> Any:  # Any: as the session's
            work(self.line.simulation.client).close()
            raise error

        self.patch(self.line, "run", run)
        return self.line.type(line)

    def test_what_ends_it(self) -> None:
        for error, code, words in (
            (errors.JobFailed(1, "OpPrereqError", "no"), 1, "Job 1 failed: OpPrereqError: no"),
            (errors.JobCanceled(1, "", ""), 1, "Job 1 was canceled"),
            (errors.BadRequest(400, "no", "what"), 2, "no"),
            (errors.BadRequest(400, "Can&#x27;t find it"), 2, "Can't find it"),
            (errors.Unreachable("no way"), 3, "no way; is that the right --url"),
            (errors.ConnectionBroken("cut"), 3, "https or http?"),
            (errors.BadReply("odd"), 3, "odd; is that the right --url?"),
            (
                errors.TlsError("bad", "give a cafile"),
                3,
                "bad; trust it with --cafile FILE or --pinned",
            ),
            (errors.TlsError("bad", "", "abcd"), 3, "bad; its SHA-256 fingerprint is AB:CD; trust"),
            (errors.Unauthorized(401, "Unauthorized"), 4, "check the user (--user)"),
            (errors.Forbidden(403, "Forbidden"), 4, "users file"),
            (errors.NotFound(404, "none"), 5, "none; the command list"),
            (errors.ServerError(500, "bug"), 6, "bug"),
            (errors.ServerError(500, "Can&#x27;t find field named 'x'"), 2, "field named 'x'"),
            (errors.Unavailable(503, "busy"), 6, "busy; try again later"),
            (errors.FeatureMissing("too old"), 6, "too old"),
            (errors.RequestTimedOut("late"), 7, "late"),
            (errors.JobStillRunning(1, 5), 7, "not ended after 5 seconds"),
            (ValueError("odd url"), 2, "odd url"),
            (KeyboardInterrupt(), 130, "interrupted"),
        ):
            result = self.end(error)
            self.assertEqual((error, result.exit_code), (error, code))
            self.assertTrue(result.stderr.startswith("Error: "), result.stderr)
            self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
            self.assertIn(words, result.stderr)
            self.assertEqual(result.stdout, "")

    def test_a_server_that_goes_away_while_a_job_runs(self) -> None:
        result = self.end(errors.Unreachable("gone"), "jobs wait 12")
        self.assertIn("gone; the job goes on; to see how: rapi jobs watch 12", result.stderr)

    def test_a_job_that_is_not_there_does_not_go_on(self) -> None:
        result = self.end(errors.NotFound(404, "There is no job 12"), "jobs wait 12")
        self.assertIn("no job 12; the command list", result.stderr)


class TerminalTests(CommandCase):
    LINE = "instances stop web1.example.com"

    def on_a_terminal(self, line: str, width: int = 120) -> tuple[str, str]:
        """What a line shows on terminals for stdout and stderr."""
        out, err = io.StringIO(), io.StringIO()

        def terminal(stderr: bool = False) -> Screen:
            return Screen(err if stderr else out, True, True, width)

        self.patch(screen_module, "screen", terminal)
        self.type(line)
        return out.getvalue(), err.getvalue()

    def test_a_terminal_has_colour_and_a_line_that_passes(self) -> None:
        self.assertIn("\x1b[32mrunning", self.on_a_terminal("instances list")[0])
        shown = self.on_a_terminal(self.LINE)[1]
        self.assertRegex(shown, r"\x1b\[KJob \d+ running …\r\x1b\[K")
        self.assertRegex(shown, r"\x1b\[32mJob \d+ succeeded\x1b\[0m\n$")

    def test_how_far_several_jobs_are(self) -> None:
        shown = self.on_a_terminal("instances stop web1 web2 --yes")[1]
        self.assertIn("[#####     ] 1 of 2 …", shown)
        self.assertIn("\x1b[32m2 of 2 done", shown)

    def test_a_table_fits(self) -> None:
        for width in (20, 40, 80, 119):
            out, err = self.on_a_terminal("instances list", width)
            lines = [click.unstyle(line) for line in out.splitlines()]
            self.assertEqual(len(lines), 14)
            self.assertLessEqual(max(map(len, lines)), width)
            self.assertEqual(width < 119, "-o wide shows all" in err)

    def test_a_wide_table_is_not_cut(self) -> None:
        out, err = self.on_a_terminal("instances list -o wide", 40)
        self.assertIn("debootstrap+default", out)
        self.assertEqual(err, "")

    def test_a_person_is_told_how_to_follow_a_job(self) -> None:
        shown, _ = self.on_a_terminal("instances stop web1.example.com --submit")
        self.assertRegex(shown, r"^Job (\d+); to follow it: rapi jobs watch \1\n$")

    def test_a_pipe_has_none(self) -> None:
        for line in ("instances list", "instances show web1.example.com", self.LINE):
            self.assertNotIn("\x1b", self.type(line, color=True).output)

    def test_a_pipe_is_not_cut(self) -> None:
        _, *rows = self.type("query instance name,hvparams").stdout.splitlines()
        self.assertEqual(len(rows), 13)
        for row in rows:
            json.loads(row[row.index("{") :])

    def test_no_color(self) -> None:
        for variables, text in (
            ({}, "\x1b[32mx\x1b[0m\n"),
            ({"NO_COLOR": "1"}, "x\n"),
            ({"TERM": "dumb"}, "x\n"),
        ):
            terminal = Terminal()
            with (
                patch.dict(os.environ, {"TERM": "xterm", "NO_COLOR": "", **variables}),
                patch.object(sys, "stdout", terminal),
            ):
                screen().line("x", fg="green")
            self.assertEqual(terminal.getvalue(), text)


class Terminal(io.StringIO):
    """Text that goes to a terminal."""

    def isatty(self) -> bool:
        return True


class FeaturesOnly:
    """A client that can do no more than what `rapi features` asks."""

    async def get_features(self) -> list[str]:
        return []

    async def close(self) -> None:
        """There is nothing to close."""


class ServerTests(SynchronousTestCase):
    """Which server is asked, as whom, and with which password."""

    def setUp(self) -> None:
        self.config = Path(self.mktemp())
        self.config.write_text(CONFIG, encoding="utf-8")
        self.asked: list[tuple[Any, ...]] = []  # Any: parameters of a client
        self.patch(connecting, "ThreadClient", self.connect)

    def connect(self, *where: Any, **trust: Any) -> FeaturesOnly:  # Any: as above
        self.asked.append((*where, {key: value for key, value in trust.items() if value}))
        return FeaturesOnly()

    def type(self, *words: str, **settings: Any) -> Result:  # Any: of CliRunner.invoke
        variables = {f"RAPI_{name}": None for name in ("URL", "USER", "PASSWORD", "PROFILE")}
        behind = settings.pop("behind", [])
        env = {**variables, "RAPI_CONFIG": str(self.config), **settings.pop("env", {})}
        return runner().invoke(
            rapi, [*words, "features", *behind], obj=running.run_with_client, env=env, **settings
        )

    def asks(self, *words: str, **settings: Any) -> tuple[Any, ...]:  # Any: as above
        result = self.type(*words, **settings)
        self.assertEqual(result.exit_code, 0, result.output)
        return self.asked[-1]

    def fails(self, *words: str, **settings: Any) -> str:  # Any: as above
        result = self.type(*words, **settings)
        self.assertEqual(result.exit_code, 2, result.output)
        self.assertEqual(self.asked, [])
        self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
        return result.stderr

    def test_a_password_command(self) -> None:
        self.assertEqual(self.asks(), ("https://default", "jack", "secret", {}))

    def test_a_password_in_the_environment(self) -> None:
        self.assertEqual(self.asks(env={"RAPI_PASSWORD": "other"})[2], "other")

    def test_a_password_command_that_fails(self) -> None:
        text = CONFIG.replace("printf", "exit 3;")
        self.config.write_text(text, encoding="utf-8")
        self.assertIn("the profile's command ended with exit code 3", self.fails())

    def test_a_token_in_place_of_a_user(self) -> None:
        env = {"RAPI_TOKEN": "grapi_x", "RAPI_URL": "https://there"}
        expected = ("https://there", None, None, {"token": "grapi_x"})
        self.assertEqual(self.asks(env=env), expected)
        text = 'profiles.default = {url = "https://there", token_command = "printf grapi_y"}'
        self.config.write_text(text, encoding="utf-8")
        self.assertEqual(self.asks()[3], {"token": "grapi_y"})
        self.assertEqual(self.asks(env={"RAPI_TOKEN": "grapi_x"})[3], {"token": "grapi_x"})
        named = {"RAPI_USER": "joe", "RAPI_PASSWORD": "secret", "RAPI_TOKEN": "grapi_x"}
        self.assertEqual(self.asks(env=named)[1:], ("joe", "secret", {}))

    def test_the_keyring(self) -> None:
        self.put_in_the_ring({("https://ring", "jill"): "from the ring"})
        self.assertEqual(self.asks("--profile", "ring")[1:3], ("jill", "from the ring"))

    def test_nothing_in_the_keyring(self) -> None:
        self.put_in_the_ring({})
        words = self.fails("--profile", "ring")
        self.assertIn("not in the keyring: keyring set https://ring jill puts it there", words)

    def test_no_keyring(self) -> None:
        self.have_keyring(None)
        self.assertIn("pip install keyring", self.fails("--profile", "ring"))

    def put_in_the_ring(self, passwords: dict[tuple[str, str], str]) -> None:
        ring = ModuleType("keyring")
        ring.get_password = lambda *key: passwords.get(key)  # type: ignore[attr-defined]  # made here
        self.have_keyring(ring)

    def have_keyring(self, module: ModuleType | None) -> None:
        """Let it be imported, or with None fail to be."""
        patched = patch.dict(sys.modules, {"keyring": module})  # type: ignore[dict-item]  # None
        patched.start()
        self.addCleanup(patched.stop)

    def test_a_password_is_asked_for(self) -> None:
        self.patch(connecting, "_tty", lambda: True)
        result = self.type("--url", "https://there", "--user", "joe", input="hush\n")
        self.assertEqual(self.asked, [("https://there", "joe", "hush", {})])
        self.assertIn("Password of joe", result.stderr)
        self.assertNotIn("hush", result.output)

    def test_nobody_to_ask(self) -> None:
        words = self.fails("--url", "https://there", "--user", "joe")
        self.assertIn("no password for joe: set RAPI_PASSWORD", words)

    def test_without_a_user(self) -> None:
        self.assertEqual(
            self.asks("--profile", "public"), ("https://public", None, None, {"insecure": True})
        )

    def test_trust_of_the_options(self) -> None:
        trust = self.asks("--profile", "public", "--pinned", "ab" * 32)[-1]
        self.assertEqual(trust, {"pinned": "ab" * 32})

    def test_behind_the_command(self) -> None:
        behind = ["--url", "https://there", "--insecure"]
        self.assertEqual(
            self.asks(behind=behind), ("https://there", None, None, {"insecure": True})
        )
        self.assertEqual(self.asks(behind=["--profile", "public"])[0], "https://public")

    def test_behind_the_command_counts_before_ahead_of_it(self) -> None:
        self.assertEqual(
            self.asks("--url", "https://a", behind=["--url", "https://b"])[0], "https://b"
        )

    def test_the_environment(self) -> None:
        env = {"RAPI_URL": "https://there", "RAPI_INSECURE": "1"}
        self.assertEqual(self.asks(env=env), ("https://there", None, None, {"insecure": True}))
        env["RAPI_INSECURE"] = "0"
        self.assertEqual(self.asks(env=env), ("https://there", None, None, {}))

    def test_what_is_typed_counts_before_the_environment(self) -> None:
        env = {"RAPI_URL": "https://there", "RAPI_INSECURE": "1", "RAPI_USER": "joe"}
        profile = ("https://default", "jack", "secret", {})
        self.assertEqual(self.asks(env=env, behind=["--profile", "default"]), profile)
        pin = "ab" * 32
        self.assertEqual(
            self.asks("--pinned", pin, env={"RAPI_INSECURE": "1"})[-1], {"pinned": pin}
        )
        env = {"RAPI_PROFILE": "default"}
        self.assertEqual(self.asks("--url", "https://a", env=env), ("https://a", None, None, {}))

    def test_a_variable_that_is_neither_yes_nor_no(self) -> None:
        result = self.type(env={"RAPI_INSECURE": "perhaps"})
        self.assertEqual(result.exit_code, 2)
        self.assertIn("'perhaps' is not a valid boolean", result.stderr)

    def test_no_such_profile(self) -> None:
        words = self.fails("--profile", "nosuch")
        self.assertIn("no profile nosuch; known: default, ring, public", words)
        self.assertIn(str(self.config), words)

    def test_no_server(self) -> None:
        self.config.write_text("", encoding="utf-8")
        self.assertIn("Give --url, set RAPI_URL, or make a profile", self.fails())

    def test_a_bad_profile_breaks_no_other(self) -> None:
        self.config.write_text(CONFIG + '[profiles.bad]\npassword = "x"\n', encoding="utf-8")
        self.assertEqual(self.asks()[0], "https://default")
        self.asked.clear()
        self.assertIn("profile bad: use password_command", self.fails("--profile", "bad"))

    def test_a_host_alone(self) -> None:
        for host, url in (
            ("cluster", "https://cluster"),
            ("cluster:5081", "https://cluster:5081"),
            ("2001:db8::1", "https://[2001:db8::1]"),
            ("[::1]:5081", "https://[::1]:5081"),
        ):
            self.assertEqual(self.asks("--url", host)[0], url)

    def test_no_config_file(self) -> None:
        self.assertIn(
            "can't read it: No such file or directory; the config file is /nosuch/file",
            self.fails("--config", "/nosuch/file"),
        )


class ProgramTests(SynchronousTestCase):
    """The program as a process, where there is no server."""

    def start(self, line: bytes, stdout: Any = subprocess.PIPE, **variables: str) -> Any:
        # Any: a file; what subprocess gives
        program = "from ganeti_rapi.client.cli.main import main; main()"
        return subprocess.run(
            [sys.executable.encode(), b"-W", b"ignore", b"-c", program.encode(), *line.split()],
            stdout=stdout,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **variables},
        )

    def test_a_full_disk(self) -> None:
        if not Path("/dev/full").exists():
            self.skipTest("this system has no /dev/full")
        with open("/dev/full", "wb") as full:
            done = self.start(b"--help", full)
        self.assertEqual(
            (done.returncode, done.stderr),
            (NOT_WRITTEN, b"Error: can't write the output: No space left on device\n"),
        )

    def test_a_locale_that_lacks_characters(self) -> None:
        posix = {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
        done = self.start("--url größe:x info".encode(), **posix)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"ports are from 1 to 65535", done.stderr)

    def test_what_is_not_utf_8(self) -> None:
        done = self.start("--url größe info".encode("latin-1"))
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, rb"^Error: 'gr.*' is not UTF-8; [^\n]*\n$")


class LibraryTests(SynchronousTestCase):
    def test_without_the_libraries(self) -> None:
        code = (
            "import sys; sys.modules['click'] = None\n"
            "from ganeti_rapi.client.cli.main import main; main()"
        )
        root = Path(__file__).parent.parent
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, cwd=root
        )
        self.assertEqual(done.returncode, 1)
        self.assertIn("pip install 'ganeti-rapi[cli]'", done.stderr)
        self.assertNotIn("Traceback", done.stderr)
