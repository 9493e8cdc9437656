# bmrepmon. `make` lists what there is; `make demo` and `make test` need nothing prepared.

DEMO_FLAGS =
TEST_FLAGS =
CHAOS_FLAGS =
FUZZ_INPUTS = 1400000
VERDICTS_FLAGS =
HISTORIES =
BENCH_FLAGS =
SOAK_FLAGS =
VENV = .venv
INTERPRETERS = $(shell .ci/interpreters)
PYTHON = $(lastword $(subst =, ,$(firstword $(INTERPRETERS))))
OTHERS = $(foreach found,$(wordlist 2,9,$(INTERPRETERS)),$(firstword $(subst =, ,$(found))))
BIN = $(VENV)/bin
PIP = -m pip --disable-pip-version-check -qq
SUBMAKE = $(MAKE) --no-print-directory

quietly = said=$$($(1) 2>&1) || { echo "$$said"; exit 1; }

# Programs that were unpacked rather than installed: .ci/system-packages
export PATH := $(PATH):/usr/sbin:$(CURDIR)/build/packages/usr/bin

.PHONY: help demo test chaos fuzz soak verdicts histories audit-deps bench screenshots lint unit format lock build image-check venv clean python packages
.DELETE_ON_ERROR:
.PRECIOUS: .venv-%/.test

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

demo: $(VENV)/.demo ## a simulated BlueMind server and bmrepmon on it: http://127.0.0.1:10057/ (DEMO_FLAGS='--scenario stall')
	@$(BIN)/bmrepmon demo $(DEMO_FLAGS)

test: $(VENV)/.dev packages ## every check and every test (TEST_FLAGS='-k spool')
	@$(SUBMAKE) lint
	@$(SUBMAKE) unit
	@$(BIN)/python -m pytest --numprocesses=auto --maxprocesses=4 --dist=loadfile $(TEST_FLAGS)

chaos: $(VENV)/.dev ## what may happen to a log and its reader, in random order (CHAOS_FLAGS='--sequences 1000 --seed 7')
	@PYTHONPATH=tests $(BIN)/python -m chaos $(CHAOS_FLAGS)

fuzz: $(VENV)/.dev ## mutated inputs for every parser (FUZZ_INPUTS=10000000)
	@PYTHONPATH=tests $(BIN)/python -m fuzz --inputs $(FUZZ_INPUTS)

verdicts: $(VENV)/.dev ## simulated days and stalls, judged; beside two rivals (VERDICTS_FLAGS='--days 100 --stalls 60')
	@PYTHONPATH=tests $(BIN)/python -m verdicts $(VERDICTS_FLAGS)

histories: $(VENV)/.dev packages ## record again what the verdict is held against (HISTORIES='night core-restart'; without: all, 45 minutes)
	@PYTHONPATH=.:tests $(BIN)/python -m histories $(HISTORIES)

soak: $(VENV)/.dev ## a simulated week at speed: does anything grow? (SOAK_FLAGS='--seconds 600 --write docs/explanation/soak.md')
	@PYTHONPATH=tests $(BIN)/python -m soak $(SOAK_FLAGS)

audit-deps: ## ask the advisories of PyPI about every locked package; fails, too, when they cannot be asked
	@test -x build/audit/bin/pip-audit || { $(PYTHON) -m venv build/audit && build/audit/bin/pip -q install pip-audit; }
	@build/audit/bin/pip-audit --strict --require-hashes --disable-pip -r requirements/requirements-dev.txt

bench: $(VENV)/.dev ## time against the tools of today, into build/bench.json (BENCH_FLAGS='--runs 9')
	@.ci/system-packages bench
	@$(BIN)/python -m bench $(BENCH_FLAGS)

screenshots: $(VENV)/.dev packages ## pictures of the page in every state, into build/screenshots and docs/images
	@PYTHONPATH=tests $(BIN)/python -m screenshots

lint: $(VENV)/.dev ## style, types and the arrows between the parts
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --quiet --check
	@$(BIN)/mypy --no-error-summary
	@$(call quietly,$(BIN)/lint-imports --no-cache)

unit: ## the unit tests on every other CPython that is found
	@for version in $(OTHERS); do $(SUBMAKE) unit-$$version || exit 1; done

unit-%: .venv-%/.test
	@echo "Unit tests on CPython $*"
	@.venv-$*/bin/python -m pytest --quiet --numprocesses=auto --maxprocesses=4 tests/unit

format: $(VENV)/.dev ## let ruff lay out the code and mend what it can
	@$(BIN)/ruff check --quiet --fix-only
	@$(BIN)/ruff format --quiet

lock: ## refresh requirements/*.txt from pyproject.toml, with hashes
	@PYTHON=$(PYTHON) .ci/lock

build: $(VENV)/.dev ## a wheel and a source archive in dist/
	@$(call quietly,$(BIN)/python -m build --no-isolation)
	@ls dist/*

image-check: ## build the container image, run it once and scrape it
	@.ci/system-packages image
	@.ci/image-check

venv: $(VENV)/.dev ## the virtual environment for development, .venv

clean: ## remove everything that was made here
	@rm -rf .venv .venv-* build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache

python:
	@.ci/system-packages python

packages:
	@.ci/system-packages test

# A stamp in a virtual environment tells which lock file it follows. What dev installs is enough for the demo.

$(VENV)/.dev: requirements/requirements-dev.txt
	$(call install,$(VENV),$(PYTHON),dev)
	@touch $(VENV)/.demo

$(VENV)/.demo: requirements/requirements-demo.txt
	$(call install,$(VENV),$(PYTHON),demo)

.venv-%/.test: requirements/requirements-test.txt requirements/requirements-build.txt pyproject.toml
	$(call install,.venv-$*,$(patsubst $*=%,%,$(filter $*=%,$(INTERPRETERS))),test)

$(VENV)/.dev $(VENV)/.demo: requirements/requirements-build.txt pyproject.toml | python

define install
	@echo "Installing what requirements-$(3).txt names into $(1)"
	@$(1)/bin/python -m pip --version > /dev/null 2>&1 || $(2) -m venv --clear $(1)
	@$(1)/bin/python $(PIP) install --only-binary=:all: --require-hashes \
		-r requirements/requirements-build.txt -r requirements/requirements-$(3).txt
	@$(1)/bin/python $(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@
endef
