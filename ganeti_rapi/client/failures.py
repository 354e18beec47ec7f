"""From the failures of Twisted's HTTP client to the errors of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from OpenSSL import SSL
from service_identity import CertificateError, VerificationError
from twisted.internet.defer import CancelledError
from twisted.internet.error import ConnectError, ConnectingCancelledError, DNSLookupError

from ganeti_rapi.client.errors import ConnectionBroken, RapiError, TlsError, Unreachable


def translated(url: str, error: BaseException) -> Exception:
    """What a failed exchange with the server at ``url`` means; CancelledError stays itself."""
    causes = list(_causes(error))
    for kinds, meaning in _MEANINGS:
        for cause in causes:
            if isinstance(cause, kinds):
                return meaning(url, cause)
    if isinstance(error, ValueError):  # the host cannot be one, so that nothing was sent
        return _unreachable(url, error)
    return ConnectionBroken(
        f"The connection to {url} ended before the whole reply: {_words(causes[-1])}"
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and, where twisted.web wraps them, what it is made of."""
    yield error
    for reason in getattr(error, "reasons", ()):
        yield from _causes(reason.value)


def _words(cause: BaseException) -> str:
    return str(cause).rstrip(".") or type(cause).__name__


def _cancelled(_: str, __: BaseException) -> Exception:
    return CancelledError()


def _unreachable(url: str, cause: BaseException) -> RapiError:
    return Unreachable(f"Can't connect to {url}: {_words(cause)}")


def _tls_failed(url: str, cause: BaseException) -> RapiError:
    if isinstance(cause, SSL.Error) and "certificate verify failed" not in str(cause):
        return TlsError(f"TLS with {url} failed: {_words(cause)}")
    return TlsError(
        f"The certificate of {url} is not trusted",
        "give the file of its authority as cafile, or its fingerprint as pinned",
    )


_MEANINGS: tuple[tuple[tuple[type[BaseException], ...], Callable[..., Exception]], ...] = (
    ((CancelledError, ConnectingCancelledError), _cancelled),
    ((SSL.Error, VerificationError, CertificateError), _tls_failed),
    ((ConnectError, DNSLookupError), _unreachable),
)
"""Which cause decides what a failure means; the first that fits counts."""
