"""Fifty more foreign spreadsheets, which judged a column mapper that was made without a look at them."""

from pathlib import Path

from benchmarks import unseen_sheets
from benchmarks.unseen_sheets import Sheet

FILE = Path(__file__).with_name("judging_sheets.toml")


def sheets(seed: int = 11) -> list[Sheet]:
    """All sheets, the same for the same seed."""
    return unseen_sheets.sheets(seed, FILE)
