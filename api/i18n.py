"""Languages: English is written in the code, others come from catalogues in locales/."""

from dataclasses import dataclass
from functools import cache
from importlib import resources

from babel.messages.pofile import read_po

from reunite.problems import Problem

LANGUAGES = {"zh_Hans": "中文", "en": "English"}
_ALIASES = {"zh": "zh_Hans", "zh-cn": "zh_Hans", "zh-sg": "zh_Hans", "zh-hans": "zh_Hans", "zh-tw": "zh_Hans",
            "zh-hk": "zh_Hans", "zh-hant": "zh_Hans"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The sentences of one language; what is not translated stays English."""

    language: str
    messages: dict[str, str]

    def gettext(self, message: str) -> str:
        """The sentence in this language."""
        return self.messages.get(message) or message

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        """The sentence for this number of things; Chinese has one form."""
        return self.gettext(singular if number == 1 else plural)

    def problem(self, problem: Problem) -> str:
        """A problem in this language, filled."""
        return self.gettext(problem.message).format(
            value=problem.value, field=problem.field, **problem.params
        )

    @property
    def tag(self) -> str:
        """The language as HTML and HTTP name it (BCP 47)."""
        return self.language.replace("_", "-")


@cache
def catalogue(language: str) -> Catalogue:
    """The catalogue of a language that we have."""
    if language == "en":
        return Catalogue("en", {})
    file = resources.files("api").joinpath("locales", language, "LC_MESSAGES", "messages.po")
    with file.open("rb") as stream:
        read = read_po(stream, locale=language, abort_invalid=True)
    return Catalogue(language, {str(m.id): str(m.string) for m in read if m.id and m.string and not m.fuzzy})


def negotiate(cookie: str | None, accept: str | None, default: str) -> str:
    """The language to answer in: the one chosen, else the best of the browser's, else the default."""
    if cookie in LANGUAGES:
        return cookie
    wanted = [_wish(part) for part in (accept or "")[:500].split(",")]
    for tag, _ in sorted((wish for wish in wanted if wish[1] > 0), key=lambda wish: -wish[1]):
        for name in (tag, tag.split("-")[0]):
            found = _ALIASES.get(name) or (name if name in LANGUAGES else None)
            if found:
                return found
    return default


def _wish(part: str) -> tuple[str, float]:
    tag, _, quality = part.strip().lower().partition(";q=")
    try:
        return tag, float(quality or 1)
    except ValueError:
        return tag, 0.0
