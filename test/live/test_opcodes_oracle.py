"""Our table of opcodes against the one that Ganeti 3.0 itself has.

Ganeti's Python library, where it is installed, is run by the system's interpreter in a process of
its own. It tells every opcode's parameters and judges a few hundred values for each of them; our
table must agree. The library decides nothing else: no cluster is needed or touched.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.api.checks import CheckError
from ganeti_rapi.api.opcodes import OPCODES
from ganeti_rapi.api.opcodes.reach import ANSWERED, LEFT_OUT
from ganeti_rapi.api.params import COMMON, REQUIRED, Param

PYTHON = Path("/usr/bin/python3")
LIBRARY = Path("/usr/share/ganeti/3.0")

# Reads {opcode: {parameter: [values]}} and answers {opcode: {"parameters": {name: {"required":,
# "default":}}, "accepted": {parameter: [bool]}}}. A value is judged in an opcode whose other
# required parameters have the first value that suits them. Ganeti wants secret parameters wrapped,
# which its JSON loader does so freely that it makes objects of lists and text; hence ``wrapped``.
ORACLE = """
import json, logging, sys
from ganeti import opcodes, serializer
logging.disable(logging.CRITICAL)

SUITABLE = ["a", 1, [], {}, "local", "create", "replace_auto", "full", "all", "lvm-vg", "bridged",
            "192.0.2.0/24", "cluster", "health", "in", "allocate", 1.5]

def passes(check, value):
    try:
        return bool(check(value))
    except Exception:
        return False

def default_of(default):
    return default() if callable(default) else default

def minimal(params):
    return {name: next(value for value in SUITABLE if passes(check, value))
            for name, default, check, _ in params if not passes(check, default_of(default))}

def wrapped(name, value):
    if not isinstance(value, dict):
        return value
    if name in ("osparams_private", "osparams_secret"):
        return serializer.PrivateDict(value)
    if name == "osparams_private_cluster":
        return {key: wrapped("osparams_private", item) for key, item in value.items()}
    return value

def accepts(opcode, others, name, value):
    try:
        opcode(**others, **{name: wrapped(name, value)}).Validate(True)
    except Exception:
        return False
    return True

def answer(op_id, questions):
    opcode = opcodes.OP_MAPPING[op_id]
    params = opcode.GetAllParams()
    needed = minimal(params)
    opcode(**needed).Validate(True)
    others = lambda name: {other: value for other, value in needed.items() if other != name}
    return {
        "parameters": {name: {"required": not passes(check, default_of(default)),
                              "default": default_of(default)}
                       for name, default, check, _ in params},
        "accepted": {name: [accepts(opcode, others(name), name, value) for value in values]
                     for name, values in questions.items()},
    }

json.dump({op_id: answer(op_id, questions)
           for op_id, questions in json.load(sys.stdin).items()}, sys.stdout)
