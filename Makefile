# make app: the studio in the browser.   make test: every test but those in a browser.   Both set up .venv first.
# A machine without make: see "Without make" in README.md.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
DATA ?= $(FER2013_PATH)

.PHONY: app test check coverage e2e fuzz guided-fuzz bench audit train clean

app: $(VENV)/.app-ready
	$(BIN)/python -m streamlit run streamlit_app.py

test: $(VENV)/.test-ready
	$(BIN)/python -m pytest -n 2 --dist loadfile --ignore=tests/e2e $(TESTS)

# What a change must pass before it is committed: style, types, tests.
check: $(VENV)/.test-ready
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy
	$(MAKE) test
	$(MAKE) e2e

# The tests, and which modules they reach least: the ten of the lowest share of lines, and all together.
coverage: $(VENV)/.test-ready
	$(MAKE) test TESTS="--cov --cov-report= $(TESTS)"
	@echo "Least covered:"
	@$(BIN)/coverage report --sort=cover | sed -n '3,12p;/^TOTAL/p'

# A real browser (Chromium) drives the app; the Live page's figures are printed.
e2e: $(VENV)/.test-ready
	FER_LIVE_SECONDS=$${FER_LIVE_SECONDS:-60} $(BIN)/python -m pytest tests/e2e -s $(TESTS)

# Hostile inputs by the thousand, at low priority: what docs/reliability.md says of them. The suite tries 300.
fuzz: $(VENV)/.test-ready
	FUZZ=$${FUZZ:-10000} nice -n 10 $(BIN)/python -m pytest tests/vision/test_fuzz.py \
	  tests/experiments/test_damaged_runs.py --timeout=0

# The same for pictures, guided by what code is reached: for ten minutes, on Linux, by atheris.
guided-fuzz: $(VENV)/.test-ready
	@$(BIN)/python -m pip install --quiet "atheris>=3"
	nice -n 10 $(BIN)/python -m tests.vision.guided_fuzz

# Installed packages with known weaknesses. Asks the package index's own list, where the network reaches it.
audit: $(VENV)/.test-ready
	@$(BIN)/python -m pip install --quiet "pip-audit>=2.7"
	@$(BIN)/python .ci/audit

# Each stage beside the floor that it stands on: docs/benchmark.md. PEERS=DIR adds two other libraries, in an
# environment that is made there. On a quiet machine, for three to five minutes.
bench: $(VENV)/.app-ready
	$(BIN)/python benchmarks/stages.py --write docs/benchmark.md $(if $(PEERS),--peers $(PEERS))

# make train DATA=fer2013.csv: repeat the paper's network, from labels alone.
train: $(VENV)/.app-ready
	$(BIN)/python -m fer_core train paper-cnn --data $(DATA)

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 13) else \
	  "This project needs Python 3.11, 3.12 or 3.13. Received: %d.%d. Name one with: make PYTHON=python3.12 ..." % v)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	touch $@

$(VENV)/.app-ready: $(VENV)/.made requirements.txt
	$(BIN)/python -m pip install --quiet -r requirements.txt
	touch $@

$(VENV)/.test-ready: $(VENV)/.made requirements.txt requirements-dev.txt
	$(BIN)/python -m pip install --quiet -r requirements-dev.txt
	touch $@

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
