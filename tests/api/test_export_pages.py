"""The button that takes reports as a file, on the page of the search."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from reunite.exchange.writing import FORMS
from reunite.service import Service
from tests.api.conftest import PASSWORD
from tests.api.test_sign_in_pages import age
from tests.factory import report_fields
from tests.reunite.hanging import a_report
from tests.visitor import Visitor


@pytest.mark.parametrize("role", ["coordinator", "police"])
def test_who_sees_reports_takes_them_as_a_file_with_the_filters_of_the_page(
    service: Service, staff: Callable[..., Visitor], role: str
) -> None:
    a_report(service)
    a_report(service, "found", name="李小红")
    visitor = staff(role).open("/search")
    visitor.press("/search", kind="found", name="李小红")
    assert visitor.field("/reports/export.csv", "kind") == "found"
    assert "Person looks for a family · every state · every province" in visitor.text
    answer = visitor.press("/reports/export.csv").page
    assert answer.headers["content-disposition"] == 'attachment; filename="reports.csv"'
    assert "李小红" in answer.text
    assert "王晓明" not in answer.text
    for form, (_, media) in FORMS.items():
        answer = visitor.open(f"/reports/export.{form}").page
        assert (answer.status_code, answer.headers["content-type"]) == (200, media)
        assert report_fields()["reporter_phone"].encode() not in answer.content
    for wrong in ("kind=other", "state=other", "province=1"):
        assert visitor.open(f"/reports/export.csv?{wrong}").status == 422


def test_a_volunteer_has_no_such_button(service: Service, staff: Callable[..., Visitor]) -> None:
    a_report(service)
    visitor = staff("volunteer")
    assert "/reports/export.csv" not in visitor.open("/search").actions()
    assert visitor.open("/reports/export.csv").status == 403


def test_many_reports_leave_only_after_a_fresh_proof_which_keeps_the_filters(
    service: Service, staff: Callable[..., Visitor]
) -> None:
    a_report(service)
    a_report(service, "found", name="李小红")
    visitor = staff("coordinator")
    age(service, proved_at=timedelta(minutes=10))
    assert visitor.open("/reports/export.csv?kind=found").page.url.path == "/prove"
    assert visitor.field("/prove", "back") == "/reports/export.csv?kind=found"
    answer = visitor.press("/prove", proof=PASSWORD).page
    assert answer.headers["content-disposition"] == 'attachment; filename="reports.csv"'
    assert "李小红" in answer.text
    assert "王晓明" not in answer.text
