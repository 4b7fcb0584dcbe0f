"""The report form as a table: topics, and in each the fields with label, example and kind of control."""

from collections.abc import Mapping
from dataclasses import dataclass


def N_(message: str) -> str:
    """Mark a sentence for translation where it is written; it is translated where it is shown."""
    return message


@dataclass(frozen=True, slots=True)
class Field:
    """One field: a column of the exchange format, what it asks and an example; `control` is text, area, choice, date,
    place, tel or email; `only` is the side that is asked, empty for both."""

    column: str
    label: str
    example: str = ""
    control: str = "text"
    choices: tuple[tuple[str, str], ...] = ()
    only: str = ""


@dataclass(frozen=True, slots=True)
class Topic:
    """Some fields that belong together, on one page of the form; `key` is its name in addresses, `note` says who will
    read them."""

    key: str
    title: str
    fields: tuple[Field, ...]
    note: str = ""


_SEX = (("", N_("not known")), ("female", N_("female")), ("male", N_("male")), ("other", N_("other")))
_ORIGIN = (
    ("", N_("not known")),
    ("birth", N_("given at birth")),
    ("told_by_child", N_("told by the child")),
    ("given_later", N_("given later by others")),
)
_BLOOD = (("", N_("not known")), ("A", "A"), ("B", "B"), ("O", "O"), ("AB", "AB"))
_FLAGS = (
    ("", N_("none that I know of")),
    ("custody_dispute", N_("Custody dispute")),
    ("protection_order", N_("Protection order of a court")),
    ("danger", N_("Danger to the child")),
)
# How somebody knows a date; the words are put before what they wrote, unless they wrote them already.
DATED = {
    "exact": (N_("Usual calendar"), "", ()),
    "lunar": (N_("Lunar calendar"), "农历", ("农历", "阴历", "旧历", "lunar")),
    "about": (N_("About"), "约", ("约", "大概", "左右", "about", "around", "~", "?")),
}
TOPICS = (
    Topic(
        "who", N_("Who is it?"),
        (
            Field("name", N_("Name"), N_("In any script; also if you know it only by its sound")),
            Field("other_names", N_("Nicknames and other names"), N_("With ; between: 毛毛; 小明")),
            Field("name_origin", N_("Where the name comes from"), "", "choice", _ORIGIN, "found"),
            Field("sex", N_("Sex"), "", "choice", _SEX),
        ),
        N_("Every field may stay empty. A guess is better than nothing: write “about”."),
    ),
    Topic(
        "when", N_("When was it?"),
        (
            Field("birth_date", N_("Born"), N_("For example 1998-08-15, August 1998, or 1998"), "date"),
            Field("age_at_event", N_("Age when separated"), N_("In years: 4, or about 5, or 3-5")),
            Field("event_date", N_("When the child was last with the family"),
                  N_("For example 2003-07-12, summer 2003, or 2003"), "date"),
            Field("found_date", N_("When the person was found"),
                  N_("For example 2003-08-02, August 2003, or 2003"), "date", (), "found"),
        ),
        N_("It does not matter if you are not sure. Write as much as you remember."),
    ),
    Topic(
        "where", N_("Where was it?"),
        (
            Field("place_event", N_("Where the child was last seen with the family"),
                  N_("As exact as you can: 四川省成都市武侯区火车南站"), "place"),
            Field("place_home", N_("Where the family lived then"), N_("Village, county, landmarks nearby"), "place"),
            Field("place_found", N_("Where the person was found or lives"),
                  N_("Only police and coordinators see more than the province"), "place", (), "found"),
        ),
    ),
    Topic(
        "looks", N_("How does the child look?"),
        (
            Field("height_cm", N_("Height in centimetres"), N_("At the time of separation: 105")),
            Field("blood_type", N_("Blood type"), "", "choice", _BLOOD),
            Field("marks", N_("Birthmarks, scars, moles"), N_("What and where: 左手臂红色胎记"), "area"),
            Field("clothing", N_("Clothing"), N_("What was worn: 红色毛衣, 蓝布鞋"), "area"),
            Field("belongings", N_("Belongings"), N_("What was carried: a jade pendant, a letter"), "area"),
        ),
        N_("As it was at the time of the separation, and what has stayed since."),
    ),
    Topic(
        "memories", N_("What is remembered?"),
        (
            Field("relatives", N_("Relatives and their names"),
                  N_("With ; between: 父亲:王建国; 母亲:李秀英"), "area"),
            Field("languages", N_("Languages and dialects"), N_("With ; between: 四川话; Mandarin")),
            Field("memories", N_("Memories"), N_("Landmarks, food, the parents' work, habits, songs"), "area"),
        ),
        N_("Small things found children: a song, a dish, a well before the house."),
    ),
    Topic("photos", N_("Do you have photos?"), ()),
    Topic(
        "reach", N_("How can we reach you?"),
        (
            Field("reporter_name", N_("Your name"), ""),
            Field("reporter_relation", N_("Who you are to the child"),
                  N_("mother, shelter, police, the person myself")),
            Field("reporter_phone", N_("Telephone"), N_("With the area code or country code"), "tel"),
            Field("reporter_email", N_("E-mail"), N_("name@example.org"), "email"),
        ),
        N_("Kept apart and encrypted. Only coordinators and police can open it, and each look is recorded."),
    ),
    Topic(
        "safety", N_("For the child's safety"),
        (
            Field(
                "withheld", N_("What only you know"),
                N_("Something only you would know. Nobody but the police reads it; "
                   "it helps to recognise a false claim."), "area",
            ),
            Field("flag", N_("Is there a court order or a danger?"), "", "choice", _FLAGS),
        ),
        N_("Coordinators and the police see a court order or a danger. The other side learns nothing of it."),
    ),
)  # fmt: skip
CHECK = "check"
"""The page after the last topic: everything as it was understood, and the button that files it."""

FIELDS = {field.column: field for topic in TOPICS for field in topic.fields}
DATES = ("birth_date", "event_date", "found_date")
AS = "_as"
"""What is added to a date's column for the field that says how it is known."""


def chosen(column: str, key: str) -> str:
    """The label of what was chosen in a field of choices; anything else as it is. To be translated."""
    field = FIELDS.get(column)
    return dict(field.choices).get(key, key) if field else key


def dated(fields: Mapping[str, str]) -> dict[str, str]:
    """What was written, with how a date is known said in its own text: `birth_date_as` goes into `birth_date`."""
    said = {column: text for column, text in fields.items() if column in FIELDS}
    for column in DATES:
        text = said.get(column, "").strip()
        _, word, known = DATED.get(fields.get(f"{column}{AS}", ""), ("", "", ()))
        if text and word and not any(one in text.casefold() for one in known):
            said[column] = f"{word}{text}"
    return said


def topics(kind: str) -> list[tuple[Topic, list[Field]]]:
    """The topics and fields that this side is asked."""
    return [(topic, [field for field in topic.fields if field.only in ("", kind)]) for topic in TOPICS]


TOPIC_OF = {field.column: topic.key for topic in TOPICS for field in topic.fields}


def fields(key: str, kind: str) -> list[Field]:
    """The fields of one topic that this side is asked."""
    return [
        field for topic in TOPICS if topic.key == key for field in topic.fields if field.only in ("", kind)
    ]


def next_key(key: str, go: str) -> str:
    """The page after this topic (`next`), before it (`back`), or the last one (`check`)."""
    keys = [topic.key for topic in TOPICS] + [CHECK]
    place = keys.index(key)
    return {"back": keys[max(place - 1, 0)], "check": CHECK}.get(go, keys[place + 1])
