"""A real browser for pictures and browser tests: the Chromium of this machine, found and never downloaded."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge")
# The first lets root run it; the others keep it from talking to anybody but the service.
_ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
)  # fmt: skip
MISSING = "There is no Chromium here. Install one (Debian: apt install chromium fonts-noto-cjk)."


def installed() -> str | None:
    """The path of a browser that Playwright can drive."""
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


@contextmanager
def browser() -> Iterator[Browser]:
    """A running browser; raises RuntimeError, with what to install, where there is none."""
    path = installed()
    if path is None:
        raise RuntimeError(MISSING)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=list(_ARGUMENTS))
        try:
            yield started
        finally:
            started.close()
