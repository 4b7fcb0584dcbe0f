"""Which columns of the prepared files are lists and numbers; every environment can read this."""

LISTS = ("sounds", "names", "counties", "cities", "provinces", "marks", "relatives", "words", "languages")
NUMBERS = ("birth_mid", "event_mid", "height")
BETWEEN = "|"
"""Between the entries of a column of LISTS."""
