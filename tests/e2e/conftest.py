"""One running service and one browser for all tests of this folder; without a browser they fail and say what to do."""

from collections.abc import Iterator

import pytest

from benchmarks.browser import MISSING, installed
from tests.e2e.site import Site, running


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    if installed() is None:
        pytest.exit(f"make e2e cannot run. {MISSING}", returncode=1)
    with running(tmp_path_factory.mktemp("site")) as one:
        yield one


@pytest.fixture(autouse=True)
def nothing_else_happens(site: Site) -> Iterator[None]:
    """No page may report an error, break the content security policy or ask another host, in any test."""
    site.happened.clear()
    yield
    assert site.happened == []
