# A clone, Python >= 3.11, make and a package index are enough: everything else is fetched into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# The virtual environment's own uv when there is none on the machine; never another Python than the one named above.
UV := $(or $(shell command -v uv 2>/dev/null),$(BIN)/uv)
# Each takes a stretch of the tests, so that a file's database is made once, and helps another when it is through.
AT_ONCE := -n auto --maxprocesses 8 --dist worksteal
export UV_PYTHON_DOWNLOADS := never
export UV_PROJECT_ENVIRONMENT := $(VENV)
unexport VIRTUAL_ENV
# Every process a command or a test starts would compile the code anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test deep check bench openapi contract format lint types imports unused

help: ## show the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1|\2/p' $(MAKEFILE_LIST) | column -t -s '|' 2>/dev/null || cat $(MAKEFILE_LIST)

run: $(VENV)/.installed-run ## start everything on this machine
	@$(BIN)/python -m app.cli up

test: $(VENV)/.installed-dev ## run the tests on servers of their own
	$(BIN)/python -m pytest $(AT_ONCE)

deep: $(VENV)/.installed-dev ## the tests of money with as many examples as PLENARY_EXAMPLES says, for hours
	HYPOTHESIS_PROFILE=deep $(BIN)/python -m pytest $(AT_ONCE) tests/independent tests/golden tests/storm/test_years.py tests/payments/test_walks.py tests/schemes/test_claim_walks.py

check: lint types imports unused contract test ## everything CI checks

bench: $(VENV)/.installed-dev ## measure, as ratios against the simplest thing that works
	$(BIN)/python -m benchmarks

openapi: $(VENV)/.installed-run ## write the published contract anew
	$(BIN)/python -m app.cli openapi --output openapi/plenary.json

contract: $(VENV)/.installed-dev ## compare, lint and build clients from the published contract
	$(BIN)/python openapi/tools/check.py

format: $(VENV)/.installed-dev ## put the code into form
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

lint: $(VENV)/.installed-dev ## form and lint
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/.installed-dev ## types
	$(BIN)/pyright --pythonpath $(BIN)/python

imports: $(VENV)/.installed-dev ## who may import whom
	$(BIN)/lint-imports

unused: $(VENV)/.installed-dev ## dependencies that are missing or not used
	$(BIN)/deptry .

# Inexact, so that `make run` after `make test` does not take the test tools away again.
# Compiled at once: otherwise the first start does it, or every start where writing bytecode is switched off.
# uv reads the lock's own addresses; where only pip knows the way (a mirror in its configuration), pip installs the very
# same files, checked by the lock's hashes.
define install
	@echo "Installing from the lock into $(VENV)"
	@$(UV) sync --quiet --frozen --inexact --compile-bytecode $(1) || { \
		echo "uv cannot reach the package index; trying pip with its own configuration" >&2 && \
		$(UV) export --quiet --frozen --no-emit-project $(1) --output-file $(VENV)/requirements.txt && \
		$(BIN)/python -m pip install --quiet --require-hashes --requirement $(VENV)/requirements.txt && \
		$(BIN)/python -m pip install --quiet --no-deps --editable . ; }
	@$(BIN)/python -m compileall -q app workers
	@touch $@
endef

$(VENV)/.installed-run: uv.lock pyproject.toml | $(VENV)/.made
	$(call install,--extra embedded --extra pdf)

$(VENV)/.installed-dev: uv.lock pyproject.toml | $(VENV)/.made
	$(call install,--extra embedded --extra pdf --extra dev)
	@touch $(VENV)/.installed-run

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Plenary needs Python 3.11 or newer; name one: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	@[ -x "$(UV)" ] || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@touch $@
