"""Reports about an invented child: the family's, and the one of those who found it, with the errors of rates.toml."""

from dataclasses import dataclass, field
from random import Random

import opencc

from benchmarks import generator_dates as dates
from benchmarks import generator_names as names
from benchmarks import generator_people as people
from benchmarks import generator_words as words
from benchmarks.generator_people import Child
from benchmarks.generator_tables import Rates
from matching.places import Place, province_of

COLUMNS = (
    "kind", "source_id", "name", "other_names", "name_origin", "sex", "birth_date", "age_at_event", "event_date",
    "found_date", "place_event", "place_home", "place_found", "height_cm", "blood_type", "marks", "clothing",
    "belongings", "relatives", "languages", "memories", "photo", "reporter_name", "reporter_relation", "reporter_phone",
    "reporter_email", "language",
)  # fmt: skip
"""The columns of the exchange format, in its order."""
_ROLES = {
    "father": ("父亲", "father"), "mother": ("母亲", "mother"), "older_brother": ("哥哥", "older brother"),
    "older_sister": ("姐姐", "older sister"), "younger_brother": ("弟弟", "younger brother"),
    "grandfather": ("爷爷", "grandfather"),
}  # fmt: skip
_TO_TRADITIONAL = opencc.OpenCC("s2t")
_SAID = (
    "name",
    "other_names",
    "place_event",
    "place_home",
    "place_found",
    "marks",
    "clothing",
    "belongings",
    "relatives",
    "memories",
)


@dataclass(slots=True)
class Report:
    """A report while it is written."""

    child: Child
    random: Random
    rates: Rates
    kind: str
    english: bool
    cells: dict[str, str] = field(default_factory=dict)

    def happens(self, what: str) -> bool:
        """Whether it happens in this report."""
        return self.rates.happens(self.random, what)

    def text(self, name: names.Name) -> str:
        """A name as this report writes names."""
        return names.romanised(self.random, name) if self.english or self.happens("romanised") else name.full

    def row(self, source_id: str) -> dict[str, str]:
        """All columns, in order."""
        if not self.english and self.happens("traditional"):
            self.cells |= {column: _TO_TRADITIONAL.convert(self.cells.get(column, "")) for column in _SAID}
        self.cells |= {
            "kind": self.kind,
            "source_id": source_id,
            "language": "en" if self.english else "zh-Hans",
        }
        return {column: self.cells.get(column, "") for column in COLUMNS}


def missing(child: Child, random: Random, rates: Rates, source_id: str) -> dict[str, str]:
    """What the family files."""
    report = Report(
        child,
        random,
        rates,
        "missing",
        rates.happens(random, "english") or child.origin not in ("zh", "my", "vi"),
    )
    cells, english = report.cells, report.english
    cells["name"] = report.text(child.name)
    cells["other_names"] = _nickname(report) if report.happens("nickname_missing") else ""
    cells["name_origin"] = "birth" if report.happens("name_origin_known") else ""
    cells["birth_date"] = dates.stated(random, child.born, rates.one_of(random, "birth_missing_is"))
    cells["event_date"] = dates.stated(random, child.lost, rates.one_of(random, "event_missing_is"))
    if report.happens("event_age_missing"):
        cells["age_at_event"] = str(_age(report))
    cells["place_event"] = _place(report, child.lost_at, rates.one_of(random, "place_missing_is"))
    cells["place_home"] = _place(report, child.home, "county" if random.random() < 0.85 else "none")
    _body(report, "blood_known_missing")
    cells["marks"] = _join(
        report, [words.say_mark(random, m, english) for m in child.marks if report.happens("mark_known")]
    )
    _worn(report, "clothing_missing")
    known = {"father": "father_missing", "mother": "mother_missing"}
    told = [
        (role, name) for role, name in child.relatives if report.happens(known.get(role, "sibling_missing"))
    ]
    cells["relatives"] = ";".join(f"{_ROLES[role][english]}:{report.text(name)}" for role, name in told)
    shared = [m for m in child.memories if report.happens("memory_shared")]
    cells["memories"] = _join(report, [words.say(random, m, english) for m in shared])
    cells["languages"] = _languages(report)
    files = next((role for role in ("father", "mother") if role in dict(told)), "")
    _reporter(report, dict(told).get(files), _ROLES[files][0] if files else "亲属")
    return report.row(source_id)


def found(child: Child, random: Random, rates: Rates, source_id: str) -> dict[str, str]:
    """What the shelter, the police or the person grown up files."""
    report = Report(child, random, rates, "found", rates.happens(random, "english"))
    cells, english = report.cells, report.english
    _found_name(report)
    cells["birth_date"] = dates.stated(random, child.born, rates.one_of(random, "birth_found_is"))
    cells["event_date"] = dates.stated(random, child.lost, rates.one_of(random, "event_found_is"))
    if not cells["birth_date"] or random.random() < 0.3:
        age = _age(report)
        cells["age_at_event"] = random.choice((str(age), f"{max(0, age - 1)}-{age + 1}", f"{age}-{age + 1}"))
    cells["found_date"] = child.found.isoformat() if random.random() < 0.7 else str(child.found.year)
    cells["place_event"] = _place(report, child.lost_at, rates.one_of(random, "place_found_is"))
    cells["place_home"] = _place(report, child.home, rates.one_of(random, "place_found_is"))
    cells["place_found"] = _place(report, child.found_at, "county")
    _body(report, "blood_known_found")
    seen = [m for m in child.marks if report.happens("mark_found")]
    cells["marks"] = _join(report, [words.say_mark(random, m, english, rates) for m in seen])
    _worn(report, "clothing_found")
    cells["relatives"] = ";".join(_remembered_relatives(report))
    remembered = [m for m in child.memories if random.random() < 0.7] if child.age >= 2 else []
    cells["memories"] = _join(report, [words.say(random, m, english) for m in remembered])
    cells["languages"] = _languages(report) if random.random() < 0.6 else ""
    clerk = names.chinese_name(random, random.choice(("female", "male")))
    grown = (child.found - child.born).days > 16 * 365
    others = ("救助站", "志愿者", "派出所") if grown else ("救助站", "福利院", "养父母", "派出所")
    _reporter(report, clerk, "本人" if grown and random.random() < 0.6 else random.choice(others))
    return report.row(source_id)


