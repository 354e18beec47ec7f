"""The processes of the clients, as the benchmark sees them."""

from __future__ import annotations

import itertools
import multiprocessing
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from typing import Any

from attrs import define, field

from .waiters import serve


@define
class Crowd:
    """The processes of the clients."""

    pipes: list[Connection] = field(factory=list)

    def start(self, processes: Sequence[Mapping[str, Any]]) -> None:
        """Start a process for each of these arguments of `test.bench.waiters.Waiters`."""
        context = multiprocessing.get_context("spawn")
        for settings in processes:
            ours, theirs = context.Pipe()
            context.Process(target=serve, args=(theirs, settings), daemon=True).start()
            theirs.close()
            self.pipes.append(ours)

    def begin(self, order: str, *arguments: object) -> None:
        """Tell all of them to do something."""
        for pipe in self.pipes:
            pipe.send((order, arguments))

    def results(self) -> list[Any]:  # Any: what the order returns
        """Their results of the last order, as soon as all have done it."""
        return [pipe.recv() for pipe in self.pipes]

    def do(self, order: str, *arguments: object) -> None:
        self.begin(order, *arguments)
        self.results()

    def busy(self) -> bool:
        """Whether the last order is still being done."""
        return not all(pipe.poll() for pipe in self.pipes)


def shares(waiters: int, processes: int) -> list[range]:
    """The numbers of the waiters, evenly divided."""
    bounds = [waiters * number // processes for number in range(processes + 1)]
    return [range(start, stop) for start, stop in itertools.pairwise(bounds)]
