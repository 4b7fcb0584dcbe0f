"""Records of another service, fetched from its feed: real bytes of our own feed and of others, by a transport."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs

import httpx
import pytest
from sqlalchemy import select

from reunite.config import Settings
from reunite.exchange import atom, feed
from reunite.exchange.feed import FeedError, pull
from reunite.exchange.pfif_dates import moment
from reunite.feed import page
from reunite.problems import Invalid
from reunite.service import Service, open_service
from reunite.storage.feed_tables import FeedMarkRow
from reunite.storage.tables import ReportRow
from tests.reunite.test_cli import run
from tests.reunite.test_feed import hang, withdraw

URL = "https://reunite.example/api/v1/pfif/person"
Asked = dict[str, str]


class Elsewhere:
    """Answers as the feed of another installation; `asked` is what it was asked."""

    def __init__(self, service: Service, most: int = 2) -> None:
        self.service, self.most, self.asked = service, most, list[Asked]()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        asked = {name: values[0] for name, values in parse_qs(request.url.query.decode()).items()}
        self.asked.append(asked)
        since = moment(asked.get("min_entry_date", ""))
        entries, _ = page(self.service, since, self.most, int(asked.get("skip", "0")))
        about = atom.About(URL, "Elsewhere", "", entries[-1].at if entries else moment("1970-01-01"))  # type: ignore[arg-type]
        return httpx.Response(200, text="".join(atom.feed(entries, about, version="1.4")))


@pytest.fixture
def elsewhere(tmp_path: Path) -> Elsewhere:
    return Elsewhere(open_service(Settings(data_dir=tmp_path / "elsewhere", port=0)))


def fetch(
    service: Service, answer: Callable[[httpx.Request], httpx.Response], url: str = URL, **more: object
) -> Asked:
    counts = pull(service, url, source="elsewhere", transport=httpx.MockTransport(answer), **more)  # type: ignore[arg-type]
    return {name: str(count) for name, count in counts.items()}


def held(service: Service) -> list[ReportRow]:
    with service.database.read() as session:
        query = select(ReportRow).where(ReportRow.erased_at.is_(None)).order_by(ReportRow.id)
        return list(session.scalars(query))


def test_new_changed_and_ended_records_come_over_and_a_second_run_changes_nothing(
    service: Service, elsewhere: Elsewhere
) -> None:
    receipts = [hang(elsewhere.service) for _ in range(5)]
    assert int(fetch(service, elsewhere)["filed"]) == 5
    assert [row.kind for row in held(service)] == ["missing"] * 5
    assert {row.person["name"] for row in held(service)} == {"王晓明"}
    assert set(fetch(service, elsewhere)) == {"unchanged"}
    withdraw(elsewhere.service, receipts[1])
    withdraw(elsewhere.service, receipts[4])
    assert fetch(service, elsewhere)["withdrawn"] == "2"
    assert len(held(service)) == 3
    assert set(fetch(service, elsewhere)) == {"unchanged"}
    assert len(held(service)) == 3


def test_a_run_begins_a_little_before_the_last_date_and_asks_from_there_on(
    service: Service, elsewhere: Elsewhere
) -> None:
    hang(elsewhere.service)
    fetch(service, elsewhere)
    assert "min_entry_date" not in elsewhere.asked[0]
    with service.database.read() as session:
        newest = session.scalars(select(FeedMarkRow.newest)).one()
    elsewhere.asked.clear()
    fetch(service, elsewhere)
    assert moment(elsewhere.asked[0]["min_entry_date"]) == newest - feed.AGAIN
    elsewhere.asked.clear()
    fetch(service, elsewhere, f"{URL}?region=a")
    assert "min_entry_date" not in elsewhere.asked[0], "another address is another feed"
    assert elsewhere.asked[0]["region"] == "a"


def person(number: int, at: str) -> str:
    return (f"<p:person><p:person_record_id>example.org/{number}</p:person_record_id><p:entry_date>{at}</p:entry_date>"
            f"<p:source_date>{at}</p:source_date><p:full_name>王{number}</p:full_name></p:person>")  # fmt: skip


def fed(*persons: str) -> str:
    inside = "".join(
        f"<entry><title>t</title><content type='xml'><p:x/>{one}</content><updated>u</updated></entry>"
        for one in persons
    )
    return f'<feed xmlns="http://www.w3.org/2005/Atom" xmlns:p="http://zesty.ca/pfif/1.4"><title>x</title>{inside}</feed>'


def document(*persons: str) -> str:
    return f'<p:pfif xmlns:p="http://zesty.ca/pfif/1.4">{"".join(persons)}</p:pfif>'


def test_many_records_of_one_date_are_all_taken(service: Service) -> None:
    """A feed whose dates are whole seconds, as Person Finder's: date and skip together reach every record."""
    at = "2026-01-01T00:00:00Z"
    everyone = [person(number, at) for number in range(7)]

    def answer(request: httpx.Request) -> httpx.Response:
        skip = int(request.url.params.get("skip", "0"))
        return httpx.Response(200, text=fed(*everyone[skip : skip + 2]))

    fetch(service, answer)
    assert len(held(service)) == 7


