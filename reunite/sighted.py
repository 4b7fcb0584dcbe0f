"""What a sighting says of a child, as a weak description of a found person that the engine can rank.

Only what the text says is read, by the readers that reports have; where it says two things, neither is taken, for
nobody knows of whom. `memories` stay empty: that comparison weighs what somebody remembers of home, and who passed a
child in the street remembers nothing of it, which must not count against the right child. For the same reason of the
clothing only garments and their colours are named, so few that words which do not agree weigh next to nothing.
docs/decisions/sightings.md says more.
"""

import re
from collections.abc import Mapping
from datetime import date, timedelta

from matching import age_words, dates, marks, words
from matching.dates import DateSpan

_CHILDREN = {
    "female": re.compile(r"女孩|女童|女娃|女婴|小姑娘|\bgirls?\b"),
    "male": re.compile(r"男孩|男童|男娃|男婴|\bboys?\b"),
}
_GROWN = {
    "female": re.compile(r"女人|女子|女士|女的|\b(?:woman|women|lady)\b"),
    "male": re.compile(r"男人|男子|男士|男的|小伙|\b(?:man|men)\b"),
}
_NUMBER = r"(?:\d{1,2}|[一二两三四五六七八九十]{1,3})"
_AGE = re.compile(
    rf"{_NUMBER}(?:\s*(?:-|–|~|到|至|或)\s*{_NUMBER})?\s*(?:周岁|岁半|岁|个月大)(?!\s*(?:以|之|前|时|那|的时|左右以|上下以))"
    r"|\b(?:\d{1,2}|[a-z]+)(?:\s*(?:-|–|to|or)\s*(?:\d{1,2}|[a-z]+))?[ -]years?[ -]old\b|\baged \d{1,2}\b"
)
_CLAUSE = re.compile(r"[;；,，。.、!！?？\n]+|\band\b|\bwith\b")
_GARMENTS = frozenset(
    {"sweater", "trousers", "coat", "padded", "dress", "tshirt", "shirt", "shoes", "sandals", "hat", "dungarees",
     "splitpants", "barefoot", "scarf", "bracelet", "lock", "jade", "necklace", "redstring", "schoolbag"}
)  # fmt: skip
_LOOKS = frozenset({"flowered", "striped", "checked"})
_MOST_WORDS = 4
"""From five words on the engine takes a text for a full account of the clothes (`matching.columns_texts`)."""
_PLAIN_TO_SEE = frozenset(
    {"birthmark", "mole", "cleft_lip", "extra_finger", "missing_finger", "dimple", "curly", "squint", "limp", "mute",
     "tattoo", "tooth"}
)  # fmt: skip
_WITH_A_PLACE = frozenset({"scar", "burn", "surgery", "patch", "lump"})
"""Marks whose words mean other things too (a zebra crossing has the sign of a patch): only with a part of the body."""
_CLOCK = re.compile(
    r"凌晨|清晨|早上|早晨|上午|中午|下午|傍晚|晚上|夜里|半夜|(?:大约|大概|约)?[\d一二两三四五六七八九十]{1,3}\s*点"
    r"(?:钟|半|多|一刻|[\d一二三四五六七八九十]{1,3}分?)?(?:左右)?|\d{1,2}[:：]\d{2}"
    r"|\b(?:at |about |around )*\d{1,2} ?(?:am|pm|o'clock)\b|\bat (?:noon|night|\d{1,2})\b"
    r"|\bin the (?:morning|afternoon|evening)\b"
)
_AGO = {
    **dict.fromkeys(("今天", "今早", "今晚", "刚才", "刚刚", "today", "just now", "tonight"), 0),
    **dict.fromkeys(("昨天", "昨晚", "yesterday", "last night"), 1),
    **dict.fromkeys(("前天", "前晚", "the day before yesterday"), 2),
}
_YEARS_AGO = {"今年": 0, "去年": 1, "前年": 2}
_YEAR = 365.2425


def weak(told: Mapping[str, str], sent: date) -> dict[str, str]:
    """The columns of a found report that this sighting, sent on that day, says something of: place_found, found_date,
    birth_date (from an age), sex, clothing, marks."""
    what = told["what"].casefold()
    seen = seen_on(told["time"], sent)
    read = {
        "place_found": told["place"], "found_date": seen, "birth_date": _birth(what, seen), "sex": _sex(what),
        "clothing": _clothing(what), "marks": _marks(what),
    }  # fmt: skip
    return {column: text for column, text in read.items() if text}


def seen_on(time: str, sent: date) -> str:
    """The exchange form of when the child was seen, as far as it can be read; empty for what lies after the sending."""
    plain = " ".join(_CLOCK.sub(" ", time.casefold()).split()).strip(" ,，。")
    if plain in _AGO:
        return (sent - timedelta(days=_AGO[plain])).isoformat()
    for word, years in _YEARS_AGO.items():
        if plain.startswith(word):
            plain = f"{sent.year - years}年{plain.removeprefix(word)}"
    if re.match(r"\d{1,2}月", plain):
        said = [_dated(f"{year}年{plain}", sent) for year in (sent.year, sent.year - 1)]
        return next(filter(None, said), "")
    return _dated(plain, sent)


def _dated(text: str, sent: date) -> str:
    try:
        read = dates.understand(text)
        return read if dates.parse(read).first <= sent.toordinal() else ""
    except dates.DateError:
        return ""


def _sex(what: str) -> str:
    """That of the child the text names, else of the grown-up; none where it names both."""
    for words_for in (_CHILDREN, _GROWN):
        named = [sex for sex, pattern in words_for.items() if pattern.search(what)]
        if named:
            return named[0] if len(named) == 1 else ""
    return ""


def _birth(what: str, seen: str) -> str:
    """The days of birth that fit the one age the text names, a year more and less, for it was guessed from afar."""
    said = {found[0] for found in _AGE.finditer(what)}
    if len(said) != 1 or not seen:
        return ""
    try:
        # Before a range of ages `about` adds nothing: who says 5 to 6 has said how sure they are.
        youngest, oldest = dates.parse_age(age_words.understand_age(f"about {said.pop()}"))
        return _between(dates.parse(seen), youngest, oldest)
    except dates.DateError:
        return ""


def _between(seen: DateSpan, youngest: int, oldest: int) -> str:
    first, last = int(seen.first - (oldest + 1) * _YEAR) + 1, int(seen.last - youngest * _YEAR)
    text = "/".join(date.fromordinal(max(1, day)).isoformat() for day in (first, last))
    dates.parse(text)
    return text


def _clothing(what: str) -> str:
    """The garments that it names, each with the colours named beside it: four words at most."""
    language = "zh_Hans" if re.search(r"[㐀-鿿]", what) else "en"
    chosen: dict[str, str] = {}
    for clause in _CLAUSE.split(what):
        things = sorted(word.removeprefix("=") for word in words.tokens(clause) if word.startswith("="))
        worn = [thing for thing in things if thing in _GARMENTS]
        seen = [thing for thing in things if thing.endswith("_colour") or thing in _LOOKS] if worn else []
        for thing in [*seen, *worn]:
            chosen.setdefault(thing, words.say(f"={thing}", language).removesuffix(" colour"))
    return " ".join([*chosen.values()][:_MOST_WORDS])


def _marks(what: str) -> str:
    return "; ".join(
        mark.text for mark in marks.marks(what)
        if mark.kind in _PLAIN_TO_SEE or (mark.kind in _WITH_A_PLACE and mark.part)
    )  # fmt: skip
