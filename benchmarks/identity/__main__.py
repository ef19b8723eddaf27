"""Measure identity resolution, or count the weights of its model anew.

    python -m benchmarks.identity [--companies 6000] [--seed 7] [--train]

What belongs elsewhere: the companies (`companies.py`), the rules (`identity/`).
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path

from benchmarks.identity.companies import make_world
from identity.accounts import Account, traits_of
from identity.clusters import Decision, Resolution, resolve
from identity.linkage import COMPARISONS, MODEL, likenesses
from simulators.world import SEED, build_world

DEMO_COMPANY = Path(__file__).parent.parent.parent / "company"
NAMES_THERE = {
    "fxiaoke": ("name", "uniform_social_credit_code", "province", "city", "address"),
    "zoho": ("Account_Name", "USCC", "Billing_State", "Billing_City", "Billing_Street"),
}
LESSON_SEED, LESSON_COMPANIES = 1, 24000


def say(text: str) -> None:
    """One line of the report."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def train() -> None:
    """Count how often each level holds for one company and for two, among pairs that no exact rule settles, and keep it."""
    world = make_world("lesson", LESSON_SEED, LESSON_COMPANIES)
    traits = {account.key: traits_of(account) for account in world.accounts}
    even = {"prior": 0.5} | {
        comparison: {label: {"m": 1 / (len(levels) - 1), "u": 1 / (len(levels) - 1)} for label, _ in levels[1:]}
        for comparison, levels in COMPARISONS.items()
    }
    counted: dict[bool, Counter[tuple[str, int]]] = {True: Counter(), False: Counter()}
    pairs: Counter[bool] = Counter()
    for pair in likenesses(traits.values(), even, least=None):
        one, other = traits[pair.one], traits[pair.other]
        if (one.valid_code and other.valid_code) or one.name.branch != other.name.branch:
            continue
        is_same = world.owner[pair.one] == world.owner[pair.other]
        pairs[is_same] += 1
        counted[is_same].update(pair.levels)
    model: dict[str, object] = {"prior": round(pairs[True] / pairs.total(), 6)}
    for comparison, levels in COMPARISONS.items():
        seen = {is_same: sum(counted[is_same][comparison, place] for place in range(1, len(levels))) for is_same in (True, False)}
        model[comparison] = {
            label: {
                side: round((counted[is_same][comparison, place] + 0.5) / (seen[is_same] + 0.5 * (len(levels) - 1)), 6)
                for side, is_same in (("m", True), ("u", False))
            }
            for place, (label, _) in enumerate(levels)
            if place
        }
    MODEL.write_text(json.dumps(model, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    say(f"{MODEL.name}: counted on {pairs[True]:,} pairs of one company and {pairs[False]:,} of two")


def measure(
    title: str, owner: Mapping[str, object], resolution: Resolution, classes: Mapping[tuple[str, str], str]
) -> tuple[float, float]:
    """Print precision and recall over all pairs, then each class; answer the two."""
    asked = {(question.one, question.other) for question in resolution.questions}
    found, true = _pairs(resolution.customers), _pairs(owner)
    wrong, missed = found - true, true - found
    precision, recall = 1 - len(wrong) / max(len(found), 1), 1 - len(missed) / max(len(true), 1)
    say(f"{title}: {len(owner):,} accounts, {len(true):,} pairs of one company, {len(asked)} questions")
    say(f"  precision {precision:.4f} ({len(wrong)} of {len(found)} joined are wrong)")
    say(f"  recall    {recall:.4f} ({len(missed)} missed, {len(missed & asked)} of them asked)")
    told: dict[str, Counter[str]] = defaultdict(Counter)
    for pair, kind in classes.items():
        told[kind].update(["pairs", *(["joined"] if pair in found else ["asked"] if pair in asked else [])])
    for kind, counts in sorted(told.items()):
        what = "recall" if any(pair in true for pair, its in classes.items() if its == kind) else "wrongly joined"
        say(f"  {kind:<33}{counts['pairs']:>5} pairs  {what} {counts['joined'] / counts['pairs']:.4f}, {counts['asked']} asked")
    return precision, recall


def _pairs(groups: Mapping[str, object]) -> set[tuple[str, str]]:
    members: dict[object, list[str]] = defaultdict(list)
    for account, group in groups.items():
        members[group].append(account)
    return {pair for accounts in members.values() for pair in combinations(sorted(accounts), 2)}


def demo_company() -> None:
    """The demo company's accounts against its planted truth, with people's decisions and without."""
    with tempfile.TemporaryDirectory() as folder:
        world = Path(folder)
        build_world(world, SEED, 1.0)
        with (world / "truth" / "customers.csv").open(encoding="utf-8", newline="") as lines:
            rows = [row for row in csv.DictReader(lines) if not row["merged_into"]]
        accounts = list(_accounts(world / "records", {(row["crm"], row["account_id"]) for row in rows}))
        with (DEMO_COMPANY / "customer_links.csv").open(encoding="utf-8", newline="") as lines:
            links = list(csv.DictReader(lines))
    owner = {f"{row['crm']}:{row['account_id']}": row["customer"] for row in rows}
    decisions = [
        Decision(
            f"{link['crm']}:{link['account_id']}", f"{link['other_crm']}:{link['other_account_id']}", link["decision"] == "same"
        )
        for link in links
    ]
    twins = {f"{row['crm']}:{row['account_id']}": row["known_by"] for row in rows if row["known_by"]}
    classes = {pair: next(twins[key] for key in pair if key in twins) for pair in _pairs(owner)}
    measure("demo company, with people's decisions", owner, resolve(accounts, decisions), classes)
    measure("demo company, without them", owner, resolve(accounts), classes)


def _accounts(records: Path, wanted: set[tuple[str, str]]) -> Iterator[Account]:
    """Each account as its CRM shows it last."""
    for crm, file, key in (("fxiaoke", "AccountObj", "_id"), ("zoho", "Accounts", "id")):
        newest: dict[str, dict[str, str]] = {}
        for line in (records / crm / f"{file}.ndjson").read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            if (crm, record[key]) in wanted:
                newest[record[key]] = record
        for account_id, record in newest.items():
            names = NAMES_THERE[crm]
            yield Account(crm, account_id, *(record.get(name) for name in names))


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.identity")
    parser.add_argument("--companies", type=int, default=6000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--train", action="store_true", help="count the model's weights anew first")
    asked = parser.parse_args()
    if asked.train:
        train()
    world = make_world("exam", asked.seed, asked.companies)
    begun = time.monotonic()
    resolution = resolve(world.accounts)
    say(f"{time.monotonic() - begun:.1f} s for {len(world.accounts):,} accounts")
    measure("made-up companies", world.owner, resolution, world.same | world.alike)
    demo_company()


if __name__ == "__main__":
    main()
