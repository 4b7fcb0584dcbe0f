"""Posters: only what the family consents to, only what a coordinator approves, and gone the moment it must be."""

import json
from collections.abc import Callable

import pytest
from sqlalchemy import select, text, update

from reunite import (
    concerns,
    erasure,
    own_case,
    poster_consent,
    poster_decisions,
    posters,
    reports,
    reserved,
)
from reunite.policy import FIELDS, ON_POSTERS, Outsider, Role, Show
from reunite.poster_consent import OwnPoster
from reunite.problems import Conflict, Forbidden, Invalid, NotFound
from reunite.reports import Receipt
from reunite.service import Service
from reunite.storage.abuse_tables import ModerationRow
from reunite.storage.audit_tables import AuditRow
from reunite.storage.clock import now
from reunite.storage.poster_tables import PosterPartRow, PosterRow
from reunite.storage.tables import ReportRow
from tests.api.objects import an
from tests.reunite.hanging import PHOTO, a_coordinator, a_poster, a_report, ask, publish, ref_of
from tests.reunite.office import Office


def hangs(service: Service, ref: str) -> bool:
    with service.database.read() as session:
        try:
            posters.show(session, service.keys, ref)
        except NotFound:
            return False
    return True


def facts(service: Service, ref: str) -> dict[str, str]:
    with service.database.read() as session:
        return posters.show(session, service.keys, ref).facts


def own(service: Service, receipt: Receipt) -> OwnPoster | None:
    with service.database.read() as session:
        return poster_consent.of_own(session, service.keys, receipt.case_number, receipt.secret)


def waiting(service: Service) -> list[tuple[str, str]]:
    who = a_coordinator(service)
    with service.database.read() as session:
        found = poster_decisions.waiting(session, who)
        assert poster_decisions.how_many(session, who) == len(found)
    return [(one.case_number, one.state) for one in found]


def parts(service: Service) -> list[str]:
    with service.database.read() as session:
        return sorted(session.scalars(select(PosterPartRow.part)))


def test_nothing_that_leads_to_the_family_can_ever_stand_on_a_poster() -> None:
    hidden = {column for column, rule in FIELDS.items() if rule[Role.VOLUNTEER] is not Show.FULL}
    assert hidden >= {"reporter_phone", "withheld", "place_found", "photo"}
    assert not hidden & set(ON_POSTERS)
    assert not {"place_home", "relatives", "memories", "kind"} & set(ON_POSTERS)
    assert all(FIELDS[column][Outsider.PUBLIC] is Show.HIDDEN for column in ON_POSTERS)


def test_a_poster_hangs_only_after_the_family_asked_and_a_coordinator_published(service: Service) -> None:
    receipt = a_report(service)
    before = own(service, receipt)
    assert before is not None
    assert (before.state, before.ref) == ("", "")
    assert "memories" not in before.columns
    ask(service, receipt, ["name", "marks", "memories", "relatives"])
    ref = ref_of(service, receipt)
    assert not hangs(service, ref)
    assert waiting(service) == [(receipt.case_number, "asked")]
    assert publish(service, receipt) == ref
    assert facts(service, ref) == {"name": "王晓明", "marks": "左手臂红色胎记"}, "only what the family ticked"
    assert waiting(service) == []
    after = own(service, receipt)
    assert after is not None
    assert (after.state, after.ref, after.chosen) == ("published", ref, ("name", "marks"))


def test_the_coordinator_may_leave_out_what_the_family_ticked_and_add_nothing(service: Service) -> None:
    receipt = a_report(service)
    ask(service, receipt, ["name", "sex"])
    ref = publish(service, receipt, ["name", "marks", "memories"])
    assert facts(service, ref) == {"name": "王晓明"}


def test_no_poster_without_a_tick_without_a_name_or_photo_or_of_a_found_person(service: Service) -> None:
    receipt, found = a_report(service), a_report(service, "found")
    with service.database.write() as session:
        mine = session, service.keys, receipt.case_number, receipt.secret
        with pytest.raises(Invalid, match="everybody may see"):
            poster_consent.ask(*mine, ["name"], "", agrees=False)
        with pytest.raises(Invalid, match="name or a photo"):
            poster_consent.ask(*mine, ["marks"], "a-photo-of-another", agrees=True)
        with pytest.raises(NotFound):
            poster_consent.ask(*mine[:3], found.secret, ["name"], "", agrees=True)
        with pytest.raises(Conflict):
            poster_consent.ask(
                session, service.keys, found.case_number, found.secret, ["name"], "", agrees=True
            )
        assert session.scalars(select(PosterRow)).all() == []
    assert own(service, found) is None


