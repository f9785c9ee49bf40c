# For daily work; each target only calls a script, and the scripts need no make. `make` lists them.
.DEFAULT_GOAL := help
.PHONY: help bootstrap build dev ui test quick unit bench demo lint format layers lock clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile
bootstrap: ## Install what building and testing need
	script/bootstrap test
build: ## Build the optimised program: build/release/treadle
	script/build release
dev: ## Build for debugging: build/dev/treadle
	script/build dev
ui: ## Serve the page with live reload, against a running server
	cd ui && PATH="$(CURDIR)/.deps/node/bin:$$PATH" npm run dev
test: ## Every suite, with totals
	script/test
quick: ## Every suite, without clang-tidy and the sanitizers
	script/test --quick
unit: ## The C++ unit tests
	script/test --quick unit
bench: ## The benchmarks
	script/bench
demo: ## A year of real data to a monitored, served forecast
	script/demo
lint: ## clang-tidy on what differs from main
	script/lint
format: ## Lay the C++ code out as .clang-format says
	git ls-files --cached --others --exclude-standard 'src/*.h' 'src/*.cc' | xargs clang-format -i
layers: ## Check that includes point downwards only
	script/check-layers
lock: ## Pin the Python environments of the tests anew
	script/lock
clean: ## Remove what was built here (not the caches)
	rm -rf build ui/dist
