"""Which surnames a spelling may stand for: all spellings by rule and by list, with how likely each surname is.

The chance of a surname given a spelling is taken as bearers^0.4 times how usual the spelling is for them, added up over
the places: the exponent keeps a rare spelling of a common surname below the regular spelling of a rarer one.
"""

import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

from matching.surname_rules import Place, places, spellings

_SHARE_POWER = 0.4
_COLUMNS = ("mandarin", "per_10000", "spellings", "cantonese", "hokkien", "vietnamese", "korean")


@dataclass(frozen=True, slots=True)
class Spelt:
    """A surname that a spelling may stand for; `odds` against the likeliest one of the spelling (which has 1), `usual`
    how usual the spelling is for it in the place where it is most so, up to 1, whatever the number of its bearers."""

    surname: str
    odds: float
    usual: float


@cache
def readings() -> dict[str, dict[str, str]]:
    """Surname in simplified characters → its columns in data/surnames.tsv or data/surnames_seldom.tsv."""
    folder = resources.files("matching").joinpath("data")
    table = {}
    for name in ("surnames.tsv", "surnames_seldom.tsv"):
        for line in folder.joinpath(name).read_text(encoding="utf-8").splitlines()[2:]:
            surname, *columns = line.split("\t")
            table[surname] = dict(zip(_COLUMNS, columns, strict=True))
    return table


@lru_cache(maxsize=50_000)
def key(text: str) -> tuple[str, str]:
    """A spelling's letters in lower case, and its marks (tones, dots, apostrophes) in an order of their own: that of
    Vietnamese is not always written on the same vowel."""
    letters, marks = [], []
    for one in unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold()):
        if unicodedata.combining(one) or one in "'’‘ʻʼ`":
            marks.append("'" if not unicodedata.combining(one) else one)
        elif one == "đ":
            letters.append("d")
            marks.append(one)
        elif one.isalpha():
            letters.append(one)
    return "".join(letters), "".join(sorted(marks))


def _keys(place: Place, reading: str) -> dict[tuple[str, str], float]:
    """The keys of a reading's spellings, with their marks and without, and how usual each is."""
    found: dict[tuple[str, str], float] = {}
    for spelling, usual in spellings(place, reading).items():
        letters, marks = key(spelling)
        for one in ((letters, marks), (letters, "")):
            found[one] = max(usual, found.get(one, 0.0))
    return found


@cache
def _weights() -> dict[tuple[str, str], dict[str, tuple[float, float]]]:
    """Key of a spelling → surname → weight, and how usual it is where it is most so."""
    found: dict[tuple[str, str], dict[str, tuple[float, float]]] = defaultdict(dict)
    for surname, columns in readings().items():
        for place in places():
            share = place.shares.get(surname, float(columns["per_10000"]) / 10_000)
            for one, usual in _keys(place, columns[place.reading]).items():
                before, most = found[one].get(surname, (0.0, 0.0))
                weight = before + place.weight * usual * share**_SHARE_POWER
                found[one][surname] = weight, max(most, usual)
    return dict(found)


@cache
def index() -> dict[tuple[str, str], tuple[Spelt, ...]]:
    """Key of a spelling → the surnames it may stand for, likeliest first."""
    table = {}
    for spelling, found in _weights().items():
        ranked = sorted(
            ((weight, surname, usual) for surname, (weight, usual) in found.items()), reverse=True
        )
        table[spelling] = tuple(
            Spelt(surname, weight / ranked[0][0], usual) for weight, surname, usual in ranked
        )
    return table


@lru_cache(maxsize=50_000)
def spelt(text: str) -> tuple[Spelt, ...]:
    """The surnames that a spelling may stand for, likeliest first; marks count where a spelling is known with them."""
    letters, marks = key(text)
    return index().get((letters, marks)) or index().get((letters, ""), ())


@cache
def spellings_of(surname: str) -> tuple[str, ...]:
    """The letters of all known spellings of a surname."""
    return _letters().get(surname, ())


@cache
def _letters() -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for (letters, marks), surnames in index().items():
        if not marks:
            for one in surnames:
                found[one.surname][letters] = None
    return {surname: tuple(letters) for surname, letters in found.items()}
