# `make` alone lists the targets. ARGS passes options through: make test ARGS="-k groq"
SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup environments test coverage fix check demo verdicts speed accuracy test-peers test-clients fuzz soak other-tools nightly lock build clean

# The first Python on the path that is new enough and can make virtual environments.
FIND := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	$$p -c '$(FIND)' >/dev/null 2>&1 && { echo $$p; break; }; done)

VENV ?= .venv
PEERS := .peers
BIN := $(VENV)/bin
# Where the surroundings forbid it, each of the thousand processes that the tests start would compile
# the package anew: it takes longer than all that the process then does.
export PYTHONDONTWRITEBYTECODE :=
INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

setup: $(VENV)/.dev ## make .venv with everything for work on the project

demo: $(VENV)/.runtime ## see it live: no keys, no network (ARGS go to `gatewayz demo`)
	@$(BIN)/gatewayz demo $(ARGS)
	@echo; echo "To have the gatewayz command at hand: . $(BIN)/activate"

test: $(VENV)/.dev ## the tests, in random order (make test ARGS="-k groq")
	$(BIN)/python -m pytest -n auto --dist worksteal -m "not peers and not clients and not fuzz and not slow and not network" $(ARGS)

coverage: $(VENV)/.dev ## branch coverage of reader, judge and redaction: 95 % or it fails
	$(BIN)/python -m coverage run -m pytest -m "not peers and not clients and not fuzz and not slow and not network" \
		tests/core tests/client tests/checks $(ARGS)
	$(BIN)/python -m coverage report
	$(BIN)/python scripts/check_coverage.py

fix: $(VENV)/.dev ## format, mend what can be mended, make the tables of the docs anew
	$(BIN)/ruff format
	$(BIN)/ruff check --fix
	$(BIN)/python -m gatewayz.cli.reference

check: $(VENV)/.dev ## format, lint, types, docs; no tests
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/python scripts/check_docs.py

verdicts: $(VENV)/.dev ## the matrix of verdicts, 20 minutes (ARGS=--short: two minutes)
	$(BIN)/python -m benchmarks.verdicts $(ARGS)

speed: $(VENV)/.dev $(PEERS)/portkey/.ready $(PEERS)/litellm/.ready ## the backend beside other gateways, 5 minutes of a quiet machine (ARGS=--short: one)
	$(BIN)/python -m benchmarks.gateway $(ARGS)

accuracy: $(VENV)/.dev ## our times and counts beside what the sender knows, 4 minutes of a quiet machine (ARGS=--short: 15 s)
	$(BIN)/python -m benchmarks.accuracy $(ARGS)

other-tools: $(VENV)/.dev $(PEERS)/other-tools/.ready ## the same faults before other people's tools
	$(BIN)/python -m benchmarks.other_tools $(ARGS) \
		$(PEERS)/other-tools/node_modules/compatcanary/src/cli.js

# LiteLLM's SDK is the one that its proxy is made of.
CLIENTS := $(PEERS)/clients-python/.ready $(PEERS)/clients-node/.ready $(PEERS)/litellm/.ready

environments: $(CLIENTS) $(PEERS)/portkey/.ready $(PEERS)/fuzz/.ready ## install all that test-peers, test-clients and fuzz need

test-peers: $(VENV)/.dev $(PEERS)/portkey/.ready $(PEERS)/litellm/.ready ## the roll call through other people's gateways (Portkey, LiteLLM)
	$(BIN)/python -m pytest tests/peers tests/docs -m peers $(ARGS)

test-clients: $(VENV)/.dev $(CLIENTS) ## the clients that people use, before the backend
	$(BIN)/python -m pytest tests/clients -m clients $(ARGS)

fuzz: MINUTES ?= 10
fuzz: $(VENV)/.dev $(PEERS)/fuzz/.ready ## Schemathesis against the backend, by its own document (MINUTES=10, SEED=n)
	FUZZ_MINUTES="$(MINUTES)" FUZZ_SEED="$(SEED)" $(BIN)/python -m pytest tests/fuzz -m fuzz -p no:randomly $(ARGS)

soak: MINUTES ?= 15
soak: $(VENV)/.dev ## the backend for long under hostile peers, with healthy clients beside them (MINUTES=15, HOURS=n)
	$(BIN)/python -m benchmarks.soak $(if $(HOURS),--hours $(HOURS),--minutes $(MINUTES)) $(ARGS)

