"""Places named in a text: addresses and mentions in Chinese characters and Latin letters, with probabilities.

Every name found votes: a place is likelier when the text also names what it lies in, less likely when it names
somewhere else.
"""

import math
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

import opencc

from matching.gazetteer import RANKS, Named, Place, ancestors, codes_above, gazetteer, latin_key

_LONGEST = 500
_READINGS = "\x1d"  # no report has it: control characters are taken out of what comes in
_MOST = 8
_LEAST = 0.02
_MOST_MENTIONS = 8
_INSIDE, _ELSEWHERE = math.log(200), math.log(0.2)
"""What it does to the odds of a place that the text also names one it lies in, or only others. Our judgement."""
_COVERS = 4.0
"""How much less likely (natural logarithm) a place inside another may be and still be the one that is meant."""
_STREET = re.compile(
    r"(?:[东西南北中一二三四五六七八九十]{0,2}(?:大路|大街|大道|路(?!南|北)|街|巷|胡同|大桥|大厦|大酒店|宾馆|饭店))"
)
_RANK = re.compile("|".join(RANKS))
_WORD = re.compile(r"[^\W\d_]+(?:['’`][^\W\d_]+)*")
_HAN = re.compile(r"[㐀-鿿]")
_LATIN_LETTER = re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
_LATIN_RANKS = {
    "province": "province", "sheng": "province", "state": "province", "city": "city", "shi": "city",
    "prefecture": "city", "municipality": "city", "diqu": "city", "district": "county", "qu": "county",
    "county": "county", "xian": "county", "banner": "county",
}  # fmt: skip
_STOP = frozenset({
    "a", "about", "an", "and", "at", "behind", "beside", "bridge", "bus", "central", "cun", "east", "factory", "for",
    "from", "had", "home", "hospital", "house", "in", "is", "lu", "market", "near", "new", "north", "of", "old", "on",
    "outside", "park", "railway", "river", "road", "school", "shop", "side", "south", "square", "station", "street",
    "temple", "the", "to", "town", "township", "train", "unknown", "village", "was", "west", "with", "xiang", "zhan",
    "zhen",
})  # fmt: skip
"""Words that are also names of some small town, but hardly mean it here."""


Mention = tuple[Named, ...]
"""The places that one name found in the text may mean."""


@lru_cache(maxsize=200_000)
def resolve(text: str) -> tuple[tuple[Place, float], ...]:
    """The places that a text may mean, likeliest first, with probabilities that sum to 1; empty when none is known.

    Takes any text, looks at its first 500 characters, never raises.
    """
    if text.startswith(_READINGS):
        return _read(text[1:])
    plain = unicodedata.normalize("NFKC", text[:_LONGEST])[:_LONGEST]
    mentions = (*_chinese(plain), *_latin(plain))
    return _weigh(mentions[:_MOST_MENTIONS]) if mentions else ()


def as_readings(text: str) -> str:
    """The places that a text may mean, as a text that `resolve` gives the same for and that says nothing else of it;
    empty where no place is known."""
    said = " ".join(f"{place.code}={share!r}" for place, share in resolve(text))
    return _READINGS + said if said else ""


def _read(said: str) -> tuple[tuple[Place, float], ...]:
    known = gazetteer().places
    pairs = (pair.partition("=") for pair in said.split(" ") if pair)
    return tuple((known[code], float(share)) for code, _, share in pairs if code in known)


def _chinese(text: str) -> Iterator[Mention]:
    if not _HAN.search(text):
        return
    simplified = _converter().convert(text)
    names = gazetteer().chinese
    lengths = gazetteer().lengths
    at = 0
    while at < len(simplified):
        for length in lengths.get(simplified[at], ()):
            found = names.get(simplified[at : at + length])
            if found and len(simplified) >= at + length:
                kept, end = _read_rank(simplified, at, at + length, found)
                if kept:
                    yield kept
                at = end
                break
        else:
            at += 1


