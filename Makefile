# Everything below works on a fresh machine that has Python 3.11 or newer (with venv) and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PINNED := $(VENV)/pinned
READY := $(VENV)/ready
PINS := requirements-dev.txt
# How long `make check` searches: quick, default or thorough.
PROFILE ?= default

# What lies there is no part of the environment.
unexport PYTHONPATH PYTHONHOME
# Drivers are started by the hundred: their byte code is kept.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: check test kills nightly bench audit-matrix lint types packaging format tags corpus lock clean

check: $(READY) ## judge the reference with the suite
	$(BIN)/lifecycle-projection check --profile $(PROFILE)

test: $(READY) ## run the tests
	$(BIN)/pytest -n auto --dist worksteal -m "not packaging"

packaging: $(READY) ## install from an index with newer releases; build the wheel, install it elsewhere, use it there
	$(BIN)/pytest -n auto --dist loadgroup -m packaging

kills: $(READY) ## look for every faulty implementation: each must be found, and under the right requirements alone
	$(BIN)/python tests/kill_matrix.py

nightly: $(READY) ## the long forms of the tests that search; says what each part took
	$(BIN)/python tests/nightly.py

bench: $(READY) ## measure the cost as ratios to floors taken in the same run
	$(BIN)/pytest tests/benchmarks/bench_*.py --benchmark-only --benchmark-quiet

audit-matrix: $(READY) ## damage stores in each known way, and print what the audit finds
	$(BIN)/python tests/audit/matrix.py

lint: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports --no-logo

types: $(READY)
	$(BIN)/mypy

format: $(READY)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

tags: $(READY) ## name anew which requirements the vectors touch, and which kinds of case judge each requirement
	$(BIN)/python -m lifecycle_conformance.judges.vectors.tags > tags.tmp
	mv tags.tmp conformance/lifecycle_conformance/judges/vectors/tags.json
	$(BIN)/python -m lifecycle_conformance.runner.reach > tags.tmp
	mv tags.tmp conformance/lifecycle_conformance/runner/reach.json

corpus: $(READY) ## grow the distilled corpus anew (ADD=1: on); says what it tells and what it doesn't
	$(BIN)/python -m lifecycle_conformance.runner.distilling $(if $(ADD),--add)

# Pins what pyproject.toml asks for; uv is needed for this only.
LOCK := uv pip compile --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links --quiet
lock:
	$(LOCK) pyproject.toml --output-file requirements.txt
	$(LOCK) pyproject.toml --all-extras --output-file requirements-dev.txt

# What is pinned is what is installed, with any pip, whatever has been published since: nothing is resolved, and no
# package is built from its sources, since pip would resolve what that needs. `pip check` finds what is missing.
PIP := $(BIN)/python -m pip --disable-pip-version-check
INSTALL := $(PIP) install --quiet --no-deps
TOO_OLD := error: $(PYTHON) is too old: Python 3.11 or newer is needed; name one, such as PYTHON=python3.12
$(PINNED): $(PINS)
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("$(TOO_OLD)")'
	$(PYTHON) -m venv --clear $(VENV)
	$(INSTALL) --require-hashes --only-binary :all: --requirement $(PINS)
	touch $@

$(READY): $(PINNED) pyproject.toml
	$(INSTALL) --no-build-isolation --editable .
	$(PIP) check
	touch $@

clean:
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .import_linter_cache .pytest_cache .hypothesis .benchmarks
