"""The lake keeps what arrived, once, and only if all of it arrived.

What to add here: a way in which a pull can end.
What belongs elsewhere: what a CRM answers (`test_zoho.py`, `test_fxiaoke.py`).
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
import pytest
import zstandard

from connectors.catalogue import CrmObject, Field, FieldType
from connectors.client import Deletion, Finding, Page, Record, Sight, Window
from connectors.faults import ContractBroken, Deferred, Refused, RetryLater, Unlisted
from connectors.lake import Lake, Manifest, extract, extract_all
from connectors.landing import sha256_of
from connectors.sweeping import Compared, findings
from connectors.values import casts, decoder, iso_date, iso_moment
from tests.connectors.scripted_crm import utc

ORDERS = CrmObject(
    name="orders",
    api_name="Orders",
    key="id",
    cursor="changed",
    fields=(Field("amount", "Amount", FieldType.MONEY), Field("status", "Status"), Field("placed_on", "Placed", FieldType.DATE)),
)
STAFF = CrmObject(name="staff", api_name="Staff", key="id", fields=(Field("full_name", "name"),))
DAY = datetime(2026, 3, 1, 18, tzinfo=UTC)
NIGHT = timedelta(days=1)


class Source:
    """A source of records that a test writes by hand."""

    source = "shop"
    objects = (ORDERS, STAFF)
    overlap = timedelta(hours=2)
    settle = timedelta(minutes=10)
    vanishing_limit: float | None = 0.2

    def __init__(self) -> None:
        """Holds nothing yet."""
        self.records: dict[str, list[Record]] = {"orders": [], "staff": []}
        self.gone: list[Deletion] = []
        self.windows: list[tuple[str, Window]] = []
        self.dies_after: int | None = None
        self.dies_with: type[ContractBroken | Deferred] = ContractBroken
        self.reads = "orders"
        self.lists_at_most = 1_000
        self.asked_since: list[datetime | None] = []
        self.refuses: set[str] = set()
        self.sweeps_after: timedelta | None = None
        self.overlooked: set[str] = set()
        self.sweep_is_put_off = False
        self.shows_late = timedelta(0)  # how much later a sweep says that records changed
        self.drops: set[str] = set()  # ids that a pull silently lacks
        self._casts = casts(iso_moment, iso_date(ZoneInfo("Asia/Shanghai")))

    def put(self, name: str, *records: str) -> None:
        """Records as JSON, in place of those with the same id."""
        for text in records:
            record = decoder.decode(text.encode())
            self.records[name] = [*(other for other in self.records[name] if other["id"] != record["id"]), record]

    def pull(self, obj: CrmObject, window: Window) -> Iterator[Page]:
        """Pages of two records."""
        self.windows.append((obj.name, window))
        if obj.name in self.refuses:
            raise Refused("shop", asked="orders", came="NO_PERMISSION", cure="ask an administrator")
        rows = [r for r in self.records[obj.name] if obj.cursor is None or window.holds(datetime.fromisoformat(r["changed"]))]
        rows = [row for row in rows if row["id"] not in self.drops]
        for number, start in enumerate(range(0, len(rows), 2)):
            if self.dies_after == number:
                raise self.dies_with("shop", asked="orders", came="half a page", cure="run again")
            two = rows[start : start + 2]
            reached = datetime.fromisoformat(two[-1]["changed"]) if obj.cursor else None
            yield Page(two, withheld=frozenset({"Phone"}), reached=reached)

    def reading(self, obj: CrmObject) -> str:
        """As the test says."""
        return self.reads

    def deleted(self, obj: CrmObject, since: datetime | None) -> Iterator[Deletion]:
        """What the test said is gone."""
        self.asked_since.append(since)
        yield from self.gone[: self.lists_at_most]
        if len(self.gone) > self.lists_at_most:
            raise Unlisted("shop", asked="deleted orders", came="a limit", cure="sweep")

    def sweep_after(self, obj: CrmObject) -> timedelta | None:
        """As the test says."""
        return self.sweeps_after

    def sweep(self, obj: CrmObject) -> Iterator[Sight]:
        """All records, but for those that the test hides from the sweep alone."""
        if self.sweep_is_put_off:
            raise Deferred("shop", asked="all ids", came="no calls left", cure="tomorrow")
        shown = [record for record in self.records[obj.name] if record["id"] not in self.overlooked]
        moments = [datetime.fromisoformat(record["changed"]) + self.shows_late for record in shown]
        yield Sight([record["id"] for record in shown], moments, {"Status": [record.get("Status") for record in shown]})

    def again(self, obj: CrmObject, keys: Sequence[str]) -> Iterator[Page]:
        """Those that are there."""
        yield Page([record for record in self.records[obj.name] if record["id"] in keys])

    def cast(self, field: Field, value: object) -> object:
        """As Zoho writes values."""
        return self._casts[field.type](value)

    def check(self) -> list[Finding]:
        """Nothing to say."""
        return []


@pytest.fixture
def shop() -> Source:
    return Source()


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"), clock=lambda: DAY)


def order(key: str, amount: str, hour: int, **more: str) -> str:
    extra = "".join(f',"{name}":{value}' for name, value in more.items())
    changed = f"2026-03-01T{hour:02d}:00:00+00:00"
    return f'{{"id":"{key}","Amount":{amount},"Status":"open","Placed":"2026-03-01","changed":"{changed}"{extra}}}'


def night(shop: Source, lake: Lake, number: int, obj: CrmObject = ORDERS) -> Manifest:
    return extract(shop, lake, obj, known_at=DAY + number * NIGHT, run_id=f"run{number}")


def rows(lake: Lake, obj: CrmObject = ORDERS, *columns: str) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = []
    for file in lake.raw_files("shop", obj.name):
        found += [tuple(row.values()) for row in file.read(columns=list(columns)).to_pylist()]
    return found


def files(lake: Lake) -> list[str]:
    root = Path(lake.root)
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file() and ".incoming" not in path.parts)


def test_a_first_pull_lands_typed_versions_pages_and_a_manifest(shop: Source, lake: Lake) -> None:
    shop.put("orders", order("1", "109846381.40390000", 9, Colour='"red"'), order("2", "12", 10), order("3", "-0.5", 11))
    manifest = night(shop, lake, 0)
    assert manifest == Manifest(
        source="shop",
        object="orders",
        pull_id="20260301T180000000000Z",
        run_id="run0",
        pulled_at=DAY,
        window_start=None,
        window_end=DAY - timedelta(minutes=10),
        kind="window",
        pages=2,
        records=3,
        versions=3,
        deleted=0,
        sha256=manifest.sha256,
        versions_sha256=sha256_of(Path(lake.raw_folder("shop", "orders")) / f"{manifest.pull_id}.parquet"),
        started_at=DAY,
        finished_at=DAY,
        swept_at=DAY,
        unknown_fields=["Colour"],
        withheld_fields=["Phone"],
    )
    assert files(lake) == [
        "pages/shop/orders/20260301T180000000000Z.manifest.json",
        "pages/shop/orders/20260301T180000000000Z.ndjson.zst",
        "raw_shop/orders/20260301T180000000000Z.parquet",
        "raw_shop/orders/empty.parquet",
    ]
    raw = lake.raw_files("shop", "orders")[0].read()
    assert raw.schema == ORDERS.raw_schema
    assert raw.drop_columns(["record_hash"]).to_pylist() == [
        {
            "key": key,
            "modified_at": utc(2026, 3, 1, hour),
            "pulled_at": utc(2026, 3, 1, 18),
            "run_id": "run0",
            "is_deleted": False,
            "amount": amount,
            "status": "open",
            "placed_on": date(2026, 3, 1),
            "extra": extra,
            "errors": None,
        }
        for key, hour, amount, extra in (
            ("1", 9, Decimal("109846381.4039"), '{"Colour":"red"}'),
            ("2", 10, Decimal(12), None),
            ("3", 11, Decimal("-0.5"), None),
        )
    ]


def test_money_keeps_every_digit_the_crm_wrote(shop: Source, lake: Lake) -> None:
    shop.put("orders", order("1", "109846381.40390001", 9), order("2", '"0.10"', 9), order("3", '"12,50"', 9))
    manifest = night(shop, lake, 0)
    assert rows(lake, ORDERS, "key", "amount", "errors") == [
        ("1", None, '{"amount":"109846381.40390001"}'),
        ("2", Decimal("0.10"), None),
        ("3", None, '{"amount":"12,50"}'),
    ]
    assert manifest.unparsed == {"amount": 2}
    pages = Path(f"{lake.pages_folder('shop', 'orders')}/{manifest.pull_id}.ndjson.zst").read_bytes()
    assert zstandard.ZstdDecompressor().stream_reader(pages).read().splitlines()[0] == (
        b'{"Amount":109846381.40390001,"Placed":"2026-03-01","Status":"open","changed":"2026-03-01T09:00:00+00:00","id":"1"}'
    )


def test_the_overlap_of_the_next_night_brings_no_version_twice(shop: Source, lake: Lake) -> None:
    shop.put("orders", order("1", "1", 16), order("2", "2", 17))
    first = night(shop, lake, 0)
    shop.put("orders", order("2", "3", 17))
    second = night(shop, lake, 1)
    assert shop.windows[1][1] == Window(first.window_end - timedelta(hours=2), DAY + NIGHT - timedelta(minutes=10))
    assert (second.records, second.versions) == (2, 1)
    assert rows(lake, ORDERS, "key", "amount", "run_id") == [
        ("1", Decimal(1), "run0"),
        ("2", Decimal(2), "run0"),
        ("2", Decimal(3), "run1"),
    ]


def test_a_value_that_comes_back_is_a_version_again(shop: Source, lake: Lake) -> None:
    for number, amount in enumerate(("1", "2", "1")):
        shop.put("orders", order("1", amount, 17).replace("2026-03-01T", f"2026-03-0{number + 1}T"))
        night(shop, lake, number)
    assert rows(lake, ORDERS, "amount") == [(Decimal(1),), (Decimal(2),), (Decimal(1),)]


def test_known_at_up_to_the_watermark_pulls_nothing(shop: Source, lake: Lake) -> None:
    shop.put("orders", order("1", "1", 9))
    first = night(shop, lake, 0)
    assert extract(shop, lake, ORDERS, known_at=DAY, run_id="again") == first
    assert extract(shop, lake, ORDERS, known_at=DAY - NIGHT, run_id="again") == first
    assert len(shop.windows) == 1


def test_a_pull_that_dies_leaves_nothing_that_counts(shop: Source, lake: Lake) -> None:
    shop.put("orders", *(order(str(number), "1", 9) for number in range(5)))
    shop.dies_after = 1
    with pytest.raises(ContractBroken, match="half a page"):
        night(shop, lake, 0)
    assert files(lake) == ["raw_shop/orders/empty.parquet"]
    assert (lake.manifests(), lake.watermark("shop", "orders")) == ([], None)
    shop.dies_after = None
    assert night(shop, lake, 0).versions == 5


def broken_off(shop: Source, lake: Lake) -> None:
    """Five orders, of which a first pull reads four and proves what changed before the fourth."""
    shop.put("orders", *(order(str(number), "1", 9 + number) for number in range(5)))
    shop.dies_after, shop.dies_with = 2, Deferred
    with pytest.raises(Deferred, match="half a page"):
        night(shop, lake, 0)
    shop.dies_after = None


def test_a_deferred_pull_does_not_exist_and_the_next_goes_on_from_it(shop: Source, lake: Lake, tmp_path: Path) -> None:
    broken_off(shop, lake)
    assert (files(lake), lake.manifests(), lake.watermark("shop", "orders")) == (["raw_shop/orders/empty.parquet"], [], None)
    shop.put("orders", order("0", "2", 17))
    done = night(shop, lake, 1)
    end = DAY + NIGHT - timedelta(minutes=10)
    assert shop.windows[1:] == [("orders", Window(datetime(2026, 3, 1, 12, tzinfo=UTC), end))]
    assert (done.window_start, done.window_end, done.resumed_from) == (None, end, datetime(2026, 3, 1, 12, tzinfo=UTC))
    assert (done.pages, done.records, done.versions, done.withheld_fields) == (4, 7, 6, ["Phone"])
    assert rows(lake, ORDERS, "key", "amount", "modified_at", "run_id") == [
        *((str(number), Decimal(1), utc(2026, 3, 1, 9 + number), "run1") for number in range(5)),
        ("0", Decimal(2), utc(2026, 3, 1, 17), "run1"),
    ]
    before = rows(lake, ORDERS)
    assert (lake.rebuild("shop", ORDERS, cast=shop.cast), rows(lake, ORDERS)) == (6, before)
    assert not list((tmp_path / "lake" / ".incoming").glob("*.pull"))


def test_what_went_since_a_pull_broke_off_is_buried_by_the_one_that_goes_on(shop: Source, lake: Lake) -> None:
    broken_off(shop, lake)
    shop.records["orders"] = shop.records["orders"][1:]
    shop.gone = [Deletion("0", DAY + timedelta(hours=1), "recycle")]
    assert (night(shop, lake, 1).deleted, shop.asked_since) == (1, [DAY - timedelta(minutes=10) - shop.overlap])


@pytest.mark.parametrize("spoilt", ["pages", "point", "reading", "contract"])
def test_a_point_that_is_not_what_it_was_is_not_gone_on_from(shop: Source, lake: Lake, tmp_path: Path, spoilt: str) -> None:
    broken_off(shop, lake)
    (draft,) = (tmp_path / "lake" / ".incoming").glob("*.pull")
    if spoilt == "reading":
        shop.reads = "orders, with one more field"
    elif spoilt == "contract":
        shop.dies_after, shop.dies_with = 0, ContractBroken
        with pytest.raises(ContractBroken):
            night(shop, lake, 0)
        shop.dies_after = None
    else:
        path = draft / {"pages": "ndjson.zst", "point": "resume.json"}[spoilt]
        path.write_bytes(path.read_bytes()[1:])
    done = night(shop, lake, 1)
    assert (shop.windows[-1][1].start, done.resumed_from, done.records, done.versions) == (None, None, 5, 5)


def test_a_pull_may_break_off_again_and_again(shop: Source, lake: Lake) -> None:
    shop.put("orders", *(order(str(number), "1", 6 + number) for number in range(9)))
    shop.dies_after, shop.dies_with = 2, Deferred
    for number in range(2):
        with pytest.raises(Deferred):
            night(shop, lake, number)
    shop.dies_after = None
    done = night(shop, lake, 2)
    assert [window.start and window.start.hour for _, window in shop.windows] == [None, 9, 12]
    assert (done.versions, sorted(rows(lake, ORDERS, "key"))) == (9, [(str(number),) for number in range(9)])


def test_more_deletions_than_can_be_listed_are_found_by_a_sweep(shop: Source, lake: Lake) -> None:
    shop.put("orders", *(order(str(number), "1", 9) for number in range(30)))
    night(shop, lake, 0)
    shop.records["orders"] = shop.records["orders"][3:]
    shop.gone = [Deletion(str(number), DAY + timedelta(hours=1), "recycle") for number in range(3)]
    shop.lists_at_most = 1
    done = night(shop, lake, 1)
    assert (done.deleted, done.swept_at) == (3, DAY + NIGHT)
    assert [(key, at) for key, is_gone, at in rows(lake, ORDERS, "key", "is_deleted", "modified_at") if is_gone] == [
        ("0", utc(2026, 3, 1, 19)),
        ("1", utc(2026, 3, 2, 18)),
        ("2", utc(2026, 3, 2, 18)),
    ]


def test_files_without_a_manifest_are_removed_by_the_next_pull(shop: Source, lake: Lake) -> None:
    shop.put("orders", order("1", "1", 9))
    first = night(shop, lake, 0)
    for folder, name in (
        (lake.raw_folder("shop", "orders"), "20260302T180000000000Z.parquet"),
        (lake.pages_folder("shop", "orders"), "20260302T180000000000Z.ndjson.zst"),
    ):
        Path(f"{folder}/{name}").write_bytes(b"of a run that was killed before its manifest")
    second = night(shop, lake, 2)
    assert [path.rsplit("/", 1)[1] for path in files(lake)] == [
        f"{first.pull_id}.manifest.json",
        f"{first.pull_id}.ndjson.zst",
        f"{second.pull_id}.manifest.json",
        f"{second.pull_id}.ndjson.zst",
        f"{first.pull_id}.parquet",
        "empty.parquet",
    ]


class Mortal(Lake):
    """A lake whose process is killed when it is about to put its n-th file in place."""

    def __init__(self, root: str, files: int) -> None:
        super().__init__(root, clock=lambda: DAY)
        self._left = files

    def _put(self, path: Path, target: str) -> None:
        if self._left == 0:
            os._exit(9)
        self._left -= 1
        super()._put(path, target)


def killed(work: Callable[[Mortal], object], lake: Lake, files: int) -> bool:
    """Whether a process that does this to the lake is killed after so many files."""
    process = multiprocessing.get_context("fork").Process(target=lambda: work(Mortal(lake.root, files)))
    process.start()
    process.join()
    return process.exitcode == 9


def unproved(lake: Lake) -> list[str]:
    """What readers see although no manifest stands for it."""
    proved = {f"{one.pull_id}.parquet" for one in lake.manifests()} | {"empty.parquet"}
    return [path.name for path in Path(lake.raw_folder("shop", "orders")).glob("*.parquet") if path.name not in proved]


@pytest.mark.parametrize("again", ["the next pull", "the same night without a connection"])
@pytest.mark.parametrize("files", range(5))
def test_a_pull_killed_at_any_step_shows_nothing_unproved_and_ends_the_next_time(
    shop: Source, lake: Lake, files: int, again: str
) -> None:
    shop.put("orders", order("1", "1", 9), order("2", "2", 9))
    night(shop, lake, 0)
    shop.gone = [Deletion("1", DAY + timedelta(hours=1), "recycle")]
    shop.put("orders", order("2", "7", 9).replace("03-01T", "03-02T"))
    assert killed(lambda mortal: night(shop, mortal, 1), lake, files) == (files < 4)
    assert unproved(lake) == []
    lake.ensure("shop", [ORDERS])
    assert lake.is_published("shop", "orders")
    if again == "the next pull" or lake.newest("shop", "orders").pulled_at == DAY:
        night(shop, lake, 1)
    assert (unproved(lake), rows(lake, ORDERS, "key", "is_deleted", "amount")) == (
        [],
        [("1", False, Decimal(1)), ("2", False, Decimal(2)), ("2", False, Decimal(7)), ("1", True, None)],
    )


@pytest.mark.parametrize("files", range(4))
def test_a_rebuild_killed_at_any_step_is_done_again(shop: Source, lake: Lake, files: int) -> None:
    for number in range(3):
        shop.put("orders", order("1", str(number), 9).replace("03-01T", f"03-0{number + 1}T"))
        night(shop, lake, number)
    wider = ORDERS.with_fields(Field("note", "Note"))
    assert killed(lambda mortal: mortal.mend("shop", wider, cast=shop.cast), lake, files) == (files < 3)
    lake.mend("shop", wider, cast=shop.cast)
    assert rows(lake, ORDERS, "key", "amount", "note") == [("1", Decimal(number), None) for number in range(3)]


def test_versions_that_were_lost_behind_their_manifest_come_back_from_the_pages(shop: Source, lake: Lake) -> None:
    shop.put("orders", order("1", "1", 9))
    assert killed(lambda mortal: night(shop, mortal, 0), lake, 2)
    shutil.rmtree(Path(lake.root) / ".incoming")
    assert (lake.is_published("shop", "orders"), night(shop, lake, 1).versions) == (False, 0)
    assert (lake.is_published("shop", "orders"), rows(lake, ORDERS, "key")) == (True, [("1",)])


def test_deletion_is_a_tombstone_and_restoring_ends_it(shop: Source, lake: Lake) -> None:
    shop.put("orders", order("1", "1", 9), order("2", "2", 9))
    night(shop, lake, 0)
    shop.gone = [Deletion("1", DAY + timedelta(hours=1), "recycle"), Deletion("9", DAY, "permanent")]
    assert night(shop, lake, 1).deleted == 1
    assert night(shop, lake, 2).deleted == 0
    shop.gone = []
    shop.put("orders", order("1", "1", 9).replace("2026-03-01T09", "2026-03-04T09"))
    assert night(shop, lake, 3).versions == 1
    assert rows(lake, ORDERS, "key", "is_deleted", "amount", "modified_at") == [
        ("1", False, Decimal(1), utc(2026, 3, 1, 9)),
        ("2", False, Decimal(2), utc(2026, 3, 1, 9)),
        ("1", True, None, utc(2026, 3, 1, 19)),
        ("1", False, Decimal(1), utc(2026, 3, 4, 9)),
    ]


def test_a_deletion_after_the_window_waits_for_the_next_night(shop: Source, lake: Lake) -> None:
    shop.put("orders", order("1", "1", 9))
    night(shop, lake, 0)
    shop.gone = [Deletion("1", DAY + NIGHT - timedelta(minutes=5), "recycle")]
    assert [night(shop, lake, number).deleted for number in (1, 2)] == [0, 1]


def test_what_vanishes_from_a_whole_pull_is_gone(shop: Source, lake: Lake) -> None:
    shop.put("staff", *(f'{{"id":"{number}","name":"n{number}"}}' for number in range(30)))
    assert night(shop, lake, 0, STAFF).kind == "full"
    shop.records["staff"] = shop.records["staff"][2:]
    second = night(shop, lake, 1, STAFF)
    assert (second.versions, second.deleted) == (0, 2)
    assert sorted(rows(lake, STAFF, "key", "is_deleted"))[:3] == [("0", False), ("0", True), ("1", False)]


def test_a_mass_vanishing_is_not_believed(shop: Source, lake: Lake) -> None:
    shop.put("staff", *(f'{{"id":"{number}","name":"n{number}"}}' for number in range(30)))
    night(shop, lake, 0, STAFF)
    shop.records["staff"] = shop.records["staff"][10:]
    second = night(shop, lake, 1, STAFF)
    assert (second.deleted, second.disbelieved) == (0, 10)


def test_a_sweep_buries_what_nothing_else_tells_of(shop: Source, lake: Lake) -> None:
    shop.sweeps_after = 2 * NIGHT
    shop.put("orders", *(order(str(number), "1", 9) for number in range(30)))
    night(shop, lake, 0)
    shop.records["orders"] = shop.records["orders"][2:]
    shop.overlooked = {"5"}
    assert [(one.deleted, one.swept_at) for one in (night(shop, lake, number) for number in (1, 2, 3))] == [
        (0, DAY),
        (2, DAY + 2 * NIGHT),
        (0, DAY + 2 * NIGHT),
    ]
    assert sorted(row[0] for row in rows(lake, ORDERS, "key", "is_deleted") if row[1]) == ["0", "1"]


def test_a_sweep_reads_what_the_lake_lacks_and_what_it_holds_for_dead_or_as_it_was(shop: Source, lake: Lake) -> None:
    shop.sweeps_after = 2 * NIGHT
    shop.put("orders", *(order(str(number), "1", 9) for number in range(10)))
    night(shop, lake, 0)
    shop.gone = [Deletion("1", DAY + timedelta(hours=1), "recycle")]
    kept, shop.records["orders"] = shop.records["orders"], [one for one in shop.records["orders"] if one["id"] != "1"]
    assert night(shop, lake, 1).compared is None
    shop.gone, shop.records["orders"] = [], [one for one in kept if one["id"] != "9"]  # restored as it was; vanished
    shop.put("orders", order("2", "1", 9).replace("open", "void"), order("3", "7", 8), order("late", "5", 10))
    shop.put("orders", order("tomorrow", "6", 20).replace("03-01T", "03-03T"))
    third = night(shop, lake, 2)
    assert third.compared == Compared(seen=11, held=9, lacking=1, dead=1, stale=2, vanished=1)
    assert (third.records, third.versions, third.deleted, third.swept_at) == (4, 4, 1, DAY + 2 * NIGHT)
    brought = [row[1:] for row in rows(lake, ORDERS, "pulled_at", "key", "is_deleted", "amount") if row[0] == utc(2026, 3, 3, 18)]
    assert sorted(brought) == [
        ("1", False, Decimal(1)),
        ("2", False, Decimal(1)),
        ("3", False, Decimal(7)),
        ("9", True, None),
        ("late", False, Decimal(5)),
    ]
    seen = rows(lake)
    lake.rebuild("shop", ORDERS, cast=shop.cast)
    assert rows(lake) == seen


def test_a_source_whose_two_looks_differ_is_not_read_whole_for_it(shop: Source, lake: Lake) -> None:
    shop.put("orders", *(order(str(number), "1", 9) for number in range(300)))
    night(shop, lake, 0)
    shop.sweeps_after, shop.shows_late = NIGHT, timedelta(seconds=1)
    second = night(shop, lake, 1)
    assert (second.compared, second.records, second.versions) == (Compared(seen=300, held=300, stale=300), 200, 0)
    shop.put("orders", order("0", "2", 9))
    assert (night(shop, lake, 2).records, rows(lake, ORDERS, "key", "amount")[-1]) == (300, ("0", Decimal(2)))


def test_the_last_comparison_is_told_in_plain_words(shop: Source, lake: Lake) -> None:
    def told() -> list[tuple[str, bool, str]]:
        return [(one.subject, one.is_good, one.says) for one in findings("shop", lake.comparisons("shop", ("orders", "staff")))]

    assert told() == [("shop records", True, "not compared with the lake yet")]
    shop.sweeps_after = NIGHT
    shop.put("orders", *(order(str(number), "1", 9) for number in range(30)))
    night(shop, lake, 0)
    kept, shop.records["orders"] = shop.records["orders"], shop.records["orders"][1:]
    night(shop, lake, 1)
    shop.sweeps_after = None
    night(shop, lake, 2)
    assert told() == [("shop orders", True, "compared on 2026-03-02: 29 exist, 30 were held: 1 vanished")]
    shop.sweeps_after, shop.records["orders"] = NIGHT, kept[15:]
    night(shop, lake, 3)
    said = "15 exist, 29 were held: 14 seem to have vanished, too many at once to be believed"
    assert told() == [("shop orders", False, f"compared on 2026-03-04: {said}")]
    shop.records["orders"] = kept
    night(shop, lake, 4)
    night(shop, lake, 5)
    assert told() == [("shop records", True, "1 kinds compared with the lake, no difference; the oldest on 2026-03-06")]


def test_what_is_listed_as_deleted_and_seen_all_the_same_is_not_buried(shop: Source, lake: Lake) -> None:
    shop.sweeps_after = NIGHT
    shop.put("orders", *(order(str(number), "1", 9) for number in range(5)))
    night(shop, lake, 0)
    shop.gone = [Deletion("1", DAY + timedelta(hours=1), "recycle")]  # listed, and restored before the sweep came by
    assert night(shop, lake, 1).deleted == 0


def test_a_whole_pull_that_lacks_somebody_by_mistake_looks_again(shop: Source, lake: Lake) -> None:
    shop.put("staff", *(f'{{"id":"{number}","name":"n{number}"}}' for number in range(30)))
    night(shop, lake, 0, STAFF)
    shop.drops = {"7"}
    del shop.records["staff"][8]
    second = night(shop, lake, 1, STAFF)
    assert (second.versions, second.deleted) == (0, 1)


def test_a_sweep_that_finds_too_little_is_not_believed_and_due_again(shop: Source, lake: Lake) -> None:
    shop.sweeps_after = NIGHT
    shop.put("orders", *(order(str(number), "1", 9) for number in range(30)))
    night(shop, lake, 0)
    kept, shop.records["orders"] = shop.records["orders"], shop.records["orders"][15:]
    second = night(shop, lake, 1)
    assert (second.deleted, second.disbelieved, second.swept_at) == (0, 15, DAY)
    shop.records["orders"] = kept
    third = night(shop, lake, 2)
    assert (third.deleted, third.disbelieved, third.swept_at) == (0, 0, DAY + 2 * NIGHT)


def test_a_sweep_that_the_budget_cuts_off_holds_up_no_change_and_stays_due(shop: Source, lake: Lake) -> None:
    shop.sweeps_after = NIGHT
    shop.put("orders", *(order(str(number), "1", 9) for number in range(30)))
    night(shop, lake, 0)
    shop.records["orders"] = shop.records["orders"][2:]
    shop.put("orders", order("5", "7", 9).replace("03-01T", "03-02T"))
    shop.sweep_is_put_off = True
    second = night(shop, lake, 1)
    assert (second.versions, second.deleted, second.swept_at) == (1, 0, DAY)
    shop.sweep_is_put_off = False
    third = night(shop, lake, 2)
    assert (third.versions, third.deleted, third.swept_at) == (0, 2, DAY + 2 * NIGHT)


def test_rebuilding_from_pages_gives_the_same_rows(shop: Source, lake: Lake) -> None:
    shop.put("orders", order("1", "1", 9), order("2", "2", 9, Colour='"red"'))
    night(shop, lake, 0)
    shop.put("orders", order("1", "5", 9).replace("03-01T", "03-02T"))
    shop.gone = [Deletion("2", DAY + timedelta(hours=1), "recycle")]
    night(shop, lake, 1)
    before = [file.read() for file in lake.raw_files("shop", "orders")]
    for path in Path(lake.raw_folder("shop", "orders")).iterdir():
        path.unlink()
    assert lake.rebuild("shop", ORDERS, cast=shop.cast) == 4
    assert [file.read() for file in lake.raw_files("shop", "orders")] == before


def test_a_new_field_of_the_catalogue_is_read_from_the_pages_kept(shop: Source, lake: Lake) -> None:
    shop.put("orders", order("1", "1", 9, Colour='"red"'))
    night(shop, lake, 0)
    wider = ORDERS.with_fields(Field("colour", "Colour"))
    lake.ensure("shop", [wider])
    night(shop, lake, 1, wider)
    assert rows(lake, wider, "key", "colour", "extra") == [("1", "red", None)]
    assert pq.read_schema(f"{lake.raw_folder('shop', 'orders')}/empty.parquet") == wider.raw_schema


def test_lost_raw_files_come_back_from_the_pages(shop: Source, lake: Lake) -> None:
    shop.put("orders", order("1", "1", 9))
    night(shop, lake, 0)
    before = rows(lake, ORDERS, "key", "amount")
    Path(f"{lake.raw_folder('shop', 'orders')}/20260301T180000000000Z.parquet").unlink()
    night(shop, lake, 1)
    assert rows(lake, ORDERS, "key", "amount") == before


def test_every_object_has_a_schema_before_its_first_pull(lake: Lake) -> None:
    lake.ensure("shop", (ORDERS, STAFF))
    assert files(lake) == ["raw_shop/orders/empty.parquet", "raw_shop/staff/empty.parquet"]
    assert pq.read_table(f"{lake.raw_folder('shop', 'staff')}/empty.parquet") == STAFF.raw_schema.empty_table()


def test_an_object_that_is_refused_does_not_stop_the_others(shop: Source, lake: Lake) -> None:
    shop.put("staff", '{"id":"1","name":"n"}')
    shop.refuses = {"orders"}
    done = extract_all(shop, lake, shop.objects, known_at=DAY, run_id="run0")
    assert [manifest.object for manifest in done.manifests] == ["staff"]
    assert [str(fault) for fault in done.faults] == ["shop: asked orders; came back NO_PERMISSION; ask an administrator"]


def test_only_pulls_that_were_known_then_are_listed(shop: Source, lake: Lake) -> None:
    manifests = [night(shop, lake, number) for number in range(3)]
    assert lake.manifests(DAY + NIGHT) == manifests[:2]
    assert lake.newest("shop", "orders") == manifests[2]


def test_the_lake_may_lie_on_any_file_system(shop: Source) -> None:
    lake = Lake("memory://far/lake", clock=lambda: DAY)
    shop.put("orders", order("1", "1", 9))
    night(shop, lake, 0)
    shop.put("orders", order("1", "2", 9).replace("03-01T", "03-02T"))
    night(shop, lake, 1)
    assert rows(lake, ORDERS, "key", "amount") == [("1", Decimal(1)), ("1", Decimal(2))]
    assert [manifest.versions for manifest in lake.manifests()] == [1, 1]
    assert (lake.root, lake.raw_folder("shop", "orders")) == ("memory://far/lake", "memory://far/lake/raw_shop/orders")


@pytest.mark.parametrize("folder", ["[prod] lake", "a*b", "北京 湖"])
def test_letters_of_a_pattern_in_the_path_of_the_lake_lose_nothing(shop: Source, tmp_path: Path, folder: str) -> None:
    lake, beside = (Lake(str(tmp_path / name), clock=lambda: DAY) for name in (folder, "a and b"))
    shop.put("orders", order("1", "1", 9))
    landed = night(shop, lake, 0)
    night(shop, beside, 0)
    assert lake.rebuild("shop", ORDERS, cast=shop.cast) == 1
    assert rows(lake, ORDERS, "key") == [("1",)]
    assert lake.manifests() == lake.manifests(source="shop") == lake.manifests(name="orders") == [landed]


def test_columns_that_now_mean_another_field_or_type_are_made_again(shop: Source, lake: Lake) -> None:
    shop.put("orders", order("1", "1", 9, Partner='{"id":"7","name":"n"}', Colour='"red"'))
    meant = [Field("what", "Partner"), Field("what", "Partner", FieldType.ID), Field("what", "Colour", FieldType.ID)]
    found = []
    for number, field in enumerate(meant):
        night(shop, lake, number, ORDERS.with_fields(field))
        found += rows(lake, ORDERS, "what")
    assert found == [('{"id":"7","name":"n"}',), ("7",), ("red",)]


@pytest.mark.parametrize("said", ["9999-12-31T23:59:59-08:00", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+23:00"])
def test_a_date_that_no_calendar_here_has_is_named_and_stops_nothing(shop: Source, lake: Lake, said: str) -> None:
    shop.put("orders", order("1", "1", 9).replace('"2026-03-01"', f'"{said}"', 1))
    assert night(shop, lake, 0).unparsed == {"placed_on": 1}
    assert rows(lake, ORDERS, "placed_on", "errors") == [(None, f'{{"placed_on":"{said}"}}')]


def test_a_custom_object_is_not_made_again_every_night(shop: Source, lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    def discovered(obj: CrmObject, before: Mapping[str, str]) -> CrmObject:
        return obj.with_fields(Field("colour", "Colour"))

    monkeypatch.setattr(shop, "discovered", discovered, raising=False)
    shop.put("orders", order("1", "1", 9, Colour='"red"'))
    custom = replace(ORDERS, is_custom=True)
    extract_all(shop, lake, [custom], known_at=DAY, run_id="run0")
    rebuilds: list[str] = []
    monkeypatch.setattr(lake, "_rebuild", lambda _source, obj, _cast: rebuilds.append(obj.name))
    extract_all(shop, lake, [custom], known_at=DAY + NIGHT, run_id="run1")
    assert (rebuilds, rows(lake, custom, "colour")) == ([], [("red",)])


def test_a_full_disk_is_named_and_keeps_what_was_kept(shop: Source, lake: Lake) -> None:
    shop.put("orders", order("1", "1", 9))
    shop.put("staff", '{"id":"1","name":"n"}')
    night(shop, lake, 0)
    before = files(lake)
    noise = "".join(sha256(str(number).encode()).hexdigest() for number in range(3_000))
    shop.put("orders", order("1", "2", 9, Colour=f'"{noise}"').replace("03-01T", "03-02T"))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limits[1]))
    try:
        done = extract_all(shop, lake, shop.objects, known_at=DAY + NIGHT, run_id="run1")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [manifest.object for manifest in done.manifests] == ["staff"]
    assert [(type(fault), fault.about, fault.came) for fault in done.faults] == [
        (RetryLater, "shop orders", "[Errno 27] File too large")
    ]
    assert [name for name in files(lake) if "/orders/" in name] == before
    assert night(shop, lake, 1).versions == 1
