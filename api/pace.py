"""How fast reports are taken: beyond the limit more slowly and into moderation, never refused."""

import asyncio
from dataclasses import dataclass

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from api.access import address_of
from reunite.floods import Sender
from reunite.rates import Rates

DELAY_S = 2.0
_MOST_WAITING = 50
"""How many answers wait at once: more would use up the connections that others need, so they are not delayed."""


@dataclass
class _Waiting:
    count: int = 0


_waiting = _Waiting()


async def paced(request: Request) -> Sender:
    """Count a report that is about to be filed, wait where there were too many, and give what is kept of who sends
    it."""
    sender = await run_in_threadpool(counted, request)
    await slowed(sender)
    return sender


def counted(request: Request) -> Sender:
    """Count a report that is about to be filed; who sends it, and whether there were too many."""
    rates: Rates = request.app.state.rates
    address = address_of(request)
    return Sender(rates.sender(address), rates.filing(address))


async def slowed(sender: Sender) -> None:
    """Wait where there were too many; no thread is held meanwhile."""
    if sender.flood and _waiting.count < _MOST_WAITING:
        _waiting.count += 1
        try:
            await asyncio.sleep(DELAY_S)
        finally:
            _waiting.count -= 1
