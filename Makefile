# What a person types. Everything stands on .venv, which `make dev` builds once.
# PYTHON picks the first Python of at least 3.11; set it to choose another.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$p"; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
AWS_VENV := .venv-aws
AWS_STAMP := $(AWS_VENV)/.installed
FUZZ_VENV := .venv-fuzz
FUZZ_STAMP := $(FUZZ_VENV)/.installed
BROWSER_VENV := .venv-browser
BROWSER_STAMP := $(BROWSER_VENV)/.installed
FUZZ_SECONDS ?= 60
FUZZ_TARGETS ?= canonical statement plan envelope signature key trust yaml service change paste \
	figures range
LOCK := $(BIN)/pip-compile --quiet --no-build-isolation --generate-hashes --allow-unsafe \
	--no-emit-index-url --no-emit-find-links --no-header --strip-extras

.DEFAULT_GOAL := help
.PHONY: help dev preflight test test-browser test-plugins check lint lint-format lint-code lint-types lint-imports format simulate mutants windows coverage demo docs bench fuzz wheel lock clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1 -- \2/'

preflight:
	@test -n "$(PYTHON)" || { echo "mcm needs Python >= 3.11; none found. Install it, or: make dev PYTHON=/path/to/python3.11" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo "mcm needs Python >= 3.11; $(PYTHON) is older or missing. Try: make dev PYTHON=python3.11" >&2; exit 1; }
	@"$(PYTHON)" -c 'import venv, ensurepip' 2>/dev/null || { echo "mcm needs Python's venv module; install it (Debian: apt install python3-venv)" >&2; exit 1; }
	@command -v git >/dev/null || { echo "mcm needs git; install it (Debian: apt install git)" >&2; exit 1; }
	@command -v ssh-keygen >/dev/null || { echo "mcm needs OpenSSH's ssh-keygen; install it (Debian: apt install openssh-client)" >&2; exit 1; }

dev: $(STAMP) ## build .venv with .venv/bin/mcm

$(STAMP): requirements/dev.txt pyproject.toml | preflight
	@test -x $(BIN)/python || "$(PYTHON)" -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# Four workers on two cores: the tests of the commands wait for a bake, they do not compute.
test: dev ## run the tests
	@$(BIN)/python -m pytest -n 4 --dist worksteal

test-browser: $(BROWSER_STAMP) ## look at the HTML record in headless Chromium
	@for each in chromium chromedriver; do command -v $$each >/dev/null || { \
		echo "make test-browser needs $$each; install it (Debian: apt install chromium chromium-driver)" >&2; exit 1; }; done
	@$(BROWSER_VENV)/bin/python -m pytest -p no:cacheprovider tests/browser

PLUGINS ?= /usr/lib/nagios/plugins
test-plugins: dev ## run Debian's monitoring plugins as guardrails
	@test -x $(PLUGINS)/check_dummy || { \
		echo "make test-plugins needs the monitoring plugins; install them (Debian: apt install monitoring-plugins-basic)" >&2; exit 1; }
	@MCM_PLUGINS=$(PLUGINS) $(BIN)/python -m pytest -p no:cacheprovider tests/plugins

$(BROWSER_STAMP): requirements/browser.txt requirements/runtime.txt | preflight
	@test -x $(BROWSER_VENV)/bin/python || "$(PYTHON)" -m venv $(BROWSER_VENV)
	$(BROWSER_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/runtime.txt -r requirements/browser.txt
	@touch $@

# One target each, so that `make -k lint` shows all that is wrong.
lint: lint-format lint-code lint-types lint-imports
lint-format: dev
	$(BIN)/ruff format --check .
lint-code: dev
	$(BIN)/ruff check .
lint-types: dev
	$(BIN)/mypy
lint-imports: dev
	$(BIN)/lint-imports

SEEDS ?= 10000
simulate: dev ## play SEEDS drawn scenarios, or replay one with SEED=n (and KEEP=parts)
	@$(BIN)/python -m tests.simulation $(if $(SEED),$(SEED) $(if $(KEEP),--keep $(KEEP)),--seeds $(SEEDS))

mutants: dev ## plant known bugs one by one and see that the simulator finds each
	@$(BIN)/python -m tests.simulation.mutate

windows: dev ## compare ten years of windows in eight zones with a slow oracle, some minutes
	@$(BIN)/python -m tests.core.opening_oracle

check: lint test ## everything that must be green: format, lint, types, import contracts, tests

format: dev ## put the code in form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

coverage: dev ## run the tests and show what they do not reach
	@$(BIN)/python -m pytest -n 2 --cov --cov-report=term

demo: dev ## deploy, catch a breach and roll back, on a local AWS
	@$(BIN)/python -m mcm.cli.main demo

docs: dev ## make the pages of the commands and of lint's rules from the code
	@$(BIN)/python -m mcm.cli.pages

bench: dev $(AWS_STAMP) ## compare start-up and calls with the aws command
	@$(BIN)/python benchmarks/bench.py --aws $(AWS_VENV)/bin/aws

$(AWS_STAMP): requirements/aws.txt | preflight
	@test -x $(AWS_VENV)/bin/python || "$(PYTHON)" -m venv $(AWS_VENV)
	$(AWS_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/aws.txt
	@touch $@

# What is found is written to .fuzz/TARGET/crash-…; it then becomes a line of tests/fuzz.
fuzz: $(FUZZ_STAMP) ## feed bytes to each reader for FUZZ_SECONDS (60), all or FUZZ_TARGETS
	@for target in $(FUZZ_TARGETS); do echo "fuzz: $$target, $(FUZZ_SECONDS) s"; \
		$(FUZZ_VENV)/bin/python -m tests.fuzz $$target $(FUZZ_SECONDS) .fuzz || exit 1; done

$(FUZZ_STAMP): requirements/fuzz.txt requirements/runtime.txt | preflight
	@test -x $(FUZZ_VENV)/bin/python || "$(PYTHON)" -m venv $(FUZZ_VENV)
	$(FUZZ_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/runtime.txt -r requirements/fuzz.txt
	@touch $@

wheel: dev ## build the wheel into dist/
	$(BIN)/python -m hatchling build -t wheel

# Asks the package index. Run it after a change of dependencies in pyproject.toml; needs pip-tools.
lock: dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check pip-tools
	$(LOCK) --extra sandbox --extra graphs --extra calendars --extra dev --output-file requirements/dev.txt pyproject.toml
	$(LOCK) --extra sandbox --constraint requirements/dev.txt --output-file requirements/sandbox.txt pyproject.toml
	$(LOCK) --constraint requirements/dev.txt --output-file requirements/runtime.txt pyproject.toml
	echo hatchling | $(LOCK) --constraint requirements/dev.txt --output-file requirements/build.txt -
	echo awscli | $(LOCK) --output-file requirements/aws.txt -
	printf 'pytest\nselenium\n' | $(LOCK) --constraint requirements/dev.txt --output-file requirements/browser.txt -
	echo atheris | $(LOCK) --output-file requirements/fuzz.txt -

clean: ## remove what the tools leave behind; the environments stay
	rm -rf dist build demo-out .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage .coverage.*
	find . -name __pycache__ -type d -not -path './.venv*' -prune -exec rm -rf {} +
