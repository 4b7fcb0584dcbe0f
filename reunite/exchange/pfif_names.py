"""The names of a PFIF person as one name and other names.

Versions before 1.3 have first and last name only, and services of the West join them in this order; a Chinese name is
its surname first, with nothing between.
"""

from matching.phonetics import is_han
from reunite.exchange.pfif import PersonRecord

NOT_KNOWN = frozenset({"?", "-", "unknown", "unidentified", "未知", "不详"})
"""What registries write into a name that must not be empty."""


def full(person: PersonRecord) -> str:
    """The name to compare by; empty where none is known."""
    joined, given_first = composed(person), _words(person.given_name) + _words(person.family_name)
    name = _known(person.full_name)
    if not name or (_is_han(name) and _words(name) == given_first):
        return joined or name
    return name


def others(person: PersonRecord) -> list[str]:
    """The alternate names, and the parts of the name where they say something else than the whole: another script."""
    names = alternates(person)
    joined, whole = composed(person), full(person)
    said = set(_words(whole)) >= set(_words(joined)) or "".join(_words(joined)) in "".join(_words(whole))
    return names if said or joined in names else [joined, *names]


def alternates(person: PersonRecord) -> list[str]:
    """The alternate names, one a line."""
    return [name for line in person.alternate_names.split("\n") if (name := _known(line))]


def composed(person: PersonRecord) -> str:
    """Given name and family name as one: surname first and nothing between for Chinese characters."""
    given, family = _known(person.given_name), _known(person.family_name)
    if given and family and _is_han(given + family):
        return family + given
    return " ".join(part for part in (given, family) if part)


def _known(name: str) -> str:
    name = name.strip()
    return "" if name.casefold() in NOT_KNOWN else name


def _is_han(name: str) -> bool:
    return all(map(is_han, "".join(name.split())))


def _words(name: str) -> list[str]:
    """The words of a name, every Chinese character one."""
    spaced = "".join(f" {letter} " if is_han(letter) else letter for letter in _known(name).casefold())
    return spaced.replace(",", " ").split()
