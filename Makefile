# SPDX-License-Identifier: Apache-2.0
# What a person types; CONTRIBUTING.md explains. The work is in meson.build and tools/.
JOBS ?= $(shell nproc)
FUZZ_SECONDS ?= 60
VENV = .venv-tests
BENCH_VENV = .venv-bench
PEERS = .venv-peers
CLIENTS = .venv-clients

all: build/baton

build/baton: tools-present FORCE
	@test -f build/build.ninja || meson setup build
	@ninja -C build -j$(JOBS)

# `make` alone never installs: it names what is missing and `make deps`.
tools-present:
	@tools/install-deps --check build

deps:
	@tools/install-deps build

deps-check:
	@tools/install-deps build check

demo: deps
	@$(MAKE) --no-print-directory build/baton
	@tests/cli/transcript --show build/baton README.md

check: deps-check venv $(CLIENTS)/triton/made peers test-tools
	@JOBS=$(JOBS) tools/check

lint: deps-check
	@JOBS=$(JOBS) tools/lint

bench: deps-check venv $(BENCH_VENV)/made
	@tools/install-deps bench
	@$(MAKE) --no-print-directory build/baton
	@tests/perf/bench build/baton

fuzz: deps-check
	@JOBS=$(JOBS) tools/fuzz $(FUZZ_SECONDS)

# Every unary kernel against its definition over all 2^32 inputs: hours, not minutes.
prove: deps
	@$(MAKE) --no-print-directory build/baton
	@build/tests/kernel/prove_unary --full
	@build/tests/kernel/prove_unary --equal

# A thousand million floats of each type through JSON and back: an hour.
round-trips: deps
	@$(MAKE) --no-print-directory build/baton
	@BATON_ROUND_TRIPS=1000 nice build/tests/unit/test_round_trips

# Python packages that only tests or benchmarks use; made again when the pinned list changes.
define make-venv
	python3 -m venv --clear $(@D)
	$(@D)/bin/pip install --quiet --requirement $<
	touch $@
endef
venv: $(VENV)/made
$(VENV)/made: tests/requirements.txt
	$(make-venv)
$(BENCH_VENV)/made: tests/perf/requirements.txt
	$(make-venv)

# Clients of the Open Inference Protocol and of MLflow, each with its packages in a folder of its own.
$(CLIENTS)/%/made: tests/clients/%.txt
	$(make-venv)
clients: deps $(addprefix $(CLIENTS)/,triton/made mlserver/made kserve/made mlflow/made)
	@$(MAKE) --no-print-directory build/baton
	@meson test -C build --no-rebuild --print-errorlogs clients

# Registries and clients in Go, that only tests use; without a Go that can build them those tests
# are left out, aloud. Debian's (1.19) is too old and fetches no newer one.
TOOLS = .tools-tests
GO_TOOLS = oras.land/oras/cmd/oras@v1.3.6 github.com/google/go-containerregistry/cmd/crane@v0.22.1
test-tools: $(TOOLS)/made
$(TOOLS)/made: Makefile
	@mkdir -p $(@D)
	@if tools/has-go 1.25; then \
	    echo "test-tools: building $(GO_TOOLS)" && \
	    for tool in $(GO_TOOLS); do GOBIN=$(CURDIR)/$(@D)/bin go install $$tool || exit 1; done && \
	    touch $@; \
	else \
	    echo "test-tools: left out, they need Go 1.25 or newer (go.dev/dl)"; \
	fi

# Verifiers that are not ours (tests/foreign), each in the version that its lock file says.
peers: $(PEERS)/made
$(PEERS)/made: $(addprefix tests/foreign/,requirements.txt package-lock.json auditor.go)
	@tools/install-deps peers
	@command -v npm >/dev/null || tools/install-deps npm
	rm -rf $(@D)
	mkdir $(@D)
	cp tests/foreign/package.json tests/foreign/package-lock.json $(@D)
	cd $(@D) && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	python3 -m venv $(@D)/venv
	$(@D)/venv/bin/pip install --quiet --requirement $<
	GO111MODULE=off GOFLAGS= GOPATH=/usr/share/gocode go build -o $(@D)/auditor \
	    tests/foreign/auditor.go
	touch $@

# Every allocation refused, every system call killed at, in their full forms.
faults: deps
	@$(MAKE) --no-print-directory build/baton
	@BATON_FAULT_FULL=1 nice meson test -C build --timeout-multiplier 10 --suite fault
	@nice meson test -C build api

# Ten thousand versions of one model, registered by 64 processes at once; and a thousand commands of
# all sorts.
crowd: deps
	@$(MAKE) --no-print-directory build/baton
	@BATON_TEST_VERSIONS=10000 nice meson test -C build --timeout-multiplier 60 registry_writers crowd

# A thousand servers killed under load, and no decision that was acknowledged is lost.
kills: deps
	@$(MAKE) --no-print-directory build/baton
	@ROUNDS=1000 nice meson test -C build --timeout-multiplier 60 kill_serve

install: build/baton
	meson install -C build --no-rebuild

clean:
	rm -rf build build-*

FORCE:
.PHONY: all tools-present deps deps-check demo check lint bench fuzz prove round-trips clients faults crowd kills test-tools venv peers install clean FORCE
