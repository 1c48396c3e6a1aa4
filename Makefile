# On a fresh Debian machine with Swift: make demo sets all up and shows it, make test tests it, make install puts it on the PATH.

SWIFT ?= swift
ATTEND := .build/release/attend
# Where the program looks for models as well.
USER_CACHES := $(if $(filter Darwin,$(shell uname)),$(HOME)/Library/Caches,$(HOME)/.cache)
CACHE := $(or $(ATTEND_CACHE),$(or $(XDG_CACHE_HOME),$(USER_CACHES))/attend)
MINILM := $(CACHE)/all-MiniLM-L6-v2

# Where `make install` puts the program; packagers set DESTDIR as well.
PREFIX ?= /usr/local
DESTDIR ?=

.PHONY: help demo test test-fast test-tsan test-asan test-opencl bench bench-device fuzz build setup install uninstall lint format clean

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile

setup: ## install the Debian packages that are missing
	@Scripts/setup

build: ## build in release
	$(SWIFT) build -c release

$(MINILM)/.complete: Scripts/fetch-minilm
	@Scripts/fetch-minilm $(MINILM)

demo: setup build $(MINILM)/.complete ## run MiniLM and a head of attention on every backend
	@Scripts/demo $(ATTEND) $(MINILM)

install: ## put the program and its completions below PREFIX
	@Scripts/install "$(SWIFT)" "$(DESTDIR)$(PREFIX)"

uninstall: ## take away what install put there
	rm -f "$(DESTDIR)$(PREFIX)/bin/attend" \
		"$(DESTDIR)$(PREFIX)/share/bash-completion/completions/attend" \
		"$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_attend" \
		"$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/attend.fish"

test: setup $(MINILM)/.complete ## run all tests, in release; builds the benchmarks too
	ATTEND_BENCHMARKS=1 $(SWIFT) build -c release --build-tests -Xswiftc -warnings-as-errors
	ATTEND_BENCHMARKS=1 ATTEND_MINILM=$(MINILM) Scripts/run-tests $(SWIFT) test -c release --skip-build

test-fast: setup ## run the tests that take less than about a second each, on the simd backend
	$(SWIFT) build -c release --build-tests -Xswiftc -warnings-as-errors
	ATTEND_FAST=1 ATTEND_TEST_BACKENDS=simd Scripts/run-tests $(SWIFT) test -c release --skip-build

bench: setup $(MINILM)/.complete ## measure beside PyTorch, NumPy and ONNX Runtime, in turns, in DTYPE (float32 or bfloat16); writes Benchmarks/results
	@DTYPE=$(or $(DTYPE),float32) Scripts/bench "$(SWIFT)" "$(CACHE)" "$(MINILM)"

bench-device: ## check parity on an OpenCL GPU, then measure beside PyTorch on it; writes Benchmarks/results
	$(SWIFT) build -c release --static-swift-stdlib --product attend --scratch-path .build-static
	Scripts/bench-device .build-static/release/attend Benchmarks/results

fuzz: ## mutate all that is read from outside, CASES of each kind, from a new SEED
	$(SWIFT) build -c release --product attend-fuzz
	.build/release/attend-fuzz --cases $(or $(CASES),10000) $(if $(SEED),--seed $(SEED)) --keep .build/findings

test-tsan: ## run the quick parity suite of reference and simd under the thread sanitizer
	Scripts/test-sanitizer "$(SWIFT)" thread

test-asan: ## run the quick parity suite of reference and simd under the address sanitizer
	Scripts/test-sanitizer "$(SWIFT)" address

test-opencl: ## run the OpenCL tests and parity on PoCL, Intel's runtime and Oclgrind
	$(SWIFT) build -c release --build-tests -Xswiftc -warnings-as-errors
	Scripts/test-opencl $(CACHE)

lint: ## check the style
	$(SWIFT) format lint --strict --recursive Sources Backends Plugins Tests Examples Benchmarks Package.swift

format: ## mend the style
	$(SWIFT) format --in-place --recursive Sources Backends Plugins Tests Examples Benchmarks Package.swift

clean: ## remove what was built
	rm -rf .build .build-static
