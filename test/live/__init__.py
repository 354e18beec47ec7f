"""Tests against a real Ganeti; skipped where there is none."""
