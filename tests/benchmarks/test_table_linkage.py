"""Linking plain tables with the engine's weights, without labels."""

from random import Random

import numpy as np

from benchmarks.table_fields import DATE, DIGITS, TEXT, Column, date_codes, digit_codes, text_codes
from benchmarks.table_linkage import Field, Linkage, link

FIELDS = (
    Field("given", TEXT, "family"),
    Field("family", TEXT, "given"),
    Field("street", DIGITS),
    Field("born", DATE),
)


def invented(count: int, seed: int) -> dict[str, list[str]]:
    random = Random(seed)
    letters = "abcdefghijklmnopqrstuvwxyz"

    def word() -> str:
        return "".join(random.choice(letters) for _ in range(7))

    return {
        "given": [word() for _ in range(count)],
        "family": [word() for _ in range(count)],
        "street": [str(random.randrange(1000)) for _ in range(count)],
        "born": [
            f"19{random.randrange(10, 99)}{random.randrange(1, 13):02d}{random.randrange(1, 29):02d}"
            for _ in range(count)
        ],
    }


def test_a_column_numbers_its_distinct_values() -> None:
    column = Column.of(["b", "a", "b"])
    assert column.values == ("a", "b")
    assert column.at.tolist() == [1, 0, 1]
    assert column.counts().tolist() == [1.0, 2.0]


def test_texts_have_levels_from_the_same_to_different_and_silence_has_none() -> None:
    codes = text_codes(["michaela", ""], ["michaela", "michaella", "xyz", ""])
    assert codes.tolist() == [[1, 2, 5, 0], [0, 0, 0, 0]]


def test_neighbours_turned_round_are_one_slip() -> None:
    assert digit_codes(["3175"], ["3175", "3715", "3751", "9999"]).tolist() == [[1, 2, 3, 4]]


def test_swapped_day_and_month_are_no_two_slips() -> None:
    assert date_codes(["19980503"], ["19980503", "19980305", "19980504", "20110101"]).tolist() == [
        [1, 2, 3, 5]
    ]


def test_damaged_copies_are_found_without_labels_even_with_swapped_names() -> None:
    one = invented(300, seed=4)
    other = {name: list(values) for name, values in one.items()}
    for row in range(0, 300, 3):
        other["given"][row], other["family"][row] = one["family"][row], one["given"][row]
    for row in range(1, 300, 3):
        other["given"][row] = ""
        other["family"][row] = one["family"][row][:3] + "x" + one["family"][row][4:]
    linked = link(Linkage(FIELDS, one, other))
    true = linked.one == linked.other
    assert true.sum() == 300
    assert linked.shares[true].min() > linked.shares[~true].max()
    assert linked.shares[true].min() > 0.9


def test_rows_without_a_partner_get_no_high_probability() -> None:
    linked = link(Linkage(FIELDS, invented(200, seed=5), invented(200, seed=6)))
    assert np.quantile(linked.shares, 0.99) < 0.5
