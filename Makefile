# `make` alone lists the targets. Needs Python 3.11 or newer with its venv module, nothing else.

PYTHON ?= python3
VENV   := .venv
SERVICES := .venv-services
BENCHMARKS := .venv-benchmarks
# The libraries that formats are made for. They want Python 3.12, and other versions of each other.
FORMATS := .venv-formats-torch .venv-formats-terratorch
# Where pyenv has it, but not as the version in use, the command of that name only says so.
PYTHON312 ?= $(firstword $(shell python3.12 -c 'import sys; print(sys.executable)' 2>/dev/null || \
	ls $$HOME/.pyenv/versions/3.12*/bin/python3.12 2>/dev/null) python3.12)
PY     := $(VENV)/bin/python
# Leftovers of another environment must not leak into this one.
unexport PYTHONHOME PYTHONPATH VIRTUAL_ENV
# Without compiled files every run of the tests, and each process they start, compiles all anew.
unexport PYTHONDONTWRITEBYTECODE

# What mypy reads; folders appear when there is something in them.
TYPED  := $(wildcard migrate_core app.py pages benchmarks)

# What maps need without internet; the versions are those that were tried.
MAP_PACKAGES := leaflet@1.9.4 topojson-client@3.1.0 world-atlas@2.0.2

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# Two targets at once would install into the same environment.
.NOTPARALLEL:

.PHONY: help setup setup-tests setup-services setup-formats setup-benchmarks run demo test test-fast test-services \
	test-formats lint format \
	offline-assets accuracy benchmarks benchmarks-quick screenshots wheel constraints clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-17s %s\n", $$1, $$2}' Makefile

# Compiled here, as pip does with what it installs: the first start needs not do it.
setup: $(VENV)/.installed ## Create .venv and install requirements.txt
	@$(PY) -m compileall -q app.py migrate_core pages

run: setup ## Set up and open the app
	@mkdir -p static
	$(PY) -m streamlit run app.py

demo: setup ## Fill ./workspace with the small example
	$(PY) -m migrate_core demo

test: lint test-fast ## Set up, lint, check types and run all tests
	MIGRATE_HYPOTHESIS=thorough $(PY) -m pytest -n 3 --dist loadfile -m "(services or slow or stage) and not browser and not formats"
	$(PY) -m pytest -n 2 --dist loadfile -m browser

# Three at a time, since some wait; a file's tests stay together, as they share what takes long to
# make. Threads of the linear algebra would only wait for each other beside the other processes.
test-fast: export OPENBLAS_NUM_THREADS := 1
test-fast: setup-tests ## Only the tests of single modules: no browser, servers, whole stages or long runs
	$(PY) -m pytest -n 3 --dist loadfile -m "not browser and not services and not slow and not stage"

test-services: setup-tests setup-services ## Tests against real servers on loopback (needs PostgreSQL with PostGIS)
	MIGRATE_SERVICES_REQUIRED=1 $(PY) -m pytest -m services

test-formats: setup-tests setup-formats ## Load datasets with TorchGeo, TerraTorch and Ultralytics (Python 3.12, 12 GB)
	MIGRATE_FORMATS_REQUIRED=1 $(PY) -m pytest -m formats

lint: setup-tests ## Ruff and mypy
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy $(TYPED)

format: setup-tests ## Mend what ruff can mend by itself
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

offline-assets: ## Bring what maps need without internet (needs npm, once)
	@command -v npm >/dev/null || \
		{ echo 'npm is needed; on Debian and Ubuntu: apt install npm' >&2; exit 1; }
	@rm -rf static/.npm static/.maps && mkdir -p static/.npm static/.maps
	npm install --prefix static/.npm --no-package-lock --no-save --no-audit --no-fund \
		--ignore-scripts --loglevel=error $(MAP_PACKAGES)
	@cd static/.npm/node_modules && cp -R leaflet/dist/leaflet.js leaflet/dist/leaflet.css \
		leaflet/dist/images topojson-client/dist/topojson-client.min.js \
		world-atlas/countries-50m.json ../../.maps/
	@for name in leaflet topojson-client world-atlas; do \
		cp static/.npm/node_modules/$$name/LICENSE* static/.maps/LICENSE-$$name; done
	@rm -rf static/maps static/.npm && mv static/.maps static/maps
	@echo 'Maps now work without internet. Start the app again.'

