"""Probabilistic record linkage: how likely two accounts are one customer (Splink on DuckDB, Fellegi and Sunter's model).

What to add here: a comparison, a level of likeness, a way in which pairs are found; then `python -m benchmarks.identity --train`.
What belongs elsewhere: what decides before likeness does, and what is done with it (`clusters.py`).

The weights of `model.json` are counted once, on labelled pairs, and kept: the same accounts have the same likeness every night.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from identity.accounts import Traits

MODEL = Path(__file__).parent / "model.json"
LEAST = 0.02  # pairs less likely than this are nobody's question
PLACES = 6
USUAL = 8  # two signs in a row in so many times more names than two others are a trade, the others a slip of the pen

_LENGTHS = "length(core_l) {} length(core_r)"
_APART = "levenshtein(core_l, core_r)"
# DuckDB counts bytes; when the distance is just the difference in length, the longer holds every sign of the other, in order
_SHORTER = f"{_APART} = abs(strlen(core_l) - strlen(core_r))"
_ONE_SIGN = "list_has_any(but_one_l, but_one_r) and length(core_l) >= 3"
_NO_CONTACT = "(phone_l is null or phone_r is null)"
_NO_STREET = "(street_l is null or street_r is null)"
_SAME_STREET = "(street_l = street_r and (province_l is null or province_r is null or province_l = province_r))"
NAMES: tuple[tuple[str, str], ...] = (
    ("名称核心相同", "core_l = core_r"),
    ("一方多“集团”", "replace(core_l, '集团', '') = replace(core_r, '集团', '')"),
    ("同音", f"sound_l = sound_r and {_LENGTHS.format('=')}"),
    ("字序不同", "letters_l = letters_r and length(core_l) > 3"),
    ("外文差一两个字母", f"length(core_l) >= 10 and {_APART} <= 2 and regexp_matches(core_l, '^[a-z0-9]+$')"),
    ("少一字", f"abs(length(core_l) - length(core_r)) = 1 and {_SHORTER} and least(length(core_l), length(core_r)) >= 3"),
    ("一方为简称", f"head_l = head_r and {_SHORTER}"),
    ("字号换一字", f"{_ONE_SIGN} and head_l <> head_r"),
    ("行业换一字,一方少见", f"{_ONE_SIGN} and greatest(known_l, known_r) >= {USUAL} * least(known_l, known_r)"),
    ("行业换一字", _ONE_SIGN),
    ("字号相同", "head_l = head_r"),
    ("名称不同", "true"),
)
CONTACTS: tuple[tuple[str, str], ...] = (
    ("地址电话都相同", f"phone_l = phone_r and {_SAME_STREET}"),
    ("地址相同", f"{_SAME_STREET} and {_NO_CONTACT}"),
    ("电话相同", f"phone_l = phone_r and {_NO_STREET}"),
    ("地址相同,电话不同", _SAME_STREET),
    ("电话相同,地址不同", "phone_l = phone_r"),
    ("无地址电话可比", f"{_NO_CONTACT} and {_NO_STREET}"),
    ("地址、电话不同", "true"),
)
# comparison -> levels, the first that holds: what the review queue calls it, and when it holds. The last is for the rest.
# Name and contact are one comparison: sisters share an address and no sound, others a sound and no address; each alone misleads.
COMPARISONS: dict[str, tuple[tuple[str, str], ...]] = {
    "name": (
        ("", "core_l is null or core_r is null"),
        *(
            (f"{name};{contact}", f"({is_contact}) and ({is_name})")
            for name, is_name in NAMES
            for contact, is_contact in CONTACTS
        ),
    ),
    "place": (
        ("", "place_l is null or place_r is null"),
        ("地区相同", "place_l = place_r"),
        ("同省", "province_l = province_r and (place_l = province_l or place_r = province_r)"),
        ("地区不同", "else"),
    ),
    "code": (
        ("", "code_l is null or code_r is null"),
        ("信用代码相同", "code_l = code_r"),
        ("信用代码相近", "not (code_is_valid_l and code_is_valid_r) and levenshtein(code_l, code_r) <= 3"),
        ("信用代码不同", "else"),
    ),
    "form": (
        ("", "form_l is null or form_r is null"),
        ("组织形式相同", "form_l = form_r"),
        ("组织形式不同", "else"),
    ),
}
FOUND_BY = (
    ("letters",),
    ("sound",),
    ("phone",),
    ("street", "place"),
    ("head_sound", "place"),
    ("ends", "place"),
    ("code_start",),
    ("code_end",),
)
CROWD = 200  # what more accounts than this share finds nobody: 18,000 「Individual AW000…」 would be a hundred million pairs
COMPARED = pa.schema(
    [
        *((name, pa.string()) for name in ("unique_id", "core", "letters", "sound", "head", "form", "place", "province")),
        *((name, pa.string()) for name in ("code", "phone", "street")),
        *((f"found_by_{number}", pa.string()) for number in range(len(FOUND_BY))),
        ("code_is_valid", pa.bool_()),
        ("but_one", pa.list_(pa.string())),
        ("known", pa.int64()),
    ]
)


@dataclass(frozen=True, slots=True)
class Likeness:
    """Two accounts, the smaller key first, how likely they are one customer, and what speaks for and against it."""

    one: str
    other: str
    probability: float
    levels: tuple[tuple[str, int], ...]  # comparison, place of its level

    @property
    def evidence(self) -> str:
        """What was found the same and what was not, in words."""
        words = (COMPARISONS[comparison][level][0] for comparison, level in self.levels)
        return ",".join(word for word in words if word)


@cache
def weights() -> dict[str, Any]:
    """The counted model."""
    return json.loads(MODEL.read_text(encoding="utf-8"))


def settings(model: dict[str, Any] | None) -> dict[str, Any]:
    """The model as Splink reads it; without weights, to count them."""
    comparisons = []
    for comparison, levels in COMPARISONS.items():
        told = []
        for place, (label, condition) in enumerate(levels):
            level: dict[str, Any] = {
                "sql_condition": condition.upper() if condition == "else" else condition,
                "label_for_charts": label or "missing",
            }
            if place == 0:
                level["is_null_level"] = True
            elif model:
                level |= {"m_probability": model[comparison][label]["m"], "u_probability": model[comparison][label]["u"]}
            told.append(level)
        comparisons.append({"output_column_name": comparison, "comparison_levels": told})
    from splink import block_on

    return {
        "link_type": "dedupe_only",
        "comparisons": comparisons,
        "blocking_rules_to_generate_predictions": [block_on(f"found_by_{number}") for number in range(len(FOUND_BY))],
        "probability_two_random_records_match": model["prior"] if model else 0.1,
        "retain_matching_columns": True,
        "retain_intermediate_calculation_columns": False,
    }


def likenesses(accounts: Iterable[Traits], model: dict[str, Any] | None = None, *, least: float | None = LEAST) -> list[Likeness]:
    """Every pair worth a look, by key; empty for less than two accounts."""
    from splink import DuckDBAPI, Linker  # late: a night on which nothing changed does without

    rows = sorted((traits.row() for traits in accounts), key=lambda row: row["unique_id"])
    known = Counter(two for row in rows for two in set(row["trade_signs"]))
    rows = [row | {"known": min((known[two] for two in row["trade_signs"]), default=0)} for row in rows]
    if len(rows) < 2:
        return []
    rows = _findable(rows)
    with duckdb.connect() as connection:
        connection.execute("set threads = 1")
        table = DuckDBAPI(connection).register(pa.Table.from_pylist(rows, schema=COMPARED))
        linker = Linker(table, settings(model or weights()), log_level=None, validate_settings=False)
        found = linker.inference.predict(threshold_match_probability=least)
        gammas = ", ".join(f"gamma_{comparison}" for comparison in COMPARISONS)
        pairs = connection.execute(
            f"select unique_id_l, unique_id_r, match_probability, {gammas} from {found.physical_name}"
        ).fetchall()
    return sorted(_read(pairs), key=lambda pair: (pair.one, pair.other))


def _findable(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each account with what it may be found by; what a crowd shares is left out."""
    signs = [
        ["\n".join(row[name] for name in way) if all(row[name] for name in way) else None for way in FOUND_BY] for row in rows
    ]
    shared = [Counter(column) for column in zip(*signs, strict=True)]
    return [
        row | {f"found_by_{way}": sign if shared[way][sign] <= CROWD else None for way, sign in enumerate(own)}
        for row, own in zip(rows, signs, strict=True)
    ]


def _read(pairs: Iterable[tuple[Any, ...]]) -> Iterator[Likeness]:
    """Splink numbers levels from the last (0) up; null is -1."""
    for left, right, probability, *gammas in pairs:
        levels = tuple(
            (comparison, 0 if gamma < 0 else len(COMPARISONS[comparison]) - 1 - gamma)
            for comparison, gamma in zip(COMPARISONS, gammas, strict=True)
        )
        yield Likeness(min(left, right), max(left, right), round(probability, PLACES), levels)
