"""Words from which the demo company's customers, places and notes are made. All are invented or generic.

What to add here: a word, a city, a sentence of a visit note.
What belongs elsewhere: who is whose customer (`customers.py`).
"""

from __future__ import annotations

# region -> (province, city, code of the administrative division, as in a unified social credit code)
CITIES = {
    "华东": (
        ("上海市", "上海", "310115"),
        ("江苏省", "苏州", "320505"),
        ("江苏省", "无锡", "320214"),
        ("江苏省", "常州", "320412"),
        ("浙江省", "杭州", "330110"),
        ("浙江省", "宁波", "330206"),
        ("浙江省", "台州", "331002"),
        ("安徽省", "合肥", "340123"),
    ),
    "华南": (
        ("广东省", "广州", "440112"),
        ("广东省", "深圳", "440306"),
        ("广东省", "佛山", "440605"),
        ("广东省", "东莞", "441900"),
        ("广西壮族自治区", "柳州", "450205"),
        ("福建省", "厦门", "350211"),
        ("福建省", "泉州", "350503"),
    ),
    "华北": (
        ("北京市", "北京", "110115"),
        ("天津市", "天津", "120116"),
        ("河北省", "唐山", "130209"),
        ("山东省", "济南", "370112"),
        ("山东省", "青岛", "370211"),
        ("山西省", "太原", "140105"),
        ("辽宁省", "沈阳", "210113"),
    ),
    "中西部": (
        ("湖北省", "武汉", "420114"),
        ("湖南省", "长沙", "430112"),
        ("河南省", "郑州", "410108"),
        ("四川省", "成都", "510112"),
        ("重庆市", "重庆", "500112"),
        ("陕西省", "西安", "610112"),
        ("江西省", "南昌", "360111"),
    ),
}
FOREIGN = (
    ("Germany", "Stuttgart"),
    ("Germany", "Hannover"),
    ("United States", "Houston"),
    ("United States", "Cleveland"),
    ("Vietnam", "Hai Phong"),
    ("Thailand", "Rayong"),
    ("India", "Pune"),
    ("Brazil", "Joinville"),
    ("Mexico", "Monterrey"),
    ("Turkey", "Bursa"),
    ("Poland", "Wroclaw"),
    ("Indonesia", "Bekasi"),
    ("United Arab Emirates", "Sharjah"),
    ("Italy", "Brescia"),
)
FIRST = (
    "恒瑞鼎盛华创伟达精诚永信宏泰金鹏立德凯盟嘉禾正源通和远博东升海纳"
    "中科万丰泰安新锐昌隆力拓润邦天工启明国润奥林佳航卓越长风顺达铭扬盛泽"
)
SECOND = "力锐通源泰信诚达昌远博恒峰创腾鑫捷邦润隆晟拓驰耀航翔盈辰"
TRADE = (
    ("机械", "机械制造"),
    ("重工", "工程机械"),
    ("装备制造", "机械制造"),
    ("自动化设备", "自动化"),
    ("机电", "机电设备"),
    ("冶金设备", "冶金"),
    ("化工机械", "化工"),
    ("工程机械", "工程机械"),
    ("环保设备", "环保"),
    ("风电科技", "新能源"),
    ("汽车零部件", "汽车"),
    ("包装机械", "轻工"),
    ("矿山机械", "矿山"),
    ("船舶配件", "船舶"),
    ("食品机械", "轻工"),
    ("纺织机械", "轻工"),
)
SMALL_TRADE = (
    ("五金机电", "经销"),
    ("机电商行", "经销"),
    ("轴承商贸", "经销"),
    ("液压维修", "维修"),
    ("密封件经营部", "经销"),
    ("设备维修", "维修"),
    ("工业品贸易", "经销"),
    ("模具厂", "机械制造"),
    ("泵阀", "机电设备"),
    ("传动设备", "机电设备"),
)
LEGAL_FORM = ("有限公司", "有限公司", "有限公司", "有限责任公司", "股份有限公司")
FOREIGN_FIRST = (
    "Nord",
    "Alpha",
    "Delta",
    "Vektor",
    "Prime",
    "Omega",
    "Summit",
    "Falcon",
    "Titan",
    "Orient",
    "Castor",
    "Baltic",
    "Andes",
    "Lotus",
    "Pioneer",
    "Meridian",
    "Atlas",
    "Kestrel",
    "Zenit",
    "Solar",
    "Ridge",
    "Harbor",
    "Cobalt",
    "Aster",
)
FOREIGN_SECOND = (
    "Bearings",
    "Hydraulics",
    "Industrial Supply",
    "Seals",
    "Machinery",
    "Motion",
    "Drive Technology",
    "Components",
    "Tools",
    "Fluid Power",
)
FOREIGN_FORM = {
    "Germany": "GmbH",
    "United States": "Inc.",
    "Vietnam": "Co., Ltd.",
    "Thailand": "Co., Ltd.",
    "India": "Pvt. Ltd.",
    "Brazil": "Ltda.",
    "Mexico": "S.A. de C.V.",
    "Turkey": "A.S.",
    "Poland": "Sp. z o.o.",
    "Indonesia": "PT",
    "United Arab Emirates": "LLC",
    "Italy": "S.r.l.",
}
DISTRICTS = ("高新区", "经济开发区", "工业园区", "保税区", "城北新区")
STREETS = ("创业", "工业", "兴业", "科技", "振兴")
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉建国志文海云飞鹏辉婷慧宇浩欣雪"
TITLES = ("采购经理", "设备主管", "采购主管", "生产厂长", "总经理", "技术总工", "仓储主管")
LEAD_SOURCES = ("展会", "官网咨询", "老客户介绍", "电话开发", "行业平台", "招标信息")
ZOHO_LEAD_SOURCES = ("Trade Show", "Web Research", "Customer Referral", "Cold Call", "Online Store", "Partner")
LOSS_REASONS = ("价格偏高", "交期不满足", "竞品替代", "项目取消", "技术不匹配")
ZOHO_LOSS_REASONS = ("Price", "Competition", "Delivery Time", "Project Cancelled", "Quality")
RETURN_REASONS = ("质量问题", "型号错发", "客户多订", "包装破损")
SCENES = ("客户拜访", "技术交流", "催收货款", "投诉处理", "样品送测")
VISIT_NOTES = (
    "与{contact}沟通{product}的用量计划,本季度预计追加采购,下周提交正式报价。",
    "现场查看{product}的使用情况,设备运行正常,客户反馈交期可再缩短两天。",
    "拜访{contact},确认年度框架协议续签条款,对方希望账期由六十天放宽到九十天。",
    "跟进{product}样品测试进度,技术部已出具报告,等待采购流程审批后下单。",
    "核对往来账目并催收到期货款,{contact}承诺月底前安排付款,已留存对账单。",
    "介绍{product}新规格的性能与价格,客户对替换进口件有兴趣,约定下次带样品。",
    "处理{product}的质量反馈,已安排更换并说明原因,{contact}表示认可处理结果。",
    "了解竞品报价情况,{contact}透露同类{product}价格低约百分之五,需要申请政策支持。",
)
SHORT_NOTES = ("已拜访", "客户不在", "送资料", "路过看看", "例行拜访")
