"""What the demo company sells: three product lines of industrial parts, with list prices in whole yuan excluding VAT.

What to add here: a product.
What belongs elsewhere: what it is sold for (`sales.py`), how a CRM lists products (`zoho.py`, `fxiaoke.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

VAT = 13  # per cent; also a decision of the company, tax_rates.csv
LINES = ("传动部件", "密封元件", "液压气动")


@dataclass(frozen=True, slots=True)
class Product:
    """An article with its list price in yuan."""

    index: int
    code: str
    name: str
    line: str
    unit: str
    price: int
    usd: int  # list price abroad, in dollars

    @property
    def fxiaoke_id(self) -> str:
        """The product's id in Fxiaoke."""
        return f"5f3b2c{self.index:04x}a1b2c3d4e5{self.index:04x}"

    @property
    def zoho_id(self) -> str:
        """The product's id in Zoho."""
        return f"543700000000{4_000_000 + self.index * 13:07}"


_TABLE = """
TD-1010 深沟球轴承 6208-2RS       传动部件 盒 168
TD-1020 圆锥滚子轴承 30210        传动部件 盒 265
TD-1030 调心滚子轴承 22220        传动部件 套 1380
TD-1040 直线导轨滑块 HGW25        传动部件 套 460
TD-1050 滚珠丝杠 SFU2510          传动部件 根 980
TD-2010 斜齿轮减速机 R47          传动部件 台 3650
TD-2020 行星减速机 PLF090         传动部件 台 2280
TD-2030 梅花联轴器 GR38           传动部件 件 128
TD-2040 同步带轮 HTD8M            传动部件 件 96
MF-1010 骨架油封 TC60-85          密封元件 盒 88
MF-1020 O型密封圈套装 NBR         密封元件 盒 56
MF-1030 机械密封 109-45           密封元件 套 520
MF-1040 活塞杆密封 U形圈          密封元件 盒 142
MF-2010 金属缠绕垫片 DN100        密封元件 盒 215
MF-2020 柔性石墨盘根              密封元件 卷 186
MF-2030 集装式机封 CM-50          密封元件 套 2460
YY-1010 液压齿轮泵 CBN-20         液压气动 台 760
YY-1020 变量柱塞泵 A10V45         液压气动 台 6850
YY-1030 电磁换向阀 4WE6           液压气动 件 385
YY-1040 比例溢流阀 DBE10          液压气动 件 2980
YY-2010 标准气缸 SC80             液压气动 件 246
YY-2020 气源处理三联件            液压气动 套 318
YY-2030 液压油缸 HSG100           液压气动 台 1950
YY-2040 蓄能器 NXQ-25             液压气动 台 2650
"""


def catalogue() -> tuple[Product, ...]:
    """All products, by code."""
    rows = []
    for index, line in enumerate(_TABLE.strip().splitlines(), start=1):
        code, *name, product_line, unit, price = line.split()
        rows.append(Product(index, code, " ".join(name), product_line, unit, int(price), max(round(int(price) / 6.2), 9)))
    return tuple(rows)
