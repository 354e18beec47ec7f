"""The command line over the simulated cluster, in memory."""

from __future__ import annotations

import inspect
import shlex
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import click
from click.testing import CliRunner, Result
from twisted.internet.defer import CancelledError
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.client.cli.lazily import LazyGroup
from ganeti_rapi.client.cli.profiles import Profile
from ganeti_rapi.client.cli.root import rapi

from .client_double import ClientOfSimulation, Request


def leaves(
    group: click.Group = rapi, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command that is no group: its words, and itself."""
    for name in list(group.commands):
        command = group.use(name) if isinstance(group, LazyGroup) else group.commands[name]
        if isinstance(command, click.Group):
            yield from leaves(command, (*path, name))
        else:
            yield (*path, name), command


def runner() -> CliRunner:
    """One that keeps stderr apart from stdout: click 8.1 has to be told, later ones always do."""
    told = "mix_stderr" in inspect.signature(CliRunner).parameters
    return CliRunner(mix_stderr=False) if told else CliRunner()


class CommandLine:
    """Types lines. They all talk to one simulated cluster."""

    def __init__(self) -> None:
        self.simulation = ClientOfSimulation()

    def type(self, line: str, **more: Any) -> Result:  # Any: more parameters of CliRunner.invoke
        """The exit code and output of a line."""
        return runner().invoke(
            rapi,
            ["--config", "/dev/null", "--url", "https://rapi", *shlex.split(line)],
            obj=lambda profile, work, **_: self.run(profile, work),
            **more,
        )

    def run(self, _: Profile, work: Any) -> Any:  # Any: as the session's
        """Do the work of a command."""
        return self.simulation.run(work(self.simulation.client))

    def interrupt(self, work: Any, when: Callable[[], bool] = lambda: True) -> None:
        """Do the work of a command, and press control-C as soon as that holds."""
        transport = self.simulation.client.transport
        send = transport.send

        async def interrupted(request: Any) -> Any:  # Any: as `Transport.send` has it
            try:
                return await send(request)
            except CancelledError:  # what the transport of `rapi` meets as KeyboardInterrupt
                raise KeyboardInterrupt from None

        failures: list[Failure] = []
        with mock.patch.object(transport, "send", interrupted):
            started = self.simulation.start(work(self.simulation.client))
            started.addErrback(failures.append)
            while not when():
                self.simulation.reactor.advance(0.1)
            started.cancel()
            while not started.called:
                self.simulation.reactor.advance(0.1)
            self.simulation.reactor.advance(0.1)
        failures[0].raiseException()

    @property
    def requests(self) -> list[Request]:
        """What was sent so far."""
        return self.simulation.requests

    def hold_up(self, opcode: str) -> None:
        """Let the cluster keep jobs of an opcode in its queue."""
        rule = [["opcode", ["=", "OP_ID", opcode]]]
        self.simulation.run(self.simulation.client.add_filter(1, rule, "PAUSE"))

    def stop(self) -> None:
        """End everything."""
        self.simulation.stop()


class CommandCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.line = CommandLine()
        self.addCleanup(self.line.stop)

    def type(self, line: str, **more: Any) -> Result:  # Any: as `CommandLine.type` takes
        """Type a line that works."""
        result = self.line.type(line, **more)
        self.assertEqual((line, result.exit_code), (line, 0), result.output)
        return result

    def fails(self, line: str, code: int, words: str) -> None:
        result = self.line.type(line)
        self.assertEqual((line, result.exit_code), (line, code), result.output)
        self.assertIn(words, result.stderr)