nightly: $(VENV)/.dev ## the long forms: slow tests, peers, clients, the fuzzer, the soak, the whole matrix, every other Python found here
	$(MAKE) test
	$(BIN)/python -m pytest -m "slow and not network" $(ARGS)
	$(MAKE) test-peers test-clients fuzz soak
	$(BIN)/python -m benchmarks.verdicts --print
	$(MAKE) coverage ARGS=
	$(BIN)/python scripts/other_pythons.py $(ARGS)

build: $(VENV)/.dev ## wheel and sdist in dist/; the wheel is tried in an empty environment
	rm -rf dist
	$(BIN)/python -m build --no-isolation --outdir dist
	$(BIN)/python scripts/try_wheel.py dist/*.whl

lock: $(VENV)/.lock ## pin requirements/ again from pyproject.toml (ARGS=--upgrade for newer ones)
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python scripts/lock.py $(ARGS)
	for folder in tests/peers/node tests/clients/node benchmarks/other_tools/node; do (cd $$folder && \
		npm install --package-lock-only --omit-lockfile-registry-resolved \
		--ignore-scripts --no-audit --no-fund); done

clean: ## remove all that make made, .venv included
	rm -rf $(VENV) $(PEERS) build dist .coverage .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find src tests scripts -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp is as new as the last set-up that went through; repeated targets then start at once.
$(VENV)/.made: requirements/installer.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer with venv is needed (on Debian:" \
		"apt-get install python3 python3-venv); name another with make PYTHON=/path/to/python"; exit 1; }
	@echo "Setting up $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)
	@$(INSTALL) -r requirements/installer.txt
	@touch $@

# Enough for the demo: what the package runs on, the engine, and the package itself. The build
# backend is installed from its lock first, so that nothing unpinned is fetched to build with.
$(VENV)/.runtime: $(VENV)/.made requirements/runtime.txt requirements/build.txt requirements/engine.txt pyproject.toml
	@$(INSTALL) -r requirements/runtime.txt -r requirements/build.txt
	@$(BIN)/python scripts/install_engine.py
	@$(BIN)/python -m pip install -qq --disable-pip-version-check \
		--no-index --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements/dev.txt
	@echo "Installing the tools for tests and checks"
	@$(INSTALL) -r requirements/dev.txt
	@touch $@

$(VENV)/.lock: $(VENV)/.made requirements/lock.txt
	@$(INSTALL) -r requirements/lock.txt
	@touch $@

$(PEERS)/portkey/.ready: tests/peers/node/package.json tests/peers/node/package-lock.json
	@sh scripts/install_node.sh $(PEERS)/portkey tests/peers/node "Portkey's gateway"

$(PEERS)/clients-node/.ready: tests/clients/node/package.json tests/clients/node/package-lock.json
	@sh scripts/install_node.sh $(PEERS)/clients-node tests/clients/node "the clients of Node.js"

$(PEERS)/other-tools/.ready: benchmarks/other_tools/node/package.json benchmarks/other_tools/node/package-lock.json
	@sh scripts/install_node.sh $(PEERS)/other-tools benchmarks/other_tools/node CompatCanary

$(PEERS)/litellm/.ready: requirements/peers-litellm.txt $(VENV)/.made
	@echo "Installing LiteLLM's proxy in an environment of its own"
	@$(call environment,$(PEERS)/litellm,requirements/peers-litellm.txt)

$(PEERS)/clients-python/.ready: requirements/clients-python.txt $(VENV)/.made
	@echo "Installing the clients of Python in an environment of their own"
	@$(call environment,$(PEERS)/clients-python,requirements/clients-python.txt)

$(PEERS)/fuzz/.ready: requirements/fuzz.txt $(VENV)/.made
	@echo "Installing Schemathesis in an environment of its own"
	@$(call environment,$(PEERS)/fuzz,requirements/fuzz.txt)

# $(call environment,FOLDER,LOCK): a virtual environment of its own, and its stamp. What is used of it
# is compiled when it is first imported: most of it never is.
define environment
$(BIN)/python -m venv --clear --without-pip $(1) && $(BIN)/python -m pip --python $(1)/bin/python install \
	-qq --disable-pip-version-check --no-compile --no-deps --require-hashes -r $(2) && touch $(1)/.ready
endef
