# Everything is installed into .venv, once: the stamps in it say what is there already.
#
#   make demo       fit the cafes table and print the summary
#   make test       the test suite, without the tests marked slow (make test-slow runs those)
#   make fuzz       hostile inputs at random for five minutes (FUZZ_ARGS="formula --seconds 3600"); tests/fuzz/README.md
#   make test-oldest   smoke and other tests with the oldest versions that pyproject.toml allows
#   make audit      known weaknesses of the installed packages; asks a database on the network
#   make lint       format, lint, types, spelling
#   make examples   every file of examples/
#   make docs       the site, in build/docs; its pages are run
#   make bench      the benchmark suite, beside its peers (BENCH_ARGS="--models small --rounds 1")
#   make clean      remove what these made

PYTHON ?= python3
VENV ?= .venv
BUILD ?= build
PYTEST_ARGS ?=
FUZZ_ARGS ?= --seconds 300
BENCH_ARGS ?=

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
INSTALLED := $(VENV)/.installed
INSTALLED_DEV := $(VENV)/.installed-dev
INSTALLED_DOCS := $(VENV)/.installed-docs
SOURCES := src tests $(wildcard docs) $(wildcard examples) $(wildcard benchmarks)

# Figures are written to files, never to a window.
export MPLBACKEND := Agg

.PHONY: demo test test-slow test-oldest audit fuzz lint examples docs bench clean
.DEFAULT_GOAL := demo

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(INSTALLED): pyproject.toml | $(BIN)/python
	$(PIP) --editable .
	touch $@

$(INSTALLED_DEV): pyproject.toml | $(BIN)/python
	$(PIP) --editable '.[dev]'
	touch $(INSTALLED) $@

$(INSTALLED_DOCS): pyproject.toml | $(BIN)/python
	$(PIP) --editable '.[docs]'
	touch $(INSTALLED) $@

demo: $(INSTALLED)
	mkdir -p $(BUILD)/demo
	$(BIN)/bf data cafes > $(BUILD)/demo/cafes.csv
	$(BIN)/bf fit "wait ~ afternoon + (1 + afternoon | cafe)" $(BUILD)/demo/cafes.csv

test: $(INSTALLED_DEV)
	$(BIN)/python -m pytest -n auto --dist loadfile $(PYTEST_ARGS)

test-slow: $(INSTALLED_DEV)
	$(BIN)/python -m pytest -m slow $(PYTEST_ARGS)

fuzz: $(INSTALLED_DEV)
	$(BIN)/python tests/fuzz/run.py $(FUZZ_ARGS)

test-oldest:
	.ci/oldest

# In an environment of its own, so that what the audit needs is not audited.
audit: $(INSTALLED_DEV)
	$(PYTHON) -m venv $(BUILD)/audit
	$(BUILD)/audit/bin/python -m pip --disable-pip-version-check install --quiet pip-audit
	$(BIN)/python -m pip --disable-pip-version-check freeze --exclude-editable > $(BUILD)/audit/packages.txt
	$(BUILD)/audit/bin/pip-audit --strict --requirement $(BUILD)/audit/packages.txt --no-deps --disable-pip

lint: $(INSTALLED_DEV)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/basedpyright --pythonpath $(BIN)/python
	$(BIN)/codespell $(SOURCES) grammar $(wildcard *.md)

examples: $(INSTALLED)
	@set -e; mkdir -p $(BUILD)/examples; \
	for example in $(sort $(wildcard examples/*.py)); do \
		echo "== $$example"; \
		(cd $(BUILD)/examples && "$(abspath $(BIN))/python" "$(CURDIR)/$$example"); \
	done

# Strict: a warning, a broken link or a page whose code fails ends it. The variable silences an announcement of the theme's.
docs: $(INSTALLED_DOCS)
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --clean --site-dir $(BUILD)/docs

# The environment of this package runs the loop too; those of the peers are made once, under build/benchmarks.
bench:
	$(PYTHON) benchmarks/environments.py
	build/benchmarks/ours/bin/python benchmarks/run.py $(BENCH_ARGS)

clean:
	rm -rf $(VENV) $(BUILD) dist .pytest_cache .ruff_cache .hypothesis
	find src tests $(wildcard docs) $(wildcard examples) $(wildcard benchmarks) -name __pycache__ -prune -exec rm -rf {} +
