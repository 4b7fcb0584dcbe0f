"""Staff at work through their pages: two volunteers, an officer, an administrator, an auditor."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from api.app import create_app
from reunite import reports, submission
from reunite.service import Service
from reunite.storage.sign_in_tables import SessionRow
from reunite.storage.tables import CandidateRow, ConfirmationRow, ReportRow
from tests.factory import report_fields
from tests.visitor import Visitor
from workers.drain import Drain

REASON = "The name sounds alike and the birthmark is the same."


@pytest.fixture
def pair(service: Service) -> str:
    """A candidate found by the engine; gives its address."""
    with service.database.write() as session:
        for kind in ("missing", "found"):
            reports.file(session, service.keys, submission.parse(report_fields(kind=kind)), actor="family")
    Drain(service).run()
    with service.database.read() as session:
        return f"/candidates/{session.scalars(select(CandidateRow.ref)).one()}"


def judge(visitor: Visitor, pair: str, verdict: str = "plausible") -> Visitor:
    return visitor.open(pair).press(f"{pair}/claim").press(f"{pair}/verdict", verdict, reason=REASON)


def test_two_volunteers_and_an_officer_close_a_case(
    service: Service, staff: Callable[..., Visitor], pair: str
) -> None:
    first, second = staff("volunteer", "one"), staff("coordinator", "two")
    assert first.page.url.path == "/queue"
    assert pair in first.links
    assert pair not in judge(first, pair).links, "what one has judged leaves one's queue"
    assert pair in second.open("/queue").links
    judge(second, pair)
    officer = staff("police")
    assert officer.page.url.path == "/referrals"
    assert pair in officer.links
    decision = {"basis": "dna", "reference": "DNA 1"}
    officer.open(pair).press(f"{pair}/decision", "confirmed", **decision)
    assert "Confirmed" in officer.text
    with service.database.read() as session:
        assert set(session.scalars(select(ReportRow.state))) == {"closed"}
        assert session.scalars(select(ConfirmationRow.basis)).one() == "dna"


def test_the_comparison_shows_both_sides_and_bars_that_sum_to_the_total(
    staff: Callable[..., Visitor], pair: str, service: Service
) -> None:
    page = staff("coordinator").open(pair)
    assert "王晓明" in page.text
    assert "黄小鸣" in page.text
    assert "told by the child" in page.text
    with service.database.read() as session:
        row = session.scalars(select(CandidateRow)).one()
    total = row.prior + sum(line["bits"] for line in row.evidence)
    assert f"Total {total:+.1f}" in page.text
    for line in row.evidence:
        shown = "0.0" if abs(line["bits"]) < 0.05 else f"{line['bits']:+.1f}".replace("-", "−")
        assert f"{shown} bits" in page.text or line["level"] == "unknown"


def test_bars_start_at_a_common_zero_and_the_sums_beside_them_lead_to_the_total(
    staff: Callable[..., Visitor], pair: str, service: Service
) -> None:
    page = staff("coordinator").open(pair)
    with service.database.read() as session:
        row = session.scalars(select(CandidateRow)).one()
    weights = sorted((line["bits"] for line in row.evidence if line["bits"]), reverse=True)
    last_sum = row.prior + sum(weights)
    shown = re.findall(r'<td class="num soft">([^<]+)</td>', page.page.text)
    assert len(shown) == len(weights)
    assert shown[-1] == f"{last_sum:+.1f}".replace("-", "−")
    zeros = set(re.findall(r'class="zero" x1="([\d.]+)"', page.page.text))
    assert len(zeros) == 1


def test_a_sign_is_also_a_word(staff: Callable[..., Visitor], pair: str) -> None:
    text = staff("volunteer").open(pair).page.text
    assert '<span aria-hidden="true">≈</span><span class="unseen">alike</span>' in text


def test_time_line_and_map_show_what_both_say_and_the_map_no_more_than_the_role_may_know(
    staff: Callable[..., Visitor], pair: str
) -> None:
    volunteer = staff("volunteer").open(pair)
    assert "aged 3" in volunteer.text
    assert "Guangdong" in volunteer.text
    assert "no more than the province is known here" in volunteer.text
    assert "Guangzhou" not in volunteer.page.text
    assert "Guangzhou" in staff("coordinator").open(pair).page.text


def test_what_others_found_is_in_the_history_only_after_ones_own_verdict(
    staff: Callable[..., Visitor], pair: str
) -> None:
    def history(page: Visitor) -> str:
        return "".join(re.findall(r'<ol class="history">.*?</ol>', page.open(pair).page.text, re.DOTALL))

    judge(staff("volunteer", "one"), pair, "unlikely")
    second = staff("volunteer", "two")
    assert "Unlikely" not in history(second)
    judge(second, pair)
    said = history(second)
    assert said.index("suggested by the engine") < said.index("Unlikely") < said.index("Plausible")
    assert "your verdict" in said


def test_a_volunteer_learns_only_the_province_of_a_found_person(
    staff: Callable[..., Visitor], pair: str
) -> None:
    volunteer, coordinator = staff("volunteer"), staff("coordinator")
    assert "广州" not in volunteer.open(pair).page.text
    assert "广东省" in volunteer.page.text
    assert "广州" in coordinator.open(pair).page.text


def test_nobody_sees_contact_data_on_these_pages(staff: Callable[..., Visitor], pair: str) -> None:
    for role in ("volunteer", "coordinator"):
        text = staff(role).open(pair).page.text
        assert "10005550100" not in text
        assert "Invented Reporter" not in text


def test_a_verdict_without_a_reason_is_sent_back_with_what_was_written(
    staff: Callable[..., Visitor], pair: str
) -> None:
    visitor = staff("volunteer").open(pair).press(f"{pair}/claim")
    visitor.press(f"{pair}/verdict", "plausible", reason="?")
    assert visitor.status == 422
    assert "Please say why" in visitor.text
    assert visitor.field(f"{pair}/verdict", "reason") == "?"


def test_a_claim_that_ran_out_keeps_the_words_until_it_is_claimed_again(
    service: Service, staff: Callable[..., Visitor], pair: str
) -> None:
    visitor = staff("volunteer").open(pair).press(f"{pair}/claim")
    with service.database.write() as session:
        session.execute(update(CandidateRow).values(claimed_until=None))
    visitor.press(f"{pair}/verdict", "unlikely", reason=REASON)
    assert visitor.status == 409
    assert "Your claim has run out" in visitor.text
    visitor.press(f"{pair}/claim")
    assert visitor.field(f"{pair}/verdict", "reason") == REASON


def test_a_claimed_candidate_is_not_offered_to_others_and_can_be_given_back(
    staff: Callable[..., Visitor], pair: str
) -> None:
    first, second = staff("volunteer", "one"), staff("volunteer", "two")
    second.open(pair)
    first.open(pair).press(f"{pair}/claim")
    second.press(f"{pair}/claim")
    assert second.status == 409
    assert pair not in second.open("/queue").links
    first.press(f"{pair}/release")
    assert pair in second.open("/queue").links


def test_the_officer_needs_a_basis_and_loses_nothing_written(
    staff: Callable[..., Visitor], pair: str
) -> None:
    judge(staff("volunteer", "one"), pair)
    judge(staff("volunteer", "two"), pair)
    officer = staff("police").open(pair)
    officer.press(f"{pair}/decision", "confirmed", note="as agreed")
    assert officer.status == 422
    assert "what the finding rests on" in officer.text
    assert officer.field(f"{pair}/decision", "note") == "as agreed"


def test_a_ruled_out_pair_is_not_suggested_again(
    service: Service, staff: Callable[..., Visitor], pair: str
) -> None:
    judge(staff("volunteer", "one"), pair)
    judge(staff("volunteer", "two"), pair)
    staff("police").open(pair).press(f"{pair}/decision", "ruled_out", basis="documents", reference="file 7")
    with service.database.write() as session:
        for report in session.scalars(select(ReportRow)):
            changed = submission.parse(report_fields(kind=report.kind, height_cm="101"))
            reports.amend(session, service.keys, report, changed, actor="family")
    Drain(service).run()
    with service.database.read() as session:
        assert session.scalars(select(CandidateRow.stage)).all() == ["ruled_out"]
    assert pair not in staff("volunteer", "three").open("/queue").links


def test_an_administrator_invites_and_the_invited_person_signs_in(
    staff: Callable[..., Visitor], visit: Callable[..., Visitor]
) -> None:
    admin = staff("admin").open("/people").press("/people", email="new@example.invalid", role="police")
    link = next(word for word in admin.text.split() if "/invitation/" in word)
    path = link.partition("127.0.0.1")[2]
    invited = visit().open(path).press("", name="A New Officer", password="several words are good")
    assert invited.page.url.path == "/sign-in"
    invited.sign_in("new@example.invalid", "several words are good")
    assert invited.page.url.path == "/referrals"
    assert visit().open(path).status == 404, "an invitation works once"


def test_the_auditor_reads_what_was_done_and_that_the_log_is_whole(
    staff: Callable[..., Visitor], pair: str
) -> None:
    judge(staff("volunteer"), pair)
    auditor = staff("auditor")
    assert "The log is whole" in auditor.text
    for action in ("report.filed", "candidate.viewed", "candidate.claimed", "candidate.judged_plausible"):
        assert action in auditor.text
    assert "王晓明" not in auditor.page.text


def test_a_wrong_password_says_the_same_for_everybody(
    staff: Callable[..., Visitor], visit: Callable[..., Visitor]
) -> None:
    staff("volunteer")
    texts = {visit().sign_in(email, "wrong password!").text
             for email in ("volunteer@example.invalid", "nobody@example.invalid")}  # fmt: skip
    assert len(texts) == 1
    assert "wrong" in texts.pop()


def test_signing_out_ends_the_session_on_the_server_too(
    service: Service, staff: Callable[..., Visitor]
) -> None:
    visitor = staff("volunteer")
    visitor.press("/sign-out")
    with service.database.read() as session:
        assert session.scalars(select(SessionRow)).all() == []
    assert visitor.open("/queue").page.url.path == "/sign-in"


def test_every_answer_carries_the_protecting_headers(service: Service, visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    for path in ("/", "/report/missing", "/sign-in", "/no/such", "/api/v1/openapi.json", "/static/app.css"):
        headers = visitor.open(path).page.headers
        policy = headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        cached = path.startswith("/static/")
        assert ("no-store" in headers["cache-control"]) is not cached
    assert "style=" not in visitor.open("/").page.text


def test_a_foreign_host_is_refused(service: Service) -> None:
    from starlette.testclient import TestClient

    with TestClient(create_app(service), base_url="http://evil.example") as client:
        assert client.get("/").status_code == 400


HOSTILE = ["a\0b", "\ud800x", "\u202eabc", "x" * 10_000, "'; DROP TABLE report; --", "{0}{name}", "%s%n"]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_in_any_field_of_staff_is_no_error_of_ours(
    staff: Callable[..., Visitor], visit: Callable[..., Visitor], pair: str, text: str
) -> None:
    sent = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    assert visit().sign_in(f"{sent}@example.invalid", sent).status in (403, 422)
    volunteer = staff("volunteer").open(pair).press(f"{pair}/claim")
    assert volunteer.press(f"{pair}/verdict", "plausible", reason=f"because {sent}").status in (200, 422)
    admin = staff("admin").open("/people")
    assert admin.press("/people", email=sent, role="police").status in (409, 422)
    link = re.findall(
        r"/invitation/[\w-]+", admin.press("/people", email="n@example.invalid", role="police").text
    )[0]
    assert visit().open(link).press("", name=sent, password="several words are good").status in (200, 422)


@pytest.mark.parametrize("path", ["/candidates/%00", "/candidates/%ff", "/queue?start=9999999999999999999999",
                                  "/queue?start=-1", "/queue?start=x", "/candidates/" + "a" * 5000])  # fmt: skip
def test_an_odd_address_is_not_found_and_no_error_of_ours(staff: Callable[..., Visitor], path: str) -> None:
    assert staff("volunteer").open(path).status in (200, 404)


def test_a_database_that_fails_gets_a_page_that_says_so(
    service: Service, staff: Callable[..., Visitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = staff("volunteer")

    def fail() -> None:
        raise OperationalError("SELECT 1", {}, Exception("gone"))

    monkeypatch.setattr(service.database, "read", fail)
    answer = visitor.open("/queue")
    assert answer.status == 503
    assert answer.page.headers["retry-after"] == "30"
    assert "busy" in answer.text


def many(service: Service, count: int) -> None:
    """So many pairs of reports, each pair with words of its own."""
    with service.database.write() as session:
        for number in range(count):
            for kind in ("missing", "found"):
                said = report_fields(kind=kind, memories=f"{'松柏竹梅兰菊'[number]}树下第{number}口井")
                reports.file(session, service.keys, submission.parse(said), actor="family")
    Drain(service).run()


def test_after_a_verdict_the_next_one_of_the_same_choice_is_shown(
    service: Service, staff: Callable[..., Visitor]
) -> None:
    many(service, 3)
    visitor = staff("volunteer").open("/queue?strength=strong")
    assert visitor.links, "there is something to review"
    first = next(link for link in visitor.links if link.startswith("/candidates/"))
    visitor.open(first)
    total = int(re.findall(r"1 of (\d+)", visitor.text)[0])
    for left in range(total - 1, 0, -1):
        path = visitor.page.url.path
        assert "strength=strong" in str(visitor.page.url)
        visitor.press(f"{path}/claim").press(f"{path}/verdict", "unlikely", reason=REASON)
        assert visitor.page.url.path.startswith("/candidates/")
        assert visitor.page.url.path != path
        assert "Your verdict is recorded" in visitor.text
        assert f"of {left}" in visitor.text
    path = visitor.page.url.path
    visitor.press(f"{path}/claim").press(f"{path}/verdict", "unlikely", reason=REASON)
    assert visitor.page.url.path == "/queue"
    assert "Nothing waits for you" in visitor.text


def test_the_queue_is_narrowed_by_strength_waiting_age_and_region(
    service: Service, staff: Callable[..., Visitor], pair: str
) -> None:
    with service.database.write() as session:
        row = session.scalars(select(CandidateRow)).one()
        row.probability = 0.7
        row.created_at -= timedelta(days=10)
        assert row.born == 1995
    visitor = staff("volunteer")
    for query, there in (
        ("strength=strong", True), ("strength=weak", False), ("waits=month", True), ("waits=week", False),
        ("region=510000", True), ("region=440000", True), ("region=650000", False), ("strength=nonsense", True),
        ("age=grown", True), ("age=child", False), ("age=small", False), ("age=unknown", False),
        ("region=%27OR%201", True), ("strength=strong&waits=month&region=510000", True),
    ):  # fmt: skip
        visitor.open(f"/queue?{query}")
        assert (pair in [link.partition("?")[0] for link in visitor.links]) == there, query


def test_next_and_previous_walk_the_whole_queue(service: Service, staff: Callable[..., Visitor]) -> None:
    many(service, 2)
    visitor = staff("volunteer").open("/queue")
    listed = [link for link in visitor.links if link.startswith("/candidates/")]
    seen = [listed[0]]
    visitor.open(listed[0])
    while forward := re.findall(r'href="([^"]+)" data-key="j"', visitor.page.text):
        seen.append(forward[0])
        visitor.open(forward[0])
    assert seen == listed
    for earlier in reversed(listed[:-1]):
        back = re.findall(r'href="([^"]+)" data-key="k"', visitor.page.text)[0]
        assert back == earlier
        visitor.open(back)
