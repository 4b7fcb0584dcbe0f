"""Fifty foreign spreadsheets, as stations, shelters and registries keep them: do our columns get recognised in them?

The headings and the shapes of their values are written by hand in unseen_sheets.toml; the values are made at random
from a seed and tell of nobody. Where several columns hold parts of one thing (family and given name; year, month and
day; province and county; father and mother), each of them has that thing as its truth.
"""

import random
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import opencc
from pypinyin import lazy_pinyin

ROWS = 30
_FILE = Path(__file__).with_name("unseen_sheets.toml")
_SLOT = re.compile(r"\{([^{}]+)\}")
_ALWAYS_FILLED = {"name", "kind", "source_id", "sex"}
_BLANK_RATES = (0.0, 0.0, 0.1, 0.25, 0.4)
_SEASONS = ("冬天", "春天", "夏天", "秋天")
_LAST_DAY = date(2024, 6, 30)


@dataclass(frozen=True)
class Sheet:
    """A table under its headings; the truth of a column is a column of ours, or None: nothing of ours."""

    name: str
    headers: list[str]
    rows: list[list[str]]
    truth: list[str | None]
    title_rows: int
    kind: str
    titles: tuple[str, ...] = ()


@dataclass
class _Case:
    """One row's child: what several columns of the row must agree on."""

    rng: random.Random
    number: int
    sex: int
    family: str
    days: dict[str, date]
    words: Mapping[str, Any]
    known: dict[str, dict[str, str]] = field(default_factory=dict)


def sheets(seed: int = 11, file: Path = _FILE) -> list[Sheet]:
    """All sheets of a file, the same for the same seed."""
    words = specification(file)
    return [_sheet(spec, words, random.Random(f"{seed}/{spec['name']}")) for spec in words["sheet"]]


def grid(sheet: Sheet) -> list[list[str]]:
    """The cells as a file holds them: title lines, headings, rows."""
    padding = [""] * (len(sheet.headers) - 1)
    return [[title, *padding] for title in sheet.titles] + [sheet.headers, *sheet.rows]


def value_forms(file: Path = _FILE) -> set[str]:
    """The names of all makers that a column of the file may ask for."""
    words = specification(file)
    return {*words["forms"], *words["by_sex"]}


@cache
def specification(file: Path = _FILE) -> dict[str, Any]:
    """The sheets of a file and the words that fill them: those of unseen_sheets.toml, and the file's own besides."""
    own: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    if file == _FILE:
        return own
    common = specification()
    return {**common, **own, **{part: {**common[part], **own.get(part, {})} for part in ("forms", "by_sex")}}


def _sheet(spec: Mapping[str, Any], words: Mapping[str, Any], rng: random.Random) -> Sheet:
    columns: list[tuple[str, str, str]] = [(heading, truth, form) for heading, truth, form in spec["columns"]]
    years, age_days = spec.get("years", (1982, 2012)), spec.get("age_days", (400, 4000))
    cases = [_case(rng, words, number, years, age_days) for number in range(1, ROWS + 1)]
    rows = [[_cell(case, index, column) for index, column in enumerate(columns)] for case in cases]
    _leave_out(rows, columns, words["unknown"][spec["script"]], rng)
    if spec["script"] == "hant":
        rows = [[_traditional().convert(value) for value in row] for row in rows]
    titles = tuple(spec.get("titles", ()))
    return Sheet(
        name=spec["name"],
        headers=[heading for heading, _, _ in columns],
        rows=rows,
        truth=[truth or None for _, truth, _ in columns],
        title_rows=len(titles),
        kind=spec["kind"],
        titles=titles,
    )


@cache
def _traditional() -> opencc.OpenCC:
    return opencc.OpenCC("s2tw")


