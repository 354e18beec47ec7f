from __future__ import annotations

import base64
import contextlib
import datetime
import os
from collections.abc import Sequence
from pathlib import Path
from unittest import SkipTest

from attrs import evolve, frozen
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from OpenSSL import SSL, crypto
from twisted.internet.interfaces import IOpenSSLContextFactory
from twisted.internet.ssl import CertificateOptions
from twisted.internet.task import Clock
from twisted.logger import formatEvent
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from ganeti_rapi.files.watch import GRACE, Holder
from ganeti_rapi.listening import TlsFactory
from ganeti_rapi.web.resumption import share_sessions
from ganeti_rapi.web.site import RapiSite
from ganeti_rapi.web.tls import PemFiles, ReloadingContextFactory, TlsError, load

from .files_double import pass_time, watch
from .harness import (
    ADMIN,
    PEER,
    READER,
    ScriptedServer,
    TcpTransport,
    basic,
    captured_log,
    encode_request,
    parse_responses,
)

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


def make_identity(
    name: str,
    issuer: Identity | None = None,
    days: float = 365,
    alternatives: Sequence[x509.GeneralName] = (),
) -> Identity:
    """A new certificate, self-signed unless there is an issuer, that is valid for so many days."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 1000 * DAY)
        .not_valid_after(now + days * DAY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    )
    if alternatives:
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    return Identity(builder.sign(issuer.key if issuer else key, hashes.SHA256()), key)


def common_name(certificate: crypto.X509) -> str:
    """Whom a certificate is of."""
    return certificate.to_cryptography().subject.rfc4514_string().removeprefix("CN=")


ROOT = make_identity("root")
MIDDLE = make_identity("middle", ROOT)
SERVER = make_identity("server", MIDDLE)
OTHER = make_identity("other")


class Client:
    """A TLS client whose peer is a protocol in memory."""

    def __init__(self, context: SSL.Context, request: bytes = b"") -> None:
        self.connection = SSL.Connection(context, None)
        self.connection.set_connect_state()
        self._unsent = request
        self.bytes_received = 0

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
                self.bytes_received += len(incoming)
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


def shake_hands(client: SSL.Connection, server: SSL.Connection) -> None:
    """Let two ends of one connection agree. Raises `SSL.Error`."""
    for end, other in 3 * ((client, server), (server, client)):
        with contextlib.suppress(SSL.WantReadError):
            end.do_handshake()
            end.recv(1)  # where one has shaken hands already, this lets it hear of another try
        with contextlib.suppress(SSL.WantReadError):
            other.bio_write(end.bio_read(100_000))


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
        options = load(files, files.read())
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
        self.assertEqual(str(self.assertRaises(TlsError, self.names, files)), message)

    def test_files_that_cannot_be_read(self) -> None:
        good = self.write("good.pem", SERVER.key_pem, SERVER.cert_pem)
        missing, directory = str(self.directory / "missing"), str(self.directory)
        fifo = str(self.directory / "fifo")
        os.mkfifo(fifo)
        for bad, reason in (
            (missing, "No such file or directory"),
            (directory, "it is a directory and not a regular file"),
            (fifo, "it is a FIFO and not a regular file"),
        ):
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
        error = self.assertRaises(TlsError, self.names, PemFiles(cert, key))
        self.assertIn(f"{cert} holds a certificate that is damaged: ", str(error))

    def test_a_certificate_whose_kind_of_key_is_unknown(self) -> None:
        der = SERVER.certificate.public_bytes(serialization.Encoding.DER)
        elliptic, unknown = bytes.fromhex("06072a8648ce3d0201"), bytes.fromhex("06072a8648ce3d0209")
        certificate = base64.encodebytes(der.replace(elliptic, unknown)).decode()
        pem = f"-----BEGIN CERTIFICATE-----\n{certificate}-----END CERTIFICATE-----\n"
        cert, key = self.write("cert.pem", pem.encode()), self.write("key.pem", SERVER.key_pem)
        message = f"No certificate in {cert} belongs to the key in {key}"
        self.assert_unusable(PemFiles(cert, key), message)

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
        return TlsFactory(self.contexts, False, self.site)

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

    def test_sessions_are_resumed(self) -> None:
        """With both versions; then the server's certificate is not sent again."""
        for version in (SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION):
            factory, context = self.factory(), self.client_context()
            context.set_max_proto_version(version)
            first, again = (Client(context, REQUEST) for _ in range(2))
            first.talk_to(factory)
            session = first.connection.get_session()
            assert session is not None
            again.connection.set_session(session)
            self.assertTrue(again.talk_to(factory).endswith(b"2\n"))
            saved = first.bytes_received - again.bytes_received
            self.assertGreater(saved, len(SERVER.cert_pem) / 2)  # PEM is longer than what is sent

    def test_sessions_are_resumed_by_another_process(self) -> None:
        """By one with the same secret and the same files only."""
        if not share_sessions(self.contexts.getContext(), b"secret"):
            raise SkipTest("cryptography has an OpenSSL of its own, which cannot be asked for it")
        files = self.one_file(SERVER, MIDDLE)
        first, other, stranger = (
            ReloadingContextFactory(files, common_secret=secret) for secret in (b"a", b"a", b"b")
        )
        path = self.write("b", SERVER.key_pem, SERVER.cert_pem, MIDDLE.cert_pem, b"another")
        other_files = ReloadingContextFactory(PemFiles(path, path), common_secret=b"a")
        for version in (SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION):
            for contexts, resumed in ((other, True), (stranger, False), (other_files, False)):
                context = self.client_context()
                context.set_max_proto_version(version)
                one, again = (Client(context, REQUEST) for _ in range(2))
                self.contexts = first
                one.talk_to(self.factory())
                session = one.connection.get_session()
                assert session is not None
                again.connection.set_session(session)
                self.contexts = contexts
                self.assertTrue(again.talk_to(self.factory()).endswith(b"2\n"))
                saved = one.bytes_received - again.bytes_received
                self.assertEqual(saved > len(SERVER.cert_pem) / 2, resumed, (version, saved))

    def test_neither_side_may_renegotiate(self) -> None:
        context = self.client_context()
        context.set_max_proto_version(SSL.TLS1_2_VERSION)
        client = Client(context)
        server = SSL.Connection(self.contexts.getContext(), None)
        server.set_accept_state()
        shake_hands(client.connection, server)
        error = self.assertRaises(SSL.Error, server.renegotiate)
        self.assertIn("no renegotiation", str(error))
        client.connection.renegotiate()
        error = self.assertRaises(SSL.Error, shake_hands, client.connection, server)
        self.assertIn("no renegotiation", str(error))

    def test_new_connections_get_the_new_certificate(self) -> None:
        self.assertEqual(self.subject(), "server")
        files = self.one_file(OTHER)
        self.assertEqual(self.subject(), "server")
        self.contexts.take(files.read())
        self.assertEqual(self.subject(), "other")