def test_what_hangs_stays_as_it_was_approved_until_it_is_published_again(service: Service) -> None:
    receipt, ref = a_poster(service)
    with service.database.write() as session:
        own_case.correct(
            session, service.keys, receipt.case_number, receipt.secret, {"marks": "我家电话 10005550100"}, ()
        )
    assert facts(service, ref)["marks"] == "左手臂红色胎记"
    assert waiting(service) == [(receipt.case_number, "published")]
    publish(service, receipt)
    assert facts(service, ref)["marks"] == "我家电话 10005550100"
    assert waiting(service) == []


def test_nobody_publishes_what_the_family_changed_while_it_was_looked_at(service: Service) -> None:
    receipt = a_report(service)
    ask(service, receipt)
    who = a_coordinator(service)
    with service.database.write() as session:
        wish = poster_decisions.of_report(session, service.keys, who, receipt.case_number)
    ask(service, receipt, ["name"])
    with service.database.write() as session, pytest.raises(Conflict, match="changed something"):
        poster_decisions.publish(
            session, service.keys, who, receipt.case_number, wish.reviewed, ON_POSTERS, {}
        )
    with service.database.write() as session:
        wish = poster_decisions.of_report(session, service.keys, who, receipt.case_number)
        own_case.correct(session, service.keys, receipt.case_number, receipt.secret, {"name": "王小明"}, ())
        with pytest.raises(Conflict, match="changed something"):
            poster_decisions.publish(
                session, service.keys, who, receipt.case_number, wish.reviewed, ON_POSTERS, {}
            )
    assert parts(service) == []


def withdraw(office: Office, receipt: Receipt) -> None:
    office.withdraw(receipt)


def confirm(office: Office, receipt: Receipt) -> None:
    ref = office.pair(receipt, office.file("found"))
    office.refer(ref)
    office.decide(ref)


def reserve(office: Office, receipt: Receipt) -> None:
    with office.service.database.write() as session:
        row = session.get_one(ReportRow, receipt.report_id)
        reserved.reserve(session, office.service.keys, office.who["officer"], row, on=True)


def warn(office: Office, receipt: Receipt) -> None:
    with office.service.database.write() as session:
        concerns.flag(
            session, office.service.keys, office.who["coordinator"], receipt.report_id, "danger", on=True
        )


def take_back(office: Office, receipt: Receipt) -> None:
    with office.service.database.write() as session:
        poster_consent.take_back(session, office.service.keys, receipt.case_number, receipt.secret)


def take_down(office: Office, receipt: Receipt) -> None:
    with office.service.database.write() as session:
        poster_decisions.take_down(
            session, office.service.keys, office.who["coordinator"], receipt.case_number
        )


def ask_anew(office: Office, receipt: Receipt) -> None:
    ask(office.service, receipt, ["name"])


def erase(office: Office, receipt: Receipt) -> None:
    office.erase(receipt)


@pytest.mark.parametrize(
    "happens",
    [withdraw, confirm, reserve, warn, take_back, take_down, ask_anew, erase],
    ids=lambda f: f.__name__,
)
def test_a_poster_is_gone_the_moment_that_something_happens(
    service: Service, happens: Callable[[Office, Receipt], None]
) -> None:
    office = Office(service)
    receipt, ref = a_poster(service)
    _, stays = a_poster(service, name="赵大海")
    assert hangs(service, ref)
    happens(office, receipt)
    assert not hangs(service, ref)
    with service.database.read() as session:
        for name in posters.PARTS:
            with pytest.raises(NotFound):
                posters.part(session, service.keys, ref, name)
        assert [one.ref for one in posters.newest(session, service.keys, 1)[0]] == [stays]
    assert hangs(service, stays)


def test_a_confirmation_of_a_tied_report_of_the_same_child_takes_the_poster_away_too(
    service: Service,
) -> None:
    office = Office(service)
    receipt, ref = a_poster(service)
    kept = office.file()
    office.tie(receipt, kept)
    pair = office.pair(kept, office.file("found"))
    office.refer(pair)
    office.decide(pair, tied_read=True)
    assert not hangs(service, ref)


def test_a_photo_that_the_family_takes_away_takes_the_poster_down(service: Service) -> None:
    receipt, ref = a_poster(service)
    with service.database.write() as session:
        session.execute(update(PosterRow).values(photo="the-photo"))
        poster_consent.photo_left(session, service.keys, receipt.report_id, "another", actor="family")
    assert hangs(service, ref)
    with service.database.write() as session:
        poster_consent.photo_left(session, service.keys, receipt.report_id, "the-photo", actor="family")
    assert not hangs(service, ref)
    assert parts(service) == []


