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


HANDLERS = [f"handlers_{name}" for name in ("cluster", "instances", "jobs", "nodes", "tags")]
CHECKS = ["check", "scalars", "alternatives", "containers", "notations"]
FORMS = ["forms", "checks", "cells", "call", "opcodes", *HANDLERS, "cycle", "openapi"]

TESTS = {
    **{f"api/{name}.py": FORMS for name in ("forms", "bodies", "cells", "submissions")},
    **{f"api/checks/{name}.py": FORMS for name in CHECKS},
    **{f"web/{name}.py": ["cycle", "http", "events"] for name in ("cycle", "heads", "content")},
    "web/identity.py": ["cycle", "sessions", "access", "metrics"],
    "web/reply.py": ["render", "cycle"],
    "web/events.py": ["events"],
    "web/expiry.py": ["tls"],
    "web/channel.py": ["channel", "http"],
    "web/request.py": ["channel", "http", "cycle", "events"],
    "web/site.py": ["channel", "http", "assembly"],
    "http1/bodies.py": ["http1_bodies", "channel"],
    "http1/head.py": ["http1_head", "http1_parsers", "http"],
    "web/render.py": ["render", "cells", "cycle"],
    "web/routes.py": ["routes", "resources"],
    "web/sliced.py": ["render", "cells", "cycle"],
    "web/tls.py": ["tls"],
    "luxi/codec.py": ["codec"],
    "luxi/connection.py": ["connection"],
    "luxi/rows.py": ["rows"],
    "errors.py": ["errors", "cycle"],
    "jobs/changes.py": ["job_changes", "events"],
    "jobs/eventlog.py": ["events"],
    "jobs/feed.py": ["events"],
    "jobs/watches.py": ["watches"],
    "sharing.py": ["sharing"],
    "auth/checker.py": ["checker", "cycle"],
    "auth/loading.py": ["users_loading"],
    "auth/permissions.py": ["permissions", "users"],
    "auth/realm.py": ["realm"],
    "auth/users.py": ["users"],
}
"""The modules that are changed, and the tests that must notice, the nearest first."""


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
    for module in modules or TESTS:
        with tempfile.TemporaryDirectory() as directory:
            found = survivors(module, TESTS[module], copy_to(directory))
        print(f"== {module}\n{found}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
