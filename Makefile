# Everything lives in .venv; `make` alone lists what can be done.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
TOOLS  := $(VENV)/.ready-dev
ENGINES := $(VENV)/.ready-engines
PEERS  := $(VENV)/.ready-bench
FRESH  := $(VENV)/.uv
UV     := uv>=0.9,<1
INSTALL := $(BIN)/python .ci/uv_as_pip.py pip install --quiet
COMPILE := pip compile pyproject.toml --extra dev --extra spark --extra dask --extra bench --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-emit-find-links
LOCKED := --compile-bytecode --require-hashes -c requirements.lock -r pyproject.toml

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
RECORDS ?= ../shared/data

.PHONY: help setup demo test properties engines check golden bench docs validate backtest lab dashboard lock clean

help:  ## this list
	@sed -n 's/^\([a-z]*\):[^#]*## */  make \1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 20

setup: $(TOOLS)  ## make .venv from the lock (again only when pyproject.toml or requirements.lock changed)

$(FRESH):
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(not (3, 11) <= v < (3, 14) and \
	  f"riskkit needs Python 3.11, 3.12 or 3.13; {sys.executable} is {v[0]}.{v[1]}. Try: make PYTHON=python3.12 setup")'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo 'The venv module of $(PYTHON) is missing. On Debian and Ubuntu: apt-get install python3-venv' >&2; exit 1; }
	@echo '1/4  an environment of its own in $(VENV), with '"$$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)
	@echo '2/4  uv, the installer'
	@$(BIN)/python -m pip install --quiet '$(UV)'
	@touch $@

$(READY): $(FRESH) pyproject.toml requirements.lock
	@rm -f $@
	@echo '3/4  the libraries riskkit needs, pinned by requirements.lock and checked by their hashes (about 1.3 GB on disk)'
	@$(INSTALL) $(LOCKED)
	@$(BIN)/python .ci/link_openmp.py
	@echo '4/4  riskkit itself, editable'
	@$(INSTALL) --no-deps -e .
	@$(BIN)/python -m compileall -q riskkit
	@touch $@
	@echo 'ready: $(BIN)/riskkit --help'

$(TOOLS): $(READY)
	@echo "what tests and checks need besides (about 0.35 GB)"
	@$(INSTALL) $(LOCKED) --extra dev
	@touch $@

$(ENGINES): $(TOOLS)
	@echo "engines for many machines, Spark and Dask (about 0.5 GB)"
	@$(INSTALL) $(LOCKED) --extra dev --extra spark --extra dask
	@touch $@

$(PEERS): $(TOOLS)
	@echo "what the benchmarks are compared with (about 0.5 GB)"
	@$(INSTALL) $(LOCKED) --extra dev --extra bench
	@touch $@

demo: $(READY)  ## assess every real case into zh and en reports with an index, and say where they are
	@$(BIN)/riskkit demo

test: setup  ## all tests (warnings are errors; tests of missing system parts skip and say so)
	@# worksteal: neighbours stay in one process, so what a file prepares for its tests is prepared once
	@$(BIN)/python -m pytest -n auto --dist worksteal

properties: setup  ## the properties alone, on ten times as many generated examples
	@$(BIN)/python -m pytest -n auto --dist worksteal -m hypothesis --hypothesis-profile=thorough

engines: $(ENGINES)  ## tests of the work on many machines: Spark (needs Java) and Dask, on clusters of this machine
	@$(BIN)/python -m pytest -q tests/workbench/runs/test_cluster.py tests/store/test_register_engines.py tests/monitoring/signals/test_signal_engines.py

check: setup  ## format, lint, types, the house's laws, the tables and the cases
	@echo 'ruff format';  $(BIN)/ruff format --check --quiet . || { echo 'mend it with: $(BIN)/ruff format .' >&2; exit 1; }
	@echo 'ruff check';   $(BIN)/ruff check --quiet .
	@echo 'mypy';         $(BIN)/mypy --strict riskkit
	@echo 'house, lock, environment.yml, notebooks'
	@$(BIN)/python -m pytest -q -p no:cacheprovider tests/project/test_house.py tests/project/test_habits.py
	@echo 'tables and cases';  $(BIN)/riskkit check

golden: setup  ## what people get to see, written to tests/golden anew: git diff is then the review of a change
	@PYTHONPATH=tests/support/pages $(BIN)/python tests/support/golden_outputs.py
	@$(BIN)/python docs/reader_sentences.py

bench: setup $(PEERS)  ## speed and memory as one table, compared with the floors and the last run, kept and put into docs/speed.md
	@$(BIN)/python -m compileall -q riskkit
	@$(BIN)/python -m pytest -q -s -o python_files='bench_*.py' tests/benchmarks

docs: setup  ## the site in site/: guide, methods, policy map, reference of the library, gallery; without a network
	@$(BIN)/python docs/build_site.py

validate: $(TOOLS)  ## grading compared with decisions of authorities: prints docs/validation.md (needs the public records)
	@$(BIN)/python docs/validate.py

backtest: $(TOOLS)  ## signals on history, whole: the records in RECORDS (../shared/data), else 168 series made here
	@$(BIN)/riskkit run signal_backtest --lang en --out reports/backtest \
	  -p replicates=4 $(if $(wildcard $(RECORDS)/surveillance_simulated),-p records=$(abspath $(RECORDS)))
	@$(BIN)/python -m pytest -q -m exhaustive tests/monitoring/signals/test_signal_backtest.py

lab: $(READY)  ## JupyterLab in notebooks/
	@$(BIN)/riskkit lab

dashboard: $(READY)  ## the dashboards, on this machine only, behind a token
	@$(BIN)/riskkit dashboard

lock: $(FRESH)  ## work requirements.lock out again (needs a package index; UPGRADE=--upgrade takes newer releases)
	@# the old pins are preferred, but no hash is taken over: the index says anew which files a release has
	@sed -e '/^ *--hash=/d' -e 's/ \\$$//' requirements.lock > requirements.lock.new
	@$(BIN)/python .ci/uv_as_pip.py $(COMPILE) $(UPGRADE) --quiet -o requirements.lock.new \
	  --custom-compile-command "uv $(COMPILE) -o requirements.lock # on $$(date -u +%F)" || { rm requirements.lock.new; exit 1; }
	@mv requirements.lock.new requirements.lock

clean:  ## remove .venv, caches and what was built (reports stay)
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
