"""The tests. None of them judges time, so hypothesis does not either."""

from __future__ import annotations

import os
from contextlib import suppress

with suppress(ImportError):  # the suites on real machines run without hypothesis
    from hypothesis import settings

    settings.register_profile("ganeti-rapi", deadline=None)
    settings.load_profile("ganeti-rapi")

# Who has followed the README has set these, and the tests of `rapi` are not about that server.
for _name in [name for name in os.environ if name.startswith("RAPI_")]:
    del os.environ[_name]
