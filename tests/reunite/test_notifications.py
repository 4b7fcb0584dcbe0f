"""What reporters are told outside of the pages, in which words and when; and that nothing of the other side ever is."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from reunite import messages, outbox, reports, retention, silence, submission
from reunite.config import Settings
from reunite.notifications import MOST_RECEIVED
from reunite.outbox import Channel, Delivery, Lease
from reunite.service import Service
from reunite.storage.clock import now
from reunite.storage.outbox_tables import DeliveryRow
from reunite.storage.tables import ReportRow
from tests.factory import report_fields
from tests.outside import PUBLIC, SECRET
from tests.reunite import hanging
from tests.reunite.office import Office

ONLY_MAIL = {"reporter_phone": ""}
ONLY_PHONE = {"reporter_email": ""}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Both ways are set up; nobody listens there, for nothing is sent here."""
    return settings.model_copy(update={
        "public_url": PUBLIC, "smtp_url": "smtp://127.0.0.1:1", "mail_from": "reunite@example.org",
        "gateway_url": "http://127.0.0.1:1/", "gateway_secret": SECRET, "news_phone": "10005550111",
        "organisation": "回家",
    })  # fmt: skip


@pytest.fixture
def office(service: Service) -> Office:
    return Office(service)


def waiting(service: Service) -> list[Delivery]:
    """Everything in the queue, in its order, open."""
    with service.database.write() as session:
        session.execute(update(DeliveryRow).values(state="leased", lease_token="-", done_at=None))
        rows = session.execute(
            select(DeliveryRow.id, DeliveryRow.channel, DeliveryRow.once).order_by(DeliveryRow.id)
        )
        leases = [Lease(row.id, Channel(row.channel), row.once, "-", 1) for row in rows]
        found = [outbox.opened(session, service.keys, lease) for lease in leases]
        session.execute(update(DeliveryRow).values(state="ready", lease_token=None))
    return [one for one in found if one is not None]


def whats(service: Service) -> list[str]:
    return [f"{one.once.split(':')[0]} by {one.channel}" for one in waiting(service)]


def test_who_files_is_told_the_case_number_and_never_the_secret(service: Service, office: Office) -> None:
    receipt = office.file(language="en")
    [told] = waiting(service)
    assert told.payload["to"] == "reporter@example.invalid"
    assert receipt.case_number in told.payload["subject"]
    assert f"{PUBLIC}/case" in told.payload["text"]
    said = str(told.payload)
    for secret in (receipt.secret, receipt.secret.replace("-", ""), *receipt.secret.split("-")):
        assert secret not in said
    for of_the_child in ("王晓明", "小明", "1994", "成都", "Invented Reporter", "10005550100"):
        assert of_the_child not in said


def test_e_mail_comes_first_and_the_telephone_where_there_is_none(service: Service, office: Office) -> None:
    office.file()
    office.file(**ONLY_PHONE)
    office.file(**ONLY_MAIL, **ONLY_PHONE)
    assert whats(service) == ["received by email", "received by gateway"]


@pytest.mark.parametrize(
    ("language", "tag", "said"),
    [("en", "en", "was received"), ("zh-Hans", "zh-Hans", "已收到您的登记"),
     ("zh-Hant-TW", "zh-Hant", "已收到您的登記"),
     ("zh-CN", "zh-Hans", "已收到您的登记"), ("qaa", "en", "was received")],
)  # fmt: skip
def test_the_report_s_language_decides(
    service: Service, office: Office, language: str, tag: str, said: str
) -> None:
    office.file(language=language, **ONLY_MAIL)
    office.file(language=language, **ONLY_PHONE)
    mail, short = (one.payload for one in waiting(service))
    assert mail["language"] == short["language"] == tag
    assert said in mail["subject"]
    assert said in short["text"]
    assert f'<html lang="{tag}">' in mail["html"]


def test_html_says_the_same_and_escapes_what_it_is_given(service: Service, office: Office) -> None:
    service.settings = service.settings.model_copy(update={"organisation": "A & <B>"})
    office.file(language="en")
    [told] = waiting(service)
    assert "A & <B>" in told.payload["text"]
    assert "A &amp; &lt;B&gt;" in told.payload["html"]
    assert f'<a href="{PUBLIC}/case">' in told.payload["html"]


