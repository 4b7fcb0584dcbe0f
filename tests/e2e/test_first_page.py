"""A family's first page is small, stays still while it loads, and needs no script."""

import pytest

from tests.e2e.site import Site

MOST_BYTES = 60_000
SHIFTS = """
window.shift = 0;
new PerformanceObserver(list => list.getEntries().forEach(one => window.shift += one.value))
  .observe({type: 'layout-shift', buffered: true});
"""


@pytest.mark.parametrize("path", ["/", "/report/missing", "/report/found"])
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_first_page_is_under_sixty_kilobytes_in_all_and_does_not_move(
    site: Site, path: str, language: str
) -> None:
    page = site.window(None, language, viewport={"width": 390, "height": 844})
    wire = page.context.new_cdp_session(page)
    received: list[float] = []
    wire.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    wire.send("Network.enable")
    page.add_init_script(SHIFTS)
    page.goto(path, wait_until="networkidle")
    assert len(received) >= 2, "the page and its style sheet"
    assert sum(received) < MOST_BYTES
    assert page.evaluate("window.shift") == 0


def test_static_files_are_compressed_and_kept_and_pages_are_neither(site: Site) -> None:
    page = site.window(None, "en")
    with page.expect_response("**/app.css*") as style:
        answer = page.goto("/")
    assert answer is not None
    assert style.value.all_headers()["content-encoding"] == "gzip"
    assert "immutable" in style.value.all_headers()["cache-control"]
    assert "content-encoding" not in answer.all_headers()
    assert answer.all_headers()["cache-control"] == "no-store"
    kept = page.request.get("/static/app.css")
    again = page.request.get("/static/app.css", headers={"If-None-Match": kept.headers["etag"]})
    assert again.status == 304
