"""Who may call a method of a resource: permissions, the roles made of them, and two sets of rules.

The names are those of Ganeti 3.2, whose users file grants them one by one or by roles. What no
Ganeti has is named in the same way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum

from attrs import frozen

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
    events.read openapi.read
""")

OPERATOR = READONLY | _names("""
    instances.startup instances.shutdown instances.reboot instances.migrate instances.failover
    instances.replace_disks instances.query.console
    instances.export.prepare instances.export.create instances.export.remove
""")

WAITER = _names("jobs.wait")
"""What an operator lacks in Ganeti to wait for the jobs that she may submit."""

ADMIN = (
    OPERATOR
    | WAITER
    | _names("""
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
    """What options grant. ``unknown`` are those that mean nothing."""

    permissions: frozenset[str]
    unknown: frozenset[str] = frozenset()


def grants(options: Iterable[str], rules: Rules) -> Grants:
    """What the options of a user grant, in whatever order they stand.

    Roles and the older options first, then names with or without a plus are added, and in the end
    those with a minus are taken away. ``instances.*`` stands for all names that begin so.
    """
    added: set[str] = set()
    removed: set[str] = set()
    unknown: set[str] = set()
    sets = {**ROLES, **OPTIONS[rules]}
    for option in options:
        name = option.removeprefix("+") if not option.startswith("-") else option[1:]
        meant = sets[option] if option in sets else _named(name)
        if not meant:
            unknown.add(option)
        elif option.startswith("-"):
            removed |= meant
        else:
            added |= meant
    return Grants(frozenset(added - removed), frozenset(unknown))


def _named(name: str) -> frozenset[str]:
    """The permissions of a name, or of a pattern that ends in ``.*``; none if there are none."""
    if name.endswith(".*"):
        return frozenset(each for each in ADMIN if each.startswith(name[:-1]))
    return ADMIN & {name}
