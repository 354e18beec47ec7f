"""What comes of a step, in a form that can be compared and kept: without times and random names."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Protocol

from attrs import define, field

from ganeti_rapi.jobstates import FINAL_STATES

from .steps import Step

Json = Any  # Any: JSON of any shape

VOLATILE = frozenset(
    {
        *("mfree", "mnode", "mtotal", "dfree", "dtotal", "disk_usage"),
        *("ctotal", "cnos", "cnodes", "csockets", "ctime", "mtime", "doc"),
    }
)
"""What is a machine's own, a point in time, or a text for people."""

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_MAC = re.compile(r"aa:00:00(:[0-9a-f]{2}){3}")
_ROOT = re.compile(r"/[a-z/-]*/node1(?=/(etc|srv|var)/)")


class AnyReply(Protocol):
    @property
    def status(self) -> int: ...

    def json(self) -> Json: ...


Send = Callable[[str, str, Json], AnyReply]


@define
class Observer:
    """Sends steps, follows their jobs and notes what came of them."""

    send: Send
    wait: Callable[[], None]
    _uuids: dict[str, str] = field(factory=dict)

    def outcome(self, step: Step) -> Json:
        """The status, and the reply or the end of the job."""
        reply = self.send(step.method, step.path, step.body)
        value = reply.json()
        if reply.status == 200 and step.method != "GET" and isinstance(value, int):
            return {"status": 200, "job": self._end(value)}
        if reply.status != 200:
            return {"status": reply.status}
        return {"status": 200, "reply": self._plain(value)}

    def _end(self, job_id: int) -> Json:
        while (job := self.send("GET", f"/2/jobs/{job_id}", None).json())["status"] not in (
            FINAL_STATES
        ):
            self.wait()
        results = [
            self._result(*pair) for pair in zip(job["opstatus"], job["opresult"], strict=True)
        ]
        return {"status": job["status"], "results": results}

    def _result(self, status: str, result: Json) -> Json:
        """Of an error its class and classification: the texts are for people."""
        if status == "error" and isinstance(result, list):
            return [result[0], *result[1][1:]]
        return self._plain(result)

    def _plain(self, value: Json) -> Json:
        if isinstance(value, dict):
            kept = {key: each for key, each in value.items() if key not in VOLATILE}
            return {self._text(key): self._plain(each) for key, each in kept.items()}
        if isinstance(value, list):
            return [self._plain(each) for each in value]
        return self._text(value) if isinstance(value, str) else value

    def _text(self, text: str) -> str:
        text = _UUID.sub(lambda match: self._number(match[0]), text)
        return _ROOT.sub("", _MAC.sub("MAC", text))

    def _number(self, uuid: str) -> str:
        return self._uuids.setdefault(uuid, f"uuid-{len(self._uuids) + 1}")
