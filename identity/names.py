"""What a company's name, address and phone say, however they were typed.

What to add here: a legal form, a remark, a kind of branch, a way in which places are written.
What belongs elsewhere: what likeness is worth (`linkage.py`); who is one customer (`clusters.py`).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

PROVINCES: dict[str, str] = {}  # a place, its province; a province stands for itself
for _line in (Path(__file__).parent / "places.txt").read_text(encoding="utf-8").splitlines():
    _province, *_cities = _line.split()
    PROVINCES |= {place: _province for place in (_province, *_cities)}
_PLACES = "|".join(sorted(map(re.escape, PROVINCES), key=len, reverse=True))
_ENDS = "(?:特别行政区|维吾尔自治区|壮族自治区|回族自治区|自治区|自治州|地区|省|市)?"
PLACE = re.compile(f"({_PLACES}){_ENDS}")

FORMS = (
    *("股份有限责任公司", "有限责任公司", "股份有限公司", "(股份)有限公司", "有限责任", "有限公司", "股份公司", "总公司", "公司"),
    *("股份有限", "有限合伙", "(有限合伙)", "(普通合伙)", "(股份)"),
)
_FORM = re.compile(f"(?:{'|'.join(map(re.escape, FORMS))})$")
_LATIN_FORM = re.compile(
    r"[\s,]+(?:co\.?,?\s*ltd|company\s+limited|co\.?,?\s*limited|limited|ltd|ltda|inc|incorporated|corp|corporation|company|co|llc|gmbh"
    r"|ag|pvt\.?\s*ltd|private\s+limited|pte\.?\s*ltd|s\.?a\.?\s+de\s+c\.?v|sp\.?\s*z\s*o\.?\s*o|s\.?r\.?l|s\.?p\.?a|s\.?a|a\.?s|b\.?v"
    r"|pt|tbk|kg|plc)\.?\s*$"
)
_LATIN_FORM_BEFORE = re.compile(r"^(?:pt|cv|ooo)\.?\s+")
_REMARK = re.compile(r"\((?:旧|新|停用|作废|重复|勿用|已?注销|已?更名|已合并|老客户|测试|原.{0,12}|曾用名.{0,12})\)|[*#?!~]+")
_BRANCH = re.compile("(?:分公司|办事处|分厂|分店|分部|分行|营业部|代表处|销售处)$")
_HEAD = re.compile("^(.{2,}(?:公司|集团))(.{0,8})$")
_SIGNS = re.compile(r"[^0-9a-z\u3400-\u9fff]+")
_STREET = re.compile(r"([\u4e00-\u9fff]{1,6}?(?:大道|路|街|道|巷|弄|里))([0-9]+)")
_AREA = re.compile(
    r"^.{1,8}?(?:经济开发区|高新区|开发区|工业园区|工业园|保税区|新区|园区|[\u4e00-\u9fff]{1,3}区|[\u4e00-\u9fff]{1,3}县|[\u4e00-\u9fff]{1,3}镇|[\u4e00-\u9fff]{1,3}街道)"
)
_HAN_DIGITS = str.maketrans("〇零一二三四五六七八九", "00123456789")
BRAND = 2  # signs of a Chinese company's own word
SHORTEST = 2  # signs that a name must keep when a place or a form is taken off


@dataclass(frozen=True, slots=True)
class Name:
    """A name taken apart: where, who, in which legal form, which branch."""

    plain: str  # all of it without signs, one spelling
    core: str  # without place and legal form: what tells companies apart
    place: str  # the narrowest place that the name says, or ''
    form: str  # joint_stock, limited, or '' where it does not say
    branch: str  # what the branch calls itself; '' for a whole company
    head: str  # the company's own word, which stands first
    letters: str  # what the core is made of, in no order


@lru_cache(maxsize=65_536)
def spoken(text: str) -> str:
    """A text as it is spoken: people type by sound."""
    from pypinyin import lazy_pinyin

    return "".join(lazy_pinyin(text))


@cache
def _converter() -> Any:
    from opencc import OpenCC

    return OpenCC("t2s")


def written(text: str | None) -> str:
    """One spelling of letters: half width, lower case, simplified."""
    return _converter().convert(unicodedata.normalize("NFKC", text or "")).lower().strip()


@lru_cache(maxsize=65_536)
def read_name(text: str | None, city: str = "") -> Name:
    """Take a company's name apart; `city` is where its address is, so that small towns are known for what they are."""
    name = _REMARK.sub("", re.sub(r"[〔【\[{<《「]", "(", re.sub(r"[〕】\]}>》」]", ")", written(text))))
    if not re.search(r"[\u3400-\u9fff]", name):
        return _latin(name)
    name = re.sub(r"[^0-9a-z\u3400-\u9fff()]+", "", name)
    plain = _SIGNS.sub("", name).replace("有限责任公司", "有限公司")
    name, branch = _without_branch(name)
    core, places, form = _without_places_and_form(name, city)
    return Name(plain, core, _narrowest(places), form, branch, core[:BRAND], "".join(sorted(core)))


