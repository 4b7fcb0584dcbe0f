"""Which of our columns each column of somebody's table is: guessed from its heading and its values, corrected by
people."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from matching.marks import marks
from reunite.exchange import appearance, headings, naming, numbering, values
from reunite.exchange.headings import Heading
from reunite.submission import DATES

_BY_SIDE = {("missing", "date"): "event_date", ("found", "date"): "found_date",
            ("missing", "place"): "place_event", ("found", "place"): "place_found"}  # fmt: skip
_BY_LOOK = {"kind": "kind", "sex": "sex", "email": "reporter_email",
            "phone": "reporter_phone", "height": "height_cm", "age": "age_at_event",
            "photo": "photo", "relation": "reporter_relation", "relatives": "relatives", "clothing": "clothing",
            "languages": "languages", "name": "name", "id": "source_id"}  # fmt: skip
_OF_EVENT = {"lost": ("event_date", "place_event"), "found": ("found_date", "place_found"),
             "admitted": ("found_date", "place_found"), "home": (None, "place_home"),
             "birth": ("birth_date", "place_home")}  # fmt: skip
_DATE, _PLACE = {"place", "phone", "email", "sex", "name"}, {"date", "phone", "email", "sex"}
_CONTRADICTS = {
    "birth_date": _DATE, "event_date": _DATE, "found_date": _DATE,
    "place_event": _PLACE, "place_home": _PLACE, "place_found": _PLACE,
    "name": {"date", "phone", "email", "sex", "age", "relation"}, "sex": {"date", "phone", "email", "place", "name"},
    "age_at_event": {"place", "phone", "email", "sex", "name"}, "blood_type": {"date", "phone", "place", "name"},
    "height_cm": {"date", "phone", "email", "place", "sex", "name"}, "photo": {"date", "name"},
    "relatives": {"relation", "phone", "date"}, "reporter_name": {"date", "phone", "email", "relation", "place"},
    "reporter_relation": {"sex"}, "reporter_phone": {"date", "place", "sex", "email"}, "reporter_email": {"phone"},
}  # fmt: skip
"""What the values of a column cannot look like, whatever its heading says."""
JOINED = {"name": " ", "place_event": "", "place_home": "", "place_found": "", "other_names": ";", "marks": "；",
          "clothing": "；", "belongings": "；", "relatives": ";", "languages": ";", "memories": "；",
          "reporter_phone": " / ", "reporter_name": " "}  # fmt: skip
"""Columns that several of a table's may be together, and what is written between them."""
LABELS = {
    "father": "父亲",
    "mother": "母亲",
    "brother": "兄弟",
    "sister": "姐妹",
    "grandparent": "祖辈",
    "parents": "父母",
}
_REGISTERED = {"": "reporter_name", "name": "reporter_name", "phone": "reporter_phone",
               "email": "reporter_email"}  # fmt: skip
_PARTS = ("year", "month", "day")
_EXPLAINED = re.compile(r"[A-Z]{2,8}\s*[（(][\u3400-\u9fff]")
"""Letters that stand for words, with the words behind them: SZRQ（失踪日期）."""
_SAMPLE = 60
_APART = 0.9
"""The part of the rows that a number without a known heading tells apart at least."""


@dataclass(frozen=True, slots=True)
class Guess:
    """One column of the table: its heading, what it is taken for (empty: nothing of ours), whose name it holds where
    it holds a relative's, and in dates which comes first (see `values.order_of`), or which part of a date it is."""

    heading: str
    column: str
    label: str = ""
    order: str = ""


def guess(
    head: Sequence[str], rows: Sequence[Sequence[str]], kind: str, known: Mapping[str, str] | None = None
) -> list[Guess]:
    """What each column is, from its heading and some rows; `kind`: the side of the whole table, empty where a column
    tells it; `known`: what people said of columns of this source before, by heading."""
    known = known or {}
    kind = kind or _side_of(head, rows)
    cells = [[row[place] for row in rows[:_SAMPLE] if place < len(row)] for place in range(len(head))]
    looks = [appearance.looks_like(column) for column in cells]
    said = [headings.read(text, kind) for text in _named(head)]
    columns = [_first(one, look, column, kind) for one, look, column in zip(said, looks, cells, strict=True)]
    _name_who_registered(columns, said)
    numbering.name_the_number(columns, said, cells)
    _leave_parts(columns, head)
    _name_the_nameless(columns, said, looks, cells, kind)
    naming.name_once(columns, said, looks, cells)
    columns = [known.get(text, column) for text, column in zip(head, columns, strict=True)]
    _once_each(columns, head, cells, said, known)
    return [
        Guess(text, column, LABELS.get(one.who, "") if column == "relatives" else "",
              _order(cells[place]) if column.endswith("_date") else "")
        for place, (text, column, one) in enumerate(zip(head, columns, said, strict=True))
    ]  # fmt: skip


