# Everything runs inside .venv, which is made on first use. Only Python 3.11 or later is needed beforehand.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin

.PHONY: demo test check bench
.DEFAULT_GOAL = help

help:
	@echo "make demo    F1-F5 on demo data, on whatever is here (a GPU, else the CPU)"
	@echo "make test    every test"
	@echo "make check   format, lint, types, import contracts, then every test"
	@echo "make bench   measurements, one JSON line a figure"

$(VENV)/.demo: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[demo]'
	touch $@

$(VENV)/.dev: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@ $(VENV)/.demo

demo: $(VENV)/.demo
	$(BIN)/iqa-tui demo

test: $(VENV)/.dev
	$(BIN)/python -m pytest

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest

bench: $(VENV)/.dev
	$(BIN)/python -m tests.benchmarks
