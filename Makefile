# `make report` and `make test` are the two commands a newcomer needs; both set up what they use.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# The first Python of the right version on this machine; `make PYTHON=… report` names another.
PYTHON ?= $(shell for p in python3.11 python3.12 python3 python; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null && { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# One thread for each process: several kernels run at once, and threads that fight are slower than none.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export MKL_NUM_THREADS := 1
export PYTHONHASHSEED := 0
export MPLBACKEND := Agg
# Every kernel imports the package: let the first one keep what it compiled, whatever the caller's setting.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help report full test test-worlds studies test-browser lint lab bench setup lock data clean

help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | while IFS=$$'\t' read -r name text; do printf '  make %-13s %s\n' "$$name" "$$text"; done

report: $(READY) ## Run all notebooks of every shipped cohort and the studies, quick effort, and build the site
	@$(BIN)/wlz-eval run --studies --effort quick

full: $(READY) ## The same with full effort: more replicates, more draws
	@$(BIN)/wlz-eval run --studies --effort full

test: lint ## Check style, types, imports and every test (no browser needed)
	@rm -rf build/nbval && $(BIN)/python tests/notebooks/prepare.py build/nbval
	@$(BIN)/python -m pytest tests build/nbval/notebooks --nbval-lax --nbval-current-env -p no:cacheprovider \
		-m "not browser" -n 2 --dist loadscope --max-worker-restart=1 -q

test-worlds: $(READY) ## All simulated worlds of the acceptance tests, not only the first quarter (fifteen minutes)
	@WLZ_ALL_WORLDS=1 $(BIN)/python -m pytest tests/acceptance/test_simulated_worlds.py tests/acceptance/test_progress_worlds.py tests/acceptance/test_dose_worlds.py tests/unit/test_delivery_funnel.py -q -p no:cacheprovider -n 2 --dist loadscope

studies: $(READY) ## Renew the studies of the method whose results are committed (an hour or more)
	@$(BIN)/python -m wlz_eval.simulate.known_answers
	@$(BIN)/python -m wlz_eval.simulate.calibration_study --worlds 1000
	@$(BIN)/python -m wlz_eval.simulate.dose_study --worlds 1000
	@$(BIN)/python -m wlz_eval.simulate.inverse_dose_study --worlds 1000
	@$(BIN)/python -m wlz_eval.simulate.contract_study --worlds 500
	@$(BIN)/python -m wlz_eval.simulate.value_study --worlds 500

test-browser: $(READY) ## Tests that need Chromium (Debian's package chromium)
	@$(BIN)/python -m pytest tests/browser -m browser -q -p no:cacheprovider

lint: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

lab: $(READY) ## Open JupyterLab on the notebooks
	@$(BIN)/jupyter lab notebooks

bench: $(READY) ## Time the suite against floors measured in the same run
	@$(BIN)/python tests/bench/bench.py

data: $(READY) ## Rebuild the shipped cohorts and the data dictionary
	@$(BIN)/python data/cohorts/star-1986/build.py
	@$(BIN)/python -m wlz_eval.simulate.shipped
	@$(BIN)/python -m wlz_eval.pilot.folders
	@$(BIN)/python -m wlz_eval.cohort.dictionary --write

setup: $(READY) ## Create .venv from requirements.lock

# Stale when the lock or the project file is newer than the last finished installation.
$(READY): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or 3.12 is needed and neither was found. Install one, or name it: make PYTHON=/path/to/python3.11 report" >&2; exit 2; }
	@echo "Setting up $(VENV) with $$($(PYTHON) --version) (about two minutes, once)"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)

lock: ## Resolve requirements.lock and environment.yml anew from pyproject.toml (needs uv)
	@uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header -o requirements.lock --quiet --upgrade
	@$(BIN)/python .ci/environment.py > environment.yml

clean: ## Remove the virtual environment, private work and published reports
	@rm -rf $(VENV) .work build
	@find reports -mindepth 1 ! -name README.md -delete
