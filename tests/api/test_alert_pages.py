"""Alerts on pages and in feeds: an officer approves, everybody sees it, somebody subscribes, confirms and leaves."""

import re
from collections.abc import Callable
from datetime import timedelta
from xml.etree.ElementTree import Element

import httpx2
import pytest
from defusedxml.ElementTree import fromstring
from sqlalchemy import select

from reunite import reports
from reunite.config import Settings
from reunite.rates import Limit, Per, Then, What
from reunite.service import Service
from reunite.storage.alert_tables import AlertRow
from tests.factory import report_fields
from tests.outside import MailServer, ways
from tests.reunite import hanging
from tests.reunite.subscribers import a_link, an_alert, approve, how_many, row_of, subscribe
from tests.visitor import Visitor
from workers.post import Post

PUBLIC = "http://reunite.example.org"
"""Without https, so that a visitor of a test gets its cookies back."""
TO = "reader@example.invalid"
CAP, ATOM = "{urn:oasis:names:tc:emergency:cap:1.2}", "{http://www.w3.org/2005/Atom}"
ORDER = [
    "identifier", "sender", "sent", "status", "msgType", "source", "scope", "restriction", "addresses",
    "code", "note", "references", "incidents", "info",
]  # fmt: skip
INFO = [
    "language", "category", "event", "responseType", "urgency", "severity", "certainty", "audience",
    "eventCode", "effective", "onset", "expires", "senderName", "headline", "description",
    "instruction", "web", "contact", "parameter", "resource", "area",
]  # fmt: skip
TIME = r"\d\d\d\d-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d"
"""xs:dateTime as the schema of CAP 1.2 narrows it."""


@pytest.fixture
def settings(settings: Settings, mails: MailServer) -> Settings:
    return settings.model_copy(update={**ways(mails), "public_url": PUBLIC})


def test_an_officer_approves_everybody_sees_it_and_it_is_withdrawn(
    service: Service, staff: Callable[..., Visitor], visit: Callable[..., Visitor]
) -> None:
    receipt, ref = hanging.a_poster(service, place_event="四川省成都市武侯区")
    address = f"/reports/{receipt.case_number}"
    officer, anybody = staff("police"), visit()
    officer.open(address).press(f"{address}/alert", "yes")
    assert "being alerted" in officer.text
    assert "People nearby are alerted" in officer.text, "in what happened"
    assert f"/posters/{ref}" in anybody.open("/alerts").links
    assert "within 100 km" in anybody.text
    assert "male · born 15 August 1994" in anybody.text
    assert "missing since" in anybody.text
    assert receipt.case_number not in anybody.page.text
    assert report_fields()["reporter_phone"] not in anybody.page.text
    officer.open(address).press(f"{address}/alert", "no")
    assert f"/posters/{ref}" not in anybody.open("/alerts").links
    assert "/alerts" in anybody.open("/posters").links


def test_a_coordinator_sees_no_button(service: Service, staff: Callable[..., Visitor]) -> None:
    receipt, _ = hanging.a_poster(service)
    coordinator = staff("coordinator").open(f"/reports/{receipt.case_number}")
    assert "Alert people nearby" not in coordinator.text


def test_somebody_subscribes_confirms_and_leaves(
    service: Service, visit: Callable[..., Visitor], mails: MailServer
) -> None:
    visitor = visit().open("/alerts").press("/alerts", place="不知哪里", email="x")
    assert visitor.status == 422
    assert "We do not know this place" in visitor.text
    assert "Please tick" in visitor.text
    visitor.press("/alerts", place="四川省成都市", email=TO, agree="yes")
    assert "look into your mailbox" in visitor.text
    Post(service).run()
    body = mails.mails[0].get_body(("plain",))
    assert body
    confirm, leave = (
        re.findall(rf"{PUBLIC}(/alerts/{what}/\S+)", body.get_content())[0] for what in ("confirm", "leave")
    )
    visitor.open(confirm)
    assert "Chengdu" in visitor.text
    assert "Do you want alerts?" in visitor.text
    assert "You get alerts from now on" in visitor.press(confirm).text
    assert "You get alerts from now on" in visitor.open(confirm).text
    assert "No more alerts?" in visitor.open(leave).text
    assert how_many(service) == 1
    assert "You get no more alerts" in visitor.press(leave).text
    assert how_many(service) == 0
    assert visitor.open(confirm).status == 404
    assert "Please ask for alerts once more." in visitor.text
    assert "/alerts" in visitor.links


@pytest.mark.parametrize(
    ("language", "named"), [("en", "Gulou District, Nanjing, Jiangsu"), ("zh-CN", "江苏省南京市鼓楼区")]
)
def test_who_confirms_sees_which_of_many_places_of_one_name_was_understood(
    service: Service, visit: Callable[..., Visitor], language: str, named: str
) -> None:
    link = a_link(service, "confirm", "鼓楼区")
    assert named in visit(language).open(f"/alerts/confirm/{link}").text


def test_a_mailbox_leaves_with_one_click_and_no_cookie(service: Service, client: httpx2.Client) -> None:
    subscribe(service, TO)
    headers = {"Sec-Fetch-Site": "cross-site", "Content-Type": "application/x-www-form-urlencoded"}
    link = f"/alerts/leave/{a_link(service, 'leave')}"
    assert client.post(link, content="List-Unsubscribe=One-Click", headers=headers).status_code == 200
    assert how_many(service) == 0


def test_who_subscribes_is_told_the_same_whether_known_or_not(
    service: Service, visit: Callable[..., Visitor]
) -> None:
    subscribe(service, TO, "四川省成都市")
    said = [
        visit().open("/alerts").press("/alerts", place="四川省成都市", email=address, agree="yes").page
        for address in (TO, "other@example.invalid")
    ]
    masked = [re.sub(r'value="[0-9a-f]{64}"', "", one.text) for one in said]
    assert masked[0] == masked[1]
    assert said[0].status_code == said[1].status_code == 200


