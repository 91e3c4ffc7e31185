# make app: the studio in the browser.   make test: every test.   Both set up .venv on their first call.
# A machine without make: see "Without make" in README.md.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
DATA ?= $(FER2013_PATH)

.PHONY: app test check e2e fuzz train clean

app: $(VENV)/.app-ready
	$(BIN)/python -m streamlit run streamlit_app.py

test: $(VENV)/.test-ready
	$(BIN)/python -m pytest -n 2 --dist loadfile $(TESTS)

# What a change must pass before it is committed: style, types, tests.
check: $(VENV)/.test-ready
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/python -m pytest -n 2 --dist loadfile

e2e: $(VENV)/.test-ready
	FER_LIVE_SECONDS=$${FER_LIVE_SECONDS:-60} $(BIN)/python -m pytest tests/e2e -m e2e -s

# Hostile inputs by the thousand, at low priority: what docs/reliability.md says of them. The suite tries 300.
fuzz: $(VENV)/.test-ready
	FUZZ=$${FUZZ:-10000} nice -n 10 $(BIN)/python -m pytest tests/vision/test_fuzz.py \
	  tests/experiments/test_damaged_runs.py --timeout=0

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
