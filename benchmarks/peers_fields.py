"""The fields that other programs get: what our engine reads from a report, as plain columns.

Names are romanised (and given a key by sound, in which what dialects merge is one), dates are days, places codes of the
gazetteer, marks and words tokens. So that a comparison measures how evidence is weighed and not who can read Chinese.
"""

import csv
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

from benchmarks.peers_columns import BETWEEN
from matching import places
from matching.dates import DateSpan
from matching.description import Candidates, Description, Kind
from matching.labelled import read_side
from matching.name_keys import merged
from matching.names import Name, read
from matching.relatives import Relative
from matching.spelling import skeleton

COLUMNS = (
    "unique_id", "surname", "given", "given_written", "given_sound", "sounds", "names", "sex", "birth_day",
    "birth_year", "birth_mid", "event_year", "event_mid", "event_city", "home_city", "counties", "cities", "provinces",
    "blood", "height", "marks", "relatives", "words", "languages",
)  # fmt: skip


def fields(one: Description) -> dict[str, str]:
    """The columns of one report; empty where it is silent."""
    names = [said.name for said in one.names]
    surname, given, written = _parts(names[0]) if names else ("", "", "")
    where = [_place(candidates) for candidates in (one.place_event, one.place_home)]
    return {
        "unique_id": str(one.id),
        "surname": surname,
        "given": given,
        "given_written": written,
        "given_sound": _sound(names[0]) if names else "",
        "sounds": _list(_sound(name) for name in names),
        "names": _list(" ".join(filter(None, _parts(name)[:2])) for name in names),
        "sex": one.sex,
        "birth_day": _day(one.birth),
        "birth_year": _year(one.birth),
        "birth_mid": _middle(one.birth),
        "event_year": _year(one.event),
        "event_mid": _middle(one.event),
        "event_city": where[0][1],
        "home_city": where[1][1],
        "counties": _list(county for county, _, _ in where),
        "cities": _list(city for _, city, _ in where),
        "provinces": _list(province for _, _, province in where),
        "blood": one.blood,
        "height": "" if one.height is None else f"{one.height:g}",
        "marks": _list(f"{mark.kind} {mark.part}".strip() for mark in one.marks),
        "relatives": _list(_relative(relative) for relative in one.relatives),
        "words": _list(one.carried | one.memories),
        "languages": _list(one.languages),
    }


def prepare(missing: Path, found: Path, folder: Path) -> None:
    """Read both sides and write missing.csv and found.csv with these columns; unique_id is the number of the row."""
    folder.mkdir(parents=True, exist_ok=True)
    for path, kind in ((missing, Kind.MISSING), (found, Kind.FOUND)):
        reports, _ = read_side(path, kind)
        _write(folder / f"{kind.value}.csv", (fields(one) for one in reports))


def _write(path: Path, rows: Iterable[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


def _list(entries: Iterable[str]) -> str:
    return BETWEEN.join(sorted({entry.replace(BETWEEN, " ") for entry in entries if entry}))


def _parts(name: Name) -> tuple[str, str, str]:
    """Surname and given name in Latin letters without tones, and the given name's characters; of the likeliest reading.
    A name that is not Chinese ends with its surname."""
    if name.forms:
        form = name.forms[0]
        return _spelt(form.surname), _spelt(form.given), form.given_characters
    return (
        (name.words[-1] if len(name.words) > 1 else ""),
        "".join(name.words[: max(1, len(name.words) - 1)]),
        "",
    )


def _spelt(syllables: Sequence[str]) -> str:
    return "".join(one[:-1] for one in syllables)


def _sound(name: Name) -> str:
    """The given name as the least careful ear hears it, or a foreign name's consonants."""
    if name.forms:
        return " ".join(merged(one) for one in name.forms[0].given)
    return " ".join(sorted(skeleton(word) for word in name.words))


def _relative(one: Relative) -> str:
    return f"{one.role} {_sound(read(one.name))}" if one.name else ""


def _place(candidates: Candidates) -> tuple[str, str, str]:
    """Codes of county, city and province of the likeliest place; abroad the country stands for the province."""
    if not candidates:
        return "", "", ""
    place = max(candidates, key=lambda one: one[1])[0]
    city, province = places.city_of(place), places.province_of(place) or places.country_of(place)
    return (
        place.code if place.level == "county" else "",
        city.code if city else "",
        province.code if province else "",
    )


def _day(span: DateSpan | None) -> str:
    """The date, if it is one day and sure."""
    return date.fromordinal(span.first).isoformat() if span and span.is_day else ""


def _middle(span: DateSpan | None) -> str:
    return f"{span.middle:.1f}" if span else ""


def _year(span: DateSpan | None) -> str:
    return str(date.fromordinal(int(span.middle)).year) if span else ""
