"""Packaging of ganeti-rapi; the tools' settings are in pyproject.toml."""

import base64
import hashlib
import io
import os
import re
import tarfile
from pathlib import Path, PurePosixPath
from runpy import run_path
from urllib.request import urlopen

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).parent

# Each dependency with the reason why it is here.
INSTALL_REQUIRES = [
    # The event loop, HTTP server, cred, endpoints and twistd.
    "Twisted[tls]>=22.4",
    # TLS for Twisted (in Twisted[tls]); named because we use it ourselves.
    "pyOpenSSL>=21",
    # Checks the server's name for our TLS client (in Twisted[tls] as well).
    "service-identity>=18.1",
    # The HTTP client that Twisted programs use; ours is built on it.
    "treq>=22.2",
    # Immutable values without boilerplate; Twisted depends on it too.
    "attrs>=21.3",
    # Certificates for --simulate and the tests; pyOpenSSL depends on it.
    "cryptography>=38",
    # HTTP/1.1 without I/O, strict and in pure Python: reads the heads of requests, and the replies
    # for the clients of scripts and of asyncio; without dependencies.
    "h11>=0.14",
]

EXTRAS_REQUIRE = {
    "fast": [
        # Ten times faster JSON; without it the standard library's serves.
        "orjson>=3.8",
        # llhttp, the parser of Node.js, for the heads of requests: a dozen times faster than h11.
        "httptools>=0.6",
    ],
    # PAM for --pam-service. JupyterHub's: two functions over libpam, with no dependency of its own,
    # and unlike python-pam's it can ask whether the account has expired.
    "pam": ["pamela>=1.0"],
    # Prometheus's text format, as its own library writes it; without dependencies.
    "metrics": ["prometheus_client>=0.16"],
    # Hashes of passwords that are slow to guess; scrypt comes with Python, and does without these.
    "passwords": [
        # argon2, the winner of the Password Hashing Competition, by its reference code.
        "argon2-cffi>=21.1",
        # bcrypt, which many sites have hashes of; by the authors of cryptography.
        "bcrypt>=3.2",
    ],
    # `GanetiRapiClient` for scripts needs nothing more; the name stays for who asks for it.
    "client": [],
    # The command line `rapi`.
    "cli": [
        # Commands, options, help and shell completion. With its 8.2 flags are set that nobody gave,
        # or not by their variables.
        "click>=8.1,!=8.2.*",
        # TOML, which later Pythons read themselves.
        "tomli>=1.1; python_version < '3.11'",
    ],
    # WebSockets for consoles: frames without I/O, by the people of h11 and as strict.
    "console": ["wsproto>=1.2"],
    # Reads the files of `--simulate FILE`: PyYAML tells in which line each value stands.
    "simulate": ["PyYAML>=6.0"],
    # Events to NATS servers, by their makers' own client; without dependencies.
    "nats": ["nats-py>=2.6"],
    # What benchmarks compare with; they say what is missing, and do without it.
    "bench": ["aiohttp>=3.8", "uvicorn>=0.20", "websockify>=0.11"],
    # What the test suite needs besides trial.
    "test": [
        # Examples for what must hold for all values.
        "hypothesis>=6.50",
        # Whether our OpenAPI document is one.
        "openapi-spec-validator>=0.6",
        # Requests made of that document, and (with it) the client that writes them.
        "schemathesis>=4",
        # Whether replies are as the document says; openapi-spec-validator depends on it.
        "jsonschema>=4.10",
        # The tests of consoles; see "console".
        "wsproto>=1.2",
        # The tests of the command line; see "cli".
        "click>=8.1",
        # The types of what sends events to NATS servers; see "nats".
        "nats-py>=2.6",
        # The tests of clusters in files; see "simulate".
        "PyYAML>=6.0",
    ],
    # Format, lint, types and code that nobody calls.
    "lint": [
        "ruff>=0.4",
        "mypy>=1.10",
        "mypy-zope>=1.0.5",
        "types-PyYAML",
        "vulture>=2.11",
    ],
    # Drives Debian's Chromium for the tests of the console; no browser comes with it.
    # axe-core, which finds what keeps people out who cannot see or point, for Playwright.
    "browser": ["playwright>=1.40", "axe-playwright-python>=0.1.4"],
    # Changes the code and looks whether the tests notice.
    "mutants": [
        "cosmic-ray>=8.3",
    ],
}

# noVNC, the viewer of screens in a browser, without dependencies: a wheel that `make wheel` builds
# has it from npm's registry. Debian has a package of it, which is used where there is none.
VIEWER = "https://registry.npmjs.org/@novnc/novnc/-/novnc-1.7.0.tgz"
VIEWER_SHA512 = (
    "ucEJOx4T2avIRCleodk7YobZj5O2Ga2AeLfQ69A/yjG9HHba2+PDgwSkN3FttrmG+70ZGx21sElNFouK13RzyA=="
)


