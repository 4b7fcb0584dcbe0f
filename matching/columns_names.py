"""The child's names: every name of one side against every name of the other, as a mixture of what the found
side's names can be.

A found name is the true name, or a nickname, or no name of this child at all; how likely each is depends on
where it comes from. So the ratio
of one found name is 1 - s + s * (mean of the ratios against the missing names), and a wrong name can weigh
only log2(1 - s) against.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from matching.asked_names import Asked
from matching.columns import line, sides
from matching.compiled import Bits, Codes, Rows
from matching.description import Description, Kind, SaidName
from matching.evidence import Evidence
from matching.growing import Grown
from matching.model import Model
from matching.name_kernels import mixed_bits
from matching.name_keys import keys
from matching.name_table import NameTable
from matching.names import Form, Name, form_similarity, similarity
from matching.phonetics import Sound, sound
from matching.postings import Postings

_MOST = 4
_MODES = {"told_by_child": "told", "birth": "written", "given_later": "written", "unknown": "told"}


class NamesColumn:
    """The names of the child, nicknames included."""

    def __init__(self, model: Model) -> None:
        self._numbers, self._scale = model.numbers["name"], model.scales["name"]
        self._table = NameTable(model)
        self._rows = Grown(_MOST, dtype=np.int32)
        self._shares = Grown(_MOST, 0.0, np.float32)
        self._postings: Postings[str] = Postings()

    def append(self, row: Description) -> None:
        names = row.names[:_MOST]
        found = row.kind is Kind.FOUND
        self._postings.add({key for one in names for key, _ in keys(one.name)}, self._rows.size)
        self._rows.append(
            [self._table.add(one.name, self._mode(row, one) if found else "written") for one in names]
        )
        self._shares.append(
            [self._truth(row, one) for one in names] if found else _split([self._part(one) for one in names])
        )

    def forget(self, row: int, said: Description) -> None:
        for code in self._rows.columns()[:, row]:
            self._table.forget(int(code))
        for key in {key for one in said.names[:_MOST] for key, _ in keys(one.name)}:
            self._postings.discard(key)
        self._rows.forget(row)
        self._shares.forget(row)

    def count(self, other: Description) -> None:
        for one in other.names[:_MOST]:
            self._table.count(one.name)

    def discount(self, other: Description) -> None:
        for one in other.names[:_MOST]:
            self._table.discount(one.name)

    def hints(self, query: Description) -> Iterator[tuple[npt.NDArray[np.int32], float]]:
        worth: dict[str, float] = {}
        for one in query.names[:_MOST]:
            trust = self._truth(query, one) if query.kind is Kind.FOUND else 1.0
            for key, bits in keys(one.name):
                worth[key] = max(worth.get(key, 0.0), bits * trust)
        for key in sorted(worth):
            if (rows := self._postings.rows(key)) is not None:
                yield rows, worth[key]

    def score(self, query: Description, rows: Rows, codes: Codes, bits: Bits) -> None:
        names, found = query.names[:_MOST], query.kind is Kind.FOUND
        if not names:
            return
        asked = [Asked(one.name, self._mode(query, one) if found else None) for one in names]
        parts = [self._truth(query, one) for one in names] if found else _split(list(map(self._part, names)))
        ratios = self._table.ratios(asked, self._rows.whole()[0], rows)
        shares = self._shares.whole()[0]
        mixed_bits(ratios, shares, rows, np.array(parts), found, self._scale, codes, bits)

    def _mode(self, one: Description, name: SaidName) -> str:
        return _MODES[one.origin] if name.first else "told"

    def _truth(self, one: Description, name: SaidName) -> float:
        """The share of such found names that are a name the family knows."""
        return self._numbers[one.origin if name.first else "other"]

    def _part(self, name: SaidName) -> float:
        return 1.0 if name.first else self._numbers["nickname_share"]

    def explain(self, query: Description, row: Description, code: int, bits: float) -> Evidence | None:
        missing, found = sides(query, row)
        said, heard = (one.text("name") or one.text("other_names") for one in (missing, found))
        if not code:
            return line("name", "unknown", bits, said, heard)
        pairs = [
            (_likeness(a.name, b.name) + (0.01 if a.first and b.first else 0), a, b)
            for a in missing.names[:_MOST]
            for b in found.names[:_MOST]
        ]
        likeness, a, b = max(pairs, key=lambda pair: pair[0])
        level = name_level(a.name, b.name) if likeness >= 0.5 else "different"
        origin = found.origin if b.first else "other"
        return Evidence("name", level, bits, a.name.text, b.name.text, {"origin": origin})


def _split(parts: list[float]) -> list[float]:
    whole = sum(parts)
    return [part / whole for part in parts]


def _likeness(a: Name, b: Name) -> float:
    best = max(
        (form_similarity(x, y) * (x.weight * y.weight) ** 0.25 for x in a.forms for y in b.forms), default=0.0
    )
    return best if best >= 0.5 else similarity(a.text, b.text)


def name_level(a: Name, b: Name) -> str:
    """What two alike names share: same, same_characters, same_sound, sound (but for the tone), merged,
    near, part, spelling."""
    if a.text == b.text:
        return "same"
    pairs = [
        (form_similarity(x, y), at, x, y)
        for at, (x, y) in enumerate((x, y) for x in a.forms for y in b.forms)
    ]
    if not pairs:
        return "spelling"
    best, _, x, y = max(pairs, key=lambda pair: (pair[0], -pair[1]))
    if best < 0.5:
        return "spelling"
    if len(x.given) != len(y.given) or bool(x.surname) != bool(y.surname):
        return "part"
    if (
        x.given_characters
        and x.surname_characters == y.surname_characters
        and x.given_characters == y.given_characters
    ):
        return "same_characters"
    worst = _worst(x, y)
    return {
        Sound.TONE: "same_sound",
        Sound.SOUND: "sound",
        Sound.MERGED: "merged",
        Sound.NEAR: "near",
        Sound.DIFFERENT: "part",
    }[worst]


def _worst(a: Form, b: Form) -> Sound:
    whole_a, whole_b = a.surname + a.given, b.surname + b.given
    if len(whole_a) != len(whole_b):
        return Sound.DIFFERENT
    return max((sound(x, y) for x, y in zip(whole_a, whole_b, strict=True)), default=Sound.DIFFERENT)
