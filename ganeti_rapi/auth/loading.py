"""From the users file's bytes to the accounts in memory, and to the log what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from twisted.logger import Logger

from ganeti_rapi.api.access import Rules
from ganeti_rapi.auth.users import UsersFile, parse

SHOWN = 20
"""Problems of the file that are logged one by one, since it may be no users file at all."""


class UsersLoader:
    """A `Holder` that fills ``users`` from the file of that path.

    While the file cannot be read, the users read before stay valid: a file that is being replaced
    locks no user out. While there is no file, there are no users.
    """

    _log = Logger()

    def __init__(self, path: str, users: UsersFile, rules: Rules = Rules.GANETI_3_0) -> None:
        self._path = path
        self._users = users
        self._rules = rules

    @property
    def paths(self) -> Sequence[str]:
        return (self._path,)

    def take(self, contents: Mapping[str, bytes]) -> None:
        self._users.accounts, problems = parse(contents[self._path], self._rules)
        for problem in problems[:SHOWN]:
            self._log.warn("{path}, {problem}", path=self._path, problem=problem)
        if len(problems) > SHOWN:
            self._log.warn(
                "{path} has {more} more problems like these",
                path=self._path,
                more=len(problems) - SHOWN,
            )
        self._log.info(
            "Read {count} users from {path}", count=len(self._users.accounts), path=self._path
        )

    def keep(self, reason: str) -> None:
        self._log.warn(
            "{reason}. The {count} users read before stay valid. Make the users file one that this "
            "process can read, or empty it to let nobody in.",
            reason=reason,
            count=len(self._users.accounts),
        )

    def lose(self, reason: str) -> None:
        self._users.accounts = {}
        self._log.warn(
            "{reason}. Nobody can log in until there is a users file; it is read within a second.",
            reason=reason,
        )
