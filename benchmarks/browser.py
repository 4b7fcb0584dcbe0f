"""A real browser for pictures and browser tests: the Chromium of this machine, found and never downloaded."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge")
# The first lets root run it; the others keep it from talking to anybody but the service.
_ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
)  # fmt: skip
MISSING = (
    "There is no Chromium here. Install one (Debian: apt install chromium fonts-noto-cjk), or say in CHROME where "
    "one is."
)


def installed() -> str | None:
    """The path of a browser that Playwright can drive."""
    named = [os.environ[name] for name in ("CHROME", "PLAYWRIGHT") if os.environ.get(name)]
    return next((path for name in (*named, *_NAMES) if (path := shutil.which(name))), None)


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


if __name__ == "__main__":
    sys.exit(0 if installed() else MISSING)
