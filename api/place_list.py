"""The list of Chinese counties, cities and provinces for the form's picker: one small text, the same for everybody, so
that no request carries what somebody types. `python -m api.place_list` writes it anew from the gazetteer."""

from pathlib import Path

from pypinyin import lazy_pinyin

from matching.gazetteer import Place, ancestors, gazetteer

TABLE = Path(__file__).parent / "static" / "places.txt"
_LEVELS = ("province", "city", "county")


def made() -> str:
    """Lines of a whole name, a tab, and the pinyin of the place's own name in syllables; larger places first, so that
    成都 finds the city before a district."""
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
    TABLE.write_text(made(), encoding="utf-8")
