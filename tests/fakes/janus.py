"""A real Janus for tests, configured as `provisioning.janus` does it, with its log at hand."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from kiosk.contract.links import MediaServer
from provisioning import janus
from provisioning.demo.ports import HOST, free_port, until_open

MEDIA_ADDRESS = "10.99.0.1"
"""Of near0 in the tests' network namespace; ICE offers no loopback addresses."""


class Janus:
    """One media server; `kill` and `start` as often as the test likes, always on the same port."""

    def __init__(
        self,
        directory: Path,
        address: str = HOST,
        media_address: str = MEDIA_ADDRESS,
        certificate: tuple[Path, Path] | None = None,
    ) -> None:
        self._directory = directory
        self._address = address
        self._process: asyncio.subprocess.Process | None = None
        self.port = free_port()
        self.server: MediaServer = janus.write(
            directory, address=address, port=self.port, media_addresses=(media_address,), certificate=certificate
        )
        self.log_file = directory / "janus.log"

    @property
    def log(self) -> str:
        """What it said so far."""
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        """Returns when it listens."""
        with self.log_file.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *janus.command(self._directory), stdout=log, stderr=log
            )
        await until_open(self.port, host=self._address)

    async def kill(self, number: int = signal.SIGKILL) -> None:
        """Ends it as suddenly as `number` does."""
        if self._process is not None:
            self._process.send_signal(number)
            await self._process.wait()
            self._process = None

    def thaw(self) -> None:
        """After `freeze`."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def freeze(self) -> None:
        """It stays, and does nothing any more."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)


@contextlib.asynccontextmanager
async def running(directory: Path, **where: Any) -> AsyncIterator[Janus]:
    """A Janus for the time of the context; `where` as for `Janus`."""
    server = Janus(directory, **where)
    try:
        await server.start()
        yield server
    finally:
        await server.kill()
