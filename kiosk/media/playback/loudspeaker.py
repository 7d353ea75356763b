"""The loudspeaker: open while there is somebody to hear, tried again while it is missing."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from kiosk.contract.errors import MediaError, Reason
from kiosk.media import portaudio
from kiosk.media.capture.source import SAMPLE_RATE_HZ, SAMPLES_PER_READ
from kiosk.media.playback.mixer import Mixer

_logger = logging.getLogger(__name__)

RETRY_S = 3.0


class Loudspeaker:
    """`default`, part of a PortAudio device's name, or `none`: a room without one, which is no fault."""

    def __init__(self, wanted: str, mixer: Mixer, on_change: Callable[[], None]) -> None:
        """`on_change` on the loop when `is_open` or `reason` have changed."""
        self._device, self._mixer, self._on_change = wanted, mixer, on_change
        self._wanted = asyncio.Event()
        self._unwanted = asyncio.Event()
        self._unwanted.set()
        self._said: Reason | None = None
        self.is_open = False
        self.reason: Reason | None = None
        self.name = ""
        """Of the device that was open last."""

    def want(self, is_wanted: bool) -> None:
        """Open it, or close it. Returns at once."""
        if self._device == "none":
            return
        on, off = (self._wanted, self._unwanted) if is_wanted else (self._unwanted, self._wanted)
        off.clear()
        on.set()

    async def run(self) -> None:
        """Serves the wishes until cancelled."""
        while True:
            await self._wanted.wait()
            try:
                await self._use()
            except MediaError as error:
                self._fail(error)
                await self._pause()

    async def _use(self) -> None:
        stream = await asyncio.to_thread(self._open)
        try:
            self.is_open, self.reason, self._said, self.name = True, None, None, stream.name
            self._on_change()
            await self._unwanted.wait()
        finally:
            self.is_open = False
            stream.close()
            self._on_change()

    def _open(self) -> portaudio.Stream:
        return portaudio.open_stream(
            self._device, self._fill, is_input=False, rate_hz=SAMPLE_RATE_HZ, block_samples=SAMPLES_PER_READ // 2
        )

    def _fill(self, data: Any, samples: int, times: Any, flags: Any) -> None:
        data[:] = self._mixer.pull(samples).tobytes()

    def _fail(self, error: MediaError) -> None:
        self.reason = error.reason
        if self._said is not error.reason:
            self._said = error.reason
            _logger.warning("loudspeaker (%s): %s", error.reason, error.detail)
        self._on_change()

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(RETRY_S):
                await self._unwanted.wait()
        except TimeoutError:
            pass
