"""The main job from end to end over HTTP only, once in each deployment, with the services as processes of their own.

A family files by the form, a shelter by the API a name that only sounds alike, the worker suggests the pair, two
volunteers find it plausible, an officer confirms, both cases close, and the family's page says that there is news.
"""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx2
import pytest

from reunite.config import Settings
from tests.processes import celery_worker, command, wait_until
from tests.visitor import Visitor

PHONE = "+86 100 0555 0199"
PASSWORD = "several words are good"
FAMILY = {
    "name": "李晓明", "sex": "male", "birth_date": "1998年农历八月十五", "event_date": "2003年7月12日",
    "place_event": "四川省成都市武侯区火车南站", "marks": "左手臂红色胎记", "relatives": "父亲:李建国; 姐姐:李丽",
    "memories": "屋后有竹林，爸爸是木匠", "reporter_name": "李建国", "reporter_phone": "10005550100",
}  # fmt: skip
SHELTER = {
    "kind": "found", "name": "黎小鸣", "name_origin": "told_by_child", "sex": "male", "birth_date": "1998~",
    "event_date": "2003-22", "found_date": "2003-08", "place_event": "成都", "place_found": "河南省郑州市",
    "marks": "red birthmark on the left arm", "relatives": "姐姐:丽丽", "reporter_phone": "10005550101",
}  # fmt: skip


@contextmanager
def embedded(tmp_path: Path) -> Iterator[str]:
    settings = Settings(data_dir=tmp_path / "data", port=0, news_phone=PHONE)
    with command(settings, "-m", "reunite", "serve") as server:
        yield server.wait_for(r"(http://\S+/invitation/\S+)")[1]


@contextmanager
def scaled(tmp_path: Path, database_url: str, redis_url: str) -> Iterator[str]:
    settings = Settings(
        data_dir=tmp_path / "data", port=0, news_phone=PHONE, database_url=database_url, redis_url=redis_url
    )
    with ExitStack() as stack:
        server = stack.enter_context(command(settings, "-m", "reunite", "serve"))
        link = server.wait_for(r"(http://\S+/invitation/\S+)")[1]
        worker = stack.enter_context(command(settings, *celery_worker()))
        worker.wait_for("ready")
        yield link


@pytest.fixture(params=["embedded", "scaled"])
def invitation(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The first administrator's link on a fresh installation that runs."""
    if request.param == "embedded":
        running = embedded(tmp_path)
    else:
        urls = (request.getfixturevalue(name) for name in ("empty_postgres_url", "redis_url"))
        running = scaled(tmp_path, *urls)
    with running as link:
        yield link


def join(address: str, link: str, email: str) -> None:
    """Accept an invitation."""
    with Visitor.at(address) as invited:
        invited.open(link).press("", name=email.partition("@")[0], password=PASSWORD)
        assert invited.page.url.path == "/sign-in"


def judge(address: str, email: str, case_number: str) -> None:
    """A volunteer finds the case's candidate in the queue, compares and judges it."""
    with Visitor.at(address) as volunteer:
        volunteer.sign_in(email, PASSWORD)
        assert case_number in volunteer.text
        candidate = next(link for link in volunteer.links if link.startswith("/candidates/"))
        volunteer.open(candidate).press(f"{candidate}/claim")
        assert "黎小鸣 and 李晓明 sound" in volunteer.text
        volunteer.press(f"{candidate}/verdict", "plausible", reason="Name, mark and place agree.")
        assert volunteer.page.url.path == "/queue"


def status_of(address: str, number: str, secret: str) -> str:
    with Visitor.at(address) as family:
        return family.open("/case").press("/case", case_number=number, secret=secret).text


def test_from_a_filed_report_to_a_confirmed_reunification(invitation: str) -> None:
    address, path = re.fullmatch(r"(http://[^/]+)(/.*)", invitation).groups()  # type: ignore[union-attr]
    join(address, path, "admin@localhost.local")
    with Visitor.at(address) as admin:
        admin.sign_in("admin@localhost.local", PASSWORD)
        for email, role in (("one@example.invalid", "volunteer"), ("two@example.invalid", "volunteer"),
                            ("officer@example.invalid", "police")):  # fmt: skip
            admin.open("/people").press("/people", email=email, role=role)
            join(address, re.findall(r"/invitation/[\w-]+", admin.text)[0], email)

    with Visitor.at(address, "zh-CN") as family:
        family.file_report("missing", **FAMILY)
        number, secret = re.findall(r"M-\w{4}-\w{4}|\w{4}(?:-\w{4}){5}", family.text)[:2]
    filed = httpx2.post(f"{address}/api/v1/reports", json=SHELTER)
    assert filed.status_code == 201
    shelter = filed.json()

    def compared() -> bool:
        cases = (shelter, {"case_number": number, "secret": secret})
        steps = [httpx2.post(f"{address}/api/v1/case", json=case).json()["step"] for case in cases]
        return steps == ["compared", "compared"]

    wait_until(compared, pause=5)  # receipts may be asked for thirty times a minute
    before = status_of(address, number, secret)
    assert "Your report is with us" in before

    judge(address, "one@example.invalid", number)
    judge(address, "two@example.invalid", number)
    assert status_of(address, number, secret) == before, "a family learns nothing before the police confirm"

    with Visitor.at(address) as officer:
        officer.sign_in("officer@example.invalid", PASSWORD)
        assert shelter["case_number"] in officer.text
        candidate = next(link for link in officer.links if link.startswith("/candidates/"))
        officer.open(candidate)
        officer.press(f"{candidate}/decision", "confirmed", basis="dna", reference="DNA 2026-0117")
        assert "Confirmed" in officer.text

    news = status_of(address, number, secret)
    assert "There is news" in news
    assert PHONE in news
    case = httpx2.post(f"{address}/api/v1/case", json=shelter).json()
    assert (case["step"], case["call"]) == ("news", PHONE)
    with Visitor.at(address) as volunteer:
        assert "/candidates/" not in " ".join(volunteer.sign_in("one@example.invalid", PASSWORD).links)
