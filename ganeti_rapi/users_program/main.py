"""The command line of ``ganeti-rapi-users``."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from ganeti_rapi import __version__
from ganeti_rapi.users_program import tokens, users
from ganeti_rapi.users_program.editing import Refused

NAME = "ganeti-rapi-users"
USERS_FILE = "/var/lib/ganeti/rapi/users"
TOKENS_FILE = "/var/lib/ganeti/rapi/tokens"
FAILURE, INTERRUPTED = 1, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit status. For a wrong command line argparse ends it with 2."""
    options = parser().parse_args(arguments)
    try:
        options.run(options)
    except Refused as refused:
        return _failed(str(refused))
    except OSError as error:
        return _failed(f"{error.filename or 'the file'}: {error.strerror}")
    except (KeyboardInterrupt, EOFError):
        print(file=sys.stderr)
        return INTERRUPTED
    return 0


def _failed(text: str) -> int:
    print(f"{NAME}: {text}", file=sys.stderr)
    return FAILURE


def parser() -> ArgumentParser:
    """The command line."""
    top = ArgumentParser(
        NAME,
        description="Change who may use the remote API of a Ganeti cluster. A running daemon takes "
        "the changes within a second; gnt-cluster redist-conf copies the users file to the nodes.",
    )
    top.add_argument("--version", action="version", version=f"{NAME} {__version__}")
    for option, default in (("--users-file", USERS_FILE), ("--tokens-file", TOKENS_FILE)):
        top.add_argument(option, metavar="FILE", default=default, help="default: %(default)s")
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    _add_users(commands)
    token = commands.add_parser("token", help="API tokens: what programs log in with")
    _add_tokens(token.add_subparsers(metavar="COMMAND", required=True))
    return top


Commands = Any
"""Any: what argparse's add_subparsers returns has no public name."""


def _add_users(commands: Commands) -> None:
    add = _command(commands, "add", users.add, "add a user; the password is asked for")
    add.add_argument("name")
    _add_grant(add)
    _add_scheme(add)
    change = _command(commands, "set-password", users.set_password, "give a user another password")
    change.add_argument("name")
    _add_scheme(change)
    grant = _command(commands, "grant", users.grant, "say what a user may do, in place of before")
    grant.add_argument("name")
    grant.add_argument("options", help="roles and permissions, with commas; '' for none")
    _command(commands, "remove", users.remove, "remove a user").add_argument("name")
    _command(commands, "list", users.show, "show names, schemes and options")


def _add_tokens(commands: Commands) -> None:
    add = _command(commands, "add", tokens.add, "make a token and print it, this once")
    add.add_argument("name", help="logs call it token:NAME")
    _add_grant(add)
    end = add.add_mutually_exclusive_group()
    end.add_argument("--days", type=int, default=365, help="until it ends; default: %(default)s")
    end.add_argument("--until", metavar="DATE", help="its last day, 2027-12-31, or never")
    _command(commands, "list", tokens.show, "show names, last days and options")
    _command(commands, "revoke", tokens.revoke, "let a token count no more").add_argument("name")


def _command(commands: Commands, name: str, run: Any, words: str) -> ArgumentParser:
    # Any: a function of a Namespace, which set_defaults takes untyped
    command: ArgumentParser = commands.add_parser(name, help=words, description=f"{words}.")
    command.set_defaults(run=run)
    return command


def _add_grant(command: ArgumentParser) -> None:
    command.add_argument(
        "--grant", metavar="OPTIONS", default="", help="roles and permissions, with commas"
    )


def _add_scheme(command: ArgumentParser) -> None:
    command.add_argument(
        "--scheme",
        choices=users.SCHEMES,
        help="how to hash it, or pam; default: the best hash here",
    )


if __name__ == "__main__":
    sys.exit(main())