"""

NEWER_THAN_ORACLE = {"OP_NETWORK_RENAME"}

SCALARS = (
    *(None, True, False, 0, 1, -1, 10, -10, 5, 15, 16, 1.0, 10.0, 1.5, 10**30),
    *("", "a", "1", "-1", " ", "A", "live", "add", "success"),
)

# Words that are choices somewhere, near misses, and addresses.
WORDS = (
    *("non-live", "Live", "local", "remote", "create", "import", "remote-import", "soft", "hard"),
    *("full", "all", "primary-only", "secondary-only", "replace_auto", "replace_on_primary"),
    *("replace_on_secondary", "replace_new_secondary", "preferred", "last_resort", "unallocable"),
    *("blockdev", "diskless", "drbd", "ext", "file", "gluster", "plain", "rbd", "sharedfile"),
    *("lvm-pv", "lvm-vg", "rados", "blktap", "blktap2", "loop", "admin", "user", "modify"),
    *("attach", "detach", "remove", "canceled", "error", "running", "bridged", "openvswitch"),
    *("pool", "routed", "cluster", "instance", "network", "node", "nodegroup", "group", "kvm"),
    *("chroot", "fake", "lxc", "xen-hvm", "xen-pvm", "xen", "DRBD", "drbd8", "none"),
    *("192.0.2.1", "192.0.2.01", "192.0.2", "192.0.2.256", "192.0.2.1 ", "192.0.2.0/24"),
    *("192.0.2.1/24", "192.0.2.0/33", "192.0.2.0/", "192.0.2.0/255.255.255.0", "192.0.2.0/024"),
    *("192.0.2.0/0.0.0.255", "192.0.2.0/24/1", "2001:db8::1", "2001:db8::/32", "::", "::/0"),
    *("2001:db8::1/32", "::/129", "::1::", "::192.0.2.1", "fe80::1%eth0", "fe80::%1/64", "1::g"),
)

SHAPES: tuple[Callable[[Any], Any], ...] = (  # Any: the values are JSON of every shape
    lambda value: [value],
    lambda value: [value, value],
    lambda value: {"size": value},
    lambda value: {"ip": value},
    lambda value: {"drbd": value},
    lambda value: {"kvm": {"key": value}},
    lambda value: [{"size": value}],
    lambda value: [{"ip": value}],
    lambda value: [["add", value]],
    lambda value: [["modify", value, {}]],
    lambda value: [[value, {}]],
    lambda value: [[value, 0, {"size": 1}]],
    lambda value: [["add", -1, {"link": value}]],
    lambda value: [[0, {"size": value}]],
    lambda value: [[value, ["success"]]],
    lambda value: [[1, [value]]],
    lambda value: [[value, value]],
    lambda value: {"drbd": {"key": value}, "plain": {}},
)

OTHERS: tuple[Any, ...] = (  # Any: as above
    *([], {}, [[]], [{}], {"": 1}, [{"": 1}], {"": {}}, {"size": {}}, {"unknown": {}}, [[0]]),
    *([0, [0, {}]], [["add", {}], ["add", 0, {}]], [["add", 0, {}, 1]], [["modify", {}]]),
    *([[0, {}], ["add", {}]], [["remove", -1, {}]], [["Add", -1, {}]], [["add", "name", {}]]),
    *([[1, [], 1]], [[1]], [["1", []]], [["01", ["error", "canceled"]]], [[1, "success"]]),
    *([[["a"], []]], [["add", 0, []]], [["add", [], {}]], [[{}, {}]], [[1, 2], [3, 4]]),
    [[[[[[[[[["deep"]]]]]]]]]],
)

VALUES = (
    *SCALARS,
    *WORDS,
    *([word] for word in WORDS),
    *({word: {}} for word in WORDS),
    *(shape(scalar) for shape in SHAPES for scalar in SCALARS),
    *OTHERS,
)

# Where we refuse what Ganeti's Python accepts, because luxid does not. Ganeti compares a priority
# with ==, by which false is 0, and takes any Unicode digits, and a newline, for a job id's.
STRICTER: dict[str, tuple[Any, ...]] = {  # Any: as above
    "priority": (False,),
    "depends": ([["1\n", []]], [["\u0661", []]]),
    **dict.fromkeys(("ignore_errors", "skip_checks"), ("", {})),
}

NEWER: dict[str, tuple[Any, ...]] = {"network_mode": ("ext",)}  # Any: as above
"""Values that a newer Ganeti accepts than the oracle's."""

READ_BY_TYPE = {
    ("OP_INSTANCE_CREATE", "disks"): "size",
    ("OP_INSTANCE_RECREATE_DISKS", "disks"): "size",
    ("OP_INSTANCE_SET_PARAMS", "disks"): "size",
    ("OP_INSTANCE_SET_PARAMS", "nics"): "link",
    ("OP_CLUSTER_SET_PARAMS", "nicparams"): "link",
    ("OP_INSTANCE_CREATE", "nics"): "link",
}
"""The parameters in which luxid reads each key by its type, where Python takes any string."""

# Ganeti loads the nested opcodes together with the one around them, and so judges them too. Here
# whoever takes the request checks each of them as the OP_INSTANCE_CREATE that it is.
NESTED = ("OP_INSTANCE_MULTI_ALLOC", "instances")


