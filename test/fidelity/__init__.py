"""What a real luxid did, step by step, and whether the simulated one does the same.

`steps` are the requests. `record` sends them to a daemon in front of a real luxid and writes
`cluster.yaml`, the cluster as it was, and `recorded.json`, what came of each step. The test suite
replays them on the simulated cluster of that file: statuses, replies, the ends of jobs and what
they leave behind are the same. Texts of errors, times and random names are not compared.
"""
