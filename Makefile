# Everything a person does here, by name. `make` alone lists it.
# Needed beforehand: make and a Python 3.11 or newer. All else goes into .venv, from a lock file with hashes.

.DEFAULT_GOAL := help
SHELL := /bin/sh
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.made-from-lock
# Kubernetes' own schemas are large: they have an environment of their own.
SCHEMAS := .venv-kubernetes
# Set PYTHON to choose the interpreter yourself: make demo PYTHON=/opt/python3.12/bin/python3
PYTHON ?=
CANDIDATES := $(PYTHON) $(if $(PYTHON),,python3 python3.11 python3.12 python3.13 python3.14 python)
FLAGS_OFF := 0 no false off
UV_LOCK := $(BIN)/uv pip compile pyproject.toml --universal --generate-hashes --quiet \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate

# What the environment of the caller could spoil: other people's modules on the path, a foreign home of Python.
unexport PYTHONPATH
unexport PYTHONHOME
# Or make slow: without compiled modules each start of a service takes more than twice as long.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## Show this list
	@echo "Fingerpost. What you can make:"
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# --- see it work -------------------------------------------------------------------------------------------

.PHONY: demo
demo: $(READY) assets ## A month of referrals, from school to family, on real parts (ONCE=1: stop at the end)
	@$(BIN)/python -m deploy.demo $(if $(filter-out $(FLAGS_OFF),$(ONCE)),--once) $(ARGS)

.PHONY: stack
stack: $(READY) ## Only Kafka and PostgreSQL, to work with; Ctrl-C stops them (ARGS="--brokers 3")
	@$(BIN)/python -m deploy.local up $(ARGS)

.PHONY: assets
assets: $(READY) ## The pages' style sheet and scripts, if anything changed (demo and test do it by themselves)
	@$(BIN)/python -m deploy.assets

# --- find out whether it is right --------------------------------------------------------------------------

# All of them by several processes, two more than there are processors; what ARGS choose, by one.
.PHONY: test
test: $(READY) assets ## All tests, on a real Kafka and PostgreSQL (ARGS="-k sitting" for some)
	@$(BIN)/python -m pytest $(or $(ARGS),--numprocesses auto)

.PHONY: test-faults
test-faults: $(READY) ## The catalogue of faults on a cluster of three (SEEDS=10 FAULT=… SEED=… MINUTES=… TABLE=1)
	@$(BIN)/python -m tests.faults $(if $(FAULT),--fault $(FAULT)) $(if $(SEED),--seed $(SEED)) \
		$(if $(SEEDS),--seeds $(SEEDS)) $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SINCE),--since $(SINCE)) \
		$(if $(RESULTS),--results $(RESULTS)) $(if $(filter-out $(FLAGS_OFF),$(TABLE)),--table) $(ARGS)

.PHONY: bench
bench: $(READY) ## How fast: referrals a second, as shares of this machine's limits (ARGS=… for options)
	@$(BIN)/python -m tests.bench $(ARGS)

.PHONY: bench-planner
bench-planner: $(READY) ## The plan of the panels: time to the proved best, beside two simpler ways (ARGS="--seeds 5 --large")
	@$(BIN)/python -m tests.bench.planner $(ARGS)

CHECKS := lint types boundaries words contracts deployables monitoring locks

.PHONY: check
check: $(READY) ## All that is checked without running anything; goes on after a failure, then says so
	@$(MAKE) -k $(CHECKS) && echo "All checks passed." || \
		{ echo "A check failed: see above. 'make format' settles what concerns the layout of the code." >&2; exit 1; }

.PHONY: lint
lint: $(READY) ## Part of check: ruff, its rules and its layout
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

.PHONY: types
types: $(READY) ## Part of check: mypy, strict
	$(BIN)/mypy

.PHONY: boundaries
boundaries: $(READY) ## Part of check: who may import whom, and each service alone with the chassis and the schemas
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/architecture

.PHONY: words
words: $(READY) ## Part of check: what families read is plain English
	$(BIN)/python -m services.notifications check-words

