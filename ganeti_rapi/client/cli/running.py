"""What a command has at hand: the server, and where to write."""

from __future__ import annotations

import os
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from attrs import define, evolve

from ganeti_rapi.client import errors
from ganeti_rapi.client.cli.everywhere import Choices
from ganeti_rapi.client.cli.failing import (
    INTERRUPTED,
    LOST_SIGHT,
    Failed,
    goes_on,
    outcome_of,
    sentence,
)
from ganeti_rapi.client.cli.output import DATA, Look, Table, print_object, print_table
from ganeti_rapi.client.cli.profiles import Profile, read_profile
from ganeti_rapi.client.cli.screen import Screen

if TYPE_CHECKING:
    from ganeti_rapi.client.cli.clusters import Noted
    from ganeti_rapi.client.methods import AllMethods

# Any: the command's own result
Work: TypeAlias = "Callable[[AllMethods], Coroutine[Any, Any, Any]]"


class Run(Protocol):
    """What `run_with_client` does, or a double of it."""

    def __call__(self, profile: Profile, work: Work, *, in_reactor: bool = False) -> Any:
        # Any: as above
        """As `run_with_client`."""


def run_with_client(profile: Profile, work: Work, *, in_reactor: bool = False) -> Any:
    # Any: as above
    """The result of work with a client of the profile's server. Raises what the work raises.

    The client is a `ThreadClient`; ``in_reactor`` it is a `RapiClient`, whose reactor runs as long
    as the work does.
    """
    if in_reactor:
        try:
            from ganeti_rapi.client.cli import reacting  # imports Twisted
        except ModuleNotFoundError as missing:
            library = str(missing.name).partition(".")[0]
            text = f"{library} is not installed: pip install 'ganeti-rapi-client[console]'"
            raise Failed(text, 6) from None
        return reacting.run(profile, work)
    from ganeti_rapi.client.cli import connecting  # imports TLS

    return connecting.run(profile, work)


@define
class Session:
    """What a command has: the server, how to run work there, and where to write.

    ``job`` is the job that is being followed. ``cluster`` is one of several, whose server is the
    ``profile``'s; what it prints is ``noted`` then, to be shown together with what others do.
    """

    run: Run
    choices: Choices
    out: Screen
    err: Screen
    job: int | None = None
    cluster: str | None = None
    profile: Profile | None = None
    noted: Noted | None = None

    def on(self, cluster: str) -> Session:
        """The same on the cluster of a profile. Raises click.UsageError beside another one."""
        return evolve(self, choices=self.choices.of_cluster(cluster), cluster=cluster)

    @property
    def output(self) -> str:
        """The format of what is printed."""
        return self.choices.output

    @property
    def for_programs(self) -> bool:
        """Whether what is printed is data."""
        return self.output in DATA

    def show(self, value: Any) -> None:  # Any: JSON
        """Print an object, or a list of names."""
        if self.noted is not None:
            self.noted.objects.append(value)
            return
        print_object(self.out, self.output, value)

    def show_table(self, table: Table, look: Look) -> None:
        """Print a list of objects, and on stderr what did not fit."""
        output, _, fields = self.output.partition("=")
        look = evolve(look, columns=fields.split(",")) if fields and not look.columns else look
        if self.noted is not None:
            self.noted.tables.append((table, look))
            return
        if note := print_table(self.out, output, table, look):
            self.err.line(note, dim=True)

    def ask(self, work: Work, profile: Profile | None = None, *, in_reactor: bool = False) -> Any:
        # Any: as above
        """The result of work with a client, of the chosen profile's server or of another's.

        ``in_reactor`` is as in `run_with_client`. Raises `Failed`.
        """
        try:
            profile = profile or self.profile or read_profile(os.environ, self.choices.all)
            return self.run(profile, work, in_reactor=in_reactor)
        except (errors.RapiError, KeyboardInterrupt, ValueError) as error:
            interrupted = isinstance(error, KeyboardInterrupt)
            if self.for_programs:
                self._print_job(error, interrupted)
            if interrupted:
                raise Failed(sentence("interrupted", self._goes_on()), INTERRUPTED) from error
            raise self._failed(error) from error

    def _failed(self, error: BaseException) -> Failed:
        if not isinstance(error, errors.RapiError):
            return Failed(str(error), 2)
        text, code = outcome_of(error, self._goes_on())
        return Failed(text, code)

    def _print_job(self, error: BaseException, interrupted: bool) -> None:
        """Print what is known of a job that failed, or that goes on without us."""
        if isinstance(error, errors.JobFailed):
            status = "canceled" if isinstance(error, errors.JobCanceled) else "error"
            self.show({"id": error.job_id, "status": status, "result": list(error.results)})
        elif self.job is not None and (interrupted or isinstance(error, LOST_SIGHT)):
            self.show({"id": self.job, "status": None, "result": None})

    def _goes_on(self) -> str:
        return "" if self.job is None else goes_on(self.name_of(self.job))

    def name_of(self, job_id: int) -> str:
        """What to call a job on the command line."""
        return str(job_id) if self.cluster is None else f"{self.cluster}:{job_id}"
