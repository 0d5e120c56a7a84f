# Every target makes its own virtual environment first; the second call is quick.
# ARGS is handed on: make demo ARGS="--scale 0.1", make test ARGS="-k restore"

VENV := .venv
PYTHON := $(VENV)/bin/python
INSTALLED := $(VENV)/.installed
PIP := $(PYTHON) -m pip --disable-pip-version-check --no-input --quiet --quiet
ARGS ?=

unexport PYTHONPATH PYTHONHOME PYTHONSTARTUP PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo up down check test bench lock

help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-7s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(INSTALLED) ## Create the virtual environment with the locked versions

demo: $(INSTALLED) ## Start everything, back up and restore the demo system through Prefect, show the result, stop
	@$(PYTHON) -m infra.local demo $(ARGS)

up: $(INSTALLED) ## Start server, demo system and worker, and stay until Ctrl-C or make down
	@$(PYTHON) -m infra.local up $(ARGS)

down: $(INSTALLED) ## Stop what make up started
	@$(PYTHON) -m infra.local down

check: $(INSTALLED) ## Format, lint, strict types, architecture
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(PYTHON) -m pytest tests/test_architecture.py

test: $(INSTALLED) ## Everything that a change must pass, four files at a time
	$(PYTHON) -m pytest --numprocesses 4 --dist loadgroup --no-loadscope-reorder $(ARGS)

bench: $(INSTALLED) ## Measure against peers, such as pg_dump and pg_restore (ARGS="--only smoke")
	$(PYTHON) -m infra.bench $(ARGS)

lock: ## For maintainers: lock the versions that pyproject.toml allows (ARGS=--upgrade takes newer ones)
	@$(call find_python); "$$found" -m venv --clear build/lock
	@build/lock/bin/python -m pip --disable-pip-version-check --quiet install uv
	build/lock/bin/uv pip compile --quiet --generate-hashes --no-header --universal --python-version 3.11 \
	  --extra dev $(ARGS) pyproject.toml --output-file requirements.lock
	@rm -rf build/lock

# The first Python that is new enough, as $$found; PYTHON3=... chooses another.
define find_python
found=; for each in $(PYTHON3) python3 python3.13 python3.12 python3.11; do \
  if "$$each" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$$each; break; fi; \
done; \
if [ -z "$$found" ]; then \
  echo "Sereno needs Python 3.11 or newer; none was found ($$(python3 --version 2>&1)). Name one: make PYTHON3=..." >&2; \
  exit 1; \
fi
endef

$(INSTALLED): requirements.lock pyproject.toml
	@echo "installing the locked versions into $(VENV) (once; about a minute)"
	@$(call find_python); [ -x $(PYTHON) ] || "$$found" -m venv $(VENV)
	@$(PIP) install --no-deps --require-hashes --requirement requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@
