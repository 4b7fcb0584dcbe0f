"""Signing in with a second factor, fresh proofs, one's own account and the administrator's people, on the pages."""

import re
from collections.abc import Callable
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import select, update

from api.access import Needs
from reunite import accounts, audit, passwords, people, throttling
from reunite.policy import FRESH, SECOND_FACTOR, TABLE, WITHOUT_FACTOR, Action, Role
from reunite.service import Service
from reunite.storage.audit_tables import AuditRow
from reunite.storage.clock import now
from reunite.storage.sign_in_tables import FactorRow, ResetRow, SessionRow, SignInFailureRow
from reunite.storage.tables import ConfirmationRow
from tests.api.conftest import HASH, PASSWORD
from tests.api.test_protection import address, routes
from tests.reunite.office import Office
from tests.visitor import Visitor

NEW = "purple otter climbs quietly"
Make = Callable[..., Visitor]


def add(service: Service, role: str) -> str:
    email = f"{role}@example.invalid"
    with service.database.write() as session:
        accounts.add(session, service.keys, actor="test", email=email, name=role, role=Role(role),
                     password_hash=HASH)  # fmt: skip
    return email


def half(service: Service, visit: Make, role: str = "police") -> Visitor:
    """Somebody whose password was right and whose second factor is missing."""
    return visit().open("/sign-in").press("/sign-in", email=add(service, role), password=PASSWORD)


def age(service: Service, **moved: timedelta) -> None:
    """Move times of all sessions into the past."""
    with service.database.write() as session:
        for name, by in moved.items():
            session.execute(update(SessionRow).values({name: now(session) - by}))


def forget_steps(service: Service) -> None:
    """As if the last code had been shown long ago."""
    with service.database.write() as session:
        session.execute(update(FactorRow).values(last_step=0))


def done(service: Service, action: str) -> int:
    with service.database.read() as session:
        return len(session.scalars(select(AuditRow.no).where(AuditRow.action == action)).all())


@pytest.mark.parametrize("role", sorted(SECOND_FACTOR))
def test_without_the_second_factor_no_route_answers_but_those_that_ask_for_it(
    service: Service, visit: Make, role: str
) -> None:
    visitor = half(service, visit, role)
    assert visitor.page.url.path == "/second-factor"
    closed = 0
    for route in routes(service):
        action = next(
            one.dependency.action for one in route.dependencies if isinstance(one.dependency, Needs)
        )
        if action in WITHOUT_FACTOR or route.path.startswith("/api/"):
            continue
        for method in sorted(route.methods):
            answer = visitor._client.request(method, address(route), follow_redirects=False)
            assert (answer.status_code, answer.headers["location"]) == (303, "/second-factor"), route.path
            closed += 1
    assert closed >= 20
    assert {action for action in Action if None in TABLE[action]} - WITHOUT_FACTOR
    assert visitor.open("/").press("/sign-out").open("/queue").page.url.path == "/sign-in"


def test_a_code_counts_once_and_a_recovery_code_too(service: Service, staff: Make, visit: Make) -> None:
    first = staff("police")
    code = pyotp.TOTP(first.key).now()
    assert visit().sign_in("police@example.invalid", PASSWORD, code).status == 403, "enrolment used it"
    forget_steps(service)
    assert visit().sign_in("police@example.invalid", PASSWORD, code).page.url.path == "/referrals"
    assert visit().sign_in("police@example.invalid", PASSWORD, code).status == 403
    assert len(set(first.codes)) == 10
    recovery = first.codes[3].lower().replace("-", " ")
    assert visit().sign_in("police@example.invalid", PASSWORD, recovery).page.url.path == "/referrals"
    assert visit().sign_in("police@example.invalid", PASSWORD, recovery).status == 403
    assert done(service, "staff.recovery_used") == 1


def test_a_code_of_long_ago_does_not_count(service: Service, staff: Make, visit: Make) -> None:
    key = staff("police").key
    forget_steps(service)
    with service.database.read() as session:
        at = now(session)
    old = pyotp.TOTP(key).at(at - timedelta(minutes=2))
    assert visit().sign_in("police@example.invalid", PASSWORD, old).status == 403


