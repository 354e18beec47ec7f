from __future__ import annotations

import contextlib
import datetime
import os
from pathlib import Path

from attrs import frozen
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from OpenSSL import SSL, crypto
from twisted.internet.interfaces import IOpenSSLContextFactory
from twisted.internet.ssl import CertificateOptions
from twisted.internet.testing import StringTransport
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from ganeti_rapi.web.http import RapiSite
from ganeti_rapi.web.tls import PemFiles, ReloadingContextFactory, TlsError, load

from .harness import PEER, ScriptedServer, captured_log, encode_request, parse_responses

DAY = datetime.timedelta(days=1)
HINT = "Name your files with --ssl-cert and --ssl-key, or turn TLS off with --no-ssl"

REQUEST = encode_request(b"GET", b"/version", {"Connection": "close"})
"""Closing flushes what TLS would keep back to send it with more."""


@frozen
class Identity:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def cert_pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        return self.locked_key_pem(serialization.NoEncryption())

    def locked_key_pem(self, lock: serialization.KeySerializationEncryption) -> bytes:
        form = serialization.PrivateFormat.PKCS8
        return self.key.private_bytes(serialization.Encoding.PEM, form, lock)


def make_identity(name: str, issuer: Identity | None = None) -> Identity:
    """A new certificate, self-signed unless there is an issuer."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + DAY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    )
    return Identity(builder.sign(issuer.key if issuer else key, hashes.SHA256()), key)


def common_name(certificate: crypto.X509) -> str:
    """Whom a certificate is of."""
    return certificate.to_cryptography().subject.rfc4514_string().removeprefix("CN=")


ROOT = make_identity("root")
MIDDLE = make_identity("middle", ROOT)
SERVER = make_identity("server", MIDDLE)
OTHER = make_identity("other")


class TcpTransport(StringTransport):
    """What twisted.web expects of a transport that provides ITCPTransport."""

    def setTcpNoDelay(self, enabled: bool) -> None:
        """There is no delay."""


class Client:
    """A TLS client whose peer is a protocol in memory."""

    def __init__(self, context: SSL.Context, request: bytes = b"") -> None:
        self.connection = SSL.Connection(context, None)
        self.connection.set_connect_state()
        self._unsent = request

    def talk_to(self, factory: TLSMemoryBIOFactory) -> bytes:
        """Shake hands and send the request; what comes back. Raises `SSL.Error`."""
        transport = TcpTransport(peerAddress=PEER)
        server = factory.buildProtocol(PEER)
        assert server is not None
        server.makeConnection(transport)
        answer = self._go_on()
        while outgoing := self._outgoing():
            server.dataReceived(outgoing)
            if incoming := transport.value():
                transport.clear()
                self.connection.bio_write(incoming)
            answer += self._go_on()
        return answer

    def _go_on(self) -> bytes:
        received = b""
        with contextlib.suppress(SSL.WantReadError, SSL.ZeroReturnError):
            self.connection.do_handshake()  # does nothing once it is done
            if self._unsent:
                self.connection.send(self._unsent)
                self._unsent = b""
            while True:
                received += self.connection.recv(100_000)
        return received

    def _outgoing(self) -> bytes:
        with contextlib.suppress(SSL.WantReadError):
            return self.connection.bio_read(100_000)
        return b""


class TlsCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.directory = Path(self.mktemp())
        self.directory.mkdir()

    def write(self, name: str, *pems: bytes) -> str:
        path = self.directory / name
        path.write_bytes(b"".join(pems))
        return str(path)

    def one_file(self, identity: Identity, *chain: Identity) -> PemFiles:
        """Key, certificate and chain in one file, as Ganeti writes it."""
        path = self.write(
            "server.pem", identity.key_pem, identity.cert_pem, *(more.cert_pem for more in chain)
        )
        return PemFiles(path, path)


class LoadTests(TlsCase):
    def names(self, files: PemFiles) -> list[str]:
        """Whom the server's certificate and its chain are of."""
        options = load(files)
        assert options.certificate is not None
        shown = [options.certificate, *options.extraCertChain]
        return [common_name(certificate) for certificate in shown]

    def test_everything_in_one_file_in_any_order(self) -> None:
        key, server, middle = SERVER.key_pem, SERVER.cert_pem, MIDDLE.cert_pem
        for pems in (
            *((key, server), (server, key), (key, server, middle), (middle, server, key)),
            *((b"text before\n", server, b"text between\n", key, middle),),
        ):
            path = self.write("server.pem", *pems)
            expected = ["server", "middle"] if middle in pems else ["server"]
            self.assertEqual(self.names(PemFiles(path, path)), expected)

    def test_files_of_their_own(self) -> None:
        files = PemFiles(
            self.write("cert.pem", SERVER.cert_pem, MIDDLE.cert_pem),
            self.write("key.pem", SERVER.key_pem),
            self.write("chain.pem", ROOT.cert_pem),
        )
        self.assertEqual(self.names(files), ["server", "middle", "root"])

    def test_a_certificate_in_the_chain_file(self) -> None:
        key, cert = self.write("key.pem", SERVER.key_pem), self.write("cert.pem", MIDDLE.cert_pem)
        chain = self.write("chain.pem", SERVER.cert_pem)
        self.assertEqual(self.names(PemFiles(cert, key, chain)), ["server", "middle"])

    def assert_unusable(self, files: PemFiles, message: str) -> None:
        self.assertEqual(str(self.assertRaises(TlsError, load, files)), message)

    def test_files_that_cannot_be_read(self) -> None:
        good = self.write("good.pem", SERVER.key_pem, SERVER.cert_pem)
        missing, directory = str(self.directory / "missing"), str(self.directory)
        for bad, reason in ((missing, "No such file or directory"), (directory, "Is a directory")):
            for files in (PemFiles(bad, good), PemFiles(good, bad), PemFiles(good, good, bad)):
                self.assert_unusable(files, f"Can't read {bad}: {reason}. {HINT}")

    def test_files_that_hold_something_else(self) -> None:
        good = self.write("good.pem", SERVER.key_pem, SERVER.cert_pem)
        key_only, cert_only = (
            self.write("key.pem", SERVER.key_pem),
            self.write("cert.pem", SERVER.cert_pem),
        )
        no_key = "{} holds no private key in PEM form without a password"
        no_certificate = "{} holds no certificate in PEM form"
        self.assert_unusable(PemFiles(cert_only, cert_only), no_key.format(cert_only))
        self.assert_unusable(PemFiles(key_only, key_only), no_certificate.format(key_only))
        for text in (b"", b"nonsense", b"-----BEGIN PRIVATE KEY-----\n", b"\xff\x00"):
            bad = self.write("bad.pem", text)
            self.assert_unusable(PemFiles(good, bad), no_key.format(bad))
            self.assert_unusable(PemFiles(bad, good), no_certificate.format(bad))
            self.assert_unusable(PemFiles(good, good, bad), no_certificate.format(bad))

    def test_a_damaged_certificate(self) -> None:
        key = self.write("key.pem", SERVER.key_pem)
        cert = self.write("cert.pem", SERVER.cert_pem.replace(b"MII", b"MIJ"))
        error = self.assertRaises(TlsError, load, PemFiles(cert, key))
        self.assertIn(f"{cert} holds a certificate that is damaged: ", str(error))

    def test_a_key_with_a_password(self) -> None:
        lock = serialization.BestAvailableEncryption(b"hunter2")
        path = self.write("locked.pem", SERVER.locked_key_pem(lock), SERVER.cert_pem)
        message = f"{path} holds no private key in PEM form without a password"
        self.assert_unusable(PemFiles(path, path), message)

    def test_a_key_of_another_certificate(self) -> None:
        cert, key = self.write("cert.pem", SERVER.cert_pem), self.write("key.pem", OTHER.key_pem)
        message = f"No certificate in {cert} belongs to the key in {key}"
        self.assert_unusable(PemFiles(cert, key), message)

    def test_what_openssl_refuses(self) -> None:
        def refuse(_options: object) -> None:
            raise SSL.Error([("SSL routines", "", "ee key too small")])

        self.patch(CertificateOptions, "getContext", refuse)
        files = self.one_file(SERVER)
        error = self.assertRaises(TlsError, ReloadingContextFactory, files)
        self.assertEqual(
            str(error), f"OpenSSL refuses the certificate in {files.certificate}: ee key too small"
        )


