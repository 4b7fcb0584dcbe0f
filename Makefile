# Few verbs: demo, run, test, check, figures, bench-…. Nothing but Python 3.11+ and make is needed.
PYTHON ?= python3
BIN := .venv/bin
DEMO := demo-data
EVALUATION := build/evaluation
PEERS := .venv-peers/bin/python
ATTACKER := .venv-attack/bin/python
FORM := full
REPORTS := 100000
SECONDS := 30
MINUTES := 2
SCALE := build/scale.json
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check

.PHONY: help demo run test e2e pages check attack figures faults load soak bench-matching bench-scale bench-latency bench-timing bench-pfif bench-alerts bench-tables bench-pages bench-first-page clean

help:
	@echo "make demo           the service with a few hundred invented reports, at 127.0.0.1:8000"
	@echo "make run            the service on your own data, in the folder data/"
	@echo "make test           style, types, import directions and all tests"
	@echo "make check          style, types and import directions only"
	@echo "make e2e            every page in a real browser: axe, keyboard, no scrolling sideways (FORM=short: four minutes)"
	@echo "make pages          take the pictures of every page in docs/pages/ again"
	@echo "make faults         kill, crash and cut off everything while reports go in, and look whether one is lost (over half an hour; FORM=short: about ten minutes)"
	@echo "make load           how many reports a second are filed, imported and matched (REPORTS=100000 a side, SECONDS=30 each)"
	@echo "make soak           half load for a long time: does memory, a queue or a connection grow, is a report lost (MINUTES=30)"
	@echo "make attack         attack a service of its own and read the code for known mistakes (FORM=short: a few minutes)"
	@echo "make bench-matching compare the matching with Splink and recordlinkage on the same labelled files"
	@echo "make bench-scale    measure how ranking grows, up to a million reports (a quarter of an hour)"
	@echo "make bench-latency  measure the time from 'filed' to 'candidate stored'"
	@echo "make bench-pages    measure the pages of reviewers at 100,000 reports of each side"
	@echo "make bench-first-page measure how soon a family sees its first page over a slow line"
	@echo "make bench-timing   measure whether the time of an answer tells an account or a case number"
	@echo "make bench-alerts   measure how soon 100,000 subscribers of an alert are queued"
	@echo "make bench-tables   how many columns of foreign tables are recognised, what comes back of reports that leave, and how long a dry run of 100,000 rows takes"
	@echo "make bench-pfif     measure how fast a large PFIF file is read, and in how much memory"
	@echo "make figures        take the pictures in docs/ again"

demo: .venv/run.stamp $(DEMO)/generated/found.csv
	@REUNITE_DATA_DIR="$${REUNITE_DATA_DIR:-$(DEMO)}" $(BIN)/reunite demo $(DEMO)/generated

run: .venv/run.stamp
	@$(BIN)/reunite serve

test: check
	$(BIN)/python -m pytest -q -n 2 --ignore tests/e2e --ignore tests/faults

e2e: .venv/test.stamp
	FORM=$(FORM) $(BIN)/python -m pytest -q tests/e2e

faults: .venv/test.stamp
	mkdir -p build && rm -f build/faults.jsonl
	FORM=$(FORM) REUNITE_FAULTS_RECORD=build/faults.jsonl $(BIN)/python -m pytest -q -rs --timeout 1800 tests/faults
	$(BIN)/python -m benchmarks.faults build/faults.jsonl

load: .venv/test.stamp
	$(BIN)/python -m benchmarks.load --reports $(REPORTS) --seconds $(SECONDS)

soak: .venv/test.stamp
	$(BIN)/python -m benchmarks.soak --minutes $(MINUTES)

pages: .venv/test.stamp
	$(BIN)/python -m benchmarks.page_pictures

check: .venv/test.stamp
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

figures: .venv/test.stamp
	$(BIN)/python -m benchmarks.recording

bench-pages: .venv/test.stamp
	$(BIN)/python -m benchmarks.pages

