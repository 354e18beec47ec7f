"""`GanetiRapiClient`: a client for scripts, with the methods and results of Ganeti's own.

In a script for Ganeti's client, only the import changes. Beside the class there are the module's
other names: errors, constants, `GenericCurlConfig` and `UsesRapiClient`.
"""

from __future__ import annotations

from ganeti_rapi.client.blocking import constants
from ganeti_rapi.client.blocking.cluster import (
    ClusterMethods,
    EpochNano,
    FilterMethods,
    JobMethods,
)
from ganeti_rapi.client.blocking.constants import *  # noqa: F403  # the constants of a namesake
from ganeti_rapi.client.blocking.curl import GenericCurlConfig, UsesRapiClient
from ganeti_rapi.client.blocking.errors import CertificateError, Error, GanetiApiError
from ganeti_rapi.client.blocking.groups import GroupMethods, NetworkMethods
from ganeti_rapi.client.blocking.instances import (
    DiskMethods,
    InstanceActionMethods,
    InstanceMethods,
)
from ganeti_rapi.client.blocking.lists import ListMethods
from ganeti_rapi.client.blocking.nodes import NodeMethods

__all__ = [
    "CertificateError",
    "EpochNano",
    "Error",
    "GanetiApiError",
    "GanetiRapiClient",
    "GenericCurlConfig",
    "UsesRapiClient",
    *(name for name in vars(constants) if name.isupper()),
]


class GanetiRapiClient(
    ClusterMethods,
    NodeMethods,
    InstanceMethods,
    InstanceActionMethods,
    DiskMethods,
    GroupMethods,
    NetworkMethods,
    FilterMethods,
    JobMethods,
    ListMethods,
):
    """A cluster's remote API, for scripts: every method waits for its result.

    The methods are those of `RapiClient` by the names that Ganeti's own client has for them, and
    may be called from any thread. They raise `GanetiApiError`. Reads leave no trail, so that
    ``reason`` means nothing to them. ``GetPage``, ``GetChanges``,
    ``Once``, ``UnlessChanged`` and ``WithCommon`` are ours.

    Two calls do what they say, unlike those of Ganeti's client: ``MigrateNode`` with ``dry_run``
    migrates nothing, and ``CreateNetwork`` needs no ``tags``.

    As with Ganeti's client, the server's certificate is NOT CHECKED unless ``curl_config_fn`` is a
    `GenericCurlConfig` that names authorities. ``logger`` is told of each request at the level
    debug. ``curl_factory`` is not supported. A client needs no event loop and no thread of its own:
    it may be used before and after a fork, and beside a reactor that runs, which waits meanwhile.
    """
