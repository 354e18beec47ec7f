"""The same for many objects: a job for each, several at a time, and what came of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from attrs import Factory, define

from ganeti_rapi.client.cli.cells import bar
from ganeti_rapi.client.cli.commands import call
from ganeti_rapi.client.cli.failing import Failed, goes_on, outcome_of
from ganeti_rapi.client.cli.output import Columns, Look, Table
from ganeti_rapi.client.cli.progress import line_of, submitted
from ganeti_rapi.client.cli.running import Session
from ganeti_rapi.client.errors import JobCanceled, JobFailed, RapiError

if TYPE_CHECKING:
    from ganeti_rapi.client.cli.orders import Order
    from ganeti_rapi.client.methods import AllMethods

# Any, in this module: JSON of each command's own shape
SUBMITTED: Columns = {"Name": "name", "Job": "id"}


@define
class Many:
    """An order for several objects. ``ended`` has a row for each that is through."""

    session: Session
    order: Order
    parallel: int
    ended: dict[str, dict[str, Any]] = Factory(dict)
    codes: list[int] = Factory(list)

    async def do(self, client: AllMethods, names: Sequence[str]) -> None:
        """Do it for all, no more than ``parallel`` at a time. Never raises for one of them."""

        async def one(name: str) -> None:
            await self._one(client, name, len(names))

        try:
            await client.transport.each(one, names, self.parallel)
        finally:
            self.session.err.clear()

    def report(self, names: Sequence[str]) -> None:
        """Print the rows and a summary. Raises `Failed` if one failed."""
        rows = [self.ended[name] for name in names]
        failed = [row["name"] for row in rows if row["status"] in ("error", "canceled", None)]
        if self.session.for_programs:
            self.session.show(rows)
        elif not self.order.wait:
            self._show_ids([row for row in rows if row["id"] is not None])
        if failed:
            done = len(rows) - len(failed)
            code = 1 if 1 in self.codes else self.codes[0]
            raise Failed(f"{done} of {len(rows)} done; failed: {', '.join(failed)}", code)
        if self.order.wait:
            self.session.err.line(f"{len(rows)} of {len(rows)} done", fg="green")

    def _show_ids(self, rows: Sequence[Any]) -> None:
        if self.session.out.is_terminal:
            self.session.show_table(Table(SUBMITTED, rows), Look())
        else:
            for row in rows:
                self.session.show(row["id"])

    async def _one(self, client: AllMethods, name: str, count: int) -> None:
        row: dict[str, Any] = {"name": name, "id": None, "status": None, "result": None}
        try:
            action = self.order.action
            arguments = {**self.order.arguments, action.each: name}
            one = self.order.conditions.on(client, name)
            row["id"] = await call(action.method, one, arguments)
            row["status"] = "submitted"
            if self.order.wait:
                row["result"] = await self._follow(client, name, row["id"])
                row["status"] = "success"
        except RapiError as error:
            row["status"] = "canceled" if isinstance(error, JobCanceled) else None
            if isinstance(error, JobFailed):
                row["status"] = row["status"] or "error"
                row["result"] = list(error.results)
            job = row["id"] and self.session.name_of(row["id"])
            text, code = outcome_of(error, goes_on(job) if job else "")
            self.codes.append(code)
            self.session.err.line(f"{name}: {text}", fg="red")
        self.ended[name] = row
        done = len(self.ended)
        self.session.err.passing(f"{bar(done / count)} {done} of {count} …")

    async def _follow(self, client: AllMethods, name: str, job_id: int) -> list[Any]:
        """The job's results. The jobs that it submits are waited for, too."""

        def show(entry: Any) -> None:
            self.session.err.line(f"{name}: {line_of(entry)}")

        results = await client.wait_for_job(job_id, on_log=show)
        for further in list(submitted(job_id, results)):
            await self._follow(client, name, further)
        return results
