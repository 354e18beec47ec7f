"""What releases of Ganeti answer differently, for ``--as``. Source: their opcodes and constants.

The simulated cluster is one of release 3.0; a release here is what it has instead.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from attrs import evolve, field, frozen

from ganeti_rapi.simulator.task import OpcodeJson

Json = Any  # Any: JSON of each setting's own shape


@frozen
class Release:
    """One release.

    ``info`` are settings of the cluster, and ``hvparams`` defaults of hypervisors, where None is
    one that there is no more. ``defaults`` are those of opcodes' parameters. It does not know the
    opcodes and parameters that it ``lacks``, nor ``modes`` of networks.
    """

    info: Mapping[str, Json]
    hvparams: Mapping[str, Mapping[str, Json]] = field(factory=dict)
    defaults: Mapping[tuple[str, str], Json] = field(factory=dict)
    lacks: Collection[str] = ()
    lacks_modes: Collection[str] = ()

    def adjust(self, info: dict[str, Json]) -> None:
        """Give the settings of a new cluster this release's."""
        info.update(self.info)
        for hypervisor, changes in self.hvparams.items():
            of_hypervisor = info["hvparams"].get(hypervisor, {})
            for name, value in changes.items():
                of_hypervisor.pop(name, None)
                if value is not None:
                    of_hypervisor[name] = value

    def read(self, op: OpcodeJson) -> OpcodeJson:
        """An opcode with this release's defaults. Raises ValueError for one that it has not."""
        name = op["OP_ID"]
        if name in self.lacks:
            raise ValueError(f"Unknown opcode {name}")
        for parameter in op:
            if f"{name}.{parameter}" in self.lacks and op[parameter] is not None:
                raise ValueError(f"Unknown parameter {name}.{parameter}")
        for mode in _modes_in(op):
            if mode in self.lacks_modes:
                raise ValueError(f"Invalid value for type NICMode: {mode}")
        others = {
            parameter: value
            for (opcode, parameter), value in self.defaults.items()
            if opcode == name and parameter not in op
        }
        return {**op, **others}


def _modes_in(op: OpcodeJson) -> Iterator[str]:
    yield op.get("network_mode", "")
    for nic in op.get("nics") or ():
        values = nic[-1] if isinstance(nic, list) else nic
        if isinstance(values, dict):
            yield values.get("mode", "")


def _versions(software: str, number: int) -> Mapping[str, Json]:
    return {"software_version": software, "protocol_version": number, "config_version": number}


_UNCHECKED = {
    (opcode, check): False
    for opcode in ("OP_INSTANCE_CREATE", "OP_INSTANCE_RENAME")
    for check in ("name_check", "ip_check")
}

_3_0 = Release(
    _versions("3.0.2", 3_000_000),
    lacks=("OP_NETWORK_RENAME",),
    lacks_modes=("ext",),
)

_3_1 = Release(
    _versions("3.1.1", 3_010_000),
    hvparams={
        "kvm": {"disk_discard": "ignore", "vhost_net": True},
        "xen-hvm": {"xen_cmd": None},
        "xen-pvm": {"xen_cmd": None},
    },
    defaults={**_UNCHECKED, ("OP_INSTANCE_SET_PARAMS", "hotplug"): True},
    lacks=("OP_INSTANCE_SET_PARAMS.hotplug_if_possible",),
)

RELEASES: Mapping[str, Release] = {
    "3.0": _3_0,
    "3.1": _3_1,
    "3.2": evolve(_3_1, info=_versions("3.2.0~alpha1", 3_020_000)),
}

OLDEST = "3.0"
"""The one that the simulated cluster is of unless another one is asked for."""
