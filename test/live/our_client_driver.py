"""Calls our blocking client as it is told: the counterpart of `ganeti_client_driver`, line by line.

Only the import differs from what a script for Ganeti's own client does.
"""

from __future__ import annotations

import json
import sys

from ganeti_rapi import client as rapi


def say(value: object) -> None:
    print(json.dumps(value), flush=True)


def main() -> None:
    client = rapi.GanetiRapiClient(*json.loads(sys.stdin.readline()))
    names = [name for name in dir(client) if not name.startswith("_")]
    say([rapi.__file__, names])
    for line in sys.stdin:
        name, arguments, keywords = json.loads(line)
        try:
            say([getattr(client, name)(*arguments, **keywords), None])
        except rapi.GanetiApiError as error:
            say([None, [error.code, str(error)]])


main()
