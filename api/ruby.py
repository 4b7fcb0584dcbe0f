"""Chinese names with their pinyin above the characters."""

from functools import lru_cache

from markupsafe import Markup
from pypinyin import Style, lazy_pinyin, load_phrases_dict
from pypinyin.contrib.tone_convert import to_tone
from pypinyin.phrases_dict import phrases_dict

from matching import phonetics

load_phrases_dict(phrases_dict)  # the engine, which reads single characters, does without


@lru_cache(maxsize=5000)
def ruby(name: str) -> Markup:
    """The name with a reading above each Chinese character; other scripts as they are."""
    return Markup("").join(_one(character, reading) for character, reading in readings(name))


def readings(name: str) -> list[tuple[str, str]]:
    """Each character of a name with its reading, which is empty where it is not Chinese.

    The first characters are read as a surname where they are one: 单 is Shàn there, not dān.
    """
    # A list here gives one reading a character; the library's annotation knows only texts.
    read = lazy_pinyin(name, style=Style.TONE, errors=list)  # type: ignore[arg-type]
    surname = next((name[:length] for length in (2, 1) if name[:length] in phonetics.surnames()), "")
    if surname:
        read[: len(surname)] = [to_tone(part) for part in phonetics.surnames()[surname][0]]
    return [(character, reading if phonetics.is_han(character) else "")
            for character, reading in zip(name, read, strict=True)]  # fmt: skip


def _one(character: str, reading: str) -> Markup:
    if not reading:
        return Markup("{}").format(character)
    return Markup("<ruby>{}<rp>(</rp><rt>{}</rt><rp>)</rp></ruby>").format(character, reading)
