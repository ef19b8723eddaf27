"""The documented limits of both CRMs, tripped on purpose."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from simulators.server import serve
from tests.simulators.small_folder import AT, FxiaokeCaller, ZohoCaller

TOO_MANY = {
    "code": "TOO_MANY_REQUESTS",
    "details": {},
    "message": "You have made too many requests. Please try again after some time",
    "status": "error",
}


def test_zoho_credits_run_out_and_say_so_from_half_of_them_on(folder: Path) -> None:
    with serve(folder, at=AT, options={"zoho": {"credits": 6}}) as sims:
        zoho = ZohoCaller(sims.zoho_url)
        answers = [zoho.get("/Deals", fields="id") for _ in range(2)]
        answers.append(zoho.coql("select id from Deals where id is not null limit 2000"))
        answers += [zoho.get("/Deals", fields="id") for _ in range(2)]
        assert [(answer.status_code, answer.headers.get("X-API-CREDITS-REMAINING")) for answer in answers] == [
            (200, None),
            (200, None),
            (200, "1"),
            (200, "0"),
            (429, None),
        ]
        assert (answers[-1].json(), "retry-after" in answers[-1].headers) == (TOO_MANY, False)


def test_zoho_refuses_what_is_beyond_concurrency(folder: Path) -> None:
    options = {"latency_ms": 300, "zoho": {"concurrency": 3, "sub_concurrency": 1}}
    with serve(folder, at=AT, options=options) as sims, ThreadPoolExecutor(5) as pool:
        callers = [ZohoCaller(sims.zoho_url) for _ in range(5)]
        light = list(pool.map(lambda caller: caller.get("/Deals", fields="id").status_code, callers))
        heavy = list(pool.map(lambda caller: caller.get("/Deals", fields="id", sort_by="id").status_code, callers[:3]))
        assert (sorted(light), sorted(heavy)) == ([200, 200, 200, 429, 429], [200, 429, 429])
        assert {name: count for name, count in sims.counts().items() if "at once" in name or "refused" in name} == {
            "zoho most at once": 3,
            "zoho most heavy at once": 1,
            "zoho refused by limits": 4,
        }


def test_fxiaoke_refuses_the_call_beyond_the_window_of_an_interface(folder: Path) -> None:
    with serve(folder, at=AT, options={"fxiaoke": {"calls_per_window": 2, "window_seconds": 60}}) as sims:
        fxiaoke = FxiaokeCaller(sims.fxiaoke_url)
        codes = [fxiaoke.query()["errorCode"] for _ in range(3)]
        assert (codes, fxiaoke.post("/cgi/department/list", {})["errorCode"]) == ([0, 0, 30004], 0)


def test_fxiaoke_quota_ends_for_the_day_and_begins_anew(folder: Path) -> None:
    with serve(folder, at=AT, options={"fxiaoke": {"daily_quota": 1, "throttle_code": 14001}}) as sims:
        fxiaoke = FxiaokeCaller(sims.fxiaoke_url)
        today = [fxiaoke.query()["errorCode"] for _ in range(2)]
        sims.move_to(AT.replace(day=2))
        assert (today, fxiaoke.query()["errorCode"]) == ([0, 30002], 0)
        sims.options(fxiaoke={"quota_bought": False, "daily_quota": 9})
        assert fxiaoke.query() == {"errorCode": 30003, "errorMessage": "未购买调用次数", "errorDescription": "未购买调用次数"}


def test_fxiaoke_tokens_are_asked_for_ten_times_a_minute_and_one_by_one(folder: Path) -> None:
    with serve(folder, at=AT) as sims:
        fxiaoke = FxiaokeCaller(sims.fxiaoke_url)
        path = "/cgi/corpAccessToken/get/V2"
        codes = [fxiaoke.raw(path, fxiaoke.secrets)["errorCode"] for _ in range(10)]
        assert codes == [0] * 9 + [14001]
    with serve(folder, at=AT, options={"latency_ms": 300}) as sims, ThreadPoolExecutor(2) as pool:
        callers = [FxiaokeCaller(sims.fxiaoke_url) for _ in range(2)]
        codes = list(pool.map(lambda caller: caller.raw(path, caller.secrets)["errorCode"], callers))
        assert sorted(codes) == [0, 14001]


def test_latency_is_what_every_reply_takes_at_least(folder: Path) -> None:
    with serve(folder, at=AT, options={"limits": "off", "latency_ms": 200}) as sims:
        assert ZohoCaller(sims.zoho_url).get("/Deals", fields="id").elapsed.total_seconds() >= 0.2
