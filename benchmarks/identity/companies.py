"""Made-up companies as two CRMs would hold them: written twice in different ways, and beside others that only look like them.

What to add here: a way in which people write a company's name, a way in which two companies are alike.
What belongs elsewhere: how names are read (`identity/`), which knows nothing of this file. Rules here are not those there
turned round: misspellings come from tables of signs, not from a reading of sound, and some ways of writing are only in the
exam (`ONLY_IN`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random

from opencc import OpenCC

from identity.accounts import Account
from identity.codes import ALPHABET, WEIGHTS

_traditional = {"lesson": OpenCC("s2t"), "exam": OpenCC("s2hk")}
# Words of lessons and of the exam are different, so that nothing can be learnt by heart.
BRANDS = {
    "lesson": (
        "恒瑞鼎盛华创伟达精诚永信宏泰金鹏立德凯盟嘉禾正源通和远博东升海纳祥宇锦程兴业康健富贵荣耀"
        "辉煌腾飞振邦荣昌顺达利丰百川众合聚力双龙三友吉美优品瑞安广联佰特赛维欧亚汉唐威尔诺迪雅克"
    ),
    "exam": (
        "中科万丰泰安新锐昌隆力拓润天工启明国奥林佳航卓越长风铭扬泽晨曦瀚海云图铂星朗坤弘毅景行乾"
        "元沐阳青山绿水思睿慧智鲲翔骏驰捷迅易居乐途君悦凌霄紫光维思爱华南北西江河湖峰岭松柏梅兰竹菊"
    ),
}
TRADES = {
    "lesson": ("机械", "机电", "重工", "自动化设备", "冶金设备", "五金", "包装机械", "贸易", "轴承", "泵阀", "模具厂", "商行"),
    "exam": (
        "机械制造",
        "机电设备",
        "科技",
        "自动化",
        "化工机械",
        "环保设备",
        "汽车零部件",
        "商贸",
        "液压",
        "密封件经营部",
        "电子",
        "工业品",
    ),
}
CITIES = {
    "lesson": (
        ("江苏省", "苏州", "吴中区"),
        ("浙江省", "宁波", "鄞州区"),
        ("广东省", "佛山", "南海区"),
        ("山东省", "青岛", "城阳区"),
        ("北京市", "北京", "大兴区"),
        ("湖北省", "武汉", "江夏区"),
    ),
    "exam": (
        ("上海市", "上海", "松江区"),
        ("广东省", "东莞", "长安镇"),
        ("四川省", "成都", "双流区"),
        ("江苏省", "靖江", "斜桥镇"),
        ("浙江省", "永康", "东城街道"),
        ("天津市", "天津", "西青区"),
        ("福建省", "厦门", "集美区"),
        ("河南省", "郑州", "中原区"),
    ),
}
STREETS = {
    "lesson": ("创业路", "工业路", "兴业大道", "科技路"),
    "exam": ("人民路", "解放东路", "金港大道", "园区三路", "滨河街", "长江路"),
}
FORMS = ("有限公司", "有限公司", "有限公司", "有限责任公司", "股份有限公司")
SOUNDS_LIKE = dict(
    zip(
        "恒瑞鼎盛华创伟达精诚永信宏泰金鹏立德中科万丰安新锐昌隆力拓邦天工启明国奥林佳航卓长风顺铭扬泽晨云机械设备",
        "衡锐顶胜桦闯玮答晶城勇鑫弘太锦朋利得钟柯皖锋桉鑫瑞常龙立托帮添公起名果澳琳家杭桌常峰舜明杨择辰芸基戒涉被",
        strict=True,
    )
)
LOOKS_LIKE = dict(
    zip(
        "未天工力万日新科昌隆泰安丰启奥林航卓风铭扬泽海东华永信机械设备贸易",
        "末夭土刀方曰斩料冒降秦按半后粤木舰桌凤名杨译悔车毕水倍几诫没各留另",
        strict=True,
    )
)
FOREIGN = {
    "lesson": ("Nor Al Del Pri Om Sum Ver Tal Bro Lin Hag Mer", "Bearings Seals Machinery Tools"),
    "exam": ("Fal Ti Ori Cas Bal Ker Kes Cob Ros Wen Dru Sto", "Hydraulics Motion Components Industrial Supply"),
}
CODE, PHONE, ADDRESS = 0.62, 0.85, 0.97  # how many accounts have one
REMARKS = ("(旧)", "（已更名）", "*", "(老客户)", " (勿用)")


@dataclass(frozen=True, slots=True)
class Company:
    """One legal person."""

    number: int
    province: str
    city: str
    district: str
    brand: str
    trade: str
    form: str
    code: str
    street: str
    door: int
    phone: str

    @property
    def name(self) -> str:
        """Its registered name."""
        return f"{self.city}{self.brand}{self.trade}{self.form}" if self.city else f"{self.brand} {self.trade} {self.form}"


@dataclass(slots=True)
class World:
    """Accounts, whose each is, and which class of difficulty each pair is of."""

    accounts: list[Account] = field(default_factory=list)
    owner: dict[str, int] = field(default_factory=dict)
    same: dict[tuple[str, str], str] = field(default_factory=dict)  # one company written twice
    alike: dict[tuple[str, str], str] = field(default_factory=dict)  # two companies


def make_world(part: str, seed: int, companies: int) -> World:
    """A world of that many companies; a third are written twice, a third have somebody beside them who is like them."""
    rng, world, known = Random(f"{part}:{seed}"), World(), set[str]()
    writings = [name for name in WRITINGS if name != "foreign" and ONLY_IN.get(name, part) == part]
    for number in range(companies):
        company = _company(rng, part, 100 * number)
        while company.city + company.brand + company.trade in known:  # a registry gives a name once
            company = _company(rng, part, 100 * number)
        known.add(company.city + company.brand + company.trade)
        first = _account(rng, world, "fxiaoke", company, company.name, is_first=True)
        dice = number % 3
        if dice == 0:
            kind = writings[(number // 3) % len(writings)] if company.city else "foreign"
            name = company.name
            for step in (kind,) if rng.random() < 0.7 else (kind, rng.choice(writings)):
                name = WRITINGS[step](rng, part, company, name)
            second = _account(rng, world, "zoho" if rng.random() < 0.9 else "fxiaoke", company, name, is_first=False)
            world.same[_pair(first, second)] = kind
        elif dice == 1 and company.city:
            kind = list(LOOKALIKES)[(number // 3) % len(LOOKALIKES)]
            other, name = LOOKALIKES[kind](rng, part, company)
            if kind != "branch office" and other.city + other.brand + other.trade in known:
                continue
            known.add(other.city + other.brand + other.trade)
            second = _account(rng, world, "zoho" if rng.random() < 0.7 else "fxiaoke", other, name, is_first=True)
            world.alike[_pair(first, second)] = kind
    return world


def _pair(one: Account, other: Account) -> tuple[str, str]:
    return min(one.key, other.key), max(one.key, other.key)


def _company(rng: Random, part: str, number: int) -> Company:
    phone = (
        f"1{rng.randrange(3, 10)}{rng.randrange(10**9):09}"
        if rng.random() < 0.5
        else f"0{rng.randrange(10, 99)}-{rng.randrange(2, 9)}{rng.randrange(10**7):07}"
    )
    if rng.random() < 0.08:
        first, second = (words.split() for words in FOREIGN[part])
        brand = " ".join(
            "".join(rng.sample(first, 2 + (rng.random() < 0.4))).capitalize() for _ in range(1 + (rng.random() < 0.5))
        )
        return Company(
            number,
            "Germany",
            "",
            "",
            brand,
            rng.choice(second),
            rng.choice(("GmbH", "Co., Ltd.", "Inc.")),
            "",
            "Industrial Park",
            rng.randrange(1, 900),
            phone,
        )
    province, city, district = rng.choice(CITIES[part])
    signs = rng.sample(BRANDS[part], 3 if rng.random() < 0.35 else 2)
    return Company(
        number,
        province,
        city,
        district,
        "".join(signs),
        rng.choice(TRADES[part]),
        rng.choice(FORMS),
        _code(rng),
        rng.choice(STREETS[part]),
        rng.randrange(1, 1999),
        phone,
    )


def _code(rng: Random) -> str:
    body = "91" + f"{rng.randrange(110_000, 660_000)}" + "".join(rng.choices(ALPHABET, k=9))
    total = sum(ALPHABET.index(sign) * weight for sign, weight in zip(body, WEIGHTS, strict=True))
    return body + ALPHABET[(31 - total % 31) % 31]


def _account(rng: Random, world: World, crm: str, company: Company, name: str, *, is_first: bool) -> Account:
    """One record: what is known of the company there, written in somebody's way."""
    code = company.code if rng.random() < CODE else ""
    if code and rng.random() < 0.04:
        place = rng.randrange(17)
        code = code[:place] + rng.choice("0123456789") + code[place + 1 :]  # typed wrong
    phone = company.phone if rng.random() < PHONE else ""
    if phone and not is_first:
        phone = (
            f"1{rng.randrange(3, 10)}{rng.randrange(10**9):09}"
            if rng.random() < 0.15
            else rng.choice(("", "+86 ", "86-")) + phone.replace("-", rng.choice(("", "-", " ")))
        )
    address = _address(rng, company, is_first=is_first) if rng.random() < ADDRESS else ""
    account = Account(
        crm,
        f"{len(world.accounts):06}",
        name,
        code or None,
        company.province,
        company.city or None,
        address or None,
        phone or None,
    )
    world.accounts.append(account)
    world.owner[account.key] = company.number
    return account


