"""Names in kanji against the same names in kana or Latin letters: every kanji has a few readings in names."""

import re
from functools import cache, lru_cache
from importlib import resources

KANJI_READ = 0.9
"""How alike a name in kanji is to one that is a possible reading of all of it."""
_LONG = re.compile(r"(?<=[aeiou])h(?![aeiouy])|(?<=o)[uo]|(?<=u)u")


@cache
def _table() -> dict[str, tuple[str, ...]]:
    text = resources.files("matching").joinpath("data", "kanji.tsv").read_text(encoding="utf-8")
    lines = (line.split("\t") for line in text.splitlines()[1:])
    return {kanji: tuple(read.split()) for kanji, read in lines}


@lru_cache(maxsize=20_000)
def _pattern(kanji: str) -> re.Pattern[str] | None:
    """What the name may be read as, surname first; None where a character has no reading known here."""
    parts = [_table().get(one, ()) for one in kanji]
    if not 2 <= len(parts) <= 6 or not all(parts):
        return None
    return re.compile("".join(f"(?:{'|'.join(one)})" for one in parts))


def is_reading(kanji: str, words: tuple[str, ...]) -> bool:
    """Whether one or two words in Latin letters may be how a name in kanji is said, in either order."""
    pattern = _pattern(kanji)
    if pattern is None or not 1 <= len(words) <= 2:
        return False
    said = [_LONG.sub("", word) for word in words]
    return bool(pattern.fullmatch("".join(said)) or pattern.fullmatch("".join(reversed(said))))
