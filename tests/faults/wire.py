"""A wire between two programs that can be slow, swallow everything, lose one reply, or be cut."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_CHUNK, _PORT_OF = 65536, ("127.0.0.1", 0)


class Wire:
    """Forwards TCP to `target`. All that is set here counts from the next chunk on, also for open connections."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self.delay_s = 0.0
        self.hole = False
        """Whether everything is swallowed, with connections left open."""
        self.lost = 0
        """How many replies were lost so far."""
        self._lose_after: bytes | None = None
        self._open: set[socket.socket] = set()
        self._listening = socket.create_server(_PORT_OF)
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def lose_reply_to(self, command: bytes) -> None:
        """Lose the next reply to a request in which `command` stands, and cut that connection."""
        self._lose_after = command

    def cut(self) -> None:
        """End every open connection."""
        for end in list(self._open):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Forward nothing any more."""
        self._listening.close()
        self.cut()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                try:
                    far = socket.create_connection(self._target, timeout=5)
                except OSError:
                    near.close()
                    continue
                far.settimeout(None)
                for end in (near, far):
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._open |= {near, far}
                line = _Line()
                threading.Thread(target=self._forward, args=(near, far, line, True), daemon=True).start()
                threading.Thread(target=self._forward, args=(far, near, line, False), daemon=True).start()

    def _forward(self, source: socket.socket, sink: socket.socket, line: "_Line", asking: bool) -> None:
        with contextlib.suppress(OSError):
            while chunk := source.recv(_CHUNK):
                if self.delay_s:
                    time.sleep(self.delay_s)
                if asking:
                    line.asked = chunk
                elif self._lose_after is not None and self._lose_after in line.asked:
                    self._lose_after = None
                    self.lost += 1
                    break
                if not self.hole:
                    sink.sendall(chunk)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            self._open.discard(end)


class _Line:
    asked = b""


@contextmanager
def wire(host: str | None, port: int | None) -> Iterator[Wire]:
    """A wire to this address until the block ends."""
    made = Wire((host or "127.0.0.1", port or 0))
    try:
        yield made
    finally:
        made.close()
