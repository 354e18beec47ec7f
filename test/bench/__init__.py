"""Benchmarks: programs that measure and print. Like the tests, they assert nothing about times.

Run them from the top directory, for example ``python -m test.bench.waits``.
"""
