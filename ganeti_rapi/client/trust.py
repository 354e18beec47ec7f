"""Which servers a client trusts, by the standard library's TLS; for Twisted there is `tls`.

By default the certificate must be signed by an authority that the operating system trusts, and
must be for the name in the URL. Ganeti's own certificates are self-signed and bear no such name;
for them there is ``pinned``. Nothing is sent to a server that is refused.
"""

from __future__ import annotations

import hashlib
import re
import ssl
from pathlib import Path

from attrs import frozen

from ganeti_rapi.client.errors import TlsError


@frozen
class Trust:
    """How to shake hands, and the one fingerprint to accept, if there is one."""

    context: ssl.SSLContext
    pinned: str | None = None

    def accepts(self, certificate: bytes) -> bool:
        """Whether to go on with a server that has shown this certificate, in DER."""
        return self.pinned is None or sha256(certificate) == self.pinned


def policy(cafile: str | None = None, pinned: str | None = None, insecure: bool = False) -> Trust:
    """The trust for at most one of these; without any, the operating system's authorities count.

    They are as in `ganeti_rapi.client.tls.policy`. Raises `TlsError` for a file that cannot be
    used, and ValueError for what contradicts itself.
    """
    only_one(cafile, pinned, insecure)
    if pinned is not None:
        return Trust(_unchecked(), digits(pinned))
    if insecure:
        return Trust(_unchecked())
    return trusting(None if cafile is None else authorities(cafile))


def only_one(cafile: str | None, pinned: str | None, insecure: bool) -> None:
    """Raise ValueError if more than one of these is given."""
    if (cafile is not None) + (pinned is not None) + insecure > 1:
        raise ValueError("Give only one of cafile, pinned and insecure")


def trusting(trusted: bytes | None = None, *, names: bool = True) -> Trust:
    """Accepts what these authorities signed, for the host's name, or for any name.

    They are certificates as `authorities` returns them, or by default the operating system's.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = names
    # A name in a certificate's subject is no name of a server; source: RFC 9110, 4.3.4.
    context.hostname_checks_common_name = False
    if trusted is None:
        context.load_default_certs()
    else:
        context.load_verify_locations(cadata=trusted)
    return Trust(context)


def _unchecked() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def authorities(*paths: str) -> bytes:
    """The certificates in PEM files, as authorities to trust. Raises `TlsError`."""
    return b"".join(der for path in paths for der in certificates(path))


def fingerprint(path: str) -> str:
    """The fingerprint to pin: of the first certificate in a PEM file. Raises `TlsError`.

    ``openssl x509 -noout -fingerprint -sha256`` shows the same digits.
    """
    return sha256(certificates(path)[0])


_PEM = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


def certificates(path: str) -> list[bytes]:
    """The certificates in a PEM file, in DER. Raises `TlsError`."""
    try:
        text = Path(path).read_bytes().decode("latin-1")
        found = [ssl.PEM_cert_to_DER_cert(block) for block in _PEM.findall(text)]
        if found:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=b"".join(found))
    except ssl.SSLError:
        found = []
    except OSError as error:
        raise TlsError(f"Can't read {path}: {error.strerror}") from None
    except ValueError:
        found = []
    if not found:
        raise TlsError(f"{path} holds no certificate in PEM form")
    return found


def sha256(certificate: bytes) -> str:
    """The fingerprint of a certificate in DER."""
    return hashlib.sha256(certificate).hexdigest()


def digits(text: str) -> str:
    """The digits of a fingerprint, which may be in openssl's own line. Raises ValueError."""
    shown = re.sub(r"^sha256 fingerprint=", "", text.strip().lower())
    found = shown.replace(":", "")
    if len(found) != 64 or not set(found) <= set("0123456789abcdef"):
        what = "the 64 digits of its SHA-256 fingerprint"
        raise ValueError(f"A pinned certificate is given by {what}, not {text!r}")
    return found
