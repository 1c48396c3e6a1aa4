# Two commands do everything on a fresh Debian machine with Swift: make demo, make test.

SWIFT ?= swift
ATTEND := .build/release/attend
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/attend
MINILM := $(CACHE)/all-MiniLM-L6-v2

.PHONY: help demo test build setup lint format clean

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile

setup: ## install the Debian packages that are missing
	@Scripts/setup

build: ## build in release
	$(SWIFT) build -c release

$(MINILM)/.complete: Scripts/fetch-minilm
	@Scripts/fetch-minilm $(MINILM)

demo: setup build $(MINILM)/.complete ## run MiniLM and a head of attention on every backend
	@Scripts/demo $(ATTEND) $(MINILM)

test: setup $(MINILM)/.complete ## run all tests, in release
	$(SWIFT) build -c release --build-tests -Xswiftc -warnings-as-errors
	ATTEND_MINILM=$(MINILM) $(SWIFT) test -c release --skip-build

lint: ## check the style
	$(SWIFT) format lint --strict --recursive Sources Backends Plugins Tests Examples Benchmarks Package.swift

format: ## mend the style
	$(SWIFT) format --in-place --recursive Sources Backends Plugins Tests Examples Benchmarks Package.swift

clean: ## remove what was built
	rm -rf .build
