"""The errors that opcodes end with, in Ganeti's classes and classifications.

The class says when it happened: a failed prerequisite is an ``OpPrereqError``, and nothing was
changed; what fails later is an ``OpExecError``. Clients match on the short texts, so they are part
of the protocol.
"""

from __future__ import annotations

from ganeti_rapi.errors import JobDaemonError


def _prerequisite(text: str, classification: str | None) -> JobDaemonError:
    return JobDaemonError("OpPrereqError", text, classification)


def unknown_entity(text: str) -> JobDaemonError:
    """Something that the opcode names does not exist."""
    return _prerequisite(text, "unknown_entity")


def already_exists(text: str) -> JobDaemonError:
    """Something that should be made exists."""
    return _prerequisite(text, "already_exists")


def wrong_input(text: str) -> JobDaemonError:
    """The parameters contradict each other or the cluster's settings."""
    return _prerequisite(text, "wrong_input")


def wrong_state(text: str) -> JobDaemonError:
    """The object is not in a state that allows this."""
    return _prerequisite(text, "wrong_state")


def insufficient_resources(text: str) -> JobDaemonError:
    """No memory, disk space or node is left."""
    return _prerequisite(text, "insufficient_resources")


def not_unique(text: str) -> JobDaemonError:
    """An address is taken."""
    return _prerequisite(text, "resource_not_unique")


def unresolvable(name: str) -> JobDaemonError:
    """A host name that the cluster cannot look up."""
    text = f"The given name ({name}) does not resolve: Name or service not known"
    return _prerequisite(text, "resolver_error")


def bad_environment(text: str) -> JobDaemonError:
    """A node lacks something that should be set up there."""
    return _prerequisite(text, "environment_error")


def bad_hypervisor(text: str) -> JobDaemonError:
    """A hypervisor that does not exist, or a parameter that it cannot read."""
    return JobDaemonError("HypervisorError", text)


def strange_layout(text: str) -> JobDaemonError:
    """An operation for mirrored disks was asked of an instance without them."""
    return _prerequisite(text, "internal_error")


def unclassified(text: str) -> JobDaemonError:
    """One of the few failed prerequisites that Ganeti gives no classification."""
    return _prerequisite(text, None)


def failed(text: str) -> JobDaemonError:
    """The operation began and went wrong."""
    return JobDaemonError("OpExecError", text)


def wrong_type(text: str) -> JobDaemonError:
    """A parameter in one of the free dicts (``beparams``, ``hvparams``, …) is not acceptable."""
    return JobDaemonError("TypeEnforcementError", text)


def bad_address(text: str) -> JobDaemonError:
    """An address does not fit into its network."""
    return JobDaemonError("AddressPoolError", text)


def bad_tag(text: str) -> JobDaemonError:
    """A tag that cannot be."""
    return JobDaemonError("TagError", text)


def bad_setting(text: str) -> JobDaemonError:
    """A value that makes no sense in the configuration."""
    return JobDaemonError("ConfigurationError", text)
