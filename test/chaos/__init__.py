"""Attacks on the daemon: what it has to live through, with limits for time, memory and open files.

Daemon and simulated job daemon are processes of their own. It takes minutes, so that it is skipped
unless asked for: ``make test-chaos``. Linux only; needs no root.
"""
