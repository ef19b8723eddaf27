"""Pages of Fxiaoke's rows in order of `_id`, each proved to be what was asked for.

What to add here: another condition, another kind of page.
What belongs elsewhere: which windows are walked and when they are proved (`walk.py`), what a row is (`rows.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import ge
from typing import Any

from connectors.alike import Alike, Reader
from connectors.answers import part_of
from connectors.catalogue import CrmObject
from connectors.client import Ask, Client, Record, Window
from connectors.faults import RetryLater
from connectors.fxiaoke.dialect import FxiaokeDialect
from connectors.fxiaoke.rows import broken, column, milliseconds, rows_of

LIMIT = 100  # rows of a page, the most that is documented
LOOKS = 5  # looks at rows that are counted and do not come


class Queries:
    """Asks for rows."""

    def __init__(self, client: Client, dialect: FxiaokeDialect) -> None:
        """Nothing is asked yet."""
        self._client, self._dialect = client, dialect

    def with_ids(self, obj: CrmObject, keys: Sequence[str]) -> Iterator[list[Record]]:
        """The rows with these ids."""
        wanted = set(keys)
        for start in range(0, len(keys), LIMIT):
            among = {"field_name": "_id", "field_values": list(keys[start : start + LIMIT]), "operator": "IN"}
            for rows in self.by_id(obj, (among,), ()):
                if asked_for := [row for row in rows if row["_id"] in wanted]:
                    yield asked_for

    def by_id(
        self,
        obj: CrmObject,
        conditions: Sequence[Mapping[str, object]],
        fields: Sequence[str],
        last: str = "",
        *,
        is_proved: bool = False,
        reader: Reader | None = None,
        heard: Callable[[int], None] | None = None,
    ) -> Iterator[Sequence[Record]]:
        """Pages in order of `_id`; a merely short one may have been clamped, only none is the end: twice, if nobody proves it.

        `heard` is told, once and before the first page comes, how many rows there are as far as Fxiaoke says.
        """
        while True:
            rows = self._page(obj, [*conditions, *behind(last)], fields, reader, heard)
            heard = None
            if not rows and not is_proved:
                rows = self._confirmed(obj, conditions, fields, last)
            if not rows:
                return
            keys = column(rows, "_id")
            if keys[0] <= last or any(map(ge, keys, keys[1:])):
                raise broken(
                    obj, "_id not rising", "Fxiaoke dropped the order or the filter on _id; nothing of this pull is kept"
                )
            last = keys[-1]
            yield rows

    def _confirmed(
        self, obj: CrmObject, conditions: Sequence[Mapping[str, object]], fields: Sequence[str], last: str
    ) -> list[Record]:
        """What a second look finds where the first found no rows: none, unless Fxiaoke has lost them on the way."""
        for _ in range(LOOKS):
            rows, total = self.counted_page(obj, [*conditions, *behind(last)], fields)
            if rows or not total:
                return rows
        raise RetryLater(
            f"fxiaoke {obj.name}",
            asked=f"data/query of {obj.api_name} in order of _id",
            came=f"no rows and a total of {total}",
            cure="nothing of this pull is kept; run again later",
        )

    def _page(
        self,
        obj: CrmObject,
        filters: Sequence[Mapping[str, object]],
        fields: Sequence[str],
        reader: Reader | None = None,
        heard: Callable[[int], None] | None = None,
    ) -> Sequence[Record]:
        """Up to a page of rows for which all filters hold; by their shape, if there is one that reads them so."""
        ask = self._ask(obj, filters, fields, orders="_id", limit=LIMIT, is_counted=heard is not None)
        said = self._client.ask(ask) if reader is None or heard is not None else self._client.glance(ask, reader.read)
        if isinstance(said, Alike):
            return said
        data = part_of(said, "data", dict, f"fxiaoke {obj.name}")
        rows = rows_of(obj, data)
        if heard is not None:
            heard(total_of(data))
        if reader is not None:
            reader.learn(rows)
        return rows

    def counted_page(
        self, obj: CrmObject, filters: Sequence[Mapping[str, object]], fields: Sequence[str]
    ) -> tuple[list[Record], int]:
        """Up to a page of rows, and how many there are in all as far as Fxiaoke says."""
        said = self.answer(obj, filters, fields, orders="_id", limit=LIMIT, is_counted=True)
        return rows_of(obj, said), total_of(said)

    def answer(
        self,
        obj: CrmObject,
        filters: Sequence[Mapping[str, object]],
        fields: Sequence[str],
        *,
        orders: str,
        limit: int,
        is_counted: bool = False,
    ) -> Mapping[str, Any]:
        """What a query answers, under `data`."""
        said = self._client.ask(self._ask(obj, filters, fields, orders=orders, limit=limit, is_counted=is_counted))
        return part_of(said, "data", dict, f"fxiaoke {obj.name}")

    def _ask(
        self,
        obj: CrmObject,
        filters: Sequence[Mapping[str, object]],
        fields: Sequence[str],
        *,
        orders: str,
        limit: int,
        is_counted: bool = False,
    ) -> Ask:
        """A query."""
        search = {
            "limit": limit,
            "offset": 0,
            "filters": filters,
            "orders": [{"fieldName": orders, "isAsc": True}],
            "fieldProjection": fields,
        }
        body = {
            "includeNull": True,
            "data": {"dataObjectApiName": obj.api_name, "find_explicit_total_num": is_counted, "search_query_info": search},
        }
        path = f"cgi/crm/{'custom/' if obj.api_name.endswith('__c') else ''}v2/data/query"
        return self._dialect.ask(obj.name, path, body)


def total_of(data: Mapping[str, Any]) -> int:
    """How many rows there are in all, as far as an answer says."""
    total = data.get("total")
    return total if isinstance(total, int) else 0


def behind(last: str) -> list[dict[str, object]]:
    """The condition for rows behind one, if there is one."""
    return [condition("_id", "GT", last)] if last else []


def inside(obj: CrmObject, window: Window, last: str = "") -> list[dict[str, object]]:
    """The conditions that make a window, behind one row; none for an object that is read whole."""
    if obj.cursor is None:
        return []
    start = [] if window.start is None else [condition(obj.cursor, "GTE", milliseconds(window.start))]
    return [*start, condition(obj.cursor, "LT", milliseconds(window.end)), *behind(last)]


def condition(name: str, operator: str, value: object) -> dict[str, object]:
    """One condition, in the mixed spelling that Fxiaoke wants."""
    return {"field_name": name, "field_values": [value], "operator": operator}
