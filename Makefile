# panel_eis: `make` lists what there is. Everything made goes to build/ (and the pages' numbers to _variables.yml).
SHELL := /bin/sh
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
UV := $(shell command -v uv 2>/dev/null)

# One thread and UTF-8 everywhere: the same numbers and the same bytes on every machine.
export OPENBLAS_NUM_THREADS := 1
export OMP_NUM_THREADS := 1
export PYTHONUTF8 := 1
export MPLBACKEND := Agg
# Fonts and caches of libraries stay in the project, so that nothing depends on a home folder.
export MPLCONFIGDIR := $(CURDIR)/$(VENV)/matplotlib

ifdef UV
  CREATE = $(UV) venv --quiet --python $(PYTHON) $(VENV)
  INSTALL = $(UV) pip install --quiet --compile-bytecode --python $(BIN)/python
else
  CREATE = $(PYTHON) -m venv $(VENV)
  INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check
endif

.PHONY: help all test test-all check lint why serve results simulate clean distclean env

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

all: $(VENV)/.installed $(VENV)/.quarto ## check the data, build the panel, models and exhibits, render the report (fr, en)
	@$(BIN)/panel-eis build

results: $(VENV)/.installed ## everything except rendering the pages
	@$(BIN)/panel-eis build --until facts

check: $(VENV)/.installed ## check all data files, write nothing
	@$(BIN)/panel-eis check

why: $(VENV)/.installed ## say what is stale, and why
	@$(BIN)/panel-eis why

test: $(VENV)/.installed-dev ## run the tests, the linters and the type checker
	@$(MAKE) --no-print-directory lint && $(BIN)/python -m pytest

test-all: $(VENV)/.installed-dev ## the same, with the slow tests (simulations)
	@$(MAKE) --no-print-directory lint && $(BIN)/python -m pytest -m ''

lint: $(VENV)/.installed-dev ## linters and type checker alone
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/panache lint paper

serve: ## look at the site on http://127.0.0.1:8000
	@$(PYTHON) -m http.server --bind 127.0.0.1 --directory build/site 8000

simulate: $(VENV)/.installed ## make the synthetic demonstration data anew
	@$(BIN)/panel-eis simulate

env: $(VENV)/.installed-dev ## set up .venv, with the tools of the developers

clean: ## delete everything that was made
	@rm -rf build _variables.yml

distclean: clean ## the same, and .venv
	@rm -rf $(VENV)

$(VENV)/bin/python:
	@echo "Setting up $(VENV) (once)…"
	@$(CREATE)

$(VENV)/.installed: requirements.lock pyproject.toml | $(VENV)/bin/python
	@$(INSTALL) --require-hashes -r requirements.lock
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@$(BIN)/panel-eis prepare
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	@$(INSTALL) --require-hashes -r requirements-dev.lock
	@touch $@

# Quarto is tried once: its installation downloads a program, which some networks do not allow.
$(VENV)/.quarto: requirements-quarto.lock | $(VENV)/.installed
	@if command -v quarto >/dev/null 2>&1 || test -x $(BIN)/quarto; then :; \
	elif $(INSTALL) --no-deps --require-hashes -r requirements-quarto.lock >$(VENV)/quarto.log 2>&1; then \
	  echo "Quarto was installed in $(VENV)."; \
	else echo "Quarto could not be installed (see $(VENV)/quarto.log): the report is rendered with pandoc and Typst."; fi
	@touch $@
