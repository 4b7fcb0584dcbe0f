"""Libraries that lose work are refused by name, with what to do."""

import pytest

from reunite.problems import StartupError
from workers.versions import refuse_deaf_workers


def test_the_installed_versions_are_those_that_were_tried() -> None:
    refuse_deaf_workers()


@pytest.mark.parametrize(
    "old", [{"kombu": "5.6.9"}, {"celery": "4.4.7"}, {"redis": "5.0rc1"}, {"kombu": "5"}]
)
def test_an_older_one_is_refused_by_name(old: dict[str, str]) -> None:
    with pytest.raises(StartupError, match=f"{next(iter(old))} .*constraints/run.txt"):
        refuse_deaf_workers({"celery": "5.7.0", "kombu": "5.10.1", "redis": "8.1.0", **old})
