"""What stands in a cell of somebody else's spreadsheet: ages, heights, names and phones as people write them."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from pypinyin import lazy_pinyin

from benchmarks import foreign_sheets_tables as tables
from benchmarks.generator_names import Name, chinese_name, romanised
from benchmarks.generator_people import Child
from benchmarks.generator_tables import Rates
from matching.places import Place, ancestors


@dataclass(frozen=True, slots=True)
class Case:
    """A child, what a report of one side says about it, and the number of its row."""

    child: Child
    row: dict[str, str]
    number: int


@dataclass(frozen=True, slots=True)
class Style:
    """How the keeper of a sheet writes."""

    random: Random
    english: bool
    date: str
    dates: tuple[str, ...]
    sex: tuple[str, str]
    kind: tuple[str, str]
    unknown: str
    code: str
    photo: str
    phone: int
    decorated: bool
    officers: tuple[str, ...]


def person(random: Random, english: bool) -> str:
    """Somebody's name, as the sheet writes names."""
    name = chinese_name(random, random.choice(("female", "male")))
    return romanised(random, name) if english else name.full


def cell(column: str, case: Case, style: Style, header: str) -> str:
    """What stands in a row under a header; the unknown is left empty or said to be unknown."""
    value = _CELLS[column](case, style, header) if column in _CELLS else _plain(column, case, style)
    if not value and column not in ("empty", "tick", "note", "checked"):
        return style.unknown if style.random.random() < 0.4 else ""
    return value


def _plain(column: str, case: Case, style: Style) -> str:
    if column in tables.PLAIN:
        return style.random.choice(tables.PLAIN[column][style.english].split("|"))
    return case.row.get(column, "")


class KeptRates(Rates):
    """The rates of a sheet: in one language, about people found soon or not, from here or from abroad."""

    __slots__ = ("_always",)

    def __init__(self, name: str, always: dict[str, float]) -> None:
        super().__init__(name)
        self._always = always

    def happens(self, random: Random, what: str) -> bool:
        """Whether it happens this time."""
        return random.random() < self._always[what] if what in self._always else super().happens(random, what)


def _day(text: str, style: Style) -> str:
    form = style.date if style.random.random() < 0.88 else style.random.choice(style.dates)
    return tables.day(text, style.english, form)


def _recent(case: Case, style: Style, header: str) -> str:
    day = date(2016, 1, 1) + timedelta(days=style.random.randrange(3800))
    return _day(day.isoformat(), style)


def _soon_after(case: Case, style: Style, header: str) -> str:
    return _day(
        (case.child.lost + timedelta(days=style.random.choice((0, 0, 1, 1, 2, 4, 30)))).isoformat(), style
    )


def _age(case: Case, style: Style, header: str) -> str:
    random = style.random
    age = case.row["age_at_event"] or (str(case.child.age) if random.random() < 0.8 else "")
    if not age or not style.decorated:
        return age
    if style.english:
        return random.choice((f"{age} yrs", f"{age} years", f"about {age}", age, f"{age}y"))
    return random.choice((f"{age}岁", f"{age}岁", f"{age} 岁", f"约{age}岁", f"{age}周岁", f"{age}岁左右"))


def _height(case: Case, style: Style, header: str) -> str:
    random, cm = style.random, case.child.height_cm + style.random.randint(-3, 3)
    if random.random() < 0.3:
        return ""
    if re.search(r"cm|厘米", header, re.IGNORECASE) and random.random() < 0.9:
        return str(cm)
    if "ft" in header or "英尺" in header:
        return f"{round(cm / 2.54) // 12}'{round(cm / 2.54) % 12}\""
    if style.english:
        return random.choice((f"{cm} cm", f"{cm}cm", f"{cm / 100:.2f} m", f"about {cm}"))
    return random.choice(
        (f"{cm}cm", f"{cm}厘米", f"{cm // 100}米{cm % 100:02d}", f"{cm / 100:.2f}米", f"约{cm}", str(cm))
    )


