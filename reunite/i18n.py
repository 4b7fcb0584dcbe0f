"""Languages: English is written in the code, others come from catalogues in locales/, one file each; traditional
Chinese is derived from the simplified one. docs/translate.md says how to add one."""

import gettext
import io
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

from babel import Locale
from babel.messages import mofile
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from matching.traditional import TRADITIONAL, traditional
from reunite.problems import Problem

SIMPLIFIED = "zh_Hans"
_NAMES = {SIMPLIFIED: "简体", TRADITIONAL: "繁體", "en": "English"}
"""Short names, for the switch at the top of every page; any other language is called as Babel calls it."""
_REGIONS = {"zh": SIMPLIFIED, "zh-cn": SIMPLIFIED, "zh-sg": SIMPLIFIED, "zh-my": SIMPLIFIED, "zh-tw": TRADITIONAL,
            "zh-hk": TRADITIONAL, "zh-mo": TRADITIONAL}  # fmt: skip
"""Which script is read where, for those that name a region only."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The sentences of one language; what is not translated stays English."""

    language: str
    messages: dict[str, str]
    plurals: gettext.NullTranslations = field(default_factory=gettext.NullTranslations)

    def gettext(self, message: str) -> str:
        """The sentence in this language."""
        return self.messages.get(message) or message

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        """The sentence for this number of things, by the plural rule of the catalogue; where it keeps the two English
        forms apart, each is a sentence of its own."""
        said = self.plurals.ngettext(singular, plural, number)
        return self.gettext(said) if said in (singular, plural) else said

    def problem(self, problem: Problem) -> str:
        """A problem in this language, filled."""
        return self.gettext(problem.message).format(
            value=problem.value, field=problem.field, **problem.params
        )

    @property
    def tag(self) -> str:
        """The language as HTML and HTTP name it (BCP 47)."""
        return self.language.replace("_", "-")


def folder() -> Traversable:
    """Where the catalogues lie."""
    return resources.files("reunite").joinpath("locales")


@cache
def languages() -> dict[str, str]:
    """Every language that can be chosen and its name in itself, in the order of the switch."""
    found = sorted(one.name for one in folder().iterdir() if _file(one.name).is_file())
    derived = [TRADITIONAL] if SIMPLIFIED in found and TRADITIONAL not in found else []
    ordered = sorted([*found, *derived, "en"], key=lambda code: ([*_NAMES, code].index(code), code))
    return {code: _NAMES.get(code) or str(Locale.parse(code).get_display_name()) for code in ordered}


def _file(language: str) -> Traversable:
    return folder().joinpath(language, "LC_MESSAGES", "messages.po")


@cache
def catalogue(language: str) -> Catalogue:
    """The catalogue of a language that we have."""
    if language == "en":
        return Catalogue("en", {})
    if language == TRADITIONAL and not _file(language).is_file():
        return _read(language, _file(SIMPLIFIED), derive=True)
    return _read(language, _file(language))


def _read(language: str, file: Traversable, *, derive: bool = False) -> Catalogue:
    with file.open("rb") as stream:
        read = read_po(stream, locale=language, abort_invalid=True)
    messages: dict[str, str] = {}
    for one in read:
        if one.id and one.string and not one.fuzzy:
            if derive:
                one.string = _each(one.string)
            messages.update(zip(_forms(one.id), _forms(one.string), strict=False))
    return Catalogue(language, messages, _compiled(read))


def _forms(text: str | list[str] | tuple[str, ...]) -> tuple[str, ...]:
    """The singular and the last plural of an entry that has them; twice the same where it has not."""
    return (text, text) if isinstance(text, str) else (text[0], text[-1])


def _each(text: str | list[str] | tuple[str, ...]) -> str | tuple[str, ...]:
    return traditional(text) if isinstance(text, str) else tuple(map(traditional, text))


def _compiled(read: Catalog) -> gettext.GNUTranslations:
    compiled = io.BytesIO()
    mofile.write_mo(compiled, read)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def spoken(tag: str) -> str | None:
    """Our language for a tag (zh-Hant-HK, zh-TW, en-GB) or for one of our own names (zh_Hant), shortened from its end
    until there is one."""
    ours = {code.lower().replace("_", "-"): code for code in languages()} | {
        tag: code for tag, code in _REGIONS.items() if code in languages()
    }
    tag = tag.lower().replace("_", "-")
    while tag:
        if tag in ours:
            return ours[tag]
        tag = tag.rpartition("-")[0]
    return None
