"""What every page of the review needs: the facts, the writer over them, people's comments, who reads, and one bar.

Add here what two pages share.
What one page alone shows belongs to that page.
"""

from dataclasses import dataclass
from decimal import Decimal

from reports import charts
from reports import format as fmt
from reports.commentary import Commentary
from reports.facts import Facts, Row
from reports.words import Writer


@dataclass(frozen=True, slots=True)
class Brief:
    """What every page needs: the facts, the writer over them, people's comments and who reads."""

    facts: Facts
    writer: Writer
    commentary: Commentary
    quarter: str
    department_id: str | None
    distribution: tuple[tuple[str, ...], ...]

    @property
    def departments(self) -> list[str]:
        """The departments that have numbers this quarter, in their own order."""
        rows = (row for row in self.facts.rows["kpi"] if row["scope_type"] == "department")
        return sorted({str(row["scope"]) for row in rows if row["target"] or row["value"]})

    @property
    def scopes(self) -> list[str]:
        """The company, then its departments."""
        return ["company", *self.departments]

    def kpi(self, scope: str, metric_id: str) -> Row:
        """One metric of one scope this quarter."""
        return self.facts.find("kpi", scope, metric_id)

    def scope_name(self, scope: str) -> str:
        """A scope as readers call it."""
        if scope == "company":
            return "公司合计"
        return next((str(row["scope_name"]) for row in self.facts.rows["kpi"] if row["scope"] == scope), scope)


def decimals(row: Row, *columns: str) -> list[Decimal | None]:
    """These columns of `row` as numbers."""
    return [row.get(column) for column in columns]


def scope_bullet(brief: Brief, row: Row, label: str) -> charts.Bullet:
    """One bar of a metric with target and last year."""
    value, target, attainment, before = decimals(row, "value", "target", "attainment", "same_period_last_year")
    return charts.Bullet(
        label,
        value,
        target,
        before,
        fmt.WAN.text(value),
        fmt.percent(attainment),
        None if attainment is None else attainment >= 1,
    )
