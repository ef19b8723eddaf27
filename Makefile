# Two commands do all set-up: `make demo` and `make test`. Everything else is a convenience over `quarterdeck`.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
export DO_NOT_TRACK := 1
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export GX_ANALYTICS_ENABLED := false
SCALE ?= 0.05

.PHONY: demo test dev lint test-spark clean

demo: $(VENV)/ready
	@$(BIN)/quarterdeck demo

test: $(VENV)/ready
	@$(BIN)/ruff check .
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -q

# Opens the demo's home; set QUARTERDECK_HOME and QUARTERDECK_COMPANY for your own.
dev: export QUARTERDECK_HOME ?= $(CURDIR)/var/demo
dev: export QUARTERDECK_COMPANY ?= $(if $(wildcard var/demo/company),$(CURDIR)/var/demo/company,$(CURDIR)/company)
dev: export DAGSTER_HOME ?= $(QUARTERDECK_HOME)/dagster
dev: $(VENV)/ready
	@mkdir -p $(DAGSTER_HOME) && test -e $(DAGSTER_HOME)/dagster.yaml || cp pipelines/dagster.yaml $(DAGSTER_HOME)/
	@$(BIN)/dagster dev -w workspace.yaml

lint: $(VENV)/ready
	@$(BIN)/ruff check .

test-spark: $(VENV)-spark/ready $(VENV)/ready
	@$(BIN)/python -m tests.spark.compare --scale $(SCALE)
	@$(BIN)/python -m tests.spark.rules

$(VENV)/ready: requirements.lock pyproject.toml
	@echo "Making the environment (about a minute and a half, once) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(BIN)/dbt --quiet parse --project-dir dbt_project --profiles-dir dbt_project
	@touch $@

$(VENV)-spark/ready: requirements-spark.lock
	@echo "Making the Spark environment (Java 17 is needed) ..."
	@$(PYTHON) -m venv $(VENV)-spark
	@$(VENV)-spark/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-spark.lock
	@touch $@

clean:
	rm -rf var dbt_project/target dbt_project/logs