def _order(cells: Sequence[str]) -> str:
    """What a date's cells have to be read by: which comes first in them, or which part of a date they are."""
    return values.order_of(cells) or appearance.part_of_date(cells)


def _rank(part: str) -> int:
    """The place of a year, month or day in a date; behind them what is none."""
    return _PARTS.index(part) if part in _PARTS else len(_PARTS)


def _named(head: Sequence[str]) -> list[str]:
    """The headings; where most are letters that stand for words, what they stand for."""
    spelt = [headings.initials(text) for text in head]
    told = sum(
        one != text or bool(_EXPLAINED.match(text.strip())) for one, text in zip(spelt, head, strict=True)
    )
    return spelt if told > len(head) / 2 else list(head)


def _side_of(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The side of most rows, by a column that tells it; the missing where none does."""
    for place, text in enumerate(head):
        said = [values.understood("kind", row[place]) for row in rows if place < len(row)]
        sides = [one for one in said if one in ("missing", "found")]
        if headings.read(text).column == "kind" and sides:
            return max(("missing", "found"), key=sides.count)
    return "missing"


def _first(said: Heading, look: str, cells: Sequence[str], kind: str) -> str:
    """What the heading means, unless the values contradict it; "" where it says nothing."""
    column = said.column
    if column == "side":
        # A word like 时间 or Place says what it is; 丢失情况 with dates below is a date all the same.
        column = _BY_SIDE[kind, "date" if said.what == "date" else "place"]
        if look in ("date", "place") and look != said.what:
            column = _BY_SIDE[kind, look]
    if said.what == "serial" and look == "id" and not said.who:
        return "source_id"  # numbers that do not just count the rows
    if look == "tick":
        return ""
    if column is None:
        return "name" if _name_of_child(said, look, cells) else ""
    if column == "name_origin" and not appearance.could_be("name_origin", cells):
        return "name" if look == "name" or (len(cells) > 4 and appearance.may_be_names(cells)) else column
    if column == "reporter_name" and appearance.hold_figures(cells):
        return ""  # a place to ask at
    if column == "memories" and look != "date":
        return _notes(cells)
    if column == "relatives" and said.who in ("family", "reporter") and look == "name":
        return "reporter_name"  # 家属, and below one name: who is to be called
    if column == "kind" and not appearance.could_be("kind", cells):
        return ""
    if column == "reporter_name" and look == "place" and appearance.could_be("name", cells):
        return column  # a name that is a place's, too
    if look in _CONTRADICTS.get(column, ()):
        return _of_event(said, look, kind) or ""
    if not column and look == "relation" and said.who:
        return "reporter_relation"
    return column


def _name_of_child(said: Heading, look: str, cells: Sequence[str]) -> bool:
    """Whether a heading that only says whose (Adoptee, 你要找的人) stands over what the child is called."""
    alone = said.who == "child" and not said.what and not said.event
    return alone and look in ("", "name", "place") and appearance.may_be_names(cells)


def _notes(cells: Sequence[str]) -> str:
    """What notes are: of the body, of what happened, or remarks of an office, which are nothing of ours."""
    if _speak_of_marks(cells):
        return "marks"
    return "memories" if appearance.tell_of_cases(cells) else ""


def _of_event(said: Heading, look: str, kind: str) -> str | None:
    """A column whose heading names an event and whose values tell the rest."""
    if look not in ("date", "place"):
        return _BY_LOOK.get(look)
    if said.who or said.event == "entered":
        return None
    found = _OF_EVENT.get(said.event)
    return found[look == "place"] if found else _BY_SIDE[kind, look]


def _name_who_registered(columns: list[str], said: Sequence[Heading]) -> None:
    """Who registered a case (登记人) is an officer, and a head of household (户主) nobody's, but either is the reporter
    where the table tells a relation to the child and names nobody else for it."""
    if "reporter_relation" in columns and "reporter_name" not in columns:
        for place, one in enumerate(said):
            if one.who in ("registrar", "householder") and not columns[place]:
                columns[place] = _REGISTERED.get(one.what, "")


def _leave_parts(columns: list[str], head: Sequence[str]) -> None:
    """Small parts of a place (乡镇, Village) say where something happened only beside a larger one, else they are where
    the table comes from."""
    for are_places, run in groupby(range(len(head)), lambda place: columns[place].startswith("place_")):
        places = list(run)
        if are_places and all(headings.is_small_part(head[place]) for place in places):
            for place in places:
                columns[place] = ""


def _name_the_nameless(
    columns: list[str], said: Sequence[Heading], looks: Sequence[str], cells: Sequence[Sequence[str]], kind: str
) -> None:  # fmt: skip
    """Columns whose heading says nothing that is known are what their values look like, where no other is that."""
    for place, (one, look) in enumerate(zip(said, looks, strict=True)):
        if columns[place] or one.column is not None or one.who == "officer":
            continue
        if look == "phone" and one.what == "number":
            continue  # a number of something that is not known
        found = _of_event(one, look, kind) if look else None
        if not look and one.event != "entered" and appearance.are_sentences(cells[place]):
            found = _notes(cells[place])
        if look == "place" and place and columns[place - 1].startswith("place_") and not one.event:
            found = columns[place - 1]  # the heading of an address over several columns stands over the first
        goes_on = place and found == columns[place - 1]
        if goes_on and found == "name":
            goes_on = appearance.same_names(cells[place], cells[place - 1])  # 姓名, 拼音
        if found == "source_id" and numbering.tells_rows_apart(cells[place]) < _APART:
            continue
        if found and (found not in columns or goes_on):
            columns[place] = found


def _speak_of_marks(cells: Sequence[str]) -> bool:
    said = [one for cell in cells if (one := values.plain(cell))]
    return bool(said) and sum(bool(marks(one)) for one in said) >= 0.6 * len(said)


def _once_each(
    columns: list[str], head: Sequence[str], cells: Sequence[Sequence[str]], said: Sequence[Heading],
    known: Mapping[str, str],
) -> None:  # fmt: skip
    """A column of ours that can be there only once is the first that says it most plainly; parts are joined."""
    for column in set(columns) - {""}:
        places = [place for place, one in enumerate(columns) if one == column]
        if len(places) == 1 or (column in JOINED and _may_be_parts(column, places, said)):
            continue
        parts = [appearance.part_of_date(cells[place]) for place in places]
        if column in DATES and sorted(parts, key=_rank) == list(_PARTS[: len(places)]):
            continue
        plainly = {
            place: (head[place] in known, *_plainness(column, cells[place], said[place], head[place]), -place)
            for place in places
        }
        kept = max(places, key=plainly.__getitem__)
        for place in places:
            if place != kept:
                columns[place] = ""


def _plainness(column: str, cells: Sequence[str], said: Heading, text: str) -> tuple[float, ...]:
    """How plainly a heading, and of numbers the values, say that this is the column; found is plainer than admitted."""
    if column == "source_id":
        return (
            appearance.could_be("id", cells),
            text.lower() == column,
            numbering.tells_rows_apart(cells),
            -len(text),
        )
    return text.lower() == column, bool(said.event), said.event != "admitted", -len(text)


def _may_be_parts(column: str, places: Sequence[int], said: Sequence[Heading]) -> bool:
    """Text is joined always; a name or a place only from columns of one event."""
    return not column.startswith("place_") or len({said[place].event for place in places} - {""}) <= 1


def fields(guesses: Sequence[Guess], cells: Sequence[str]) -> dict[str, str]:
    """The row in our columns, in forms that `submission.parse` takes leniently."""
    parts: dict[str, list[str]] = {}
    for one, cell in sorted(zip(guesses, cells, strict=True), key=lambda pair: _rank(pair[0].order)):
        if one.column and (value := values.understood(one.column, cell, one.order)):
            labelled = (
                f"{one.label}:{value}" if one.label and ":" not in value and "：" not in value else value
            )
            parts.setdefault(one.column, []).append(labelled)
    return {column: _joined(column, said) for column, said in parts.items()}


def _joined(column: str, parts: Sequence[str]) -> str:
    if len(parts) > 1 and column in DATES:
        return "-".join(re.sub(r"[年月日号]$", "", part).zfill(2) for part in parts)
    if len(parts) == 1 or column not in JOINED:
        return parts[0]
    between = JOINED[column]
    latin = any(part.isascii() for part in parts)
    if column == "name" and not latin:
        between = ""  # 姓 and 名
    elif column.startswith("place_"):
        return ", ".join(reversed(parts)) if latin else "".join(_unless_within(parts))
    return between.join(parts)


def _unless_within(parts: Sequence[str]) -> list[str]:
    """The parts of an address that a later one does not begin with anyway."""
    return [
        part
        for place, part in enumerate(parts)
        if not any(later.startswith(part) for later in parts[place + 1 :])
    ]
