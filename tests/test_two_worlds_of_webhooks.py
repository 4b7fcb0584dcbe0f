"""A partner organisation's webhook learns nothing of the other side: the script of test_two_worlds_of_partners.py, with
and without the matching child, and every delivery compared byte for byte; ids, times and signatures masked."""

import re
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from reunite import outbox_care
from tests.factory import report_fields
from tests.outside import Gateway, gateway
from tests.reunite.hooks import Hook
from tests.test_two_worlds import World, masked, worlds
from tests.test_two_worlds_of_partners import Asking, script

__all__ = ["worlds"]
_MASKED = ("webhook-id", "webhook-timestamp", "webhook-signature", "host")


class Told(Asking):
    """A partner whose webhook is called at every look."""

    def __init__(self, world: World, there: Gateway) -> None:
        super().__init__(world)
        world.service.settings = world.service.settings.model_copy(update={"webhook_private": True})
        self.hook, self.deliveries = Hook(world.service, there), list[object]()

    def look(self, number: str) -> None:
        super().look(number)
        self.deliver()

    def deliver(self) -> None:
        """Send what waits, and keep it as it came, with the look at which it did."""
        first = self.hook.read
        self.hook.told()
        for one in self.hook.there.requests[first:]:
            headers = sorted(
                (name, "#" * len(value) if name in _MASKED[:3] else value)
                for name, value in one.headers.items()
                if name != "host"
            )
            self.deliveries.append((len(self.answers), headers, masked(one.body.decode()), len(one.body)))


@pytest.fixture
def told(worlds: tuple[World, World]) -> Iterator[tuple[Told, Told]]:
    with ExitStack() as stack:
        there, absent = (Told(world, stack.enter_context(gateway())) for world in worlds)
        yield there, absent


def test_nothing_a_webhook_is_told_depends_on_the_other_side(told: tuple[Told, Told]) -> None:
    there, absent = told
    for one in told:
        script(one)
        one.deliver()
    assert len(there.world.pairs()) >= 2, "there was something to be learnt"
    assert absent.world.pairs() == []
    assert len(there.deliveries) >= 9
    said = str(there.deliveries)
    assert all(word in said for word in ("received", "compared", "withdrawn", "message.received"))
    assert re.search(r"news|candidate|found", said) is None
    assert there.deliveries == absent.deliveries
    counts = []
    for one in told:
        with one.world.service.database.read() as session:
            counts.append(outbox_care.counts(session))
    assert counts[0] == counts[1]


def test_the_comparison_would_notice_news(told: tuple[Told, Told]) -> None:
    """The proof that the test above can fail."""
    there, absent = told
    for one in told:
        world = one.world
        number = one.ask("POST", "", json=report_fields(source_id="A-1")).json()["case_number"]
        world.bring_news()
        one.look(number)
    assert '"step": "news"' in str(there.deliveries)
    assert '"step": "news"' not in str(absent.deliveries)
    assert len(there.deliveries) == len(absent.deliveries) + 1
