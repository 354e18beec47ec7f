"""`rapi api`."""

from __future__ import annotations

import json
from pathlib import Path

from .cli_double import CommandCase


class RequestTests(CommandCase):
    def test_reads(self) -> None:
        for path in ("/2/instances?limit=1&fields=name", "2/instances?limit=1&fields=name"):
            told = json.loads(self.type(f"api '{path}' --json").stdout)
            self.assertEqual(list(told[0]), ["name"])

    def test_writes(self) -> None:
        job = self.type("""api -X put /2/tags -d '["blue"]' --json""").stdout.strip()
        self.type(f"jobs wait {job}")
        self.assertIn("blue", json.loads(self.type("api /2/tags --json").stdout))

    def test_a_body_from_a_file(self) -> None:
        path = Path(self.mktemp())
        path.write_text('["green"]')
        self.assertRegex(self.type(f"api -X PUT /2/tags -d @{path} --json").stdout, r"^\d+$")

    def test_wrong_words(self) -> None:
        binary = Path(self.mktemp())
        binary.write_bytes(b"\xff")
        for line, code, words in (
            ("api https://x/2/info", 2, "give the path alone"),
            ("api -X PUT /2/tags -d '[blue'", 2, "'--data': this is no JSON"),
            ("api -X PUT /2/tags -d @/no/such", 2, "'--data': /no/such: No such file"),
            (f"api -X PUT /2/tags -d @{binary}", 2, "it is not UTF-8"),
            ("api -X PATCH /2/tags", 2, "'PATCH' is not one of"),
            ("api /2/instances/nosuch", 5, "There is no instance 'nosuch'"),
        ):
            self.fails(line, code, words)
