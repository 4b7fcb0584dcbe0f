"""What a family does with its own case: keep it on, erase it."""

from collections.abc import Callable

from reunite.service import Service
from tests.reunite.test_retention import file, pass_days
from tests.visitor import Visitor


def test_the_family_erases_on_its_page_after_saying_so_twice(
    service: Service, visit: Callable[..., Visitor]
) -> None:
    receipt = file(service)
    family = visit("en").open("/case").press("/case", case_number=receipt.case_number, secret=receipt.secret)
    assert family.press("/case/erase").status == 200
    assert "Your report is with us" in family.text
    assert "Your report is erased" in family.press("/case/erase", sure="yes").text
    family.open("/case").press("/case", case_number=receipt.case_number, secret=receipt.secret)
    assert family.status == 404


def test_the_family_sees_the_date_and_moves_it(service: Service, visit: Callable[..., Visitor]) -> None:
    receipt = file(service)
    pass_days(service, 1000)
    family = visit("en").open("/case").press("/case", case_number=receipt.case_number, secret=receipt.secret)
    assert "How long it is kept" in family.text
    before = family.text
    after = family.press("/case/extend").text
    assert "Your report is with us" in after
    assert before != after
