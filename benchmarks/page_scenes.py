"""Pages in states that an address alone does not lead to: empty, filled, refused, half done; for page_pictures."""

import io
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import openpyxl
from playwright.sync_api import Page

from benchmarks.recording import follow
from reunite import partners, silence, webhooks
from reunite.policy import Role, Scope
from reunite.service import Service
from tests.reunite import hanging, sighting_cases, subscribers

_PLACES = (
    ("王晓梅", "四川省成都市武侯区"),
    ("阿依古丽·买买提", "四川省阿坝藏族羌族自治州汶川县威州镇较场街一段"),
    ("李小花", "贵州省黔西南布依族苗族自治州兴义市桔山街道瑞金南路汽车客运东站"),
)
_SEEN = {
    "what": "候车室里有一个七八岁的男孩，穿蓝色短袖，左手臂有红色胎记，跟着一位六十多岁的老人，一直在哭",
    "place": "河南省郑州市二七区火车站东出站口3号候车室旁", "time": "昨天下午三点多",
}  # fmt: skip
_HEADINGS = ("序号", "登记编号", "孩子的名字/小名", "男/女", "哪年哪月生的", "什么时候不见的", "在哪儿丢的（详细地址）",
             "身上记号、伤疤胎记", "爸爸叫", "家长电话", "录入员")  # fmt: skip
_ORGANISATION = "团圆寻亲志愿者联合会（阿坝分会）"
_PATIENCE_S = 60


@dataclass(frozen=True)
class Staged:
    """What the scenes are played with: the case number of a poster with a sighting, the sighting, and a folder."""

    service: Service
    case_number: str
    sighting: int
    folder: Path


Play = Callable[[Page, Staged], None]


@dataclass(frozen=True)
class Scene:
    """A page in a state: who sees it, what it is called in the index, and how one comes there."""

    role: Role | None
    name: str
    play: Play


def stage(service: Service, folder: Path) -> Staged:
    """Posters, alerts, sightings, keys and webhooks as after a few weeks."""
    today = sighting_cases.today().isoformat()
    for name, place in _PLACES:
        receipt, ref = hanging.a_poster(
            service, name=name, place_event=place, event_date=today, sex="female", birth_date="2021-03",
            other_names="", marks="左手臂红色胎记",
        )  # fmt: skip
        subscribers.approve(service, receipt)
        hanging.tell(service, ref, **_SEEN)
        hanging.tell(service, ref, **_SEEN, reach="10005550123")
    poster, _, sighting = sighting_cases.told_of_another(service)
    with service.database.write() as session:
        partners.create(session, service.keys, actor="test", source=_ORGANISATION, scopes=list(Scope)[:2])
        webhooks.create(session, service.keys, actor="test", source=_ORGANISATION,
                        url="https://aba.example.org/hooks/reunite?environment=production")  # fmt: skip
    return Staged(service, poster.case_number, sighting, folder)


def _sheet(number: int) -> bytes:
    """A table with headings of its own, and some rows that cannot be taken; each number is another."""
    book = openpyxl.Workbook()
    book.active.append(["2024年度寻亲登记汇总表"])
    book.active.append(_HEADINGS)
    for n in range(40):
        lost = f"200{n % 5}.{n % 12 + 1}.{n % 27 + 1}" if n % 13 else "1994年13月"
        book.active.append([
            n + 1, f"ABA-{number}-{n:04}", "王小" + "明亮军伟强"[n % 5], "男女"[n % 2], f"199{n % 9}年5月", lost,
            _PLACES[n % 3][1], "左手臂红色胎记，右腿有一道约五厘米的烫伤疤痕", "王建国", f"1000555{n:04}", "小张",
        ])  # fmt: skip
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _at(address: str) -> Play:
    return lambda page, _: (page.goto(address), None)[1]


def _press(page: Page, action: str) -> None:
    follow(page.locator(f"form[action$='{action}'] button:not(.quiet)").first)


def _subscribe(place: str, email: str, agree: bool) -> Play:
    def play(page: Page, staged: Staged) -> None:
        page.goto("/alerts")
        page.fill("#place", place)
        page.fill("#email", email)
        page.set_checked("#agree", agree)
        _press(page, "/alerts")

    return play