def _found_name(report: Report) -> None:
    child, random, cells = report.child, report.random, report.cells
    how = report.rates.one_of(random, "name_is")
    if how == "told" and child.age < 2:
        how = "later"
    origin = {"birth": "birth", "told": "told_by_child", "later": "given_later", "none": ""}[how]
    if how == "birth":
        cells["name"] = report.text(child.name)
    elif how == "later":
        cells["name"] = report.text(names.chinese_name(random, child.sex))
    elif how == "told":
        cells["name"] = _told(report)
    if how != "none" and child.age >= 2 and report.happens("nickname_found"):
        spelt = child.nickname if child.name.latin else names.said(random, child.nickname, report.rates)
        cells["other_names"] = "" if spelt == cells["name"] else spelt
    cells["name_origin"] = (
        origin if not origin or report.happens("name_origin_known") else random.choice(("unknown", ""))
    )


def _told(report: Report) -> str:
    """The name as the child said it: part of it, by sound."""
    child, random = report.child, report.random
    if child.name.latin:
        return names.misspelt(random, child.name.given if report.happens("surname_lost") else child.name.full)
    if report.happens("nickname_only"):
        heard = names.Name("", names.said(random, child.nickname, report.rates))
    else:
        surname = (
            "" if report.happens("surname_lost") else names.said(random, child.name.surname, report.rates)
        )
        given = names.said(random, child.name.given, report.rates)
        heard = names.Name(surname, given if surname or random.random() < 0.7 else "小" + given[-1])
    return report.text(heard)


def _remembered_relatives(report: Report) -> list[str]:
    child, random = report.child, report.random
    known = {"father": "father_found", "mother": "mother_found"}
    lines = []
    for role, name in child.relatives:
        if child.age >= 3 and report.happens(known.get(role, "sibling_found")):
            if not name.latin and report.happens("relative_by_sound"):
                surname = names.said(random, name.surname, report.rates)
                name = names.Name(surname, names.said(random, name.given, report.rates))
            lines.append(f"{_ROLES[role][report.english]}:{report.text(name)}")
    return lines


def _nickname(report: Report) -> str:
    return (
        names.romanised(report.random, names.Name("", report.child.nickname))
        if report.english
        else report.child.nickname
    )


def _age(report: Report) -> int:
    return report.child.age + (report.random.choice((1, 1, 2)) if report.happens("age_nominal") else 0)


def _place(report: Report, place: Place, how: str) -> str:
    random, english = report.random, report.english
    if how == "none":
        return ""
    if how == "neighbour":
        return people.written(people.neighbour(random, place), "county", english, random)
    if how == "wrong_province":
        place, how = people.county(random), "province"
    if how == "street":
        said, spot = people.written(place, "county", english, random), words.streets(random, english)
        return f"{spot}, {said}" if english else said + spot
    return people.written(place, how, english, random)


def _body(report: Report, blood_known: str) -> None:
    child, random, cells = report.child, report.random, report.cells
    other = "male" if child.sex == "female" else "female"
    cells["sex"] = (
        "" if report.happens("sex_missing") else other if report.happens("sex_wrong") else child.sex
    )
    if report.happens(blood_known):
        wrong = report.happens("blood_wrong")
        cells["blood_type"] = (
            random.choice([b for b in ("A", "B", "O", "AB") if b != child.blood]) if wrong else child.blood
        )
        cells["blood_type"] += "+" if random.random() < 0.15 else ""
    soon = report.kind == "missing" or (child.found - child.lost).days < 200
    if soon and report.happens("height_known"):
        cells["height_cm"] = str(child.height_cm + random.randint(-4, 4))


def _worn(report: Report, rate: str) -> None:
    child, random, english = report.child, report.random, report.english
    if (
        report.kind == "missing" or (child.found - child.lost).days < 200 or child.age > 3
    ) and report.happens(rate):
        report.cells["clothing"] = _join(report, [words.say(random, c, english) for c in child.clothing])
    if report.happens("belongings"):
        report.cells["belongings"] = _join(report, [words.say(random, b, english) for b in child.belongings])


def _languages(report: Report) -> str:
    child = report.child
    if child.origin != "zh":
        return people.LANGUAGES[child.origin]
    province = province_of(child.home)
    spoken = words.dialect(province.code, report.english) if province else ""
    return ";".join(
        filter(None, (spoken, ("普通话", "Mandarin")[report.english] if report.random.random() < 0.3 else ""))
    )


def _join(report: Report, said: list[str]) -> str:
    report.random.shuffle(said)
    return ("; " if report.english else report.random.choice("，；、")).join(said)


def _reporter(report: Report, name: names.Name | None, relation: str) -> None:
    random, cells = report.random, report.cells
    cells["reporter_name"] = (name or names.chinese_name(random, "male")).full
    cells["reporter_relation"] = relation
    # 100 is no prefix of mobile numbers: nobody can be called by accident.
    cells["reporter_phone"] = f"100{random.randrange(10**8):08d}"
    if random.random() < 0.3:
        cells["reporter_email"] = f"reporter{random.randrange(10**6)}@example.org"