def unpack_viewer(archive: bytes, directory: Path, sha512: str = VIEWER_SHA512) -> None:
    """Write the scripts and the licence in an archive of npm's to a directory.

    Raises SystemExit if it is not the archive that is meant.
    """
    if base64.b64encode(hashlib.sha512(archive).digest()).decode() != sha512:
        raise SystemExit(f"{VIEWER} is not what it was: its SHA-512 is another one")
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        for member in files:
            _, *parts = PurePosixPath(member.name).parts
            is_script = parts[:1] in (["core"], ["vendor"]) and parts[-1].endswith(".js")
            if not member.isfile() or ".." in parts or not (is_script or "LICENSE" in parts[-1]):
                continue
            path = directory.joinpath(*parts)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(files.extractfile(member).read())


class BuildWithViewer(build_py):
    """As ever, and with the viewer where $WITH_VIEWER says so."""

    def run(self) -> None:
        super().run()
        if os.environ.get("WITH_VIEWER"):
            with urlopen(VIEWER, timeout=60) as reply:
                archive = reply.read()
            unpack_viewer(archive, Path(self.build_lib) / "ganeti_rapi" / "console" / "novnc")


# The clients and the command line are a distribution of their own as well, for machines that only
# ask a cluster: GANETI_RAPI_PART=client builds it (`make client-wheel`). It has no more of the
# daemon than they are made of, and needs three small libraries. Not extras of one distribution,
# since then `pip install ganeti-rapi` would have to bring no daemon. The daemon's has the same
# modules, so that a machine wants one of the two.
CLIENT_PACKAGES = ["ganeti_rapi.client", "ganeti_rapi.api.checks", "ganeti_rapi.api.opcodes"]
CLIENT_MODULES = {
    "ganeti_rapi": ["__init__", "errors", "jobstates", "jsontext", "websocket"],
    "ganeti_rapi.api": ["__init__", "params"],
}


class BuildClient(build_py):
    """Leaves out the modules that the clients do not need."""

    def find_package_modules(self, package, package_dir):
        """As ever, for packages that are not whole."""
        found = super().find_package_modules(package, package_dir)
        wanted = CLIENT_MODULES.get(package)
        return [each for each in found if wanted is None or each[1] in wanted]


def requirements(*names):
    """Those of the daemon that are for one of these projects."""
    known = [*INSTALL_REQUIRES, *EXTRAS_REQUIRE["cli"]]
    return [each for each in known if re.match(r"[\w-]+", each)[0] in names]


OF_TWISTED = requirements("Twisted", "pyOpenSSL", "service-identity", "treq")
RAPI = "rapi = ganeti_rapi.client.cli.main:main"
COMMON = {
    "version": run_path(str(HERE / "ganeti_rapi" / "__init__.py"))["__version__"],
    "long_description_content_type": "text/markdown",
    "license": "BSD-2-Clause",
    "python_requires": ">=3.10",
    # The explicit "" makes `pip install -e` write a plain path entry, so that twistd finds the
    # plugin of a checkout beside Twisted's own.
    "package_dir": {"": "."},
    "zip_safe": False,
}
CLIENT = {
    "name": "ganeti-rapi-client",
    "cmdclass": {"build_py": BuildClient},
    "description": "The command line and the Python clients for Ganeti's remote API",
    "long_description": (HERE / "doc" / "client.md").read_text(encoding="utf-8"),
    "packages": [
        *CLIENT_MODULES,
        *find_packages(include=[*CLIENT_PACKAGES, *(f"{each}.*" for each in CLIENT_PACKAGES)]),
    ],
    "package_data": {"ganeti_rapi": ["py.typed"]},
    "install_requires": requirements("attrs", "h11", "click", "tomli"),
    "extras_require": {
        "twisted": OF_TWISTED,
        # It lets VNC viewers in by a protocol of Twisted's.
        "console": [*EXTRAS_REQUIRE["console"], *OF_TWISTED],
    },
    "entry_points": {"console_scripts": [RAPI]},
}
WHOLE = {
    "name": "ganeti-rapi",
    "cmdclass": {"build_py": BuildWithViewer},
    "description": "The remote API of a Ganeti cluster, event driven, on Twisted",
    "long_description": (HERE / "README.md").read_text(encoding="utf-8"),
    "packages": [*find_packages(include=["ganeti_rapi", "ganeti_rapi.*"]), "twisted.plugins"],
    "package_data": {"ganeti_rapi": ["py.typed", "console/*", "console/pages/*"]},
    "install_requires": INSTALL_REQUIRES,
    "extras_require": EXTRAS_REQUIRE,
    "entry_points": {
        "console_scripts": [
            "ganeti-rapi = ganeti_rapi.program.main:main",
            "ganeti-rapi-users = ganeti_rapi.users_program.main:main",
            RAPI,
        ],
        # Fixtures with a simulated cluster, for the tests of clients; see doc/simulator.md.
        "pytest11": ["ganeti-rapi = ganeti_rapi.testing.pytest_plugin"],
    },
}

setup(**COMMON, **(CLIENT if os.environ.get("GANETI_RAPI_PART") == "client" else WHOLE))
