"""TLS: the server's key and certificates, read from PEM files and read again on request."""

from __future__ import annotations

import os
import re
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from OpenSSL import SSL
from OpenSSL.crypto import X509, PKey
from twisted.internet.interfaces import IOpenSSLContextFactory
from twisted.internet.ssl import CertificateOptions, TLSVersion
from twisted.logger import Logger
from zope.interface import implementer

if TYPE_CHECKING:  # older versions have it under another name
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


class TlsError(Exception):
    """The key or a certificate cannot be used; the message says which file and why."""


@frozen
class PemFiles:
    """Where the key and certificates are. One file may hold them all."""

    certificate: str
    key: str
    chain: str | None = None

    def stamp(self) -> tuple[tuple[int, int, int] | None, ...]:
        """Something that differs once a file was changed or replaced."""
        return tuple(_stamp(path) for path in (self.certificate, self.key, self.chain))


def _stamp(path: str | None) -> tuple[int, int, int] | None:
    try:
        status = os.stat(path) if path else None
    except OSError:
        return None
    return (status.st_mtime_ns, status.st_ino, status.st_size) if status else None


def load(files: PemFiles) -> CertificateOptions:
    """What a TLS server needs, for TLS 1.2 and newer. Raises `TlsError`.

    Of several certificates the one that belongs to the key is the server's; the others are its
    chain.
    """
    key = _load_key(files.key)
    certificates = _load_certificates(files.certificate)
    if files.chain:
        certificates += _load_certificates(files.chain)
    own = [certificate for certificate in certificates if _belongs(certificate, key)]
    if not own:
        raise TlsError(f"No certificate in {files.certificate} belongs to the key in {files.key}")
    chain = [X509.from_cryptography(other) for other in certificates if other is not own[0]]
    return CertificateOptions(
        privateKey=PKey.from_cryptography_key(key),  # type: ignore[arg-type]  # any key type works
        certificate=X509.from_cryptography(own[0]),
        extraCertChain=chain,
        raiseMinimumTo=TLSVersion.TLSv1_2,
    )


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise TlsError(
            f"Can't read {path}: {error.strerror}. Name your files with --ssl-cert and --ssl-key, "
            "or turn TLS off with --no-ssl"
        ) from None


def _load_key(path: str) -> PrivateKeyTypes:
    try:
        return serialization.load_pem_private_key(_read(path), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise TlsError(f"{path} holds no private key in PEM form without a password") from None


def _load_certificates(path: str) -> list[x509.Certificate]:
    try:
        certificates = [x509.load_pem_x509_certificate(pem) for pem in _pems(path)]
    except ValueError as error:
        raise TlsError(f"{path} holds a certificate that is damaged: {error}") from None
    if not certificates:
        raise TlsError(f"{path} holds no certificate in PEM form")
    return certificates


def _pems(path: str) -> list[bytes]:
    found: list[bytes] = _CERTIFICATE.findall(_read(path))
    return found


def _belongs(certificate: x509.Certificate, key: PrivateKeyTypes) -> bool:
    return _public_bytes(certificate.public_key()) == _public_bytes(key.public_key())


def _public_bytes(key: object) -> bytes:
    encoding, form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(encoding, form)  # type: ignore[attr-defined,no-any-return]


@implementer(IOpenSSLContextFactory)
class ReloadingContextFactory:
    """Gives each new connection the newest certificate.

    Raises `TlsError` when made of files that cannot be used; later on such files are logged and
    the last good ones stay.
    """

    log = Logger()

    def __init__(self, files: PemFiles) -> None:
        self._files = files
        self._stamp = files.stamp()
        self._context = _context(files)

    def getContext(self) -> SSL.Context:
        """The context of a connection that starts now; twisted.internet.ssl calls this."""
        return self._context

    def reload(self) -> None:
        """Read the files again."""
        self._stamp = self._files.stamp()
        try:
            self._context = _context(self._files)
        except TlsError as error:
            self.log.error("The old TLS certificate stays in use: {error}", error=error)
        else:
            self.log.info("Using the TLS certificate in {path}", path=self._files.certificate)

    def reload_if_changed(self) -> None:
        """Read the files again if one was changed or replaced since."""
        if self._files.stamp() != self._stamp:
            self.reload()


def _context(files: PemFiles) -> SSL.Context:
    options = load(files)
    try:
        context = options.getContext()
    except SSL.Error as error:
        reasons = ", ".join(reason for *_, reason in error.args[0])
        raise TlsError(
            f"OpenSSL refuses the certificate in {files.certificate}: {reasons}"
        ) from None
    # Renegotiation lets a client make the server work for nothing (CVE-2015-7944).
    context.set_options(ssl.OP_NO_RENEGOTIATION)
    return context
