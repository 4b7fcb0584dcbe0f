"""Names in kanji against the same names in kana or Latin letters: every kanji has a few readings in names."""

import re
from functools import cache, lru_cache
from importlib import resources

_KNOWN, _GUESSED = 0.9, 0.75
"""How alike a name in kanji is to a possible reading of it, and to one where one of three or more kanji is not in the
table."""
_ANY = ("[a-z]{2,6}",)
_LONG = re.compile(r"(?<=[aeiou])h(?![aeiouy])|(?<=o)[uo]|(?<=u)u")


@cache
def _table() -> dict[str, tuple[str, ...]]:
    text = resources.files("matching").joinpath("data", "kanji.tsv").read_text(encoding="utf-8")
    lines = (line.split("\t") for line in text.splitlines()[1:])
    return {kanji: tuple(read.split()) for kanji, read in lines}


@lru_cache(maxsize=20_000)
def _pattern(kanji: str) -> re.Pattern[str] | None:
    """What the name may be read as, surname first; None where too little of it is in the table."""
    parts = [_table().get(one, _ANY) for one in kanji]
    if not 2 <= len(parts) <= 6 or parts.count(_ANY) > (len(parts) > 2):
        return None
    return re.compile("".join(f"(?:{'|'.join(one)})" for one in parts))


def reading_likeness(kanji: str, words: tuple[str, ...]) -> float:
    """Whether one or two words in Latin letters may be how a name in kanji is said, in either order: 0 if not."""
    pattern = _pattern(kanji) if 1 <= len(words) <= 2 else None
    if pattern is None:
        return 0.0
    said = [_LONG.sub("", word) for word in words]
    if pattern.fullmatch("".join(said)) or pattern.fullmatch("".join(reversed(said))):
        return _GUESSED if _ANY[0] in pattern.pattern else _KNOWN
    return 0.0
