"""Which servers a client trusts: the policies that judge their certificates.

By default the certificate must be signed by an authority that the operating system trusts, and
must be for the name in the URL. Ganeti's own certificates are self-signed and bear no such name;
for them there is ``pinned``.

All is decided while the handshake goes on, so that nothing is sent to a server that is refused.
Twisted's own policy is not used, since it accepts a certificate without any names for every name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import frozen
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from OpenSSL import SSL
from OpenSSL.crypto import X509
from service_identity import CertificateError, VerificationError
from service_identity.pyopenssl import verify_hostname, verify_ip_address
from twisted.internet.abstract import isIPAddress, isIPv6Address
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from twisted.internet.ssl import (
    Certificate,
    CertificateOptions,
    platformTrust,
    trustRootFromCertificates,
)
from twisted.protocols.tls import TLSMemoryBIOProtocol
from twisted.web.iweb import IPolicyForHTTPS
from zope.interface import implementer

from ganeti_rapi.client.trust import certificates, digits, only_one, sha256

Judge = Callable[[X509, bool, str], bool]
"""Whether to accept a server, by its certificate, whether that is vouched for, and the host."""


def policy(cafile: str | None = None, pinned: str | None = None, insecure: bool = False) -> Policy:
    """The policy for at most one of these; without any, the operating system's authorities count.

    ``cafile`` is a PEM file with the certificates to trust; the server's name is checked as well.
    ``pinned`` is the SHA-256 fingerprint of the one certificate to accept, in hexadecimal with or
    without colons (see `ganeti_rapi.client.fingerprint`); names and authorities do not matter then.
    ``insecure`` accepts any certificate, so that anyone in between can read the password. Raises
    `TlsError` for a file that cannot be used, and ValueError for what contradicts itself.
    """
    only_one(cafile, pinned, insecure)
    if pinned is not None:
        return Policy(None, _is_the_one(digits(pinned)))
    if insecure:
        return Policy(None, lambda *_: True)
    return trusting(platformTrust() if cafile is None else authorities(cafile))


def trusting(trust: Any, *, names: bool = True) -> Policy:
    """Accepts what these authorities signed, for the host's name, or for any name."""
    # Any: as `authorities` returns it
    return Policy(trust, _vouched_for_this_host if names else _vouched_for)


def authorities(*paths: str) -> Any:  # Any: a trust root of Twisted's, whose type is private
    """The certificates in PEM files, as authorities to trust. Raises `TlsError`."""
    trusted = [
        Certificate(X509.from_cryptography(x509.load_der_x509_certificate(der)))
        for path in paths
        for der in certificates(path)
    ]
    return trustRootFromCertificates(trusted)


def _sha256(certificate: X509) -> str:
    return sha256(certificate.to_cryptography().public_bytes(Encoding.DER))


def _is_the_one(pinned: str) -> Judge:
    return lambda certificate, *_: _sha256(certificate) == pinned


def _vouched_for(_: X509, vouched: bool, __: str) -> bool:
    return vouched


def _vouched_for_this_host(certificate: X509, vouched: bool, host: str) -> bool:
    return vouched and _is_for(certificate, host)


@frozen
class _Shown:
    """A certificate as service_identity wants it: as a connection that has it."""

    certificate: X509

    def get_peer_certificate(self) -> X509:
        return self.certificate


def _is_for(certificate: X509, host: str) -> bool:
    verify = verify_ip_address if _is_address(host) else verify_hostname
    try:
        verify(_Shown(certificate), host)  # type: ignore[arg-type]  # all that it looks at
    except (VerificationError, CertificateError):
        return False
    return True


def _is_address(host: str) -> bool:
    return isIPAddress(host) or isIPv6Address(host)


@implementer(IPolicyForHTTPS)
class Policy:
    """Lets a judge decide. Without authorities to trust, no certificate is vouched for.

    ``refused`` is the fingerprint of the last certificate that was refused, for people to compare.
    """

    refused: str | None = None

    def __init__(self, trust: Any, judge: Judge) -> None:  # Any: as `authorities` returns it
        self._context = CertificateOptions(trustRoot=trust).getContext()
        self._needs_chain = trust is not None
        self._judge = judge

    def creatorForNetloc(self, hostname: bytes, port: int) -> IOpenSSLClientConnectionCreator:
        return _Creator(self._context, hostname.decode("ascii"), self._accepts)

    def _accepts(self, certificate: X509, depth: int, vouched: bool, host: str) -> bool:
        if depth > 0:  # an authority's certificate
            return vouched or not self._needs_chain
        accepted = self._judge(certificate, vouched, host)
        if not accepted:
            self.refused = _sha256(certificate)
        return accepted


@implementer(IOpenSSLClientConnectionCreator)
@frozen
class _Creator:
    """Makes connections to one host."""

    context: SSL.Context
    host: str
    accepts: Callable[[X509, int, bool, str], bool]

    def clientConnectionForTLS(self, tlsProtocol: TLSMemoryBIOProtocol) -> SSL.Connection:
        connection = SSL.Connection(self.context, None)
        if not _is_address(self.host):
            connection.set_tlsext_host_name(self.host.encode("ascii"))
        connection.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, self._verify)
        return connection

    def _verify(self, _: Any, certificate: X509, __: int, depth: int, vouched: int) -> bool:
        # Any: the connection
        return self.accepts(certificate, depth, bool(vouched), self.host)