def test_after_five_wrong_codes_the_password_is_asked_again(
    service: Service, staff: Make, visit: Make
) -> None:
    codes = staff("police").codes
    visitor = visit().sign_in("police@example.invalid", PASSWORD, "000000")
    for _ in range(3):
        visitor.press("/second-factor", code="000000")
    visitor._client.post(
        "/second-factor", data={"csrf": visitor.field("/second-factor", "csrf"), "code": "1"}
    )
    assert visitor.open("/second-factor").page.url.path == "/sign-in"
    with service.database.read() as session:
        assert session.scalars(select(SignInFailureRow.failures)).all() == [5]
    waiting = visit().sign_in("police@example.invalid", PASSWORD, codes[0])
    assert waiting.status == 409, "the account's codes wait, too"


def test_the_token_changes_at_sign_in_and_after_the_second_factor(service: Service, visit: Make) -> None:
    email, visitor = add(service, "police"), visit()
    visitor._client.cookies.set("session", "chosen-by-somebody-else")
    visitor.open("/sign-in").press("/sign-in", email=email, password=PASSWORD)
    before = [one.value for one in visitor._client.cookies.jar if one.name == "session"]
    visitor._client.cookies.delete("session", domain="")
    visitor.show_factor()
    after = [one.value for one in visitor._client.cookies.jar if one.name == "session"]
    assert not set(before) & set(after)
    thief = visit()
    for old in before:
        thief._client.cookies.set("session", old)
        assert thief.open("/referrals").page.url.path == "/sign-in"


def test_an_idle_session_ends_and_use_keeps_it(service: Service, staff: Make) -> None:
    visitor = staff("volunteer")
    age(service, seen_at=timedelta(minutes=59))
    assert visitor.open("/queue").page.url.path == "/queue"
    with service.database.read() as session:
        assert now(session) - session.scalars(select(SessionRow.seen_at)).one() < timedelta(minutes=1)
    age(service, seen_at=timedelta(minutes=60))
    assert visitor.open("/queue").page.url.path == "/sign-in"


def test_a_session_ends_with_its_hours(service: Service, staff: Make) -> None:
    visitor = staff("volunteer")
    age(service, expires_at=timedelta(0))
    assert visitor.open("/queue").page.url.path == "/sign-in"


def test_an_administrator_must_prove_again_and_comes_back(service: Service, staff: Make, visit: Make) -> None:
    admin = staff("admin")
    age(service, proved_at=timedelta(minutes=10))
    assert admin.open("/people").page.url.path == "/prove"
    assert admin.press("/prove", proof="not it").status == 403
    assert admin.press("/prove", proof=PASSWORD).page.url.path == "/people"
    age(service, proved_at=timedelta(minutes=10))
    forget_steps(service)
    admin.press("/people", email="x@example.invalid", role="police")
    assert admin.status == 403
    assert "What you wrote is kept" in admin.text
    assert admin.press("/prove", proof="not it").status == 403
    with service.database.read() as session:
        assert not people.pending(session), "nothing happens before the proof"
    assert admin.press("/prove", proof=pyotp.TOTP(admin.key).now()).page.url.path == "/people"
    assert "x@example.invalid" in admin.text, "what was sent has been sent on, once"
    with service.database.read() as session:
        assert [one.role for one in people.pending(session)] == [Role.POLICE]


def test_words_with_line_breaks_and_signs_go_through_a_proof_unchanged(service: Service, staff: Make) -> None:
    officer, written = staff("police"), '1. "DNA" <b>&amp;\n2. 再比对 \N{SLIGHTLY SMILING FACE}'
    office = Office(service)
    ref = office.pair(office.file(), office.file("found"))
    office.refer(ref)
    officer.open(f"/candidates/{ref}")
    age(service, proved_at=timedelta(minutes=10))
    said = {"basis": "documents", "reference": "R 1", "note": written}
    officer.press(f"/candidates/{ref}/decision", "ruled_out", **said)
    assert officer.field("/prove", "note") == written
    officer.press("/prove", proof=PASSWORD)
    assert officer.page.url.path == f"/candidates/{ref}"
    with service.database.read() as session:
        kept = session.scalars(select(ConfirmationRow)).one()
        assert (kept.outcome, kept.reference, kept.note) == ("ruled_out", "R 1", written)


