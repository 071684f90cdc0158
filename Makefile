# The README's commands; each works alone in a fresh clone.

PYTHON ?= python3
BIN := .venv/bin
BENCH := .bench-venv/bin
# The versions that are installed; `make CONSTRAINTS=/dev/null ...` takes the newest ones that
# pyproject.toml allows.
CONSTRAINTS := constraints.txt

# What is asked reaches Quoth as data: make neither expands it nor hands it to the shell as code.
# Exporting Q itself would expand it, so its bare text travels under another name.
unexport Q
ask: export QUESTION = $(value Q)

.DEFAULT_GOAL := help
.PHONY: help ask test coverage test-pythons test-browser format docs graph constraints wheel stress bench clean

help:
	@echo 'make ask Q="how many were deported for drunk driving?"   answer a question from seeds/'
	@echo 'make test                                                format, lint, types and tests'
	@echo 'make coverage                                            the tests, and the lines that none of them runs'
	@echo 'make test-pythons                                        storage, serving and threads on Python 3.12 and 3.13'
	@echo 'make format                                              put the code into form'
	@echo 'make docs                                                the pages on settings and commands'
	@echo 'make graph                                               the import graph in the map of the code'
	@echo 'make constraints                                         the versions that are installed, as those to install'
	@echo 'make test-browser                                        the page in Chromium, which has to be there'
	@echo 'make wheel                                               build the wheel, install it elsewhere, ask it'
	@echo 'make stress                                              the full counts, with real models'
	@echo 'make bench                                               Quoth beside its peers; half an hour'

ask: .venv/installed
	@$(BIN)/quoth ask -- "$$QUESTION" || { code=$$?; [ $$code -eq 3 ] || [ $$code -eq 4 ] || exit $$code; }

# Every build of an index flushes its files, and tests make hundreds of builds: in memory, where it
# has room and runs programs, none of them waits for a disk. Neither does PostgreSQL, which takes a
# tenth of the processor's time to make and drop a database there.
test coverage: export TMPDIR = $(shell \
  grep ' /dev/shm ' /proc/mounts 2>/dev/null | grep -qv noexec && \
  df --output=avail --block-size=1G /dev/shm | awk 'NR == 2 && $$1 >= 4 { print "/dev/shm" }')
# Tests wait for processes and databases: four keep two cores busy.
# What a test that passed has written goes at once.
IN_PARALLEL := -n 4 --dist worksteal -o tmp_path_retention_policy=failed
# Beside another test, torch's threads for steps of microseconds mostly wait for each other: one
# alone takes a quarter of the processor's time.
test coverage: export OMP_NUM_THREADS = 1

# Processes that tests start need not compile Quoth once more.
test: export PYTHONDONTWRITEBYTECODE =
# mypy takes one core for half a minute where it has not run before, and tests wait at times: side by
# side they take less time than one after the other. What mypy says stands below the tests.
test: .venv/installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	@echo '$(BIN)/mypy, and meanwhile $(BIN)/pytest $(IN_PARALLEL)'
	@said=$$(mktemp); $(BIN)/mypy > "$$said" 2>&1 & checker=$$!; \
	trap 'kill $$checker' INT TERM; \
	$(BIN)/pytest $(IN_PARALLEL); tests=$$?; \
	wait $$checker; types=$$?; \
	echo '$(BIN)/mypy'; cat "$$said"; rm "$$said"; \
	exit $$((tests ? tests : types))

# Counting lines takes half as long again, in every process that a test starts.
coverage: .venv/installed-dev
	$(BIN)/pytest $(IN_PARALLEL) --cov --cov-report=term

# Here, the tests of storage, serving and threads that need no torch, which take some minutes a
# version; `PYTHONS="--all python3.13"` runs all of those. The workflow in .github/ runs `make test`
# itself on each version. A version that is not on the machine is a failure, unless the versions are
# named after `--if-there`.
PYTHONS ?= python3.12 python3.13
test-pythons: .venv/installed
	@$(BIN)/python -m tests.pythons $(PYTHONS)

# Debian's package chromium is used; Playwright downloads none.
test-browser: .venv/installed-dev
	@$(BIN)/pip install -qq --disable-pip-version-check --constraint $(CONSTRAINTS) \
	  --editable '.[browser]'
	$(BIN)/pytest -m browser tests/bot/web/test_browser.py

stress: .venv/installed-dev
	$(BIN)/pytest -m stress
	$(BIN)/pytest -m hypothesis --hypothesis-profile=full

# The tests fail where these pages are not what the code would make.
docs: .venv/installed
	$(BIN)/python -m docs.reference

graph: .venv/installed
	$(BIN)/python -m docs.imports

# The versions that the tests passed with. torch is left to its range in pyproject.toml: a machine
# that carries its processor build carries one version of it.
# What is for newer versions of Python alone stays as it is.
constraints: .venv/installed-dev
	newer=$$(grep -E '^(helm-sdkpy|kubernetes-validate)==' constraints.txt); \
	installed=$$($(BIN)/pip list --disable-pip-version-check --format=freeze \
	  --exclude-editable --exclude pip --exclude setuptools --exclude torch); \
	printf '%s\n' "$$installed" $$newer | LC_ALL=C sort -f -u -t= -k1,1 | LC_ALL=C sort -f \
	  > constraints.txt

# What a person gets who installs Quoth without the checkout.
wheel:
	rm -rf build/wheel dist
	$(PYTHON) -m venv build/wheel
	build/wheel/bin/pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist .
	build/wheel/bin/pip install --quiet --disable-pip-version-check --constraint $(CONSTRAINTS) dist/quoth-*.whl
	cd build/wheel && bin/quoth ask --seeds $(CURDIR)/seeds "how many were deported for drunk driving?"

# BENCH_OPTIONS="--questions 20 ..." for a quick look; see benchmarks/compare.py.
bench: .bench-venv/installed
	$(BENCH)/python -m benchmarks.compare $(BENCH_OPTIONS)

format: .venv/installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf .venv .pythons .bench-venv .mypy_cache .ruff_cache .hypothesis .coverage* build dist

# The commands use pip because it finds the processor build of torch by itself where one is at hand.
.venv/installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo 'Quoth needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 ...' >&2; exit 1; }
	@echo 'Installing Quoth into .venv (once; a few minutes) ...' >&2
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install -qq --disable-pip-version-check --constraint $(CONSTRAINTS) \
	  --editable '.[discord,fetch,mcp,web]'
	@touch $@

.venv/installed-dev: .venv/installed
	@$(BIN)/pip install -qq --disable-pip-version-check --constraint $(CONSTRAINTS) \
	  --editable '.[dev]'
	@touch $@

# Quoth's sources are used as they stand, so a change to them needs no new installation.
.bench-venv/installed: benchmarks/requirements.txt pyproject.toml
	$(PYTHON) -m venv .bench-venv
	$(BENCH)/pip install --quiet --disable-pip-version-check \
	  --requirement benchmarks/requirements.txt --editable .
	@touch $@
