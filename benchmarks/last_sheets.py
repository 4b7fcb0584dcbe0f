"""The fourth fifty foreign spreadsheets, which judged a column mapper that was made without a look at them.

Its mistakes were looked at afterwards: it judges nothing any more, but shows what falls.
"""

from pathlib import Path

from benchmarks import unseen_sheets
from benchmarks.unseen_sheets import Sheet

FILE = Path(__file__).with_name("last_sheets.toml")


def sheets(seed: int = 11) -> list[Sheet]:
    """All sheets, the same for the same seed."""
    return unseen_sheets.sheets(seed, FILE)
