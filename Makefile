# Everything lives in .venv; `make` alone lists what can be done.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
UV     := uv>=0.9,<1

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench lab dashboard lock clean

help:  ## this list
	@sed -n 's/^\([a-z]*\):[^#]*## */  make \1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 20

setup: $(READY)  ## make .venv from the lock (again only when pyproject.toml or requirements.lock changed)

$(READY): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and \
	  f"riskkit needs Python 3.11 or later; {sys.executable} is {v[0]}.{v[1]}. Try: make PYTHON=python3.12 setup")'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo 'The venv module of $(PYTHON) is missing. On Debian and Ubuntu: apt-get install python3-venv' >&2; exit 1; }
	@echo '1/4  an environment of its own in $(VENV), with '"$$($(PYTHON) --version)"
	@rm -f $@
	@$(PYTHON) -m venv $(VENV)
	@echo '2/4  uv, the installer'
	@$(BIN)/python -m pip install --quiet '$(UV)'
	@echo '3/4  the libraries of requirements.lock, each checked by its hash (about 700 MB on disk)'
	@UV_COMPILE_BYTECODE=1 $(BIN)/python .ci/uv_as_pip.py pip install --quiet --require-hashes -r requirements.lock
	@echo '4/4  riskkit itself, editable'
	@$(BIN)/python .ci/uv_as_pip.py pip install --quiet --no-deps -e .
	@touch $@
	@echo 'ready: $(BIN)/riskkit --help'

demo: setup  ## assess every real case into zh and en reports with an index, and say where they are
	@$(BIN)/riskkit demo

test: setup  ## all tests (warnings are errors; tests of missing system parts skip and say so)
	@$(BIN)/python -m pytest -n 2

check: setup  ## format, lint, types, the house's laws, the tables and the cases
	@echo 'ruff format';  $(BIN)/ruff format --check --quiet . || { echo 'mend it with: $(BIN)/ruff format .' >&2; exit 1; }
	@echo 'ruff check';   $(BIN)/ruff check --quiet .
	@echo 'mypy';         $(BIN)/mypy --strict riskkit
	@echo 'house, lock, environment.yml, notebooks'
	@$(BIN)/python -m pytest -q -p no:cacheprovider tests/test_house.py tests/test_habits.py
	@echo 'tables and cases';  $(BIN)/riskkit check

bench: setup  ## speed and memory, printed and compared with the floors
	@$(BIN)/python -m pytest -q -s -o python_files='bench_*.py' tests/benchmarks

lab: setup  ## JupyterLab in notebooks/
	@$(BIN)/riskkit lab

dashboard: setup  ## the dashboards, on this machine only, behind a token
	@$(BIN)/riskkit dashboard

lock: setup  ## work requirements.lock out again from pyproject.toml (needs a package index)
	@$(BIN)/python .ci/uv_as_pip.py pip compile pyproject.toml --extra dev --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-emit-find-links --quiet -o requirements.lock

clean:  ## remove .venv, caches and what was built (reports stay)
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
