"""Traditional Chinese, derived from what this project says in simplified characters."""

from functools import cache, lru_cache

import opencc

TRADITIONAL = "zh_Hant"


@cache
def _converter() -> opencc.OpenCC:
    # Taiwan's characters and its words (簡訊 for 短信): most who read traditional characters know them, those of Hong
    # Kong too; s2hk changes the characters only.
    return opencc.OpenCC("s2twp")


@lru_cache(maxsize=10_000)
def traditional(text: str) -> str:
    """A sentence of ours in traditional characters; never for what people wrote themselves."""
    return str(_converter().convert(text))


def said_in(text: str, language: str) -> str:
    """A sentence of ours in simplified characters as this kind of Chinese writes it."""
    return traditional(text) if language == TRADITIONAL else text
