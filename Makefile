# Small words for chores. Everything lives in .venv; nothing outside the folder is touched.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help demo install check format-check lint types test slow fix docs bench wheel clean

help:  ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 18

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or later is needed; name one: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
		|| { rm -rf $(VENV); echo "to get venv on Debian: apt-get install python3-venv" >&2; exit 1; }
	@touch $@

$(VENV)/.installed: $(VENV)/.made pyproject.toml
	@echo "installing dedupe-news into $(VENV) ..."
	@$(PIP) install --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.made pyproject.toml
	@echo "installing dedupe-news and its development tools into $(VENV) ..."
	@$(PIP) install --editable '.[dev]'
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-bench: $(VENV)/.installed-dev
	@$(PIP) install --editable '.[bench]'
	@touch $@

demo: $(VENV)/.installed  ## Install, and run the main job on a pile of damaged articles
	@mkdir -p build/demo
	@echo '$$ dedupe examples/pile.jsonl -o build/demo/clean.jsonl --relations build/demo/relations.jsonl'
	@$(BIN)/dedupe examples/pile.jsonl -o build/demo/clean.jsonl --relations build/demo/relations.jsonl
	@$(BIN)/python examples/show.py build/demo/clean.jsonl

install: $(VENV)/.installed-dev  ## Set up .venv for development

check: format-check lint types test  ## Format check, lint, types, tests: what CI runs

format-check: $(VENV)/.installed-dev  ## Is everything formatted?
	@$(BIN)/ruff format --check .

lint: $(VENV)/.installed-dev  ## Lint
	@$(BIN)/ruff check .

types: $(VENV)/.installed-dev  ## Types: mypy, strict
	@$(BIN)/mypy

test: $(VENV)/.installed-dev  ## Install, and run all tests, doctests and README examples
	@$(BIN)/python -m pytest

slow: $(VENV)/.installed-dev  ## The tests that take long
	@$(BIN)/python -m pytest -m slow

fix: $(VENV)/.installed-dev  ## Format, mend what can be mended, rebuild the generated pages
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(BIN)/python docs/make_cli_page.py

docs: $(VENV)/.installed-dev  ## Rebuild docs/cli.md from the help texts
	@$(BIN)/python docs/make_cli_page.py

bench: $(VENV)/.installed-bench  ## Measure, and write benchmarks/records/; with ARTICLES=file.jsonl on these
	@$(BIN)/python benchmarks/start_time.py
	@$(BIN)/python benchmarks/clean_growth.py
	@$(BIN)/python benchmarks/clean_speed.py $(ARTICLES)
	@$(BIN)/python benchmarks/match_speed.py $(ARTICLES)
	@$(BIN)/python benchmarks/match_speed.py $(ARTICLES) --made 10000
	@$(BIN)/python benchmarks/match_growth.py $(ARTICLES)
	@$(BIN)/python benchmarks/whole_way.py $(ARTICLES)
	@$(BIN)/python benchmarks/adapters.py $(ARTICLES)
	@$(BIN)/python benchmarks/spark.py $(ARTICLES)

wheel: $(VENV)/.installed-dev  ## Build the wheel and the source archive into dist/
	@$(BIN)/python -m build --outdir dist

clean:  ## Remove what was built
	@rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
