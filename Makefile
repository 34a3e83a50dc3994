# Everything runs inside .venv, which is made on first use. Only Python 3.11 or later is needed beforehand.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
# One worker more than there are cores, as tests wait for processes; at most eight, as each may load torch.
WORKERS ?= $(shell cores=$$(nproc); echo $$((cores < 8 ? cores + 1 : 8)))
# Where `make slurm` keeps its cluster while it is up.
SLURM_LAB ?= /tmp/iqa-tui-slurm
# Tests with real processes share the machine with each other and with its users: one that fails runs once more, and the
# summary counts and names it. What fails twice has failed.
SIDE_BY_SIDE = -n $(WORKERS) --dist worksteal --reruns 1 -rR

define make_venv
@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or later is needed; $(PYTHON) is older. Say which: make PYTHON=python3.11 ...")'
@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
endef

.PHONY: help demo test test-long lint check gpu slurm slurm-chaos chaos bench
.DEFAULT_GOAL = help

help:
	@echo "make demo    F1-F5 on demo data, on whatever is here (a GPU, else the CPU)"
	@echo "make test    every test but two long proofs, side by side"
	@echo "make test-long   the minute of chaos and the whole demo"
	@echo "make check   format, lint, types, import contracts, prose, then every test"
	@echo "make gpu     does the trainer work on this machine's GPU, and how fast; at most ten minutes"
	@echo "make slurm   runs on a real Slurm of two small nodes, brought up for it; needs root and Debian packages"
	@echo "make slurm-chaos   a hundred power cuts, outages, requeues there; figures that must be 0"
	@echo "make chaos   five minutes of kills, power cuts, full disks and wrong clocks; figures that must be 0"
	@echo "make bench   measurements, one JSON line a figure"

$(VENV)/.demo: pyproject.toml
	$(make_venv)
	@echo "Installing into $(VENV): torch alone is some gigabytes, so this takes a minute or a few, once."
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[demo]'
	touch $@

$(VENV)/.dev: pyproject.toml
	$(make_venv)
	@echo "Installing into $(VENV): torch alone is some gigabytes, so this takes a minute or a few, once."
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@ $(VENV)/.demo

demo: $(VENV)/.demo
	$(BIN)/iqa-tui demo

test: $(VENV)/.dev
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) -m "not long"

test-long: $(VENV)/.dev
	$(BIN)/python -m pytest -m long

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.architecture.prose

check: lint test

gpu: $(VENV)/.dev
	$(BIN)/python -m tests.gpu

slurm: $(VENV)/.dev
	LAB=$(SLURM_LAB) bash tests/slurm/slurm_lab.sh up
	IQA_TUI_SLURM_LAB=$(SLURM_LAB) $(BIN)/python -m pytest -m slurm tests/slurm; code=$$?; \
	LAB=$(SLURM_LAB) bash tests/slurm/slurm_lab.sh down; exit $$code

slurm-chaos: $(VENV)/.dev
	$(BIN)/python -m tests.slurm.chaos

chaos: $(VENV)/.dev
	$(BIN)/python -m tests.chaos

bench: $(VENV)/.dev
	$(BIN)/python -m tests.benchmarks
