"""What stands on a poster, in Chinese and English side by side: for the page and for the sheet that is printed."""

from collections.abc import Mapping
from dataclasses import dataclass

from api import timeline
from api.negotiation import negotiate
from api.report_form import DATES, FIELDS, N_, chosen
from api.ruby import readings
from matching import dates
from reunite import i18n
from reunite.config import Settings

TITLE = N_("Missing person")
ASKED = N_("Have you seen this person, or do you know something?")
TELL = N_("Scan the code and tell us. You need not say who you are.")
CALL = N_("Or call:")
DANGER = N_("If a child is in danger now, call the police first.")
_AGE_THEN, _AGE_NOW = N_("Age when separated"), N_("Age in {year}")
_LONGEST = 300
_ORDER = ("sex", "birth_date", "age_at_event", "event_date", "place_event", "height_cm", "marks", "clothing",
          "belongings", "languages", "other_names")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One fact: its label in each language, and what it says, in each language where that differs."""

    labels: tuple[str, ...]
    said: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A poster in two languages. `name` is each character with its reading above it; `words` are the sentences by what
    they do, each in both languages."""

    languages: tuple[str, ...]
    name: list[tuple[str, str]]
    lines: tuple[Line, ...]
    words: dict[str, tuple[str, ...]]
    address: str
    phone: str
    organisation: str


def sheet(facts: Mapping[str, str], language: str, address: str, year: int, settings: Settings) -> Sheet:
    """The poster of these facts. The first language is Chinese in the script of the reporter's `language`, the second
    English; `address` is where sightings are told, `year` is that of the poster."""
    spoken = negotiate(None, language, i18n.SIMPLIFIED)
    first = spoken if spoken.startswith("zh") else i18n.SIMPLIFIED
    both = tuple(map(i18n.catalogue, (first, "en")))
    lines = [_line(column, facts[column], both) for column in _ORDER if facts.get(column)]
    lines[_after_birth(facts) : 0] = _ages(facts, year, both)
    words = {"title": TITLE, "asked": ASKED, "tell": TELL, "call": CALL, "danger": DANGER}
    return Sheet(
        tuple(one.tag for one in both), readings(facts.get("name") or facts.get("other_names", "")), tuple(lines),
        {key: tuple(one.gettext(text) for one in both) for key, text in words.items()},
        address, settings.news_phone, settings.organisation,
    )  # fmt: skip


def address_of(settings: Settings, ref: str) -> str:
    """Where everybody reaches the poster."""
    base = settings.public_url.rstrip("/") or f"http://{settings.host}:{settings.port}"
    return f"{base}/posters/{ref}"


def _line(column: str, text: str, both: tuple[i18n.Catalogue, ...]) -> Line:
    labels = tuple(one.gettext(FIELDS[column].label) for one in both)
    return Line(labels, _different(*(_said(column, text, one) for one in both)))


def _said(column: str, text: str, catalogue: i18n.Catalogue) -> str:
    if column in DATES:
        return dates.reckoned(text, catalogue.language)
    if column == "height_cm":
        return f"{text} cm"
    clipped = text if len(text) <= _LONGEST else text[:_LONGEST].rstrip() + "…"
    return catalogue.gettext(chosen(column, clipped))


def _different(*said: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(said))


def _after_birth(facts: Mapping[str, str]) -> int:
    return sum(bool(facts.get(column)) for column in _ORDER[: _ORDER.index("birth_date") + 1])


def _ages(facts: Mapping[str, str], year: int, both: tuple[i18n.Catalogue, ...]) -> list[Line]:
    """The age then, unless it was told, and the age in the year of the poster, as far as both dates are to be shown."""
    born = timeline.date_span(facts.get("birth_date", ""))
    if born is None:
        return []
    then = timeline.date_span(facts.get("event_date", ""))
    ages = []
    if then is not None and not facts.get("age_at_event"):
        ages.append((_AGE_THEN, timeline.age(born, then)))
    if then is None or then.last < dates.parse(str(year)).first:
        ages.append((_AGE_NOW, timeline.age(born, dates.parse(str(year)))))
    return [
        Line(tuple(one.gettext(label).format(year=year) for one in both), (age.replace("-", "–"),))
        for label, age in ages if age
    ]  # fmt: skip
