"""The webhooks file: a webhook on each line.

    # name  URL                              options
    cmdb    https://cmdb.example.com/ganeti  secret=whsec_MfKQ9r8GKYqrTwjUPD8ILPZI kind=instance

What is quoted of a line is neither its URL nor its secret, since both may let others in.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from urllib.parse import unquote, urlsplit, urlunsplit

from attrs import define, field, frozen

from ganeti_rapi.api.handlers.events import Wanted
from ganeti_rapi.auth.users import Problem
from ganeti_rapi.jobstates import EVENT_KINDS

SECRET_PREFIX = "whsec_"

NATS_SCHEMES = ("nats", "tls")

SUBJECT = "ganeti"

SHORTEST_SECRET = 16
"""Bytes."""

OPTIONS = ("secret", "kind", "object", "tag", "ca", "creds", "jetstream")

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")

_USED_TWICE = "has the name of a line before, which counts no more"


@frozen
class Webhook:
    """Where events go. ``secret`` is what they are signed with, ``ca`` the path of a PEM file with
    the issuers to trust instead of the system's; ``wanted`` chooses them.

    Of a NATS server, ``creds`` is the path of a file with credentials, and ``jetstream`` says that
    a stream is to have taken each event.
    """

    name: str
    url: str = field(repr=False)
    secret: bytes = field(repr=False)
    wanted: Wanted
    ca: str = ""
    creds: str = ""
    jetstream: bool = False

    @property
    def is_nats(self) -> bool:
        """Whether it is a NATS server, and none of HTTP."""
        return urlsplit(self.url).scheme in NATS_SCHEMES

    @property
    def address(self) -> str:
        """The URL without its user, which is none of an HTTP request's."""
        parts = urlsplit(self.url)
        return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))

    @property
    def user(self) -> tuple[str, str] | None:
        """The name and password in the URL, for Basic authentication."""
        parts = urlsplit(self.url)
        if parts.username is None:
            return None
        return unquote(parts.username), unquote(parts.password or "")

    @property
    def server(self) -> str:
        """The URL of the NATS server."""
        return urlunsplit(urlsplit(self.url)._replace(path=""))

    @property
    def subject(self) -> str:
        """What subjects begin with on a NATS server."""
        return urlsplit(self.url).path.strip("/").replace("/", ".") or SUBJECT


@define
class WebhooksFile:
    """The webhooks that the file has now, by name."""

    webhooks: Mapping[str, Webhook] = field(factory=dict)


class _Ignored(Exception):
    """The line counts for nothing; the text says why."""


def parse(contents: bytes) -> tuple[dict[str, Webhook], Sequence[Problem]]:
    """The webhooks by name, and the problems in the order of their lines. Raises nothing."""
    webhooks: dict[str, Webhook] = {}
    problems: list[Problem] = []
    for number, line in enumerate(contents.splitlines(), start=1):
        try:
            webhook = _parse_line(line)
        except _Ignored as reason:
            problems.append(Problem(number, f"ignored, since {reason}"))
            continue
        if webhook is not None:
            if webhook.name in webhooks:
                problems.append(Problem(number, _USED_TWICE))
            webhooks[webhook.name] = webhook
    return webhooks, problems


def _parse_line(line: bytes) -> Webhook | None:
    try:
        words = line.decode("utf-8").split()
    except UnicodeDecodeError:
        raise _Ignored("it is not UTF-8") from None
    if not words or words[0].startswith("#"):
        return None
    name, url, options = words[0], words[1] if len(words) > 1 else "", _options(words[2:])
    if not _NAME.fullmatch(name):
        raise _Ignored("the name may have letters, digits and _.- only")
    nats = _check_url(url)
    for option in ("creds", "jetstream"):
        if option in options and not nats:
            raise _Ignored(f"{option}= is for URLs such as nats://host:4222/subject only")
    return Webhook(
        name,
        url,
        b"" if nats and "secret" not in options else _secret(options),
        _wanted(options),
        options.get("ca", ""),
        options.get("creds", ""),
        options.get("jetstream", "no") == "yes",
    )


def _options(words: Sequence[str]) -> Mapping[str, str]:
    options = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or key not in OPTIONS:
            raise _Ignored(f"it has an option that is none of {'=, '.join(OPTIONS)}=")
        options[key] = value
    return options


def _check_url(url: str) -> bool:
    """Whether it is that of a NATS server."""
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https", *NATS_SCHEMES)
        good = known and parts.hostname and (parts.port or 1) > 0
    except ValueError:
        good = None
    if not good:
        raise _Ignored("what follows the name is no URL such as https://host/path")
    return parts.scheme in NATS_SCHEMES


def _secret(options: Mapping[str, str]) -> bytes:
    text = options.get("secret", "")
    try:
        secret = base64.b64decode(text.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    if not text.startswith(SECRET_PREFIX) or len(secret) < SHORTEST_SECRET:
        raise _Ignored(
            f"it needs secret={SECRET_PREFIX} with {SHORTEST_SECRET} bytes or more in base64; "
            'make one with: echo "whsec_$(openssl rand -base64 24)"'
        )
    return secret


def _wanted(options: Mapping[str, str]) -> Wanted:
    kinds = _list(options, "kind") or frozenset(EVENT_KINDS)
    if unknown := sorted(kinds - set(EVENT_KINDS)):
        raise _Ignored(f"kind= is some of {','.join(EVENT_KINDS)}, and not {unknown[0]!r}")
    return Wanted(kinds, _list(options, "object"), _list(options, "tag"))


def _list(options: Mapping[str, str], name: str) -> frozenset[str]:
    return frozenset(options.get(name, "").split(",")) - {""}
