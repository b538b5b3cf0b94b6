# naru: `make run` starts everything, `make demo` walks the whole road in the terminal,
# `make test` proves everything. `make help` lists the rest.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

GO    ?= go
TOOLS := $(CURDIR)/build/tools
# Go's own stamp of the commit fails in a clone that belongs to somebody else.
export GOFLAGS := $(GOFLAGS) -buildvcs=false

.PHONY: help run demo build web setup test check format vet staticcheck arch tests bench soak shots fmt clean

help: ## list what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 14

run: build ## start naru on loopback with example data, brokers and accounts; Ctrl-C stops everything
	@exec script/with bin/naru run

demo: build ## walk the whole road in the terminal
	@exec script/with bin/naru demo

build: web ## build bin/naru
	@$(GO) build -o bin/naru ./cmd/naru

web: ## build styles, fonts and script of the web door from npm
	@script/web

setup: ## fetch what tests and brokers need beside Go: npm packages, PostgreSQL, Chromium, fonts
	@script/setup

test: format vet staticcheck setup web tests ## prove everything: format, vet, staticcheck, then every test and fuzz seed

check: format vet staticcheck arch ## what is quick: format, vet, staticcheck, the import rule

format: $(TOOLS)/.made
	@script/format

vet:
	@echo "vet"
	@$(GO) vet ./...
	@$(GO) vet -C test/peers ./...

staticcheck: $(TOOLS)/.made
	@echo "staticcheck"
	@$(TOOLS)/staticcheck ./...

arch:
	@echo "arch"
	@$(GO) test ./internal/arch

tests: $(TOOLS)/.made
	@$(TOOLS)/gotestsum --format pkgname --hide-summary=skipped --raw-command -- script/with --browser script/gotest

bench: build ## measure every claim of speed; CLAIM=prefix measures some
	@script/bench "$(CLAIM)"

soak: ## kill naru KILLS (3000) times from SEED on, then fuzz every parser for FUZZTIME (30s) each
	@script/with script/soak

shots: build ## take the screenshots of the README
	@script/shots

fmt: $(TOOLS)/.made ## format every Go file and generate the pages again
	@cd door/web && $(TOOLS)/templ generate
	@$(TOOLS)/gofumpt -w .

clean: ## remove what was built and fetched
	@rm -rf bin build node_modules
	@find door/web/static -type f ! -name .gitignore -delete 2>/dev/null || true

# The tools have a module of their own, so that their dependencies stay out of the product.
$(TOOLS)/.made: tools/go.mod tools/go.sum
	@echo "tools"
	@mkdir -p $(TOOLS)
	@cd tools && $(GO) build -o $(TOOLS)/ tool
	@touch $@