def _without_branch(name: str) -> tuple[str, str]:
    """The company, and what its branch calls itself: what stands behind the company's form, else the place at the end."""
    kind = _BRANCH.search(name)
    if kind is None or kind.start() < SHORTEST:
        return name, ""
    head = name[: kind.start()]
    if found := _HEAD.match(head):
        head, label = found[1], found[2]
    else:
        place = re.search(rf"\(?((?:{_PLACES}){_ENDS})\)?$", head)
        label = place[1] if place and place.start() >= SHORTEST else ""
        head = head[: place.start()] if label and place else head
    label = _SIGNS.sub("", label)
    found_place = PLACE.fullmatch(label)
    return head, (found_place[1] if found_place else label) + kind[0]


def _without_places_and_form(name: str, city: str) -> tuple[str, list[str], str]:
    places: list[str] = []

    def bracketed(found: re.Match[str]) -> str:
        inside = _place_at(found[1], city)
        if inside == found[1]:
            places.append(_bare(inside))
        return "" if inside == found[1] or found[1] in ("中国", "股份") else found[1]

    form = "joint_stock" if "股份" in name else "limited" if "有限" in name else ""
    name = re.sub(r"\((股份)\)", "股份", name)
    name = re.sub(r"\(([^()]*)\)", bracketed, name).replace("(", "").replace(")", "")
    while (bare := _FORM.sub("", name)) != name and len(bare) >= SHORTEST:
        name = bare
    name = re.sub("^中国", "", name) if len(name) > SHORTEST + 1 else name
    while (found := _place_at(name, city)) and len(name) - len(found) >= SHORTEST:
        place = _bare(found) if PLACE.match(found) else city
        if places and place != city and province_of(place) != province_of(places[-1]):
            break  # 上海阳江商贸: the second one is the company's own word
        places.append(place)
        name = name[len(found) :]
    return name, places, form


def _place_at(name: str, city: str) -> str:
    """The place that a name begins with, its ending included; '' where it begins with none."""
    if found := PLACE.match(name):
        return found[0]
    if len(city) >= SHORTEST and spoken(name[: len(city)]) == spoken(city):
        return name[: len(city)] + (name[len(city)] if name[len(city) : len(city) + 1] in ("市", "县") else "")
    return ""


def _bare(place: str) -> str:
    found = PLACE.fullmatch(place)
    return found[1] if found else place.rstrip("市县")


def _narrowest(places: list[str]) -> str:
    return next((place for place in reversed(places) if PROVINCES.get(place) != place), places[-1] if places else "")


def _latin(name: str) -> Name:
    plain, bare = _SIGNS.sub("", name), _LATIN_FORM_BEFORE.sub("", name)
    while (shorter := _LATIN_FORM.sub("", bare)) != bare and shorter:
        bare = shorter
    words = [word for word in _SIGNS.split(bare) if word]
    return Name(
        plain, "".join(words), "", "limited" if bare != name else "", "", words[0] if words else "", "".join(sorted(words))
    )


def province_of(place: str) -> str:
    """The province a place lies in; a place we do not know is its own."""
    return PROVINCES.get(place, place)


def read_place(city: str | None, province: str | None, address: str | None) -> str:
    """The narrowest place that an address names, as a list of China's cities knows it, else as it is written."""
    told = _bare(written(city))
    if told:
        return told
    found = [match[1] for text in (province, address) for match in PLACE.finditer(written(text))]
    return _narrowest(found) or written(province)


def read_address(text: str | None, city: str = "") -> tuple[str, str]:
    """An address in one spelling, and its street with number: what is the same however the district is written."""
    address = re.sub(r"\s+", "", written(text)).translate(_HAN_DIGITS)
    if address.isascii():
        return _SIGNS.sub("", address), _SIGNS.sub("", address)
    address = re.sub(r"中国|(?<=[0-9])(?:号|弄)$", "", address)
    while found := _place_at(address, city):
        address = address[len(found) :]
    whole = _SIGNS.sub("", address)
    bare = _AREA.sub("", whole, count=2)
    street = _STREET.search(bare) or _STREET.search(whole)
    return whole, f"{street[1]}{street[2]}" if street else ""


def read_phone(text: str | None) -> str:
    """The last eight digits of the first number, or '': area and country codes are typed or not."""
    digits = re.sub(r"[^0-9]", "", re.split(r"[/;,、转]|ext", written(text))[0])
    return digits[-8:] if len(digits) >= 7 else ""
