"""doc/permissions.md: who may do what, from the table: ``python -m ganeti_rapi.api.matrix``."""

from __future__ import annotations

from collections.abc import Iterator

from ganeti_rapi.api.access import OPTIONS, PUBLIC, ROLES, Rules
from ganeti_rapi.api.cells import Cell
from ganeti_rapi.api.resources import RESOURCES

_HEAD = """\
<!-- Made by `make doc` from the table of the API; change ganeti_rapi/api instead. -->

# Permissions

What each method of each resource takes, and which roles have it. In the users file a user has
roles (`@operator`), permissions (`instances.create`, or `+instances.create`), patterns
(`instances.*`), and the older options `read` and `write`, separated by commas. What stands behind a
minus is taken away in the end, wherever it stands: `@admin,-nodes.powercycle`.

    # Starts and stops instances, and waits for the jobs
    olga {ha1}0123456789abcdef0123456789abcdef @operator,@waiter
    # Does all but to power-cycle nodes
    adam {ha1}0123456789abcdef0123456789abcdef @admin,-nodes.powercycle
    # Creates instances, and nothing else beyond what anyone may
    crane {ha1}0123456789abcdef0123456789abcdef instances.create

Names and roles are those of Ganeti 3.2, but for `@waiter`, which has what an operator lacks there
to wait for jobs, for `instances.console`, which opens consoles through the daemon and which an
operator has, and for `events.read`, `metrics.read` and `openapi.read`: no Ganeti has these. An
option that means nothing is ignored, and the log names its line.

`--access-rules` says which release's rules hold where 3.0 and 3.2 disagree:

| | 3.0, the default | 3.2 |
|---|---|---|
| what is marked open below | anyone may, with or without a user | takes its permission |
| a user without options | may what is open | may nothing but what is public |
| `read` | `@readonly`, and `instances.query.console` | `@readonly` |
| `write`, `all` | `@admin` | `@admin` |

With `--require-authentication` even what is open or public takes a user, but for `/healthz` and
`/readyz`.

## Scopes

Behind a role, a permission or a pattern, a colon and a scope leave it for some objects only:

    # Operates what has the tag team-a, and may see the cluster's settings
    tom {cleartext}change-me @operator:tag=team-a,@waiter:tag=team-a,cluster.info,os.list
    # Does all to instances called web…, but removes none
    wanda {ha1}0123456789abcdef0123456789abcdef @admin:name=web*,-instances.remove
    # Watches what is on two nodes
    nora {ha1}0123456789abcdef0123456789abcdef @readonly:node=node1,@readonly:node=node2
    # Creates instances with the tag ci, and sees and cancels the jobs that it submitted
    ci {ha1}0123456789abcdef0123456789abcdef instances.create:tag=ci,jobs.*:owner

| scope | instances | nodes | groups | networks | jobs, events |
|---|---|---|---|---|---|
| `tag=` | with it | with it | with it | with it | of such objects |
| `name=` | called so | called so | called so | called so | of such objects |
| `node=` | with that primary node | called so | | | of such objects |
| `group=` | with a primary node in it | in it | called so | | of such objects |
| `owner` | | | | | submitted by the user |

Patterns may have `*`, `?` and `[…]`; one without a dot also fits the first part of a host's name.
Several scopes of one permission add up; the permission without a scope is for all objects; and
what has a minus is taken away whole. Of a role a scope leaves the permissions for which it means
something: those for the cluster as a whole, such as `cluster.info`, `os.list` and `filter.list`,
are given beside it if they are meant. `query.all` takes each scope as the kind does that is asked
for; locks, filters and exports have none.

* **What is hidden is as if it were not there.** It is in no list, query, job or event, and in no
  count. Reading it is 404; writing to it is 403, as it is for what does not exist. Nodes, groups
  and networks that are shown name only those instances, nodes and groups that the user sees. What
  is shown is shown whole: an instance with its nodes and networks, a node with its free memory, a
  network with its free addresses.
* **Jobs** are those of objects that the scope takes, if they are about nothing else, and always
  the user's own, with all that they tell. The instance that is gone takes its jobs out of sight,
  but for who submitted them.
* **Other objects that a request names**, such as the node to migrate to or the network of an
  interface, must be in the scope of its permission or among what the user sees.
* **What is made** must be in the scope as it is asked for: called so, tagged so, and for `node=`
  and `group=` on a node that is named. Its name may turn out to be taken; that much anyone learns
  who may make things. So must be what is renamed, by its new name. To make an instance of an
  export, to attach a disk that was detached or to adopt a volume takes the permission without a
  scope: they may be of any other instance.
* **The user sees nothing else**, not even what anyone may see without a user under the rules of
  3.0; what is public stays so. Since anyone could still log out to see more, a scope wants
  `--require-authentication` or `--access-rules 3.2`; without either, the log warns of it whenever
  it reads the file.
* A scope limits to which objects things are done, and not what is done to them: who may change an
  instance's hypervisor parameters may change all of them.

## Methods
"""


def document() -> str:
    """The whole of doc/permissions.md."""
    return "\n".join([_HEAD, *_table(), ""])


def _table() -> Iterator[str]:
    roles = [name for name in ROLES if name != "@admin"]
    yield f"| method | permission | open in 3.0 | `read` in 3.0 | {' | '.join(roles)} | @admin |"
    yield "|---" * (len(roles) + 5) + "|"
    for resource in RESOURCES:
        for method, cell in resource.cells.items():
            sets = [
                OPTIONS[Rules.GANETI_3_0]["read"],
                *(ROLES[role] for role in (*roles, "@admin")),
            ]
            marks = ["open" if cell.open else "", *(_mark(cell, each) for each in sets)]
            permission = cell.permission if cell.permission == PUBLIC else f"`{cell.permission}`"
            yield f"| {method} {resource.uri} | {permission} | {' | '.join(marks)} |"


def _mark(cell: Cell, permissions: frozenset[str]) -> str:
    return "yes" if cell.permission == PUBLIC or cell.permission in permissions else ""


if __name__ == "__main__":
    print(document(), end="")