def _address(rng: Random, company: Company, *, is_first: bool) -> str:
    if not company.city:
        return f"{company.door} {company.street}"
    door = company.door if is_first or rng.random() < 0.94 else rng.randrange(1, 1999)  # it has moved
    whole = f"{company.city}市{company.district}{company.street}{door}号"
    if is_first:
        return whole
    return rng.choice(
        (
            whole,
            f"{company.province}{whole}",
            f"{company.street}{door}号",
            f"{company.district}{company.street}{door}",
            f"{whole}{rng.randrange(1, 9)}号楼{rng.randrange(101, 999)}室",
            f"{company.city}{company.street} {door} 号",
        )
    )


def _one_sign(rng: Random, name: str, table: dict[str, str], city: str = "") -> str:
    start = len(city) if name.startswith(city) else 0  # cities are picked from a list
    places = [place for place, sign in enumerate(name) if sign in table and place >= start]
    if not places:
        return name
    place = rng.choice(places)
    return name[:place] + table[name[place]] + name[place + 1 :]


def _brackets(rng: Random, part: str, company: Company, name: str) -> str:
    left, right = rng.choice(("()", "（）", "【】", "[]", "〔〕"))
    short = name.removeprefix(company.city) if company.city else name
    return rng.choice(
        (
            f"{short}{left}{company.city}{right}",
            f"{company.brand}{left}{company.city}{right}{company.trade}{company.form}",
            name.replace("有限", " 有限"),
            f" {name}　",
            name.replace("股份", f"{left}股份{right}"),
        )
    )


