"""The report form as a table: topics, and in each the fields with label, example and kind of control."""

from dataclasses import dataclass


def N_(message: str) -> str:
    """Mark a sentence for translation where it is written; it is translated where it is shown."""
    return message


@dataclass(frozen=True, slots=True)
class Field:
    """One field: a column of the exchange format, what it asks and an example; `control` is text, area, choice,
    tel or email; `only` is the side that is asked, empty for both."""

    column: str
    label: str
    example: str = ""
    control: str = "text"
    choices: tuple[tuple[str, str], ...] = ()
    only: str = ""


@dataclass(frozen=True, slots=True)
class Topic:
    """Some fields that belong together, under one heading, and who will read them."""

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
_DATE_EXAMPLE = N_("As you know it: 1998-08-15, August 1998, about 1998, 1998年农历八月十五")

TOPICS = (
    Topic(
        N_("Who"),
        (
            Field("name", N_("Name"), N_("In any script; also if you know it only by its sound")),
            Field("other_names", N_("Nicknames and other names"), N_("With ; between: 毛毛; 小明")),
            Field(
                "name_origin",
                N_("Where the name comes from"),
                control="choice",
                choices=_ORIGIN,
                only="found",
            ),
            Field("sex", N_("Sex"), control="choice", choices=_SEX),
            Field("birth_date", N_("Born"), _DATE_EXAMPLE),
            Field("age_at_event", N_("Age when separated"), N_("In years: 4, or about 5, or 3-5")),
        ),
        N_("Every field may stay empty. A guess is better than nothing: write “about”."),
    ),
    Topic(
        N_("When and where"),
        (
            Field("event_date", N_("When the child was last with the family"), _DATE_EXAMPLE),
            Field("place_event", N_("Where that was"), N_("As exact as you can: 四川省成都市武侯区火车南站")),
            Field("place_home", N_("Where the family lived then"), N_("Village, county, landmarks nearby")),
            Field("found_date", N_("When the person was found"), _DATE_EXAMPLE, only="found"),
            Field(
                "place_found",
                N_("Where the person was found or lives"),
                N_("Only police and coordinators see more than the province"),
                only="found",
            ),
        ),
    ),
    Topic(
        N_("How the child looks"),
        (
            Field("height_cm", N_("Height in centimetres"), N_("At the time of separation: 105")),
            Field("blood_type", N_("Blood type"), control="choice", choices=_BLOOD),
            Field("marks", N_("Birthmarks, scars, moles"), N_("What and where: 左手臂红色胎记"), "area"),
            Field("clothing", N_("Clothing"), N_("What was worn: 红色毛衣, 蓝布鞋"), "area"),
            Field("belongings", N_("Belongings"), N_("What was carried: a jade pendant, a letter"), "area"),
        ),
    ),
    Topic(
        N_("What is remembered"),
        (
            Field(
                "relatives",
                N_("Relatives and their names"),
                N_("With ; between: 父亲:王建国; 母亲:李秀英"),
                "area",
            ),
            Field("languages", N_("Languages and dialects"), N_("With ; between: 四川话; Mandarin")),
            Field(
                "memories", N_("Memories"), N_("Landmarks, food, the parents' work, habits, songs"), "area"
            ),
        ),
    ),
    Topic(
        N_("How to reach you"),
        (
            Field("reporter_name", N_("Your name"), ""),
            Field(
                "reporter_relation",
                N_("Who you are to the child"),
                N_("mother, shelter, police, the person myself"),
            ),
            Field("reporter_phone", N_("Telephone"), "", "tel"),
            Field("reporter_email", N_("E-mail"), "", "email"),
        ),
        N_("Kept apart and encrypted. Only coordinators and police can open it, and each look is recorded."),
    ),
    Topic(
        N_("For the child's safety"),
        (
            Field(
                "withheld",
                N_("What only you know"),
                N_(
                    "Something only you would know. Nobody but the police reads it; "
                    "it helps to recognise a false claim."
                ),
                "area",
            ),
            Field("flag", N_("Is there a court order or a danger?"), control="choice", choices=_FLAGS),
        ),
        N_("Coordinators and the police see a court order or a danger. The other side learns nothing of it."),
    ),
)

FIELDS = {field.column: field for topic in TOPICS for field in topic.fields}
DATES = ("birth_date", "event_date", "found_date")


def chosen(column: str, key: str) -> str:
    """The label of what was chosen in a field of choices; anything else as it is. To be translated."""
    field = FIELDS.get(column)
    return dict(field.choices).get(key, key) if field else key


def topics(kind: str) -> list[tuple[Topic, list[Field]]]:
    """The topics and fields that this side is asked."""
    return [(topic, [field for field in topic.fields if field.only in ("", kind)]) for topic in TOPICS]
