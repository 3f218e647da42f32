# Each target makes the virtual environment that it needs; python3 with venv is all that must be there.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: demo test lint types docs gallery bench clean

demo: $(VENV)/.demo
	$(BIN)/neurosim som --grid 20x20

test: $(VENV)/.test
	$(BIN)/python -m pytest

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(VENV)/.dev
	$(BIN)/mypy

docs: $(VENV)/.docs
	$(BIN)/python -m sphinx -W --keep-going -b html docs docs/_build/html

gallery: $(VENV)/.demo
	$(BIN)/python -m gallery

bench: $(VENV)/.bench
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) dist docs/_build docs/_generated docs/api .mypy_cache .ruff_cache .pytest_cache

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: $(BIN)/python pyproject.toml
	$(PIP) -e .
	@touch $@

$(VENV)/.%: $(BIN)/python pyproject.toml
	$(PIP) -e ".[$*]"
	@touch $@

$(VENV)/.bench: $(BIN)/python pyproject.toml benchmarks/requirements.txt
	$(PIP) -e . -r benchmarks/requirements.txt
	@touch $@
