"""Looks every few minutes into the mailbox of mails that came back."""

import threading

import structlog
from sqlalchemy.exc import DBAPIError

from reunite import bounce_mailbox, bounces
from reunite.service import Service

log = structlog.get_logger()
EVERY_S = 300.0
_LAST_WORD_S = 2.0


class BounceReader:
    """A thread of its own, so that no delivery waits for the mailbox; does nothing where none is set up."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="bounces", daemon=True)

    def start(self) -> None:
        """Begin."""
        if self._service.settings.bounces_mailbox:
            self._thread.start()

    def stop(self) -> None:
        """End; a look that is under way need not be waited for long: what it marked and did not count comes again with
        the next mail."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=_LAST_WORD_S)

    def look(self) -> None:
        """Take in what came, once. A mailbox or a database that is away is told, and looked for the next time."""
        came, silenced = 0, 0
        try:
            for returned in bounce_mailbox.look(self._service.settings.bounces_mailbox, self._service.keys):
                with self._service.database.write() as session:
                    silenced += bounces.note(session, returned)
                came += 1
        except DBAPIError as error:
            log.error("bounces_not_counted", problem=type(error.orig).__name__)
        except Exception as error:
            # The class alone: what the other end says may hold addresses.
            log.error("bounces_not_read", problem=type(error.__cause__ or error).__qualname__)
        if came:
            log.info("mails_came_back", count=came, silenced=silenced)

    def _work(self) -> None:
        while not self._stopping.is_set():
            self.look()
            self._stopping.wait(EVERY_S)
