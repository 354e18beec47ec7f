"""The files of the console, as they are served."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import re
import runpy
import tarfile
from pathlib import Path
from unittest import mock

from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.testing import Reply
from ganeti_rapi.web.console import FILES, grow_console
from ganeti_rapi.web.routes import RouteNode

from .harness import ScriptedServer

ROOT = Path(__file__).parent.parent

MOST = 60 * 1024
"""Bytes, gzipped, that the whole console may take."""


class FilesTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.server = ScriptedServer(require_authentication=True)

    def get(self, path: str, **headers: str) -> Reply:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.server.ask("GET", path, user=None, headers=named)

    def test_the_page_needs_no_user(self) -> None:
        reply = self.get("/console/")
        self.assertEqual(reply.status, 200)
        self.assertEqual(reply.headers["content-type"], "text/html; charset=utf-8")
        self.assertEqual(reply.body, (FILES / "index.html").read_bytes())
        self.assertEqual(self.get("/console/index.html").body, reply.body)

    def test_the_policy(self) -> None:
        for path in (
            "/console/",
            "/console/app.js",
            "/console/style.css",
            "/console/pages/jobs.js",
        ):
            headers = self.get(path).headers
            policy = headers["content-security-policy"]
            self.assertIn("default-src 'none'", policy)
            self.assertIn("script-src 'self'", policy)
            self.assertNotIn("unsafe", policy)
            self.assertEqual(headers["x-content-type-options"], "nosniff")

    def test_nothing_is_inline(self) -> None:
        for path in FILES.rglob("*.html"):
            text = path.read_text()
            self.assertEqual(re.findall(r"<script(?![^>]*src)|<style|style=|\son\w+=", text), [])

    def test_a_proxy_may_serve_it_under_a_prefix(self) -> None:
        reply = self.get("/console")
        self.assertEqual((reply.status, reply.headers["location"]), (301, "console/"))
        for path in FILES.rglob("*.*"):
            if path.suffix != ".svg":
                absolute = re.findall(
                    r"""(?:href|src|from|import)[ =(]*["']/(?!/)""", path.read_text()
                )
                self.assertEqual(absolute, [], path.name)

    def test_what_is_loaded_is_there(self) -> None:
        page = (FILES / "index.html").read_text()
        for name in re.findall(r'(?:href|src)="([^"]+)"', page):
            self.assertEqual(self.get(f"/console/{name}").status, 200, name)
        for path in FILES.rglob("*.js"):
            for name in re.findall(r'from "(\.[^"]+)"', path.read_text()):
                self.assertTrue((path.parent / name).is_file(), f"{path.name}: {name}")

    def test_it_is_zipped_for_who_takes_that(self) -> None:
        reply = self.get("/console/app.js", Accept_Encoding="gzip")
        self.assertEqual(reply.headers["content-encoding"], "gzip")
        self.assertEqual(gzip.decompress(reply.body), (FILES / "app.js").read_bytes())

    def test_it_is_small(self) -> None:
        sizes = [
            len(self.get(f"/console/{path.relative_to(FILES)}", Accept_Encoding="gzip").body)
            for path in FILES.rglob("*.*")
        ]
        self.assertLess(sum(sizes), MOST)

    def test_what_the_browser_has_is_not_sent_again(self) -> None:
        etag = self.get("/console/app.js").headers["etag"]
        reply = self.get("/console/app.js", If_None_Match=etag)
        self.assertEqual((reply.status, reply.body), (304, b""))

    def test_nothing_else_is_there(self) -> None:
        for path in ("/console/none.js", "/console/../setup.py", "/console/%2e%2e/options.py"):
            self.assertEqual(self.get(path).status, 404, path)
        self.assertEqual(self.get("/console/pages").status, 404)

    def test_it_is_only_read(self) -> None:
        reply = self.server.ask("POST", "/console/", {}, user=None)
        self.assertEqual((reply.status, reply.headers["allow"]), (501, "GET, HEAD"))
        self.assertEqual(self.server.ask("HEAD", "/console/", user=None).body, b"")


class ViewerInWheelTests(SynchronousTestCase):
    """What setup.py takes out of the archive of noVNC."""

    def setUp(self) -> None:
        with mock.patch("setuptools.setup"):
            self.unpack = runpy.run_path(str(ROOT / "setup.py"))["unpack_viewer"]
        self.directory = Path(self.mktemp())
        file = io.BytesIO()
        with tarfile.open(fileobj=file, mode="w:gz") as archive:
            for name in ("core/rfb.js", "core/x.txt", "docs/LICENSE.txt", "../up.js", "vnc.html"):
                member = tarfile.TarInfo(f"package/{name}")
                member.size = 3
                archive.addfile(member, io.BytesIO(b"abc"))
        self.archive = file.getvalue()

    def test_scripts_and_the_licence(self) -> None:
        digest = hashlib.sha512(self.archive).digest()
        self.unpack(self.archive, self.directory, base64.b64encode(digest).decode())
        files = {str(path.relative_to(self.directory)) for path in self.directory.rglob("*.*")}
        self.assertEqual(files, {"core/rfb.js", "docs/LICENSE.txt"})

    def test_another_archive(self) -> None:
        self.assertRaises(SystemExit, self.unpack, self.archive, self.directory)
        self.assertFalse(self.directory.exists())


class ViewerTests(SynchronousTestCase):
    def test_novnc_is_served_where_it_is_installed(self) -> None:
        directory = Path(self.mktemp())
        (directory / "core").mkdir(parents=True)
        (directory / "core" / "rfb.js").write_text("export default 1;")
        (directory / "core" / "secret.txt").write_text("no")
        root = RouteNode(lambda _request, _resource: None)
        grow_console(root, lambda _answer: lambda _request, _resource: None, directory)
        core = root.grow("console").grow("novnc").grow("core")
        self.assertEqual(list(core.children), [b"rfb.js"])
