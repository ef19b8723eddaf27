"""Names, addresses, phones and codes are read as what they say, however they were typed."""

from __future__ import annotations

import pytest

from identity.codes import is_valid_code, written_code
from identity.names import read_address, read_name, read_phone


@pytest.mark.parametrize(
    ("name", "city", "read"),
    [
        ("上海恒瑞机械有限公司", "", ("恒瑞机械", "上海", "limited", "")),
        ("上海市恒瑞机械（股份）有限公司", "", ("恒瑞机械", "上海", "joint_stock", "")),
        ("江苏省苏州恒瑞机械有限责任公司", "", ("恒瑞机械", "苏州", "limited", "")),
        ("恒瑞機械【蘇州】", "", ("恒瑞机械", "苏州", "", "")),
        ("上海恒瑞（集團）股份有限公司", "", ("恒瑞集团", "上海", "joint_stock", "")),
        ("恒瑞机械(上海)有限公司(旧)", "", ("恒瑞机械", "上海", "limited", "")),
        ("靖江恒瑞机械有限公司", "靖江", ("恒瑞机械", "靖江", "limited", "")),
        ("上海阳江商贸有限公司", "", ("阳江商贸", "上海", "limited", "")),
        ("上海有限公司", "", ("上海", "", "limited", "")),
        ("北京恒瑞机械有限公司上海市分公司", "", ("恒瑞机械", "北京", "limited", "上海分公司")),
        ("恒瑞机械有限公司（上海）办事处", "", ("恒瑞机械", "", "limited", "上海办事处")),
        ("厦门丰图星电子公司", "", ("丰图星电子", "厦门", "", "")),
        ("Nord Bearings, Co., Ltd.", "", ("nordbearings", "", "limited", "")),
        ("ＰＴ　Falcon Tools", "", ("falcontools", "", "limited", "")),
        (None, "", ("", "", "", "")),
    ],
)
def test_a_name_is_taken_apart(name: str | None, city: str, read: tuple[str, ...]) -> None:
    its = read_name(name, city)
    assert (its.core, its.place, its.form, its.branch) == read


def test_an_address_is_its_street_and_number() -> None:
    written = ["苏州市经济开发区工业路766号", "江苏省苏州市吴中区工业路 766 号A座", "工业路七六六号", "Industrial Park 12, Pune"]
    assert [read_address(text)[1] for text in written] == ["工业路766", "工业路766", "工业路766", "industrialpark12pune"]


def test_a_phone_is_its_last_eight_digits() -> None:
    written = ["+86 138-0013-8000", "13800138000", "021-61234567转8", "61234567/61234568", "12", None]
    assert [read_phone(text) for text in written] == ["00138000", "00138000", "61234567", "61234567", "", ""]


def test_a_code_is_right_by_its_check_character() -> None:
    code = written_code(" ９1320505xube8tnrd4 ")
    assert (code, is_valid_code(code), is_valid_code(code[:-1] + "5"), is_valid_code("91110000A")) == (
        "91320505XUBE8TNRD4", True, False, False,
    )
