"""The entry point of `rapi`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run `rapi`, or say which libraries it lacks."""
    try:
        from ganeti_rapi.client.cli.root import rapi
    except ModuleNotFoundError as missing:
        if (missing.name or "").split(".")[0] not in ("click", "tomli"):
            raise
        sys.exit("rapi needs click: pip install 'ganeti-rapi[cli]'")
    rapi(prog_name="rapi")
