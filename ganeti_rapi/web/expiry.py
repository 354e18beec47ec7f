"""Says in time which certificates expire."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator

from cryptography import x509

WARNED_BEFORE = datetime.timedelta(days=30)
"""How long before its end a certificate is mentioned: as long as gnt-cluster verify does it."""

GANETIS_OWN = "/lib/ganeti/rapi.pem"
"""How the path of the file ends that Ganeti makes, whatever it was built or is rooted with."""


def warnings(
    path: str, certificates: Iterable[x509.Certificate], now: datetime.datetime
) -> Iterator[str]:
    """A sentence for every certificate of the file that expires soon or has expired."""
    for certificate in certificates:
        end = end_of(certificate)
        if end - now < WARNED_BEFORE:
            verb = "expires" if end > now else "expired"
            subject = certificate.subject.rfc4514_string()
            yield f"The certificate of {subject} in {path} {verb} on {end:%Y-%m-%d}. {_cure(path)}"


def end_of(certificate: x509.Certificate) -> datetime.datetime:
    """When a certificate expires."""
    if hasattr(certificate, "not_valid_after_utc"):
        return certificate.not_valid_after_utc
    # cryptography before version 42
    return certificate.not_valid_after.replace(tzinfo=datetime.timezone.utc)


def _cure(path: str) -> str:
    if path.endswith(GANETIS_OWN):
        return (
            "Make a new one with gnt-cluster renew-crypto --new-rapi-certificate, or install one "
            "of an authority with gnt-cluster renew-crypto --rapi-certificate FILE"
        )
    return "Put a new one into the file; it is used within a second"