def test_an_officer_proves_before_the_page_of_the_decision(service: Service, staff: Make) -> None:
    officer = staff("police")
    age(service, proved_at=timedelta(minutes=10))
    assert officer.open("/candidates/some").page.url.path == "/prove"
    assert officer.field("/prove", "back") == "/candidates/some"
    assert officer.open("/referrals").page.url.path == "/referrals", "what does not touch anybody stays open"
    assert {Action.CONFIRM, Action.MANAGE_STAFF, Action.SEE_CONTACT} <= FRESH


@pytest.mark.parametrize(
    "back", ["//evil.example", "https://evil.example/", "/\\evil.example", "evil", "/\t/evil"]
)
def test_a_proof_leads_nowhere_else(staff: Make, back: str) -> None:
    visitor = staff("volunteer").open("/prove")
    visitor.press("/prove", proof=PASSWORD, back=back)
    assert (visitor.page.url.host, visitor.page.url.path) == ("127.0.0.1", "/")
    csrf = visitor.open("/prove").field("/prove", "csrf")
    answer = visitor._client.post(
        "/prove", data={"csrf": csrf, "proof": PASSWORD, "sent_to": back}, follow_redirects=False
    )
    assert (answer.status_code, answer.headers.get("location")) == (307, "/")


def test_a_session_ends_after_five_wrong_proofs(staff: Make) -> None:
    visitor = staff("volunteer").open("/prove")
    for _ in range(4):
        visitor.press("/prove", proof="guess")
    visitor.press("/prove", proof="guess")
    assert visitor.open("/queue").page.url.path == "/sign-in"


def test_one_ends_ones_other_sessions(service: Service, staff: Make, visit: Make) -> None:
    here = staff("volunteer")
    others = [visit().sign_in("volunteer@example.invalid", PASSWORD) for _ in range(2)]
    stranger = staff("volunteer", "stranger")
    here.open("/account")
    ref = next(value for value in re.findall(r'value="([0-9a-f]{16})"', here.page.text))
    stranger._client.post(
        "/account/sessions",
        data={"csrf": stranger.open("/account").field("/account/sessions", "csrf"), "session": ref},
    )
    assert [one.open("/queue").page.url.path for one in others] == ["/queue", "/queue"], "only one's own"
    here.press("/account/sessions", ref)
    assert sorted(one.open("/queue").page.url.path for one in others) == ["/queue", "/sign-in"]
    here.press("/account/sessions", "others")
    assert [one.open("/queue").page.url.path for one in others] == ["/sign-in", "/sign-in"]
    assert here.open("/queue").page.url.path == "/queue"


def test_a_changed_password_ends_all_sessions(staff: Make, visit: Make) -> None:
    here = staff("volunteer")
    other = visit().sign_in("volunteer@example.invalid", PASSWORD)
    assert "not your password" in here.open("/account").press("/account/password", old="x", password=NEW).text
    easy = here.press("/account/password", old=PASSWORD, password="volunteer-reunite")
    assert "easily guessed" in easy.text
    here.press("/account/password", old=PASSWORD, password=NEW)
    assert {one.open("/queue").page.url.path for one in (here, other)} == {"/sign-in"}
    assert visit().sign_in("volunteer@example.invalid", PASSWORD).status == 403
    assert visit().sign_in("volunteer@example.invalid", NEW).page.url.path == "/queue"


