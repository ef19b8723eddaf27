"""What the company's own words and limits mean: stages, statuses, ways of payment, the numbers that rules compare with.

dbt has a default for what every tenant starts with (`dbt_project/seeds`); a row here stands above it for as long as it holds.
What to add here: a word or number of a CRM that a company may define, as one row of `FILES`.
What belongs elsewhere: what deals must have before they leave a stage (`pipeline.py`), names of channels (`market.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from connectors.company.files.columns import (
    CRM,
    Column,
    CompanyFile,
    Known,
    Mistake,
    Row,
    T,
)


def _check_stage(row: Row, known: Known) -> Iterator[Mistake]:
    crm, of = row["crm"], row["object"]
    if crm == "fxiaoke" and of == "opportunities" and row["ends_as"] is not None:
        yield "ends_as", "nothing: in Fxiaoke 销售状态 says how a deal ends (object sales_status)"
    if crm == "zoho" and of == "sales_status":
        yield "object", "opportunities or leads: Zoho's stages themselves say how a deal ends"
    if of == "sales_status" and row["ends_as"] is None:
        yield "ends_as", "open, won, lost or void: that is what a 销售状态 says"
    if of == "leads" and (row["ends_as"] is not None or row["category"] is not None):
        yield ("ends_as" if row["ends_as"] is not None else "category"), "nothing: only deals are forecast and end"


FILES: tuple[CompanyFile, ...] = (
    CompanyFile(
        name="stages", key=("crm", "object", "stage"), check=_check_stage,
        description="阶段口径: what the stages of the company's own sales process mean; what is empty stays as the CRM says it.",
        columns=(
            CRM,
            Column(name="object", label="对象", required=True, choices=("opportunities", "leads", "sales_status"),
                   note="sales_status: 销售状态 of Fxiaoke, by its code"),
            Column(name="stage", label="阶段", note="as the CRM shows it", required=True),
            Column(name="stage_no", type=T.INTEGER, label="顺序", note="its place on the way to a won deal, from 1",
                   minimum=Decimal(1)),
            Column(name="is_qualified", type=T.BOOLEAN, label="已确认需求", note="a deal or lead here counts as qualified"),
            Column(name="category", label="预测类别", choices=("pipeline", "best_case", "commit")),
            Column(name="ends_as", label="结果", choices=("open", "won", "lost", "void"), note="void: counts nowhere"),
        ),
    ),
    CompanyFile(
        name="document_statuses", key=("crm", "object", "status"),
        description="单据状态口径: which orders and invoices count, by the status the CRM shows.",
        columns=(
            CRM,
            Column(name="object", label="对象", required=True, choices=("orders", "invoices")),
            Column(name="status", label="状态", note="as the CRM shows it", required=True),
            Column(name="is_counted", type=T.BOOLEAN, label="计入", required=True),
        ),
    ),
    CompanyFile(
        name="payment_methods", key=("source", "code"),
        description="收款方式口径: which ways of payment are cash.",
        columns=(
            Column(name="source", label="来源", required=True, choices=("fxiaoke", "company"),
                   note="company: a method of cash_receipts"),
            Column(name="code", type=T.ID, label="代码", note="回款方式 (payment_term) as Fxiaoke stores it", required=True),
            Column(name="method", label="方式", note="the name under which it is shown", required=True),
            Column(name="is_cash", type=T.BOOLEAN, label="是现金", note="false: a rebate, never cash", required=True),
            Column(name="is_drawdown", type=T.BOOLEAN, label="预收款核销", note="cash once, when it was received", required=True),
        ),
    ),
    CompanyFile(
        name="risk_thresholds", key=("threshold_id",),
        description="阈值: the company's own value for a number that rules compare with; `core.dim_thresholds` lists them all.",
        columns=(
            Column(name="threshold_id", type=T.ID, label="阈值", required=True, exists_in="thresholds"),
            Column(name="value", type=T.NUMBER, label="取值", note="in the unit of the default", required=True),
        ),
    ),
)
