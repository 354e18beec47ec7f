"""What was typed for an action, and what becomes of it: one job, or a job for each of several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click
from attrs import define, fields_dict, frozen

from ganeti_rapi.client.cli.asking import confirm
from ganeti_rapi.client.cli.commands import call, given
from ganeti_rapi.client.cli.failing import INTERRUPTED, Failed
from ganeti_rapi.client.cli.many import Many
from ganeti_rapi.client.cli.progress import follow
from ganeti_rapi.client.cli.selecting import Selection, selected

if TYPE_CHECKING:
    from ganeti_rapi.client.cli.running import Session
    from ganeti_rapi.client.cli.submitting import Action
    from ganeti_rapi.client.methods import AllMethods

# Any, in this module: JSON of each command's own shape
PRIORITIES: Mapping[str, int] = {"low": 10, "normal": 0, "high": -10}
"""How early a job's turn comes, in the words of gnt-*."""


@frozen
class Conditions:
    """Under which a write counts: once for a ``key``, and for an object with a ``serial``; and
    when its job's turn comes: by its ``priority``, and after those that it ``depends`` on."""

    key: str | None = None
    serial: int | None = None
    priority: str | None = None
    depends: Sequence[int] = ()

    def on(self, client: AllMethods, name: str | None = None) -> AllMethods:
        """The client under these conditions, for one of several objects if it has a name."""
        if self.key is not None:
            client = client.once(self.key if name is None else f"{self.key}/{name}")
        if self.serial is not None:
            client = client.unless_changed(self.serial)
        priority = None if self.priority is None else PRIORITIES[self.priority]
        depends = [(job_id, ["success"]) for job_id in self.depends]
        return client.with_common(priority=priority, depends=depends)


@define
class Order:
    """An action with its ``arguments``: those of the client's method.

    ``wait`` is for the job's end, ``yes`` answers what would be asked.
    """

    action: Action
    arguments: dict[str, Any]
    wait: bool
    yes: bool
    conditions: Conditions

    @classmethod
    def of(cls, action: Action, values: dict[str, Any]) -> Order:
        """The order that the values of all options make; they are taken out of ``values``."""
        conditions = Conditions(**_taken(values, Conditions))
        wait, yes = values.pop("wait"), bool(values.pop("yes", None))
        more = dict(values.pop("more", ()))
        return cls(action, {**given(values), **more}, wait, yes, conditions)

    def submit(self, session: Session) -> None:
        """Submit a job and print its id, or follow it and print its result."""
        if self.action.question:
            self._confirm(self.action.question.format(**self.arguments))
        job_id, results = session.ask(lambda client: self._submitted(session, client))
        if results is not None:
            print_results(session, job_id, results)
        else:
            tell_submitted(session, job_id)

    async def _submitted(self, session: Session, client: AllMethods) -> Any:
        await self._tell_hits(session, client, [self.arguments])
        try:
            job_id = await call(self.action.method, self.conditions.on(client), self.arguments)
        except KeyboardInterrupt:
            text = "interrupted; the job may have been submitted: rapi jobs list shows whether"
            raise Failed(text, INTERRUPTED) from None
        return job_id, (await follow(session, client, job_id) if self.wait else None)

    async def _tell_hits(
        self, session: Session, client: AllMethods, targets: Sequence[Mapping[str, Any]]
    ) -> None:
        """Tell which instances an action on other objects is about; ask if they are several."""
        if self.action.hits is None:
            return
        hits = [await self.action.hits(client, target) for target in targets]
        names = list(dict.fromkeys(name for found in hits for name in found))
        session.err.line(f"{self.action.name}: {', '.join(names) or 'no instance'}")
        if len(names) > 1:
            self._confirm(f"{self.action.name.capitalize()} these {len(names)} instances?")

    def submit_each(self, session: Session, selection: Selection, parallel: int) -> None:
        """Do it for several objects, after telling which and asking where that is due."""
        if self.conditions.serial is not None:
            raise click.UsageError("--unless-changed is for one object; name it")
        many = Many(session, self, parallel)

        async def work(client: AllMethods) -> Sequence[str]:
            names = await selected(client, self.action.each, selection)
            await self._tell(session, client, names)
            try:
                await many.do(client, names)
            except KeyboardInterrupt:
                text = "interrupted; the jobs go on: rapi jobs list shows how"
                raise Failed(text, INTERRUPTED) from None
            return names

        many.report(session.ask(work))

    async def _tell(self, session: Session, client: AllMethods, names: Sequence[str]) -> None:
        """Tell which objects it is about, and ask where that is due."""
        session.err.line(f"{self.action.name}: {', '.join(names)}")
        targets = [{**self.arguments, self.action.each: name} for name in names]
        await self._tell_hits(session, client, targets)
        if self.action.question or (self.action.stops and len(names) > 1):
            self._confirm(self._question(len(names)))

    def _question(self, count: int) -> str:
        kind = self.action.each
        these = f"these {count} {kind}s" if count > 1 else f"this {kind}"
        verb = self.action.name.replace("-", " ").capitalize()
        return self.action.question.format(**{**self.arguments, kind: these}) or f"{verb} {these}?"

    def _confirm(self, question: str) -> None:
        if not self.yes and "dry_run" not in self.arguments:
            confirm(question)


def _taken(values: dict[str, Any], kind: type) -> dict[str, Any]:
    """The values of a class's fields that were given, taken out of ``values``."""
    return given({name: values.pop(name, None) for name in fields_dict(kind)})


def carry_out(session: Session, action: Action, values: dict[str, Any]) -> None:
    """Do what was typed: for one object, or for each of several. Raises `Failed`."""
    selection = Selection(**_taken(values, Selection)) if action.each else None
    parallel = values.pop("parallel", None) or action.parallel
    order = Order.of(action, values)
    if selection is not None:
        selection.check(action.each)
        if selection.one is None:
            order.submit_each(session, selection, parallel)
            return
        order.arguments[action.each] = selection.one
    order.submit(session)


def tell_submitted(session: Session, job_id: int) -> None:
    """Print the id of a job that goes on."""
    if session.for_programs or not session.out.is_terminal:
        session.show(job_id)
    else:
        name = session.name_of(job_id)
        session.out.line(f"Job {name}; to follow it: rapi jobs watch {name}")


def print_results(session: Session, job_id: int, results: Sequence[Any]) -> None:
    """Print the results of a job that went well."""
    if session.for_programs:
        session.show({"id": job_id, "status": "success", "result": results})
    elif any(result is not None for result in results):
        session.show(results)