.PHONY: contracts
contracts: $(READY) ## Part of check: the generated contracts are those of the models
	$(BIN)/python -m schemas.generate --check

.PHONY: deployables
deployables: $(READY) ## Part of check: the Dockerfile and docker-compose.yml, offline
	$(BIN)/hadolint deploy/Dockerfile
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	$(BIN)/python -m deploy.kubernetes.generate --check
	@if command -v kubectl >/dev/null; then $(MAKE) manifests; \
	else echo "kubectl is not installed: the Kubernetes manifests were not built, only read (tests/architecture)."; fi

.PHONY: manifests
manifests: $(READY) ## Part of check: Kubernetes' manifests, built and held against its schemas
	@test -x $(SCHEMAS)/bin/python || { $(BIN)/uv venv --quiet --python $(BIN)/python $(SCHEMAS) && \
		$(BIN)/uv pip install --quiet --python $(SCHEMAS)/bin/python --require-hashes \
			-r deploy/kubernetes/requirements.lock; }
	kubectl kustomize deploy/kubernetes/example | $(SCHEMAS)/bin/python deploy/kubernetes/validate.py

.PHONY: monitoring
monitoring: $(READY) ## Part of check: alert rules and dashboards; with promtool where it is installed
	$(BIN)/python -m pytest -q tests/monitoring
	@if command -v promtool >/dev/null; then \
		cd deploy/monitoring && promtool check rules alerts.yml && promtool test rules alerts_test.yml; \
	else echo "promtool is not installed: it has not checked the rules (it comes with Prometheus)."; fi

LOCKS := requirements.lock requirements-dev.lock deploy/kubernetes/requirements.lock tests/bench/peers/requirements.lock \
	chassis/web/look/package-lock.json

.PHONY: locks
locks: ## Part of check: the lock files name no address
	@if grep -n '://' $(LOCKS); then \
		echo "The lines above hold an address: write the locks anew with 'make lock'." >&2; exit 1; \
	else echo "The lock files name no address."; fi

# --- run it ------------------------------------------------------------------------------------------------

.PHONY: env
env: $(READY) ## Fresh secrets for docker-compose.yml, in .env; never over an existing one
	@$(BIN)/python -m deploy.compose.env

# --- change it ---------------------------------------------------------------------------------------------

.PHONY: format
format: $(READY) ## Lay out the code as 'make check' wants it
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

.PHONY: schemas
schemas: $(READY) ## Generate the contracts' files from the models; review the difference before committing it
	@$(BIN)/python -m schemas.generate

.PHONY: lock
lock: $(READY) ## Choose the packages' versions anew, from pyproject.toml (ARGS="--upgrade-package ruff")
	$(UV_LOCK) --group dev $(ARGS) -o requirements-dev.lock
	$(UV_LOCK) -c requirements-dev.lock -o requirements.lock
	$(BIN)/python -m deploy.assets lock

.PHONY: clean
clean: ## Remove the environment and all caches
	rm -rf $(VENV) $(SCHEMAS) build chassis/web/look/built .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- the environment ---------------------------------------------------------------------------------------

$(READY): requirements-dev.lock
	@set -e; \
	if ! chosen=$$(sh deploy/choose_python.sh $(CANDIDATES)); then \
		echo "Fingerpost needs Python 3.11 or newer, and none of these is one: $(CANDIDATES)." >&2; \
		echo "Install one, or name yours: make demo PYTHON=/path/to/python3" >&2; exit 1; \
	fi; \
	echo "Making $(VENV) with $$("$$chosen" --version); this is done once and takes a minute or two."; \
	if ! "$$chosen" -m venv --clear $(VENV); then \
		echo "This Python cannot make environments. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; \
	fi; \
	if ! $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile \
			--no-deps --require-hashes --only-binary=:all: -r requirements-dev.lock; then \
		echo "The packages could not be installed: the lines above say which. Is the package index reachable?" >&2; \
		echo "Where a package has no wheel for this Python, use Python 3.11: make demo PYTHON=python3.11" >&2; exit 1; \
	fi; \
	touch $@