def test_a_volunteer_may_have_a_second_factor_and_new_codes_replace_the_old(
    service: Service, staff: Make, visit: Make
) -> None:
    visitor = staff("volunteer").open("/account/factor")
    key = re.findall(r"[A-Z2-7]{8}(?: [A-Z2-7]{8}){3}", visitor.text)[0].replace(" ", "")
    assert visitor.press("/account/factor", code="000000").status == 403
    visitor.press("/account/factor", code=pyotp.TOTP(key).now())
    old = re.findall(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){5}", visitor.text)
    visitor.open("/account").press("/account/factor", "codes")
    new = re.findall(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){5}", visitor.text)
    assert (len(old), len(new)) == (10, 10)
    assert visit().sign_in("volunteer@example.invalid", PASSWORD, old[0]).status == 403
    assert visit().sign_in("volunteer@example.invalid", PASSWORD, new[0]).page.url.path == "/queue"
    visitor.open("/account").press("/account/factor", "remove")
    with service.database.read() as session:
        assert audit.entries(session, 1)[0].action == "staff.factor_removed"
    assert visit().sign_in("volunteer@example.invalid", PASSWORD).page.url.path == "/queue"


def change(admin: Visitor, service: Service, email: str, do: str, **more: str) -> Visitor:
    """Press a button beside this person."""
    with service.database.read() as session:
        number = next(one.id for one in accounts.list_staff(session) if one.email == email)
    csrf = admin.open("/people").field("/people", "csrf")
    data = {"csrf": csrf, "staff": str(number), "do": do, **more}
    return admin._show(admin._client.post("/people/change", data=data, follow_redirects=True))


@pytest.mark.parametrize(
    ("do", "action"),
    [("role", "staff.role_changed"), ("lock", "staff.locked"), ("factor", "staff.factor_reset"),
     ("sessions", "staff.sessions_ended")],
)  # fmt: skip
def test_what_an_administrator_changes_ends_the_sessions_and_is_in_the_log(
    service: Service, staff: Make, do: str, action: str
) -> None:
    admin, officer = staff("admin"), staff("police")
    assert change(admin, service, "police@example.invalid", do, role="auditor").status == 200
    assert officer.open("/referrals").page.url.path == "/sign-in"
    assert done(service, action) == 1


def test_who_is_locked_comes_back_when_unlocked(service: Service, staff: Make, visit: Make) -> None:
    admin, _ = staff("admin"), staff("volunteer")
    change(admin, service, "volunteer@example.invalid", "lock")
    assert visit().sign_in("volunteer@example.invalid", PASSWORD).status == 403
    change(admin, service, "volunteer@example.invalid", "unlock")
    assert visit().sign_in("volunteer@example.invalid", PASSWORD).page.url.path == "/queue"


@pytest.mark.parametrize("do", ["role", "lock", "factor", "sessions", "link"])
def test_an_administrator_does_not_change_themselves(service: Service, staff: Make, do: str) -> None:
    admin = staff("admin")
    assert change(admin, service, "admin@example.invalid", do, role="volunteer").status == 409
    assert admin.open("/people").page.url.path == "/people"


def test_a_link_for_a_new_password_works_once_and_the_second_factor_stays(
    service: Service, staff: Make, visit: Make
) -> None:
    admin, officer = staff("admin"), staff("police")
    told = change(admin, service, "police@example.invalid", "link").text
    link = re.findall(r"/reset/[\w-]+", told)[0]
    owner = visit().open(link)
    assert owner.press("", password="short").status == 422
    assert owner.press("", password=NEW).page.url.path == "/sign-in"
    assert officer.open("/referrals").page.url.path == "/sign-in"
    assert visit().open(link).status == 404
    owner.open("/sign-in").press("/sign-in", email="police@example.invalid", password=NEW)
    assert owner.page.url.path == "/second-factor"
    assert "key" not in owner.page.text.partition("<main")[2], "the app they have stays"
    assert owner.press("/second-factor", code=officer.codes[0]).page.url.path == "/referrals"


def test_an_expired_and_a_replaced_link_are_not_found(service: Service, staff: Make, visit: Make) -> None:
    admin, _ = staff("admin"), staff("police")
    first, second = (
        re.findall(r"/reset/[\w-]+", change(admin, service, "police@example.invalid", "link").text)[0]
        for _ in range(2)
    )
    assert visit().open(first).status == 404
    opened = visit().open(second)
    with service.database.write() as session:
        session.execute(update(ResetRow).values(expires_at=now(session)))
    assert opened.press("", password=NEW).status == 404


