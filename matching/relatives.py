"""Relatives read from text: who they are to the child, and their names."""

import re
import tomllib
from functools import cache, lru_cache
from importlib import resources
from typing import NamedTuple

from matching import names
from matching.names import Name
from matching.phonetics import simplified

_LONGEST, _MOST = 600, 6
_PARTED = re.compile(r"[;；\n。]+")
_BEARS_FATHERS_NAME = frozenset({"father", "sister", "brother", "grandfather"})


class Relative(NamedTuple):
    """A relative by role (`father`, `sister` … , empty if not said) and name as written (may be empty), and as read."""

    role: str
    name: str
    said: Name

    @property
    def shares_surname(self) -> bool:
        """Whether the surname is likely the child's own, so that it is no second fact."""
        return self.role in _BEARS_FATHERS_NAME


@cache
def _roles() -> dict[str, str]:
    with resources.files("matching").joinpath("data", "relatives.toml").open("rb") as file:
        table = tomllib.load(file)
    group = {role: name for name, roles in table["groups"].items() for role in roles.split()}
    words = {
        word: group.get(role, role)
        for role, spellings in table["roles"].items()
        for word in spellings.split()
    }
    return words


@lru_cache(maxsize=100_000)
def relatives(text: str) -> tuple[Relative, ...]:
    """The relatives of `父亲:王建国;mother:Li Xiuying` and of looser writing (`姐姐叫丽丽`); at most 6, never
    raises."""
    found = []
    for part in _PARTED.split(simplified(text[:_LONGEST])):
        role, name = _read(part.strip())
        if role or name:
            found.append(Relative(role, name[:60], names.read(name[:60])))
    return tuple(found[:_MOST])


def _read(part: str) -> tuple[str, str]:
    known = _roles()
    head, mark, tail = part.replace("：", ":").partition(":")
    if mark:
        return _role(head), tail.strip()
    for word in sorted(known, key=len, reverse=True):
        match = re.match(
            rf"(?:my |the )?{re.escape(word)}(?:的名字)?\s*(?:名叫|叫做|叫|是|姓|named|called|is)?\s*",
            part,
            re.IGNORECASE,
        )
        if match and (
            not word.isascii()
            or not part[match.end() : match.end() + 1].isalpha()
            or part[match.end() - 1] == " "
        ):
            return known[word], part[match.end() :].strip()
    return "", ""


def _role(head: str) -> str:
    head = head.strip().casefold()
    known = _roles()
    if head in known:
        return known[head]
    for word in re.findall(r"[a-z]+", head):
        if word in known:
            return known[word]
    return next(
        (known[word] for word in sorted(known, key=len, reverse=True) if not word.isascii() and word in head),
        head[:20],
    )
