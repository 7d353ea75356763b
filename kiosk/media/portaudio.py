"""Sound in and out through PortAudio. The only module that knows sounddevice, which needs libportaudio2."""

import threading
from collections.abc import Callable
from typing import Any

from kiosk.contract.errors import MediaError, Reason

_lock = threading.Lock()
_open_count = 0

Fill = Callable[[Any, int, Any, Any], None]
"""PortAudio's callback: buffer of bytes, its samples, times, flags. Runs in PortAudio's thread; must return soon."""


class Stream:
    """One open stream of 48 kHz, mono, 16 bit."""

    def __init__(self, stream: Any, name: str) -> None:
        self._stream = stream
        self.name = name

    def close(self) -> None:
        """Returns when the callback runs no more."""
        global _open_count
        with _lock:
            self._stream.close()
            _open_count -= 1


def open_stream(wanted: str, fill: Fill, *, is_input: bool, rate_hz: int, block_samples: int) -> Stream:
    """Opens `default`, or the first device whose name contains `wanted`.

    PortAudio lists devices once; the list is made anew when no stream is open, so that what is plugged in is found.

    Raises:
        MediaError: MICROPHONE_MISSING or LOUDSPEAKER_MISSING: no library, no such device, or it does not open.
    """
    global _open_count
    reason = Reason.MICROPHONE_MISSING if is_input else Reason.LOUDSPEAKER_MISSING
    try:
        import sounddevice
    except OSError as error:
        raise MediaError(f"sounddevice: {error}", reason) from None
    with _lock:
        try:
            if not _open_count:
                sounddevice._terminate()
                sounddevice._initialize()
            index, name = _find(sounddevice, wanted, is_input)
            make = sounddevice.RawInputStream if is_input else sounddevice.RawOutputStream
            options = {"samplerate": rate_hz, "blocksize": block_samples, "channels": 1, "dtype": "int16"}
            stream = make(device=index, callback=fill, latency="low", **options)
            stream.start()
        except (sounddevice.PortAudioError, ValueError) as error:
            raise MediaError(f"{wanted}: {error}", reason) from None
        _open_count += 1
    return Stream(stream, name)


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
