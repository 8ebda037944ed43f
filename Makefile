# Thin targets; the work is in scripts/. ARGS go to the tool behind a target, as in
#   make test ARGS="addons/freight_canonical -k ledger"

BOOTSTRAP = @python3 scripts/bootstrap.py
# Stopping needs no set-up: whatever Python there is will do.
PLAIN = @$(or $(wildcard .venv/bin/python),python3)

.PHONY: help demo test run shell lint format roles bench stop clean
.DEFAULT_GOAL := help

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## everything up to a running system with demo data
	$(BOOTSTRAP) demo

test: ## all tests, the browser ones included
	$(BOOTSTRAP) test $(ARGS)

run: ## the server in the foreground, without the partner simulator
	$(BOOTSTRAP) run $(ARGS)

shell: ## a Python shell inside Odoo, on the demo database
	$(BOOTSTRAP) shell $(ARGS)

lint: ## check the style
	$(BOOTSTRAP) lint

format: ## mend the style where tools can
	$(BOOTSTRAP) lint --fix

roles: ## write docs/roles.rst anew: who may do what
	$(BOOTSTRAP) roles

bench: ## measure, and print ratios
	$(BOOTSTRAP) bench $(ARGS)

stop: ## stop server, simulator and private database server
	$(PLAIN) scripts/stop.py

clean: ## stop, and remove all that was made here
	$(PLAIN) scripts/clean.py
