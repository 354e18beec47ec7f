"""TLS: the server's key and certificates, from PEM files that may change."""

from __future__ import annotations

import datetime
import re
import ssl
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from attrs import frozen
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import NameOID
from OpenSSL import SSL
from OpenSSL.crypto import X509, PKey
from twisted.internet.interfaces import IOpenSSLContextFactory
from twisted.internet.ssl import CertificateOptions, TLSVersion
from twisted.logger import Logger
from zope.interface import implementer

from ganeti_rapi.files.reading import Unreadable, read
from ganeti_rapi.files.watch import Unusable
from ganeti_rapi.web import expiry
from ganeti_rapi.web.resumption import share_sessions

if TYPE_CHECKING:  # older versions have it under another name
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


Contents = Mapping[str, bytes]
"""What the files hold, by path."""


class TlsError(Unusable):
    """The key or a certificate cannot be used; the message says which file and why."""


@frozen
class PemFiles:
    """Where the key and certificates are. One file may hold them all.

    ``client_ca`` has the certificates of those who may issue ones to clients.
    """

    certificate: str
    key: str
    chain: str | None = None
    client_ca: str | None = None

    @property
    def paths(self) -> Sequence[str]:
        """Each file once."""
        issuers = () if self.client_ca is None else (self.client_ca,)
        return tuple(dict.fromkeys((self.key, *self.of_certificates, *issuers)))

    @property
    def of_certificates(self) -> Sequence[str]:
        """The files whose certificates are served."""
        return tuple(dict.fromkeys((self.certificate, self.chain or self.certificate)))

    def read(self) -> Contents:
        """Raises `TlsError`."""
        try:
            return {path: read(path) for path in self.paths}
        except Unreadable as error:
            raise TlsError(
                f"{error}. Name your files with --ssl-cert and --ssl-key, or turn TLS off with "
                "--no-ssl"
            ) from None


def load(files: PemFiles, contents: Contents) -> CertificateOptions:
    """What a TLS server needs, for TLS 1.2 and newer. Raises `TlsError`.

    Of several certificates the one that belongs to the key is the server's; the others are its
    chain. Clients may resume their sessions, which saves both sides most of a handshake. With
    issuers of certificates to clients, a client may show one, and a wrong one ends the handshake.
    """
    key = _load_key(files.key, contents)
    certificates = [
        certificate
        for path in files.of_certificates
        for certificate in _load_certificates(path, contents)
    ]
    own = [certificate for certificate in certificates if _belongs(certificate, key)]
    if not own:
        raise TlsError(f"No certificate in {files.certificate} belongs to the key in {files.key}")
    chain = [X509.from_cryptography(other) for other in certificates if other is not own[0]]
    issuers = None
    if files.client_ca is not None:
        issuers = list(map(X509.from_cryptography, _load_certificates(files.client_ca, contents)))
    return CertificateOptions(
        privateKey=PKey.from_cryptography_key(key),  # type: ignore[arg-type]  # any key type works
        certificate=X509.from_cryptography(own[0]),
        extraCertChain=chain,
        raiseMinimumTo=TLSVersion.TLSv1_2,
        enableSessionTickets=True,
        verify=issuers is not None,
        caCerts=issuers,
        requireCertificate=False,
    )


def _load_key(path: str, contents: Contents) -> PrivateKeyTypes:
    try:
        return serialization.load_pem_private_key(contents[path], password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise TlsError(f"{path} holds no private key in PEM form without a password") from None


def _load_certificates(path: str, contents: Contents) -> list[x509.Certificate]:
    pems = _CERTIFICATE.findall(contents[path])
    try:
        certificates = [x509.load_pem_x509_certificate(pem) for pem in pems]
    except ValueError as error:
        raise TlsError(f"{path} holds a certificate that is damaged: {error}") from None
    if not certificates:
        raise TlsError(f"{path} holds no certificate in PEM form")
    return certificates


def _belongs(certificate: x509.Certificate, key: PrivateKeyTypes) -> bool:
    try:
        return _public_bytes(certificate.public_key()) == _public_bytes(key.public_key())
    except (ValueError, UnsupportedAlgorithm):  # a key of another kind than OpenSSL knows
        return False


def _public_bytes(key: object) -> bytes:
    encoding, form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(encoding, form)  # type: ignore[attr-defined,no-any-return]


def _utc_now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)


