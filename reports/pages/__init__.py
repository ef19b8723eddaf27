"""The pages of the quarterly review: which numbers, in which order, under which conclusion.

A page is a function from a brief to blocks; its words stand in templates/sentences.yaml and its numbers in queries/.
How a block looks belongs to the writers (pdf.py, xlsx.py, html.py); nothing here adds or divides.
"""

from reports.page import Page
from reports.pages.brief import Brief
from reports.pages.headline import happened, scorecard, summary
from reports.pages.money import commission, receivables
from reports.pages.people import reps_anonymous, reps_named
from reports.pages.sales import bridge, departments, product_lines
from reports.pages.trust import appendix, trust

__all__ = ["Brief", "headline", "pack_pages"]


def headline(brief: Brief) -> tuple[str, ...]:
    """The five sentences of page 1; they name no customer and no pay, so they may stand in a mail."""
    return happened(brief)


def pack_pages(brief: Brief) -> tuple[Page, ...]:
    """All pages of the pack, in the order of pack.md."""
    reps = reps_named(brief) if brief.department_id else reps_anonymous(brief)
    pages: list[Page | None] = [summary(brief), *scorecard(brief)]
    pages += [bridge(brief)] if brief.facts.rows["sales_bridge"] else []
    pages += [product_lines(brief), departments(brief), reps, receivables(brief)]
    pages += [commission(brief)] if "commission" in brief.facts.queries else []
    pages += [trust(brief), appendix(brief)]
    return tuple(page for page in pages if page is not None)