bench-first-page: .venv/test.stamp
	$(BIN)/python -m benchmarks.first_page

bench-latency: .venv/run.stamp
	$(BIN)/python -m benchmarks.latency

bench-tables: .venv/test.stamp
	$(BIN)/python -m benchmarks.mapping
	$(BIN)/python -m benchmarks.round_trips
	$(BIN)/python -m benchmarks.tables

bench-pfif: .venv/test.stamp
	$(BIN)/python -m benchmarks.pfif

bench-alerts: .venv/test.stamp
	$(BIN)/python -m benchmarks.alerts

bench-timing: .venv/run.stamp
	$(BIN)/python -m benchmarks.timing

bench-scale: .venv/run.stamp .venv-peers/stamp
	$(BIN)/python -m benchmarks.scale --json $(SCALE)
	$(PEERS) -m benchmarks.peers_plots growth $(SCALE) docs/pictures

bench-matching: .venv/run.stamp .venv-peers/stamp
	@mkdir -p $(EVALUATION)
	$(BIN)/python -m benchmarks.generator --missing 20000 --found 20000 --pairs 4000 --seed 11 --rates judge --out $(EVALUATION)
	$(BIN)/python -m benchmarks.peers --reports $(EVALUATION) --seed 11 --work build/peers --peers $(PEERS) \
		--page docs/benchmarks.md
	$(BIN)/python -m benchmarks.names

clean:
	rm -rf .venv .venv-attack .venv-peers build *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

$(DEMO)/generated/found.csv: | .venv/run.stamp
	@mkdir -p -m 700 $(DEMO) && mkdir -p $(@D)
	@$(BIN)/python -m benchmarks.generator --missing 220 --found 180 --pairs 90 --seed 1 --rates demo --out $(@D)

attack: .venv/test.stamp .venv-attack/stamp
	$(BIN)/python -m tests.attack --$(FORM)

# The environment. A stamp says which pins are installed; it is older than the pins when they change.
.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Reunite needs Python 3.11 or newer; $(PYTHON) is not. Try: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; \
		echo "$(PYTHON) cannot make a virtual environment. On Debian and Ubuntu: apt install python3-venv"; exit 1; }

.venv/run.stamp: constraints/build.txt constraints/run.txt pyproject.toml | .venv/bin/python
	@echo "Installing what the service needs (the first time takes about a minute) …"
	@$(PIP) --require-hashes -r constraints/build.txt
	@$(PIP) --require-hashes --no-build-isolation -r constraints/run.txt
	@$(PIP) --no-index --no-deps --no-build-isolation -e .
	@$(BIN)/python -m matching.compiled
	@touch $@

.venv/test.stamp: constraints/build.txt constraints/test.txt constraints/run.txt pyproject.toml | .venv/bin/python
	@echo "Installing what the service and its tests need (the first time takes a minute or two) …"
	@$(PIP) --require-hashes -r constraints/build.txt
	@$(PIP) --require-hashes --no-build-isolation -r constraints/test.txt
	@$(PIP) --no-index --no-deps --no-build-isolation -e .
	@$(BIN)/python -m matching.compiled
	@touch .venv/run.stamp $@

# Other programs, and what draws plots; they never meet what the service runs with.
.venv-peers/stamp: constraints/peers.txt | .venv/bin/python
	@echo "Installing the programs to compare with (the first time takes about a minute) …"
	@test -x $(PEERS) || $(PYTHON) -m venv .venv-peers
	@$(PEERS) -m pip install -qq --disable-pip-version-check --require-hashes -r constraints/peers.txt
	@touch $@

.venv-attack/stamp: constraints/attack.txt | .venv/bin/python
	@echo "Installing what attacks the service (the first time takes about a minute) …"
	@test -x $(ATTACKER) || $(PYTHON) -m venv .venv-attack
	@$(ATTACKER) -m pip install -qq --disable-pip-version-check --require-hashes -r constraints/attack.txt
	@touch $@
