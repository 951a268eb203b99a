# `make demo` and `make test` do all their set-up from nothing. Nothing is fetched again while the lock files stay as they are.
PYTHON ?= python3
ARGS ?=
CYCLES ?= 200
SEED ?= 1
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: demo test faults format lint types contracts unit clean

demo: $(VENV)/.run
	$(BIN)/atsuen demo $(ARGS)

test: $(VENV)/.dev $(VENV)/.foreign format lint types contracts unit

faults: $(VENV)/.dev $(VENV)/.foreign
	$(BIN)/python -m tests.faults.campaign --cycles $(CYCLES) --seed $(SEED)

format: $(VENV)/.dev
	$(BIN)/ruff format --check .

lint: $(VENV)/.dev
	$(BIN)/ruff check .

types: $(VENV)/.dev
	$(BIN)/mypy

contracts: $(VENV)/.dev
	$(BIN)/lint-imports

unit: $(VENV)/.dev $(VENV)/.foreign
	$(BIN)/pytest -n 2 $(ARGS)

$(VENV)/bin/python:
	tests/setup/venv.sh "$(PYTHON)" $(VENV)

$(VENV)/.run: requirements/run.lock pyproject.toml | $(VENV)/bin/python
	$(PIP) install --require-hashes -r requirements/run.lock
	$(PIP) install --no-deps --no-build-isolation --no-index -e .
	touch $@

$(VENV)/.dev: requirements/dev.lock $(VENV)/.run
	$(PIP) install --require-hashes -r requirements/dev.lock
	touch $@

$(VENV)/.foreign: tests/setup/foreign.sh tests/foreign/package-lock.json | $(VENV)/bin/python
	tests/setup/foreign.sh
	touch $@

clean:
	rm -rf $(VENV) tests/foreign/node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
