"""A report as it comes in: checked column by column, every problem named, nothing taken by half."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from matching import date_words, dates
from reunite.problems import Invalid, Problem

PERSON_COLUMNS = (
    "name", "other_names", "name_origin", "sex", "birth_date", "age_at_event", "event_date", "found_date",
    "place_event", "place_home", "place_found", "height_cm", "blood_type", "marks", "clothing", "belongings",
    "relatives", "languages", "memories", "photo",
)  # fmt: skip
REPORTER_COLUMNS = ("reporter_name", "reporter_relation", "reporter_phone", "reporter_email")
COLUMNS = ("kind", "source_id", *PERSON_COLUMNS, *REPORTER_COLUMNS, "language")
FLAGS = ("custody_dispute", "protection_order", "danger")
EXTRA_COLUMNS = ("withheld", "flag")
"""What a form or a program may tell besides, and no exchange file holds: facts for the police alone, a warning."""

_LONG = {"marks", "clothing", "belongings", "relatives", "memories", "withheld"}
_LIMIT, LONG_LIMIT = 300, 5000
_LIMITS = {**dict.fromkeys(_LONG, LONG_LIMIT), "source_id": 200, "language": 35}
_NO_TEXT = re.compile("[\0\ud800-\udfff]")
"""What no database keeps as text: the sign 0, and halves of characters."""
_CHOICES = {
    "kind": ("missing", "found"),
    "name_origin": ("birth", "told_by_child", "given_later", "unknown"),
    "sex": ("female", "male", "other"),
    "flag": FLAGS,
}
DATES = ("birth_date", "event_date", "found_date")
# A substance a family would search by: without any of these there is nothing to compare.
_TELLING = ("name", "other_names", "birth_date", "age_at_event", "place_event", "place_home", "place_found",
            "marks", "relatives", "memories")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Submission:
    """A report that can be filed: columns of the exchange format, empty ones left out. `original` is the record of
    another format that it was made of, `expires_at` the end that its source set."""

    kind: str
    person: dict[str, str]
    reporter: dict[str, str]
    language: str
    source: str | None = None
    source_id: str | None = None
    withheld: str = ""
    flag: str = ""
    original: str = ""
    expires_at: datetime | None = None


def parse(fields: Mapping[str, str], source: str | None = None, *, lenient: bool = False) -> Submission:
    """Check all columns; raise Invalid with every problem. `lenient` takes dates as people write them."""
    values, problems = check(fields, lenient=lenient)
    if source is not None and "source_id" not in values:
        problems.append(Problem("source_id", "", "Every row needs the organisation's own id in source_id."))
    if not {*values, *(problem.field for problem in problems)} & set(_TELLING):
        text = "Please tell at least one thing about the child, such as a name, a place or a date."
        problems.append(Problem("name", "", text))
    if problems:
        raise Invalid(problems)
    return Submission(
        kind=values["kind"],
        # `photo` names a file: photos are taken as files, and only their fingerprints are kept with the report.
        person={name: values[name] for name in PERSON_COLUMNS if name in values and name != "photo"},
        reporter={name: values[name] for name in REPORTER_COLUMNS if name in values},
        language=values.get("language", "zh-Hans"),
        source=source,
        source_id=values.get("source_id"),
        withheld=values.get("withheld", ""),
        flag=values.get("flag", ""),
    )


def check(fields: Mapping[str, str], *, lenient: bool = False) -> tuple[dict[str, str], list[Problem]]:
    """The values that can be taken, and what is wrong with the others, each by itself: the report need not be whole."""
    problems: list[Problem] = []
    cleaned = {name: _clean(name, value, problems) for name, value in fields.items()}
    unknown = [name for name in fields if name not in (*COLUMNS, *EXTRA_COLUMNS)]
    for name in unknown:
        problems.append(Problem(name[:40], "", "There is no column of this name."))
    values = {name: value for name, value in cleaned.items() if value and name not in unknown}
    for column in _CHOICES:
        _check_choice(column, values, problems)
    for column in DATES:
        _check(column, values, problems, _lenient_date if lenient else _strict_date)
    _check("age_at_event", values, problems, date_words.understand_age if lenient else _strict_age)
    _check("height_cm", values, problems, _height)
    _check("blood_type", values, problems, _blood_type)
    if "reporter_email" in values and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", values["reporter_email"]):
        problems.append(
            _problem(
                "reporter_email", values, "{value} is not an e-mail address. Write it like name@example.org."
            )
        )
    if "language" in values and not re.fullmatch(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", values["language"]):
        text = "{value} is not a language. Write its tag, like zh-Hans or en."
        problems.append(_problem("language", values, text))
    return values, problems


def _clean(name: str, value: str, problems: list[Problem]) -> str:
    limit = _LIMITS.get(name, _LIMIT)
    if len(value) > limit:
        problems.append(
            Problem(
                name[:40],
                value[:40] + "…",
                "This is too long: at most {limit} characters.",
                {"limit": str(limit)},
            )
        )
        return ""
    if _NO_TEXT.search(value):
        problems.append(
            Problem(name[:40], "", "This text has characters that are not text. Please type it again.")
        )
        return ""
    return tidy(value).strip()


def tidy(text: str) -> str:
    """The text in one normal form (NFC), without control characters, surrogates, and marks that turn the writing
    direction."""
    normal = unicodedata.normalize("NFC", text)
    if normal.isprintable():  # nearly every text: nothing of what is left out can be printed
        return normal
    return "".join(c for c in normal if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cf", "Cs"})


def _check_choice(column: str, values: dict[str, str], problems: list[Problem]) -> None:
    allowed = _CHOICES[column]
    if column in values:
        values[column] = values[column].lower()
        if values[column] not in allowed:
            problems.append(
                _problem(column, values, "{value} is not one of: {allowed}.", allowed=", ".join(allowed))
            )
    elif column == "kind":
        problems.append(Problem("kind", "", "kind must be missing or found."))


def _check(column: str, values: dict[str, str], problems: list[Problem], read: Callable[[str], str]) -> None:
    if column not in values:
        return
    try:
        values[column] = read(values[column])
    except dates.DateError as error:
        problems.append(_problem(column, values, error.expected))
    except ValueError as error:
        problems.append(_problem(column, values, str(error)))


def _problem(column: str, values: Mapping[str, str], message: str, **params: str) -> Problem:
    return Problem(column, values[column][:60], message, params)


def _strict_date(text: str) -> str:
    dates.parse(text)
    return text


def _lenient_date(text: str) -> str:
    return date_words.understand(text)


def _strict_age(text: str) -> str:
    dates.parse_age(text)
    return text


def _height(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).lower().removesuffix("cm").removesuffix("厘米").strip()
    if not re.fullmatch(r"\d{2,3}(\.\d)?", plain) or not 20 <= float(plain) <= 250:
        raise ValueError("{value} is not a height. Write centimetres from 20 to 250, like 105.")
    return plain


def _blood_type(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).upper().removesuffix("型").strip()
    if not re.fullmatch(r"(A|B|O|AB)[+-]?", plain):
        raise ValueError("{value} is not a blood type. Write A, B, O or AB, with + or - if known.")
    return plain
