"""What texts about clothing, belongings and memories share: things named in Chinese or English, and pairs of characters or words.

A token is a thing of data/synonyms.toml (`=bridge`), a pair of Han characters outside the known words, or a Latin word.
"""

import re
import tomllib
from functools import cache, lru_cache
from importlib import resources
from itertools import pairwise

from matching.phonetics import is_han, simplified

_LONGEST, _MOST_TOKENS = 600, 60
_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")


@cache
def _lexicon() -> tuple[dict[str, str], dict[str, str], int, frozenset[str]]:
    """Chinese word → thing, English word → thing, length of the longest Chinese word, words that say nothing."""
    with resources.files("matching").joinpath("data", "synonyms.toml").open("rb") as file:
        table = tomllib.load(file)
    chinese: dict[str, str] = {}
    english: dict[str, str] = {}
    for thing, spellings in table["things"].items():
        for word in spellings.split():
            (chinese if any(map(is_han, word)) else english).setdefault(word, "=" + thing)
    return chinese, english, max(map(len, chinese)), frozenset(table["stop"]["words"].split())


@lru_cache(maxsize=100_000)
def tokens(text: str) -> frozenset[str]:
    """The tokens of a text: at most 60, from its first 600 characters; never raises."""
    chinese, english, longest, stop = _lexicon()
    plain = simplified(text[:_LONGEST].casefold())
    found: list[str] = []
    for run in re.findall(r"[㐀-鿿]+", plain):
        found += _han(run, chinese, longest, stop)
    for word in _WORD.findall(plain):
        if is_han(word[0]) or word in stop or len(word) < 2:
            continue
        found.append(english.get(word) or english.get(word.removesuffix("s")) or word.removesuffix("s")[:20])
    return frozenset(list(dict.fromkeys(found))[:_MOST_TOKENS])


def _han(run: str, chinese: dict[str, str], longest: int, stop: frozenset[str]) -> list[str]:
    found, rest, at = [], "", 0
    while at < len(run):
        for size in range(min(longest, len(run) - at), 0, -1):
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


_LANGUAGES = {
    "mandarin": "普通话 国语 mandarin putonghua",
    "cantonese": "粤语 广东话 白话 cantonese",
    "hokkien": "闽南话 闽南语 台语 hokkien minnan",
    "hakka": "客家话 客家 hakka",
    "sichuan": "四川话 重庆话 sichuan sichuanese chongqing",
    "wu": "上海话 吴语 shanghainese shanghai wu",
    "northeast": "东北话 northeastern dongbei",
}


@lru_cache(maxsize=20_000)
def language_tokens(text: str) -> frozenset[str]:
    """The languages of a list separated by `;` and similar marks; a dialect by its province, Mandarin left out."""
    known = {word: name for name, words in _LANGUAGES.items() for word in words.split()}
    found = set()
    for part in re.split(r"[;；,，、/和]+", simplified(text[:200].casefold())):
        bare = part.strip().removesuffix(" dialect").removesuffix("方言").strip()
        name = known.get(bare) or _province(bare)
        if name and name != "mandarin":
            found.add(name)
    return frozenset(list(sorted(found))[:8])


@cache
def _provinces() -> dict[str, str]:
    pairs = (
        "河南 henan 河北 hebei 山东 shandong 山西 shanxi 陕西 shaanxi 湖南 hunan 湖北 hubei 安徽 anhui 江苏 jiangsu 浙江 zhejiang 福建 fujian "
        "江西 jiangxi 广西 guangxi 贵州 guizhou 云南 yunnan 甘肃 gansu 青海 qinghai 宁夏 ningxia 新疆 xinjiang 内蒙古 mongolian 海南 hainan "
        "北京 beijing 天津 tianjin 藏 tibetan 维吾尔 uyghur 壮 zhuang"
    ).split()
    return dict(zip(pairs[::2], pairs[1::2], strict=True))


def _province(bare: str) -> str:
    stem = bare.removesuffix("语").removesuffix("话")
    return _provinces().get(stem, stem)
