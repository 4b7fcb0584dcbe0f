"""A coordinator takes over a table by pages: sends it, looks at it, corrects a column, imports it."""

import io
import re
from collections.abc import Callable

import openpyxl
import pytest
from sqlalchemy import func, select

from reunite.service import Service
from reunite.storage.import_tables import ImportJobRow
from reunite.storage.tables import ReportRow
from tests.reunite.sending import TABLE
from tests.reunite.test_imports import WRONG
from tests.visitor import Visitor
from workers.importer import Importer


def send(
    visitor: Visitor, content: bytes, *, name: str = "表格.csv", source: str = "ngo", kind: str = "missing"
) -> Visitor:
    """Choose a file on the page and send it."""
    visitor.open("/imports")
    parts = {
        "csrf": (None, visitor.field("/imports", "csrf")), "source": (None, source), "kind": (None, kind),
        "table": (name, content),
    }  # fmt: skip
    return visitor._show(visitor._client.post("/imports", files=parts, follow_redirects=True))


@pytest.fixture
def coordinator(staff: Callable[..., Visitor]) -> Visitor:
    return staff("coordinator")


def ref(visitor: Visitor) -> str:
    return visitor.page.url.path.split("/")[2]


def test_a_table_goes_from_the_file_to_the_reports(service: Service, coordinator: Visitor) -> None:
    send(coordinator, WRONG.encode("gb18030"))
    assert coordinator.status == 200
    assert "not looked through yet" in coordinator.text
    action = f"/imports/{ref(coordinator)}/check"
    assert coordinator.field(action, "column-1") == "name"
    coordinator.press(action)
    assert "being looked through" in coordinator.text
    Importer(service).run(60)
    coordinator.open(action.removesuffix("/check"))
    assert "New reports 5" in coordinator.text
    assert "Row 7" in coordinator.text
    refused = coordinator._client.get(action.replace("check", "refused.csv"))
    assert refused.headers["content-disposition"].startswith("attachment")
    assert "1994年13月" in refused.content.decode("utf-8-sig")
    coordinator.press(action.replace("check", "start"))
    Importer(service).run(60)
    assert "imported" in coordinator.open(action.removesuffix("/check")).text
    with service.database.read() as session:
        assert session.scalars(select(func.count()).select_from(ReportRow)).one() == 5


def test_the_refused_rows_give_their_reasons_in_the_readers_language_and_the_tables_words(
    service: Service, staff: Callable[..., Visitor]
) -> None:
    reader = staff("coordinator", language="zh-CN")
    send(reader, WRONG.encode())
    action = f"/imports/{ref(reader)}/check"
    reader.press(action)
    Importer(service).run(60)
    refused = reader._client.get(action.replace("check", "refused.csv")).content.decode("utf-8-sig")
    assert re.search(r"出生日期: .*月", refused), refused


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_table_that_is_longer_than_the_first_look_comes_whole(
    service: Service, coordinator: Visitor, form: str
) -> None:
    rows = [
        ["编号", "姓名", "走失时间"],
        *([f"A-{number}", "王小明", f"2001-03-{number % 28 + 1:02d}"] for number in range(700)),
    ]
    file = io.BytesIO()
    if form == "csv":
        file.write("\n".join(",".join(row) for row in rows).encode())
    else:
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        book.save(file)
    send(coordinator, file.getvalue(), name=f"table.{form}")
    action = f"/imports/{ref(coordinator)}"
    coordinator.press(f"{action}/check")
    Importer(service).run(60)
    assert "New reports 700" in coordinator.open(action).text


def test_a_column_can_be_corrected_and_two_for_one_are_refused(
    service: Service, coordinator: Visitor
) -> None:
    send(coordinator, TABLE.encode())
    action = f"/imports/{ref(coordinator)}/check"
    coordinator.press(action, **{"column-3": "sex", "column-4": ""})
    assert coordinator.status == 422
    assert coordinator.field(action, "column-3") == "sex"
    assert coordinator.page.text.count('aria-invalid="true"') == 2, "both are marked"
    assert "1 column is left out." in coordinator.text
    assert "/imports" in coordinator.links
    assert "尚未检查" in coordinator.press("/language", "zh_Hans").text
    coordinator.press("/language", "en")
    coordinator.press(action, **{"column-3": ""})
    assert coordinator.status == 200


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"", "", "Please choose a file."),
        (b"\x89PNG", "photo.png", "photo.png is not a table"),
        (b"PK\x03\x04 broken", "table.xlsx", "damaged or not a workbook"),
        (b" ,\r\n", "table.csv", "no row with headings"),
    ],
    ids=["none", "picture", "broken", "empty"],
)
def test_what_cannot_be_taken_is_told_in_words(
    coordinator: Visitor, content: bytes, name: str, said: str
) -> None:
    assert said in send(coordinator, content, name=name).text
    assert coordinator.status == 422


def test_a_table_without_an_organisation_is_not_taken(coordinator: Visitor) -> None:
    send(coordinator, TABLE.encode(), source=" ")
    assert coordinator.status == 422
    assert "#source" in coordinator.links


def test_rows_that_are_refused_for_one_reason_are_told_together(
    service: Service, coordinator: Visitor
) -> None:
    send(coordinator, (WRONG + WRONG.splitlines()[-1].replace("A-9", "A-10") + "\r\n").encode())
    action = f"/imports/{ref(coordinator)}"
    coordinator.press(f"{action}/check")
    Importer(service).run(60)
    text = coordinator.open(action).text
    assert text.count("The month must be 01 to 12") == 1
    assert "2 rows (7, 8)" in text


def test_a_refused_form_keeps_what_was_written_in_it(coordinator: Visitor) -> None:
    send(coordinator, TABLE.encode())
    action = f"/imports/{ref(coordinator)}/check"
    coordinator.press(action, source="another", **{"column-3": "sex"})
    assert coordinator.status == 422
    assert coordinator.field(action, "source") == "another"


def test_a_file_that_is_too_large_is_told_its_limit(
    coordinator: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from api import uploads

    monkeypatch.setattr(uploads._CountingTables, "most", 100)
    assert "at most 64 MB" in send(coordinator, TABLE.encode()).text


def test_a_table_can_be_stopped_and_forgotten(service: Service, coordinator: Visitor) -> None:
    send(coordinator, TABLE.encode())
    action = f"/imports/{ref(coordinator)}"
    coordinator.press(f"{action}/check").press(f"{action}/stop").press(f"{action}/remove")
    assert coordinator.page.url.path == "/imports"
    with service.database.read() as session:
        assert session.scalars(select(ImportJobRow)).all() == []
