"""The home of a PFIF person as one place."""

import re
from functools import cache
from importlib import resources

from babel import Locale

from matching.phonetics import is_han
from reunite.exchange.pfif import PersonRecord

_CHINA = re.compile(r"(?:CN-)?([A-Z]{2}|[1-9][0-9])")
_NOT_STATE = re.compile(r"[A-Z]{2}-[A-Z0-9]{1,3}")


@cache
def _provinces() -> dict[str, tuple[str, str]]:
    """The names of China's provinces by their codes in ISO 3166-2:CN, the letters of today and the numbers of before
    2017 (those of GB/T 2260): in Chinese and in English."""
    with resources.files("reunite.exchange").joinpath("provinces.tsv").open(encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file]
    return {code: (row[2], row[3]) for row in rows for code in row[:2]}


def home(person: PersonRecord) -> str:
    """Where the person lived, in one line: from the largest to the smallest in Chinese, else the other way round. The
    postal code and the codes of states outside of China, which say no name, are left out; a country that stands alone
    or beside a place in Latin letters is written as its name."""
    parts = [part.strip() for part in (person.home_street, person.home_neighborhood, person.home_city)]
    chinese = any(map(is_han, "".join(parts) + person.home_state))
    state, country = _state(person, chinese), person.home_country.strip()
    named = Locale("zh" if chinese else "en").territories.get(country.upper(), country)
    if not chinese:
        return ", ".join(part for part in (*parts, state, named) if part)
    largest = "" if country.upper() == "CN" else named
    return "".join((largest, *(part for part in (state, *reversed(parts)) if part)))


def _state(person: PersonRecord, chinese: bool) -> str:
    state = person.home_state.strip()
    found = _CHINA.fullmatch(state)
    if (
        found
        and (state.startswith("CN-") or person.home_country.strip().upper() == "CN")
        and found[1] in _provinces()
    ):
        return _provinces()[found[1]][0 if chinese else 1]
    return "" if _NOT_STATE.fullmatch(state) else state
