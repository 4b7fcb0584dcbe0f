"""Evidence lines: complete in both languages, and the same after a round trip."""

import json
import tomllib
from importlib import resources

import pytest

from matching.evidence import Evidence, label, sentence, sign
from matching.model import ModelError, load_model
from matching.ranking import Index, columns
from tests.matching.reports import found, missing

MODEL = load_model()
LANGUAGES = ("en", "zh_Hans")
NAME_LEVELS = (
    "same",
    "same_characters",
    "same_sound",
    "sound",
    "merged",
    "near",
    "part",
    "spelling",
    "different",
)


def levels() -> list[tuple[str, str]]:
    """Every comparison that has levels of its own, with each level."""
    known = [
        (name, level)
        for name in columns(MODEL)
        if name in MODEL.tables
        for level in MODEL.tables[name].levels
    ]
    known += [("name", level) for level in NAME_LEVELS]
    return known + [("relatives", level) for level in ("same", "alike", "different")]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("field", "level"), levels())
def test_every_level_has_a_sentence(field: str, level: str, language: str) -> None:
    with resources.files("matching").joinpath("data", "sentences.toml").open("rb") as file:
        assert level in tomllib.load(file)[language][field]
    said = sentence(Evidence(field, level, 3.25, "ONE", "TWO", {"km": "12", "role": "father"}), language)
    assert "+3.2" in said
    assert "{" not in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_comparison_has_a_label(language: str) -> None:
    for field in columns(MODEL):
        assert label(field, language) != field or not field.isascii()


def test_the_sentence_says_what_it_rests_on() -> None:
    line = Evidence("name", "same_sound", 11.2, "李晓明", "黎小鸣", {"origin": "told_by_child"})
    assert sentence(line, "en") == (
        "黎小鸣 and 李晓明 sound the same in Mandarin; told by the child, so the characters say nothing: +11.2 bits"
    )
    assert "孩子自述" in sentence(line, "zh_Hans")


def test_braces_in_a_report_do_no_harm() -> None:
    line = Evidence("name", "same", 1.0, "{missing.__class__}", "{0}", {"origin": "{x}", "missing": "{y}"})
    assert "{missing.__class__}" in sentence(line, "en")


def test_unknown_is_said_to_be_unknown() -> None:
    line = Evidence("marks", "unknown", 0.0, "scar", "", {})
    assert "does not say" in sentence(line, "en")
    assert "没有说到" in sentence(line, "zh_Hans")
    assert sign(line) == "?"


def test_evidence_survives_json() -> None:
    index = Index(MODEL, "found")
    index.put(found(1))
    for line in index.rank(missing())[0].evidence:
        assert Evidence.from_json(json.loads(json.dumps(line.to_json()))) == line
        assert sign(line) in "=≈⊃≠?"


def test_signs_follow_the_level() -> None:
    index = Index(MODEL, "found")
    index.put(found(1))
    signs = {line.field: sign(line) for line in index.rank(missing())[0].evidence}
    assert signs["name"] == "≈"
    assert signs["sex"] == "="
    assert signs["blood_type"] == "≠"
    assert signs["marks"] == "="


def test_weights_are_probabilities() -> None:
    for table in MODEL.tables.values():
        assert table.m.sum(axis=1) == pytest.approx(1.0)
        assert table.u.sum(axis=1) == pytest.approx(1.0)


def test_a_weights_file_that_is_none_is_refused(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "weights.toml"
    path.write_text("version = 1", encoding="utf-8")
    with pytest.raises(ModelError, match="cannot be used"):
        load_model(path)
