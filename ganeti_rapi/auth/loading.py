"""From the bytes of the users file and the tokens file to memory, and to the log what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Sized

from attrs import frozen
from twisted.logger import Logger

from ganeti_rapi.api.access import Rules
from ganeti_rapi.auth import tokens as tokens_file
from ganeti_rapi.auth import users as users_file
from ganeti_rapi.auth.permissions import User
from ganeti_rapi.auth.tokens import TokensFile
from ganeti_rapi.auth.users import Problem, UsersFile

SHOWN = 20
"""Problems of a file that are logged one by one, since it may be another file altogether."""


@frozen
class Source:
    """How a file's bytes are held: ``hold`` takes them and gives the problems.

    ``what`` is in the file, and ``without`` says what it means that there is none. ``doubts`` say
    what may be wrong with all of it together, ``emptied`` what an empty file is for.
    """

    what: str
    without: str
    held: Callable[[], Sized]
    hold: Callable[[bytes], Sequence[Problem]]
    doubts: Callable[[], Sequence[str]] = lambda: ()
    emptied: str = "to let nobody in"


class Loader:
    """A `Holder` that lets a source hold what the file of that path says.

    While the file cannot be read, what was read before stays valid: a file that is being replaced
    locks nobody out. While there is no file, there is nothing.
    """

    _log = Logger()

    def __init__(self, path: str, source: Source) -> None:
        self._path = path
        self._source = source

    @property
    def paths(self) -> Sequence[str]:
        return (self._path,)

    def take(self, contents: Mapping[str, bytes]) -> None:
        problems = self._source.hold(contents[self._path])
        for problem in problems[:SHOWN]:
            self._log.warn("{path}, {problem}", path=self._path, problem=problem)
        if len(problems) > SHOWN:
            self._log.warn(
                "{path} has {more} more problems like these",
                path=self._path,
                more=len(problems) - SHOWN,
            )
        for doubt in self._source.doubts():
            self._log.warn("{path}: {doubt}", path=self._path, doubt=doubt)
        self._log.info(
            "Read {count} {what} from {path}",
            count=len(self._source.held()),
            what=self._source.what,
            path=self._path,
        )

    def keep(self, reason: str) -> None:
        self._log.warn(
            "{reason}. The {count} {what} read before stay valid. Make the {what} file one that "
            "this process can read, or empty it {emptied}.",
            emptied=self._source.emptied,
            reason=reason,
            count=len(self._source.held()),
            what=self._source.what,
        )

    def lose(self, reason: str) -> None:
        self._source.hold(b"")
        self._log.warn(
            "{reason}. {without} until there is a {what} file; it is read within a second.",
            reason=reason,
            without=self._source.without,
            what=self._source.what,
        )


OPEN_TO_ALL = (
    "some grants are for some objects only, but anyone may read all of them without a user; "
    "start the daemon with --require-authentication, or with --access-rules 3.2"
)


NO_PAM = "some users log in by PAM, which takes the option --pam-service; they cannot log in"


def users_loader(
    path: str,
    users: UsersFile,
    rules: Rules = Rules.GANETI_3_0,
    open_to_all: bool = False,
    by_pam: bool = False,
) -> Loader:
    """What fills ``users`` from the users file.

    ``open_to_all`` says that who gives no user may read what users with scopes may not, ``by_pam``
    that there is a PAM service to ask.
    """

    def hold(contents: bytes) -> Sequence[Problem]:
        users.accounts, problems = users_file.parse(contents, rules)
        return problems

    def doubts() -> Sequence[str]:
        accounts = users.accounts.values()
        without_pam = not by_pam and any(each.by_pam for each in accounts)
        in_vain = open_to_all and _some_limited(each.user for each in accounts)
        return [*([NO_PAM] if without_pam else []), *([OPEN_TO_ALL] if in_vain else [])]

    return Loader(path, Source("users", "Nobody can log in", lambda: users.accounts, hold, doubts))


def tokens_loader(
    path: str, tokens: TokensFile, rules: Rules = Rules.GANETI_3_0, open_to_all: bool = False
) -> Loader:
    """What fills ``tokens`` from the tokens file, in the same way."""

    def hold(contents: bytes) -> Sequence[Problem]:
        tokens.tokens, problems = tokens_file.parse(contents, rules)
        return problems

    def doubts() -> Sequence[str]:
        in_vain = open_to_all and _some_limited(each.user for each in tokens.tokens.values())
        return [OPEN_TO_ALL] if in_vain else []

    return Loader(path, Source("tokens", "No token counts", lambda: tokens.tokens, hold, doubts))


def _some_limited(users: Iterable[User]) -> bool:
    return any(user.view is not None for user in users)
