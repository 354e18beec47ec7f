"""The client for asyncio, with a real daemon and real sockets."""

from __future__ import annotations

import asyncio
import atexit
import socket
import subprocess
import sys
from functools import cache
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.client import (
    AsyncioClient,
    ConnectionBroken,
    NotFound,
    RapiError,
    RequestTimedOut,
    TlsError,
    Unreachable,
)
from ganeti_rapi.client.trust import fingerprint
from ganeti_rapi.testing.process import RunningCluster, start_cluster

WEB1 = "web1.example.com"


@cache
def cluster() -> RunningCluster:
    """One for all tests; it ends with the process."""
    started = start_cluster()
    atexit.register(started.stop)
    return started


class AsyncioTests(SynchronousTestCase):
    def client(self, **options: Any) -> AsyncioClient:  # Any: more parameters of the client
        options = {"cafile": cluster().certificate, "retries": 0, **options}
        return AsyncioClient(cluster().url, "admin", "admin", **options)

    def run_with(self, work: Any, **options: Any) -> Any:  # Any: a function, and what it returns
        async def main() -> Any:
            async with self.client(**options) as client:
                return await work(client)

        return asyncio.run(main())

    def test_reads_and_writes(self) -> None:
        async def work(client: AsyncioClient) -> None:
            self.assertIn(WEB1, await client.list_instances())
            await client.submit_and_wait(client.add_instance_tags(WEB1, ["by-asyncio"]))
            self.assertIn("by-asyncio", (await client.get_instance(WEB1))["tags"])

        self.run_with(work)

    def test_several_at_once(self) -> None:
        async def work(client: AsyncioClient) -> None:
            names = await client.list_instances()
            found = await asyncio.gather(*map(client.get_instance, names))
            self.assertEqual([each["name"] for each in found], names)

        self.run_with(work)

    def test_events(self) -> None:
        async def work(client: AsyncioClient) -> str:
            connected: asyncio.Event = asyncio.Event()

            async def read() -> str:
                async for event in client.all_events(kinds=["job"]):
                    connected.set()
                    if event.name == "job" and event.data["status"] == "success":
                        return str(event.data["summary"][0])
                return ""

            reading = asyncio.ensure_future(read())
            await connected.wait()
            await client.stop_instance("web2.example.com")
            return await reading

        self.assertEqual(self.run_with(work), "INSTANCE_SHUTDOWN(web2.example.com)")

    def test_errors(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            nobody = f"https://127.0.0.1:{free.getsockname()[1]}"
        for error, work in (
            (NotFound, self.client().get_instance("nosuch")),
            (TlsError, self.client(cafile=None).get_info()),
            (TlsError, self.client(cafile=None, pinned="0" * 64).get_info()),
            (Unreachable, AsyncioClient(nobody, retries=0).get_info()),
        ):
            self.assertRaises(error, asyncio.run, work)
        pinned = fingerprint(cluster().certificate)
        self.run_with(lambda client: client.get_info(), cafile=None, pinned=pinned)

    def test_a_server_that_says_nothing(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            url = f"http://127.0.0.1:{silent.getsockname()[1]}"
            client = AsyncioClient(url, retries=0, timeout=0.1)
            self.assertRaises(RequestTimedOut, asyncio.run, client.get_info())

    def test_a_server_that_leaves(self) -> None:
        async def main() -> RapiError:
            async def leave(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                writer.close()

            server = await asyncio.start_server(leave, "127.0.0.1", 0)
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            try:
                await AsyncioClient(url, retries=0).get_info()
            except RapiError as error:
                return error
            finally:
                server.close()
            raise AssertionError("there was a reply")

        self.assertIsInstance(asyncio.run(main()), ConnectionBroken)

    def test_who_is_cancelled_leaves_nothing_behind(self) -> None:
        async def work(client: AsyncioClient) -> list[str]:
            for turns in range(5):
                waiting = asyncio.ensure_future(client.list_instances())
                for _ in range(turns):
                    await asyncio.sleep(0)
                waiting.cancel()
                await asyncio.gather(waiting, return_exceptions=True)
            return list(await client.list_nodes())

        self.assertEqual(len(self.run_with(work)), 5)

    def test_it_takes_no_twisted(self) -> None:
        program = (
            "import sys; from ganeti_rapi.client import AsyncioClient; AsyncioClient('http://x');"
            "print([name for name in sys.modules if name.startswith('twisted')])"
        )
        shown = subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONPATH": ":".join(filter(None, sys.path))},
        )
        self.assertEqual(shown.stdout, "[]\n")
