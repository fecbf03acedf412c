# Everything a person types; `make` alone prints this list.
PYTHON ?= python3
OPS = .venv/bin/python -m ops
T ?= tests
WORKERS ?= -n 2 --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help setup demo serve test unit check fix migrate mappings seed doctor functions

help: ## print this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | while IFS="$$(printf '\t')" read -r name text; do printf '  make %-10s %s\n' "$$name" "$$text"; done

setup: ## install everything from the lock files; does nothing when nothing changed
	@$(PYTHON) -m ops setup

demo: setup ## start a throwaway system, play an order from a misspelt search to its delivery, check every step
	@$(OPS) demo

serve: setup ## start the whole system and keep it; Ctrl-C stops it, data stays
	@$(OPS) serve

test: setup ## static checks, then all tests (T=path narrows them)
	@$(OPS) check
	@.venv/bin/python -m pytest $(WORKERS) $(T)

unit: setup ## the tests without input and output
	@.venv/bin/python -m pytest tests/unit

check: setup ## lint, format, types, import rules, migrations, generated files
	@$(OPS) check

fix: setup ## mend what ruff can mend
	@.venv/bin/ruff check --fix functions ops sandbox tests
	@.venv/bin/ruff format functions ops sandbox tests

migrate: setup ## bring both databases to what migrations/ says (COCKROACH_DB_URL, POSTGRES_URL)
	@$(OPS) migrate

mappings: setup ## create the search index when there is none (ELASTICSEARCH_URL)
	@$(OPS) mappings create

seed: setup ## fill the running local system with the sample data
	@$(OPS) seed

doctor: ## name what is missing and the command that mends it
	@$(PYTHON) -m ops doctor

functions: setup ## print the table of functions, made from the code
	@$(OPS) functions