def parameters() -> Iterator[tuple[str, Param]]:
    """Every opcode's own parameters; the common ones with one opcode only."""
    for opcode in OPCODES.values():
        if opcode.name not in NEWER_THAN_ORACLE:
            yield from ((opcode.name, param) for param in opcode.params)
    yield from (("OP_TAGS_SET", param) for param in COMMON)


def submitted(param: Param, value: Any) -> tuple[bool, Any]:  # Any: as above
    """Whether we accept the value; and what we would submit, or else the value itself."""
    try:
        return True, param.check(value)
    except CheckError:
        return False, value


def is_known_difference(op_id: str, name: str, value: Any) -> bool:  # Any: as above
    if (op_id, name) == NESTED:
        return isinstance(value, list)
    if (op_id, name) in READ_BY_TYPE and READ_BY_TYPE[op_id, name] in repr(value):
        return not submitted(OPCODES[op_id].parameters[name], value)[0]
    known_values = (*STRICTER.get(name, ()), *NEWER.get(name, ()))
    # By repr, since False == 0.
    return any(repr(value) == repr(known) for known in known_values)


@cache
def ask_oracle() -> dict[str, Any]:  # Any: as the script's comment says
    """What Ganeti says of all opcodes, and of the values as we would submit them."""
    questions: dict[str, dict[str, Any]] = {name: {} for name in OPCODES.keys() - NEWER_THAN_ORACLE}
    for op_id, param in parameters():
        asked = (*VALUES, *STRICTER.get(param.name, ()))
        questions[op_id][param.name] = [submitted(param, value)[1] for value in asked]
    answers: dict[str, Any] = json.loads(run_python(ORACLE, json.dumps(questions)))
    return answers


def run_python(script: str, given: str = "") -> str:
    """What a script prints that uses Ganeti's library."""
    process = subprocess.run(
        [PYTHON, "-c", f"import json\nfrom ganeti import opcodes\n{script}"],
        input=given,
        env={**os.environ, "PYTHONPATH": str(LIBRARY), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return process.stdout


class OpcodesOracleTests(SynchronousTestCase):
    if not (LIBRARY / "ganeti" / "opcodes.py").exists():
        skip = f"Ganeti 3.0's Python library is not installed in {LIBRARY}"

    def setUp(self) -> None:
        self.oracle = ask_oracle()

    def test_every_opcode_is_reached_or_left_out(self) -> None:
        names = set(json.loads(run_python("print(json.dumps([*opcodes.OP_MAPPING]))")))
        self.assertEqual(names - {*OPCODES, *ANSWERED, *LEFT_OUT}, set())
        reached = names - LEFT_OUT.keys()
        self.assertGreaterEqual(len(reached), 68)

    def test_parameters_are_ganetis(self) -> None:
        for op_id, answer in self.oracle.items():
            ours = {
                name: {
                    "required": param.required,
                    "default": None if param.default is REQUIRED else param.default,
                }
                for name, param in OPCODES[op_id].parameters.items()
            }
            self.assertEqual(ours, answer["parameters"], op_id)

    def test_what_we_submit_is_what_ganeti_accepts(self) -> None:
        disagreements = []
        for op_id, param in parameters():
            judged = zip(VALUES, self.oracle[op_id]["accepted"][param.name], strict=False)
            for value, theirs in judged:
                ours = submitted(param, value)[0]
                if ours != theirs and not is_known_difference(op_id, param.name, value):
                    disagreements.append(f"{op_id}.{param.name} {value!r}: ours {ours}")
        self.assertEqual(disagreements, [])

    def test_only_one_and_zero_are_submitted_as_something_else(self) -> None:
        # In Python True == 1 and False == 0, so that all other changes show.
        for op_id, param in parameters():
            for value in VALUES:
                accepted, changed = submitted(param, value)
                if accepted:
                    self.assertEqual(changed, value, f"{op_id}.{param.name}")

    def test_stricter_values_are_refused_by_us_only(self) -> None:
        for op_id, param in parameters():
            known = STRICTER.get(param.name, ())
            for value in known:
                self.assertFalse(submitted(param, value)[0], f"{op_id}.{param.name} {value!r}")
            theirs = self.oracle[op_id]["accepted"][param.name][len(VALUES) :]
            self.assertEqual(theirs, [True] * len(known), f"{op_id}.{param.name}")
