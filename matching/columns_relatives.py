"""Relatives of all rows at once: the same role with a name that sounds alike."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from matching.asked_names import Asked
from matching.columns import line, sides
from matching.compiled import Bits, Codes, Rows
from matching.description import Description, Kind
from matching.evidence import Evidence
from matching.growing import NONE, Coded, Grown
from matching.model import Model
from matching.name_kernels import mean_bits
from matching.name_keys import keys
from matching.name_table import NameTable, Roles
from matching.names import similarity
from matching.postings import Postings
from matching.relatives import Relative

_MOST = 5
_ALIKE = 0.7
_MOST_BITS = 18.0


class RelativesColumn:
    """Each named relative of the query against those of the same role in a row.

    A surname that father and child share is one fact: where both reports give the child's surname,
    relatives who bear it count by given name.
    """

    def __init__(self, model: Model) -> None:
        self._numbers, self._scale = model.numbers["relative"], model.scales["relatives"]
        self._table = NameTable(model)
        self._roles: Coded[str] = Coded()
        self._names = Grown(_MOST)
        self._role_codes = Grown(_MOST, dtype=np.int16)
        self._surnamed = Grown(1, 0, np.int8)
        self._postings: Postings[tuple[str, str]] = Postings()

    def append(self, row: Description) -> None:
        named = _named(row)
        self._postings.add({(one.role, key) for one in named for key, _ in keys(one.said)}, self._names.size)
        self._names.append([self._table.add(one.said, "told") for one in named])
        self._role_codes.append([self._roles.code(one.role)[0] for one in named])
        self._surnamed.append([_has_surname(row)])

    def forget(self, row: int, said: Description) -> None:
        for code in self._names.columns()[:, row]:
            self._table.forget(int(code))
        for key in {(one.role, key) for one in _named(said) for key, _ in keys(one.said)}:
            self._postings.discard(key)
        self._role_codes.forget(row)
        self._names.forget(row)

    def count(self, other: Description) -> None:
        for one in _named(other):
            self._table.count(one.said)

    def discount(self, other: Description) -> None:
        for one in _named(other):
            self._table.discount(one.said)

    def hints(self, query: Description) -> Iterator[tuple[npt.NDArray[np.int32], float]]:
        worth = {(one.role, key): bits for one in _named(query) for key, bits in keys(one.said)}
        for key in sorted(worth):
            if (rows := self._postings.rows(key)) is not None:
                yield rows, worth[key]

    def score(self, query: Description, rows: Rows, codes: Codes, bits: Bits) -> None:
        said = [one for one in _named(query) if self._roles.find(one.role) != NONE]
        if not said:
            return
        asked = [Asked(one.said, "told") for one in said]
        surnamed = _has_surname(query)
        roles = Roles(
            [self._roles.find(one.role) for one in said],
            [surnamed and one.shares_surname for one in said],
            self._role_codes.whole()[0],
            self._surnamed.column(),
        )
        ratios = self._table.ratios(asked, self._names.whole()[0], rows, roles)
        missing, truth = query.kind is Kind.MISSING, self._numbers["true"]
        mean_bits(ratios, missing, truth, _MOST_BITS, self._scale, codes, bits)

    def explain(self, query: Description, row: Description, code: int, bits: float) -> Evidence | None:
        missing, found = sides(query, row)
        if not code:
            return line("relatives", "unknown", bits, missing.text("relatives"), found.text("relatives"))
        pairs = [
            (similarity(a.name, b.name), a, b)
            for a in _named(missing)
            for b in _named(found)
            if a.role == b.role
        ]
        likeness, a, b = max(pairs, key=lambda pair: pair[0])
        level = "same" if a.name == b.name else "alike" if likeness >= _ALIKE else "different"
        return line("relatives", level, bits, a.name, b.name, role=a.role)


def _named(one: Description) -> list[Relative]:
    return [relative for relative in one.relatives if relative.name][:_MOST]


def _has_surname(one: Description) -> bool:
    """Whether the child's surname is compared as part of its name."""
    if one.origin == "given_later" or not one.names:
        return False
    forms = one.names[0].name.forms
    return bool(forms and forms[0].surname)
