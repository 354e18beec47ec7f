"""The same command on several clusters, which are profiles: ``--cluster all``, ``lab:web1``.

A command runs as often as there are clusters, each time in a session of its own that notes what
would be printed. What it printed is shown together in the end.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from threading import Thread
from typing import TYPE_CHECKING, Any, Final

import click
from attrs import Factory, define, evolve

from ganeti_rapi.client.cli.failing import INTERRUPTED, Failed
from ganeti_rapi.client.cli.output import Look, Table
from ganeti_rapi.client.cli.profiles import ProfileError, must_be_known, read_config, read_profile

if TYPE_CHECKING:
    from ganeti_rapi.client.cli.running import Session

# Any, in this module: each command's own values
ALL: Final = "all"
"""Stands for all profiles."""

NAMED: Final = ("instance", "node", "group", "network", "job_id")
"""Values that name one object, perhaps of a certain cluster."""

Values = Mapping[str, Any]
Callback = Callable[..., None]


@define
class Noted:
    """What a command would have printed: objects, and tables with how they are to look."""

    objects: list[Any] = Factory(list)
    tables: list[tuple[Table, Look]] = Factory(list)

    @property
    def object(self) -> Any:
        """The one object, or a list of several."""
        return self.objects[0] if len(self.objects) == 1 else self.objects


@define
class Attempt:
    """A command on one cluster: what is noted of it, and how it ended."""

    cluster: str
    session: Session
    values: Values
    noted: Noted
    error: BaseException | None = None

    def go(self, callback: Callback) -> None:
        """Run it; whatever it raises is kept."""
        try:
            callback(self.session, **self.values)
        except ProfileError as error:
            self.error = Failed(str(error), 2)
        except BaseException as error:  # it may be in a thread, where nobody would see it
            self.error = error

    def unlock(self) -> None:
        """Get the profile with its password; what is wrong with it is kept."""
        from ganeti_rapi.client.cli.connecting import unlocked  # imports TLS

        try:
            profile = read_profile(os.environ, self.session.choices.all)
            self.session.profile = unlocked(profile)
        except ProfileError as error:
            self.error = Failed(str(error), 2)

    def check(self) -> None:
        """Raise what is not the cluster's fault: wrong usage, control-C."""
        if self.error is not None and not isinstance(self.error, Failed):
            raise self.error


def on_clusters(session: Session, callback: Callback, values: Values, together: bool) -> None:
    """Run a command on the cluster that is meant, or on several: ``together``, or in turn.

    Raises `Failed` if one of several fails, after showing what the others said.
    """
    targets = _targets(session, values)
    if len(targets) == 1:
        ((cluster, own),) = targets
        callback(session.on(cluster) if cluster else session, **own)
        return
    if values.get("watch"):
        raise click.UsageError("--watch is for one cluster; name it")
    attempts = []
    for cluster, own in targets:
        there, noted = session.on(cluster) if cluster else session, Noted()
        attempts.append(Attempt(cluster or _usual(session), evolve(there, noted=noted), own, noted))
    (_run_together if together else _run_in_turn)(attempts, callback)
    _show(session, attempts)


def _targets(session: Session, values: Values) -> list[tuple[str, Values]]:
    """The clusters, and the values for each; an empty name is the one of the chosen profile."""
    prefixed = {key: str(values[key]) for key in NAMED if ":" in str(values.get(key))}
    several = [name for name in values.get("names") or () if ":" in name]
    chosen = _chosen(session)
    if chosen and (several or prefixed):
        name = next(iter([*several, *prefixed.values()]))
        raise click.UsageError(f"--cluster and {name}: which is it?")
    if prefixed:
        clusters = {value.partition(":")[0] for value in prefixed.values()}
        if len(clusters) > 1:
            raise click.UsageError(f"{', '.join(prefixed.values())}: of one cluster, please")
        bare = {key: _bare(key, value) for key, value in prefixed.items()}
        return [(clusters.pop(), {**values, **bare})]
    if several:
        by_cluster: dict[str, list[str]] = {}
        for name in values["names"]:
            cluster, _, bare_name = name.rpartition(":")
            by_cluster.setdefault(cluster, []).append(bare_name)
        return [(each, {**values, "names": tuple(own)}) for each, own in by_cluster.items()]
    return [(cluster, values) for cluster in chosen] or [("", values)]


def _usual(session: Session) -> str:
    """What to call the cluster that is asked if none is named."""
    choices = session.choices.all
    named = choices.get("profile") or choices.get("url")
    return str(named or read_config(os.environ, choices).current)


def _bare(key: str, value: str) -> str | int:
    name = value.partition(":")[2]
    return int(name) if key == "job_id" else name


def _chosen(session: Session) -> Sequence[str]:
    """The clusters that ``--cluster`` names. Raises `Failed` if there are none."""
    typed = session.choices.all.get("cluster")
    if not typed:
        return []
    config = read_config(os.environ, session.choices.all)
    every = list(config.tables)
    if typed != ALL:
        names = list(dict.fromkeys(filter(None, typed.split(","))))
        for name in names:
            must_be_known(config, name)
        return names
    if not every:
        raise Failed("there are no profiles of clusters; rapi login makes one", 2)
    return every


def _run_together(attempts: Sequence[Attempt], callback: Callback) -> None:
    for attempt in attempts:  # one after the other, since there may be questions
        attempt.unlock()
    able = [attempt for attempt in attempts if attempt.error is None]
    threads = [Thread(target=each.go, args=(callback,), daemon=True) for each in able]
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            thread.join()
    except KeyboardInterrupt:
        raise Failed("interrupted", INTERRUPTED) from None
    for attempt in attempts:
        attempt.check()


def _run_in_turn(attempts: Sequence[Attempt], callback: Callback) -> None:
    for attempt in attempts:
        attempt.session.err.line(f"{attempt.cluster}:", bold=True)
        attempt.go(callback)
        attempt.check()


def _show(session: Session, attempts: Sequence[Attempt]) -> None:
    tables = [(attempt.cluster, *each) for attempt in attempts for each in attempt.noted.tables]
    printed = [attempt for attempt in attempts if attempt.noted.objects]
    if tables:
        session.show_table(*_merged(tables, session.output))
    if printed:
        session.show({attempt.cluster: attempt.noted.object for attempt in printed})
    failed = [attempt for attempt in attempts if isinstance(attempt.error, Failed)]
    for attempt in failed:
        session.err.line(f"{attempt.cluster}: {attempt.error}", fg="red")
    if failed:
        error = failed[0].error
        assert isinstance(error, Failed)
        names = ", ".join(attempt.cluster for attempt in failed)
        raise Failed(f"{len(failed)} of {len(attempts)} clusters failed: {names}", error.exit_code)


def _merged(tables: Sequence[tuple[str, Table, Look]], output: str) -> tuple[Table, Look]:
    """One table of all, with a column for the cluster."""
    _, first, look = tables[0]
    rows = [{"cluster": cluster, **row} for cluster, table, _ in tables for row in table.rows]
    if output == "name":
        rows = [{**row, first.key: f"{row['cluster']}:{row[first.key]}"} for row in rows]
    if look.columns and "cluster" not in look.columns:
        look = evolve(look, columns=["cluster", *look.columns])
    return evolve(first, columns={"Cluster": "cluster", **first.columns}, rows=rows), look
