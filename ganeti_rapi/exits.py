"""How a daemon that cannot start ends: with a plain sentence, and the stock daemon's exit codes."""

from __future__ import annotations

FAILURE = 1
WRONG_OPTION = 2
NOT_A_CLUSTER = 5
NOT_THE_MASTER = 11
"""daemon-util takes this for "nothing is wrong, this node has nothing to do"."""

NODE_SETUP = 12


class CannotStart(SystemExit, Exception):
    """Ends the program with one plain sentence that says what to do.

    Being an `Exception`, twistd cleans up and, in the background, tells the foreground; being a
    `SystemExit`, Python shows the sentence and no traceback. ``status`` is the exit code of
    ``ganeti-rapi``; twistd has its own. ``program`` is the one that cannot start.
    """

    def __init__(self, text: str, status: int = FAILURE, program: str = "ganeti-rapi") -> None:
        super().__init__(f"{program}: {text}")
        self.text = text
        self.status = status
