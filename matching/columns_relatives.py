"""Relatives of all rows at once: the same role with a name that sounds alike."""

import numpy as np

from matching.columns import Alive, line, sides
from matching.description import Description
from matching.evidence import Evidence
from matching.growing import NONE, Coded, Grown
from matching.model import Model
from matching.name_table import NameTable
from matching.names import read, similarity
from matching.relatives import Relative
from matching.scoring import UNKNOWN, Groups, Scored

_MOST = 5
_ALIKE = 0.7
_MOST_BITS = 18.0


class RelativesColumn:
    """Each named relative of the query against those of the same role in a row.

    A surname that father and child share is one fact: where both reports give the child's surname,
    relatives who bear it count by given name.
    """

    def __init__(self, model: Model) -> None:
        self._numbers = model.numbers["relative"]
        self._table = NameTable(model)
        self._roles: Coded[str] = Coded()
        self._names = Grown(_MOST)
        self._role_codes = Grown(_MOST)
        self._surnamed = Grown(1, 0)

    def append(self, row: Description) -> None:
        named = _named(row)
        self._names.append([self._table.code(read(one.name), "told") for one in named])
        self._role_codes.append([self._roles.code(one.role)[0] for one in named])
        self._surnamed.append([_has_surname(row)])

    def score(self, query: Description, alive: Alive, groups: Groups | None = None) -> Scored:
        names, roles = self._names.table().astype(np.int64), self._role_codes.table()
        bits = np.zeros(len(names))
        compared = np.zeros(len(names), bool)
        both_surnamed = (self._surnamed.column() == 1) & _has_surname(query)
        truth = self._numbers["true"]
        for one in _named(query):
            role = self._roles.find(one.role)
            if not one.role or role == NONE:
                continue
            same = roles == role
            ratios = self._table.ratios(read(one.name), "told")
            whole, given = ratios.whole[names], ratios.given[names]
            ratio = np.where(both_surnamed[:, None], given, whole) if one.shares_surname else whole
            # Of two brothers only one need be the one that is meant.
            best = np.where(same, ratio, 0.0).sum(axis=1) / np.maximum(same.sum(axis=1), 1)
            some = same.any(axis=1)
            bits += np.where(some, np.log2(1 - truth + truth * np.maximum(best, 1e-9)), 0.0)
            compared |= some
        bits = np.minimum(bits, _MOST_BITS)
        return Scored(np.where(compared, bits, 0.0), np.where(compared, 0, UNKNOWN).astype(np.int16))

    def explain(self, query: Description, row: Description, code: int, bits: float) -> Evidence | None:
        missing, found = sides(query, row)
        if code < 0:
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
