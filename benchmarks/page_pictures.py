"""Pictures of every page, as each role sees it, for people to look at: `make pages` writes docs/pages/.

    python -m benchmarks.page_pictures [FOLDER]

On invented reports; on a phone in Chinese and on a desk in English, with few colours so that the folder stays small.
"""

import io
import os
import re
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from reunite.policy import Role
from tests.e2e.site import Site, addresses, running

_VIEWS = (("zh-CN", 390), ("en", 1280))
_TALLEST = 2600
_COLOURS = 48


def pictures_of(site: Site, role: Role | None, folder: Path) -> list[str]:
    """Take them; gives a line of the index for each page."""
    lines = []
    who = role.value if role else "public"
    windows = [(site.window(role, language, viewport={"width": width, "height": 800}), language, width)
               for language, width in _VIEWS]  # fmt: skip
    for route, address in addresses(site, role).items():
        taken = []
        for page, language, width in windows:
            answer = page.request.get(address)
            if answer.headers.get("content-type", "").startswith("text/html"):
                page.goto(address)
                name = (
                    f"{who}-{re.sub(r'[^a-z]+', '-', route).strip('-') or 'start'}-{language[:2]}-{width}.png"
                )
                _take(page, width, folder / name)
                taken.append(f"[{language}, {width} px]({name})")
        if taken:
            lines.append(f"| {who} | `{route}` | {' · '.join(taken)} |")
    for page, _, _ in windows:
        page.context.close()
    return lines


def _take(page: Page, width: int, path: Path) -> None:
    tall = min(int(page.evaluate("document.documentElement.scrollHeight")), _TALLEST)
    shot = page.screenshot(full_page=True, clip={"x": 0, "y": 0, "width": width, "height": tall})
    picture = Image.open(io.BytesIO(shot)).convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
    picture.save(path, optimize=True)


def main() -> None:
    """The command."""
    os.umask(0o022)
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/pages")
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.png"):
        old.unlink()
    with tempfile.TemporaryDirectory() as scratch, running(Path(scratch)) as site:
        lines = [line for role in (None, *Role) for line in pictures_of(site, role, folder)]
    (folder / "README.md").write_text(
        "# Every page\n\nTaken by `make pages` on invented reports: on a phone in Chinese, on a desk in English.\n\n"
        "| who | page | pictures |\n| --- | --- | --- |\n" + "\n".join(lines) + "\n"
    )


if __name__ == "__main__":
    main()
