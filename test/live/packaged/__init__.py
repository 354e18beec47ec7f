"""The Debian package beside a real Ganeti: what Ganeti starts is ours.

These run in a Debian of their own, by the script ``run``.
"""