def _blood(case: Case, style: Style, header: str) -> str:
    random, blood = style.random, case.row["blood_type"] or case.child.blood
    if random.random() < 0.35:
        return ""
    return (
        blood if style.english or not style.decorated else random.choice((f"{blood}型", f"{blood}型", blood))
    )


def _weight(case: Case, style: Style, header: str) -> str:
    kg = round(case.child.height_cm * 0.24 - 9 + style.random.random() * 4) + 4
    return str(kg * 2) if "斤" in header else f"{kg}{'' if 'kg' in header else 'kg'}"


def _dna(case: Case, style: Style, header: str) -> str:
    random = style.random
    if re.search(r"编号|no\.|ref", header, re.IGNORECASE):
        return (
            f"{'D' if style.english else 'XY'}{random.randrange(10**7):07d}" if random.random() < 0.7 else ""
        )
    if "时间" in header:
        return _recent(case, style, header) if random.random() < 0.7 else ""
    return random.choice(
        ("yes", "no", "Y", "pending") if style.english else ("已采血", "未采", "是", "否", "已入库")
    )


def _name(case: Case, style: Style, header: str) -> str:
    return case.row["name"]


def _part(case: Case, style: Style, given: bool) -> str:
    part = case.child.name.given if given else case.child.name.surname
    return "".join(lazy_pinyin(part)).title() if style.english and not case.child.name.latin else part


def _reporter(case: Case, style: Style, header: str) -> str:
    name = case.row["reporter_name"]
    return romanised(style.random, Name(name[0], name[1:])) if style.english and not name.isascii() else name


def _phone(case: Case, style: Style, header: str) -> str:
    number = case.row["reporter_phone"]
    split = f"{number[:3]} {number[3:7]} {number[7:]}"
    return (number, split, split.replace(" ", "-"), f"+86 {number}")[style.phone]


def _officer_phone(case: Case, style: Style, header: str) -> str:
    return f"100{style.random.randrange(10**8):08d}"


def _relation(case: Case, style: Style, header: str) -> str:
    said = case.row["reporter_relation"]
    return tables.RELATIONS[said] if style.english else said


def _relatives(case: Case, style: Style, header: str) -> str:
    if style.english:
        return case.row["relatives"].replace(":", " ").replace(";", ", ")
    return case.row["relatives"].replace(":", style.random.choice(("：", "", " "))).replace(";", "，")


def _relative(*roles: str) -> Callable[[Case, Style, str], str]:
    def said(case: Case, style: Style, header: str) -> str:
        names = [name for role, name in case.child.relatives if role in roles]
        if style.random.random() < (0.25 if case.row["kind"] == "missing" else 0.6):
            return ""
        return "、".join(romanised(style.random, n) if style.english else n.full for n in names)

    return said


def _birth_part(number: int) -> Callable[[Case, Style, str], str]:
    def said(case: Case, style: Style, header: str) -> str:
        parts = re.match(r"(?:lunar:)?(\d{4})(?:-L?(0\d|1[012]))?(?:-(\d\d))?", case.row["birth_date"])
        return (parts[number] or "").lstrip("0") if parts else ""

    return said


def _level(level: str, place_of: Callable[[Case], Place]) -> Callable[[Case, Style, str], str]:
    def said(case: Case, style: Style, header: str) -> str:
        place = place_of(case)
        for one in (*ancestors(place), place):
            if one.level == level:
                return one.name_en if style.english or not one.name_zh else one.name_zh
        return ""

    return said


def _side_place(case: Case) -> Place:
    return case.child.lost_at if case.row["kind"] == "missing" else case.child.found_at


def _id(case: Case, style: Style, header: str) -> str:
    # 00 is no province: nobody has such a number.
    return f"00{style.random.randrange(10**4):04d}{style.random.randint(1960, 2010)}{style.random.randrange(10**8):08d}"


def _side_day(case: Case, style: Style, header: str) -> str:
    return _day(case.row["event_date" if case.row["kind"] == "missing" else "found_date"], style)


