"""The agent's half of a renewal: asks for one when central wants it, and sees how the last one went.

Knows files that it shares with the renewal, see `kiosk.contract.renewal`; a key or a server it knows not.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from device import files
from device.broker.commands import CommandError
from device.health.certificate import outcome_of
from kiosk.contract.configuration import Mqtt
from kiosk.contract.mqtt import AckState, RejectCode
from kiosk.contract.renewal import ENROLLED, REQUEST, Outcome

_WAIT_S = 120.0
"""A server that does not answer is given up by the renewal before."""


class Renewals:
    """Call `look` once a second."""

    def __init__(self, mqtt: Mqtt, runtime_directory: Path, on_news: Callable[[], None]) -> None:
        """`on_news` is called when a renewal has ended, well or not."""
        self._enrolled = mqtt.certificate_file.parent / ENROLLED
        self._runtime, self._on_news = runtime_directory, on_news
        self._last: Outcome | None = None
        self._one_at_a_time = asyncio.Lock()
        self._heard = asyncio.Event()

    @property
    def handlers(self) -> dict[str, Callable[[dict[str, Any]], Any]]:
        """Of commands, see `device.broker.commands`."""
        return {"renew-certificate": self.renew}

    def look(self) -> None:
        """Whether there is news."""
        outcome = outcome_of(self._runtime)
        if outcome != self._last:
            self._last = outcome
            self._heard.set()
            self._on_news()

    async def renew(self, args: dict[str, Any]) -> dict[str, Any]:
        """A unit of systemd sees the file, and starts the renewal, which takes it away."""
        if not self._enrolled.exists():
            raise CommandError(AckState.REJECTED, RejectCode.UNSUPPORTED)
        async with self._one_at_a_time:
            outcome = await self._ask()
        if outcome.fault:
            raise CommandError(AckState.FAILED, RejectCode.INTERNAL, {"fault": outcome.fault})
        return {"is_new": outcome.is_new, "good_until": outcome.good_until}

    async def _ask(self) -> Outcome:
        """The answer to our own request, not to one before it, and not what the timer wanted."""
        request = self._runtime / REQUEST
        try:
            files.write(request, b"")
            number = request.stat().st_mtime_ns
        except OSError:
            raise CommandError(AckState.FAILED, RejectCode.INTERNAL, {"fault": "no-answer"}) from None
        try:
            async with asyncio.timeout(_WAIT_S):
                while self._last is None or self._last.request != number:
                    self._heard.clear()
                    await self._heard.wait()
        except TimeoutError:
            request.unlink(missing_ok=True)
            raise CommandError(AckState.FAILED, RejectCode.INTERNAL, {"fault": "no-answer"}) from None
        return self._last
