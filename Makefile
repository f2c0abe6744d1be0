# The front door. Every verb sets up what it needs; `make` alone lists them.
# Needs only python3 (3.11 or newer), make and a package index; your pip configuration is used as it is.

PYTHON  ?= python3
WORKERS ?= 2
DEMO    ?= build/demo

VENV    := .venv
PY      := $(VENV)/bin/python
OPENCSE := $(VENV)/bin/opencse

# The environment is rebuilt when the lock, the project's settings or the Python version change, and not otherwise.
STATE   := $(shell { $(PYTHON) -V; cat requirements/dev.txt pyproject.toml; } 2>&1 | cksum | cut -d' ' -f1)
READY   := $(VENV)/ready-$(STATE)

export PIP_DISABLE_PIP_VERSION_CHECK = 1

.DEFAULT_GOAL := help
.PHONY: help setup demo test suite lint types nightly bench docs site pictures findings lock clean

help: ## list the verbs
	@echo "make VERB, where VERB is one of:"
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 12

setup: $(READY) ## install the locked dependencies and OpenCSE into .venv
	@echo "Ready: $(OPENCSE) --help"

define check_python
@$(PYTHON) -c pass 2>/dev/null || { echo >&2 "OpenCSE needs Python 3.11 or newer, and '$(PYTHON)'\
 does not run. Install it, or name another: make PYTHON=/path/to/python3"; exit 2; }
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo >&2 "OpenCSE needs Python 3.11 or newer,\
 and '$(PYTHON)' is $$($(PYTHON) -V 2>&1). Name another: make PYTHON=/path/to/python3"; exit 2; }
@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo >&2 "'$(PYTHON)' comes without venv.\
 Debian and Ubuntu keep it in the package python3-venv."; exit 2; }
endef

$(READY):
	$(check_python)
	@echo "Setting up $(VENV) from requirements/dev.txt. The first time takes a few minutes."
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV)
	@$(PY) -m pip install --quiet --require-hashes --requirement requirements/dev.txt
	@$(PY) -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY) ## generate 2,000 synthetic people, run everything, explain a flag and replay them all
	@rm -rf $(DEMO)/world $(DEMO)/run
	@mkdir -p $(DEMO)
	$(OPENCSE) generate demo --out $(DEMO)/world
	$(OPENCSE) run --records $(DEMO)/world/records --out $(DEMO)/run
	$(OPENCSE) flags $(DEMO)/run
	$(OPENCSE) explain $(DEMO)/run $$($(OPENCSE) flags $(DEMO)/run --json | $(PY) -c \
	  'import json, sys; print(json.load(sys.stdin)[0]["flag_id"])')
	$(OPENCSE) replay $(DEMO)/run
	$(OPENCSE) verify $(DEMO)/run
	@echo
	@echo "Where to look:"
	@printf '  %-37s %s\n' \
	  '$(DEMO)/run/flags.parquet' 'every flag, and why it was raised' \
	  '$(DEMO)/run/evidence.parquet' 'the source rows behind each flag' \
	  '$(DEMO)/run/validation/index.html' 'what Great Expectations checked, and what was not loaded' \
	  '$(DEMO)/run/lineage/' 'the SQL that ran, step by step' \
	  '$(DEMO)/run/manifest.json' 'the SHA-256 of every file that went in and came out' \
	  '$(DEMO)/world/truth/' 'what was planted; no part of the run has read it' \
	  'docs/tutorial.md' 'the same, explained at leisure'

# Types are checked beside the tests: both take one core for most of a minute before the other has anything to say.
test: lint ## lint, types, and all tests but the nightly ones
	@$(MAKE) --no-print-directory --jobs 2 types suite

suite: $(READY)
	@$(PY) -m pytest -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder

lint: $(READY) ## ruff: style and formatting
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .

types: $(READY) ## mypy, strict
	@$(PY) -m mypy

nightly: $(READY) ## the long simulations and fuzzing
	@$(PY) -m pytest -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder -m nightly

bench: $(READY) ## measure: every file of benchmarks/, one after another
	@failed=; for file in benchmarks/[a-z]*.py; do \
	  echo "== $$file"; $(PY) "$$file" || failed="$$failed $$file"; done; \
	  [ -z "$$failed" ] || { echo >&2 "Not measured:$$failed"; exit 1; }

docs: $(READY) ## write the pages that are generated from the code
	@$(PY) -m opencse.docs

SITE    := $(VENV)-site
SHELF   := $(SITE)/ready-$(shell cksum < requirements/site.txt | cut -d' ' -f1)

$(SHELF):
	$(check_python)
	@rm -rf $(SITE)
	@$(PYTHON) -m venv $(SITE)
	@$(SITE)/bin/python -m pip install --quiet --require-hashes --requirement requirements/site.txt
	@touch $@

site: $(READY) $(SHELF) ## build the documentation as a site in build/site; a link that leads nowhere ends it
	@$(PY) -m opencse.docs.site build/site-source
	@NO_MKDOCS_2_WARNING=1 $(SITE)/bin/mkdocs build --strict --quiet --config-file build/site-source/mkdocs.yml --site-dir ../site
	@echo "Open build/site/index.html"

pictures: $(READY) ## take the pictures of a dossier in docs/pictures anew (needs Chromium)
	@PYTHONPATH=. $(PY) benchmarks/dossier_pictures.py

findings: $(READY) ## write findings anew from finished stress plans: make findings RESULTS="DIR ..."
	@$(PY) -m opencse.docs $(RESULTS)

RESOLVE = $(VENV)-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
          --all-extras $(LOCKFLAGS) pyproject.toml

lock: ## resolve the dependencies anew (LOCKFLAGS=--upgrade takes the newest of each)
	$(check_python)
	@rm -rf $(VENV)-lock
	@$(PYTHON) -m venv $(VENV)-lock
	@$(VENV)-lock/bin/python -m pip install --quiet uv
	@$(RESOLVE) --output-file requirements/runtime.txt
	@$(RESOLVE) --group dev --constraints requirements/runtime.txt --output-file requirements/dev.txt
	@$(VENV)-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  $(LOCKFLAGS) --group site --output-file requirements/site.txt
	@rm -rf $(VENV)-lock

clean: ## remove .venv, build/ and every cache: back to a fresh clone
	@rm -rf $(VENV) $(VENV)-lock $(SITE) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
