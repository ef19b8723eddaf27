"""The calls of one Zoho organisation: paths, pages of a walk, records by their ids.

What to add here: a way to ask Zoho for records.
What belongs elsewhere: what its answers mean (`dialect.py`), the order of a walk (`walk.py`), what proves it (`census.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from connectors.catalogue import CrmObject
from connectors.client import Ask, Client, Record
from connectors.faults import ContractBroken, Deferred, RetryLater
from connectors.zoho.dialect import ZohoSettings
from connectors.zoho.walk import PAGE, STALE_WALKS, Rows, Walk, info_of, moment_of, rows_of, since_header

IDS = 50  # ids of one call
LOOKS = 2  # calls in a row that bring none of the records asked for


class Calls:
    """What Zoho can be asked, one call or one walk at a time."""

    def __init__(self, settings: ZohoSettings, client: Client) -> None:
        """Nothing is asked yet."""
        self._settings = settings
        self._client = client

    def ask(
        self, about: str, path: str, params: Mapping[str, str | int], headers: Mapping[str, str] | None = None
    ) -> Mapping[str, msgspec.Raw]:
        """The envelope of what one path answers."""
        return self.send(about, "GET", path, params=params, headers=headers or {})

    def send(self, about: str, method: str, path: str, base: str = "crm", **more: Any) -> Mapping[str, msgspec.Raw]:
        """The envelope of an answer; used up credits put the rest off."""
        ask = Ask(about=about, method=method, url=self._url(base, path), interface="crm", **more)
        try:
            return self._client.ask(ask)
        except RetryLater as fault:
            if fault.code != "TOO_MANY_REQUESTS":
                raise
            said = fault
        raise Deferred(
            said.about,
            asked=said.asked,
            came=said.came,
            code=said.code,
            cure="the organisation's API credits are used up, or others use them: the next run goes on from here",
        )

    def download(self, about: str, path: str) -> bytes:
        """A file of a bulk read."""
        return self._client.download(Ask(about=about, method="GET", url=self._url("crm/bulk", path)))

    def _url(self, base: str, path: str) -> str:
        return f"{self._settings.api_url}/{base}/{self._settings.version}/{path}"

    def pages(self, obj: CrmObject, names: str, walk: Walk) -> Iterator[list[Record]]:
        """Pages of one slice of fields, oldest change first."""
        while not walk.is_over:
            try:
                said = self.ask(obj.name, obj.api_name, walk.parameters(names), since_header(walk.anchor))
            except ContractBroken as fault:
                if fault.code not in STALE_WALKS:
                    raise
                walk.start_over(fault)
                continue
            rows = rows_of(said, obj.name)
            walk.take(rows, info_of(said, obj.name))
            if rows:
                yield rows

    def by_id(self, obj: CrmObject, keys: Sequence[str], slices: Sequence[str]) -> Iterator[list[Record]]:
        """Records by their ids, whole, as they are now; gone is what two calls that ask for nothing else do not bring."""
        for start in range(0, len(keys), IDS):
            left, idle = list(keys[start : start + IDS]), 0
            while left and idle < LOOKS:
                found = self._whole(obj, left, slices)
                idle = 0 if found else idle + 1
                if found:
                    yield Rows(found.values())
                    left = [key for key in left if key not in found]

    def whole_texts(self, obj: CrmObject, keys: Sequence[str], names: Sequence[str]) -> Iterator[Record]:
        """These fields of these records, their texts as long as they are."""
        for start in range(0, len(keys), IDS):
            params = {"ids": ",".join(keys[start : start + IDS]), "fields": ",".join(names)}
            yield from rows_of(self.ask(obj.name, f"{obj.api_name}/actions/fetch_full_data", params), obj.name)

    def _whole(self, obj: CrmObject, keys: Sequence[str], slices: Sequence[str]) -> dict[str, Record]:
        """Those of which all slices came with one moment of change."""
        wanted = set(keys)
        whole: dict[str, Record] = {}
        for number, names in enumerate(slices):
            params: dict[str, str | int] = {"fields": names, "ids": ",".join(keys), "per_page": PAGE}
            if obj.api_name == "Leads":
                params["converted"] = "both"
            found = rows_of(self.ask(obj.name, obj.api_name, params), obj.name)
            rows = {row["id"]: row for row in found if row["id"] in wanted}
            joined = rows if number == 0 else {key: whole[key] | row for key, row in rows.items() if key in whole}
            whole = {key: row for key, row in joined.items() if number == 0 or self._is_same(obj, whole[key], rows[key])}
        return whole

    @staticmethod
    def _is_same(obj: CrmObject, one: Record, other: Record) -> bool:
        """Whether two slices are of one state of a record."""
        return obj.cursor is None or moment_of(obj, one) == moment_of(obj, other)
