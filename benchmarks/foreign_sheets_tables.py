"""The words that stand in other people's spreadsheets, and days as people write them."""

import re

DATE_FORMS = {
    "zh": ("年月日", "-", ".", "short", "/", "compact", "excel"),
    "tw": ("年月日", "roc", "/", "-"),
    "en": ("dmy", "mdy", "d Mon y", "Mon d, y", "-", "excel"),
}
SEXES = {
    "zh": (("男", "女"), ("男", "女"), ("男性", "女性"), ("M", "F"), ("男孩", "女孩"), ("男童", "女童"), ("m", "f")),
    "en": (("M", "F"), ("Male", "Female"), ("boy", "girl"), ("male", "female"), ("m", "f"), ("Boy", "Girl")),
}  # fmt: skip
UNKNOWN = {
    "zh": ("", "不详", "未知", "-", "/", "无", "不清楚"),
    "en": ("", "unknown", "N/A", "-", "n/k", "?"),
}
KINDS = {
    "zh": (("家寻宝贝", "宝贝寻家"), ("寻子", "寻家"), ("失踪", "受助"), ("走失", "发现"), ("家寻亲人", "本人寻家")),
    "en": (("Missing", "Found"), ("M", "F"), ("missing child", "found child"), ("MISSING", "FOUND")),
}  # fmt: skip
ORIGINS = {
    "birth": ("亲生父母取名", "birth name"), "told_by_child": ("本人自述", "told by child"),
    "given_later": ("站内取名", "given by staff"), "unknown": ("不详", "unknown"),
}  # fmt: skip
RELATIONS = {
    "父亲": "father", "母亲": "mother", "亲属": "relative", "救助站": "shelter", "志愿者": "volunteer",
    "派出所": "police station", "福利院": "children's home", "养父母": "adoptive parents", "本人": "self",
}  # fmt: skip
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SEASONS = {21: ("春天", "spring"), 22: ("夏天", "summer"), 23: ("秋天", "autumn"), 24: ("冬天", "winter")}
PLAIN = {
    "status": ("未找到|在寻|寻找中|已立案|待核实|撤案", "open|Open|pending|under review|closed|active"),
    "note": (
        "|||已电话联系|待核实|资料不全，需补|转交志愿者|家属在外地|重复？|已回访",
        "||called twice|to be verified|duplicate?|file incomplete|call back in May|sent to HQ",
    ),
    "unit": ("城关派出所|刑警大队|东街派出所|桥头派出所", "Central station|Station 4|River precinct|HQ"),
    "ethnic": ("汉|汉族|汉族|彝族|苗族|回族|壮族", "Han|Han|Yi|Miao|Hui|unknown"),
    "nationality": ("中国|中国|越南|缅甸", "China|Vietnam|Myanmar|Chinese|Egypt|Russia"),
    "has_photo": ("有|有|无", "Y|Y|N"),
    "checked": ("是|否|√|", "Y|N|yes|"),
    "tick": ("√||√|x", "x||x|"),
    "diagnosis": (
        "健康|良好|上呼吸道感染|营养不良|唐氏综合征|脑瘫|腹泻",
        "healthy|good|fever|malnourished|cough|none noted",
    ),
    "bed": ("3床|12床|2楼205|5床|儿童部1室|加床", "B2|B7|room 4|ward 1|A12"),
    "school": ("小学|未上学|幼儿园|小学二年级|初中", "none|kindergarten|primary|grade 2"),
    "language": ("中文|中文|普通话|英语|越南语", "English|Chinese|zh|Mandarin|Vietnamese|en"),
}  # fmt: skip


def day(text: str, english: bool, form: str) -> str:
    """A day of the exchange format in people's words."""
    if between := re.fullmatch(r"(\d{4})/(\d{4})", text):
        return f"between {between[1]} and {between[2]}" if english else f"{between[1]}-{between[2]}年"
    parts = re.fullmatch(r"(lunar:)?(\d{4})(?:-L?(\d\d))?(?:-(\d\d))?([~?])?", text)
    if not parts:
        return text
    if parts[1] or "~" in text:  # nobody writes these in the forms of machines
        form = "d Mon y" if english else "年月日"
    year, month, date = (int(parts[n] or 0) for n in (2, 3, 4))
    said = _day_en(year, month, date, form) if english else _day_zh(year, month, date, form)
    if parts[1]:
        said = f"{said} (lunar)" if english else f"农历{said}"
    if parts[5]:
        said = f"about {said}" if english else (f"约{said}", f"{said}左右", f"大概{said}")[year % 3]
    return said


def _day_zh(year: int, month: int, day: int, form: str) -> str:
    if month in _SEASONS:
        return f"{year}年{_SEASONS[month][0]}"
    if not month:
        return str(year) if form in ("-", "compact", ".") else f"{year}年"
    if form in ("年月日", "roc"):
        written = f"{year}年" if form == "年月日" else f"民國{year - 1911}年"
        return f"{written}{month}月" + (f"{day}日" if day else "")
    if not day:
        return {"short": f"{year % 100:02d}.{month}", ".": f"{year}.{month}", "-": f"{year}-{month:02d}"}.get(
            form, f"{year}年{month}月"
        )
    return {
        "-": f"{year}-{month:02d}-{day:02d}",
        ".": f"{year}.{month}.{day}",
        "short": f"{year % 100:02d}.{month}.{day}",
        "/": f"{year}/{month}/{day}",
        "compact": f"{year}{month:02d}{day:02d}",
        "excel": f"{year}-{month:02d}-{day:02d} 00:00:00",
    }[form]


def _day_en(year: int, month: int, day: int, form: str) -> str:
    if month in _SEASONS:
        return f"{_SEASONS[month][1]} {year}"
    if not month:
        return str(year)
    name = _MONTHS[month - 1]
    if not day:
        return f"{month:02d}/{year}" if form in ("dmy", "mdy") else f"{name} {year}"
    return {
        "dmy": f"{day:02d}/{month:02d}/{year}",
        "mdy": f"{month:02d}/{day:02d}/{year}",
        "d Mon y": f"{day} {name} {year}",
        "Mon d, y": f"{name} {day}, {year}",
        "-": f"{year}-{month:02d}-{day:02d}",
        "excel": f"{year}-{month:02d}-{day:02d} 00:00:00",
    }[form]