def test_a_message_on_the_page_is_told_without_its_words(service: Service, office: Office) -> None:
    receipt = office.file()
    with service.database.write() as session:
        messages.write(
            session, service.keys, office.who["coordinator"], receipt.case_number, "Was there a bridge?"
        )
    told = waiting(service)[-1]
    assert told.once.startswith("message:")
    assert "bridge" not in str(told.payload)


def test_the_end_of_a_report_is_told_once(service: Service, office: Office) -> None:
    receipt = office.file(language="en")
    with service.database.write() as session:
        session.execute(update(ReportRow).values(kept_from=datetime(2026, 1, 1, tzinfo=UTC)))
    days = (datetime.now(UTC) - datetime(2026, 1, 1, tzinfo=UTC)).days + 30
    brief = service.settings.model_copy(update={"retain_missing_days": days})
    for _ in range(2):
        retention.sweep(service.database, service.keys, brief)
    assert whats(service) == ["received by email", "ending by email"]
    with service.database.read() as session:
        end = retention.until(session.get_one(ReportRow, receipt.report_id), brief)
    assert end is not None
    assert f"{end:%Y}" in waiting(service)[-1].payload["text"]


def test_a_published_poster_is_told_with_its_address(service: Service) -> None:
    _, ref = hanging.a_poster(service)
    told = waiting(service)[-1]
    assert told.once.startswith("poster:")
    assert f"{PUBLIC}/posters/{ref}" in told.payload["text"]


def test_news_come_after_a_confirmation_by_every_way_to_both_sides_each_with_its_own_number(
    service: Service, office: Office
) -> None:
    missing = office.file(reporter_email="m@example.invalid", reporter_phone="10005550121")
    found = office.file("found", reporter_email="f@example.invalid", reporter_phone="10005550122")
    ref = office.pair(missing, found)
    office.refer(ref)
    before = len(waiting(service))
    office.decide(ref)
    news = waiting(service)[before:]
    assert [one.channel for one in news] == ["email", "gateway"] * 2
    for one in news:
        mine, other = (missing, found) if one.report_id == missing.report_id else (found, missing)
        assert mine.case_number in str(one.payload)
        assert other.case_number not in str(one.payload)
        assert "10005550111" in one.payload["text"], "whom to call"
        assert not one.urgent
    assert {one.payload["to"] for one in news} == {
        "m@example.invalid",
        "f@example.invalid",
        "10005550121",
        "10005550122",
    }


def test_candidates_reviews_referrals_and_pairs_ruled_out_tell_nobody_anything(
    service: Service, office: Office
) -> None:
    missing, found = office.file(), office.file("found")
    before = waiting(service)
    assert len(before) == 2
    ref = office.pair(missing, found)
    assert waiting(service) == before
    office.refer(ref)
    assert waiting(service) == before
    office.decide(ref, outcome="ruled_out")
    assert waiting(service) == before


def test_the_same_is_told_with_and_without_the_other_side(service: Service, office: Office) -> None:
    """All that a family is told of one report: with a match that is seen, referred and ruled out, and without."""
    told = []
    for there in (True, False):
        receipt = office.file(language="en")
        number = receipt.case_number
        if there:
            ref = office.pair(receipt, office.file("found", **ONLY_MAIL, **ONLY_PHONE))
            office.refer(ref)
        with service.database.write() as session:
            messages.write(session, service.keys, office.who["coordinator"], number, "Was there a bridge?")
        if there:
            office.decide(ref, outcome="ruled_out")
        mine = [one for one in waiting(service) if one.report_id == receipt.report_id]
        told.append([str((one.channel, one.payload, one.urgent)).replace(number, "#CASE") for one in mine])
    assert told[0] == told[1]
    assert len(told[0]) == 2


def test_reports_of_partners_and_imports_are_not_ours_to_tell(service: Service, office: Office) -> None:
    with service.database.write() as session:
        parsed = submission.parse(report_fields(source_id="A-1"), source="ngo")
        filed = reports.file(session, service.keys, parsed, actor="partner:1")
        number = filed.case_number
    with service.database.write() as session:
        messages.write(session, service.keys, office.who["coordinator"], number, "Was there a bridge?")
    assert waiting(service) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"smtp_url": ""}, ["received by gateway"]), ({"gateway_url": ""}, ["received by email"]),
     ({"smtp_url": "", "gateway_url": ""}, [])],
)  # fmt: skip
def test_nothing_is_queued_for_a_way_that_is_not_set_up(
    service: Service, office: Office, changes: dict[str, str], said: list[str]
) -> None:
    service.settings = service.settings.model_copy(update=changes)
    office.file()
    assert whats(service) == said


