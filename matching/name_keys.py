"""Keys under which names that may be one are found again: what survives dialects, spellings and lost surnames.

Two names that share a key get the ranking's full look; sharing none costs a pair nothing but that hint.
"""

from collections.abc import Iterator
from functools import lru_cache

from matching.names import Name
from matching.phonetics import split
from matching.spelling import skeleton

_INITIALS = {"zh": "z", "ch": "c", "sh": "s", "n": "l", "r": "l", "h": "f"}
_FINALS = {"ang": "an", "eng": "en", "ing": "in", "iang": "ian", "uang": "uan"}
PAIR_BITS, ONE_BITS, SURNAME_BITS, WORD_BITS = 9.0, 4.0, 12.0, 6.0
"""What sharing two given syllables, one, the surname beside the only one, or a word's consonants is worth in the first
look: with what is shared besides, about the bits that a full comparison gives them."""


@lru_cache(maxsize=5_000)
def merged(syllable: str) -> str:
    """A syllable as the least careful ear hears it: tone and what dialects confuse left out."""
    initial, final = split(syllable[:-1])
    return _INITIALS.get(initial, initial) + "-" + _FINALS.get(final, final)


@lru_cache(maxsize=20_000)
def keys(name: Name) -> tuple[tuple[str, float], ...]:
    """The keys of a name with what sharing each is worth, in bits."""
    return tuple(_keys(name))


def _keys(name: Name) -> Iterator[tuple[str, float]]:
    for form in name.forms:
        heard = [merged(one) for one in form.given]
        if len(heard) == 2:
            yield " ".join(heard), PAIR_BITS
        elif heard and form.surname:
            yield " ".join([*map(merged, form.surname), "+", *heard]), SURNAME_BITS
        for one in heard:
            yield one, ONE_BITS
    if not name.forms or not name.forms[0].given_characters:
        for word in name.words:
            if len(word) > 1:
                yield "=" + skeleton(word), WORD_BITS
