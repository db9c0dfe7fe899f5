# Everything below works on a fresh machine that has Python 3.11 or newer (with venv) and make.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready
# How long `make check` searches: quick, default or thorough.
PROFILE ?= default

.PHONY: check test bench lint types packaging format tags lock clean

check: $(READY) ## judge the reference with the suite
	$(BIN)/lifecycle-projection check --profile $(PROFILE)

test: $(READY) ## run the tests
	$(BIN)/pytest -n auto -m "not packaging"

packaging: $(READY) ## build the wheel, install it elsewhere, and use it there
	$(BIN)/pytest -m packaging

bench: $(READY) ## measure the cost as ratios to floors taken in the same run
	$(BIN)/pytest tests/benchmarks/bench_*.py --benchmark-only --benchmark-columns=min,median,rounds --benchmark-sort=name

lint: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(READY)
	$(BIN)/mypy

format: $(READY)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

tags: $(READY) ## name anew which requirements the vectors touch
	$(BIN)/python -m lifecycle_conformance.vectors.tags > tags.tmp
	mv tags.tmp conformance/lifecycle_conformance/vectors/tags.json

# Pins what pyproject.toml asks for; uv is needed for this only.
LOCK := uv pip compile --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links --quiet
lock:
	$(LOCK) pyproject.toml --output-file requirements.txt
	$(LOCK) pyproject.toml --extra dev --output-file requirements-dev.txt

$(READY): requirements-dev.txt pyproject.toml
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements-dev.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

clean:
	rm -rf .venv dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .benchmarks
