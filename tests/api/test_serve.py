"""How the server listens."""

import asyncio
import socket

from api.serve import _listen


def test_answers_are_sent_at_once_and_do_not_wait_for_an_acknowledgement() -> None:
    sent_at_once: list[bool] = []

    class Asked(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            accepted = transport.get_extra_info("socket")
            sent_at_once.append(bool(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)))
            transport.close()

    async def ask() -> None:
        with _listen("127.0.0.1", 0) as listening:
            server = await asyncio.get_running_loop().create_server(Asked, sock=listening)
            reader, writer = await asyncio.open_connection(*listening.getsockname())
            await reader.read()
            writer.close()
            server.close()

    asyncio.run(ask())
    assert sent_at_once == [True]
