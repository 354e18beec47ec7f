"""Texts that a client chose, as logs show them."""

from __future__ import annotations

LONGEST = 500
"""Letters of the longest one."""


def shortened(text: str) -> str:
    """Not too long, and all of it visible, on one line."""
    visible = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)
    return visible if len(visible) <= LONGEST else f"{visible[:LONGEST]}…"
