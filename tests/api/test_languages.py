"""Every sentence that people can read exists in every language."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir

from api import i18n
from matching import evidence
from matching.model import load_model
from tests.visitor import Visitor

ROOT = Path(__file__).parent.parent.parent
METHODS = [("templates/**.html", "jinja2"), ("**.py", "python")]
# Where a sentence for people stands in a call: its name and the place of the argument.
SAID_IN = {"Problem": 2, "Conflict": 0, "Forbidden": 0, "DateError": 1, "_add": 1, "_problem": 2,
           "_refusal": 0}  # fmt: skip


def sentences_of_pages() -> set[str]:
    found = extract_from_dir(ROOT / "api", METHODS, keywords={"N_": None, "_": None, "ngettext": (1, 2)})
    return {
        one for _, _, message, _, _ in found for one in ([message] if isinstance(message, str) else message)
    }


def sentences_of_problems() -> Iterator[str]:
    for package in ("reunite", "api"):
        for path in sorted((ROOT / package).rglob("*.py")):
            yield from _said(ast.parse(path.read_text()))


def _said(tree: ast.AST) -> Iterator[str]:
    named = {
        target.id: node.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name) and isinstance(node.value.value, str)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        place = SAID_IN.get(getattr(node.func, "id", ""))
        if place is None or len(node.args) <= place:
            continue
        said = node.args[place]
        if isinstance(said, ast.Constant) and isinstance(said.value, str):
            yield said.value
        elif isinstance(said, ast.Name) and said.id in named:
            yield named[said.id]


@pytest.mark.parametrize("language", sorted(set(i18n.LANGUAGES) - {"en"}))
def test_every_sentence_of_the_pages_is_translated(language: str) -> None:
    known = i18n.catalogue(language).messages
    sentences = sentences_of_pages()
    assert len(sentences) > 150
    assert sorted(sentences - set(known)) == []


@pytest.mark.parametrize("language", sorted(set(i18n.LANGUAGES) - {"en"}))
def test_every_problem_is_translated(language: str) -> None:
    known = i18n.catalogue(language).messages
    sentences = set(sentences_of_problems())
    assert len(sentences) > 40
    assert sorted(one for one in sentences if one not in known and not only_for_the_console(one)) == []


def only_for_the_console(sentence: str) -> bool:
    """Problems of files and commands: the technician reads them in English."""
    marks = ("header line", "row has", "is not CSV", "JSON object (", "one JSON object.", "column {field}",
             "is neither .csv", "cannot be read (", "There is no file", "quarantined job", "is not text",
             "name of a source")  # fmt: skip
    return any(mark in sentence for mark in marks)


def test_translations_keep_what_is_filled_in() -> None:
    for english, chinese in i18n.catalogue("zh_Hans").messages.items():
        filled = re.compile(r"\{\w*\}|%\(\w+\)\w")
        assert sorted(filled.findall(english)) == sorted(filled.findall(chinese)), english


def test_every_kind_and_level_of_evidence_has_its_sentence_in_both_languages() -> None:
    tables = evidence._sentences()
    model = load_model()
    for language in ("en", "zh_Hans"):
        for name in ("birth_date", "event_date", "order", "place", "place_found", "height_cm", "marks", "sex",
                     "blood_type", "carried", "memories", "languages"):  # fmt: skip
            assert set(model.tables[name].levels) <= set(tables[language][name]), (language, name)
        assert set(tables["en"]["labels"]) == set(tables["zh_Hans"]["labels"])


@pytest.mark.parametrize(
    "path", ["/", "/report/missing", "/report/found", "/case", "/sign-in", "/no/such/page"]
)
def test_a_chinese_page_has_no_english_sentence(visit: Callable[..., Visitor], path: str) -> None:
    text = visit("zh-CN").open(path).text
    rest = re.sub(r"Reunite|English|DNA|AB?|August|jade|about|Mandarin|[MF]-\w{4}-\w{4}", "", text)
    assert re.findall(r"[A-Za-z]{3,}(?: [A-Za-z]{2,})+", rest) == []


@pytest.mark.parametrize(
    ("wanted", "given"),
    [("zh-CN,zh;q=0.9", "zh-Hans"), ("zh-TW", "zh-Hans"), ("en-US,en;q=0.8,zh;q=0.5", "en"),
     ("fr;q=0.9, en;q=0.1", "en"), ("", "zh-Hans"), ("xx;q=abc,,;", "zh-Hans"), ("en;q=0, zh", "zh-Hans")],
)  # fmt: skip
def test_the_language_is_the_best_that_the_browser_asks_for(
    visit: Callable[..., Visitor], wanted: str, given: str
) -> None:
    assert visit(wanted).open("/").page.headers["content-language"] == given


def test_the_language_can_be_changed_and_stays(visit: Callable[..., Visitor]) -> None:
    visitor = visit("zh-CN").open("/case").press("/language", "en")
    assert visitor.page.url.path == "/case"
    assert visitor.open("/").page.headers["content-language"] == "en"


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example/", "/\\evil.example", "evil"])
def test_changing_the_language_leads_nowhere_else(visit: Callable[..., Visitor], back: str) -> None:
    visitor = visit("zh-CN").open("/")
    assert visitor.press("/language", "en", back=back).page.url.host == "127.0.0.1"
    assert visitor.page.url.path == "/"
