"""A sixth fifty foreign spreadsheets, in the form of the fifth; its writer knew neither the mapper nor its words.

Its mistakes were looked at after it had judged once.
"""

from pathlib import Path

from benchmarks import fifth_sheets
from benchmarks.unseen_sheets import Sheet

FILE = Path(__file__).with_name("sixth_sheets.toml")


def sheets() -> list[Sheet]:
    """All sheets, in the file's order."""
    return fifth_sheets.sheets(FILE)
