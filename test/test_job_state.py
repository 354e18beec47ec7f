"""What is known of a job, and the ids of events that carry it."""

from __future__ import annotations

import string

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.api.events import NOTHING_KNOWN, JobState

WORDS = st.text(string.ascii_lowercase, min_size=1)


class JobStateTests(SynchronousTestCase):
    def test_nothing_known(self) -> None:
        self.assertEqual((NOTHING_KNOWN.values, NOTHING_KNOWN.ended), (None, False))

    def test_the_serial_never_goes_back(self) -> None:
        state = JobState("running", ["running"], 7)
        after = state.after(["running", ["running"]], [[5, [0, 0], "message", "late"]])
        self.assertEqual((after.serial, len(after.log_entries)), (7, 1))

    def test_the_form_of_an_id(self) -> None:
        self.assertEqual(
            JobState("running", ["success", "running"], 3).event_id, "3/running/success,running"
        )

    @given(WORDS, st.lists(WORDS, min_size=1), st.integers(0, 10**18 - 1))
    def test_an_id_holds_all(self, status: str, opstatus: list[str], serial: int) -> None:
        state = JobState(status, opstatus, serial)
        self.assertEqual(JobState.from_event_id(state.event_id), state)

    def test_what_is_no_id_of_ours_tells_nothing(self) -> None:
        for text in (
            *(None, "", "/", "//", "x", "1", "1/success", "-1/a/b", "1.5/a/b", "x/a/b"),
            f"{'9' * 19}/a/b",
        ):
            self.assertIs(JobState.from_event_id(text).status, None, text)
            self.assertEqual(JobState.from_event_id(text), NOTHING_KNOWN)
