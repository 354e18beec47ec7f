"""Who may call a method of a resource: permissions, the roles made of them, and two sets of rules.

The names are those of Ganeti 3.2, whose users file grants them one by one or by roles. What no
Ganeti has is named in the same way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum

from attrs import frozen

from ganeti_rapi.api.scopes import Scope, read_scope

PUBLIC = "public"
"""In place of a permission: none is needed, and no user either."""


class Rules(Enum):
    """The release of Ganeti whose rules hold where the two disagree.

    Under those of 3.0, what is ``open`` is so to anyone. Under those of 3.2, everything needs its
    permission but what is public.
    """

    GANETI_3_0 = "3.0"
    GANETI_3_2 = "3.2"


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


READONLY = _names("""
    cluster.info os.list tags.get query.all filter.list filter.query
    jobs.list jobs.query nodes.list nodes.query nodes.role.query
    instances.list instances.query instances.info
    groups.list groups.query networks.list networks.query
    events.read openapi.read queue.query watcher.query tags.search
    cluster.config cluster.capacity cluster.balance extstorage.list
""")

OPERATOR = READONLY | _names("""
    instances.startup instances.shutdown instances.reboot instances.migrate instances.failover
    instances.replace_disks instances.query.console instances.console
    instances.export.prepare instances.export.create instances.export.remove
""")

WAITER = _names("jobs.wait")
"""What an operator lacks in Ganeti to wait for the jobs that she may submit."""

ADMIN = (
    OPERATOR
    | WAITER
    | _names("""
    jobs.archive jobs.priority queue.modify watcher.modify
    cluster.verify cluster.repair_disk_sizes cluster.rename cluster.renew_crypto
    cluster.master_ip cluster.allocator
    groups.evacuate groups.verify instances.move instances.change_group
    nodes.remove nodes.volumes.query nodes.power.query nodes.power.modify nodes.health.query
    nodes.restricted_command
    cluster.modify cluster.redistribute_config tags.set tags.delete
    filter.create filter.modify filter.remove jobs.cancel
    nodes.powercycle nodes.role.modify nodes.evacuate nodes.migrate nodes.modify
    nodes.storage.query nodes.storage.modify nodes.storage.repair
    networks.create networks.remove networks.connect networks.disconnect networks.modify
    networks.rename groups.create groups.delete groups.modify groups.rename groups.assign_nodes
    instances.create instances.multi_alloc instances.remove instances.reinstall
    instances.activate_disks instances.deactivate_disks instances.recreate_disks
    instances.rename instances.modify instances.grow_disk
    metrics.read
""")
)
"""All that there are."""

ROLES: Mapping[str, frozenset[str]] = {
    "@readonly": READONLY,
    "@operator": OPERATOR,
    "@waiter": WAITER,
    "@admin": ADMIN,
}
"""By the names that the users file has for them. All but ``@waiter`` are Ganeti's."""

SHOWS_NOTHING = _names("openapi.read")
"""What shows nothing of the cluster: a role has it whatever its scope."""

OPTIONS: Mapping[Rules, Mapping[str, frozenset[str]]] = {
    Rules.GANETI_3_0: {
        "read": READONLY | {"instances.query.console"},
        "write": ADMIN,
        "all": ADMIN,
    },
    Rules.GANETI_3_2: {"read": READONLY, "write": ADMIN, "all": ADMIN},
}
"""What the options of older users files grant."""


@frozen
class Grants:
    """What options grant.

    ``scoped`` has the scopes of the permissions that are not for all objects: pairs of permission
    and scope. ``unknown`` are the options that mean nothing, ``misplaced`` those whose scopes do.
    """

    permissions: frozenset[str]
    scoped: frozenset[tuple[str, Scope]] = frozenset()
    unknown: frozenset[str] = frozenset()
    misplaced: frozenset[str] = frozenset()


def grants(options: Iterable[str], rules: Rules) -> Grants:
    """What the options of a user grant, in whatever order they stand.

    Roles and the older options first, then names with or without a plus are added, and in the end
    those with a minus are taken away. ``instances.*`` stands for all names that begin so. Behind a
    colon there may be a `Scope`; of a role, that leaves the permissions that it can judge.
    """
    added: set[str] = set()
    scoped: set[tuple[str, Scope]] = set()
    removed: set[str] = set()
    unknown: set[str] = set()
    misplaced: set[str] = set()
    for option in options:
        words, colon, condition = option.partition(":")
        meant = _meant(words, rules)
        scope = read_scope(condition)
        if not meant:
            unknown.add(option)
        elif words.startswith("-"):
            removed |= meant  # all of it: who writes a minus wants less, not more
            misplaced |= {option} if colon else set()
        elif not colon:
            added |= meant
        elif scope is None or not any(map(scope.fits, meant)):
            misplaced.add(option)
        else:
            scoped |= {(name, scope) for name in meant if scope.fits(name)}
            added |= meant & SHOWS_NOTHING
    limited = frozenset(pair for pair in scoped if pair[0] not in added | removed)
    permissions = frozenset({*added, *(name for name, _ in limited)} - removed)
    return Grants(permissions, limited, frozenset(unknown), frozenset(misplaced))


def _meant(words: str, rules: Rules) -> frozenset[str]:
    """The permissions that an option without its scope is about; none if it means nothing."""
    sets = {**ROLES, **OPTIONS[rules]}
    return sets[words] if words in sets else _named(words[1:] if words[:1] in "+-" else words)


def _named(name: str) -> frozenset[str]:
    """The permissions of a name, or of a pattern that ends in ``.*``; none if there are none."""
    if name.endswith(".*"):
        return frozenset(each for each in ADMIN if each.startswith(name[:-1]))
    return ADMIN & {name}
