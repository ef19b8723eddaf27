"""Mistakes that somebody could make in either engine, each as one replacement in one text; every one must be noticed.

Add a mistake as a row: where it is made, what stands there, what would stand there. In SQL the text is what dbt compiled.
"""

from __future__ import annotations

from dataclasses import dataclass

CREDITS, EVENTS, GUARDS = "commission_credits", "commission_earning_events", "int_commission_guards"
AWARDS, SETTLED, MONTHS, TIERS = "int_commission_awards", "int_commission_settled", "int_commission_months", "dim_plan_tiers"


@dataclass(frozen=True, slots=True)
class Mutation:
    """One mistake: its name, the model or module, and the text before and after."""

    name: str
    place: str
    before: str
    after: str


IN_SQL = (
    Mutation("a rebate counts as cash", CREDITS, "events.is_applied and events.is_cash", "events.is_applied"),
    Mutation("unapplied cash earns", CREDITS, "events.is_applied and events.is_cash", "events.is_cash"),
    Mutation("a managers' chain goes round", CREDITS, "and instr(below.path, '|' || above.manager_no || '|') = 0", "and true"),
    Mutation("shares of nine tenths are whole", CREDITS, "wholes.whole = 1", "wholes.whole > 0"),
    Mutation(
        "a split's last day does not count",
        CREDITS,
        "cast(valid_to + cast(1 as integer) as date) as turn",
        "cast(valid_to + cast(0 as integer) as date) as turn",
    ),
    Mutation("the owner is paid beside the split", CREDITS, "wholes.transaction_id is not null then false", "false then false"),
    Mutation("no grace for leavers", CREDITS, "+ cast(versioned.leaver_grace_days as integer)", "+ cast(0 as integer)"),
    Mutation(
        "forfeited money goes to the successor",
        CREDITS,
        "versioned.is_successor and versioned.leaver_pending = 'new_owner'",
        "versioned.is_successor",
    ),
    Mutation(
        "a handover of one order is not read",
        CREDITS,
        "handed.transaction_id = owners.transaction_id",
        "false",
    ),
    Mutation("who took over before did so for ever", CREDITS, "least(ends_on, coalesce(", "least(ends_on, greatest(ends_on, "),
    Mutation(
        "the first to take over has nothing from before",
        CREDITS,
        "is null then cast('1900-01-01' as date) else begins_on",
        "is null then begins_on else begins_on",
    ),
    Mutation(
        "who shares, owns or manages a deal by now answers for its refund",
        CREDITS,
        "case when dated.takes_back then dated.original_day else dated.credit_day end as decided_day",
        "dated.credit_day as decided_day",
    ),
    Mutation(
        "a deal's new owner answers for its old refund",
        CREDITS,
        "then sold.original_owner_at_event",
        "then sold.owner_at_event",
    ),
    Mutation("managers stop at eight", CREDITS, "where below.level = 8", "where below.level = 16"),
    Mutation(
        "a refund returns more than was earned", EVENTS, "and back.returned_base < -back.origin_base then", "and false then"
    ),
    Mutation(
        "two versions of one month both have a champion",
        AWARDS,
        "where rules.kind = 'champion' and periods.place = 1",
        "where rules.kind = 'champion'",
    ),
    Mutation(
        "two versions of one month both fill the pool",
        AWARDS,
        "where rules.kind = 'pool' and periods.place = 1",
        "where rules.kind = 'pool'",
    ),
    Mutation(
        "signature decides no version",
        CREDITS,
        "versioned.version_day between versioned.plan_valid_from",
        "versioned.credit_day between versioned.plan_valid_from",
    ),
    Mutation("bills count on receipt", CREDITS, "acceptance_bill = 'maturity'", "acceptance_bill = 'never'"),
    Mutation("spot rate instead of the locked one", CREDITS, "united.fx_policy = 'signed_date'", "united.fx_policy = 'no'"),
    Mutation("any kind of rate will do", CREDITS, "coalesce(united.fx_type, '*') = rates.rate_type", "'*' = rates.rate_type"),
    Mutation("the month's first rate is its average", CREDITS, "sum(rate) as rates", "min(rate) * count(*) as rates"),
    Mutation("factors of the credit act on the earning", CREDITS, "rules.acts_on = 'credit'", "rules.acts_on = 'earning'"),
    Mutation("a band's upper end belongs to the next", CREDITS, "<= rules.up_to", "< rules.up_to"),
    Mutation("a product beats its variant", CREDITS, "by_variant.rate,", ""),
    Mutation("a filter lets tags in", CREDITS, "reached.exclude_tags is null or", "true or"),
    Mutation("the clawback window is a day longer", CREDITS, "> priced.refund_days then 0", "> priced.refund_days + 1 then 0"),
    Mutation("half from the start of the window", CREDITS, "> priced.refund_days then 1", ">= 0 then 1"),
    Mutation(
        "an override pays level two at one",
        CREDITS,
        "ways.level <= components.override_levels",
        "ways.level <= components.override_levels + 1",
    ),
    Mutation(
        "each event is rounded alone",
        EVENTS,
        "cast(sum(case when acts = 'return' then 0 else counted_base end) over",
        "cast(sum(case when acts = 'return' then 0 else round(counted_base, 0) end) over",
    ),
    Mutation(
        "half a cent goes down",
        EVENTS,
        "cast(round(round(earned_to_date, 12), 2) as decimal(18, 2))",
        "cast(round(earned_to_date - 0.004, 2) as decimal(18, 2))",
    ),
    Mutation(
        "each event of a plain window is rounded alone",
        EVENTS,
        "cast(sum(counted_base) over",
        "cast(sum(round(counted_base, 0)) over",
    ),
    Mutation(
        "half a cent of a plain window goes down",
        EVENTS,
        "cast(round(earned_to_date, 2) as decimal(18, 2))",
        "cast(round(earned_to_date - 0.004, 2) as decimal(18, 2))",
    ),
    Mutation("a small share is the whole", CREDITS, "as decimal(14, 6)) * small_share", "as decimal(14, 6)) * 1"),
    Mutation("upper owns what lower should", EVENTS, ".boundary = 'lower_inclusive'", ".boundary = 'upper_inclusive'"),
    Mutation(
        "the counter resets each month",
        EVENTS,
        "event_id, role rows between unbounded preceding and current row) as decimal(27, 16)) as cumulative_base",
        "event_id, role rows between 1 preceding and current row) as decimal(27, 16)) as cumulative_base",
    ),
    Mutation("tiers below earn nothing", TIERS, "sum((rates.tier_to - rates.tier_from) * rates.rate)", "sum(0 * rates.rate)"),
    Mutation(
        "a refund stays in its own window",
        EVENTS,
        "refunds.is_linked then refunds.origin_window",
        "false then refunds.origin_window",
    ),
    Mutation(
        "attribution is returned at the counter",
        EVENTS,
        "when refunds.refund_mode = 'original_attribution' then 'return'",
        "when false then 'return'",
    ),
    Mutation("leave does not shorten the quota", EVENTS, "absences.payee_no = window_days.payee_no", "false"),
    Mutation("holidays are workdays", EVENTS, "workdays.day = window_days.day", "true"),
    Mutation(
        "a started month is a whole one",
        EVENTS,
        "case when days = days_there then 1 else 0 end",
        "case when days_there > 0 then 1 else 0 end",
    ),
    Mutation(
        "a version of a month has the whole quarter's quota",
        EVENTS,
        "window_days.day between window_days.version_from and window_days.version_to",
        "true",
    ),
    Mutation("no decelerator", EVENTS, ".slow_below *", ".slow_below * 0 *"),
    Mutation("dropped caps are carried", GUARDS, "case when cap_excess = 'carry_forward' then 0 else 1 end", "0"),
    Mutation(
        "what is dropped stands in a balance",
        GUARDS,
        "case when cap_excess = 'drop' then greatest(",
        "case when false then greatest(",
    ),
    Mutation("a leaver's lost instalments stay in their balance", GUARDS, "is_lost and part <> 0", "false and part <> 0"),
    Mutation("a quarter's cap starts each month", GUARDS, "when 'quarter' then", "when 'no' then"),
    Mutation("no floor", GUARDS, "greatest(clauses.floor_amount, coalesce(earned.earned, 0))", "coalesce(earned.earned, 0)"),
    Mutation("what is unknown opens a gate", GUARDS, "having count(*) = literals", "having count(*) > 0"),
    Mutation("waivers are ignored", GUARDS, "waived.gate_id is null and opened.gate_id is null", "opened.gate_id is null"),
    Mutation("anybody waives", GUARDS, "where rules.waived_by is null or", "where true or"),
    Mutation("a shut gate holds debts too", GUARDS, "states.is_shut and coming.amount > 0, false", "states.is_shut, false"),
    Mutation(
        "a released order waits a month more",
        GUARDS,
        "order_holds.released_on > parted.month_last",
        "order_holds.released_on >= date_trunc('month', parted.month_last)",
    ),
    Mutation("holdbacks never end", GUARDS, "reached.reached_on <= after_holds.month_last", "false"),
    Mutation(
        "odd cents go last",
        GUARDS,
        "case when part_no < released_cents % instalments",
        "case when instalments - part_no <= released_cents % instalments",
    ),
    Mutation("instalments are paid once more", GUARDS, "where scheduled.part_no > 0", "where scheduled.part_no >= 0"),
    Mutation(
        "a SPIFF has no budget", AWARDS, "case when budget is null then move else spent", "case when true then move else spent"
    ),
    Mutation(
        "a day late is in time", AWARDS, "told.day between rules.first_day and rules.last_day", "told.day >= rules.first_day"
    ),
    Mutation("a champion may win again at once", AWARDS, "coalesce(rules.repeat_after_months + 1, 0) as waits", "0 as waits"),
    Mutation(
        "ties are broken by the second rule only", AWARDS, "order by value desc, tie_1 desc nulls last", "order by value desc"
    ),
    Mutation("pools ignore days", AWARDS, "* members.days", "* 1"),
    Mutation("penalties need no paper", AWARDS, "where penalties.evidence <> ''", "where true"),
    Mutation("more than the clause is deducted", AWARDS, "least(penalties.amount, rules.amount)", "penalties.amount"),
    Mutation("the legal limit is rounded up", SETTLED, "then 0.01", "then 0"),
    Mutation("a month forgets what the last rounded away", EVENTS, "coalesce(carries.carried, 0)", "0"),
    Mutation("the mildest plan sets the limit", SETTLED, "min(takeable) as takeable", "max(takeable) as takeable"),
    Mutation("a return finds no budget left", AWARDS, "cast(null as decimal(18, 2)) as budget", "max(0) as budget"),
    Mutation("no minimum wage", SETTLED, "coalesce(wages.minimum_wage, versions.minimum_wage)", "0"),
    Mutation("draws are recovered from the start", SETTLED, "coalesce(versions.draw_recover_from <= months.month, true)", "true"),
    Mutation("a draw never expires", SETTLED, "coalesce(months.month <= versions.draw_until, true)", "true"),
    Mutation(
        "a leaver keeps the draw", SETTLED, "versions.draw_kind = 'recoverable' and months.left_month <= months.month", "false"
    ),
    Mutation(
        "the newest version is the first", MONTHS, "coalesce(max(versions.plan_version)", "coalesce(min(versions.plan_version)"
    ),
)

