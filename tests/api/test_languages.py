"""Every sentence that people can read exists in every language."""

import ast
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir

from api import rendering
from matching import dates, evidence
from matching.model import load_model
from reunite import i18n
from tests.visitor import Visitor

ROOT = Path(__file__).parent.parent.parent
METHODS = [("templates/**.html", "jinja2"), ("**.py", "python")]
# Where a sentence for people stands in a call: its name and the place of the argument.
RUSSIAN = """msgid ""
msgstr ""
"Language: ru\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);\\n"

msgid "Bringing children home"
msgstr "Вернуть детей домой"

msgid "%(num)d day old"
msgid_plural "%(num)d days old"
msgstr[0] "%(num)d день"
msgstr[1] "%(num)d дня"
msgstr[2] "%(num)d дней"
"""
SAID_IN = {"Problem": 2, "Conflict": 0, "Forbidden": 0, "DateError": 1, "_add": 1, "_problem": 2,
           "_refusal": 0, "Stop": 0}  # fmt: skip


def sentences_of_pages() -> set[str]:
    """Of pages, and of what is sent."""
    keywords: dict[str, tuple[int, ...] | None] = {"N_": None, "_": None, "ngettext": (1, 2)}
    found = [
        one for package in ("api", "reunite") for one in extract_from_dir(ROOT / package, METHODS, keywords)
    ]
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


@pytest.mark.parametrize("language", sorted(set(i18n.languages()) - {"en"}))
def test_every_sentence_of_the_pages_is_translated(language: str) -> None:
    known = i18n.catalogue(language).messages
    sentences = sentences_of_pages()
    assert len(sentences) > 150
    assert sorted(sentences - set(known)) == []


@pytest.mark.parametrize("language", sorted(set(i18n.languages()) - {"en"}))
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


def test_no_translation_is_left_of_a_sentence_that_nobody_says_any_more() -> None:
    said = sentences_of_pages() | set(sentences_of_problems()) | set(other_texts())
    assert sorted(set(i18n.catalogue("zh_Hans").messages) - said) == []


def other_texts() -> Iterator[str]:
    """Every whole text in the code: a sentence may stand in a table or a name before it is told."""
    for package in ("reunite", "matching", "api"):
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


@pytest.mark.parametrize("language", ["zh_Hans", "zh_Hant"])
def test_translations_keep_what_is_filled_in(language: str) -> None:
    for english, chinese in i18n.catalogue(language).messages.items():
        filled = re.compile(r"\{\w*\}|%\(\w+\)\w")
        assert sorted(filled.findall(english)) == sorted(filled.findall(chinese)), english


def test_every_kind_and_level_of_evidence_has_its_sentence_in_both_languages() -> None:
    tables = evidence._sentences()
    model = load_model()
    for language in ("en", "zh_Hans", "zh_Hant"):
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
    [("zh-CN,zh;q=0.9", "zh-Hans"), ("zh-TW", "zh-Hant"), ("en-US,en;q=0.8,zh;q=0.5", "en"),
     ("fr;q=0.9, en;q=0.1", "en"), ("", "zh-Hans"), ("xx;q=abc,,;", "zh-Hans"), ("en;q=0, zh", "zh-Hans"),
     ("zh-HK,zh;q=0.8", "zh-Hant"), ("zh-Hant-MO", "zh-Hant"), ("zh-SG", "zh-Hans"), ("zh-Hans-HK", "zh-Hans"),
     ("en; q=0.2, zh-MO; q=0.9", "zh-Hant"), ("zh-hant;q=0.1, zh-cn;q=0.2", "zh-Hans"), ("EN-gb", "en")],
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


@pytest.mark.parametrize("path", ["/", "/report/missing", "/case", "/sign-in", "/no/such/page"])
def test_traditional_chinese_is_derived_from_the_simplified_whole(
    visit: Callable[..., Visitor], path: str
) -> None:
    simple, traditional = visit("zh-CN").open(path), visit("zh-TW").open(path)
    assert 'lang="zh-Hant"' in traditional.page.text
    left = re.sub("简体|回家", "", traditional.text)
    assert not set("们儿没这报寻").intersection(left)
    assert len(simple.text.split()) == len(traditional.text.split())


def test_evidence_and_dates_are_said_in_traditional_characters_and_what_people_wrote_stays() -> None:
    line = evidence.Evidence("marks", "similar", 2.0, "左手红色胎记", "左臂红痣", {})
    said = evidence.sentence(line, "zh_Hant")
    assert "左手红色胎记" in said
    assert evidence.label("marks", "zh_Hant") == "特徵" != evidence.label("marks", "zh_Hans")
    assert dates.explain("lunar:1998-08-15", "zh_Hant").startswith("農曆1998年八月十五")
    assert dates.reckoned("写得不清楚", "zh_Hant") == "写得不清楚"


@pytest.fixture
def russian(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder of catalogues with one file more, as a translator would add it."""
    shutil.copytree(ROOT / "reunite" / "locales", tmp_path / "locales")
    file = tmp_path / "locales" / "ru" / "LC_MESSAGES" / "messages.po"
    file.parent.mkdir(parents=True)
    file.write_text(RUSSIAN)
    monkeypatch.setattr(i18n, "folder", lambda: tmp_path / "locales")
    caches = (i18n.languages, i18n.catalogue, rendering.environment)
    for one in caches:
        one.cache_clear()
    yield
    for one in caches:
        one.cache_clear()


@pytest.mark.usefixtures("russian")
def test_a_further_language_is_one_file_more(visit: Callable[..., Visitor]) -> None:
    visitor = visit("ru-RU").open("/")
    assert 'lang="ru"' in visitor.page.text
    assert "Вернуть детей домой" in visitor.text
    assert "I am looking for a child" in visitor.text, "what is not translated yet stays English"
    chinese = visit("zh-CN").open("/")
    assert "русский" in chinese.text
    assert "Вернуть детей домой" in chinese.press("/language", "ru").text
    for number, said in ((1, "1 день"), (3, "3 дня"), (5, "5 дней")):
        assert (
            i18n.catalogue("ru").ngettext("%(num)d day old", "%(num)d days old", number) % {"num": number}
            == said
        )
