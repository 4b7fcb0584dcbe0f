"""What texts about clothing, belongings and memories share: things named in Chinese or English, and pairs
of characters or words.

A token is a thing of data/synonyms.toml (`=bridge`), a pair of Han characters outside the known words, or a
Latin word.
"""

import re
import tomllib
from collections import defaultdict
from functools import cache, lru_cache
from importlib import resources
from itertools import pairwise

from matching.phonetics import is_han, simplified
from matching.traditional import said_in

_LONGEST, _MOST_TOKENS = 600, 60
_HAN = re.compile(r"[㐀-鿿]+")
_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")


@cache
def _lexicon() -> tuple[dict[str, str], dict[str, str], dict[str, list[int]], frozenset[str]]:
    """Chinese word → thing, English word → thing, first character → lengths of the Chinese words that begin so,
    longest first, and words that say nothing."""
    with resources.files("matching").joinpath("data", "synonyms.toml").open("rb") as file:
        table = tomllib.load(file)
    chinese: dict[str, str] = {}
    english: dict[str, str] = {}
    for thing, spellings in table["things"].items():
        for word in spellings.split():
            (chinese if any(map(is_han, word)) else english).setdefault(word, "=" + thing)
    lengths: dict[str, set[int]] = defaultdict(set)
    for word in chinese:
        lengths[word[0]].add(len(word))
    longest_first = {first: sorted(found, reverse=True) for first, found in lengths.items()}
    return chinese, english, longest_first, frozenset(table["stop"]["words"].split())


def say(token: str, language: str) -> str:
    """A token in words of `zh_Hans` (any zh) or else English: a thing by its shortest name, others as they are."""
    if not token.startswith("="):
        return token
    thing = token.removeprefix("=")
    chinese = [word for word, named in _lexicon()[0].items() if named == token]
    if language.startswith("zh") and chinese:
        return said_in(min(chinese, key=len), language)
    return thing.replace("_", " ")


@lru_cache(maxsize=100_000)
def tokens(text: str) -> frozenset[str]:
    """The tokens of a text: at most 60, from its first 600 characters; never raises."""
    chinese, english, lengths, stop = _lexicon()
    plain = simplified(text[:_LONGEST].casefold())
    found: list[str] = []
    for run in _HAN.findall(plain):
        found += _han(run, chinese, lengths, stop)
    for word in _WORD.findall(plain):
        if is_han(word[0]) or word in stop or len(word) < 2:
            continue
        found.append(english.get(word) or english.get(word.removesuffix("s")) or word.removesuffix("s")[:20])
    return frozenset(list(dict.fromkeys(found))[:_MOST_TOKENS])


def _han(run: str, chinese: dict[str, str], lengths: dict[str, list[int]], stop: frozenset[str]) -> list[str]:
    found, rest, at = [], "", 0
    while at < len(run):
        for size in lengths.get(run[at], ()):
            thing = chinese.get(run[at : at + size])
            if thing:
                found.append(thing)
                rest += " "
                at += size
                break
        else:
            rest += " " if run[at] in stop else run[at]
            at += 1
    return found + [a + b for a, b in pairwise(rest) if a != " " and b != " "]


@cache
def _languages() -> dict[str, str]:
    with resources.files("matching").joinpath("data", "synonyms.toml").open("rb") as file:
        table = tomllib.load(file)["languages"]
    return {word: name for name, words in table.items() for word in words.split()}


@lru_cache(maxsize=20_000)
def language_tokens(text: str) -> frozenset[str]:
    """The languages of a list separated by `;` and similar marks; a dialect by its place, Mandarin left
    out."""
    known = _languages()
    found = set()
    for part in re.split(r"[;；,，、/和]+", simplified(text[:200].casefold())):
        bare = part.strip().removesuffix(" dialect").removesuffix("方言").strip()
        name = known.get(bare) or known.get(bare.removesuffix("语").removesuffix("话"), bare)
        if name and name != "mandarin":
            found.add(name)
    return frozenset(sorted(found)[:8])
