# Two commands: `make demo` and `make test`. Both create what they need in .venv; nothing outside this folder is changed.

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
BUILD := .build
RECORDING := $(CURDIR)/$(BUILD)/recording.jsonl
# Processes of the test run.
JOBS ?= 2
PORT ?= 8000
DATA_DIR ?= .earnest

# The first of these that is new enough; another one with `make env PYTHON=/path/to/python3`.
PYTHON = $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$python; break; fi; done)

# A virtual environment does not survive being moved or copied: one of another folder is made anew.
ifneq ($(shell cat $(VENV)/.folder 2>/dev/null),$(CURDIR))
$(shell rm -f $(VENV)/.folder $(VENV)/.runtime $(VENV)/.dev)
endif

.PHONY: help
help: ## what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: env
env: $(VENV)/.runtime ## create .venv with the command .venv/bin/earnest

.PHONY: demo
demo: $(VENV)/.runtime ## start a server with demo data and take a short tour (PORT=8000 DATA_DIR=.earnest)
	$(BIN)/earnest demo --port $(PORT) --data-dir $(DATA_DIR)

.PHONY: test
test: $(VENV)/.dev ## run the tests
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal

.PHONY: check
check: $(VENV)/.dev ## format, lint, types, architecture, tests, contract
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@mkdir -p $(BUILD) && rm -f "$(RECORDING)"
	EARNEST_RECORD="$(RECORDING)" $(BIN)/python -m pytest -n $(JOBS) --dist worksteal
	$(BIN)/python -m tools.contract_check "$(RECORDING)"

.PHONY: cases
cases: $(VENV)/.dev ## play the worked cases (EARNEST_CASES=DIR: those of another directory)
	$(BIN)/python -m tests.cases

.PHONY: check-long
check-long: $(VENV)/.dev ## simulations and soaks
	$(BIN)/python -m pytest -m long

.PHONY: bench
bench: $(VENV)/.dev ## run the benchmarks
	$(BIN)/python -m bench

.PHONY: config-keys
config-keys: $(VENV)/.dev ## write docs/config-keys.md anew from the code
	$(BIN)/python -m tools.config_keys_page

.PHONY: coverage
coverage: $(VENV)/.dev ## write docs/coverage.md anew: what there is of the documented API
	$(BIN)/python -m tools.coverage_page

.PHONY: openapi
openapi: $(VENV)/.runtime ## write docs/openapi.json anew from the code
	@mkdir -p docs $(BUILD)
	$(BIN)/earnest openapi > $(BUILD)/openapi.json
	@mv $(BUILD)/openapi.json docs/openapi.json

.PHONY: format
format: $(VENV)/.dev ## format the sources and repair what the linter can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: lock
lock: ## write requirements/*.lock anew from pyproject.toml and requirements/*.in
	$(PYTHON) -m venv $(BUILD)/lock
	$(BUILD)/lock/bin/python -m pip --disable-pip-version-check --quiet install uv
	$(BUILD)/lock/bin/uv $(COMPILE) pyproject.toml requirements/build.in -o requirements/runtime.lock
	$(BUILD)/lock/bin/uv $(COMPILE) pyproject.toml requirements/build.in requirements/dev.in \
		--constraint requirements/runtime.lock -o requirements/dev.lock

COMPILE := pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --no-annotate --custom-compile-command 'make lock'

$(VENV)/.folder:
	@test -n "$(PYTHON)" || { echo "Earnest needs Python 3.11 or newer (make env PYTHON=/path/to/python3)." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || { \
		echo "This Python cannot create virtual environments; on Debian and Ubuntu install python3-venv." >&2; exit 1; }
	@echo "Creating the environment $(CURDIR)/$(VENV)"
	@$(PYTHON) -m venv --clear $(VENV)
	@printf '%s\n' '$(CURDIR)' > $@

$(VENV)/.runtime: pyproject.toml requirements/runtime.lock | $(VENV)/.folder
	@echo "Installing what Earnest needs"
	@$(PIP) install --require-hashes --requirement requirements/runtime.lock
	@$(PIP) install --no-deps --no-build-isolation --no-index --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.lock $(VENV)/.runtime
	@echo "Installing what the checks need"
	@$(PIP) install --require-hashes --requirement requirements/dev.lock
	@touch $@