def _read_rank(text: str, start: int, end: int, found: tuple[Named, ...]) -> tuple[tuple[Named, ...], int]:
    """What a name means given what follows, and where it ends: a rank belongs to it, a street is no mention."""
    if any(named.full for named in found):
        return found, end
    street = _STREET.match(text, end)
    if street:
        return (), street.end()
    rank = _RANK.match(text, end)
    if rank:
        # 双流县 is 双流区 today, 达县地区 a city. A rank that no place of this name had says that it is another.
        suited = tuple(named for named in found if _may_have_been(named.place, rank[0]))
        return suited, rank.end()
    alone = start == 0 and end == len(text)
    return tuple(named for named in found if alone or _is_meant(named, text)), end


def _is_meant(named: Named, text: str) -> bool:
    """Small places abroad have names like words (大山): they count only beside the name of their country."""
    if named.weight > 1 or named.place.code.isdigit() or named.place.level != "city":
        return True
    return any(above.name_zh and above.name_zh in text for above in ancestors(named.place))


def _may_have_been(place: Place, rank: str) -> bool:
    if place.level == "county":
        return rank in ("县", "市", "区", "旗", "自治县", "地区")
    if place.level == "city":
        return rank in ("市", "县", "地区", "州", "盟", "自治州")
    return rank in ("省", "市", "自治区", "特别行政区") if place.level == "province" else False


def _latin(text: str) -> Iterator[Mention]:
    if not _LATIN_LETTER.search(text):
        return
    words = [word for word in (latin_key(found[0]) for found in _WORD.finditer(text)) if word]
    names = gazetteer().latin
    at = 0
    while at < len(words):
        for length in range(min(4, len(words) - at), 0, -1):
            if words[at] in _STOP and length == 1:
                continue
            key = "".join(words[at : at + length])
            found = names.get(key) or (_without_rank(key) if length == 1 else ())
            if found:
                at += length
                rank = _LATIN_RANKS.get(words[at]) if at < len(words) else None
                yield _ranked(found, rank)
                break
        else:
            at += 1


def _without_rank(key: str) -> tuple[Named, ...]:
    """chengdushi → chengdu."""
    for rank in ("sheng", "shi", "xian", "qu"):
        stem = key.removesuffix(rank)
        if stem != key and len(stem) >= 4:
            return _ranked(gazetteer().latin.get(stem, ()), _LATIN_RANKS[rank])
    return ()


def _ranked(found: tuple[Named, ...], level: str | None) -> tuple[Named, ...]:
    suited = tuple(named for named in found if named.place.level == level) if level else ()
    return suited or found


@lru_cache(maxsize=50_000)
def _weigh(mentions: tuple[Mention, ...]) -> tuple[tuple[Place, float], ...]:
    named_here = [{named.place.code for named in mention} for mention in mentions]
    inside = [codes.union(*map(codes_above, codes)) for codes in named_here]
    scores: dict[Place, float] = {}
    covers: set[tuple[Place, str]] = set()
    for number, mention in enumerate(mentions):
        for named in mention:
            line = codes_above(named.place.code)
            score = math.log(named.weight) - 0.3 * number
            for other, there in enumerate(named_here):
                if other == number or there == named_here[number]:
                    continue
                if above := there & line:
                    score += _INSIDE
                    covers |= {(named.place, code) for code in above}
                elif named.place.code not in inside[other]:
                    score += _ELSEWHERE
            scores[named.place] = max(score, scores.get(named.place, -math.inf))
    return _probabilities(_deepest(scores, covers))


def _deepest(scores: dict[Place, float], covers: set[tuple[Place, str]]) -> dict[Place, float]:
    """Drop a place where the text also names a likely place inside it: 四川成都 is 成都."""
    by_code = {place.code: score for place, score in scores.items()}
    covered = {code for place, code in covers if scores[place] > by_code[code] - _COVERS}
    return {place: score for place, score in scores.items() if place.code not in covered}


def _probabilities(scores: dict[Place, float]) -> tuple[tuple[Place, float], ...]:
    highest = max(scores.values(), default=0.0)
    weights = {place: math.exp(score - highest) for place, score in scores.items()}
    whole = sum(weights.values())
    best = sorted(weights.items(), key=lambda item: (-item[1], item[0].code))[:_MOST]
    kept = [(place, weight) for place, weight in best if weight / whole >= _LEAST]
    whole = sum(weight for _, weight in kept)
    return tuple((place, weight / whole) for place, weight in kept)


@lru_cache(maxsize=1)
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")
