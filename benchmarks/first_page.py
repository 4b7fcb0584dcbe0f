"""How soon a family sees its first page over a slow line: a real browser on a phone-sized window, throttled by itself.

    python -m benchmarks.first_page [--times 7]

The line is Chrome's "Regular 3G": 750 kbit/s down, 250 kbit/s up, 100 ms there and back, from loopback, nothing kept
from before. Prints bytes over the wire and the median of the largest contentful paint in milliseconds.
"""

import argparse
import statistics
import tempfile
from pathlib import Path

from playwright.sync_api import Browser

from benchmarks.browser import browser
from reunite.config import Settings
from tests.processes import command

_LINE = {"offline": False, "latency": 100, "downloadThroughput": 750_000 / 8, "uploadThroughput": 250_000 / 8}
_PAINT = """
new Promise(done => new PerformanceObserver(list => done(list.getEntries().at(-1).startTime))
  .observe({type: 'largest-contentful-paint', buffered: true}))
"""


def once(chromium: Browser, address: str, path: str) -> tuple[float, float]:
    """Bytes received and milliseconds to the largest paint, in a window of its own."""
    context = chromium.new_context(base_url=address, locale="zh-CN", viewport={"width": 390, "height": 844})
    page = context.new_page()
    wire, received = context.new_cdp_session(page), list[float]()
    wire.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    wire.send("Network.enable")
    wire.send("Network.emulateNetworkConditions", _LINE)
    page.goto(path, wait_until="networkidle")
    paint = float(page.evaluate(_PAINT))
    context.close()
    return sum(received), paint


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--times", type=int, default=7, help="how often each page is opened")
    times = parser.parse_args().times
    print("| page | bytes over the wire | largest paint, median ms |\n| --- | ---: | ---: |")
    with tempfile.TemporaryDirectory() as scratch:
        settings = Settings(data_dir=Path(scratch) / "data", port=0)
        with browser() as chromium, command(settings, "-m", "reunite", "serve") as server:
            address = server.wait_for(r"Reunite is at (http://\S+)")[1]
            for path in ("/", "/report/missing", "/case"):
                taken = [once(chromium, address, path) for _ in range(times)]
                size = max(size for size, _ in taken)
                print(f"| `{path}` | {size:.0f} | {statistics.median(paint for _, paint in taken):.0f} |")


if __name__ == "__main__":
    main()