def test_a_report_with_a_warning_or_under_moderation_gets_no_poster(service: Service) -> None:
    office = Office(service)
    warned, unclear = a_report(service), a_report(service)
    for receipt in (warned, unclear):
        ask(service, receipt)
    warn(office, warned)
    with service.database.write() as session:
        session.add(ModerationRow(report_id=unclear.report_id, reason="flood", at=now(session)))
    with pytest.raises(Conflict, match="warning"):
        publish(service, warned)
    with pytest.raises(Conflict, match="real report"):
        publish(service, unclear)
    assert parts(service) == []


def test_too_little_is_not_published(service: Service) -> None:
    receipt = a_report(service)
    ask(service, receipt)
    with pytest.raises(Invalid, match="name or the photo"):
        publish(service, receipt, ["marks"])
    assert publish(service, receipt, ["marks"], photo=True)
    assert parts(service) == sorted(posters.PARTS)


def test_declining_tells_the_family_why_and_they_may_ask_again(service: Service) -> None:
    receipt = a_report(service)
    ask(service, receipt)
    who = a_coordinator(service)
    with service.database.write() as session, pytest.raises(Invalid):
        poster_decisions.decline(session, service.keys, who, receipt.case_number, "  ")
    with service.database.write() as session:
        poster_decisions.decline(
            session, service.keys, who, receipt.case_number, "Please choose another photo."
        )
    after = own(service, receipt)
    assert after is not None
    assert after.state == "declined"
    assert waiting(service) == []
    with service.database.write() as session, pytest.raises(Conflict):
        poster_decisions.decline(session, service.keys, who, receipt.case_number, "again")
    ask(service, receipt)
    assert waiting(service) == [(receipt.case_number, "asked")]


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.COORDINATOR}))
def test_only_coordinators_decide(service: Service, role: Role) -> None:
    receipt, _ = a_poster(service)
    with service.database.write() as session:
        for act in (
            lambda: poster_decisions.waiting(session, an(role)),
            lambda: poster_decisions.of_report(session, service.keys, an(role), receipt.case_number),
            lambda: poster_decisions.publish(
                session, service.keys, an(role), receipt.case_number, "", (), {}
            ),
            lambda: poster_decisions.decline(session, service.keys, an(role), receipt.case_number, "no"),
            lambda: poster_decisions.take_down(session, service.keys, an(role), receipt.case_number),
        ):
            with pytest.raises(Forbidden):
                act()


def test_nothing_of_a_poster_lies_readable_in_the_database_and_an_erasure_takes_it_all(
    service: Service,
) -> None:
    receipt = a_report(service, marks="一颗星形的痣")
    ask(service, receipt)
    publish(service, receipt, photo=True)
    with service.database.read() as session:
        sealed = session.scalars(select(PosterPartRow.sealed)).all()
    words = json.dumps("一颗星形的痣", ensure_ascii=False).encode()
    assert not any(words in one or PHOTO["photo"] in one for one in sealed)
    ledger = erasure.Ledger(service.settings.data_dir, service.keys)
    with service.database.write() as session:
        erasure.by_receipt(session, service.keys, ledger, receipt.case_number, receipt.secret)
        assert session.scalar(text("SELECT count(*) FROM poster")) == 0
        assert session.scalar(text("SELECT count(*) FROM poster_part")) == 0


def test_every_step_is_a_line_in_the_log_without_a_word_of_the_report(service: Service) -> None:
    receipt, _ = a_poster(service)
    take_back(Office(service), receipt)
    with service.database.read() as session:
        rows = session.scalars(
            select(AuditRow).where(AuditRow.action.like("poster.%")).order_by(AuditRow.no)
        ).all()
    assert [row.action for row in rows] == [
        "poster.asked", "poster.viewed", "poster.published", "poster.taken_back",
    ]  # fmt: skip
    assert {row.subject for row in rows} == {f"report:{receipt.report_id}"}
    assert "王" not in "".join(row.detail or "" for row in rows)


def test_a_list_of_posters_is_turned_page_by_page(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posters, "A_PAGE", 2)
    refs = [a_poster(service)[1] for _ in range(3)]
    with service.database.read() as session:
        first, more = posters.newest(session, service.keys, 1)
        second, no_more = posters.newest(session, service.keys, 2)
    assert ([one.ref for one in (*first, *second)], more, no_more) == (refs[::-1], True, False)


def test_a_poster_of_an_expired_report_is_gone(service: Service) -> None:
    receipt, ref = a_poster(service)
    with service.database.write() as session:
        reports.leave(session, session.get_one(ReportRow, receipt.report_id), "expired")
    assert not hangs(service, ref)
