"""The commands for API tokens."""

from __future__ import annotations

import datetime
import sys
from argparse import Namespace

from ganeti_rapi.api.access import Rules
from ganeti_rapi.auth.tokens import NEVER, USER, hash_of, make_token, parse
from ganeti_rapi.users_program.editing import Refused, changing, lines_of, name_in
from ganeti_rapi.users_program.users import check_name, check_options


def add(options: Namespace) -> None:
    """Make a token and print it, this once."""
    check_name(options.name)
    check_options(options.grant)
    last_day = _last_day(options)
    with changing(options.tokens_file) as lines:
        if any(name_in(line) == options.name for line in lines):
            raise Refused(f"there is a token {options.name} already; revoke it first")
        token = make_token()
        fields = (options.name, f"sha256:{hash_of(token)}", last_day, options.grant)
        lines.append(" ".join(filter(None, fields)).encode("utf-8") + b"\n")
    print(token)


def _last_day(options: Namespace) -> str:
    if options.until == NEVER:
        return NEVER
    today = datetime.datetime.now(datetime.timezone.utc).date()
    try:
        if options.until is None:
            day = today + datetime.timedelta(days=options.days)
        else:
            day = datetime.date.fromisoformat(options.until)
    except (ValueError, OverflowError):
        raise Refused("the last day is a date such as 2027-12-31, or never") from None
    if day < today:
        raise Refused(f"{day} is over; the token would never count")
    return day.isoformat()


def show(options: Namespace) -> None:
    """List all tokens: name, last day and options."""
    lines = lines_of(options.tokens_file)
    for line in lines:
        fields = line.decode("utf-8", "replace").split(maxsplit=3) if name_in(line) else []
        if len(fields) >= 3:
            granted = fields[3].strip() if len(fields) > 3 else ""
            print(f"{fields[0]:<24} {fields[2]:<12} {granted}".rstrip())
    for problem in parse(b"".join(lines), Rules.GANETI_3_0)[1]:
        print(f"{options.tokens_file}, {problem}", file=sys.stderr)


def revoke(options: Namespace) -> None:
    """Let a token count no more."""
    name = options.name.removeprefix(USER)
    with changing(options.tokens_file) as lines:
        kept = [line for line in lines if name_in(line) != name]
        if len(kept) == len(lines):
            raise Refused(f"there is no token {name}; token list shows them all")
        lines[:] = kept
