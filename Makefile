# make test-fast  pure tests and SQLite, within a minute: the everyday loop
# make demo   see it work: PostgreSQL, a small shop, a drift       make test   the whole suite on real servers
# make check  style, types, layers                                  make bench  the speed, side by side
# make docs   the documentation as pages that need no network       make test PG=17 SQLITE=3.53   the same on others
# make mutants  what no test would notice                           make compat  every supported Tortoise
# make releases  what a server answers, on every release that can be had: docs/servers.md
# make findings  what servers and libraries do that nobody expects    make packages  the packages around Tortoise
# make extensions  types and indexes of PostgreSQL's extensions
# make bench BASE=v0.1   whole processes beside those of that revision, as ratios

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := build/demo
WORKERS ?= 2
PG ?= 16
# A version that a wheel has, or the path of a libsqlite3.so.0; empty is this Python's own.
SQLITE ?=
# With ALL=1 all is tried of which one of three is otherwise (``tests/harness.py``), and every process starts a Python.
export SCHEMADRIFT_TEST_ALL := $(ALL)

# Tests are compiled once, and not by every worker of every run.
export PYTHONDONTWRITEBYTECODE :=

define python-is-new-enough
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: set PYTHON=python3.x"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || { echo "the venv module is missing: apt-get install python3-venv"; exit 1; }
endef

.PHONY: venv servers browser pooler test test-fast check demo docs bench mutants accept compat packages releases findings clean

venv: $(VENV)/stamp

$(VENV)/stamp: pyproject.toml
	@echo "Once: an environment in $(VENV) with this package and all development tools."
	$(python-is-new-enough)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --editable '.[all]' --group dev
	@touch $@

servers: venv
	@echo "Once: MariaDB and MySQL are unpacked in your cache folder, without root (some hundred MB); PostgreSQL is a wheel."
	@$(BIN)/python -m pytest_schemadrift.servers.provision mariadb mysql || echo "a server is missing: its tests will be skipped (in CI, MariaDB must be there)"

# In CI, as root, a browser is installed for the tests of the HTML report; elsewhere they are skipped where there is none.
browser:
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || { [ -n "$$CI" ] && [ "$$(id -u)" = 0 ] && \
	  apt-get install -qq -y --no-install-recommends chromium >/dev/null 2>&1; } || \
	  echo "there is no Chromium: the tests that look at the HTML report will be skipped"

# A real PgBouncer for some tests, which are skipped where there is none.
pooler: venv
	@$(BIN)/python -m tests.dialects.postgres.pooler || true

test: venv servers browser pooler
	@$(BIN)/python -m tests.releases.environment "$(PG)" "$(SQLITE)" \
	  $(BIN)/python -m tests.suite -n $(WORKERS) --dist worksteal -q

# Left out: what needs a server, what is marked to start a Python or to be slow, and files that start processes by the dozen (pages,
# pytest in pytest, commit hooks, builds, pools of processes).
test-fast: venv
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -q -m "not (postgres or mysql or mariadb or processes or slow)" \
	  $(addprefix --ignore=tests/,docs/test_pages.py docs/test_site.py plugin hooks packaging servers benchmarks compat live \
	  apply/test_faults.py apply/test_interruptions.py test_findings.py ci commands/test_applied.py \
	  commands/tenants/test_batches.py commands/tenants/test_apply.py)

check: venv
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

demo: $(DEMO)/stamp
	@examples/shop/demo.sh $(abspath $(DEMO)/bin)

$(DEMO)/stamp: pyproject.toml
	@echo "Once: an environment in $(DEMO) with this package, Tortoise ORM, asyncpg and a PostgreSQL as a wheel: 160 MB."
	@echo "It takes about 20 seconds, and the time of downloading 40 MB where pip has not cached them. Then the demo: 5 seconds."
	$(python-is-new-enough)
	@$(PYTHON) -m venv $(DEMO)
	@$(DEMO)/bin/python -m pip install --quiet --no-compile --disable-pip-version-check '.[postgres,embedded]'
	@touch $@

docs: venv
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build
	@echo "build/site/index.html"

bench: venv servers
	@mkdir -p build
	$(BIN)/python -m tests.benchmarks --store build/bench.json $(if $(BASE),--base $(BASE),--write docs/benchmarks.md)

mutants: venv
	$(BIN)/python -m tests.mutants

compat: venv servers
	$(BIN)/python -m tests.compat

releases: venv servers
	$(BIN)/python -m tests.releases

extensions: venv
	$(BIN)/python -m tests.extensions

packages: venv
	$(BIN)/python -m tests.packages

findings:
	@$(PYTHON) findings/run.py

accept: venv servers
	SCHEMADRIFT_ACCEPT=1 $(BIN)/python -m pytest -n $(WORKERS) -q tests/test_cases.py

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache build dist
