"""Whether the tests notice changes to the code: ``python -m test.mutants [MODULE…]``.

cosmic-ray changes one thing at a time in a copy of the tree and runs the tests of that module. What
they do not notice is printed: there a test is missing, or the change means the same. A module, such
as ``api/forms.py``, takes some minutes up to an hour; without one, all of them are taken.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
COPIED = ("ganeti_rapi", "test", "twisted", "conf", "doc", "setup.py")

TIMEOUT = 60
"""Seconds. A change that makes the tests take longer than that counts as noticed."""

MEANINGLESS = (
    "core/ReplaceBinaryOperator_BitOr_.*",  # they stand in type hints: str | None
    "core/ReplaceBinaryOperator_Mod_.*",  # the format of bytes, which they make a TypeError
    "core/ReplaceComparisonOperator_(Eq_Is|NotEq_IsNot|Is_Eq|IsNot_NotEq)$",  # of constants
)


ROOMS = ("auth", "http1", "jobs", "luxi", "web")
"""Whose modules are changed, all of them."""

HANDLERS = [f"handlers_{name}" for name in ("cluster", "instances", "jobs", "nodes", "tags")]
FORMS = ["forms", "checks", "cells", "call", "opcodes", *HANDLERS, "cycle", "openapi"]
CELLS = [*FORMS, "lists", "list_changes", "preconditions", "once", "access", "scopes"]
LIFE = ["cycle", "http", "events"]
STEPS = ["content", "heads", "notes", "reply", "visible"]
EVENTS = ["entries", "eventlog", "feed", "journal", "looks", "parts", "picture", "wakeups"]
CHECKS = ["alternatives", "check", "containers", "notations", "scalars"]

TESTS: dict[str, list[str]] = {
    **{f"api/{name}.py": FORMS for name in ("forms", "bodies")},
    **{f"api/{name}.py": CELLS for name in ("cells", "submissions", "lists/listing")},
    **{f"api/checks/{name}.py": FORMS for name in CHECKS},
    **{f"web/{name}.py": LIFE for name in ("cycle", *STEPS)},
    "web/accesslog.py": ["audit", "cycle", "http"],
    "web/audit.py": ["audit"],
    "web/budget.py": ["render", "http"],
    "web/channel.py": ["channel", "http"],
    "web/console_desk.py": ["consoles"],
    "web/expiry.py": ["tls"],
    "web/flow.py": ["channel", "http"],
    "web/identity.py": ["cycle", "sessions", "access", "metrics"],
    "web/render.py": ["render", "cells", "cycle"],
    "web/resumption.py": ["tls"],
    "web/request.py": ["channel", *LIFE],
    "web/routes.py": ["routes", "resources"],
    "web/session.py": ["sessions", "console"],
    "web/site.py": ["channel", "http", "assembly"],
    "web/sliced.py": ["render", "cells", "cycle"],
    "web/tunnel.py": ["consoles", "websocket"],
    "http1/bodies.py": ["http1_bodies", "channel"],
    "http1/head.py": ["http1_head", "http1_parsers", "http"],
    "http1/parsers.py": ["http1_parsers", "channel"],
    "http1/replies.py": ["channel", "http"],
    "luxi/answers.py": ["luxi_doubles", "wrong_shapes", "connection"],
    "luxi/connecting.py": ["connection", "luxi_doubles"],
    "luxi/daemon.py": ["luxi_doubles", "wrong_shapes", "watches"],
    "luxi/pool.py": ["connection", "luxi_doubles", "watches"],
    "jobs/blame.py": ["cluster_events"],
    "jobs/changes.py": ["job_changes", "events"],
    **{f"jobs/{name}.py": ["events", "cluster_events", "journal"] for name in EVENTS},
    "jobs/locks.py": ["once", "workers"],
    "jobs/snapshots.py": ["cluster_events"],
    "auth/checker.py": ["checker", "cycle"],
    "auth/loading.py": ["users_loading"],
    "auth/permissions.py": ["users", "access"],
    "errors.py": ["errors", "cycle"],
    "sharing.py": ["sharing"],
}
"""The modules that are changed, and the tests that must notice, the nearest first.

Those that are not here have tests named as they are.
"""


def tests_of_all() -> dict[str, list[str]]:
    """Every module of the rooms and the rest of `TESTS`, with the tests that must notice."""
    rooms = [path for room in ROOMS for path in sorted((ROOT / "ganeti_rapi" / room).glob("*.py"))]
    named_alike = {
        f"{path.parent.name}/{path.name}": [path.stem] for path in rooms if path.stem != "__init__"
    }
    return {**named_alike, **TESTS}


def config(module: str, tests: Sequence[str]) -> str:
    """What cosmic-ray reads: what to change, and how to see whether it is noticed."""
    names = " ".join(f"test.test_{name}" for name in tests)
    return f"""
[cosmic-ray]
module-path = "ganeti_rapi/{module}"
timeout = {TIMEOUT}
excluded-modules = []
test-command = "{sys.executable} -m twisted.trial --exitfirst --reporter=text {names}"
distributor.name = "local"
[cosmic-ray.filters.operators-filter]
exclude-operators = {list(MEANINGLESS)}
"""


def survivors(module: str, tests: Sequence[str], tree: Path) -> str:
    """Change the module in this copy of the tree; what the tests did not notice, as text."""
    (tree / "mutants.toml").write_text(config(module, tests))

    def run(tool: str, *arguments: str) -> str:
        # Bytecode would be taken for that of the file before, which is as old and as long.
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(tree)}
        command = [str(Path(sys.executable).parent / tool), *arguments]
        done = subprocess.run(
            command, cwd=tree, env=environment, check=True, stdout=subprocess.PIPE, text=True
        )
        return done.stdout

    run("cosmic-ray", "baseline", "mutants.toml")
    run("cosmic-ray", "init", "--force", "mutants.toml", "mutants.sqlite")
    run("cr-filter-operators", "mutants.sqlite", "mutants.toml")
    run("cosmic-ray", "exec", "mutants.toml", "mutants.sqlite")
    return run("cr-report", "--surviving-only", "--show-diff", "mutants.sqlite")


def copy_to(directory: str) -> Path:
    """A copy of what the tests need, so that what stands in the tree is never changed."""
    tree = Path(directory) / "tree"
    tree.mkdir()
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, tree)
    return tree


def main(modules: Sequence[str]) -> None:
    """Print what survives in each of these modules, or in all of them."""
    tests = tests_of_all()
    for module in modules or tests:
        with tempfile.TemporaryDirectory() as directory:
            found = survivors(module, tests[module], copy_to(directory))
        print(f"== {module}\n{found}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