CLIENTS = make_identity("who issues to clients")


class ClientCertificateTests(TlsCase):
    """Who logs in by a certificate, over a real TLS connection, in memory."""

    def setUp(self) -> None:
        super().setUp()
        self.server = ScriptedServer(login_delay=0)
        self.server.daemon.answers.update(SubmitJob=4711, QueryClusterInfo={})
        self.contexts = self.serve_with(CLIENTS)

    def serve_with(self, *issuers: Identity) -> ReloadingContextFactory:
        ca = self.write("ca.pem", *(issuer.cert_pem for issuer in issuers))
        files = self.one_file(SERVER, MIDDLE)
        return ReloadingContextFactory(evolve(files, client_ca=ca))

    def context(self, identity: Identity | None) -> SSL.Context:
        context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        if identity is not None:
            context.use_certificate(crypto.X509.from_cryptography(identity.certificate))
            context.use_privatekey(crypto.PKey.from_cryptography_key(identity.key))
        return context

    def ask(
        self, identity: Identity | None, uri: bytes = b"/2/tags?tag=t", user: str | None = None
    ) -> int:
        """The status of a write, or of what is asked."""
        client = Client(self.context(identity), self.request(uri, user))
        (response,) = parse_responses(self.talk(client))
        return response.status

    def request(self, uri: bytes, user: str | None = None) -> bytes:
        headers = {"Connection": "close", **({"Authorization": basic(user)} if user else {})}
        return encode_request(b"PUT" if b"tag" in uri else b"GET", uri, headers)

    def talk(self, client: Client) -> bytes:
        return client.talk_to(TlsFactory(self.contexts, False, self.server.site))

    def test_the_common_name_is_the_users(self) -> None:
        self.assertEqual(self.ask(make_identity("admin", CLIENTS)), 200)
        self.assertEqual(self.ask(make_identity("guest", CLIENTS)), 403)

    def test_an_alternative_name_comes_first(self) -> None:
        for alternative in (
            *(x509.RFC822Name("admin"), x509.DNSName("admin")),
            x509.UniformResourceIdentifier("admin"),
        ):
            both = make_identity("guest", CLIENTS, alternatives=[alternative])
            self.assertEqual(self.ask(both), 200, alternative)
        other = make_identity("admin", CLIENTS, alternatives=[x509.DNSName("a.example.com")])
        self.assertEqual(self.ask(other), 200)

    def test_a_name_that_nobody_has_is_as_none(self) -> None:
        nobody = make_identity("nobody", CLIENTS)
        self.assertEqual(self.ask(nobody), 401)
        self.assertEqual(self.ask(nobody, b"/2/info"), 200)

    def test_none_is_needed(self) -> None:
        self.assertEqual(self.ask(None), 401)
        self.assertEqual(self.ask(None, user=ADMIN), 200)

    def test_a_password_counts_before_it(self) -> None:
        admin = make_identity("admin", CLIENTS)
        self.assertEqual(self.ask(admin, user=READER), 403)
        self.assertEqual(self.ask(admin, user="admin:wrong"), 401)

    def test_others_are_not_let_in(self) -> None:
        for identity in (
            *(make_identity("admin"), make_identity("admin", OTHER), make_identity("admin", ROOT)),
            make_identity("admin", CLIENTS, days=-1),
        ):
            client = Client(self.context(identity), self.request(b"/version"))
            self.assertRaises(SSL.Error, self.talk, client)

    def test_without_the_option_nobody_is_asked_for_one(self) -> None:
        self.contexts = ReloadingContextFactory(self.one_file(SERVER, MIDDLE))
        self.assertEqual(self.ask(make_identity("admin", CLIENTS)), 401)

    def test_it_holds_for_resumed_sessions(self) -> None:
        for version in (SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION):
            context = self.context(make_identity("admin", CLIENTS))
            context.set_max_proto_version(version)
            first, again = (Client(context, self.request(b"/2/tags?tag=t")) for _ in range(2))
            self.talk(first)
            session = first.connection.get_session()
            assert session is not None
            again.connection.set_session(session)
            (response,) = parse_responses(self.talk(again))
            self.assertEqual(response.status, 200)

    def test_new_issuers_count_without_a_restart(self) -> None:
        admin = make_identity("admin", OTHER)
        path = self.contexts.paths[-1]
        contents = {each: Path(each).read_bytes() for each in self.contexts.paths}
        self.contexts.take({**contents, path: OTHER.cert_pem})
        self.assertEqual(self.ask(admin), 200)

    def test_a_file_without_issuers_is_refused(self) -> None:
        ca = self.write("ca.pem", b"nothing")
        files = evolve(self.one_file(SERVER, MIDDLE), client_ca=ca)
        error = self.assertRaises(TlsError, ReloadingContextFactory, files)
        self.assertIn("ca.pem holds no certificate", str(error))