def test_an_invitation_can_be_taken_back(staff: Make, visit: Make) -> None:
    admin = staff("admin").open("/people").press("/people", email="new@example.invalid", role="police")
    link = re.findall(r"/invitation/[\w-]+", admin.text)[0]
    ref = re.findall(r'name="invitation" value="([0-9a-f]{16})"', admin.page.text)[0]
    admin.press("/people/invitations", ref)
    assert visit().open(link).status == 404


def test_an_administrator_invites_for_a_region_and_finds_people_again(staff: Make, visit: Make) -> None:
    admin = staff("admin").open("/people")
    refused = admin.press("/people", email="n@example.invalid", role="police", province="510000")
    assert (refused.status, refused.field("/people", "province")) == (422, "510000")
    assert "Only volunteers have regions" in refused.text
    admin.press("/people", email="n@example.invalid", role="volunteer", province="510000")
    link = re.findall(r"/invitation/[\w-]+", admin.text)[0]
    assert "n@example.invalid · Volunteer · Sichuan" in admin.open("/people").text
    visit().open(link).press("", name="New Person", password=NEW)
    found = admin.open("/people").press("/people/find", sought="new p")
    assert "New Person" in found.text
    assert "admin@example.invalid" not in found.text
    assert "new" not in str(found.page.url)
    locked = found.press("/people/change", "lock")
    assert "locked" in locked.text
    assert "admin@example.invalid" not in locked.text, "what was looked for stays on the page"
    assert "Nobody like this" in admin.press("/people/find", sought="nobody").text


def test_a_thousand_wrong_passwords_never_get_in_and_the_owner_does(
    service: Service, staff: Make, visit: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = staff("volunteer")
    owner.press("/sign-out")
    checked: list[str] = []
    real = passwords.fits
    monkeypatch.setattr(passwords, "fits", lambda stored, said: checked.append(said) or real(stored, said))
    client = visit().open("/sign-in")
    csrf = client.field("/sign-in", "csrf")
    statuses = set()
    for number in range(1000):
        if number == 500:
            assert owner.sign_in("volunteer@example.invalid", PASSWORD).page.url.path == "/queue"
        said = {"csrf": csrf, "email": "volunteer@example.invalid", "password": f"wrong password {number}"}
        statuses.add(client._client.post("/sign-in", data=said, follow_redirects=False).status_code)
    assert statuses <= {403, 429}
    assert len(checked) < 60
    assert visit().open("/sign-in").status == 200
    assert done(service, "staff.signed_in") == 2


def test_an_unknown_account_is_throttled_like_a_known_one(service: Service, visit: Make) -> None:
    add(service, "volunteer")
    answers = []
    for email in ("volunteer@example.invalid", "nobody@example.invalid"):
        visitor = visit()
        texts = [visitor.sign_in(email, "wrong password!").text for _ in range(7)]
        answers.append([text.replace(email, "") for text in texts])
    assert answers[0] == answers[1]
    assert "Too many wrong tries" in answers[0][6]


def test_a_browsers_mark_of_another_account_or_a_forged_one_is_worth_nothing(service: Service) -> None:
    cookie = throttling.new_device(service.keys, "a@example.invalid")
    assert throttling.known_device(service.keys, "A@example.invalid ", cookie)
    for other in ("", ".", "x" * 24 + "." + cookie.partition(".")[2], cookie[:-1], cookie + "0", "é.é"):
        assert throttling.known_device(service.keys, "a@example.invalid", other) == ""
    assert throttling.known_device(service.keys, "b@example.invalid", cookie) == ""


def test_neither_key_nor_codes_are_readable_in_the_database(service: Service, staff: Make) -> None:
    visitor = staff("police")
    with service.database.read() as session:
        sealed = session.scalars(select(FactorRow.sealed)).one()
        other = session.scalars(select(FactorRow.staff_id)).one() + 1
    assert visitor.key.encode() not in sealed
    with pytest.raises(ValueError, match="another place"):
        service.keys.open("second-factor", f"staff:{other}", sealed)
