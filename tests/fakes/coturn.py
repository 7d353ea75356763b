"""A real coturn for tests, configured as `provisioning.turn` does it."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path

from kiosk.contract.media import IceServer
from provisioning import turn
from provisioning.authority import Authority
from provisioning.demo.ports import free_port, until_open

ADDRESS = "10.99.0.1"


class Coturn:
    """What runs, and what one needs to use it."""

    def __init__(self, relay: turn.Relay, ca_file: Path, log_file: Path) -> None:
        self.relay, self.ca_file, self._log_file = relay, ca_file, log_file

    def servers(self, transport: str, lifetime_s: int = 600) -> tuple[IceServer, ...]:
        """One TURN address only, by `udp`, `tcp` or `tls`; good for `lifetime_s` from now."""
        _, server = turn.ice_servers(self.relay, "nord.r1", int(time.time()) + lifetime_s)
        url = {"udp": server.urls[0], "tcp": server.urls[1], "tls": server.urls[-1]}[transport]
        return (IceServer(urls=(url,), username=server.username, credential=server.credential),)

    @property
    def log(self) -> str:
        """What it said so far."""
        return self._log_file.read_text(errors="replace")


@contextlib.asynccontextmanager
async def running(
    directory: Path, address: str = ADDRESS, authority: Authority | None = None, options: tuple[str, ...] = ()
) -> AsyncIterator[Coturn]:
    """For the time of the context, with a certificate of `authority`, or of one made for it."""
    authority = authority or Authority.create(directory / "authority")
    certificate, key = directory / "turn.pem", directory / "turn-key.pem"
    authority.issue("turn", certificate, key, hosts=(address,))
    ports = free_port(), free_port()
    relay = turn.write(
        directory / "turn",
        host=address,
        address=address,
        port=ports[0],
        tls_port=ports[1],
        certificate=(certificate, key),
    )
    log_file = directory / "turn.log"
    with log_file.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *turn.command(directory / "turn"), *options, stdout=log, stderr=log
        )
    try:
        await until_open(ports[0], host=address)
        yield Coturn(relay, authority.ca_file, log_file)
    finally:
        process.kill()
        await process.wait()
