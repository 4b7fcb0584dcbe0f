"""Keys under which people find a report by a name: what is left of it when dialect, spelling and script are taken off.

The keys are sorted by how much they tell: two given syllables, a surname with one of them, a word's consonants, one
syllable, a surname alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from matching.dates import DateSpan
from matching.description import Description, Identity
from matching.name_keys import merged
from matching.names import Form, Name, read
from matching.phonetics import is_han, simplified, surnames
from matching.spelling import skeleton
from matching.surname_index import spelt

_YEARS_AT_MOST, _AGES_AT_MOST = 12, 6
"""A time that is told no better than this says nothing that is worth looking for."""
_DAYS_OF_A_YEAR = 365.2425
_LEAST_ODDS, _SURNAMES = 0.3, 4


@dataclass(frozen=True, slots=True)
class Asked:
    """The keys that a name is looked for by; `weak` ones only where the others find little."""

    keys: frozenset[str]
    weak: frozenset[str]


def of(said: Identity | Description) -> frozenset[str]:
    """All keys of a report: of its names, the years of birth and the ages at the separation that it may mean."""
    names = {key for one in said.names for key in _of_name(one.name)}
    return frozenset({*names, *_born(said.birth), *_aged(said)})


def asked(text: str) -> Asked:
    """The keys of a name as somebody writes it who looks for it: whole, given name alone, or surname alone."""
    name = read(text)
    strong: set[str] = set()
    weak: set[str] = set()
    for key in _of_name(name):
        (weak if key[:2] in ("1:", "s:") else strong).add(key)
    alone = {f"s:{_heard(surnames()[one][0])}" for one in _surnames_of(name)}
    if strong:
        return Asked(frozenset(strong), frozenset(weak | alone))
    return Asked(frozenset(weak | alone), frozenset())


def born(year: int) -> str:
    """The key of a year of birth."""
    return f"b:{year}"


def born_between() -> tuple[str, str]:
    """The first and the last key that a year of birth can have."""
    return born(1000), born(9999)


def year_of(key: str) -> int:
    """The year of a key that `born` made."""
    return int(key.partition(":")[2])


def aged(years: int) -> str:
    """The key of an age at the separation."""
    return f"a:{years}"


def _of_name(name: Name) -> Iterator[str]:
    for form in name.forms:
        yield from _of_form(form)
    if not name.forms or not name.forms[0].given_characters:
        for word in name.words:
            if len(word) > 1:
                yield f"w:{skeleton(word)}"


def _of_form(form: Form) -> Iterator[str]:
    heard, family = [merged(one) for one in form.given], _heard(form.surname)
    if len(heard) == 2:
        yield f"2:{' '.join(heard)}"
    for one in heard:
        yield f"1:{one}"
        if family:
            yield f"f:{family}/{one}"
    if family:
        yield f"s:{family}"


def _heard(surname: tuple[str, ...]) -> str:
    return " ".join(map(merged, surname))


def _surnames_of(name: Name) -> list[str]:
    """The surnames that the text may be, or that its first or last word in Latin letters may spell."""
    if (whole := simplified(name.text)) in surnames():
        return [whole]
    ends = {name.words[0], name.words[-1]} if name.words and not any(map(is_han, name.text)) else set()
    known = (one for end in ends for one in spelt(end)[:_SURNAMES] if one.odds >= _LEAST_ODDS)
    return [one.surname for one in known if one.surname in surnames()]


def _born(span: DateSpan | None) -> Iterator[str]:
    if span is not None:
        first, last = (date.fromordinal(day).year for day in (span.first, span.last))
        around = 1 if span.approximate and first == last else 0
        if last - first < _YEARS_AT_MOST:
            yield from map(born, range(first - around, last + around + 1))


def _aged(said: Identity | Description) -> Iterator[str]:
    birth, event = said.birth, said.event
    if birth is None or event is None:
        return
    least, most = (int((end - begin) / _DAYS_OF_A_YEAR) for end, begin in
                   ((event.first, birth.last), (event.last, birth.first)))  # fmt: skip
    if most >= 0 and most - least <= _AGES_AT_MOST:
        yield from map(aged, range(max(0, least), most + 1))
