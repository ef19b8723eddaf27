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
        """The departments that have numbers of the scorecard this quarter, in their own order."""
        rows = (row for row in self.facts.rows["kpi"] if row["scope_type"] == "department" and row["metric_id"] in fmt.MEASURES)
        return sorted({str(row["scope"]) for row in rows if row["target"] or row["value"]})

    @property
    def home(self) -> str:
        """The scope this pack is about."""
        return self.department_id or "company"

    @property
    def scopes(self) -> list[str]:
        """The company, then its departments."""
        return ["company", *self.departments]

    def kpi(self, scope: str, metric_id: str) -> Row:
        """One metric of one scope this quarter."""
        return self.facts.find("kpi", scope, metric_id)

    def metric_name(self, row: Row) -> str:
        """A metric's Chinese name without the unit or tax note that stands beside it anyway."""
        name, measure = str(row.get("name_zh") or row["metric_id"]), fmt.MEASURES[row["metric_id"]]
        for note in (measure.tax, measure.unit_name, measure.unit.name):
            name = name.removesuffix(f"（{note}）")
        return name

    def owner(self, row: Row) -> str:
        """Who answers for a metric, as people say it."""
        name = str(row.get("owner") or fmt.MISSING)
        return str(self.writer.sentences["owners"].get(name, name))

    def scope_name(self, scope: str) -> str:
        """A scope as readers call it."""
        if scope == "company":
            return "公司合计"
        return next((str(row["scope_name"]) for row in self.facts.rows["kpi"] if row["scope"] == scope), scope)


def decimals(row: Row, *columns: str) -> list[Decimal | None]:
    """These columns of `row` as numbers."""
    return [row.get(column) for column in columns]


def scope_bullet(row: Row, label: str) -> charts.Bullet:
    """One bar of a metric with target and last year; no colour when it only rounds to the target, no mark for a base of zero."""
    value, target, attainment, before = decimals(row, "value", "target", "attainment", "same_period_last_year")
    shown = fmt.percent(attainment)
    is_good = None if attainment is None or (attainment < 1 and shown == "100.0%") else attainment >= 1
    return charts.Bullet(label, value, target, before if before and before > 0 else None, fmt.WAN.text(value), shown, is_good)
