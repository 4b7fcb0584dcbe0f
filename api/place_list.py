"""The list of Chinese counties, cities and provinces for the place picker: one small text, the same for everybody, so
that no request carries what somebody types."""

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pypinyin import lazy_pinyin

from matching.gazetteer import Place, ancestors, gazetteer

_TABLE = Path(__file__).parent / "data" / "places.txt"
_LEVELS = ("province", "city", "county")


@dataclass(frozen=True, slots=True)
class PlaceList:
    """Lines of a whole name, a tab, and the pinyin of the place's own name in syllables; plain and compressed."""

    plain: bytes
    packed: bytes
    etag: str


@cache
def place_list() -> PlaceList:
    """The list, read once from the table that `made` wrote."""
    plain = _TABLE.read_bytes()
    return PlaceList(plain, gzip.compress(plain, 9, mtime=0), f'"{hashlib.sha256(plain).hexdigest()[:20]}"')


def made() -> str:
    """The list from the gazetteer, larger places first, so that 成都 finds the city before a district; takes seconds.
    `python -m api.place_list` writes it into the table."""
    known = [
        place for place in gazetteer().places.values() if place.level in _LEVELS and place.code.isdigit()
    ]
    known.sort(key=lambda place: (_LEVELS.index(place.level), place.code))
    return "".join(f"{_whole(place)}\t{' '.join(lazy_pinyin(place.name_zh))}\n" for place in known)


def _whole(place: Place) -> str:
    """四川省成都市武侯区: a place with those it lies in, without the country; each name once."""
    names = [one.name_zh for one in (*reversed(ancestors(place)), place) if one.level != "country"]
    return "".join(dict.fromkeys(names))


if __name__ == "__main__":
    _TABLE.write_text(made(), encoding="utf-8")
