"""A way to a server on this machine that a test can cut."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from provisioning.demo.ports import HOST


class Proxy:
    """Made by `proxy_to`."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._ways: set[asyncio.StreamWriter] = set()
        self.accepted = 0
        """Connections so far."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        far_reader, far_writer = await asyncio.open_connection(HOST, self._port)
        ways = {writer, far_writer}
        self._ways |= ways
        try:
            await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
        finally:
            self._ways -= ways

    def cut(self) -> None:
        """Every connection ends without a word; new ones are taken."""
        for writer in self._ways:
            writer.transport.abort()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()


@contextlib.asynccontextmanager
async def proxy_to(port: int) -> AsyncIterator[tuple[Proxy, int]]:
    """The proxy, and the port on which it listens."""
    proxy = Proxy(port)
    server = await asyncio.start_server(proxy.serve, HOST, 0)
    try:
        yield proxy, server.sockets[0].getsockname()[1]
    finally:
        server.close()
        proxy.cut()
        await server.wait_closed()
