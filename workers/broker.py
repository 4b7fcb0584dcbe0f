"""Redis as Celery's transport, which passes over what is no message: kombu would end the worker at each."""

from typing import Any

import structlog
from kombu.transport import TRANSPORT_ALIASES
from kombu.transport.redis import Channel, Transport

log = structlog.get_logger()


class ForgivingChannel(Channel):
    """What cannot be read is dropped with a line in the log. A ring that is lost so costs a second: the database is the
    queue."""

    def _brpop_read(self, **options: Any) -> Any:
        try:
            return super()._brpop_read(**options)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            log.warning("no_message_dropped", problem=type(error).__name__)
            return True


class ForgivingTransport(Transport):
    """Redis, read by forgiving channels."""

    Channel = ForgivingChannel


def install() -> None:
    """Have kombu use it for every address that begins with redis."""
    for scheme in ("redis", "rediss"):
        TRANSPORT_ALIASES[scheme] = f"{__name__}:{ForgivingTransport.__name__}"
