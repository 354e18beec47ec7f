"""The remote API of a Ganeti cluster: an event-driven ``ganeti-rapi`` on Twisted."""

__version__ = "1.0.0"
