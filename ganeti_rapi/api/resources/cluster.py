"""The resources of the cluster as a whole."""

from __future__ import annotations

from ganeti_rapi.api.access import PUBLIC
from ganeti_rapi.api.arguments import BULK
from ganeti_rapi.api.bodies import Parameters
from ganeti_rapi.api.cells import Constant, Handler
from ganeti_rapi.api.forms import Argument
from ganeti_rapi.api.handlers import cluster, tags
from ganeti_rapi.api.resource import Resource
from ganeti_rapi.api.resources.shared import tags_of
from ganeti_rapi.api.schemas import INTEGER, NAMES, component
from ganeti_rapi.api.submissions import Submit

FEATURES = (
    "instance-create-reqv1",
    "instance-reinstall-reqv1",
    "node-migrate-reqv1",
    "node-evac-res1",
)
"""What clients ask for before they use a newer form of a request."""

CLUSTER = (
    Resource(
        "version",
        "/version",
        "The version of the remote API.",
        {
            "GET": Constant(
                doc="Show the version of the API.",
                permission=PUBLIC,
                reply="The number 2.",
                reply_schema=INTEGER,
                value=2,
            )
        },
    ),
    Resource(
        "info",
        "/2/info",
        "The cluster.",
        {
            "GET": Handler(
                doc="Show the cluster's settings.",
                permission="cluster.info",
                reply="An object with the settings.",
                reply_schema=component("Cluster"),
                function=cluster.info,
                shared=True,
            )
        },
    ),
    Resource(
        "features",
        "/2/features",
        "What this server can do beyond the first version of the API.",
        {
            "GET": Constant(
                doc="List the features.",
                permission=PUBLIC,
                reply="A list of feature names.",
                reply_schema=NAMES,
                value=FEATURES,
            )
        },
    ),
    Resource(
        "os",
        "/2/os",
        "The operating systems that instances can be installed with.",
        {
            "GET": Handler(
                doc="List the operating systems. Runs a job and waits for it.",
                permission="os.list",
                reply="A list of names with variants, or of details.",
                reply_schema=cluster.OS_REPLY,
                query=(BULK,),
                function=cluster.operating_systems,
                shared=True,
                follows_job=True,
            )
        },
    ),
    Resource(
        "redist_config",
        "/2/redistribute-config",
        "The configuration's copies on the nodes.",
        {
            "PUT": Submit(
                doc="Send the cluster's configuration to all nodes again.",
                permission="cluster.redistribute_config",
                opcode="OP_CLUSTER_REDIST_CONF",
            )
        },
    ),
    Resource(
        "cluster_modify",
        "/2/modify",
        "The cluster's parameters.",
        {
            "PUT": Submit(
                doc="Change parameters of the cluster.",
                permission="cluster.modify",
                opcode="OP_CLUSTER_SET_PARAMS",
                body=Parameters(required=True),
                forbidden=frozenset({"compression_tools"}),
            )
        },
    ),
    tags_of("cluster", "the cluster", "tags", "/2/tags"),
    Resource(
        "tags_search",
        "/2/tags-search",
        "The tags of all objects.",
        {
            "GET": Handler(
                doc="Find what has tags that a pattern fits. Runs a job and waits for it.",
                permission="tags.search",
                reply="A list of objects and their tags.",
                reply_schema=tags.SEARCH_REPLY,
                open=False,
                query=(
                    Argument(
                        "pattern",
                        "A regular expression, searched for in the tags.",
                        required=True,
                    ),
                ),
                function=tags.search,
                shared=True,
                follows_job=True,
            )
        },
    ),
)
