"""`rapi dump`: a cluster as the file that ``--simulate FILE`` reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ganeti_rapi.client.cli.anonymous import anonymous
from ganeti_rapi.client.cli.commands import command, flag
from ganeti_rapi.client.cli.output import DATA
from ganeti_rapi.client.cli.running import Session
from ganeti_rapi.client.errors import RapiError

if TYPE_CHECKING:
    from ganeti_rapi.client.methods import AllMethods

Row = Mapping[str, Any]  # Any, in this module: JSON

FIELDS: Mapping[str, str] = {
    "group": """
        name uuid alloc_policy custom_ndparams custom_ipolicy custom_diskparams tags serial_no
    """,
    "node": """
        name uuid group pip sip mtotal mnode dtotal ctotal csockets offline drained
        master_candidate master_capable vm_capable custom_ndparams tags serial_no
    """,
    "network": """
        name uuid network gateway network6 gateway6 mac_prefix tags serial_no group_list
    """,
    "instance": """
        name uuid os hypervisor disk_template pnode snodes admin_state admin_state_source
        oper_state status disk.sizes disk.names disk.uuids nic.macs nic.ips nic.names
        nic.networks.names custom_nicparams custom_beparams custom_hvparams custom_osparams
        network_port tags serial_no
    """,
    "filter": "uuid priority predicates action",
}
"""What is asked of each kind of object."""

SETTINGS = """
    beparams candidate_pool_size default_iallocator diskparams file_storage_dir hvparams ipolicy
    mac_prefix master_netdev max_running_jobs max_tracked_jobs ndparams nicparams os_hvp osparams
    shared_file_storage_dir software_version
"""
"""The settings of the cluster that are kept as they are."""


async def described(client: AllMethods) -> dict[str, Any]:
    """The cluster of a server, in the form of a file."""
    info = await client.get_info()
    rows = {kind: await _rows(client, kind) for kind in FIELDS}
    return {
        "cluster": _cluster(info),
        "groups": list(map(_group, rows["group"])),
        "nodes": list(map(_node, rows["node"])),
        "oses": await _oses(client),
        "networks": list(map(_network, rows["network"])),
        "instances": list(map(_instance, rows["instance"])),
        "filters": [_without_nulls(row) for row in rows["filter"]],
        "jobs": 0,
    }


async def _rows(client: AllMethods, kind: str) -> list[Row]:
    names = FIELDS[kind].split()
    answer = await client.query(kind, names)
    return [
        {name: value for name, (status, value) in zip(names, row) if status == 0}
        for row in answer["data"]
    ]


async def _oses(client: AllMethods) -> list[Row]:
    """The operating systems; a stock server tells their names with each variant only."""
    try:
        systems = await client.get_operating_systems()
    except RapiError:
        return _from_names(await client.list_operating_systems())
    return [
        {
            "name": system["name"],
            "variants": system["variants"],
            "parameters": {each["name"]: each["description"] for each in system["parameters"]},
        }
        for system in systems
    ]


def _from_names(names: Sequence[str]) -> list[Row]:
    variants: dict[str, list[str]] = {}
    for name in names:
        base, _, variant = name.partition("+")
        variants.setdefault(base, []).extend([variant] if variant else [])
    return [{"name": base, "variants": found} for base, found in variants.items()]


def _cluster(info: Row) -> Row:
    return _without_nulls(
        {
            "name": info["name"],
            "uuid": info["uuid"],
            "master": info["master"],
            "hypervisors": info["enabled_hypervisors"],
            "disk_templates": info["enabled_disk_templates"],
            "tags": info["tags"],
            "settings": {name: info[name] for name in SETTINGS.split() if name in info},
        }
    ) | {"volume_group": info["volume_group_name"] or None}


def _group(row: Row) -> Row:
    keys = ("ndparams", "ipolicy", "diskparams")
    custom = {key: row[f"custom_{key}"] for key in keys if row.get(f"custom_{key}")}
    kept = {key: row.get(key) for key in ("name", "uuid", "alloc_policy", "tags", "serial_no")}
    return _without_nulls({**kept, **custom})


def _node(row: Row) -> Row:
    state = "offline" if row["offline"] else "drained" if row["drained"] else "online"
    silent = state == "online" and "mtotal" not in row and row["vm_capable"]
    kept = "name uuid group master_candidate master_capable vm_capable tags serial_no"
    return _without_nulls(
        {
            **{key: row.get(key) for key in kept.split()},
            "state": "down" if silent else state,
            "primary_ip": row["pip"],
            "secondary_ip": row["sip"],
            "memory": row.get("mtotal"),
            "memory_own": row.get("mnode"),
            "disk": row.get("dtotal"),
            "cpus": row.get("ctotal"),
            "sockets": row.get("csockets"),
            "ndparams": row.get("custom_ndparams") or None,
        }
    )


def _network(row: Row) -> Row:
    groups = {}
    for name, mode, link, *vlan in row.get("group_list") or []:
        groups[name] = {"mode": mode, "link": link, "vlan": vlan[0] if vlan else ""}
    kept = "name uuid network gateway network6 gateway6 mac_prefix tags serial_no"
    return _without_nulls({**{key: row.get(key) for key in kept.split()}, "groups": groups})


def _instance(row: Row) -> Row:
    by_user = row["admin_state"] == "down" and row.get("admin_state_source") == "user"
    custom = {
        key: row[f"custom_{key}"] or None
        for key in ("beparams", "hvparams", "osparams")
        if f"custom_{key}" in row
    }
    kept = "name uuid os hypervisor disk_template network_port tags serial_no"
    return _without_nulls(
        {
            **{key: row.get(key) for key in kept.split()},
            "primary": row["pnode"],
            "secondary": next(iter(row["snodes"]), None),
            "state": "user_down" if by_user else row["admin_state"],
            "running": row.get("oper_state", row["status"] == "running"),
            "disks": _disks(row),
            "nics": _nics(row),
            **custom,
        }
    )


def _disks(row: Row) -> list[Row]:
    columns = zip(row["disk.sizes"], row["disk.names"], row["disk.uuids"])
    return [_without_nulls({"size": size, "name": n, "uuid": u}) for size, n, u in columns]


def _nics(row: Row) -> list[Row]:
    keys = {
        "mac": "nic.macs",
        "ip": "nic.ips",
        "name": "nic.names",
        "network": "nic.networks.names",
    }
    columns = zip(*(row[field] for field in (*keys.values(), "custom_nicparams")))
    names = (*keys, "params")
    return [_without_nulls(dict(zip(names, column))) for column in columns]


def _without_nulls(row: Row) -> dict[str, Any]:
    return {key: value for key, value in row.items() if value is not None}


def _dump(session: Session, anonymous_: bool | None = None) -> None:
    file = session.ask(described)
    write = DATA.get(session.output, DATA["yaml"])
    session.out.line(write(anonymous(file) if anonymous_ else file))


DUMP = command(
    "dump",
    "",
    _dump,
    [
        flag(
            "--anonymous",
            "anonymous_",
            help="Without names, addresses, UUIDs, tags and free texts.",
        )
    ],
)
