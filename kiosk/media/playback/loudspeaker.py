"""The loudspeaker: open while there is somebody to hear, tried again while it is missing, opened anew when it stops."""

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from kiosk.contract.errors import MediaError, Reason
from kiosk.media import portaudio
from kiosk.media.capture.source import SAMPLE_RATE_HZ, SAMPLES_PER_READ
from kiosk.media.playback.mixer import Mixer

_logger = logging.getLogger(__name__)

RETRY_S = 3.0
_LOOK_S = 0.5
"""How often an open device is looked at."""
_LATE_S = 0.2


class Loudspeaker:
    """`default`, part of a PortAudio device's name, or `none`: a room without one, which is no fault."""

    def __init__(
        self,
        wanted: str,
        mixer: Mixer,
        on_change: Callable[[], None],
        devices: portaudio.Devices = portaudio.DEVICES,
        retry_s: float = RETRY_S,
    ) -> None:
        """`on_change` on the loop when `is_open`, `reason` or `name` have changed."""
        self._device, self._mixer, self._on_change, self._devices = wanted, mixer, on_change, devices
        self._retry_s = retry_s
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
        on, off = (self._wanted, self._unwanted) if is_wanted else (self._unwanted, self._wanted)
        off.clear()
        on.set()

    async def run(self) -> None:
        """Serves the wishes until cancelled."""
        while True:
            await self._wanted.wait()
            if self._device == "none":
                with _in_vain(self._mixer):
                    await self._unwanted.wait()
                continue
            try:
                await self._use()
            except MediaError as error:
                self._fail(error)
                with _in_vain(self._mixer):
                    await self._is_unwanted_within(self._retry_s)

    async def _use(self) -> None:
        """Raises MediaError when the device is missing, or stops."""
        stream = await asyncio.to_thread(self._open)
        try:
            self.is_open, self.reason, self._said, self.name = True, None, None, stream.name
            self._mixer.latency_s = stream.latency_s
            self._on_change()
            while not await self._is_unwanted_within(_LOOK_S):
                if self._devices.has_changed():
                    return
                if not stream.is_alive:
                    raise MediaError(f"{stream.name}: has stopped", Reason.LOUDSPEAKER_MISSING)
        finally:
            self.is_open, self._mixer.latency_s = False, 0.0
            stream.close()
            self._on_change()

    def _open(self) -> portaudio.Stream:
        return self._devices.open_stream(
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

    async def _is_unwanted_within(self, timeout_s: float) -> bool:
        try:
            async with asyncio.timeout(timeout_s):
                return await self._unwanted.wait()
        except TimeoutError:
            return False


@contextlib.contextmanager
def _in_vain(mixer: Mixer) -> Iterator[None]:
    """Without a loudspeaker voices are pulled all the same: who speaks is still to be seen."""
    has_ended = threading.Event()
    thread = threading.Thread(target=_pull_in_vain, args=(mixer, has_ended), name="no-loudspeaker")
    thread.start()
    try:
        yield
    finally:
        has_ended.set()
        thread.join()


def _pull_in_vain(mixer: Mixer, has_ended: threading.Event) -> None:
    due_s = time.monotonic()
    while not has_ended.wait(max(0.0, due_s - time.monotonic())):
        mixer.pull(SAMPLES_PER_READ)
        due_s = max(due_s + SAMPLES_PER_READ / SAMPLE_RATE_HZ, time.monotonic() - _LATE_S)
