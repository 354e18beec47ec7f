"""Ganeti's opcodes that no method of a resource submits for its client, and why."""

from __future__ import annotations

from collections.abc import Mapping

WAITED_FOR: Mapping[str, str] = {
    "OP_EXT_STORAGE_DIAGNOSE": "GET /2/ext-storage",
    "OP_OS_DIAGNOSE": "GET /2/os",
    "OP_TAGS_SEARCH": "GET /2/tags-search",
}
"""By opcode, the method that submits it, and answers with the result of the job."""

ANSWERED: Mapping[str, str] = {
    "OP_CLUSTER_CONFIG_QUERY": "GET /2/config",
    "OP_CLUSTER_QUERY": "GET /2/info",
    "OP_INSTANCE_CONSOLE": "GET /2/instances/{instance_name}/console",
    "OP_QUERY": "GET /2/query/{resource}",
    "OP_QUERY_FIELDS": "GET /2/query/{resource}/fields",
    "OP_TAGS_GET": "GET /2/tags",
}
"""By opcode, a method that tells the same without a job: luxid answers it at once."""

LEFT_OUT: Mapping[str, str] = {
    "OP_CLUSTER_DESTROY": "it ends the cluster, and with it whoever would answer",
    "OP_CLUSTER_POST_INIT": "`gnt-cluster init` submits it, before there is a remote API",
    "OP_NODE_ADD": "the new node must be set up over SSH first, as `gnt-node add` does it",
    "OP_TEST_DELAY": "it is for tests of Ganeti itself",
    "OP_TEST_DUMMY": "it is for tests of Ganeti itself",
    "OP_TEST_JQUEUE": "it is for tests of Ganeti itself",
    "OP_TEST_OS_PARAMS": "it is for tests of Ganeti itself",
}
"""The opcodes that cannot be reached, and the reason."""
