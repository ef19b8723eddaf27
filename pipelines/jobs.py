"""What can be started: a verb phrase each, over the assets that it makes.

What belongs elsewhere: when (`schedules.py`).
"""

import dagster as dg

NIGHT_GROUPS = ("raw_zoho", "raw_fxiaoke", "raw_company", "raw_ops", "staging", "core", "finance", "management", "published")
OF_THE_LEDGER = (["raw_ops", "commission_ledger"], ["raw_ops", "period_status"], ["raw_ops", "commission_made_of"])
IN_PROCESS = dg.in_process_executor  # a step per process imports everything again: 25.7 s against 13.0 s

nightly = dg.define_asset_job(
    "nightly",
    dg.AssetSelection.groups(*NIGHT_GROUPS),
    executor_def=IN_PROCESS,
    description="Pull what changed, check it, model it, check it again, publish it.",
)
close_month = dg.define_asset_job(
    "close_month",
    dg.AssetSelection.assets(["ledger", "closed_month"]),
    executor_def=IN_PROCESS,
    description="提成关账: post a month's commission to the ledger; it never changes after.",
)
refresh_finance = dg.define_asset_job(
    "refresh_finance",
    dg.AssetSelection.assets(["raw_ops", "clocks"], *OF_THE_LEDGER)
    | (dg.AssetSelection.assets(*OF_THE_LEDGER).downstream() & dg.AssetSelection.groups(*NIGHT_GROUPS))
    | dg.AssetSelection.assets(["staging", "stg_ops__clocks"], ["core", "clocks"]),
    executor_def=IN_PROCESS,
    description="Build again what reads the ledger, and publish it.",
)
quarterly_pack = dg.define_asset_job(
    "quarterly_pack",
    dg.AssetSelection.assets(["reports", "quarterly_management_pack"], ["delivered", "quarterly_management_pack"]),
    executor_def=IN_PROCESS,
    description="季度经营回顾: build the quarter's review pack and deliver it.",
)
commission_statements = dg.define_asset_job(
    "commission_statements",
    dg.AssetSelection.assets(
        ["reports", "commission_statements"],
        ["reports", "commission_workbook"],
        ["delivered", "commission_statements"],
    ),
    executor_def=IN_PROCESS,
    description="提成对账单: a statement for each sales person and the month's workbook for finance, built and delivered.",
)
finance_files = dg.define_asset_job(
    "finance_files",
    dg.AssetSelection.assets(["reports", "commission_workbook"]),
    executor_def=IN_PROCESS,
    description="提成财务文件: a closed month's workbook, payable file, journal and control file.",
)
