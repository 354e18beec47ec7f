"""TLS sessions that go on with another process than they began with, by keys that both have.

OpenSSL makes the keys of session tickets for each context, and pyOpenSSL cannot set them. OpenSSL
itself can, where it is a library of the system's, as in Debian's packages. The wheels of
cryptography have it inside and call it by no name: there each process resumes its own sessions.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from hashlib import shake_256
from importlib.util import find_spec
from typing import Any

from cryptography.hazmat.bindings.openssl.binding import Binding
from OpenSSL import SSL

SET_TICKET_KEYS = 59
"""SSL_CTRL_SET_TLSEXT_TICKET_KEYS of openssl/ssl.h."""

BINDINGS = ("_openssl", "_rust")
"""Where cryptography calls OpenSSL, in its older and its newer versions."""


def share_sessions(context: SSL.Context, secret: bytes) -> bool:
    """Let all contexts with this secret resume each other's sessions, if OpenSSL can be asked to.

    Who has the secret can read what was said in sessions of TLS 1.2: it is as good as the key.
    """
    control = _control()
    if control is None:
        return False
    pointer = int(Binding.ffi.cast("uintptr_t", context._context))  # noqa: SLF001  # no public way
    length = control(pointer, SET_TICKET_KEYS, 0, None)
    if not control(pointer, SET_TICKET_KEYS, length, shake_256(secret).digest(length)):
        return False
    context.set_session_id(shake_256(secret + b"id").digest(16))
    return True


@cache
def _control() -> Callable[..., Any] | None:  # Any: what ctypes gives
    """SSL_CTX_ctrl of the very OpenSSL that pyOpenSSL uses, as cryptography is linked to it."""
    for name in BINDINGS:
        spec = find_spec(f"cryptography.hazmat.bindings.{name}")
        if spec is not None and spec.origin is not None:
            with suppress(OSError, AttributeError):
                function = ctypes.CDLL(spec.origin).SSL_CTX_ctrl
                function.argtypes = (ctypes.c_void_p, ctypes.c_int, ctypes.c_long, ctypes.c_char_p)
                function.restype = ctypes.c_long
                return function
    return None
