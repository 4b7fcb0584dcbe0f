"""How deliveries leave: one sender a channel that is set up, and the ways in which one does not arrive."""

from collections.abc import Callable, Mapping

from reunite.config import Settings
from reunite.keys import Keys
from reunite.outbox import Channel, Delivery

Sender = Callable[[Delivery], None]
"""Sends, or raises: RefusedError where trying again is no use, any other error where it may be."""


class RefusedError(Exception):
    """The other end will never take it. `nobody`: because there is nobody at this address."""

    def __init__(self, problem: str, *, nobody: bool = False) -> None:
        super().__init__(problem)
        self.problem, self.nobody = problem, nobody


class NotNowError(Exception):
    """The other end did not take it this time."""


def senders(settings: Settings, keys: Keys) -> Mapping[Channel, Sender]:
    """What this process can send with; what is not set up sends nothing."""
    from reunite import gateway, mail  # they raise what stands here

    found: dict[Channel, Sender] = {}
    if settings.smtp_url:
        found[Channel.EMAIL] = mail.Sender(settings, keys)
    if settings.gateway_url:
        found[Channel.GATEWAY] = gateway.Sender(settings, keys)
    if settings.push_contact:
        from reunite import push  # takes a third of a second: only who sends with it waits for it

        found[Channel.PUSH] = push.Sender(settings, keys)
    return found


def id_of(keys: Keys, once: str) -> str:
    """The name under which a delivery goes out, every time that it is sent, so that who gets it twice can tell. It says
    nothing of a report."""
    return f"msg_{keys.mac('delivery-id', once)[:32]}"
