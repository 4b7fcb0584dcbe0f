"""Sign-in by an organisation's provider, honest and hostile; the provider answers real HTTP."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from sqlalchemy import func, select, update
from starlette.testclient import TestClient

from api.app import create_app
from reunite import accounts, audit
from reunite.config import Settings
from reunite.policy import Role
from reunite.problems import StartupError
from reunite.service import Service, open_service
from reunite.storage.sign_in_tables import SessionRow
from reunite.storage.staff_tables import StaffRow
from tests import provider as providers
from tests.api.conftest import HASH
from tests.provider import CLIENT, SECRET, Claims, Provider
from tests.visitor import Visitor

EMAIL = "volunteer@example.invalid"
BACK = "/sign-in/organisation/back"
REFUSED = "Signing in with your organisation's account did not work."


@pytest.fixture(scope="module")
def running_provider() -> Iterator[Provider]:
    """One for all tests: its keys take long to make."""
    with providers.running() as made:
        yield made


@pytest.fixture
def provider(running_provider: Provider) -> Provider:
    """An honest provider."""
    honest = Provider(running_provider.issuer, running_provider.key)
    vars(running_provider).update(vars(honest))
    return running_provider


@pytest.fixture
def settings(settings: Settings, provider: Provider, tmp_path: Path) -> Settings:
    """An installation whose staff may sign in with the provider."""
    secret = tmp_path / "client-secret"
    secret.write_text(SECRET + "\n")
    changes = {"oidc_issuer": provider.issuer, "oidc_client_id": CLIENT, "oidc_client_secret_file": secret,
               "oidc_second_factor": "mfa"}  # fmt: skip
    return settings.model_copy(update=changes)


@pytest.fixture
def volunteer(service: Service) -> None:
    """Somebody who works here."""
    with service.database.write() as session:
        accounts.add(session, service.keys, actor="test", email=EMAIL, name="Volunteer", role=Role.VOLUNTEER,
                     password_hash=HASH)  # fmt: skip


def begin(visitor: Visitor, provider: Provider) -> str:
    """Press the button and sign in over there; gives the address that the provider sends the browser to."""
    assert "/sign-in/organisation" in visitor.open("/sign-in").links
    answer = visitor._client.get("/sign-in/organisation", follow_redirects=False)
    assert answer.status_code == 303
    address = urlsplit(answer.headers["location"])
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"{provider.issuer}/authorise"
    back = urlsplit(provider.authorise(dict(parse_qsl(address.query))))
    return f"{back.path}?{back.query}"


def sessions(service: Service) -> int:
    with service.database.read() as session:
        return session.scalars(select(func.count()).select_from(SessionRow)).one()


@pytest.mark.usefixtures("volunteer")
def test_staff_sign_in_with_their_organisations_account(
    service: Service, visit: Callable[..., Visitor], provider: Provider
) -> None:
    visitor = visit()
    visitor.open(begin(visitor, provider))
    assert visitor.page.url.path == "/queue"
    with service.database.read() as session:
        entry = audit.entries(session, 10)[0]
    assert (entry.actor, entry.action, entry.detail) == ("staff:1", "staff.signed_in", "provider")


@pytest.mark.usefixtures("volunteer")
@pytest.mark.parametrize(
    ("lie", "counts"),
    [({"amr": ["pwd", "mfa"]}, True), ({"acr": "mfa"}, True), ({"amr": ["pwd"]}, False), ({}, False)],
)
def test_the_providers_second_factor_counts_where_the_token_says_so(
    service: Service, visit: Callable[..., Visitor], provider: Provider, lie: Claims, counts: bool
) -> None:
    provider.lie = lambda claims: claims.update(lie)
    visitor = visit()
    visitor.open(begin(visitor, provider))
    with service.database.read() as session:
        detail = next(one.detail for one in audit.entries(session, 10) if one.action == "staff.signed_in")
    assert detail == ("provider, second factor" if counts else "provider")


LIES: dict[str, Claims] = {
    "another nonce": {"nonce": "x" * 43},
    "no nonce": {"nonce": None},
    "another audience": {"aud": "another"},
    "two audiences and no authorised party": {"aud": [CLIENT, "another"]},
    "another authorised party": {"azp": "another"},
    "another issuer": {"iss": "https://login.example.invalid"},
    "expired": {"exp": int(time.time()) - 3600},
    "no end": {"exp": None},
    "made in the future": {"iat": int(time.time()) + 3600},
    "an e-mail that nobody verified": {"email_verified": False},
    "an e-mail verified by a word": {"email_verified": "true"},
    "nothing about the e-mail": {"email_verified": None},
    "no e-mail": {"email": None},
    "an e-mail that is none": {"email": [EMAIL]},
    "the e-mail of nobody here": {"email": "stranger@example.invalid"},
    "an endless e-mail": {"email": "a" * 100_000},
    "a wrong kind of amr": {"amr": "mfa"},
}


@pytest.mark.usefixtures("volunteer")
@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
def test_a_token_that_lies_opens_nothing(
    service: Service, visit: Callable[..., Visitor], provider: Provider, lie: Claims
) -> None:
    def told(claims: Claims) -> None:
        claims.update(lie)
        for name in [name for name, value in claims.items() if value is None]:
            del claims[name]

    provider.lie = told
    visitor = visit()
    refused(service, visitor.open(begin(visitor, provider)))


@pytest.mark.usefixtures("volunteer")
@pytest.mark.parametrize(
    "forge", [providers.unsigned, providers.by_public_key, providers.by_another_key, lambda *_: "no token"],
    ids=["alg none", "hmac by the public key", "another key", "no token"],
)  # fmt: skip
def test_a_forged_token_opens_nothing(
    service: Service, visit: Callable[..., Visitor], provider: Provider,
    forge: Callable[[Provider, Claims], str],
) -> None:  # fmt: skip
    provider.forge = forge
    visitor = visit()
    refused(service, visitor.open(begin(visitor, provider)))


def refused(service: Service, visitor: Visitor) -> None:
    assert visitor.status == 403
    assert REFUSED in visitor.text
    assert sessions(service) == 0
    assert visitor.open("/queue").page.url.path == "/sign-in"
    with service.database.read() as session:
        assert session.scalars(select(func.count()).select_from(StaffRow)).one() == 1


@pytest.mark.usefixtures("volunteer")
def test_a_locked_account_stays_locked(
    service: Service, visit: Callable[..., Visitor], provider: Provider
) -> None:
    with service.database.write() as session:
        session.execute(update(StaffRow).values(state="locked"))
    visitor = visit()
    refused(service, visitor.open(begin(visitor, provider)))


@pytest.mark.usefixtures("volunteer")
def test_a_code_works_once_and_in_the_browser_that_began(
    service: Service, visit: Callable[..., Visitor], provider: Provider
) -> None:
    visitor, thief = visit(), visit()
    address = begin(visitor, provider)
    refused(service, thief.open(address))
    begin(thief, provider)
    refused(service, thief.open(address))
    cookie = visitor._client.cookies["oidc"]
    assert visitor.open(address).page.url.path == "/queue"
    again = visit()
    again._client.cookies.set("oidc", cookie)
    assert again.open(address).status == 403
    assert sessions(service) == 1


@pytest.mark.usefixtures("volunteer")
def test_what_began_ends_with_the_first_answer(
    service: Service, visit: Callable[..., Visitor], provider: Provider
) -> None:
    visitor = visit()
    address = begin(visitor, provider)
    visitor.open(f"{BACK}?state=wrong&code=wrong")
    refused(service, visitor.open(address))


@pytest.mark.parametrize("query", ["", "?error=access_denied&error_description=<b>x</b>", "?state=a&code=%00",
                                   "?state=%F0%9F%98%80&code=" + "x" * 5000])  # fmt: skip
def test_any_answer_of_the_browser_is_refused_in_words(
    visit: Callable[..., Visitor], provider: Provider, query: str
) -> None:
    visitor = visit()
    begin(visitor, provider)
    visitor.open(BACK + query)
    assert visitor.status == 403
    assert REFUSED in visitor.text
    assert "<b>" not in visitor.page.text


def test_a_cookie_of_ours_is_needed(visit: Callable[..., Visitor], provider: Provider) -> None:
    for cookie in ("", "x", "A" * 2000):
        visitor = visit()
        visitor._client.cookies.set("oidc", cookie)
        assert visitor.open(f"{BACK}?state=a&code=b").status == 403
    assert "/token" not in provider.asked


@pytest.mark.parametrize(
    "discovery", [{"issuer": "https://login.example.invalid"}, {"token_endpoint": "http://login.example.invalid"},
                  {"jwks_uri": None}],
)  # fmt: skip
def test_a_discovery_document_that_does_not_fit_is_refused(
    visit: Callable[..., Visitor], provider: Provider, discovery: Claims
) -> None:
    provider.discovery = discovery
    visitor = visit().open("/sign-in/organisation")
    assert visitor.status == 403
    assert REFUSED in visitor.text


def test_without_the_setting_there_is_no_button_and_no_route(tmp_path: Path) -> None:
    opened = open_service(Settings(data_dir=tmp_path / "data"))
    with TestClient(create_app(opened), base_url="http://127.0.0.1") as client:
        assert "organisation" not in client.get("/sign-in", headers={"Accept-Language": "en"}).text
        assert client.get("/sign-in/organisation").status_code == 404
        assert client.get(BACK).status_code == 404
    opened.close()


@pytest.mark.parametrize(
    "changes", [{"oidc_issuer": "http://login.example.invalid", "oidc_client_id": "a"},
                {"oidc_issuer": "https://login.example.invalid"},
                {"oidc_issuer": "https://login.example.invalid", "oidc_client_id": "a",
                 "oidc_client_secret_file": Path("not-there")}],
)  # fmt: skip
def test_settings_that_are_not_safe_or_whole_refuse_to_start(tmp_path: Path, changes: Claims) -> None:
    opened = open_service(Settings(data_dir=tmp_path / "data", **changes))
    with pytest.raises(StartupError, match="REUNITE_OIDC"):
        create_app(opened)
    opened.close()
