"""A person as a role may see it: the policy's table of fields, applied in one place."""

from collections.abc import Mapping

from matching import places
from reunite.policy import FIELDS, Outsider, Role, Show

UNTOLD = "…"
DOTS, _DIGITS = "•••••", 3


def person_for(viewer: Role | Outsider, said: Mapping[str, str], *, claimed: bool = False) -> dict[str, str]:
    """What the viewer may see of these columns; `claimed`: it is in a candidate that they have claimed. A column
    without a rule is shown to nobody, and one that needs a reason not here; photos have pages of their own."""
    shown = {}
    for column, text in said.items():
        if column == "photo":
            continue
        how = FIELDS[column][viewer] if column in FIELDS else Show.HIDDEN
        if how is Show.FULL or (how is Show.CLAIMED and claimed):
            shown[column] = text
        elif how is Show.COARSE and text:
            shown[column] = province(text)
        elif how is Show.MASKED and text:
            shown[column] = end_of(column, text)
    return shown


def end_of(column: str, text: str) -> str:
    """Just enough of contact data for who wrote it to know it again: the last digits of a number, the first letter of
    an address; of everything else that it is there."""
    if column == "reporter_phone":
        digits = "".join(character for character in text if character.isdecimal())
        return DOTS + (digits[-_DIGITS:] if len(digits) >= 2 * _DIGITS else "")
    return text[:1] + DOTS if column == "reporter_email" else DOTS


def province(text: str) -> str:
    """The province alone; UNTOLD where it cannot be told for sure, rather than too much."""
    for place, _ in places.resolve(text)[:1]:
        found = places.province_of(place)
        if found is not None:
            return found.name_zh or found.name_en
    return UNTOLD
