# agentscript: `make demo` shows it at work, `make test` tests it. Both install what a fresh Debian machine lacks.

SHELL := /bin/bash
PREFIX ?= /usr/local
SWIFT ?= swift
UNAME := $(shell uname -s)

# One relocatable binary: Swift's runtime inside, system libraries outside. Without PIE the loader has no relocations to
# make at every start; unused sections and symbols only cost disk.
RELEASE := -c release --product agentscript -Xswiftc -static-stdlib
ifeq ($(UNAME),Linux)
RELEASE += -Xlinker --gc-sections -Xlinker -s -Xswiftc -Xclang-linker -Xswiftc -no-pie
else
RELEASE := -c release --product agentscript
endif
BINARY := .build/release/agentscript

# One test at a time: many of them run the program and wait for it, and would keep the two threads of a small machine's
# pool from the tests that measure how soon something ends.
TESTING := --no-parallel

.PHONY: help setup setup-tests build demo demo-models fuzz test unit official bench lint install test-tsan test-asan clean

help:
	@echo "make demo      build the program and run a first script"
	@echo "make demo-models   agents of a small real model on this machine at work: no key, no account"
	@echo "make test      lint, unit tests, script tests, the official Lua tests"
	@echo "make build     the program, optimised: $(BINARY)"
	@echo "make install   copy it to PREFIX/bin (PREFIX=$(PREFIX))"
	@echo "make bench     measure against lua5.4, GNU parallel, node, asyncio, make, ninja, just, go-task, C, models' SDKs and LiteLLM"
	@echo "make lint      format and house rules"
	@echo "make fuzz      feed broken answers to the decoders of models' wire formats (SECONDS=60)"
	@echo "make test-tsan, make test-asan   look for data races, for errors of memory and undefined behaviour (slow)"
	@echo "make setup     install missing system packages"

setup:
	@scripts/setup

setup-tests:
	@scripts/setup tests
	@scripts/peers
	@scripts/mcp-sdks

build: setup
	@$(SWIFT) build $(RELEASE) 2>&1 | scripts/quietly

demo: build
	@$(BINARY) scripts/examples/hello.lua

# With the program as it is built; without one it is built first.
demo-models:
	@[ -x $(BINARY) ] || [ -x .build/debug/agentscript ] || $(MAKE) --no-print-directory build
	@scripts/demo-models

lint:
	@scripts/lint

unit: setup-tests
	@$(SWIFT) build --build-tests 2>&1 | scripts/quietly
	@scripts/run-tests $(TESTING)

official: setup-tests
	@$(SWIFT) build --product agentscript 2>&1 | scripts/quietly
	@Tests/official/run .build/debug/agentscript

test: setup-tests lint
	@$(SWIFT) build --build-tests 2>&1 | scripts/quietly
	@Tests/official/run .build/debug/agentscript
	@scripts/run-tests $(TESTING)
	@scripts/fuzz 6

# Mutations of recorded answers against the decoders of models' wire formats, for SECONDS=60.
fuzz: setup-tests
	@scripts/fuzz $(or $(SECONDS),60)

# Whole suites, for an hour when nothing else runs. With FILTER=BindingsTests only those.
test-tsan: setup-tests
	@scripts/sanitize thread "$(FILTER)"

test-asan: setup-tests
	@scripts/sanitize memory "$(FILTER)"

bench: build
	@$(SWIFT) build -c release --package-path Benchmarks --product RegistryRate
	@$(SWIFT) build -c release --package-path Benchmarks --product SchedulingCost
	@$(SWIFT) build -c release --package-path Benchmarks --product StreamRate
	@$(SWIFT) build -c release --package-path Benchmarks --product RouterCost
	@Benchmarks/run $(BINARY)

install: build
	@install -d "$(DESTDIR)$(PREFIX)/bin"
	@install -m 755 $(BINARY) "$(DESTDIR)$(PREFIX)/bin/agentscript"
	@echo "installed $(DESTDIR)$(PREFIX)/bin/agentscript"

clean:
	@rm -rf .build .build-*
