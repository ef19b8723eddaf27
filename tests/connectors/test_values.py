"""A whole column at once says what its values say one by one.

What to add here: a value that a CRM might write.
What belongs elsewhere: what lands (`test_lake.py`), how a CRM writes (`test_zoho.py`, `test_fxiaoke.py`).
"""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.catalogue import ARROW_TYPES, Field, FieldType
from connectors.values import Caster, epoch_date, epoch_moment, epoch_moments, iso_date, iso_moment, iso_moments

ZONE = ZoneInfo("Asia/Shanghai")
CASTERS = {
    "iso": Caster(iso_moment, iso_date(ZONE), iso_moments),
    "epoch": Caster(epoch_moment, epoch_date(ZONE), epoch_moments),
}
FAMILIES: list[list[Any]] = [
    ["", "a", "王", "1.50", " 1", "0x10", "1_0", "12,50", "NaN", "Infinity", "1e3", "-0.5", "+5", "012", "٣", "yes", "true", "0"],
    ["2026-05-14T11:36:13+03:00", "2026-05-14T11:36:13", "2026-05-14", "2026-03-29T01:59:59.5+01:00", "2026-05-14T24:00:00Z", ""],
    ["0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59-08:00", "2026-05-14 11:36:13+08:00", "2026-W20-4", "20260514T113613Z"],
    ["1760000000000", "253402300799999", "253402300800000", "-62135596800001", "99999999999999999999", "1760000000000.0", ""],
    ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00+23:00", "253402300799999"],
    [1, 0, -3, 2**53 + 1, 2**63, 10**14, 10**15, 1760000000000, 253402300800000, -62135596800001],
    [Decimal("1.50000"), Decimal("0.12345"), Decimal("1E+3"), Decimal("99999999999999.9999"), Decimal("1E+400"), Decimal("-0.0")],
    [True, False],
    [{"id": "7", "name": "n"}, {"id": None}, {"name": "n"}, {"id": 7}, {"id": ""}, {"id": ["7"]}],
    [["FSUID_7"], [], ["a", "b"], [None], [{"id": "7"}], [""], [7]],
]


@pytest.mark.parametrize("kind", list(FieldType))
@pytest.mark.parametrize("name", list(CASTERS))
def test_a_column_is_what_its_values_are(name: str, kind: FieldType) -> None:
    cast, luck = CASTERS[name], random.Random(7)
    field = Field("f", "F", kind)
    whole = 0
    for family in [*FAMILIES, [value for some in FAMILIES for value in some]]:
        for size in (1, 2, 3, 6):
            for _ in range(60):
                values = [luck.choice([*family, None]) for _ in range(size)]
                column = cast.column(kind, values)
                if column is None:
                    continue
                whole += 1
                assert column.type == ARROW_TYPES[kind]
                assert [(value, cell) for value, cell in zip(values, column.to_pylist(), strict=True)] == [
                    (value, None if value is None else cast(field, value)) for value in values
                ]
    assert whole > 100
