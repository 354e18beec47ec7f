"""The job queue of the simulated daemon.

``queue`` is what clients talk to; ``submission`` makes a ``job`` of the opcodes that they hand in.
``backlog`` says which job starts next, ``execution`` takes it through its opcodes, ``locks`` order
those that touch the same thing, and ``waits`` tells the clients that wait for a change.
"""
