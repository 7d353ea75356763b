"""Sound in and out through PortAudio. The only module that knows sounddevice, which needs libportaudio2.

PortAudio lists devices once, and anew only while no stream is open; so when something was plugged in or out, every
stream is closed by who holds it (`has_changed`), and the first that opens again has the new list made.
"""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kiosk.contract.errors import MediaError, Reason

_lock = threading.Lock()
_open_count = 0
_cards = ""
"""The sound cards when devices were listed last."""
_CARDS = Path("/proc/asound/cards")
_SILENT_S = 1.0
"""A stream that was not called for so long does not run."""

Fill = Callable[[Any, int, Any, Any], None]
"""PortAudio's callback: buffer of bytes, its samples, times, flags. Runs in PortAudio's thread; must return soon."""


class Stream:
    """One open stream of 48 kHz, mono, 16 bit."""

    def __init__(self, fill: Fill) -> None:
        self._fill = fill
        self._stream: Any = None
        self._called_s = time.monotonic()
        self.name = ""

    def call(self, data: Any, samples: int, times: Any, flags: Any) -> None:
        """What PortAudio calls."""
        self._called_s = time.monotonic()
        self._fill(data, samples, times, flags)

    def start(self, stream: Any, name: str) -> None:
        self._stream, self.name = stream, name
        self._called_s = time.monotonic()
        stream.start()

    @property
    def latency_s(self) -> float:
        """What the device says of itself."""
        return float(self._stream.latency)

    @property
    def is_alive(self) -> bool:
        """False once the device is gone, or asks for nothing any more."""
        return bool(self._stream.active) and time.monotonic() - self._called_s < _SILENT_S

    def close(self) -> None:
        """Returns when the callback runs no more."""
        global _open_count
        with _lock:
            self._stream.close()
            _open_count -= 1


def has_changed() -> bool:
    """Whether sound cards were plugged in or out since devices were listed."""
    return _list_cards() != _cards


def _list_cards() -> str:
    try:
        return _CARDS.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def open_stream(wanted: str, fill: Fill, *, is_input: bool, rate_hz: int, block_samples: int) -> Stream:
    """Opens `default`, or the first device whose name contains `wanted`.

    Raises:
        MediaError: MICROPHONE_MISSING or LOUDSPEAKER_MISSING: no library, no such device, or it does not open.
    """
    global _open_count
    reason = Reason.MICROPHONE_MISSING if is_input else Reason.LOUDSPEAKER_MISSING
    try:
        import sounddevice
    except OSError as error:
        raise MediaError(f"sounddevice: {error}", reason) from None
    opened = Stream(fill)
    with _lock:
        try:
            if not _open_count:
                _list_devices(sounddevice)
            index, name = _find(sounddevice, wanted, is_input)
            make = sounddevice.RawInputStream if is_input else sounddevice.RawOutputStream
            options = {"samplerate": rate_hz, "blocksize": block_samples, "channels": 1, "dtype": "int16"}
            stream = make(device=index, callback=opened.call, latency="low", **options)
            try:
                opened.start(stream, name)
            except sounddevice.PortAudioError:
                stream.close()
                raise
        except (sounddevice.PortAudioError, ValueError) as error:
            raise MediaError(f"{wanted}: {error}", reason) from None
        _open_count += 1
    return opened


def _list_devices(sounddevice: Any) -> None:
    global _cards
    _cards = _list_cards()
    sounddevice._terminate()
    sounddevice._initialize()


def _find(sounddevice: Any, wanted: str, is_input: bool) -> tuple[int, str]:
    devices = sounddevice.query_devices()
    channels = "max_input_channels" if is_input else "max_output_channels"
    if wanted == "default":
        index = sounddevice.default.device[0 if is_input else 1]
        if index >= 0:
            return index, str(devices[index]["name"])
        raise ValueError("PortAudio has no default device")
    for index, device in enumerate(devices):
        if wanted.lower() in device["name"].lower() and device[channels] > 0:
            return index, str(device["name"])
    raise ValueError("PortAudio has no device of that name")