class FollowingTests(TlsCase):
    """What is served is what the files hold, once they can be used."""

    def setUp(self) -> None:
        super().setUp()
        self.files = PemFiles(
            self.write("cert.pem", SERVER.cert_pem), self.write("key.pem", SERVER.key_pem)
        )
        self.contexts = ReloadingContextFactory(self.files)
        self.clock = Clock()
        watch(self, self.contexts, self.clock)
        self.events = captured_log(self)

    def news(self) -> list[str]:
        """What a second brings to the log."""
        pass_time(self.clock, 1)
        said = [formatEvent(event) for event in self.events]
        self.events.clear()
        return said

    def assert_kept(self, *reasons: str) -> None:
        before = self.contexts.getContext()
        said = [
            f"The old TLS certificate stays in use: {reason}. The files are tried again until "
            "they can be used."
            for reason in reasons
        ]
        self.assertEqual(self.news(), said)
        self.assertIs(self.contexts.getContext(), before)

    def assert_taken(self) -> None:
        before = self.contexts.getContext()
        self.assertEqual(self.news(), [f"Using the TLS certificate in {self.files.certificate}"])
        self.assertIsNot(self.contexts.getContext(), before)

    def test_interface(self) -> None:
        holder: Holder = self.contexts
        self.assertEqual(set(holder.paths), {self.files.certificate, self.files.key})

    def test_each_file_is_read_once(self) -> None:
        self.assertEqual(PemFiles("a", "a", "a").paths, ("a",))
        self.assertEqual(PemFiles("a", "b", "c").paths, ("b", "a", "c"))

    def test_a_certificate_and_its_key_that_come_one_after_the_other(self) -> None:
        self.assert_kept()
        self.write("cert.pem", OTHER.cert_pem)
        cert, key = self.files.certificate, self.files.key
        self.assert_kept(f"No certificate in {cert} belongs to the key in {key}")
        self.assert_kept()
        self.write("key.pem", OTHER.key_pem)
        self.assert_taken()
        self.assert_kept()

    def test_a_half_written_file(self) -> None:
        self.write("key.pem", SERVER.key_pem[:100])
        self.assert_kept(f"{self.files.key} holds no private key in PEM form without a password")
        self.write("key.pem", SERVER.key_pem)
        self.assert_taken()

    def test_a_file_that_is_gone_for_a_while(self) -> None:
        os.unlink(self.files.certificate)
        self.assert_kept()
        pass_time(self.clock, GRACE)
        self.assert_kept(f"Can't read {self.files.certificate}: No such file or directory")
        self.write("cert.pem", SERVER.cert_pem)
        self.assert_taken()


