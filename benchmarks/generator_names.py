"""Invented names, and what becomes of them when a child says them and somebody writes them down."""

import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from random import Random

from pypinyin import lazy_pinyin, load_phrases_dict
from pypinyin.phrases_dict import phrases_dict

from benchmarks.generator_tables import Rates, drawn, early, table

load_phrases_dict(phrases_dict)  # the engine, which may have been imported before, does without

SURNAME_READINGS = {
    "单": "shan",
    "解": "xie",
    "仇": "qiu",
    "查": "zha",
    "区": "ou",
    "曾": "zeng",
    "覃": "qin",
}
"""Surnames that are read otherwise than the character alone, and that names.toml has."""
_LATIN_SURNAMES = {
    "王": "Wong",
    "陈": "Chan",
    "林": "Lam",
    "黄": "Huang",
    "李": "Lee",
    "张": "Chang",
    "刘": "Lau",
    "吴": "Ng",
}


_INITIALS = (
    ("zh", "z"), ("ch", "c"), ("sh", "s"), ("z", "zh"), ("c", "ch"), ("s", "sh"), ("n", "l"), ("l", "n"), ("hu", "f"),
    ("f", "hu"), ("r", "l"),
)  # fmt: skip
_FINALS = (("ang", "an"), ("eng", "en"), ("ing", "in"), ("an", "ang"), ("en", "eng"), ("in", "ing"))


@dataclass(frozen=True, slots=True)
class Name:
    """A name of two parts; `latin` if it is written in another script than Chinese."""

    surname: str
    given: str
    latin: bool = False

    @property
    def full(self) -> str:
        """As it is written in full."""
        return f"{self.given} {self.surname}" if self.latin else self.surname + self.given


@cache
def surname_shares() -> dict[str, float]:
    """Surnames and their share of the population in percent."""
    signs = (entry.rstrip("0123456789.") for entry in table("names")["surnames"].split())
    return {
        sign: float(entry[len(sign) :])
        for sign, entry in zip(signs, table("names")["surnames"].split(), strict=True)
    }


def chinese_name(random: Random, sex: str, surname: str = "") -> Name:
    """A Chinese name; one character or two, four in five have two (younger people more, not modelled)."""
    signs = table("names")["female" if sex == "female" else "male"]
    given = early(random, signs) + (early(random, signs) if random.random() < 0.8 else "")
    return Name(surname or drawn(random, surname_shares()), given)


def other_name(random: Random, origin: str) -> Name:
    """A name of another origin: vi, my, en, ru, ar."""
    families, given = table("names")["others"][origin]
    return Name(random.choice(families.split()), random.choice(given.split(";")), latin=True)


def nickname(random: Random, name: Name) -> str:
    """What the child is called at home: often a syllable of its name doubled."""
    if name.latin:
        return name.given.split()[0][:4]
    if random.random() < 0.3:
        return name.given[-1] * 2
    usual: list[str] = table("names")["nicknames"].split()
    return random.choice((*usual, "小" + name.given[-1], "阿" + name.given[-1]))


def said(random: Random, text: str, rates: Rates) -> str:
    """Chinese text as a stranger writes down what it sounds like."""
    written = []
    for sign, sound in zip(text, lazy_pinyin(text), strict=False):
        if rates.happens(random, "syllable_exact"):
            written.append(sign)
            continue
        heard = merged(random, sound) if rates.happens(random, "syllable_dialect") else sound
        written.append(random.choice(_signs_of().get(heard) or _signs_of().get(sound) or (sign,)))
    return "".join(written)


def merged(random: Random, syllable: str) -> str:
    """A syllable as dialects merge it: n/l, zh/z, ch/c, sh/s, f/h, r/l, ang/an, eng/en, ing/in, both ways."""
    changed = [to + syllable[len(of) :] for of, to in _INITIALS if syllable.startswith(of)]
    changed += [syllable[: -len(of)] + to for of, to in _FINALS if syllable.endswith(of)]
    known = [sound for sound in changed if sound in _signs_of()]
    return random.choice(known) if known else syllable


def romanised(random: Random, name: Name) -> str:
    """A Chinese name in Latin letters, as passports, friends or a clerk abroad write it."""
    if name.latin:
        return misspelt(random, name.full)
    surname = SURNAME_READINGS.get(name.surname) or "".join(lazy_pinyin(name.surname))
    surname = str(surname).capitalize()
    if random.random() < 0.1:
        surname = _LATIN_SURNAMES.get(name.surname, surname)
    parts = lazy_pinyin(name.given)
    given = random.choice(("".join(parts), " ".join(parts), "-".join(parts))).title()
    if not surname:
        return given
    return f"{given} {surname}" if random.random() < 0.3 else f"{surname} {given}"


def misspelt(random: Random, name: str) -> str:
    """A foreign name as somebody else spells it: accents lost, parts turned round, a letter doubled or dropped."""
    if random.random() < 0.6:
        name = unicodedata.normalize("NFKD", name.replace("Đ", "D").replace("đ", "d"))
        name = "".join(letter for letter in name if not unicodedata.combining(letter))
    parts = name.split()
    if random.random() < 0.4:
        parts.reverse()
    word = random.randrange(len(parts))
    if len(parts[word]) > 4 and random.random() < 0.35:
        at = random.randrange(1, len(parts[word]))
        parts[word] = parts[word][:at] + random.choice(("", parts[word][at] * 2)) + parts[word][at + 1 :]
    return " ".join(parts)


@cache
def _signs_of() -> dict[str, tuple[str, ...]]:
    """The characters that a listener might write for a syllable."""
    names = table("names")
    signs = set(names["male"] + names["female"] + names["spare"]) | {
        s for s in surname_shares() if len(s) == 1
    }
    found: dict[str, list[str]] = defaultdict(list)
    for sign in sorted(signs):
        found[SURNAME_READINGS.get(sign) or lazy_pinyin(sign)[0]].append(sign)
    return {sound: tuple(written) for sound, written in found.items()}
