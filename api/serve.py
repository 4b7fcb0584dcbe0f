"""`reunite serve`: the web server, with the worker beside it."""

import signal
import socket
import threading
from collections.abc import Callable
from types import FrameType

import uvicorn

from api.app import create_app
from reunite import filing, unsafe
from reunite.problems import StartupError
from reunite.service import Service

# Half-open connections have no deadline in uvicorn; a bound on all of them keeps some for people.
_MOST_CONNECTIONS = 500


class _Server(uvicorn.Server):
    """Tells when it answers."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End in order. Uvicorn would raise the signal once more at the end, before the worker has been stopped."""
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_ready()


def serve(service: Service, *, on_ready: Callable[[str], None] = lambda _: None) -> None:
    """Answer HTTP until told to stop; `on_ready` gets the address once it answers."""
    unsafe.refuse_open_doors(service.settings)
    filing.rehearse()
    listening = _listen(service.settings.host, service.settings.port)
    host, port = listening.getsockname()[:2]
    config = uvicorn.Config(
        create_app(service), access_log=False, log_config=None, server_header=False, date_header=True,
        limit_concurrency=_MOST_CONNECTIONS, timeout_keep_alive=15, timeout_graceful_shutdown=10, proxy_headers=False,
    )  # fmt: skip
    service.start_background()
    try:
        ready = threading.Thread(target=on_ready, args=(f"http://{host}:{port}",), daemon=True)
        _Server(config, ready.start).run(sockets=[listening])
    finally:
        service.close()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Said to be TCP: asyncio lets small answers go at once (TCP_NODELAY) only on sockets that say so. Without,
    # each answer's body waits 40 ms for the browser's delayed acknowledgement (github.com/Kludex/uvicorn/issues/3149).
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise StartupError(
            f"The address {host}:{port} cannot be used ({error.strerror}). "
            "Stop what listens there, or set REUNITE_PORT."
        ) from error
    return listening