def _link(kind: str, press: bool = False) -> Play:
    def play(page: Page, staged: Staged) -> None:
        page.goto(f"/alerts/{kind}/{subscribers.a_link(staged.service, kind)}")
        if press:
            follow(page.locator("main form button"))

    return play


def _stopped(page: Page, staged: Staged) -> None:
    page.goto(f"/stop/{silence.token(staged.service.keys, '0' * 32)}")
    follow(page.locator("main form button"))


def _sightings(page: Page, staged: Staged) -> None:
    page.goto(f"/reports/{staged.case_number}/sightings")
    page.locator("main summary").first.click()


def _raise_wrong(page: Page, staged: Staged) -> None:
    page.goto(f"/reports/{staged.case_number}/sightings/{staged.sighting}/raise")
    page.fill("#birth_date", "when the plums were ripe")
    _press(page, "/raise")


def _webhook(url: str) -> Play:
    def play(page: Page, staged: Staged) -> None:
        page.goto("/partners")
        page.fill("#hook_source", _ORGANISATION)
        page.fill("#url", url)
        _press(page, "/partners/webhooks")

    return play


def _send(page: Page, staged: Staged) -> None:
    file = staged.folder / "寻亲登记汇总表2024.xlsx"
    file.write_bytes(_sheet(time.time_ns() % 10_000))
    page.goto("/imports")
    page.set_input_files("#table", file)
    page.fill("#source", _ORGANISATION)
    _press(page, "/imports")


def _check(page: Page, staged: Staged, born: str = "birth_date") -> None:
    _send(page, staged)
    page.select_option("#column-4", born)
    page.select_option("#column-5", "event_date")
    _press(page, "/check")


def _wait(page: Page, for_action: str) -> None:
    """Look again until the worker is done."""
    ends = time.monotonic() + _PATIENCE_S
    while not page.locator(f"form[action$='{for_action}']").count() and time.monotonic() < ends:
        page.wait_for_timeout(300)
        page.reload()


def _checked(page: Page, staged: Staged) -> None:
    _check(page, staged)
    _wait(page, "/start")


def _imported(page: Page, staged: Staged) -> None:
    _checked(page, staged)
    _press(page, "/start")
    _wait(page, "/remove")


EMPTY = (
    Scene(None, "/alerts, none", _at("/alerts")),
    Scene(Role.COORDINATOR, "/sightings, none", _at("/sightings")),
    Scene(Role.COORDINATOR, "/sightings/elsewhere, none", _at("/sightings/elsewhere")),
    Scene(Role.COORDINATOR, "/imports, none", _at("/imports")),
    Scene(Role.ADMIN, "/partners, none", _at("/partners")),
)
"""Before anything is staged."""

FILLED = (
    Scene(None, "/alerts, refused", _subscribe("不知哪里", "x", False)),
    Scene(None, "/alerts, asked for", _subscribe("四川省成都市武侯区", "reader@example.invalid", True)),
    Scene(None, "/alerts/confirm, confirmed", _link("confirm", press=True)),
    Scene(None, "/alerts/confirm, too late", _at("/alerts/confirm/nothing-here")),
    Scene(None, "/alerts/leave, left", _link("leave", press=True)),
    Scene(None, "/stop, stopped", _stopped),
    Scene(Role.COORDINATOR, "sightings of a report, opened", _sightings),
    Scene(Role.COORDINATOR, "a found report of a sighting, refused", _raise_wrong),
    Scene(
        Role.COORDINATOR, "an import, two columns for one", lambda page, staged: _check(page, staged, "sex")
    ),
    Scene(Role.COORDINATOR, "an import, being looked through", _check),
    Scene(Role.COORDINATOR, "an import, looked through", _checked),
    Scene(Role.COORDINATOR, "an import, imported", _imported),
    Scene(Role.ADMIN, "a webhook, refused", _webhook("http://10.0.0.1/hook")),
    Scene(Role.ADMIN, "a webhook, made", _webhook("https://shelter.example.org/hook")),
)
"""After `stage`."""