def test_nobody_s_mailbox_is_flooded_by_who_files_in_their_name(service: Service, office: Office) -> None:
    for number in range(MOST_RECEIVED + 2):
        spelt = "Reporter@Example.INVALID" if number % 2 else "reporter@example.invalid"
        office.file(memories=f"{number}", reporter_email=spelt)
    assert len(waiting(service)) == MOST_RECEIVED


def test_who_opted_out_is_told_nothing_by_no_way_and_nothing_that_waits(
    service: Service, office: Office
) -> None:
    office.file()
    [told] = waiting(service)
    token = told.payload["stop"].rpartition("/")[2]
    to_hash = silence.read_token(service.keys, token)
    assert to_hash == told.to_hash
    assert to_hash is not None
    with service.database.write() as session:
        silence.stop(session, to_hash)
    assert dropped(service) == ["silenced"]
    office.file(memories="again")
    assert dropped(service) == ["silenced"]
    with service.database.write() as session:
        silence.resume(session, to_hash)
    office.file(memories="and again")
    assert len(dropped(service)) == 2


def dropped(service: Service) -> list[str | None]:
    """The problem of every delivery, whatever its state."""
    with service.database.read() as session:
        return list(session.scalars(select(DeliveryRow.problem).order_by(DeliveryRow.id)))


def test_where_mail_bounces_the_telephone_is_tried_until_the_bounce_is_old(
    service: Service, office: Office
) -> None:
    with service.database.write() as session:
        to_hash = silence.hash_of(service.keys, Channel.EMAIL, "reporter@example.invalid")
        silence.stop(session, to_hash, silence.BOUNCED)
    office.file()
    assert whats(service) == ["received by gateway"]
    with service.database.write() as session:
        session.execute(update(silence.SilencedRow).values(at=now(session) - timedelta(days=181)))
        silence.forget_old(session)
    office.file(memories="later")
    assert whats(service)[1:] == ["received by email"]


def test_a_bounce_does_not_undo_an_opt_out_and_an_opt_out_is_kept_for_good(service: Service) -> None:
    with service.database.write() as session:
        silence.stop(session, "0" * 32)
        silence.stop(session, "0" * 32, silence.BOUNCED)
        session.execute(update(silence.SilencedRow).values(at=now(session) - timedelta(days=4000)))
        silence.forget_old(session)
        assert silence.why(session, "0" * 32) == silence.OPTED_OUT


def test_a_link_that_we_did_not_make_stops_nothing(service: Service) -> None:
    made, other = (silence.token(service.keys, half * 16) for half in ("ab", "cd"))
    assert silence.read_token(service.keys, made) == "ab" * 16
    for forged in (
        other[:22] + made[22:],
        made[:22] + other[22:],
        made[:-4],
        made + "AAAA",
        "",
        "令牌",
        "!" * 32,
    ):
        assert silence.read_token(service.keys, forged) is None


@pytest.mark.parametrize(
    ("hours", "zone", "hour", "quiet"),
    [("22-7", "UTC", 21, False), ("22-7", "UTC", 22, True), ("22-7", "UTC", 6, True), ("22-7", "UTC", 7, False),
     ("22-7", "Asia/Shanghai", 14, True), ("22-7", "Asia/Shanghai", 22, True), ("22-7", "Asia/Shanghai", 23, False),
     ("12-14", "UTC", 13, True), ("12-14", "UTC", 14, False), ("", "UTC", 3, False), ("7-7", "UTC", 7, False)],
)  # fmt: skip
def test_quiet_hours_are_those_of_the_zone(hours: str, zone: str, hour: int, quiet: bool) -> None:
    there = Settings(quiet_hours=hours, time_zone=zone)
    assert there.is_quiet(datetime(2026, 5, 5, hour, 30, tzinfo=UTC)) is quiet
