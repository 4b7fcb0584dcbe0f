"""One running service with its worker, invented reports and staff, and a browser that looks at it as each of them."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi.routing import APIRoute, iter_route_contexts
from playwright.sync_api import Browser, BrowserContext, Page

from api.access import Needs
from api.app import create_app
from benchmarks import generator
from benchmarks.browser import browser
from benchmarks.recording import follow
from reunite import demo
from reunite.config import Settings
from reunite.console import import_file
from reunite.policy import TABLE, Role
from reunite.service import Service, open_service
from tests.api.objects import BUILDERS
from tests.api.test_policy_of_routes import actions_of
from tests.processes import command, wait_until

SPY = "document.addEventListener('securitypolicyviolation', e => console.error('CSP ' + e.violatedDirective))"
STATES = [(scheme, width) for scheme in ("light", "dark") for width in (320, 1280)]


@dataclass
class Site:
    """Where the service is, who may sign in, and a browser; what went wrong on any page is kept in `happened`."""

    service: Service
    browser: Browser
    address: str
    shown: dict[Role, demo.Shown]
    happened: list[str] = field(default_factory=list)
    used: dict[Role, int] = field(default_factory=dict)
    cookies: dict[Role, Any] = field(default_factory=dict)

    def window(self, role: Role | None, language: str, **more: Any) -> Page:
        """A fresh window in this language, signed in as this role; each role signs in once."""
        context = self.browser.new_context(base_url=self.address, locale=language, **more)
        context.add_init_script(SPY)
        page = context.new_page()
        page.on("console", lambda said: self._console(said.type, said.text, page.url))
        page.on("pageerror", lambda error: self.happened.append(f"{page.url}: {error}"))
        page.on("request", lambda asked: self._request(asked.url, page.url))
        if role is not None:
            self._sign_in(context, page, role)
        return page

    def _sign_in(self, context: BrowserContext, page: Page, role: Role) -> None:
        if role not in self.cookies:
            one = self.shown[role]
            page.goto("/sign-in")
            page.fill("#email", one.email)
            page.fill("#password", one.password)
            follow(page.locator("main button"))
            if one.codes:
                page.fill("#code", one.codes[0])
                follow(page.locator("main button"))
            self.cookies[role] = context.cookies()
        context.add_cookies(self.cookies[role])

    def _console(self, kind: str, text: str, url: str) -> None:
        told_by_status = "Failed to load resource: the server responded with a status" in text
        if kind in ("error", "warning") and not told_by_status:
            self.happened.append(f"console {url}: {text}")

    def _request(self, asked: str, url: str) -> None:
        if not asked.startswith((self.address, "data:")):
            self.happened.append(f"request from {url} to {asked}")


@contextmanager
def running(folder: Path, **more: Any) -> Iterator[Site]:
    """Start it in this folder, with more settings: a hundred invented reports, compared, one account a role."""
    settings = Settings(data_dir=folder / "data", port=0, **more)
    service = open_service(settings)
    shown = {one.role: one for one in reversed(demo.make_staff(service))}
    with ExitStack() as stack:
        stack.callback(service.close)
        generator.write(generator.generate(60, 50, 30, 1, "demo"), folder / "generated")
        for name in ("missing.csv", "found.csv"):
            import_file(service, folder / "generated" / name, source="demo")
        server = stack.enter_context(command(settings, "-m", "reunite", "serve"))
        address = server.wait_for(r"Reunite is at (http://\S+)")[1]
        wait_until(lambda: demo.nothing_waits(service))
        yield Site(service, stack.enter_context(browser()), address, shown)


def addresses(site: Site, role: Role | None) -> dict[str, str]:
    """Every page that this role may open: its route, and its address with an object of this role in the path. Routes
    that others add are here by themselves."""
    found = {}
    for context in iter_route_contexts(create_app(site.service).routes):
        route = context.route
        if (
            not isinstance(route, APIRoute)
            or "GET" not in (route.methods or ())
            or route.path.startswith("/api/")
        ):
            continue
        actions = {*actions_of(route.dependant)} | {
            one.dependency.action for one in route.dependencies if isinstance(one.dependency, Needs)
        }
        if not any(role in TABLE[action] for action in actions):
            continue
        own = BUILDERS[route.path](site.service, role).own if "{" in route.path else ""
        found[route.path] = _filled(route.path, own)
    found |= {"/no/such/page": "/no/such/page"}
    if role is not None and role is not Role.ADMIN:
        found["/people (refused)"] = "/people"
    return found


def _filled(path: str, own: str) -> str:
    """The path with the parts of `own`, which `|` separates, in the places of its names."""
    parts = iter(own.split("|"))
    return "/".join(next(parts) if piece.startswith("{") else piece for piece in path.split("/"))
