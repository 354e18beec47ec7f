"""Which certificates a client accepts. The handshakes are real; the bytes are carried by hand."""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import tempfile
from pathlib import Path

from attrs import frozen
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from OpenSSL import SSL
from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.testing import StringTransport
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.iweb import IPolicyForHTTPS
from zope.interface.verify import verifyObject

from ganeti_rapi.client import TlsError, fingerprint
from ganeti_rapi.client.failures import translated
from ganeti_rapi.client.tls import authorities, policy, trusting

HOST, ADDRESS = "cluster.example.com", "192.0.2.10"
PEER = IPv4Address("TCP", ADDRESS, 5080)
BEGIN, END = "-----BEGIN CERTIFICATE-----\n", "\n-----END CERTIFICATE-----\n"
NOW = datetime.datetime.now(datetime.timezone.utc)
DAY = datetime.timedelta(days=1)


@frozen
class Identity:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    def file(self) -> str:
        """The path of a PEM file with both."""
        pem = serialization.Encoding.PEM
        form = serialization.PrivateFormat.PKCS8
        key = self.key.private_bytes(pem, form, serialization.NoEncryption())
        with tempfile.NamedTemporaryFile(dir=".", suffix=".pem", delete=False) as file:
            file.write(key + self.certificate.public_bytes(pem))
        return file.name


def identity(
    name: str, issuer: Identity | None = None, *, expired: bool = False, names: bool = True
) -> Identity:
    """A certificate for HOST and ADDRESS, or for no names; self-signed without an issuer."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - 3 * DAY)
        .not_valid_after(NOW - DAY if expired else NOW + DAY)
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    if names:
        hosts = [x509.DNSName(HOST), x509.IPAddress(ipaddress.ip_address(ADDRESS))]
        builder = builder.add_extension(x509.SubjectAlternativeName(hosts), critical=False)
    return Identity(builder.sign(issuer.key if issuer else key, hashes.SHA256()), key)


class Application(Protocol):
    """What runs over TLS; it is told when a handshake fails, and why."""

    reason: Failure | None = None

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.reason = reason


class Client:
    """A client's end, as Twisted runs it: bytes in, bytes out."""

    def __init__(self, trust: IPolicyForHTTPS, host: str) -> None:
        self.application = Application()
        factory = Factory.forProtocol(lambda: self.application)
        creator = trust.creatorForNetloc(host.encode("ascii"), 5080)
        self._tls = TLSMemoryBIOFactory(creator, True, factory).buildProtocol(PEER)
        self._transport = StringTransport()
        self._tls.makeConnection(self._transport)

    def exchange(self, data: bytes) -> bytes:
        """What it answers."""
        if data:
            self._tls.dataReceived(data)
        answer: bytes = self._transport.value()
        self._transport.clear()
        return answer

    def lose(self) -> None:
        self._tls.connectionLost(Failure(ConnectionDone()))


class Server:
    """A server's end with a certificate.

    ``names`` are those that it was asked for; ``done`` says that both ends are content.
    """

    def __init__(self, own: Identity) -> None:
        self.done = False
        self.names: list[bytes | None] = []
        context = SSL.Context(SSL.TLS_SERVER_METHOD)
        context.use_certificate_file(own.file())
        context.use_privatekey_file(own.file())
        context.set_tlsext_servername_callback(
            lambda connection: self.names.append(connection.get_servername())
        )
        self._connection = SSL.Connection(context, None)
        self._connection.set_accept_state()

    def exchange(self, data: bytes) -> bytes:
        """What it answers."""
        if data:
            self._connection.bio_write(data)
        with contextlib.suppress(SSL.Error):  # it wants more, or the client refused
            self._connection.do_handshake()
            self.done = True
        with contextlib.suppress(SSL.WantReadError):
            return self._connection.bio_read(65536)
        return b""


def handshake(trust: IPolicyForHTTPS, own: Identity, host: str = HOST) -> list[bytes | None]:
    """Shake hands with a server that has this certificate; the names that it was asked for.

    Raises `TlsError` if the client finds something wrong.
    """
    client, server = Client(trust, host), Server(own)
    data = b""
    for _ in range(4):
        data = server.exchange(client.exchange(data))
    client.lose()
    reason = client.application.reason
    assert reason is not None
    if not server.done:
        assert reason.value is not None
        raise translated(HOST, reason.value)
    return server.names


class PolicyTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.authority = identity("authority")
        self.signed = identity(HOST, self.authority)
        self.stranger = identity(HOST)
        self.cafile = self.authority.file()

    def accepts(self, trust: IPolicyForHTTPS, own: Identity, host: str = HOST) -> None:
        handshake(trust, own, host)

    def refuses(self, trust: IPolicyForHTTPS, own: Identity, host: str = HOST) -> None:
        error = self.assertRaises(TlsError, handshake, trust, own, host)
        self.assertIn("is not trusted", str(error))

    def test_by_default_a_stranger_is_refused(self) -> None:
        self.refuses(policy(), self.stranger)
        self.refuses(policy(), self.signed)

    def test_authorities_of_a_file(self) -> None:
        self.accepts(policy(cafile=self.cafile), self.signed)
        self.accepts(policy(cafile=self.cafile), self.signed, ADDRESS)
        self.refuses(policy(cafile=self.cafile), self.stranger)
        self.refuses(policy(cafile=self.cafile), identity(HOST, self.authority, expired=True))

    def test_the_name_must_be_the_servers(self) -> None:
        self.refuses(policy(cafile=self.cafile), self.signed, "other.example.com")
        self.refuses(policy(cafile=self.cafile), self.signed, "192.0.2.11")
        nameless = identity("ganeti.example.com", names=False)  # as Ganeti makes them
        self.refuses(policy(cafile=nameless.file()), nameless)

    def test_a_pinned_certificate(self) -> None:
        digits = fingerprint(self.stranger.file())
        colons = ":".join(digits[i : i + 2] for i in range(0, 64, 2)).upper()
        for text in (digits, colons, f"sha256 Fingerprint={colons}\n"):
            self.accepts(policy(pinned=text), self.stranger)
            self.accepts(policy(pinned=text), self.stranger, "other.example.com")
            self.refuses(policy(pinned=text), self.signed)
            self.refuses(policy(pinned=text), identity(HOST))

    def test_the_fingerprint_of_who_was_refused(self) -> None:
        for trust in (policy(), policy(pinned="00" * 32), policy(cafile=self.cafile)):
            self.assertIsNone(trust.refused)
            self.refuses(trust, self.stranger)
            self.assertEqual(trust.refused, fingerprint(self.stranger.file()))

    def test_insecure_accepts_anybody(self) -> None:
        self.accepts(policy(insecure=True), self.stranger)
        self.accepts(policy(insecure=True), self.signed, "other.example.com")

    def test_authorities_for_whichever_name(self) -> None:
        trust = trusting(authorities(self.cafile), names=False)
        self.accepts(trust, self.signed, "other.example.com")
        self.refuses(trust, self.stranger)

    def test_the_server_is_told_the_name_but_no_address(self) -> None:
        for trust in (policy(cafile=self.cafile), policy(insecure=True)):
            verifyObject(IPolicyForHTTPS, trust)
            self.assertEqual(handshake(trust, self.signed), [HOST.encode()])
            self.assertNotIn(ADDRESS.encode(), handshake(trust, self.signed, ADDRESS))


class ParameterTests(SynchronousTestCase):
    def test_only_one_can_be_given(self) -> None:
        for given in (
            {"cafile": "x", "pinned": "00" * 32},
            {"cafile": "x", "insecure": True},
            {"pinned": "00" * 32, "insecure": True},
        ):
            self.assertRaises(ValueError, policy, **given)

    def test_what_is_no_fingerprint(self) -> None:
        for text in ("", "00" * 31, "zz" * 32, "00" * 20):
            self.assertRaises(ValueError, policy, pinned=text)

    def test_files_that_cannot_be_used(self) -> None:
        nothing = self.mktemp()
        error = self.assertRaises(TlsError, policy, cafile=nothing)
        self.assertIn(nothing, str(error))
        for text in ("no certificate", BEGIN + "AAAA" + END):
            Path(nothing).write_text(text)
            self.assertRaises(TlsError, policy, cafile=nothing)
            self.assertRaises(TlsError, fingerprint, nothing)