def _form(rng: Random, part: str, company: Company, name: str) -> str:
    return name.replace(
        company.form,
        rng.choice(
            (
                "",
                "公司",
                "有限公司",
                "有限责任公司",
                company.form.replace("有限公司", "有限责任公司") if "责任" not in company.form else "有限公司",
            )
        ),
    )


def _region(rng: Random, part: str, company: Company, name: str) -> str:
    if not company.city:
        return name
    short = name.removeprefix(company.city)
    return rng.choice(
        (
            f"{company.province}{name}",
            f"{company.province}{company.city}市{short}",
            f"{company.city}市{short}",
            short,
            f"{company.province.removesuffix('省')}{short}",
        )
    )


def _slip(rng: Random, part: str, company: Company, name: str) -> str:
    """A sign forgotten, typed twice, or two in the wrong order, in the brand or the trade."""
    start = len(company.city) if name.startswith(company.city) else 0
    place = start + rng.randrange(max(len(company.brand + company.trade) - 1, 1))
    kind = rng.randrange(3)
    if kind == 0:
        return name[:place] + name[place + 1 :]
    if kind == 1:
        return name[: place + 1] + name[place:]
    return name[:place] + name[place + 1 : place + 2] + name[place : place + 1] + name[place + 2 :]


def _short(rng: Random, part: str, company: Company, name: str) -> str:
    if not company.city:
        return f"{company.brand} {company.trade}"
    return rng.choice(
        (
            f"{company.city}{company.brand}",
            f"{company.brand}{company.trade[:2]}",
            f"{company.city}{company.brand}{company.trade[:1]}",
            f"{company.brand}",
        )
    )


def _foreign(rng: Random, part: str, company: Company, name: str) -> str:
    if company.city:
        return name
    words = f"{company.brand} {company.trade}"
    place = rng.randrange(2, len(words) - 2)
    return rng.choice(
        (
            words.upper(),
            f"{company.trade} {company.brand} {company.form}",
            f"{words} Limited",
            words[:place] + words[place + 1 :] + f" {company.form}",
            f"{words}, {company.form.replace('.', '')}",
        )
    )


