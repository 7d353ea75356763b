"""A Unix socket of JSON lines, as the app's hands and the agent's bench speak it: a request, an answer."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from kiosk.contract.errors import RundtischError

_LIMIT = 4 * 1024 * 1024
_RETRY_S = 0.02


class LineError(RundtischError):
    """The other side says no, or nothing."""


class GoneError(LineError):
    """The other side went away in the middle of it."""


class Lines:
    """One connection. Requests are answered in order; not for two tasks at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def connect(self, timeout_s: float) -> None:
        """Tries until the socket is there. Raises LineError when it is not within `timeout_s`."""
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    with contextlib.suppress(OSError):
                        self._streams = await asyncio.open_unix_connection(self._path, limit=_LIMIT)
                        return
                    await asyncio.sleep(_RETRY_S)
        except TimeoutError:
            raise LineError(f"{self._path.name}: nobody is there after {timeout_s:g} s") from None

    async def ask(self, timeout_s: float = 5.0, **request: Any) -> dict[str, Any]:
        """The answer to one request; connects where there is no connection (any more).

        Raises:
            GoneError: no answer.
            LineError: nobody is there, or an answer with an `error`.
        """
        if self._streams is None:
            await self.connect(timeout_s)
        assert self._streams is not None
        reader, writer = self._streams
        try:
            async with asyncio.timeout(timeout_s):
                writer.write(json.dumps(request).encode() + b"\n")
                line = await reader.readline()
        except (OSError, TimeoutError, ValueError):
            line = b""
        if not line:
            self.close()
            raise GoneError(f"{self._path.name}: no answer to {request}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise LineError(f"{self._path.name}: {answer['error']}")
        return answer

    async def following(self) -> AsyncIterator[dict[str, Any]]:
        """What comes without being asked, until the other side is gone."""
        assert self._streams is not None
        while line := await self._streams[0].readline():
            yield json.loads(line)

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None
