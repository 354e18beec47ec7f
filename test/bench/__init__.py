"""Benchmarks: programs that measure and print. They assert nothing about times; tests do not, either.

Run them from the top directory, for example ``python -m test.bench.waits``.
"""
