"""Which certificates the transport that blocks accepts: real handshakes, over pairs of sockets."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from typing import Any
from unittest.mock import patch

from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.client import TlsError, fingerprint
from ganeti_rapi.client.on_threads import ThreadClient, result_of
from ganeti_rapi.client.trust import authorities, policy, trusting

from .sockets_double import Near, reply
from .test_client_tls import ADDRESS, HOST, Identity, identity


class Server:
    """Shakes hands in a thread for each connection, and answers one request.

    ``heard`` is what it was sent.
    """

    def __init__(self, case: SynchronousTestCase, own: Identity) -> None:
        self.heard = b""
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(own.file())
        self._threads: list[threading.Thread] = []
        patched = patch("socket.create_connection", self._connect)
        patched.start()
        case.addCleanup(self._end)
        case.addCleanup(patched.stop)

    def _connect(self, *_: object) -> Near:
        near, far = socket.socketpair()
        thread = threading.Thread(target=self._serve, args=[far])
        self._threads.append(thread)
        thread.start()
        return Near(fileno=near.detach())

    def _serve(self, far: socket.socket) -> None:
        with contextlib.suppress(OSError), far:
            far.settimeout(10)
            with self._context.wrap_socket(far, server_side=True) as secured:
                self.heard += secured.recv(4096)
                secured.sendall(reply(2, 200, "Connection: close"))

    def _end(self) -> None:
        for thread in self._threads:
            thread.join()


class TrustTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.authority = identity("authority")
        self.signed = identity(HOST, self.authority)
        self.stranger = identity(HOST)
        self.cafile = self.authority.file()

    def ask(self, host: str, options: dict[str, Any]) -> int:  # Any: as a client takes them
        client = ThreadClient(f"https://{host}", "admin", "secret", retries=0, **options)
        return result_of(client.get_version())

    def accepts(self, own: Identity, host: str = HOST, **options: Any) -> None:  # Any: as above
        Server(self, own)
        self.assertEqual(self.ask(host, options), 2)

    def refuses(self, own: Identity, host: str = HOST, **options: Any) -> None:  # Any: as above
        server = Server(self, own)
        error = self.assertRaises(TlsError, self.ask, host, options)
        self.assertIn(f"https://{host}:5080 is not trusted", str(error))
        self.assertEqual(error.fingerprint, fingerprint(own.file()))
        self.assertEqual(server.heard, b"")

    def test_by_default_a_stranger_is_refused(self) -> None:
        self.refuses(self.stranger)
        self.refuses(self.signed)

    def test_authorities_of_a_file(self) -> None:
        self.accepts(self.signed, cafile=self.cafile)
        self.accepts(self.signed, ADDRESS, cafile=self.cafile)
        self.refuses(self.stranger, cafile=self.cafile)
        self.refuses(identity(HOST, self.authority, expired=True), cafile=self.cafile)

    def test_the_name_must_be_the_servers(self) -> None:
        self.refuses(self.signed, "other.example.com", cafile=self.cafile)
        self.refuses(self.signed, "192.0.2.11", cafile=self.cafile)
        nameless = identity(HOST, names=False)  # a name in the subject is no name of a server
        self.refuses(nameless, cafile=nameless.file())

    def test_a_pinned_certificate(self) -> None:
        digits = fingerprint(self.stranger.file())
        colons = ":".join(digits[i : i + 2] for i in range(0, 64, 2)).upper()
        for text in (digits, f"sha256 Fingerprint={colons}\n"):
            self.accepts(self.stranger, pinned=text)
            self.accepts(self.stranger, "other.example.com", pinned=text)
            self.refuses(self.signed, pinned=text)
            self.refuses(identity(HOST), pinned=text)

    def test_insecure_accepts_anybody(self) -> None:
        self.accepts(self.stranger, "other.example.com", insecure=True)

    def test_authorities_for_whichever_name(self) -> None:
        trust = trusting(authorities(self.cafile), names=False)
        self.accepts(self.signed, "other.example.com", trust=trust)
        self.refuses(self.stranger, trust=trust)

    def test_what_is_no_tls(self) -> None:
        near, far = socket.socketpair()
        self.addCleanup(far.close)
        far.sendall(b"SSH-2.0-OpenSSH\r\n")
        with patch("socket.create_connection", lambda *_: Near(fileno=near.detach())):
            error = self.assertRaises(TlsError, self.ask, HOST, {"insecure": True})
        self.assertIn(f"TLS with https://{HOST}:5080 failed", str(error))

    def test_only_one_can_be_given(self) -> None:
        for given in ({"cafile": "x", "insecure": True}, {"pinned": "00" * 32, "insecure": True}):
            self.assertRaises(ValueError, policy, **given)

    def test_a_file_that_cannot_be_used(self) -> None:
        self.assertRaises(TlsError, policy, cafile=self.mktemp())
