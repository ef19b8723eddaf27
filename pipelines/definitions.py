"""The one Definitions: assembly only."""

import dagster as dg

from pipelines import agreement, checks, delivery, inputs, jobs, ledger, raw, reports, schedules, warehouse
from pipelines.progress import progress_logger
from pipelines.resources import Clocks, Crms, Home, Mail

defs = dg.Definitions(
    assets=[
        *raw.origins,
        inputs.ledger_origin,
        raw.raw_zoho,
        raw.raw_fxiaoke,
        raw.raw_company,
        inputs.pulls,
        inputs.run_inputs,
        warehouse.warehouse,
        warehouse.published_warehouse,
        ledger.closed_month,
        reports.quarterly_management_pack,
        reports.commission_statements,
        reports.commission_workbook,
        delivery.quarterly_management_pack,
        delivery.commission_statements,
    ],
    asset_checks=[checks.door_in, checks.door_in_pulls, checks.door_out, agreement.both_engines_agree],
    jobs=[
        jobs.nightly,
        jobs.close_month,
        jobs.refresh_finance,
        jobs.quarterly_pack,
        jobs.commission_statements,
        jobs.finance_files,
    ],
    schedules=[schedules.nightly_schedule, schedules.monthly_close_schedule, schedules.quarterly_pack_schedule],
    sensors=[schedules.finance_follows_close, schedules.statements_follow_close, schedules.failure_notice],
    resources={"home": Home(), "crms": Crms(), "clocks": Clocks(), "mail": Mail()},
    loggers={"progress": progress_logger},
)
