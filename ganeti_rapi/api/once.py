"""Writes that count once, however often they are sent: the header Idempotency-Key.

The mark of such a request stands in the reason trail of its job, so that luxid itself tells whether
there was one: also after a restart, or when the reply never came. It has neither the key nor what
was asked for, but digests of both; that of the request needs the key to be guessed at.

Source: the Internet-Draft "The Idempotency-Key HTTP Header Field".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any, Protocol

from attrs import frozen

from ganeti_rapi.api.arguments import WAIT
from ganeti_rapi.errors import BadRequest
from ganeti_rapi.jsontext import Json, dumps

SOURCE = "gnt:library:rapi:once"
"""The source of a mark's entry in a reason trail."""

HEADER = "Idempotency-Key"

CHARACTERS = "[A-Za-z0-9._:/+=-]"

_KEY = re.compile(f'"?({CHARACTERS}{{1,200}})"?')


@frozen
class Mark:
    """What a request with a key is known by.

    ``name`` stands for the key and its user, and ``request`` for what is asked.
    """

    name: str
    request: str

    def entry(self, nanoseconds: int) -> Json:
        """Its entry in a reason trail."""
        return [SOURCE, f"{self.name} {self.request}", nanoseconds]


def read_mark(key: str, who: str, *request: Json) -> Mark:
    """The mark of a user's request with this key. Raises `BadRequest` for what is no key."""
    found = _KEY.fullmatch(key.strip())
    if found is None:
        raise BadRequest(
            f"Invalid header {HEADER}: expected 1 to 200 letters, digits or any of . _ : / + = -"
        )
    secret = found[1].encode("ascii")
    name = blake2b(dumps([who, found[1]]), digest_size=12).hexdigest()
    key_of_digest = blake2b(secret, digest_size=32).digest()
    text = dumps([_ordered(each) for each in request])
    return Mark(name, blake2b(text, key=key_of_digest, digest_size=12).hexdigest())


def of_request(query: Mapping[str, Sequence[str]]) -> Json:
    """The arguments that say what a request asks for. How long it waits for that is none of it."""
    return {name: list(values) for name, values in query.items() if name != WAIT.name}


def _ordered(value: Any) -> Any:  # Any: JSON
    """The same with the keys of all objects in order."""
    if isinstance(value, dict):
        return {name: _ordered(value[name]) for name in sorted(value)}
    return [_ordered(item) for item in value] if isinstance(value, list) else value


def marks_of(opcodes: Iterable[Mapping[str, Any]]) -> set[Mark]:  # Any: JSON
    """The marks in the reason trails of a job's opcodes."""
    return {
        Mark(*words.split(" ", 1))
        for opcode in opcodes
        for source, words, _ in opcode.get("reason") or ()
        if source == SOURCE and " " in words
    }


Work = Callable[[], Coroutine[Any, Any, Any]]  # Any: what coroutines are made of, and their result


class Once(Protocol):
    """Lets the work of a marked request be done once.

    All raise `OtherRequest` when there was another request with the same key.
    """

    async def knows(self, mark: Mark) -> bool:
        """Whether the work was done already. Raises `LuxiError`."""

    async def submit(self, mark: Mark, work: Work) -> int:
        """The id of the job that the work submits, or has submitted. Raises what it raises."""

    async def reply(self, mark: Mark, work: Work) -> Any:  # Any: the work's result
        """The result of work that submits no job; this process remembers it for a while."""
