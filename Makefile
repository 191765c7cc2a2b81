# `make demo` and `make test` set up everything they need in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := runs/demo
QUESTION := Ines walked to the attic. Ines lifted the violin. Ines hurried into the library. In which room is the violin?

# TensorFlow's own start-up notes would bury ours.
export TF_CPP_MIN_LOG_LEVEL ?= 3

.PHONY: demo test test-slow check format clean

# The demo needs the base packages only; bytecode is made when a module is first imported.
INSTALL := $(BIN)/python -m pip install --quiet --no-compile --constraint constraints.txt

$(VENV)/.base: setup.cfg constraints.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) setuptools wheel
	$(INSTALL) --no-build-isolation --editable .
	touch $@

$(VENV)/.dev: $(VENV)/.base
	$(INSTALL) --no-build-isolation --editable '.[dev]'
	touch $@

# Trains, exports, verifies and asks, on the built-in sample; a new run each time.
demo: $(VENV)/.base
	rm -rf $(DEMO)
	$(BIN)/brickyard memory-qa train --preset demo --out $(DEMO)
	$(BIN)/brickyard memory-qa export $(DEMO) --name demo --to $(DEMO)-models --keep 2
	$(BIN)/brickyard memory-qa predict $(DEMO) "$(QUESTION)" --plot $(DEMO)/attention.png
	$(BIN)/brickyard memory-qa predict $(DEMO)-models/demo "$(QUESTION)"
	@echo "Pictures: $(DEMO)/curve.png (training) and $(DEMO)/attention.png (what each hop looked at)"

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Two files of tests at a time: more would only wait for each other on two cores.
test: check
	$(BIN)/python -m pytest -m "not slow" -n 2 --dist loadfile --cov=apps --cov=shared --cov-branch --cov-report=term:skip-covered --cov-fail-under=85

# What takes minutes each.
test-slow: $(VENV)/.dev
	$(BIN)/python -m pytest -m slow

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) build dist *.egg-info
