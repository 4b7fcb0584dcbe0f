"""A family corrects its own report by the receipt: what changes, what stays, and what is written of it."""

from collections.abc import Collection

import pytest
from sqlalchemy import select

from reunite import concerns, contacts, own_case, reports, submission, vault, whereabouts
from reunite.problems import Conflict, Invalid, NotFound
from reunite.reports import Receipt
from reunite.service import Service
from reunite.storage.audit_tables import AuditRow
from reunite.storage.policy_tables import ReportFlagRow
from reunite.storage.tables import MatchJobRow, ReportRow
from tests.factory import report_fields
from workers.drain import Drain


@pytest.fixture
def receipt(service: Service) -> Receipt:
    return file(service, withheld="a tin soldier")


def file(service: Service, kind: str = "found", **changes: str) -> Receipt:
    with service.database.write() as session:
        parsed = submission.parse(report_fields(kind, **changes))
        return reports.file(session, service.keys, parsed, actor="family")


def correct(service: Service, receipt: Receipt, *, take: Collection[str] = (), **written: str) -> bool:
    with service.database.write() as session:
        return own_case.correct(session, service.keys, receipt.case_number, receipt.secret, written, take)


def told(service: Service, receipt: Receipt) -> dict[str, str]:
    with service.database.read() as session:
        return own_case.told(session, service.keys, receipt.case_number, receipt.secret)


def stored(service: Service, receipt: Receipt) -> tuple[dict[str, str], dict[str, str]]:
    """The person with the whereabouts, and the contact data."""
    with service.database.read() as session:
        report = session.get_one(ReportRow, receipt.report_id)
        return (
            whereabouts.whole(session, service.keys, report),
            contacts.reporter(session, service.keys, receipt.report_id),
        )


def amended(service: Service) -> list[tuple[str, str, str]]:
    with service.database.read() as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.action == "report.amended"))
        return [(row.actor, row.subject, row.detail) for row in rows]


def problems(error: pytest.ExceptionInfo[Invalid]) -> list[str]:
    return [problem.field for problem in error.value.problems]


def test_a_family_reads_what_it_told_with_contact_data_masked_and_withheld_facts_not_at_all(
    service: Service, receipt: Receipt
) -> None:
    said = told(service, receipt)
    person, _ = stored(service, receipt)
    assert {column: said[column] for column in person} == person
    assert said["place_found"] == "广东省广州市"
    assert said["reporter_phone"] == "•••••100"
    assert "withheld" not in said
    assert "a tin soldier" not in str(said)


def test_a_correction_changes_what_was_written_and_leaves_the_rest_and_is_compared_again(
    service: Service, receipt: Receipt
) -> None:
    Drain(service).run()
    person, contact = stored(service, receipt)
    assert correct(
        service, receipt, memories="桥边有一棵榕树", birth_date="1994年农历八月十五", name=person["name"]
    )
    after, same = stored(service, receipt)
    assert after == {**person, "memories": "桥边有一棵榕树", "birth_date": "lunar:1994-08-15"}
    assert same == contact
    with service.database.read() as session:
        report = session.get_one(ReportRow, receipt.report_id)
        job = session.get_one(MatchJobRow, receipt.report_id)
        assert (report.rev, job.state, job.rev) == (2, "ready", 2)
        assert vault.get(session, service.keys, receipt.report_id, concerns.WITHHELD) == "a tin soldier"
    assert amended(service) == [("family", f"report:{receipt.report_id}", "")]


def test_nothing_new_changes_nothing(service: Service, receipt: Receipt) -> None:
    person, _ = stored(service, receipt)
    assert not correct(service, receipt, **{column: text for column, text in person.items()})
    assert not correct(service, receipt)
    assert not correct(service, receipt, reporter_phone="", withheld="", flag="")
    assert amended(service) == []


