# `make` says what there is. Everything installs into .venv, hash-locked, and only when a lock file changed.

.DEFAULT_GOAL := help
.PHONY: help run test check fuzz format lock upgrade bench conformance demo-reset clean

FIND   = python=$$(sh scripts/find-python.sh $@)
VENV   = .venv/bin/python
ARGS  ?=

help:
	@echo "make run         install, migrate, load the demo, serve on 127.0.0.1:8000 (PORT=, HOST=, DATABASE_URL= …)"
	@echo "make test        everything: format, lint, imports, types, the suite on SQLite and on PostgreSQL"
	@echo "make check       the quick part: format, lint, imports, types, rules and contracts"
	@echo "make fuzz        look for input that breaks something: the tests of any input, many new examples each (TIMES=20)"
	@echo "make format      rewrite the source in the project's format"
	@echo "make bench       measure, beside a throw-away PostgreSQL (ARGS= goes to python -m benchmarks)"
	@echo "make conformance SUITE=path   ADL's LRS suite, both versions on both databases (path: its checkout, npm-installed)"
	@echo "make demo-reset  throw the local database away and build the demo company anew"
	@echo "make lock        write the lock files anew after a change of dependencies (make upgrade: newest versions)"
	@echo "make clean       remove environments, front-end files and caches; instance/ stays"

run:
	@$(FIND) && "$$python" scripts/prepare.py run && exec $(VENV) scripts/serve.py

test:
	@$(FIND) && "$$python" scripts/prepare.py test && exec $(VENV) scripts/checks.py full $(ARGS)

check:
	@$(FIND) && "$$python" scripts/prepare.py test && exec $(VENV) scripts/checks.py fast $(ARGS)

fuzz:
	@$(FIND) && "$$python" scripts/prepare.py test && exec $(VENV) scripts/checks.py search $(ARGS)

format:
	@$(FIND) && "$$python" scripts/prepare.py test && $(VENV) -m ruff check --fix-only --quiet . && exec $(VENV) -m ruff format .

bench:
	@$(FIND) && "$$python" scripts/prepare.py test && exec $(VENV) scripts/with_postgres.py $(VENV) -m benchmarks $(ARGS)

conformance:
	@$(FIND) && "$$python" scripts/prepare.py test && exec $(VENV) scripts/conformance.py "$(SUITE)" $(ARGS)

demo-reset:
	@$(FIND) && "$$python" scripts/prepare.py run && exec $(VENV) scripts/demo_reset.py

lock:
	@$(FIND) && exec "$$python" scripts/lock.py

upgrade:
	@$(FIND) && exec "$$python" scripts/lock.py --upgrade

clean:
	rm -rf .venv .venv-node .venv-lock .prepare.lock .serve.lock node_modules lms/web/static/vendor
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
