"""Who answers in a server's place: a sign-in page, a plain web server, one who opens TLS and looks inside."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

from provisioning.authority import Authority
from provisioning.demo.ports import HOST


class Impostor:
    """Listens with a certificate of its own authority, or without TLS; keeps what it could read."""

    def __init__(self, folder: Path, *, has_tls: bool = True) -> None:
        self.seen = b""
        self.url = ""
        self._context: ssl.SSLContext | None = None
        if has_tls:
            authority = Authority.create(folder / "impostor")
            authority.issue("server", folder / "i.pem", folder / "i-key", hosts=[HOST])
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(folder / "i.pem", folder / "i-key")

    @contextlib.asynccontextmanager
    async def saying(self, answer: bytes) -> AsyncIterator["Impostor"]:
        """Answers every request with the same bytes."""

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(OSError):
                self.seen += await reader.read(65536)
                writer.write(answer)
                await writer.drain()
            await _close(writer)

        async with self._listening(serve):
            yield self

    @contextlib.asynccontextmanager
    async def between(self, url: str) -> AsyncIterator["Impostor"]:
        """Opens TLS and hands all on to the true server and back, as a firewall that inspects does."""
        trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        place = urlsplit(url)

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            upstream, server = await asyncio.open_connection(place.hostname, place.port, ssl=trusting)
            tasks = [asyncio.create_task(self._pump(*ends)) for ends in ((reader, server), (upstream, writer))]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for end in (server, writer):
                await _close(end)

        async with self._listening(serve):
            yield self

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                self.seen += data
                writer.write(data)
                await writer.drain()

    @contextlib.asynccontextmanager
    async def _listening(self, serve: object) -> AsyncIterator[None]:
        server = await asyncio.start_server(serve, HOST, 0, ssl=self._context)  # type: ignore[arg-type]
        self.url = f"http{'s' if self._context else ''}://{HOST}:{server.sockets[0].getsockname()[1]}"
        async with server:
            yield


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError, ssl.SSLError):
        await writer.wait_closed()
