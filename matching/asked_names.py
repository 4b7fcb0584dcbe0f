"""Names of queries as numbers, laid out to be compared with many names of the other side at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from matching.compiled import Bits, Ints, Rows
from matching.growing import NONE
from matching.name_kernels import ASKED, SAMES
from matching.names import Name
from matching.sound_weights import MODES, Vocabulary

_LEAST_WEIGHT = 0.05


@dataclass(frozen=True, slots=True)
class Asked:
    """A name that is looked for; `mode` None: that of each name it is compared with."""

    name: Name
    mode: str | None


@dataclass(frozen=True, slots=True)
class Forms:
    """The forms of the names asked for that are worth comparing, one after the other, as `matching.name_kernels` wants
    them, and where those of each name end."""

    numbers: Ints
    sames: Bits
    ends: Rows

    @classmethod
    def of(cls, asked: Sequence[Asked], surnames: Vocabulary, given: Vocabulary) -> "Forms":
        """Look the syllables up in the vocabularies of the other side."""
        surnames.expect()
        given.expect()
        numbers: list[float] = []
        sames: list[float] = []
        ends = []
        for number, one in enumerate(asked):
            mode = NONE if one.mode is None else MODES.index(one.mode)
            for form in one.name.forms:
                if form.weight >= _LEAST_WEIGHT:
                    said, written = form.given, form.given_characters
                    s, sc, same_s = surnames.asked("".join(form.surname), form.surname_characters)
                    g1, c1, same_1 = given.asked(said[0] if said else "", written[:1])
                    g2, c2, same_2 = given.asked(said[1] if len(said) > 1 else "", written[1:2])
                    numbers += (number, mode, s, sc, g1, c1, g2, c2, len(said) > 1, not said)
                    sames += (form.weight, same_s, same_1, same_2)
            ends.append(len(numbers) // ASKED)
        return cls(
            np.array(numbers, np.int32).reshape(-1, ASKED),
            np.array(sames, np.float32).reshape(-1, SAMES),
            np.array(ends, np.intp),
        )
