"""The control interface of a simulated cluster: what tests do behind the API's back.

`faults` are what goes wrong on demand, `states` are snapshots of the whole cluster, and `web` is
the interface itself, HTTP and JSON on an endpoint of its own.
"""
