"""The sockets on which the service listens."""

from __future__ import annotations

import asyncio
import socket

import pytest

from provenance.errors import UsageError
from provenance.service.server import listen
from provenance.service.settings import Settings


def test_small_answers_are_sent_without_delay() -> None:
    """Else the second half of an answer waits 40 ms for the first to be acknowledged."""

    async def accepted() -> int:
        option: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def met(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            option.set_result(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

        with listen(Settings(port=0)) as listening:
            server = await asyncio.start_server(met, sock=listening)
            _, writer = await asyncio.open_connection(*listening.getsockname())
            found = await option
            writer.close()
            server.close()
        return found

    assert asyncio.run(accepted()) != 0


def test_an_address_that_is_taken_is_named() -> None:
    with listen(Settings(port=0)) as listening:
        port = listening.getsockname()[1]
        with pytest.raises(UsageError, match=rf"cannot listen on 127\.0\.0\.1:{port}"):
            listen(Settings(port=port))
