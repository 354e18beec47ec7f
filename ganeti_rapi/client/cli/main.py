"""The entry point of `rapi`."""

from __future__ import annotations

import errno
import os
import sys
from typing import Final, TextIO

NOT_WRITTEN: Final = 8
"""The exit code when what was to be printed could not be."""


def main() -> None:
    """Run `rapi`, or say in a sentence why that cannot be done."""
    try:
        from ganeti_rapi.client.cli.root import rapi
    except ModuleNotFoundError as missing:
        if (missing.name or "").split(".")[0] not in ("click", "tomli"):
            raise
        sys.exit("rapi needs click: pip install 'ganeti-rapi[cli]'")
    arguments = [_text(argument) for argument in sys.argv[1:]]
    for stream in (sys.stdout, sys.stderr):
        _let_write(stream)
    try:
        try:
            rapi(arguments, prog_name="rapi")
        finally:
            sys.stdout.flush()
    except OSError as error:
        _give_up(error)


def _text(argument: str) -> str:
    """An argument as UTF-8, whatever encoding the locale has."""
    try:
        return os.fsencode(argument).decode("utf-8")
    except UnicodeError:
        print(f"Error: {argument!a} is not UTF-8; type it in a UTF-8 locale", file=sys.stderr)
        sys.exit(2)


def _let_write(stream: TextIO) -> None:
    """Let characters that the locale does not have be written as question marks."""
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="replace")


def _give_up(error: OSError) -> None:
    # Else the interpreter would try to write again at its end.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if error.errno != errno.EPIPE:  # the reader, such as head, has seen enough
        print(f"Error: can't write the output: {error.strerror}", file=sys.stderr)
    sys.exit(NOT_WRITTEN)