def _case(
    rng: random.Random, words: Mapping[str, Any], number: int, years: Sequence[int], age_days: Sequence[int]
) -> _Case:
    birth = date(rng.randint(*years), rng.randint(1, 12), rng.randint(1, 28))
    event = min(birth + timedelta(days=rng.randint(*age_days)), _LAST_DAY)
    found = min(event + timedelta(days=rng.randint(0, min(300, age_days[1] // 10))), _LAST_DAY)
    days = {"birth_date": birth, "event_date": event, "found_date": found}
    return _Case(rng, number, rng.randrange(2), rng.choice(words["forms"]["family"]), days, words)


def _leave_out(
    rows: list[list[str]], columns: Sequence[tuple[str, str, str]], unknown: Sequence[str], rng: random.Random
) -> None:
    """Real sheets have holes: in some columns none, in others many, and words that say so."""
    for index, (_, truth, form) in enumerate(columns):
        rate = 0.0 if truth in _ALWAYS_FILLED or form == "serial" else rng.choice(_BLANK_RATES)
        word = rng.choice(unknown) if truth else ""
        for row in rows:
            if rng.random() < rate:
                row[index] = word if rng.random() < 0.2 else ""


def _cell(case: _Case, index: int, column: tuple[str, str, str]) -> str:
    _, truth, form = column
    if form in case.words["by_sex"]:
        return str(case.words["by_sex"][form][case.sex])
    return _expand("{" + form + "}", case, _facts(case, index, truth))


def _expand(text: str, case: _Case, facts: Mapping[str, str]) -> str:
    """Fill every {slot}: a fact of the row, `#4` (four digits), `80-140` (a number between), or a word of a list."""

    def fill(match: re.Match[str]) -> str:
        slot = match[1]
        if slot in facts:
            return facts[slot]
        if slot.startswith("#"):
            return "".join(case.rng.choice("0123456789") for _ in range(int(slot[1:])))
        if between := re.fullmatch(r"(\d+)-(\d+)", slot):
            return str(case.rng.randint(int(between[1]), int(between[2])))
        return _expand(case.rng.choice(case.words["forms"][slot]), case, facts)

    return _SLOT.sub(fill, text)


def _facts(case: _Case, index: int, truth: str) -> dict[str, str]:
    """What the slots stand for in this cell; the columns of one truth in a row tell of one person, day and place."""
    key = truth if truth and truth not in {"relatives", "other_names"} else str(index)
    if key not in case.known:
        age = (case.days["event_date"] - case.days["birth_date"]).days // 365
        case.known[key] = {
            "no": str(case.number),
            "no4": f"{case.number + 117:04}",
            "age": str(age),
            "height": str(min(70 + 7 * age + case.rng.randint(-5, 9), 158)),
            "now_age": str(2024 - case.days["birth_date"].year),
            **_person(case, child=truth == "name"),
            **_day(
                case.days.get(truth) or date(2024, 5, 30) - timedelta(days=case.rng.randint(0, 3000)),
                case.words,
            ),
            **_place(case),
        }
    return case.known[key]


def _person(case: _Case, *, child: bool) -> dict[str, str]:
    forms = case.words["forms"]
    family = case.family if child else case.rng.choice(forms["family"])
    letters = forms["given_letter"]
    given, other = ("".join(case.rng.sample(letters, case.rng.choice((1, 2, 2, 2)))) for _ in range(2))
    names = {"xing": family, "ming": given, "ming2": other, "cxing": case.family}
    latin = {slot.title(): "".join(map(_pinyin, name)).title() for slot, name in names.items()}
    return {**names, **latin, "XING": latin["Xing"].upper(), "MING": latin["Ming"].upper()}


@cache
def _pinyin(letter: str) -> str:
    return str(lazy_pinyin(letter)[0])


def _day(day: date, words: Mapping[str, Any]) -> dict[str, str]:
    month = words["months"][day.month - 1]
    return {
        "y": str(day.year),
        "yy": f"{day.year % 100:02}",
        "roc": str(day.year - 1911),
        "m": str(day.month),
        "mm": f"{day.month:02}",
        "d": str(day.day),
        "dd": f"{day.day:02}",
        "month": month,
        "mon": month[:3],
        "season": _SEASONS[day.month % 12 // 3],
    }


def _place(case: _Case) -> dict[str, str]:
    names: list[str] = case.rng.choice(case.words["places"]).split()
    place = dict(zip(("p", "c", "k", "P", "C", "K"), (name.replace("_", " ") for name in names), strict=True))
    return {**place, "p0": place["p"][:2], "c0": place["c"].removesuffix("市")}
