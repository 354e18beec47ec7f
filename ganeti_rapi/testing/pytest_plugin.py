"""Fixtures for pytest: a simulated cluster for each test, each in a process of its own.

Installed with this package, they are there without an import:

    def test_it(rapi_cluster):
        assert my_client(rapi_cluster.url, "admin", "admin").instances()
        rapi_cluster.control.fail("node", node="node2", state="down")
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from ganeti_rapi.testing.process import RunningCluster, start_cluster


@pytest.fixture
def rapi_cluster_factory() -> Iterator[Callable[..., RunningCluster]]:
    """Starts clusters, given what `start_cluster` takes; they end with the test."""
    with ExitStack() as stack:
        yield lambda *arguments, **more: stack.enter_context(start_cluster(*arguments, **more))


@pytest.fixture
def rapi_cluster(rapi_cluster_factory: Callable[..., RunningCluster]) -> RunningCluster:
    """A fresh small cluster, with ``url``, ``users``, ``certificate`` and ``control``."""
    return rapi_cluster_factory()
