"""Seeing jobs change: the one way, for waits, streams of events and whoever follows a job."""
