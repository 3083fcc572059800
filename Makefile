# Needs make and Python 3.11, 3.12 or 3.13; everything else goes into .venv.

SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c '$(SUPPORTED)' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
COMPILED := .venv/.compiled
INSTALLED := .venv/.installed

# What the index published in the last week stays out of the lock: a hijacked release is
# mostly found and withdrawn sooner than that.
COMPILE := $(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes \
	--fork-strategy fewest --exclude-newer '1 week' --custom-compile-command 'make lock'

.DEFAULT_GOAL := help
.PHONY: help venv demo test check bench kafka chaos fmt lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-7s %s\n", $$1, $$2 }' Makefile

venv: $(INSTALLED) ## create .venv with the locked packages and the project, editable

$(INSTALLED): pyproject.toml requirements-dev.txt
	@test -n '$(PYTHON)' && $(PYTHON) -c '$(SUPPORTED)' || { \
		echo "Probewatch needs Python 3.11, 3.12 or 3.13; name one: make PYTHON=/path/to/python3" >&2; \
		exit 1; }
	@echo "Installing into .venv, which takes about a minute once."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--require-hashes --requirement requirements-dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--no-deps --no-build-isolation --editable .
	@touch $@

# Compiled code kept on disk does not notice a change in a kernel that it calls.
$(COMPILED): $(wildcard detectors/*.py detectors/*/*.py streams/ingest/*.py) | venv
	@find detectors streams -name '*.nb[ci]' -delete
	@touch $@

demo: venv $(COMPILED) ## run the whole service here, with simulated misuse, and show the alerts
	@$(BIN)/probewatch demo

test: venv $(COMPILED) ## run the tests
	$(BIN)/pytest

check: venv ## formatting, lint, types, import rules
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

bench: venv $(COMPILED) ## run every benchmark; each prints a table
	@set -e; for f in bench/*.py; do echo "== $$f"; $(BIN)/python "$$f"; done

kafka: venv ## start Apache Kafka on port 9092 (KAFKA_BROKERS=3 for three); needs Java and Maven
	@$(BIN)/python -m tests.kafka

chaos: venv $(COMPILED) ## injure a running service at random, and check that nothing is lost
	@$(BIN)/python -m tests.chaos

fmt: venv ## format, and fix what ruff can fix
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

lock: venv ## write the newest versions that fit, with hashes, into requirements*.txt
	$(COMPILE) pyproject.toml --output-file requirements.txt
	$(COMPILE) pyproject.toml --extra embedded --extra plot --group dev --constraint requirements.txt \
		--output-file requirements-dev.txt

clean: ## remove .venv, caches and build output
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
