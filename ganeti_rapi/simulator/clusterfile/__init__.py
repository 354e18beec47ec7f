"""Clusters that people describe in files, in YAML or JSON, for ``--simulate FILE``.

`read_cluster` is all that others need. Its parts: `text` knows in which line each value stands,
`schema` says what a file may hold, and `building` makes a cluster of it.
"""
