"""Certificate and users file are replaced under load."""

from __future__ import annotations

import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ganeti_rapi.simulator.playground import write_certificate

from .case import HOST, ChaosCase

ROUNDS = 5
CLIENTS = 4


class ReplacementTests(ChaosCase):
    def test_every_request_is_answered_and_the_new_files_count(self) -> None:
        self.start_simulator()
        daemon = self.start_daemon()
        files = daemon.open_files()
        over = threading.Event()
        with self.bystander(), ThreadPoolExecutor(CLIENTS) as pool:
            clients = [pool.submit(self.ask_on, over) for _ in range(CLIENTS)]
            try:
                for number in range(ROUNDS):
                    self.replace_certificate()
                    self.replace_users(f"guest{number}")
            finally:
                over.set()
            for client in clients:
                self.assertEqual(set(client.result()), {200})
        self.wait_until_dropped(daemon, files)

    def ask_on(self, over: threading.Event) -> list[int]:
        """The statuses of requests by a user who stays."""
        statuses = []
        while not over.is_set():
            statuses.append(self.api.request("GET", "/2/tags", user=self.api.writer).status)
        return statuses

    def replace_certificate(self) -> None:
        """Rename another over it, as Ganeti does."""
        new = self.directory / "new.pem"
        write_certificate(new)
        new.replace(self.certificate)
        expected = _certificate_in(self.certificate)
        self.wait_until(lambda: self.served() == expected, "the new certificate is not served")

    def served(self) -> str:
        return ssl.get_server_certificate((HOST, self.port)).strip()

    def replace_users(self, name: str) -> None:
        """Write the file in place, as an editor may, with one user more."""
        self.users.write_text(f"admin admin write\n{name} secret read\n")
        user = f"{name}:secret"
        self.wait_until(
            lambda: self.api.request("GET", "/2/tags", user=user).status == 200,
            "the new user is not let in",
        )
        status = self.api.request("GET", "/2/tags", user=f"{name}:guess").status
        self.assertEqual(status, 401)


def _certificate_in(file: Path) -> str:
    text = file.read_text()
    return text[text.index("-----BEGIN CERTIFICATE-----") :].strip()
