# ganeti-rapi: `make run` starts it on a simulated cluster, `make test` runs the tests.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 5080
SIMULATE ?=
MODULES ?=

.PHONY: run test test-live test-live-stock test-live-packaged test-debian test-master test-chaos \
	test-browser pictures lint mutants bench bench-waits bench-large bench-consoles bench-console bench-cli deb wheel client-wheel doc clean help

help:
	@echo 'make run          serve a simulated cluster on https://127.0.0.1:$(PORT)'
	@echo 'make test         run the test suite (no root, no network)'
	@echo 'make test-live    test with a real Ganeti, beside its own daemon and in its place (root, Debian)'
	@echo 'make test-debian  run the test suite on the libraries of Debian 12 and 13 (root)'
	@echo 'make test-master  put the package on Debian machines with a real Ganeti (root, Debian)'
	@echo 'make test-chaos   attack the daemon and look whether it lives on (minutes, Linux)'
	@echo 'make test-browser use the console with a browser (Chromium)'
	@echo 'make pictures     make the pictures of the console in doc/ anew (Chromium)'
	@echo 'make lint         check format, lint, types and for dead code'
	@echo 'make mutants      change the code and look whether the tests notice (hours; MODULES=…)'
	@echo 'make deb          build the Debian package'
	@echo 'make wheel        build the Python package, with noVNC for the console'
	@echo 'make client-wheel build the package of the clients and the command line alone'
	@echo 'make doc          write the generated parts of doc/ and of the client'
	@echo 'make bench        measure beside the stock daemon (root, Debian, wrk)'
	@echo 'make bench-waits, make bench-large, make bench-consoles, make bench-console, make bench-cli  measure; see doc/performance.md'
	@echo 'make clean        remove what these made'

# The environment is made again when the dependencies change.
$(BIN)/.installed: setup.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' \
		|| { echo 'ganeti-rapi needs Python 3.10 or newer; name one with make PYTHON=…' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' \
		|| { echo 'This Python cannot make virtual environments; on Debian: apt install python3-venv' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[fast,passwords,metrics,pam,console,test,cli,client]'
	@touch $@

$(BIN)/.linters: $(BIN)/.installed
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[lint]'
	@touch $@

run: $(BIN)/.installed
	@exec $(BIN)/twistd -n --pidfile= ganeti-rapi --port $(PORT) --simulate $(SIMULATE)

test: $(BIN)/.installed
	$(BIN)/python -m twisted.trial test

test-live: test-live-stock test-live-packaged

test-live-stock: $(BIN)/.installed
	test/live/run

# Needs no environment: the package and its libraries are in a Debian of their own.
test-live-packaged:
	test/live/packaged/run

# Needs no environment: the libraries are Debian's own.
test-debian:
	test/debian/unit bookworm
	test/debian/unit trixie

test-master: $(BIN)/.installed
	test/master/run

test-chaos: $(BIN)/.installed
	CHAOS=1 $(BIN)/python -m twisted.trial test.chaos

$(BIN)/.browser: $(BIN)/.installed
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[browser]'
	@touch $@

test-browser: $(BIN)/.browser
	BROWSER=1 $(BIN)/python -m twisted.trial test.browser

# Those in doc/console.md.
pictures: $(BIN)/.browser
	BROWSER=1 PICTURES=$(CURDIR)/doc/pictures $(BIN)/python -m twisted.trial test.browser.test_console.PictureTests

lint: $(BIN)/.linters
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/vulture

$(BIN)/.mutants: $(BIN)/.installed
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[mutants]'
	@touch $@

# For some modules only: make mutants MODULES='api/forms.py auth/users.py'
mutants: $(BIN)/.mutants
	$(BIN)/python -m test.mutants $(MODULES)

doc: $(BIN)/.installed
	$(BIN)/python -m test.reference
	$(BIN)/python -m test.command_reference
	$(BIN)/python -m test.typed_parameters
	$(BIN)/python -m test.typed_results
	$(BIN)/python -m ganeti_rapi.api.differences > doc/differences.md
	$(BIN)/python -m ganeti_rapi.api.matrix > doc/permissions.md

# In front of one luxid of a lab; writes its table into doc/performance.md.
bench: $(BIN)/.installed
	test/live/with-lab $(BIN)/python -m test.bench.compare
	$(BIN)/python -m test.bench.processor

bench-waits: $(BIN)/.installed
	$(BIN)/python -m test.bench.waits --reconnect

# Needs wrk, which Debian has as a package.
bench-large: $(BIN)/.installed
	$(BIN)/python -m test.bench.large
	$(BIN)/python -m test.bench.scopes
	$(BIN)/python -m test.bench.lists
	$(BIN)/python -m test.bench.events

# In a lab, as root; without one it is python -m test.bench.cli.
bench-cli: $(BIN)/.installed
	test/live/with-lab $(BIN)/python -m test.bench.cli

# Needs websockify from the extra "bench".
bench-consoles: $(BIN)/.installed
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[bench]'
	$(BIN)/python -m test.bench.consoles

# Needs Chromium; what a person waits for, with 10,000 instances.
bench-console: $(BIN)/.browser
	$(BIN)/python -m test.bench.console

# Needs Debian's own Python and packages only; says which.
# With the viewer of screens, from npm's registry; see setup.py.
wheel: $(BIN)/.installed
	WITH_VIEWER=1 $(BIN)/pip wheel --quiet --no-deps --wheel-dir dist .

# Beside files of another build, theirs would be in it as well.
client-wheel: $(BIN)/.installed
	rm -rf build
	GANETI_RAPI_PART=client $(BIN)/pip wheel --quiet --no-deps --wheel-dir dist .
	rm -rf build

deb:
	@debian/make-package

clean:
	rm -rf $(VENV) _trial_temp* build dist *.egg-info
