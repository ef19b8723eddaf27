"""The people of the demo company: who sells where, who joined, moved, was promoted and left, and when.

What to add here: a person, a change in somebody's working life.
What belongs elsewhere: which customers they look after (`customers.py`), how a CRM lists its users (`zoho.py`, `fxiaoke.py`).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Literal

from simulators.world.clock import day, parse_day

Department = Literal["D0", "D1", "D2"]
DEPARTMENT_NAMES = {"D0": "总部", "D1": "一部", "D2": "二部"}
FXIAOKE_DEPARTMENTS = {"D0": 1000, "D1": 1001, "D2": 1002}
REGIONS = ("华东", "华南", "华北", "中西部", "海外")
REP = "销售代表"
MANAGER = "区域经理"
DIRECTOR = "部门总监"


@dataclass(frozen=True, slots=True)
class Stint:
    """One person in one seat, from a day (inclusive) to a day (inclusive; None: still there)."""

    first: int
    last: int | None
    department: Department
    manager: str
    role: str
    region: str
    reason: str


@dataclass(slots=True)
class Person:
    """An employee and every seat held."""

    no: str
    name: str
    email: str
    hired: int
    left: int | None = None
    stints: list[Stint] = field(default_factory=list)

    def stint_on(self, ordinal: int) -> Stint | None:
        """The seat held on a day."""
        for stint in self.stints:
            if stint.first <= ordinal and (stint.last is None or ordinal <= stint.last):
                return stint
        return None

    @property
    def fxiaoke_id(self) -> str:
        """The id under which Fxiaoke knows the person, or nothing when there never was a seat."""
        if not any(stint.department in ("D0", "D1") for stint in self.stints):
            return ""
        return "FSUID_" + hashlib.md5(f"fxiaoke:{self.no}".encode(), usedforsecurity=False).hexdigest().upper()

    @property
    def zoho_id(self) -> str:
        """The id under which Zoho knows the person, or nothing when there never was a seat."""
        if not any(stint.department in ("D0", "D2") for stint in self.stints):
            return ""
        return f"5437000000000{100_000 + int(self.no[1:]) * 7:06}"


# no, name, mail, department, role, region, manager, hired
SEATS = """
E900 沈国栋 shen.guodong     -  销售总监   -      -    2016-03-01
E901 陆文静 lu.wenjing       -  财务负责人 -      -    2017-05-08
E902 钱昊   qian.hao         -  销售运营   -      E900 2021-07-05
E903 顾晓岚 gu.xiaolan       -  应收会计   -      E901 2019-09-02
E904 邹敏   zou.min          -  提成会计   -      E901 2020-03-16
E100 贺志远 he.zhiyuan       D1 部门总监   -      E900 2017-02-20
E101 丁伟民 ding.weimin      D1 区域经理   华东   E100 2018-04-02
E102 罗建军 luo.jianjun      D1 区域经理   华南   E100 2018-07-16
E103 石磊   shi.lei          D1 区域经理   华北   E100 2019-03-11
E104 康海峰 kang.haifeng     D1 区域经理   中西部 E100 2019-08-05
E111 王思远 wang.siyuan      D1 销售代表   华东   E101 2019-06-03
E112 李俊杰 li.junjie        D1 销售代表   华东   E101 2020-03-09
E113 周晓彤 zhou.xiaotong    D1 销售代表   华东   E101 2020-08-17
E114 吴浩然 wu.haoran        D1 销售代表   华东   E101 2021-04-06
E115 郑雨欣 zheng.yuxin      D1 销售代表   华东   E101 2021-11-01
E116 冯子轩 feng.zixuan      D1 销售代表   华东   E101 2022-05-09
E117 陈嘉豪 chen.jiahao      D1 销售代表   华东   E101 2023-02-13
E121 林志强 lin.zhiqiang     D1 销售代表   华南   E102 2019-10-14
E122 黄婷婷 huang.tingting   D1 销售代表   华南   E102 2020-05-18
E123 梁文博 liang.wenbo      D1 销售代表   华南   E102 2021-03-01
E124 谢宇航 xie.yuhang       D1 销售代表   华南   E102 2022-07-11
E125 邓佳怡 deng.jiayi       D1 销售代表   华南   E102 2023-06-05
E131 赵鹏飞 zhao.pengfei     D1 销售代表   华北   E103 2020-09-07
E132 孙丽娜 sun.lina         D1 销售代表   华北   E103 2021-06-15
E133 马晨曦 ma.chenxi        D1 销售代表   华北   E103 2022-03-07
E134 高翔   gao.xiang        D1 销售代表   华北   E103 2022-10-10
E141 唐诗涵 tang.shihan      D1 销售代表   中西部 E104 2021-01-11
E142 韩雪松 han.xuesong      D1 销售代表   中西部 E104 2021-09-06
E143 曹静怡 cao.jingyi       D1 销售代表   中西部 E104 2023-04-17
E200 叶明轩 ye.mingxuan      D2 部门总监   -      E900 2018-11-05
E201 潘晓燕 pan.xiaoyan      D2 区域经理   华东   E200 2019-12-02
E202 David Fong david.fong   D2 区域经理   海外   E200 2020-06-08
E211 徐梓涵 xu.zihan         D2 销售代表   华东   E201 2020-11-09
E212 朱思琪 zhu.siqi         D2 销售代表   华东   E201 2021-05-10
E213 胡天宇 hu.tianyu        D2 销售代表   华东   E201 2022-02-14
E214 郭美玲 guo.meiling      D2 销售代表   华东   E201 2023-03-06
E221 何俊辉 he.junhui        D2 销售代表   华南   E201 2021-08-02
E222 宋佳慧 song.jiahui      D2 销售代表   华南   E201 2022-06-20
E223 萧宏图 xiao.hongtu      D2 销售代表   华南   E201 2023-01-09
E231 董凯   dong.kai         D2 销售代表   华北   E201 2021-10-18
E232 袁梦瑶 yuan.mengyao     D2 销售代表   华北   E201 2023-07-03
E241 蒋文昊 jiang.wenhao     D2 销售代表   中西部 E201 2022-08-22
E251 苏珊   su.shan          D2 销售代表   海外   E202 2020-12-07
E252 方子墨 fang.zimo        D2 销售代表   海外   E202 2021-12-06
E253 任晓雯 ren.xiaowen      D2 销售代表   海外   E202 2022-11-14
E254 姚远   yao.yuan         D2 销售代表   海外   E202 2023-09-04
"""

# who joined after the story begins: no, name, mail, department, region, manager, hired
JOINERS = """
E118 钟欣怡 zhong.xinyi      D1 华东   E101 2025-03-10
E126 彭博文 peng.bowen       D1 华南   E102 2025-09-01
E135 魏来   wei.lai          D1 华北   E103 2026-03-02
E144 龙飞扬 long.feiyang     D1 中西部 E104 2025-06-16
E119 尹若曦 yin.ruoxi        D1 华东   E101 2026-07-06
E215 夏雨晴 xia.yuqing       D2 华东   E201 2026-09-01
E224 陶俊熙 tao.junxi        D2 华南   E201 2025-10-13
E225 卢思源 lu.siyuan       D2 华南   E201 2026-07-13
E233 范晓东 fan.xiaodong     D2 华北   E201 2026-01-05
E242 白瑞   bai.rui          D2 中西部 E201 2026-02-25
E255 江一帆 jiang.yifan      D2 海外   E202 2025-04-07
"""


@dataclass(frozen=True, slots=True)
class Change:
    """From `on` a person sits elsewhere; department, region, role and manager as given."""

    on: int
    no: str
    department: Department
    region: str
    role: str
    manager: str
    reason: str


CHANGES = (
    Change(day(2025, 7, 1), "E223", "D2", "中西部", REP, "E201", "调区域"),
    Change(day(2026, 1, 1), "E115", "D2", "华东", REP, "E201", "调部门"),
    Change(day(2026, 1, 1), "E131", "D1", "华北", MANAGER, "E100", "晋升区域经理"),
    Change(day(2026, 4, 1), "E134", "D1", "华东", REP, "E101", "调区域"),
    Change(day(2026, 7, 1), "E222", "D1", "华南", REP, "E102", "调部门"),
)
# no, last working day; a leaver's customers go to colleagues unless `customers.py` forgets some on purpose
LEAVERS = {
    "E103": "2025-12-31",
    "E114": "2025-08-29",
    "E124": "2026-05-15",
    "E142": "2026-08-14",
    "E212": "2026-08-31",
    "E232": "2025-11-28",
    "E119": "2026-10-30",
}
# after E103 left, the people of the north report to the promoted E131
NEW_MANAGERS = ((day(2026, 1, 1), "E103", "E131"),)


def cast() -> list[Person]:
    """Everybody, by employee number, with every seat they held."""
    people = [_person(line) for line in SEATS.strip().splitlines()]
    people += [_joiner(line) for line in JOINERS.strip().splitlines()]
    by_no = {person.no: person for person in people}
    for change in CHANGES:
        seat = Stint(change.on, None, change.department, change.manager, change.role, change.region, change.reason)
        _move(by_no[change.no], seat)
    for on, old, new in NEW_MANAGERS:
        for person in people:
            current = person.stints[-1]
            if current.manager != old or person.no == new:
                continue
            if current.first >= on:
                person.stints[-1] = Stint(
                    current.first, None, current.department, new, current.role, current.region, current.reason
                )
            else:
                _move(person, Stint(on, None, current.department, new, current.role, current.region, "上级变更"))
    for no, last in LEAVERS.items():
        person = by_no[no]
        person.left = parse_day(last)
        seat = person.stints[-1]
        person.stints[-1] = Stint(seat.first, person.left, seat.department, seat.manager, seat.role, seat.region, seat.reason)
    return sorted(people, key=lambda person: person.no)


def department_on(people: dict[str, Person], no: str, ordinal: int, fallback: str) -> str:
    """The department somebody sits in on a day; that of the deal for those who left."""
    stint = people[no].stint_on(ordinal) if no in people else None
    return stint.department if stint is not None else fallback


def reps_on(people: list[Person], ordinal: int, department: str, region: str) -> list[str]:
    """Who sells in a department's region on a day."""
    found = []
    for person in people:
        stint = person.stint_on(ordinal)
        if stint and stint.role == REP and stint.department == department and stint.region == region:
            found.append(person.no)
    return found


def _person(line: str) -> Person:
    *name, mail, department, role, region, manager, hired = line.split()
    first = parse_day(hired)
    seat = Stint(
        first,
        None,
        "D0" if department == "-" else department,
        "" if manager == "-" else manager,
        role,  # type: ignore[arg-type]
        "" if region == "-" else region,
        "入职",
    )
    return Person(name[0], " ".join(name[1:]), f"{mail}@beichen-parts.example", first, stints=[seat])


def _joiner(line: str) -> Person:
    no, name, mail, department, region, manager, hired = line.split()
    first = parse_day(hired)
    return Person(
        no, name, f"{mail}@beichen-parts.example", first, stints=[Stint(first, None, department, manager, REP, region, "入职")]
    )  # type: ignore[arg-type]


def _move(person: Person, seat: Stint) -> None:
    old = person.stints[-1]
    person.stints[-1] = Stint(old.first, seat.first - 1, old.department, old.manager, old.role, old.region, old.reason)
    person.stints.append(seat)