def test_contact_data_is_replaced_only_when_something_new_is_written(
    service: Service, receipt: Receipt
) -> None:
    _, contact = stored(service, receipt)
    assert correct(service, receipt, reporter_phone="10005550199", reporter_name="", reporter_email="")
    assert stored(service, receipt)[1] == {**contact, "reporter_phone": "10005550199"}
    with service.database.read() as session:
        found = contacts.reports_with_phone(session, service.keys, "100 0555 0199")
        assert found == [receipt.report_id]
        assert session.get_one(ReportRow, receipt.report_id).rev == 1, "the child is the same"
    assert correct(service, receipt, take={"reporter_phone"})
    assert "reporter_phone" not in stored(service, receipt)[1]
    assert len(amended(service)) == 2


def test_a_column_vanishes_only_by_a_choice_and_an_empty_field_is_a_problem(
    service: Service, receipt: Receipt
) -> None:
    person, _ = stored(service, receipt)
    with pytest.raises(Invalid) as error:
        correct(service, receipt, marks=" ", memories="新的")
    assert problems(error) == ["marks"]
    assert stored(service, receipt)[0] == person
    with pytest.raises(Invalid) as error:
        correct(service, receipt, take={"marks"}, marks="新的胎记")
    assert problems(error) == ["marks"]
    assert correct(service, receipt, take={"marks", "place_found"}, marks=person["marks"])
    after, _ = stored(service, receipt)
    assert after == {
        column: text for column, text in person.items() if column not in ("marks", "place_found")
    }


def test_withheld_facts_and_warnings_can_be_told_later_and_the_facts_taken_away(
    service: Service, receipt: Receipt
) -> None:
    assert correct(service, receipt, withheld="a wooden horse", flag="danger")
    with service.database.read() as session:
        assert vault.get(session, service.keys, receipt.report_id, concerns.WITHHELD) == "a wooden horse"
        assert session.scalars(select(ReportFlagRow.kind)).all() == ["danger"]
    assert correct(service, receipt, take={"withheld", "flag"})
    assert not correct(service, receipt, take={"withheld"})
    with service.database.read() as session:
        assert vault.get(session, service.keys, receipt.report_id, concerns.WITHHELD) == ""
        assert session.scalars(select(ReportFlagRow.kind)).all() == ["danger"], "coordinators clear a warning"
    assert len(amended(service)) == 2


def test_every_problem_is_named_and_nothing_is_taken_by_half(service: Service, receipt: Receipt) -> None:
    before = stored(service, receipt)
    with pytest.raises(Invalid) as error:
        correct(service, receipt, birth_date="yesterday or so", height_cm="tall", memories="新的", name="")
    assert problems(error) == ["name", "birth_date", "height_cm"]
    assert stored(service, receipt) == before


def test_the_last_thing_that_can_be_compared_is_not_taken_away(service: Service) -> None:
    receipt = file(service, "missing", **dict.fromkeys(
        ("other_names", "birth_date", "place_event", "place_home", "marks", "relatives", "memories"), ""
    ))  # fmt: skip
    with pytest.raises(Invalid):
        correct(service, receipt, take={"name"})
    assert told(service, receipt)["name"] == "王晓明"


def test_columns_that_are_no_family_s_are_not_changed(service: Service, receipt: Receipt) -> None:
    before = stored(service, receipt)
    assert not correct(
        service, receipt, kind="missing", photo="x.jpg", source_id="7", language="en", colour="red"
    )
    assert stored(service, receipt) == before


def test_photos_stay_when_words_are_corrected(service: Service, receipt: Receipt) -> None:
    with service.database.write() as session:
        report = session.get_one(ReportRow, receipt.report_id)
        report.person = {**report.person, "photo": "pdq:" + "0" * 64}
    assert correct(service, receipt, memories="新的")
    assert stored(service, receipt)[0]["photo"] == "pdq:" + "0" * 64


def test_a_receipt_that_does_not_fit_and_a_report_that_left_change_nothing(
    service: Service, receipt: Receipt
) -> None:
    before = stored(service, receipt)
    for wrong in (Receipt(receipt.case_number, "0" * 24, 0), Receipt("M-0000-0000", receipt.secret, 0)):
        assert told(service, wrong) == {}
        with pytest.raises(NotFound):
            correct(service, wrong, memories="新的")
    with service.database.write() as session:
        reports.withdraw(session, service.keys, receipt.case_number, receipt.secret)
    with pytest.raises(Conflict):
        correct(service, receipt, memories="新的")
    assert stored(service, receipt) == before