class ExpiryTests(TlsCase):
    def setUp(self) -> None:
        super().setUp()
        self.now = datetime.datetime.now(datetime.timezone.utc)
        self.clock = Clock()
        self.events = captured_log(self)

    def serve(self, files: PemFiles) -> ReloadingContextFactory:
        contexts = ReloadingContextFactory(files, lambda: self.now)
        watch(self, contexts, self.clock)
        return contexts

    def warnings(self) -> list[str]:
        said = [formatEvent(event) for event in self.events if event["log_level"].name == "warn"]
        self.events.clear()
        return said

    def pass_days(self, days: int) -> None:
        for _ in range(days):
            self.now += DAY
            self.clock.advance(DAY.total_seconds())
            pass_time(self.clock, 1)

    def test_nothing_is_said_before_the_last_thirty_days(self) -> None:
        self.serve(self.one_file(make_identity("server", days=31)))
        self.assertEqual(self.warnings(), [])

    def test_it_is_said_at_start_and_daily(self) -> None:
        files = self.one_file(make_identity("server", days=29.5))
        self.serve(files)
        end = f"{self.now + 29.5 * DAY:%Y-%m-%d}"
        said = (
            f"The certificate of CN=server in {files.certificate} expires on {end}. "
            "Put a new one into the file; it is used within a second"
        )
        self.assertEqual(self.warnings(), [said])
        pass_time(self.clock, 600)
        self.assertEqual(self.warnings(), [])
        self.pass_days(2)
        self.assertEqual(self.warnings(), [said] * 2)

    def test_a_certificate_whose_last_days_come_while_it_is_served(self) -> None:
        self.serve(self.one_file(make_identity("server", days=32.5)))
        self.pass_days(2)
        self.assertEqual(self.warnings(), [])
        self.pass_days(1)
        self.assertEqual(len(self.warnings()), 1)

    def test_a_certificate_that_has_expired(self) -> None:
        self.serve(self.one_file(make_identity("server", days=-1)))
        (said,) = self.warnings()
        self.assertIn(f" expired on {self.now - DAY:%Y-%m-%d}. ", said)

    def test_a_new_certificate_is_judged_when_it_comes(self) -> None:
        self.serve(self.one_file(make_identity("server", days=5)))
        self.assertEqual(len(self.warnings()), 1)
        self.one_file(make_identity("server", days=6))
        pass_time(self.clock, 1)
        (said,) = self.warnings()
        self.assertIn(f"expires on {self.now + 6 * DAY:%Y-%m-%d}", said)
        self.one_file(make_identity("server"))
        pass_time(self.clock, 1)
        self.pass_days(1)
        self.assertEqual(self.warnings(), [])

    def test_the_whole_chain_is_judged_and_the_right_file_named(self) -> None:
        root = make_identity("root", days=3)
        middle = make_identity("middle", root, days=2)
        server = make_identity("server", middle)
        files = PemFiles(
            self.write("server.pem", server.cert_pem, middle.cert_pem),
            self.write("key.pem", server.key_pem),
            self.write("chain.pem", root.cert_pem),
        )
        self.serve(files)
        beginnings = [said.partition(" expires")[0] for said in self.warnings()]
        self.assertEqual(
            beginnings,
            [
                f"The certificate of CN=middle in {files.certificate}",
                f"The certificate of CN=root in {files.chain}",
            ],
        )

    def test_what_to_do_about_the_file_that_ganeti_makes(self) -> None:
        (self.directory / "lib" / "ganeti").mkdir(parents=True)
        server = make_identity("server", days=1)
        path = self.write("lib/ganeti/rapi.pem", server.key_pem, server.cert_pem)
        self.serve(PemFiles(path, path))
        (said,) = self.warnings()
        self.assertIn("gnt-cluster renew-crypto --new-rapi-certificate", said)
