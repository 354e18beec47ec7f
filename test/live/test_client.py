"""The client over TLS: against our daemon, and against Ganeti's own."""

from __future__ import annotations

import os
from collections.abc import Coroutine
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase

from ganeti_rapi.client import (
    JobFailed,
    LogEntry,
    NotFound,
    RapiClient,
    TlsError,
    fingerprint,
)

from .daemon import PORT, SKIP, our_api

NAME = "instance91"


class ClientTests(TestCase):
    skip = SKIP
    timeout = 120

    def setUp(self) -> None:
        our_api()
        self.certificate = os.environ["LAB_RAPI_CERT"]
        self.ours = f"https://127.0.0.1:{PORT}"
        self.stock = os.environ["LAB_STOCK_URL"]

    def client(self, url: str, **trust: Any) -> RapiClient:  # Any: as RapiClient takes it
        client = RapiClient(
            reactor, url, *os.environ["LAB_WRITE_USER"].split(":"), retries=0, **trust
        )
        self.addCleanup(self._close, client)
        return client

    async def _close(self, client: RapiClient) -> None:
        await client.close()
        await deferLater(reactor, 0.5)  # until the connections that a server closed are gone

    def refused(self, **trust: Any) -> Deferred[Any]:  # Any: as above; an error
        work = self.client(self.ours, **trust).get_version()
        return self.assertFailure(Deferred.fromCoroutine(work), TlsError)

    def test_a_self_signed_certificate_is_refused(self) -> Deferred[Any]:  # Any: an error
        return self.refused()

    def test_a_certificate_for_another_name_is_refused(self) -> Deferred[Any]:  # Any: an error
        return self.refused(cafile=self.certificate)

    def test_a_certificate_that_is_not_the_pinned_one_is_refused(self) -> Deferred[Any]:
        # Any: an error
        return self.refused(pinned="00" * 32)

    def test_a_pinned_certificate(self) -> Deferred[None]:
        return Deferred.fromCoroutine(self._version(pinned=fingerprint(self.certificate)))

    def test_insecure(self) -> Deferred[None]:
        return Deferred.fromCoroutine(self._version(insecure=True))

    async def _version(self, **trust: Any) -> None:  # Any: as above
        self.assertEqual(await self.client(self.ours, **trust).get_version(), 2)

    def test_our_daemon(self) -> Deferred[None]:
        return Deferred.fromCoroutine(self._use(self.ours))

    def test_the_stock_daemon(self) -> Deferred[None]:
        return Deferred.fromCoroutine(self._use(self.stock))

    async def _use(self, url: str) -> None:
        client = self.client(url, pinned=fingerprint(self.certificate))
        log: list[LogEntry] = []
        created = client.create_instance(
            NAME,
            disk_template="file",
            disks=[{"size": 4}],
            nics=[{}],
            os="noop+default",
            pnode="node2",
            ip_check=False,
            name_check=False,
        )
        (nodes,) = await client.submit_and_wait(created, on_log=log.append)
        self.assertEqual(nodes, ["node2"])
        self.assertTrue(any("creating" in str(entry.message) for entry in log), log)
        self.assertIn(NAME, await client.list_instances())
        await self._follow(client, client.stop_instance(NAME, timeout=1))
        (info,) = await client.submit_and_wait(client.query_instance_info(NAME, static=True))
        self.assertEqual(info[NAME]["config_state"], "down")
        await client.submit_and_wait(client.delete_instance(NAME))
        await self._fails(client)

    async def _follow(self, client: RapiClient, submission: Coroutine[Any, Any, int]) -> None:
        # Any: what coroutines are made of
        changes = [change async for change in client.watch_job(await submission)]
        self.assertEqual(changes[-1].status, "success")
        self.assertEqual([change.final for change in changes[:-1]], [False] * (len(changes) - 1))

    async def _fails(self, client: RapiClient) -> None:
        try:
            await client.submit_and_wait(client.delete_instance("nosuch"))
        except JobFailed as error:
            self.assertEqual(error.kind, "OpPrereqError")
            self.assertEqual(error.classification, "unknown_entity")
        else:
            self.fail("no error")
        for work in (client.get_job(999999999), client.wait_for_job(999999999)):
            await self.assertFailure(Deferred.fromCoroutine(work), NotFound)