IN_PYTHON = (
    Mutation(
        "half a cent goes to the even one",
        "money",
        "rounding=ROUND_HALF_UP)\n\n\ndef telescoped",
        "rounding='ROUND_HALF_EVEN')\n\n\ndef telescoped",
    ),
    Mutation("the first tier is skipped", "rating", "for tier in rate.table[1:]:", "for tier in rate.table[2:]:"),
    Mutation(
        "lower and upper swapped",
        "rating",
        'base > start if boundary == "upper_inclusive" else base >= start',
        'base >= start if boundary == "upper_inclusive" else base > start',
    ),
    Mutation("no clamp above the last point", "rating", "return points[-1].amount", "return points[-1].amount + base - base + 1"),
    Mutation("decelerates at the bound too", "rating", "base < slow.below * quota", "base <= slow.below * quota * 2"),
    Mutation(
        "overlays share the whole",
        "holders",
        "credited = _split(notes, transaction, [one for one in splits if not one.is_overlay])",
        "credited = _split(notes, transaction, splits)",
    ),
    Mutation("two rows for one person are the last of them", "holders", "share=before.share + one.share", "share=one.share"),
    Mutation("a refund asks its own day", "selecting", 'component.refund.mode != "current_credit"', "False"),
    Mutation("the last to take over took over always", "holders", "<= day] or handed[:1]", "<= day] or handed[-1:]"),
    Mutation("the version of the first day awards the month", "awards", "for day in (last, first):", "for day in (first, last):"),
    Mutation(
        "more is returned than was earned", "earning", "max(-ONE, place.returned / place.base)", "place.returned / place.base"
    ),
    Mutation("managers see their own deals", "holders", "seen = {holder.payee_no}", "seen = set()"),
    Mutation(
        "splits end a day early",
        "holders",
        "one.valid_to is None or day <= one.valid_to)\n        ),\n        key",
        "one.valid_to is None or day < one.valid_to)\n        ),\n        key",
    ),
    Mutation("a version that is over still counts days", "periods", "in_version and not plan.valid.covers(day)", "False"),
    Mutation("months are quarters", "periods", "place // 3 + 1", "place // 4 + 1"),
    Mutation("part of a refund is all of it", "earning", 'else Decimal("0.5")', "else ONE"),
    Mutation(
        "a refund moves the counter twice",
        "earning",
        "target.base += change\n            self.base += change",
        "target.base += change\n            self.base += change * 2",
    ),
    Mutation("carried caps are lost", "guards", 'if cap.excess == "carry_forward" else ZERO', "if False else ZERO"),
    Mutation("holds are never let go", "guards", "if still or not held:", "if True:"),
    Mutation("draws beyond the floor", "settling", "min(self.drawn, self.net - floor)", "min(self.drawn, self.net)"),
    Mutation("recovery beyond the limit", "settling", "recovered = min(self.debt, limit)", "recovered = self.debt"),
    Mutation("what was carried is carried again", "earning", "self.exact += place.carried", "self.exact += place.carried * 2"),
    Mutation("each plan takes up to the whole limit", "settling", "left -= desk.recover(left)", "desk.recover(left)"),
    Mutation("who won under the last version wins again", "awards", "winners[plan.plan, kind]\n", "winners[plan.hash, kind]\n"),
    Mutation(
        "largest remainder goes to the last",
        "money",
        "key=lambda one: (-(units * one[1] % whole), one[0])",
        "key=lambda one: ((units * one[1] % whole), one[0])",
    ),
)
