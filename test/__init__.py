"""The tests. None of them judges time, so hypothesis does not either."""

from __future__ import annotations

from contextlib import suppress

with suppress(ImportError):  # the suites on real machines run without hypothesis
    from hypothesis import settings

    settings.register_profile("ganeti-rapi", deadline=None)
    settings.load_profile("ganeti-rapi")
