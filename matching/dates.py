"""Everything about dates and ages under one name; each idea has its own module.

`date_forms` reads the exchange format strictly, `date_words` and `age_words` what people write, `date_sentences` says
how it was understood, `date_levels` compares two.
"""

from matching.age_words import understand_age
from matching.date_forms import DateError, DateSpan, parse, parse_age
from matching.date_levels import BIRTH_LEVELS, EVENT_LEVELS, DateLevel, compare_birth, compare_event
from matching.date_sentences import explain, reckoned
from matching.date_words import understand
from matching.lunar import read_as_lunar

__all__ = [
    "BIRTH_LEVELS",
    "EVENT_LEVELS",
    "DateError",
    "DateLevel",
    "DateSpan",
    "compare_birth",
    "compare_event",
    "explain",
    "parse",
    "parse_age",
    "read_as_lunar",
    "reckoned",
    "understand",
    "understand_age",
]