def test_a_feed_that_does_not_know_skip_ends_too(service: Service) -> None:
    text = fed(person(1, "2026-01-01T00:00:00Z"))
    fetch(service, lambda _: httpx.Response(200, text=text))
    assert len(held(service)) == 1


def test_a_document_is_asked_for_once(service: Service) -> None:
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(
            200, text=document(*(person(number, "2026-01-01T00:00:00Z") for number in range(3)))
        )

    assert fetch(service, answer) == {"filed": "3"}
    assert len(asked) == 1
    assert fetch(service, answer) == {"unchanged": "3"}


def test_the_key_goes_into_the_header_and_is_not_carried_elsewhere(service: Service) -> None:
    def away(request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == "Bearer secret"
        return httpx.Response(302, headers={"Location": "https://evil.example/"})

    with pytest.raises(FeedError, match="302"):
        fetch(service, away, key="secret")


@pytest.mark.parametrize(
    "url",
    [
        "http://reunite.example/feed",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "feed",
        "",
        "http://[",
        "https://",
    ],
)
def test_only_https_is_taken_from_afar(service: Service, url: str) -> None:
    with pytest.raises(FeedError, match="https"):
        fetch(service, lambda _: pytest.fail("asked"), url)


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000"])
def test_this_machine_may_be_asked_without(service: Service, host: str) -> None:
    assert fetch(service, lambda _: httpx.Response(200, text=document()), f"http://{host}/x") == {}


def test_an_answer_that_is_too_long_or_breaks_off_or_is_none_takes_nothing(service: Service) -> None:
    whole = document(*(person(number, "2026-01-01T00:00:00Z") for number in range(3)))

    def fails(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("slow", request=request)

    with pytest.raises(FeedError, match="longer than 100 bytes"):
        fetch(service, lambda _: httpx.Response(200, text=whole), most_bytes=100)
    with pytest.raises(FeedError, match="ReadTimeout"):
        fetch(service, fails)
    for text in (whole[:-30], "<html/>", "", '<!DOCTYPE x [<!ENTITY a "b">]>' + whole):
        with pytest.raises(Invalid):
            fetch(service, lambda _, text=text: httpx.Response(200, text=text))  # type: ignore[misc]
    assert held(service) == []
    with service.database.read() as session:
        assert session.scalars(select(FeedMarkRow)).all() == []


def test_what_cannot_be_taken_is_told_and_the_others_are(service: Service) -> None:
    told: list[int] = []
    bad = person(2, "2026-01-01T00:00:01Z").replace("example.org/2", "")
    text = document(person(1, "2026-01-01T00:00:00Z"), bad)
    counts = fetch(
        service, lambda _: httpx.Response(200, text=text), on_refused=lambda one: told.append(one.row.line)
    )
    assert counts == {"filed": "1", "refused": "1"}
    assert told == [1]


def test_a_placeholder_counts_by_the_clock_of_who_gives_it(service: Service) -> None:
    """Whose clock is behind takes the end of a record as one, and does not refuse a person without a name."""
    ended = "2199-01-01T00:00:00Z"
    empty = (f"<p:person><p:person_record_id>example.org/1</p:person_record_id><p:entry_date>{ended}</p:entry_date>"
             f"<p:expiry_date>{ended}</p:expiry_date><p:source_date>{ended}</p:source_date></p:person>")  # fmt: skip
    fetch(service, lambda _: httpx.Response(200, text=document(person(1, "2026-01-01T00:00:00Z"))))
    then = {"Date": "Tue, 01 Jan 2199 00:00:00 GMT"}
    counts = fetch(service, lambda _: httpx.Response(200, text=document(empty), headers=then))
    assert counts == {"withdrawn": "1"}
    assert held(service) == []


def test_the_command_says_what_is_wrong_with_a_key_file_and_an_address(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", port=0)
    (tmp_path / "key").write_text("two\nlines")
    for name in ("key", "none"):
        done = run(settings, "pull-pfif", URL, "--source", "x", "--key-file", str(tmp_path / name))
        assert (done.returncode, f"{name} cannot be read" in done.stderr) == (2, True), done.stderr
    done = run(settings, "pull-pfif", "http://reunite.example", "--source", "x")
    assert (done.returncode, "https://" in done.stderr) == (1, True), done.stderr