def test_too_many_subscriptions_from_one_address_are_refused(
    service: Service, visit: Callable[..., Visitor]
) -> None:
    visitor = visit()
    visitor._client.app.state.rates.limits = (Limit(What.SUBSCRIBE, Per.ADDRESS, 1, 3600, Then.REFUSE),)  # type: ignore[union-attr]
    form = {"place": "四川省成都市", "email": TO, "agree": "yes"}
    visitor.open("/alerts").press("/alerts", **form)
    assert visitor.status == 200
    assert visitor.open("/alerts").press("/alerts", **form).status == 429


def cap(client: httpx2.Client, ref: str) -> Element:
    """The message, with the order of its elements checked."""
    answer = client.get(f"/alerts/cap/{ref}.xml")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/cap+xml")
    root: Element = fromstring(answer.content)
    assert root.tag == f"{CAP}alert"
    for element, order in ((root, ORDER), *((info, INFO) for info in root.findall(f"{CAP}info"))):
        places = [order.index(one.tag.removeprefix(CAP)) for one in element]
        assert places == sorted(places)
    for name in ("identifier", "sender", "sent", "status", "msgType", "scope"):
        assert text(root, name), name
    assert not re.search("[ ,<&]", text(root, "identifier") + text(root, "sender"))
    assert re.fullmatch(TIME, text(root, "sent"))
    assert (text(root, "status"), text(root, "scope")) == ("Actual", "Public")
    for info in root.findall(f"{CAP}info"):
        for name in (
            "language",
            "category",
            "event",
            "urgency",
            "severity",
            "certainty",
            "headline",
            "expires",
        ):
            assert text(info, name), name
        assert text(info, "category") == "Rescue"
        assert re.fullmatch(r"-?\d+\.\d+,-?\d+\.\d+ \d+", text(info, "area", "circle"))
        assert text(info, "area", "areaDesc")
    return root


def text(element: Element, *path: str) -> str:
    return element.findtext("/".join(f"{CAP}{one}" for one in path)) or ""


def test_a_cap_message_is_an_alert_then_an_update_then_cancelled(
    service: Service, client: httpx2.Client
) -> None:
    receipt, ref = an_alert(service)
    first = cap(client, ref)
    assert text(first, "msgType") == "Alert"
    assert text(first, "info", "area", "circle").endswith(" 100")
    assert [text(info, "language") for info in first.findall(f"{CAP}info")] == ["zh-Hans", "zh-Hant", "en"]
    assert "王晓明" in text(first, "info", "headline")
    with service.database.write() as session:
        session.scalars(select(AlertRow)).one().at -= timedelta(hours=2.5)
    update = cap(client, ref)
    assert text(update, "msgType") == "Update"
    assert text(update, "info", "area", "circle").endswith(" 300")
    assert text(update, "identifier") != text(first, "identifier")
    named = [one.split(",") for one in text(update, "references").split()]
    assert [identifier for _, identifier, _ in named] == [f"{ref}.1", f"{ref}.2"]
    assert all(len(one) == 3 and re.fullmatch(TIME, one[2]) for one in named)
    with service.database.write() as session:
        reports.withdraw(session, service.keys, receipt.case_number, receipt.secret)
    over = cap(client, ref)
    assert text(over, "msgType") == "Cancel"
    assert text(update, "identifier") in text(over, "references")
    answer = client.get(f"/alerts/cap/{ref}.xml").text
    assert "王" not in answer
    assert "/posters/" not in answer
    assert row_of(service, ref).state == "withdrawn"


def test_what_people_wrote_is_escaped_in_feeds(service: Service, client: httpx2.Client) -> None:
    receipt, _ = hanging.a_poster(service, name="<b>&]]>", place_event="四川省成都市")
    ref = approve(service, receipt)
    assert "<b>&]]>" in text(cap(client, ref), "info", "headline")
    feed = fromstring(client.get("/alerts/feed.atom?language=en").content)
    assert "<b>&]]>" in feed.findtext(f"{ATOM}entry/{ATOM}title")


def test_the_atom_feed_has_what_readers_need_and_can_be_kept_for_a_minute(
    service: Service, client: httpx2.Client
) -> None:
    receipt, ref = an_alert(service)
    answer = client.get("/alerts/feed.atom?language=en")
    assert answer.headers["cache-control"] == "public, max-age=60"
    assert "set-cookie" not in answer.headers
    feed = fromstring(answer.content)
    for element in (feed, feed.find(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            assert element.findtext(f"{ATOM}{name}"), name
    assert feed.findtext(f"{ATOM}author/{ATOM}name")
    links = [one.get("href") for one in feed.findall(f"{ATOM}entry/{ATOM}link")]
    assert f"{PUBLIC}/posters/{hanging.ref_of(service, receipt)}" in links
    assert f"{PUBLIC}/alerts/cap/{ref}.xml" in links
    tag = answer.headers["etag"]
    again = client.get("/alerts/feed.atom?language=en", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    with service.database.write() as session:
        reports.withdraw(session, service.keys, receipt.case_number, receipt.secret)
    gone = client.get("/alerts/feed.atom?language=en", headers={"If-None-Match": tag})
    assert gone.status_code == 200
    assert fromstring(gone.content).findall(f"{ATOM}entry") == []


@pytest.mark.parametrize("ref", ["AAAAAAAA.xml", "x.xml", "nothing", "AAAAAAAA"])
def test_what_never_was_is_not_there(client: httpx2.Client, ref: str) -> None:
    assert client.get(f"/alerts/cap/{ref}").status_code == 404
