"""Calls Ganeti's own Python client as it is told, for `test_ganeti_client`.

A program for Debian's Python, which has the client and pycurl. It must be run isolated (-I), so
that nothing of this source tree is imported.

The first line in is the client's arguments: [host, port, user name, password]. The first line out
tells the module's file and the client's methods. Then each line in is a call, [method, arguments,
keywords], and each line out is [result, null] or [null, [status, message]].
"""

from __future__ import annotations

import json
import sys

import pycurl  # type: ignore[import-untyped, import-not-found, unused-ignore]  # Debian's
from ganeti.rapi import client as rapi  # type: ignore[import-not-found, unused-ignore]


def methods() -> list[str]:
    names = dir(rapi.GanetiRapiClient)
    return [
        name
        for name in names
        if not name.startswith("_") and callable(getattr(rapi.GanetiRapiClient, name))
    ]


def say(value: object) -> None:
    print(json.dumps(value), flush=True)


def main() -> None:
    pycurl.global_init(pycurl.GLOBAL_ALL)
    client = rapi.GanetiRapiClient(*json.loads(sys.stdin.readline()))
    say([rapi.__file__, methods()])
    for line in sys.stdin:
        name, arguments, keywords = json.loads(line)
        try:
            say([getattr(client, name)(*arguments, **keywords), None])
        except rapi.GanetiApiError as error:
            say([None, [error.code, str(error)]])


main()
