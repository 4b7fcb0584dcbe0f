"""Chinese names in Latin letters: pinyin in any spacing, Wade-Giles, Cantonese and others, read as
Mandarin."""

import tomllib
from functools import cache, lru_cache
from importlib import resources
from itertools import product

from matching.phonetics import segment, surnames, syllables
from matching.surname_index import spelt

_MOST_READINGS = 8
_LEAST_ODDS = 0.3
"""Surnames less likely than this beside the likeliest one of a spelling are not looked at."""
_WADE_INITIALS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("hs", ("x",)), ("tz", ("z", "c")), ("sz", ("s",)), ("ss", ("s",)), ("ts", ("z", "c")),
    ("ch", ("zh", "ch", "j", "q")),
    ("sh", ("sh",)), ("p", ("b", "p")), ("t", ("d", "t")), ("k", ("g", "k")), ("j", ("r",)),
)  # fmt: skip
_ASPIRATED: dict[str, tuple[str, ...]] = {
    "ch'": ("ch", "q"),
    "ts'": ("c",),
    "tz'": ("c",),
    "p'": ("p",),
    "t'": ("t",),
    "k'": ("k",),
}
_WADE_FINALS = {
    "ung": "ong", "ien": "ian", "ieh": "ie", "ueh": "ue", "uei": "ui", "ih": "i", "u": "u", "o": "e", "eh": "e",
    "iung": "iong", "uo": "uo", "yu": "u", "iu": "iu", "yen": "yan",
}  # fmt: skip
_WHOLE = {
    "yen": "yan",
    "yeh": "ye",
    "yu": "yu",
    "yueh": "yue",
    "yung": "yong",
    "jen": "ren",
    "jih": "ri",
    "erh": "er",
}
_WHOLE["i"] = "yi"


@lru_cache(maxsize=20_000)
def _surname_readings(spelling: str) -> tuple[tuple[str, ...], ...]:
    """Romanised spelling of a surname → the readings of those it may well stand for, likeliest first."""
    known = (one.surname for one in spelt(spelling) if one.odds >= _LEAST_ODDS)
    return tuple(dict.fromkeys(surnames()[one][0] for one in known if one in surnames()))


@cache
def _surname_sounds() -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(part[:-1] for part in reading) for reading, _, _ in surnames().values())


@cache
def _cantonese() -> dict[str, tuple[str, ...]]:
    with resources.files("matching").joinpath("data", "romanisations.toml").open("rb") as file:
        return {
            spelling: tuple(str(read).split()) for spelling, read in tomllib.load(file)["cantonese"].items()
        }


@lru_cache(maxsize=20_000)
def wade_giles(token: str) -> tuple[str, ...]:
    """The pinyin syllables that a Wade-Giles syllable may stand for; ambiguous where the apostrophe is left
    out."""
    if token in _WHOLE:
        return (_WHOLE[token],)
    token = token.replace("’", "'").replace("ü", "v")
    options: list[tuple[tuple[str, ...], str]] = []
    for table in (_ASPIRATED, dict(_WADE_INITIALS)):
        start = next((start for start in table if token.startswith(start)), "")
        if start:
            options = [(table[start], token[len(start) :])]
            break
    read = []
    for initials, rest in options or [(("",), token)]:
        for initial in initials:
            for final in dict.fromkeys((_WADE_FINALS.get(rest, rest), rest)):
                # j, q and x stand only before i and ü, the others never: ch'ing is qing, chung is zhong.
                if initial in ("j", "q", "x") and final[:1] not in ("i", "u", "v"):
                    continue
                if initial + final in syllables():
                    read.append(initial + final)
    return tuple(dict.fromkeys(read))[:_MOST_READINGS]


Reading = tuple[tuple[str, ...], tuple[str, ...]]
"""Surname syllables (empty if none) and given syllables, all without tone (`li0`)."""


@lru_cache(maxsize=50_000)
def readings(tokens: tuple[str, ...]) -> tuple[Reading, ...]:
    """How a name in Latin letters (lower case words) may be read as a Chinese one, likeliest first."""
    if not tokens or len(tokens) > 4 or sum(map(len, tokens)) > 30:
        return ()
    found = [*_pinyin(tokens), *_other(tokens)]
    return tuple(dict.fromkeys(found))[:_MOST_READINGS]


def _pinyin(tokens: tuple[str, ...]) -> list[Reading]:
    pieces = [segment(token.replace("'", "")) for token in tokens]
    flat = tuple(piece for one in pieces for piece in one)
    if not all(pieces) or not 1 <= len(flat) <= 4:
        return []
    found: list[Reading] = []
    for order in (flat, pieces[-1] + tuple(piece for one in pieces[:-1] for piece in one)):
        for width in (2, 1):
            if len(order) > width and len(order) - width <= 2 and order[:width] in _surname_sounds():
                found.append((_toneless(order[:width]), _toneless(order[width:])))
                break
        if len(tokens) == 1:
            break
    if len(flat) <= 2:
        found.append(((), _toneless(flat)))
    return found


def _other(tokens: tuple[str, ...]) -> list[Reading]:
    """A surname in another spelling at either end, and a given name of syllables in pinyin, Cantonese or
    Wade-Giles."""
    found: list[Reading] = []
    parts = tuple(piece for token in tokens for piece in token.split("-") if piece)
    for surname, given in ((parts[0], parts[1:]), (parts[-1], parts[:-1])):
        names = _surname_readings(surname) or tuple(
            (one + "0",) for one in wade_giles(surname) if (one,) in _surname_sounds()
        )
        if len(given) == 1 and not _syllable_choices(given[0]):
            given = segment(given[0].replace("'", ""))
        choices = [_syllable_choices(piece) for piece in given]
        if not names or not given or len(given) > 2 or not all(choices):
            continue
        for reading in names[:2]:
            family = _toneless(tuple([part.rstrip("012345") for part in reading]))
            found += [(family, _toneless(said)) for said in product(*(one[:3] for one in choices))]
    return found


@lru_cache(maxsize=20_000)
def _syllable_choices(piece: str) -> tuple[str, ...]:
    plain = piece.replace("'", "")
    known = (plain,) if plain in syllables() and "'" not in piece else ()
    return tuple(dict.fromkeys((*_cantonese().get(plain, ()), *wade_giles(piece), *known)))


def _toneless(parts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple([part + "0" for part in parts])
