# make demo: the whole loop in the simulated world.  make test: the tests.  Both need only Python 3.11 and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export HF_HUB_OFFLINE := 1
export TOKENIZERS_PARALLELISM := false
ifneq ($(wildcard ../shared/data),)
export PUSHGEN_DATA ?= $(abspath ../shared/data)
endif

.PHONY: demo test soak lint types contract wheel check bench clean

$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --progress-bar off 'torch>=2.13,<2.14'
	$(BIN)/pip install --quiet --progress-bar off -e '.[all]'
	touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(BIN)/pip install --quiet --progress-bar off --upgrade 'pip>=25.1'
	$(BIN)/pip install --quiet --progress-bar off --group dev
	touch $@

demo: $(VENV)/installed
	$(BIN)/pushgen demo --out demo

# A process per core, each with one thread, so that they do not fight for the cores; a file's tests share fixtures.
test: $(VENV)/installed-dev
	OMP_NUM_THREADS=1 $(BIN)/pytest -n auto --dist loadfile

soak: $(VENV)/installed-dev
	$(BIN)/pytest -s -m soak

lint: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/installed-dev
	$(BIN)/pyright

contract: $(VENV)/installed-dev
	$(BIN)/lint-imports

wheel: $(VENV)/installed-dev
	bash .ci/wheel

check: lint types contract test wheel

clean:
	rm -rf $(VENV) dist build demo
