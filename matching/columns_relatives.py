"""Relatives of all rows at once: the same role with a name that sounds alike."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matching.asked_names import Asked
from matching.columns import Leading, line, sides
from matching.description import Description, Kind
from matching.evidence import Evidence
from matching.growing import NONE, Coded, Grown
from matching.model import Model
from matching.name_keys import keys
from matching.name_table import NameTable, spread
from matching.names import read, similarity
from matching.postings import Postings
from matching.relatives import Relative
from matching.scoring import Rows, Scored

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
        for key in {(one.role, key) for one in named for key, _ in keys(read(one.name))}:
            self._postings.add(key, self._names.size)
        self._names.append([self._table.add(read(one.name), "told") for one in named])
        self._role_codes.append([self._roles.code(one.role)[0] for one in named])
        self._surnamed.append([_has_surname(row)])

    def forget(self, row: int, said: Description) -> None:
        for code in self._names.columns()[:, row]:
            self._table.forget(int(code))
        for key in {(one.role, key) for one in _named(said) for key, _ in keys(read(one.name))}:
            self._postings.discard(key)
        self._role_codes.forget(row)
        self._names.forget(row)

    def hints(self, query: Description) -> Iterator[tuple[npt.NDArray[np.int32], float]]:
        worth = {(one.role, key): bits for one in _named(query) for key, bits in keys(read(one.name))}
        for key in sorted(worth):
            if (rows := self._postings.rows(key)) is not None:
                yield rows, worth[key]

    def score(self, leading: Leading) -> Scored:
        names, roles = (one.columns().take(leading.rows, axis=1) for one in (self._names, self._role_codes))
        said = [(of, one) for of, query in enumerate(leading.queries) for one in _named(query) if one.role]
        asked = [Asked(read(one.name), "told") for _, one in said]
        slots, at = np.nonzero(roles != NONE)
        # Each relative of a row with those of its query that have the same role.
        by_role = _ByRole.of([(of, self._roles.find(one.role)) for of, one in said], len(self._roles))
        again, place = by_role.pairs(leading.of[at], roles[slots, at])
        slots, at, which = slots[again], at[again], by_role.order[place]
        shared = np.array([one.shares_surname for _, one in said], bool)
        surnamed = np.array([_has_surname(query) for query in leading.queries], bool)
        both = (self._surnamed.column().take(leading.rows[at]) == 1) & surnamed[leading.of[at]]
        alone = both & shared[which] if len(said) else both
        ratios = self._table.ratios(asked, which, names[slots, at], alone)
        # Of two brothers only one need be the one that is meant: the mean, for each relative that the family names.
        of_missing = which if leading.queries[0].kind is Kind.MISSING else slots
        key = of_missing * len(leading.rows) + at
        pairs, back, count = np.unique(key, return_inverse=True, return_counts=True)
        mean = np.bincount(back, ratios, len(pairs)) / count
        truth = self._numbers["true"]
        each = np.log2(1 - truth + truth * np.maximum(mean, 1e-9))
        row = pairs % max(1, len(leading.rows))
        bits = np.bincount(row, each, len(leading.rows))
        compared = np.bincount(row, minlength=len(leading.rows)) > 0
        return Scored(
            (self._scale * np.minimum(bits, _MOST_BITS)).astype(np.float32), compared.astype(np.uint8)
        )

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


@dataclass(frozen=True, slots=True)
class _ByRole:
    """Relatives asked for, in the order of query and role: `order` are their numbers, `starts` and `counts` those of
    each query's relatives of a role."""

    order: Rows
    starts: Rows
    counts: Rows
    roles: int

    @classmethod
    def of(cls, said: list[tuple[int, int]], roles: int) -> "_ByRole":
        """From the query and the role's code (NONE: no row has it) of each relative."""
        keys = np.array([of * (roles + 1) + role + 1 for of, role in said], np.intp)
        most = (max((of for of, _ in said), default=0) + 1) * (roles + 1)
        counts = np.bincount(keys, minlength=most)
        return cls(np.argsort(keys, kind="stable"), np.cumsum(counts) - counts, counts, roles)

    def pairs(self, of: Rows, roles: npt.NDArray[np.int16]) -> tuple[Rows, Rows]:
        """For relatives of rows the places in `order` of those that they are compared with: which relative of the
        rows, and the place."""
        keys = of * (self.roles + 1) + roles + 1
        known = np.flatnonzero(keys < len(self.counts))
        again, place = spread(self.starts[keys[known]], self.counts[keys[known]])
        return known[again], place