@implementer(IOpenSSLContextFactory)
class ReloadingContextFactory:
    """Gives each new connection the newest certificate; the `Holder` of its files.

    Raises `TlsError` when made of files that cannot be used; later on the last good ones stay.
    ``now`` gives the time of day, with its zone. ``certificate_end`` is when the first of the
    certificates expires, in seconds since the epoch. ``secret`` is the file with the key.

    Those with the same ``common_secret`` and files resume each other's sessions, where that can be.
    """

    log = Logger()

    def __init__(
        self,
        files: PemFiles,
        now: Callable[[], datetime.datetime] = _utc_now,
        common_secret: bytes = b"",
    ) -> None:
        self._files = files
        self._now = now
        self._common_secret = common_secret
        contents = files.read()
        self._context = self._make_context(contents)
        self.certificate_end = _end_of(files, contents)
        self.secret = contents[files.key]

    @property
    def paths(self) -> Sequence[str]:
        return self._files.paths

    def getContext(self) -> SSL.Context:
        """The context of a connection that starts now; twisted.internet.ssl calls this."""
        return self._context

    def _make_context(self, contents: Contents) -> SSL.Context:
        context = _context(self._files, contents)
        if self._common_secret:  # a session ends with the issuers that it was allowed by
            share_sessions(context, b"".join((self._common_secret, *contents.values())))
        return context

    def take(self, contents: Contents) -> None:
        self._context = self._make_context(contents)
        self.certificate_end = _end_of(self._files, contents)
        self.secret = contents[self._files.key]
        self.log.info("Using the TLS certificate in {path}", path=self._files.certificate)
        for path in self._files.of_certificates:
            certificates = _load_certificates(path, contents)
            for warning in expiry.warnings(path, certificates, self._now()):
                self.log.warn("{text}", text=warning)

    def keep(self, reason: str) -> None:
        self.log.error(
            "The old TLS certificate stays in use: {reason}. The files are tried again until they "
            "can be used.",
            reason=reason,
        )

    def lose(self, reason: str) -> None:
        self.keep(reason)


def _end_of(files: PemFiles, contents: Contents) -> float:
    return min(
        expiry.end_of(certificate).timestamp()
        for path in files.of_certificates
        for certificate in _load_certificates(path, contents)
    )


def _context(files: PemFiles, contents: Contents) -> SSL.Context:
    options = load(files, contents)
    try:
        context = options.getContext()
    except SSL.Error as error:
        reasons = ", ".join(reason for *_, reason in error.args[0])
        raise TlsError(
            f"OpenSSL refuses the certificate in {files.certificate}: {reasons}"
        ) from None
    # Renegotiation lets a client make the server work for nothing (CVE-2015-7944).
    context.set_options(ssl.OP_NO_RENEGOTIATION)
    if files.client_ca is not None:  # browsers ask their users for a certificate of one of these
        context.set_client_ca_list([issuer.get_subject() for issuer in options.caCerts or ()])
    return context


def names_of(certificate: X509 | None) -> tuple[str, ...]:
    """Whom a client's certificate may be of: its alternative names, and then its common name."""
    if certificate is None:
        return ()
    try:
        shown = certificate.to_cryptography()
        extension = shown.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        alternatives = [
            *extension.get_values_for_type(x509.RFC822Name),
            *extension.get_values_for_type(x509.DNSName),
            *extension.get_values_for_type(x509.UniformResourceIdentifier),
        ]
    except x509.ExtensionNotFound:
        alternatives = []
    except (
        ValueError
    ):  # an extension that is damaged, of a certificate that was signed all the same
        return ()
    common = shown.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return (*alternatives, *(str(name.value) for name in common))
