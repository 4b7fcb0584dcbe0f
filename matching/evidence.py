"""Evidence: one line of why, in numbers and in words people can read and check."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from matching import dates, words
from matching.traditional import TRADITIONAL, traditional

_LONGEST = 60
_LANGUAGES = ("zh_Hans", TRADITIONAL, "en")
_SIGNS = {
    "=": ("same", "same_characters", "exact", "same_county", "several"),
    "⊃": ("part", "same_province", "kind"),
    "?": ("unknown", "none", "same_country", "hidden", "hidden_same_province"),
    "≠": (
        "different",
        "far",
        "other_country",
        "too_early",
        "impossible",
        "apart_2",
        "apart_5",
        "other_city",
        "region",
    ),
}
"""Every other level is ≈."""
_DATED = ("birth_date", "event_date", "order")


@dataclass(frozen=True, slots=True)
class Evidence:
    """One comparison of a candidate: its field, level of agreement and weight in bits, and both sides'
    values as written.

    `missing` and `found` belong to these sides, whichever was the query. `params` holds what the sentence
    needs besides.
    """

    field: str
    level: str
    bits: float
    missing: str
    found: str
    params: dict[str, str]

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {field: getattr(self, field) for field in self.__slots__}

    @classmethod
    def from_json(cls, read: Mapping[str, Any]) -> "Evidence":
        """The opposite of to_json; raises KeyError or ValueError on anything else."""
        params = {str(key): str(value) for key, value in dict(read["params"]).items()}
        return cls(
            str(read["field"]),
            str(read["level"]),
            float(read["bits"]),
            str(read["missing"]),
            str(read["found"]),
            params,
        )


@cache
def _sentences() -> dict[str, Any]:
    with resources.files("matching").joinpath("data", "sentences.toml").open("rb") as file:
        tables = tomllib.load(file)
    return {**tables, TRADITIONAL: _derived(tables["zh_Hans"])}


def _derived(table: Any) -> Any:
    """The same table in traditional characters."""
    if isinstance(table, dict):
        return {key: _derived(value) for key, value in table.items()}
    return traditional(table) if isinstance(table, str) else table


def sentence(evidence: Evidence, language: str) -> str:
    """What agrees or not, what it rests on, and how strongly, in zh_Hans, zh_Hant or en (any other language
    gets English)."""
    spoken = language if language in _LANGUAGES else "en"
    table = _sentences()[spoken]
    if evidence.level == "unknown":
        said = table["unknown"][
            "both"
            if not evidence.missing and not evidence.found
            else "missing"
            if not evidence.missing
            else "found"
        ]
        return str(said.format(label=label(evidence.field, spoken)))
    template = table.get(evidence.field, {}).get(evidence.level) or table["any"]["text"]
    values = {"label": label(evidence.field, spoken)}
    for side, text in (("missing", evidence.missing), ("found", evidence.found)):
        values[side] = dates.reckoned(text, spoken) if evidence.field in _DATED else _short(text)
    extra = {"km": "", "words": "", "role": "", "when": "", "origin": ""} | evidence.params
    extra["role"] = table["roles"].get(extra["role"], extra["role"])
    extra["words"] = table["form"]["comma"].join(words.say(word, spoken) for word in extra["words"].split())
    notes = table["origins"].get(extra["origin"], "") if evidence.field == "name" else ""
    text = template.format_map(values | {key: value for key, value in extra.items() if key not in values})
    return str(table["form"]["text"].format(text=text, note=notes, bits=_signed(evidence.bits)))


def label(field: str, language: str) -> str:
    """The name of a field, or the field itself if it has none."""
    return str(_sentences()[language if language in _LANGUAGES else "en"]["labels"].get(field, field))


def sign(evidence: Evidence) -> str:
    """'=' the same, '≈' alike, '⊃' one says more than the other, '≠' different, '?' not known."""
    return next((mark for mark, levels in _SIGNS.items() if evidence.level in levels), "≈")


def _signed(bits: float) -> str:
    return f"{bits:+.1f}".replace("-", "−").replace("+0.0", "0.0").replace("−0.0", "0.0")


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
