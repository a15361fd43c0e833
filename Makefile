# Seriome: one command each.  make setup | demo | test | real | bench-clones | bench-dna | bench-rna | bench-ms | lint | clean
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup demo simulate test lint real bench-clones bench-dna bench-rna bench-ms clean

PYTHON ?= python3
CORES ?= 2
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PYTHONNOUSERSITE := 1
unexport PYTHONDONTWRITEBYTECODE # many short jobs: compiled modules start them twice as fast
export MPLBACKEND := Agg

help: ## what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1	\2/p' Makefile

setup: .venv/.ready ## the environment in .venv, from the lock file

.venv/.ready: pyproject.toml uv.lock
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@command -v uv >/dev/null || $(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null
	@command -v uv >/dev/null || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	uv sync --frozen --inexact --quiet --compile-bytecode --python $(BIN)/python
	@touch .venv/.ready

simulate: .venv/.ready
	@$(BIN)/seriome simulate --out demo --seed 7 --cores $(CORES)

demo: simulate ## simulate a cohort, run the whole workflow on it, compare with the truth
	@$(BIN)/snakemake --cores $(CORES) --quiet rules
	@$(BIN)/seriome outcome
	@$(BIN)/seriome score

test: .venv/.ready ## the tests
	@$(BIN)/pytest

lint: simulate ## the workflow, its format and the code's
	$(BIN)/snakemake --lint
	$(BIN)/snakefmt --check Snakefile workflow/rules
	$(BIN)/ruff check
	$(BIN)/ruff format --check

real: .venv/.ready ## the same workflow on real public data in ../shared/real, when it is there
	@if [ -d ../shared/real ]; then \
	  $(BIN)/snakemake --cores $(CORES) --quiet rules --configfile config/real/config.yaml && \
	  $(BIN)/seriome outcome --results real && \
	  $(BIN)/python tests/real/figures.py real; \
	else echo "make real: skipped, ../shared/real is not there (public data that the project does not ship)"; fi

bench-clones: .venv/.ready ## the clones stage on sets with known truth; PYCLONE_VI=path runs PyClone-VI on the same sets
	@$(BIN)/python -m tests.bench.clones

bench-dna: .venv/.ready ## the dna stage on patients with known truth, from raw reads; freebayes (PATH) and Mutect2 (GATK=folder) too where they are
	@$(BIN)/python -m tests.bench.dna

bench-ms: .venv/.ready ## proteome and metabolome on real runs with known answers and on simulated ones with known truth
	@$(BIN)/python -m tests.bench.ms

bench-rna: .venv/.ready ## the rna stage on samples with known truth, from raw reads, and on HCC1395 where it is there
	@$(BIN)/python -m tests.bench.rna

clean: ## take away the demo cohort and all results
	rm -rf demo results real