def _side_said(case: Case, style: Style, header: str) -> str:
    return case.row["place_event" if case.row["kind"] == "missing" else "place_found"]


def _sex(case: Case, style: Style, header: str) -> str:
    return {"male": style.sex[0], "female": style.sex[1]}.get(case.row["sex"], "")


def _origin(case: Case, style: Style, header: str) -> str:
    return tables.ORIGINS[case.row["name_origin"]][style.english] if case.row["name_origin"] else ""


def _photo(case: Case, style: Style, header: str) -> str:
    return style.photo.format(case.number * 3 + 100) if style.random.random() < 0.8 else ""


def _link(case: Case, style: Style, header: str) -> str:
    return f"https://example.org/{'case' if style.english else 'thread'}/{style.random.randrange(10**6)}"


def _row(column: str) -> Callable[[Case, Style, str], str]:
    return lambda case, style, header: case.row[column]


def _date(column: str) -> Callable[[Case, Style, str], str]:
    return lambda case, style, header: _day(case.row[column], style)


_CELLS: dict[str, Callable[[Case, Style, str], str]] = {
    **dict.fromkeys(("serial", "serial_blank"), lambda case, style, header: str(case.number)),
    **dict.fromkeys(("code", "patient"), lambda case, style, header: style.code.format(case.number * 7 + 11)),
    **dict.fromkeys(("birth", "birth_guess"), _date("birth_date")),
    **dict.fromkeys(("event_date", "event_date_self"), _date("event_date")),
    "entry_date": _recent, "report_date": _soon_after,
    **dict.fromkeys(("place_event", "place_event_self"), _row("place_event")),
    **dict.fromkeys(("home", "home_self"), _row("place_home")),
    **dict.fromkeys(("id_number", "reporter_id"), _id),
    **dict.fromkeys(("sex", "sex_blank"), _sex),
    **dict.fromkeys(("age", "age_then"), _age),
    **dict.fromkeys(("name", "given_name_now"), _name),
    **{column: _level(level, lambda case: case.child.home) for column, level in (
        ("home_merged", "province"), ("merged_city", "city"), ("merged_county", "county"),
        ("home_province", "province"), ("home_city", "city"), ("home_county", "county"))},
    **{f"ev_{level}": _level(level, lambda case: case.child.lost_at) for level in ("province", "city", "county")},
    **{level: _level(level, _side_place) for level in ("province", "city", "county")},
    "kind": lambda case, style, header: style.kind[case.row["kind"] == "found"],
    "first": lambda case, style, header: _part(case, style, True),
    "last": lambda case, style, header: _part(case, style, False),
    "alias": _row("other_names"),
    "origin": _origin,
    "birth_y": _birth_part(1), "birth_m": _birth_part(2), "birth_d": _birth_part(3),
    "age_now": lambda case, style, header: str(2026 - case.child.born.year),
    "any_date": _side_day, "found_date": _date("found_date"),
    "any_place": _side_said,
    "lives": _row("place_found"), "place_found": _row("place_found"),
    "height": _height, "height_ft": _height, "weight": _weight, "blood": _blood, "dna": _dna,
    "shoe": lambda case, style, header: str(style.random.randint(20, 36)),
    "note_marks": _row("marks"), "note_memories": _row("memories"),
    "languages": lambda case, style, header: case.row["languages"].replace(";", ", " if style.english else "、"),
    "relatives": _relatives, "father": _relative("father"), "mother": _relative("mother"),
    "siblings": _relative("older_brother", "older_sister", "younger_brother"),
    "photo": _photo,
    "reporter": _reporter, "relation": _relation, "phone": _phone, "email": _row("reporter_email"),
    "officer": lambda case, style, header: style.random.choice(style.officers), "officer_phone": _officer_phone,
    "county_code": lambda case, style, header: case.child.lost_at.code,
    "reporter_address": _row("place_home"),
    "link": _link,
    "empty": lambda case, style, header: "",
}  # fmt: skip