class ServingTests(TlsCase):
    """A real TLS connection, in memory."""

    def setUp(self) -> None:
        super().setUp()
        self.site: RapiSite = ScriptedServer().site
        self.contexts = ReloadingContextFactory(self.one_file(SERVER, MIDDLE))

    def factory(self) -> TLSMemoryBIOFactory:
        return TLSMemoryBIOFactory(self.contexts, False, self.site)

    def client_context(self) -> SSL.Context:
        context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        store = context.get_cert_store()
        assert store is not None
        store.add_cert(crypto.X509.from_cryptography(ROOT.certificate))
        context.set_verify(SSL.VERIFY_PEER)
        return context

    def subject(self) -> str:
        """Whose certificate a new client sees."""
        client = Client(SSL.Context(SSL.TLS_CLIENT_METHOD))
        client.talk_to(self.factory())
        certificate = client.connection.get_peer_certificate()
        assert certificate is not None
        return common_name(certificate)

    def test_interface(self) -> None:
        verifyObject(IOpenSSLContextFactory, self.contexts)

    def test_a_request(self) -> None:
        client = Client(self.client_context(), REQUEST)
        answer = client.talk_to(self.factory())
        (response,) = parse_responses(answer)
        self.assertEqual((response.status, response.body), (200, b"2\n"))

    def test_alpn(self) -> None:
        context = self.client_context()
        context.set_alpn_protos([b"h2", b"http/1.1"])
        client = Client(context)
        client.talk_to(self.factory())
        self.assertEqual(client.connection.get_alpn_proto_negotiated(), b"http/1.1")

    def test_tls_1_2_is_spoken_and_nothing_older(self) -> None:
        for version, allowed in (
            *((SSL.TLS1_1_VERSION, False), (SSL.TLS1_VERSION, False)),
            *((SSL.TLS1_2_VERSION, True), (SSL.TLS1_3_VERSION, True)),
        ):
            context = self.client_context()
            context.set_cipher_list(b"ALL:@SECLEVEL=0")
            context.set_min_proto_version(version)
            context.set_max_proto_version(version)
            client = Client(context, REQUEST)
            if allowed:
                self.assertTrue(client.talk_to(self.factory()).endswith(b"2\n"))
            else:
                error = self.assertRaises(SSL.Error, client.talk_to, self.factory())
                self.assertIn("alert protocol version", str(error))

    def test_new_connections_get_the_new_certificate(self) -> None:
        self.assertEqual(self.subject(), "server")
        self.one_file(OTHER)
        self.assertEqual(self.subject(), "server")
        self.contexts.reload()
        self.assertEqual(self.subject(), "other")

    def test_a_change_is_noticed(self) -> None:
        before = self.contexts.getContext()
        self.contexts.reload_if_changed()
        self.assertIs(self.contexts.getContext(), before)
        self.one_file(OTHER)
        self.contexts.reload_if_changed()
        self.assertEqual(self.subject(), "other")

    def test_a_file_of_the_same_size_that_took_its_place_is_noticed(self) -> None:
        path = self.one_file(SERVER, MIDDLE).certificate
        self.contexts.reload()
        before, status = self.contexts.getContext(), os.stat(path)
        Path(path + ".new").write_bytes(Path(path).read_bytes())
        os.utime(path + ".new", ns=(status.st_atime_ns, status.st_mtime_ns))
        os.replace(path + ".new", path)
        self.contexts.reload_if_changed()
        self.assertIsNot(self.contexts.getContext(), before)


class BadReloadTests(TlsCase):
    def setUp(self) -> None:
        super().setUp()
        self.files = self.one_file(SERVER)
        self.contexts = ReloadingContextFactory(self.files)
        self.context = self.contexts.getContext()
        self.events = captured_log(self)

    def assert_kept(self, *errors: str) -> None:
        self.contexts.reload_if_changed()
        self.assertIs(self.contexts.getContext(), self.context)
        self.assertEqual([str(event["error"]) for event in self.events], list(errors))

    def test_the_old_certificate_stays_and_the_reason_is_logged_once(self) -> None:
        path = self.write("server.pem", b"half a fi")
        reason = f"{path} holds no private key in PEM form without a password"
        self.assert_kept(reason)
        self.assert_kept(reason)

    def test_a_file_that_is_gone(self) -> None:
        os.unlink(self.files.certificate)
        self.assert_kept(f"Can't read {self.files.certificate}: No such file or directory. {HINT}")
