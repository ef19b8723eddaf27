"""The small typed words every part of a plan is made of: exact numbers, lists of words, shares, expressions.

Add a value type used by two parts of the schema; anything with a meaning in money belongs to `rates`, `component` or `schema`.
No value here ever accepts a float, nor a number finer or larger than what is computed with.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from commission.plan.expression import parse_expression


class Part(BaseModel):
    """A block of a plan: immutable, every key known."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, arbitrary_types_allowed=True)


def _exact(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, float):
        raise ValueError("a float is not an exact number")
    return value


def _finite(value: Decimal) -> Decimal:
    if not value.is_finite():
        raise ValueError("not a finite number")
    return value


def _listed(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _zone(text: str) -> str:
    if text not in available_timezones():
        raise ValueError("no time zone of that name, such as Asia/Shanghai")
    return text


def _sentence(text: str) -> str:
    parse_expression(text)
    return text


Number = Annotated[Decimal, BeforeValidator(_exact), AfterValidator(_finite)]
Limit = Annotated[Number, Field(max_digits=18, decimal_places=4)]
Rating = Annotated[Number, Field(max_digits=11, decimal_places=6)]
Factor = Annotated[Number, Field(ge=0, max_digits=10, decimal_places=8)]
Multiple = Annotated[Number, Field(ge=0, max_digits=9, decimal_places=6)]
Attained = Annotated[Number, Field(ge=0, lt=100, decimal_places=4)]
Figure = Annotated[Number, Field(max_digits=12, decimal_places=4)]
Money = Annotated[Number, Field(ge=0, max_digits=18, decimal_places=2)]
Positive = Annotated[Money, Field(gt=0)]
Share = Annotated[Number, Field(gt=0, le=1, decimal_places=6)]
Words = Annotated[tuple[str, ...], BeforeValidator(_listed), Field(min_length=1)]
Name = Annotated[str, Field(min_length=1, pattern=r"^[a-z0-9][a-z0-9_-]*$")]
Month = Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
Zone = Annotated[str, AfterValidator(_zone)]
Sentence = Annotated[str, Field(min_length=3), AfterValidator(_sentence)]
