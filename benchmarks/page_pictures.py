"""Pictures of every page, as each role sees it, for people to look at: `make pages` writes docs/pages/.

    python -m benchmarks.page_pictures [FOLDER]

On invented reports; on a phone in Chinese and on a desk in English, with few colours so that the folder stays small. A
page that everybody may open is shown once. A picture that looks as before stays as it was.
"""

import io
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from PIL import Image, ImageChops
from playwright.sync_api import Page

from benchmarks.page_scenes import EMPTY, FILLED, Scene, Staged, stage
from reunite import demo
from reunite.policy import Role
from tests.e2e.site import Site, addresses, running
from tests.outside import mail_server, ways
from tests.processes import wait_until

_VIEWS = (("zh-CN", 390), ("en", 1280))
_TALLEST = 2600
_COLOURS = 48
_CHANGED = 0.01
"""The share of a picture's points that must differ: case numbers and times always do."""


def pictures_of(site: Site, role: Role | None, folder: Path, shown: set[str]) -> list[str]:
    """Take them, but for the routes `shown` before; gives a line of the index for each page."""
    lines = []
    with _windows(site, role) as windows:
        for route, address in addresses(site, role).items():
            taken = []
            for page, language, width in windows if route not in shown else ():
                answer = page.request.get(address)
                leads_on = urlsplit(answer.url).path != urlsplit(address).path
                if answer.headers.get("content-type", "").startswith("text/html") and not leads_on:
                    page.goto(address)
                    taken.append(_take(page, role, route, language, width, folder))
            if taken:
                lines.append(_line(role, f"`{route}`", taken))
    return lines


def pictures_in(site: Site, scenes: Sequence[Scene], staged: Staged, folder: Path) -> list[str]:
    """Play these scenes and take the pages that they end with; gives a line of the index for each."""
    lines = []
    for scene in scenes:
        taken = []
        with _windows(site, scene.role) as windows:
            for page, language, width in windows:
                scene.play(page, staged)
                taken.append(_take(page, scene.role, scene.name, language, width, folder))
        lines.append(_line(scene.role, scene.name, taken))
    return lines


@contextmanager
def _windows(site: Site, role: Role | None) -> Iterator[list[tuple[Page, str, int]]]:
    opened = [(site.window(role, language, viewport={"width": width, "height": 800}), language, width)
              for language, width in _VIEWS]  # fmt: skip
    yield opened
    for page, _, _ in opened:
        page.context.close()


def _line(role: Role | None, name: str, taken: list[tuple[str, str]]) -> str:
    return f"| {_who(role)} | {name} | {' · '.join(f'[{view}]({file})' for view, file in taken)} |"


def _who(role: Role | None) -> str:
    return role.value if role else "public"


def _take(
    page: Page, role: Role | None, name: str, language: str, width: int, folder: Path
) -> tuple[str, str]:
    """Take a picture of the page as it stands; gives the view in words and the name of the file."""
    path = (
        folder
        / f"{_who(role)}-{re.sub(r'[^a-z]+', '-', name).strip('-') or 'start'}-{language[:2]}-{width}.png"
    )
    tall = min(int(page.evaluate("document.documentElement.scrollHeight")), _TALLEST)
    shot = page.screenshot(full_page=True, clip={"x": 0, "y": 0, "width": width, "height": tall})
    picture = Image.open(io.BytesIO(shot)).convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
    if not path.exists() or _differs(Image.open(path), picture):
        picture.save(path, optimize=True)
    return f"{language}, {width} px", path.name


def _differs(before: Image.Image, now: Image.Image) -> bool:
    if before.size != now.size:
        return True
    grey = ImageChops.difference(before.convert("L"), now.convert("L")).point(
        lambda value: 255 * (value > 24)
    )
    return grey.histogram()[255] > _CHANGED * now.width * now.height


def main() -> None:
    """The command."""
    os.umask(0o022)
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/pages")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, mail_server() as mails:
        more = {
            **ways(mails),
            "public_url": "http://127.0.0.1:8000",
            "push_contact": "mailto:technician@example.org",
        }
        with running(Path(scratch), **more) as site:
            lines = _all(site, folder, Path(scratch))
    for old in folder.glob("*.png"):
        if not any(f"({old.name})" in line for line in lines):
            old.unlink()
    (folder / "README.md").write_text(
        "# Every page\n\nTaken by `make pages` on invented reports: on a phone in Chinese, on a desk in English. What "
        "everybody may open is shown once.\n\n"
        "| who | page | pictures |\n| --- | --- | --- |\n" + "\n".join(lines) + "\n"
    )


def _all(site: Site, folder: Path, scratch: Path) -> list[str]:
    nothing = Staged(site.service, "", 0, scratch)
    empty = pictures_in(site, EMPTY, nothing, folder)
    staged = stage(site.service, scratch)
    wait_until(lambda: demo.nothing_waits(site.service))
    filled = pictures_in(site, FILLED, staged, folder)
    shown = set(addresses(site, None)) - {"/"}
    lines = pictures_of(site, None, folder, set())
    for role in Role:
        lines += pictures_of(site, role, folder, shown)
    return lines + empty + filled


if __name__ == "__main__":
    main()
