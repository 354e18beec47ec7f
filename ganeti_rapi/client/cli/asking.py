"""Questions at the terminal, if there is one."""

from __future__ import annotations

import signal
import sys

import click

from ganeti_rapi.client.cli.failing import Failed


def confirm(question: str) -> None:
    """Ask at the terminal; anything but yes ends `rapi`, and so does a missing terminal."""
    agreed = False
    if is_terminal():
        # The reactor's handler would let control-C wait for the answer.
        handler = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            agreed = click.confirm(question, err=True)
        except click.Abort:
            click.echo(err=True)
        finally:
            signal.signal(signal.SIGINT, handler)
    if not agreed:
        raise Failed("nothing was done; --yes does it without asking", 2)


def is_terminal() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin.isatty()


def asked(what: str, default: str | None, instead: str, hidden: bool = False) -> str:
    """What is typed. Raises `Failed` without a terminal; ``instead`` says how to give it then."""
    if not is_terminal():
        raise Failed(f"no {what} and no terminal to ask at: give {instead}", 2)
    return str(click.prompt(what, default=default, hide_input=hidden, err=True))
