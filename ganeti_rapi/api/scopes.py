"""Scopes: which objects a permission is for, such as ``tag=team-a``. Data and pure functions.

A grant without a scope is for all objects. One with a scope is for those that the scope takes, and
who has several has what any of them takes. What a scope cannot judge, it does not take.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from fnmatch import translate

from attrs import frozen

ANY = "any"
"""The kind of permissions that are for objects of several kinds."""

KINDS: Mapping[str, str] = {
    "instances": "instance",
    "nodes": "node",
    "groups": "group",
    "networks": "network",
    "jobs": "job",
    "events": "job",
    "tags": ANY,
    "query": ANY,
}
"""The kind of a permission's objects, by the first word of its name. Others have none."""

CONDITIONS: Mapping[str, Collection[str]] = {
    "instance": ("tag", "name", "node", "group"),
    "node": ("tag", "name", "node", "group"),
    "group": ("tag", "name", "group"),
    "network": ("tag", "name"),
    "job": ("tag", "name", "node", "group", "owner"),
    ANY: ("tag", "name", "node", "group", "owner"),
}
"""What scopes can ask of objects of each kind. A job is judged by the objects that it is for."""

OWNER = "owner"


def kind_of(permission: str) -> str | None:
    """The kind of a permission's objects; None if it is for the cluster as a whole."""
    return KINDS.get(permission.partition(".")[0])


@frozen
class Traits:
    """What scopes judge an object by.

    ``node`` is an instance's primary node or a node itself, ``group`` the group of that node or a
    group itself; None for what has none.
    """

    kind: str
    name: str
    uuid: str = ""
    tags: frozenset[str] = frozenset()
    node: str | None = None
    group: str | None = None


@frozen
class Scope:
    """One condition: ``by`` is ``tag``, ``name``, ``node``, ``group`` or ``owner``.

    ``pattern`` may have ``*``, ``?`` and ``[…]``. One without a dot also fits the first part of a
    host's name, as everywhere in Ganeti: ``web*`` and ``web1`` fit ``web1.example.com``.
    """

    by: str
    pattern: str = ""

    def fits(self, permission: str) -> bool:
        """Whether the permission is for objects that this can judge."""
        return self.by in CONDITIONS.get(kind_of(permission) or "", ())

    def takes(self, traits: Traits) -> bool:
        """Whether it is for this object."""
        fits = self.fitting(traits.kind)
        if self.by == "tag":
            return any(map(fits, traits.tags))
        text = {"name": traits.name, "node": traits.node, "group": traits.group}.get(self.by)
        return text is not None and fits(text)

    def fitting(self, kind: str) -> Callable[[str], bool]:
        """Whether the pattern fits a text, which is of an object of that kind."""
        match = re.compile(translate(self.pattern)).match
        is_host = self.by == "node" or (self.by == "name" and kind in ("instance", "node"))
        if is_host and "." not in self.pattern:
            return lambda text: bool(match(text) or match(text.partition(".")[0]))
        return lambda text: match(text) is not None


def read_scope(text: str) -> Scope | None:
    """The scope that stands behind a grant's colon; None if it is none."""
    if text == OWNER:
        return Scope(OWNER)
    by, equals, pattern = text.partition("=")
    return Scope(by, pattern) if equals and pattern and by in CONDITIONS["instance"] else None


@frozen
class Selection:
    """The objects that any of some scopes takes; with no scopes, none.

    ``user`` is whose jobs are taken, whatever they are for: who may see some jobs sees her own.
    """

    scopes: frozenset[Scope]
    user: str

    def takes(self, traits: Traits) -> bool:
        """Whether an object is among them."""
        return any(scope.takes(traits) for scope in self.scopes)

    def takes_job(self, owners: Collection[str], subjects: Collection[Traits | None]) -> bool:
        """Whether a job is among them, by who submitted it and what it is for.

        ``subjects`` are all of its objects, None for one that is not there; without any, nobody
        but its owner sees it.
        """
        if not self.scopes:
            return False
        if self.user in owners:
            return True
        return bool(subjects) and all(each is not None and self.takes(each) for each in subjects)

    @property
    def asks_for_traits(self) -> bool:
        """Whether a job's objects have to be known to judge it."""
        return any(scope.by != OWNER for scope in self.scopes)


@frozen
class View:
    """What a user sees and touches whose permissions are for some objects only.

    ``permissions`` are all that the user has. ``scoped`` has the scopes of those that are not for
    all objects: pairs of permission and scope.
    """

    user: str
    permissions: frozenset[str]
    scoped: frozenset[tuple[str, Scope]]

    def selection(self, *permissions: str) -> Selection | None:
        """The objects that any of these permissions is for; None if that is all objects."""
        scopes: set[Scope] = set()
        for permission in self.permissions.intersection(permissions):
            found = {scope for name, scope in self.scoped if name == permission}
            if not found:
                return None
            scopes |= found
        return Selection(frozenset(scopes), self.user)

    def sight(self, kind: str) -> Selection | None:
        """The objects of a kind that the user may know of; None if that is all."""
        return self.selection(f"{kind}s.list", f"{kind}s.query", "query.all")