Write = Callable[[Random, str, Company, str], str]
WRITINGS: dict[str, Write] = {
    "as registered": lambda rng, part, company, name: name,
    "brackets, width, blanks": _brackets,
    "legal form": _form,
    "traditional characters": lambda rng, part, company, name: _traditional[part].convert(name),
    "region": _region,
    "wrong sign, same sound": lambda rng, part, company, name: _one_sign(rng, name, SOUNDS_LIKE, company.city),
    "wrong sign, same look": lambda rng, part, company, name: _one_sign(rng, name, LOOKS_LIKE, company.city),
    "wrong sign, any": lambda rng, part, company, name: _one_sign(
        rng, name, dict.fromkeys(name, rng.choice(BRANDS[part])), company.city
    ),
    "sign forgotten, doubled, swapped": _slip,
    "abbreviation": _short,
    "remark": lambda rng, part, company, name: name + rng.choice(REMARKS),
    "foreign": _foreign,
}
ONLY_IN = {"wrong sign, any": "lesson", "wrong sign, same look": "exam", "remark": "exam"}


def _branch(rng: Random, part: str, company: Company) -> tuple[Company, str]:
    _, city, district = rng.choice([place for place in CITIES[part] if place[1] != company.city])
    name = f"{company.name}{rng.choice((city, city + '市', f'({city})'))}{rng.choice(('分公司', '分公司', '办事处', '营业部'))}"
    other = replace(company, number=company.number + 1, code=_code(rng) if rng.random() < 0.6 else "")
    return (other if rng.random() < 0.3 else replace(other, city=city, district=district, door=rng.randrange(1, 1999))), name


def _sister(rng: Random, part: str, company: Company) -> tuple[Company, str]:
    other = replace(
        company,
        number=company.number + 1,
        trade=rng.choice([trade for trade in TRADES[part] if trade != company.trade]),
        code=_code(rng),
        phone=company.phone if rng.random() < 0.6 else _company(rng, part, 0).phone,
    )
    return other, other.name


def _namesake(rng: Random, part: str, company: Company) -> tuple[Company, str]:
    province, city, district = rng.choice([place for place in CITIES[part] if place[1] != company.city])
    other = replace(
        _company(rng, part, company.number + 1),
        province=province,
        city=city,
        district=district,
        brand=company.brand,
        trade=company.trade,
        form=company.form,
        code=_code(rng),
    )
    return other, other.name


def _neighbour(rng: Random, part: str, company: Company) -> tuple[Company, str]:
    other = replace(
        _company(rng, part, company.number + 1),
        province=company.province,
        city=company.city,
        district=company.district,
        street=company.street,
        door=company.door,
        form="有限公司",
        code=_code(rng),
    )
    return other, other.name


def _shared_phone(rng: Random, part: str, company: Company) -> tuple[Company, str]:
    other = replace(_neighbour(rng, part, company)[0], door=rng.randrange(1, 1999), phone=company.phone)
    return other, other.name


def _near(rng: Random, part: str, company: Company) -> tuple[Company, str]:
    """A company nearby whose name differs by one sign, often of the same sound."""
    brand = _one_sign(
        rng, company.brand, SOUNDS_LIKE if rng.random() < 0.5 else {sign: rng.choice(BRANDS[part]) for sign in company.brand}
    )
    brand = (
        brand
        if brand != company.brand
        else company.brand[:-1] + rng.choice([sign for sign in BRANDS[part] if sign != company.brand[-1]])
    )
    other = replace(
        _shared_phone(rng, part, company)[0],
        brand=brand,
        trade=company.trade,
        form=company.form,
        phone=_company(rng, part, 0).phone,
    )
    return other, other.name


def _group(rng: Random, part: str, company: Company) -> tuple[Company, str]:
    other = replace(company, number=company.number + 1, trade=rng.choice(("集团", "控股集团", "投资")), code=_code(rng))
    return other, other.name


Beside = Callable[[Random, str, Company], tuple[Company, str]]
LOOKALIKES: dict[str, Beside] = {
    "branch office": _branch,
    "sister at one address": _sister,
    "namesake in another city": _namesake,
    "neighbour at one address": _neighbour,
    "one phone": _shared_phone,
    "one sign apart, nearby": _near,
    "group and company": _group,
}
