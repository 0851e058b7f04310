# Each target sets up .venv by itself when requirements.lock has changed since the last time.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

PYTHON ?= python3.11
BIN := .venv/bin
PIP := $(BIN)/python -m pip install -q --disable-pip-version-check
TORCH := $(shell grep -E '^torch==' requirements.in)
STAMP := .venv/.stamp-$(shell cat requirements.lock <(echo '$(TORCH)') | git hash-object --stdin)
REPORT := reports/html/index.html

# Nothing phones home, and nothing is downloaded at run time unless OPENNER_ONLINE=1.
export DVC_NO_ANALYTICS := 1
export ITERATIVE_DO_NOT_TRACK := 1
export DO_NOT_TRACK := 1
export HF_HUB_DISABLE_TELEMETRY := 1
ifneq ($(OPENNER_ONLINE),1)
export HF_HUB_OFFLINE := 1
endif
# Nor does anything read or write the settings that the user keeps for other projects.
export IPYTHONDIR := $(CURDIR)/.openner/ipython
export JUPYTER_CONFIG_DIR := $(CURDIR)/.openner/jupyter
export JUPYTER_DATA_DIR := $(CURDIR)/.openner/jupyter/data
IN_VENV := PATH="$(CURDIR)/$(BIN):$$PATH"

.PHONY: help setup onnx reproduce test lab app check bench fuzz kill report lock

help:
	@echo "make reproduce   run the pipeline, then open $(REPORT)"
	@echo "make test        run the tests"
	@echo "make lab         open the notebooks in JupyterLab, beginning with 00_explore"
	@echo "make app         open the web app for trained models and labelled files (MODELS='models/a models/b')"
	@echo "make check       lint, types, notebooks in step"
	@echo "make bench       measure what is claimed about speed and memory"
	@echo "make kill        kill commands at random moments, run them again, compare (KILLS=100)"
	@echo "make fuzz        give changed files to everything that takes foreign text (SECONDS=600)"
	@echo "make report      bring the report up to date, with what it needs"
	@echo "make onnx        add what exported models need (openner model export)"
	@echo "make lock        resolve requirements.in anew (maintainers)"

setup: $(STAMP)

onnx: $(STAMP)
	@$(PIP) --no-deps --require-hashes -r requirements-onnx.lock

reproduce: $(STAMP)
	$(BIN)/python -m openner_utils.pipeline.repro
	status=0; $(BIN)/python -m openner_utils.cli verify || status=$$?; \
	echo "Report: $(REPORT)"; exit $$status

test: $(STAMP)
	$(IN_VENV) python -m pytest -n 2 --dist loadfile

# .jupyter/ opens 00_explore, shows of each notebook the .ipynb twin alone, and asks nothing about news.
lab: $(STAMP)
	mkdir -p $(IPYTHONDIR)
	$(IN_VENV) JUPYTER_CONFIG_PATH="$(CURDIR)/.jupyter" jupyter lab --notebook-dir=.

# Without a trained model the app would have little to show.
app: $(STAMP)
	@test -n "$(MODELS)" || ls models/*/openner.json >/dev/null 2>&1 || { \
	  echo "No trained model yet: one is trained on the English samples, which takes a minute or two"; \
	  $(BIN)/openner repair samples/gazette/gazette.train -o models/samples.train && \
	  $(BIN)/openner train models/samples.train -o models/samples; }
	$(BIN)/openner app $(MODELS)

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m openner_utils.pipeline.notebooks --check

bench: $(STAMP)
	$(IN_VENV) python -m benchmarks

kill: KILLS := 100
kill: $(STAMP)
	$(IN_VENV) python -m benchmarks.kill --kills $(KILLS)

fuzz: SECONDS := 600
fuzz: $(STAMP)
	$(IN_VENV) python -m tests.fuzz --seconds $(SECONDS)

report: $(STAMP)
	$(BIN)/python -m openner_utils.pipeline.repro report
	@echo "Report: $(REPORT)"

# The stamp is written last: an interrupted set-up is taken up again. torch comes first and without a hash, because
# its builds differ from machine to machine (docs/decisions/0002-lock-and-torch.md). uv only saves time: whatever it
# says, pip can do the same from the same lock; by PEP 517, for older versions of pip would let seqeval fetch what it is built with.
$(STAMP):
	@command -v $(PYTHON) >/dev/null || { \
	  echo "$(PYTHON) is not on the PATH. Install Python 3.11 (python.org, pyenv, conda or your system's packages)," \
	  "or name it: make PYTHON=/path/to/python3.11 ..." >&2; exit 1; }
	@echo "Setting up .venv, once: torch first, then some 240 packages"
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	@$(PIP) $(TORCH)
	@echo "torch is in place"
	@{ $(PIP) uv && $(BIN)/uv pip install -q --compile-bytecode --python $(BIN)/python --no-deps --require-hashes -r requirements.lock; } \
	  2>/dev/null || $(PIP) --use-pep517 --require-hashes -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation -e .
	@rm -f .venv/.stamp-*
	@touch $@
	@echo "All packages are in place"

# torch and the GPU packages that only some of its builds need stay out of the lock.
OUTSIDE := torch triton cuda-bindings cuda-pathfinder cuda-toolkit nvidia-cublas nvidia-cuda-cupti nvidia-cuda-nvrtc \
  nvidia-cuda-runtime nvidia-cudnn-cu13 nvidia-cufft nvidia-cufile nvidia-curand nvidia-cusolver nvidia-cusparse \
  nvidia-cusparselt-cu13 nvidia-nccl-cu13 nvidia-nvjitlink nvidia-nvshmem-cu13 nvidia-nvtx

# What the environment has already, among what exported models need.
THERE := mpmath numpy packaging sympy typing-extensions

lock:
	@$(PIP) uv
	@$(BIN)/uv pip compile -q requirements.in --universal --python-version 3.11 --generate-hashes --no-annotate \
	  --no-header $(OUTSIDE:%=--no-emit-package %) -o requirements.lock
	@$(BIN)/uv pip compile -q requirements-onnx.in -c requirements.lock --universal --python-version 3.11 --generate-hashes \
	  --no-annotate --no-header $(THERE:%=--no-emit-package %) -o requirements-onnx.lock
	@echo "Now bring environment.yml in line: python -m pytest tests/test_environment.py says where it is not."
