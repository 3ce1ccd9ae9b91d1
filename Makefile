# make run    install the core and turn a sample still into a loop
# make test   check and test everything, as CI does
# make check  lint, types, import contracts, doctests
# make fix    format and mend what can be mended by a tool
# make bench  the benchmarks; see benchmarks/README.md
# make docs   write the generated reference pages again

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet -c constraints.txt
MODELS ?= u2netp

# The tests start hundreds of processes: none should compile what another did, and of the tools that
# are installed for them only what is imported need be compiled at all.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test check fix bench docs clean
.DELETE_ON_ERROR:

run: .venv/core .venv/models
	$(BIN)/stillwave render samples/coffee.jpg --look golden-hour --camera orbit \
		--for instagram-reel,gif --out out/coffee
	@echo
	@echo "Play them: $(CURDIR)/out/coffee/instagram-reel.mp4"
	@echo "           $(CURDIR)/out/coffee/gif.gif"

test: check
	$(BIN)/python -m pytest -n 2 --dist loadgroup

check: .venv/dev .venv/models
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/python -m pytest -q --doctest-modules pipelines service

fix: .venv/dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/bench .venv/models
	$(BIN)/python -m benchmarks

docs: .venv/dev
	$(BIN)/python -m docs.generate

clean:
	rm -rf .venv out

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/core: pyproject.toml constraints.txt | .venv/bin/python
	$(PIP) --config-settings editable_mode=compat -e .
	touch $@

.venv/dev: .venv/core
	$(PIP) --no-compile --config-settings editable_mode=compat -e '.[all,dev]'
	touch $@

.venv/bench: .venv/dev
	$(PIP) --config-settings editable_mode=compat -e '.[all,bench]'
	touch $@

.venv/models: .venv/core
	$(BIN)/stillwave models pull $(MODELS)
	touch $@