wheel: $(VENV)/.created ## Build the package into dist/
	$(PY) -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist .

accuracy: setup-tests ## Measure how right pixels and labels are: docs/accuracy.md
	$(PY) -m benchmarks.accuracy docs/accuracy.md

# Keeps a product of full size in .benchmarks: some GB, made once.
benchmarks: setup-tests setup-benchmarks ## Measure beside other ways to the same: docs/speed.md (an hour)
	$(PY) -m benchmarks.speed --write docs/speed.md

benchmarks-quick: setup-tests ## The same on a small product: fails on wrong pixels and counts, never on a time
	$(PY) -m benchmarks.speed --quick

screenshots: setup-tests offline-assets ## Renew the pictures in docs/images (needs Chromium)
	MIGRATE_SCREENSHOTS=$(CURDIR)/docs/images $(PY) -m pytest -q tests/browser/test_pipeline.py -k "opens_by_its_address or picture"

constraints: ## Renew constraints.txt with the newest versions that requirements allow; then run the tests
	@$(PYTHON) -m venv --clear .venv-constraints
	.venv-constraints/bin/python -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	@{ sed -n '/^#/p' constraints.txt; .venv-constraints/bin/python -m pip list \
		--disable-pip-version-check --format=freeze --exclude pip --exclude setuptools \
		| sed -E 's/^[^=]*/\L&/; :again; s/^([^=]*)_/\1-/; t again' | LC_ALL=C sort -t= -k1,1; } > .constraints
	@mv .constraints constraints.txt && rm -rf .venv-constraints

clean: ## Remove .venv and caches, never the workspace
	rm -rf $(VENV) $(SERVICES) $(BENCHMARKS) $(FORMATS) .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

setup-tests: $(VENV)/.installed-tests

setup-services: $(SERVICES)/.installed

setup-formats: $(FORMATS:%=%/.installed)

setup-benchmarks: $(BENCHMARKS)/.installed

# A venv without pip is what an interrupted run or a missing python3-venv leaves behind.
$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'Python 3.11 or newer is needed; name one with: make $(MAKECMDGOALS) PYTHON=python3.11' >&2; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV) || \
		{ echo 'No environment could be made; on Debian and Ubuntu: apt install python3-venv' >&2; exit 1; }
	@touch $@

$(VENV)/.installed: requirements.txt constraints.txt $(VENV)/.created
	@echo 'Installing packages into $(VENV) (a minute or two the first time) ...'
	@$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt -c constraints.txt
	@touch $@

$(VENV)/.installed-tests: tests/requirements.txt $(VENV)/.installed
	@echo 'Installing the test tools into $(VENV) ...'
	@$(PY) -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt -c constraints.txt
	@touch $@

# The servers that tests talk to, apart from the app: the two want different versions.
$(SERVICES)/.installed: tests/services-requirements.txt $(VENV)/.created
	@echo 'Installing the test servers into $(SERVICES) ...'
	@$(PYTHON) -m venv --clear $(SERVICES)
	@$(SERVICES)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

# What benchmarks compare with, apart from the app, which needs none of it.
$(BENCHMARKS)/.installed: benchmarks/requirements.txt $(VENV)/.created
	@echo 'Installing what benchmarks compare with into $(BENCHMARKS) ...'
	@$(PYTHON) -m venv --clear $(BENCHMARKS)
	@$(BENCHMARKS)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

# Each has PyTorch, which weighs gigabytes.
$(FORMATS:%=%/.installed): .venv-formats-%/.installed: tests/formats-%-requirements.txt
	@$(PYTHON312) -c 'import sys; sys.exit(sys.version_info[:2] < (3, 12))' || \
		{ echo 'TorchGeo needs Python 3.12; name one with: make $(MAKECMDGOALS) PYTHON312=/path/to/python3.12' >&2; exit 1; }
	@echo 'Installing the libraries of $< into .venv-formats-$* (gigabytes) ...'
	@$(PYTHON312) -m venv --clear .venv-formats-$*
	@.venv-formats-$*/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@
