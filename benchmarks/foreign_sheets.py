"""Spreadsheets such as others keep (police, shelters, volunteers, registries), with what each column is to us.

The header words and the kinds of sheets are in foreign_sheets.toml, the cells in foreign_sheets_cells.py. All people,
cases and institutions are invented. The same arguments give the same sheets.
"""

import csv
import importlib
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import opencc

from benchmarks import foreign_sheets_tables as tables
from benchmarks import generator_reports as reports
from benchmarks.foreign_sheets_cells import Case, KeptRates, Style, cell, person
from benchmarks.generator_people import child
from benchmarks.generator_tables import table

_TO_TRADITIONAL = opencc.OpenCC("s2t")
_SIDE = {
    "missing": {"date": "event_date", "place": "place_event"},
    "found": {"date": "found_date", "place": "place_found"},
}
# Words for the family's side, which no keeper of found children heads a column with.
_FAMILYS = (
    "失踪时",
    "走失时",
    "当时",
    "當日",
    "家属",
    "报案",
    "報案",
    "寻找人",
    "nformant",
    "ompla",
    "seen",
    "寻亲人",
)
_LATE = {"age_then", "event_date", "event_date_self", "place_event", "place_event_self", "name"}
_PHOTOS = {
    "zh": ("IMG_{:04d}.jpg", "照片/{:04d}.jpg", "{:04d}.JPG", "微信图片_2019{:04d}.jpg"),
    "en": ("IMG_{:04d}.jpg", "photos/{:04d}.png", "{:04d}.JPG", "DSC{:05d}.jpeg"),
}
_CODES = {
    "zh": ("QX-2019-{:04d}", "A37{:08d}", "{:04d}号", "BB{:06d}", "2021-C-{:03d}", "〔2018〕{:03d}"),
    "en": ("MP/18/{:04d}", "REF{:05d}", "2021-C-{:03d}", "NDC-{:05d}", "{:06d}-A"),
}
# What a keeper of such a sheet asks for oftener than a report tells it.
_ASKED = {
    "belongings": 0.5,
    "nickname_found": 0.6,
    "father_found": 0.6,
    "mother_found": 0.6,
    "clothing_found": 0.7,
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A spreadsheet: `truth` has for each column ours, or None for nothing of ours.

    `title_rows` rows stand above the headers (see `grid`). `kind` is the side of all rows, `missing` or `found`; if
    there is a column whose truth is `kind`, that column tells, and `kind` is the side of most rows.
    """

    name: str
    headers: list[str]
    rows: list[list[str]]
    truth: list[str | None]
    title_rows: int
    kind: str


def sheets(seed: int = 7, count: int = 50) -> list[Sheet]:
    """So many sheets; each has 30 to 60 rows."""
    kinds = table("foreign_sheets")["sheets"]
    return [
        _sheet(Random(f"{seed} {number}"), kinds[number % len(kinds)], number // len(kinds))
        for number in range(count)
    ]


def grid(sheet: Sheet) -> list[list[str]]:
    """All cells as the file has them: title rows, headers, rows."""
    width, english = len(sheet.headers), not _chinese(sheet.name)
    second = ["Organisation:", "", "As of 30/06/2026"] if english else ["填报单位：", "", "2026年6月30日"]
    titles = [[sheet.name], second, ["Confidential" if english else "内部资料"]][: sheet.title_rows]
    return [(title + [""] * width)[:width] for title in titles] + [sheet.headers, *sheet.rows]


def write_csv(sheet: Sheet, path: Path, encoding: str = "utf-8", delimiter: str = ",") -> None:
    """The sheet as a text file; signs that the encoding lacks become question marks, as old programs write them."""
    with path.open("w", encoding=encoding, errors="replace", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(grid(sheet))


def write_xlsx(sheet: Sheet, path: Path) -> None:
    """The sheet as a workbook of texts; needs openpyxl, which is no dependency of ours (ImportError without)."""
    book: Any = importlib.import_module("openpyxl").Workbook()
    page = book.active
    page.title = "登记表" if _chinese(sheet.name) else "Sheet1"
    for number, row in enumerate(grid(sheet), start=1):
        for place, text in enumerate(row, start=1):
            if text:
                page.cell(row=number, column=place, value=text)
    book.save(path)


def _sheet(random: Random, kind: dict[str, Any], turn: int) -> Sheet:
    language: str = kind.get("lang", "zh")
    columns = _columns(random, kind["columns"])
    headers, known = _headers(random, columns, kind, language), table("foreign_sheets")["columns"]
    size = random.randint(30, 60)
    sides = [
        random.choice(("missing", "found")) if kind["kind"] == "mixed" else kind["kind"] for _ in range(size)
    ]
    side = max(("missing", "found"), key=sides.count)
    rates = KeptRates("judge", _always(kind, language))
    style, rows = _style(random, language, " ".join(headers)), []
    for number, one in enumerate(sides, start=1):
        person_sought = child(random, rates)
        report = (reports.missing if one == "missing" else reports.found)(person_sought, random, rates, "")
        case = Case(person_sought, report, number)
        rows.append([cell(column, case, style, head) for column, head in zip(columns, headers, strict=True)])
    name = kind["name"] + ("" if not turn else f" ({2017 + turn})")
    if language == "tw":
        headers, name = [_TO_TRADITIONAL.convert(head) for head in headers], _TO_TRADITIONAL.convert(name)
        rows = [[_TO_TRADITIONAL.convert(text) for text in row] for row in rows]
    truth = [_target(column, known[column]["target"], side) for column in columns]
    look = _look(random)
    return Sheet(
        name, [look(head) for head in headers], rows, truth, random.choice((0, 0, 0, 1, 1, 2, 3)), side
    )


def _always(kind: dict[str, Any], language: str) -> dict[str, float]:
    always = {**_ASKED, "english": float(language == "en"), "traditional": 0.0, "romanised": 0.0}
    if kind.get("soon"):
        always["found_soon"] = 1.0
    if kind.get("foreign"):
        always["other_origin"] = 0.7
    return always


def _columns(random: Random, text: str) -> list[str]:
    """The columns of one such sheet: some left out, two neighbours changed now and then."""
    parts: list[str] = []
    choices = text
    while "[" in choices:
        before, _, rest = choices.partition("[")
        inside, _, choices_after = rest.partition("]")
        choices = before + random.choice(inside.split()) + choices_after
    for part in choices.split():
        if not part.endswith("?") or random.random() < 0.66:
            parts.append(part.removesuffix("?"))
    if random.random() < 0.6:
        at = random.randrange(1, len(parts) - 2)
        parts[at], parts[at + 1] = parts[at + 1], parts[at]
    return [column for part in parts for column in part.split("+")]


def _target(column: str, target: str, side: str) -> str | None:
    if target == "side":
        return _SIDE[side]["date" if column == "any_date" else "place"]
    return target or None


def _headers(random: Random, columns: Sequence[str], kind: dict[str, Any], language: str) -> list[str]:
    known = table("foreign_sheets")["columns"]
    who = random.choice(kind["who"].split("|"))
    who_en = who if language == "en" else kind.get("who_en", "")
    join = random.choice((" ", "\n", " / ", "（{}）"))
    drawn: list[str] = []
    for column in columns:
        for _ in range(30):
            if language == "en":
                head = _word(random, known[column], "en", kind["kind"], column).replace("{p}", who_en)
            else:
                head = _word(random, known[column], language, kind["kind"], column).replace("{p}", who)
            if language == "bi" and head:
                other = _word(random, known[column], "en", kind["kind"], column).replace("{p}", who_en)
                head = head + join.format(other) if "{" in join else head + join + other
            if not head or head not in drawn:
                break
        drawn.append(head)
    return drawn


def _word(random: Random, pools: dict[str, str], language: str, side: str, column: str) -> str:
    pool = pools["en" if language == "en" else "zh"].split("|")
    if language == "tw" and "tw" in pools:
        pool += 2 * pools["tw"].split("|")
    if side == "found" and column not in _LATE:
        pool = [word for word in pool if not any(sign in word for sign in _FAMILYS)] or pool
    return "" if pool == ["_"] else random.choice(pool)


def _style(random: Random, language: str, headers: str) -> Style:
    english = language == "en"
    words = "en" if english else "zh"
    dates = tables.DATE_FORMS["en" if english else "tw" if language == "tw" else "zh"]
    date = random.choice(dates)
    # Nobody writes the day first and the month first in one sheet.
    dates = tuple(form for form in dates if form not in ("dmy", "mdy", "compact", "excel") or form == date)
    return Style(
        random, english, date, dates,
        ("M", "F") if "M/F" in headers else random.choice(tables.SEXES[words]),
        random.choice(tables.KINDS[words]), random.choice(tables.UNKNOWN[words]), random.choice(_CODES[words]),
        random.choice(_PHOTOS[words]), random.randrange(4), random.random() < 0.7,
        tuple(person(random, english) for _ in range(4)),
    )  # fmt: skip


def _look(random: Random) -> Callable[[str], str]:
    """How the headers of a sheet are set: spaced out, broken, numbered, starred, in full width, or as they are."""
    way = random.choice(
        ("", "", "", "spaced", "broken", "stars", "colons", "wide", "untidy", "upper", "export")
    )
    number = iter(range(1, 1000))

    def set_out(head: str) -> str:
        if not head:
            return head
        if way == "spaced" and len(head) == 2 and _chinese(head):
            return head[0] + random.choice((" ", "  ", "\u3000")) + head[1]
        if way == "broken":
            return _broken(head)
        if way == "stars" and random.random() < 0.4:
            return f"*{head}" if random.random() < 0.5 else f"{head}*"
        if way == "colons":
            return f"{head}：" if _chinese(head) else f"{head}:"
        if way == "wide":
            return "".join(_wide(sign) for sign in head)
        if way == "untidy" and random.random() < 0.5:
            return random.choice(
                (f" {head}", f"{head} ", f"{next(number)}.{head}", f"{head}\u3000", f"【{head}】")
            )
        if way == "upper" and not _chinese(head):
            return head.upper()
        if way == "export" and not _chinese(head):
            return re.sub(r"\W+", "_", head.lower()).strip("_") or head
        return head

    return set_out


def _broken(head: str) -> str:
    """A line break where one would put it: before a bracket, at a blank, in the middle of Chinese words."""
    if "\n" in head:
        return head
    if bracket := re.search(r"(?<=.)\s*[（(]", head):
        return head[: bracket.start()] + "\n" + head[bracket.start() :].lstrip()
    if " " in head:
        at = head.rindex(" ")
        return head[:at] + "\n" + head[at + 1 :]
    if len(head) >= 4 and all(_chinese(sign) for sign in head):
        return head[: len(head) // 2] + "\n" + head[len(head) // 2 :]
    return head


def _wide(sign: str) -> str:
    """Brackets, slashes and digits in full width, as a Chinese keyboard types them."""
    wide = chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" and not sign.isalpha() else sign
    return wide if unicodedata.normalize("NFKC", wide) == sign else sign


def _chinese(text: str) -> bool:
    return any("\u4e00" <= sign <= "\u9fff" for sign in text)
