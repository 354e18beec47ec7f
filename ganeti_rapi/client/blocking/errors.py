"""The errors of Ganeti's own client, and how ours become them."""

from __future__ import annotations

from ganeti_rapi.client import errors


class Error(Exception):
    """Anything that goes wrong in the blocking client."""


class GanetiApiError(Error):
    """A request failed.

    ``code`` is the HTTP status of the reply. Without a reply it is the number that curl has for
    what happened, since scripts compare with those; None when nothing was asked.
    """

    def __init__(self, msg: str, code: int | None = None) -> None:
        super().__init__(msg)
        self.code = code


class CertificateError(GanetiApiError):
    """The server's certificate is not trusted."""


# Source: libcurl's list of errors.
_COULD_NOT_CONNECT, _TIMED_OUT, _CERTIFICATE, _RECEIVE_ERROR = 7, 28, 60, 56

_CURL_CODES: dict[type[errors.RapiError], int] = {
    errors.Unreachable: _COULD_NOT_CONNECT,
    errors.RequestTimedOut: _TIMED_OUT,
    errors.TlsError: _CERTIFICATE,
    errors.ConnectionBroken: _RECEIVE_ERROR,
}


def as_api_error(error: errors.RapiError) -> GanetiApiError:
    """What a script is told of an error."""
    if isinstance(error, errors.HttpError):
        return GanetiApiError(str(error), error.code)
    kind = CertificateError if isinstance(error, errors.TlsError) else GanetiApiError
    return kind(str(error), _CURL_CODES.get(type(error)))
