SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory
.DEFAULT_GOAL := help

# Node 26: from PATH, else out of npm's packages. Asked for once they are installed.
NODE = $$(build/node)
DENO = $$(echo node_modules/@deno/*/deno)
BIN = node_modules/.bin
SOURCES := $(shell find src static build -type f 2>/dev/null)
# V8 14.6 miscompiles some loops without it: build/bundle.ts says which.
TSX = $(NODE) --no-maglev-osr --import tsx
# Much of a test is waiting: four files at a time on two cores, three on Deno. Whole programs
# wait still more, and take more: three.
NODE_TEST = $(TSX) --test --test-reporter=spec --test-concurrency
# Tests on Node take the workers' code from here, as `build` made it: a worker starts in a fifth of the time.
export GROUPSHARE_TEST_WORKERS = dist/workers

.PHONY: help install build run test test-node test-deno test-e2e test-others check \
  format binary bench sim soak clean

help: ## Show what can be made
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: node_modules/.installed ## Install the packages, exactly those of the lock file

# Not `npm ci`: it fails where a registry lacks a tool's build for some other platform, which nobody needs here.
node_modules/.installed: package.json package-lock.json
	npm install --no-save --ignore-scripts --loglevel=error
	@touch $@

build: dist/groupshare.mjs ## Make dist/groupshare.mjs, the program in one file

dist/groupshare.mjs: node_modules/.installed $(SOURCES)
	@mkdir -p dist
	$(NODE) build/bundle.ts

run: build ## Start a member with its page, e.g. make run ARGS="--share ~/Pictures"
	exec $(NODE) dist/groupshare.mjs run $(ARGS)

binary: dist/groupshare ## Make dist/groupshare, this machine's executable

dist/groupshare: dist/groupshare.mjs
	$(NODE) build/binary.ts

check: install ## Check format, lint, types, pure cores, floors, dead code
	$(BIN)/biome check --error-on-warnings .
	$(BIN)/tsc -p .
	$(BIN)/tsc -p build/tsconfig.core.json
	$(NODE) $(BIN)/knip
	$(TSX) --test --test-reporter=dot test/repository/*.test.ts

test: check test-node test-deno test-e2e test-others ## Run all tests: on Node, on Deno, with whole programs

# Tests that start whole programs, ours and others, want the machine to themselves.
PROGRAMS = test/e2e test/networks test/interop
UNIT = $$(find test -name '*.test.ts' $(PROGRAMS:%=-not -path '%/*') -not -path 'test/repository/*' | sort)

test-node: build
	$(NODE_TEST)=4 $(UNIT)

test-deno: build
	NO_COLOR=1 DENO_JOBS=3 $(DENO) test -A --no-check --quiet --parallel $(UNIT)

# It measures how late event loops are.
ALONE = test/e2e/large-share.test.ts

test-e2e: build binary
	$(NODE_TEST)=1 $(ALONE)
	$(NODE_TEST)=3 $(filter-out $(ALONE),$(wildcard test/e2e/*.test.ts))

# Beside nothing else: nobody may be suspected.
test-others: build
	$(NODE_TEST)=2 test/networks/*.test.ts
	$(NODE_TEST)=2 test/interop/*.test.ts
	NO_COLOR=1 $(DENO) test -A --no-check --quiet test/interop

bench: build binary ## Measure, and write docs/results.md; ONLY="program membership" measures only those
	$(TSX) test/bench/main.ts

sim: install ## Simulate groups, e.g. make sim SEED=7 MEMBERS=64 SECONDS=120, or FUZZ=1
	$(TSX) test/simulation/main.ts

# Tests that have a longer form, which does what the figures are about: 50 kills, 100 000 entries, 4 GiB, minutes of chance.
SOAKED = test/catalog/spread.test.ts test/catalog/disorder.test.ts test/catalog/killed.test.ts \
  test/share/hashing.test.ts test/share/sequences.test.ts test/e2e/large-share.test.ts

soak: build ## Run the tests that have a longer form in that form; SOAK=100 kills a member 100 times
	SOAK=$${SOAK:-50} $(NODE_TEST)=1 $(SOAKED)

format: install ## Format and fix what can be fixed
	$(BIN)/biome check --write .

clean: ## Remove what was made
	rm -rf dist coverage
