"""Sound in and out through PortAudio. The only module that knows sounddevice, which needs libportaudio2.

PortAudio lists devices once, and anew only while no stream is open. So when a card was plugged in or out, everybody
closes his stream (`has_changed`) and opens it again, and the first to do so has the list made anew. Where PipeWire is
in between, there are no cards in the list, and nobody has to: PipeWire takes the new card by itself.
"""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kiosk.contract.errors import MediaError, Reason
from kiosk.media import sound_server

_CARDS = Path("/proc/asound/cards")
_SILENT_S = 1.0
"""A stream that was not called for so long does not run."""
_UNAVAILABLE = -9985
"""`paDeviceUnavailable` in portaudio.h: what ALSA calls busy. A card that is gone is -9993 or -9996."""
_LET_GO_S = 2.0
"""Within this time everybody has noticed that cards have changed."""

Fill = Callable[[Any, int, Any, Any], None]
"""PortAudio's callback: buffer of bytes, its samples, times, flags. Runs in PortAudio's thread; must return soon."""


def _load() -> Any:
    """Raises OSError when there is no libportaudio."""
    import sounddevice

    return sounddevice


def _list_cards() -> str:
    try:
        return _CARDS.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


class Stream:
    """One open stream of 48 kHz, mono, 16 bit."""

    def __init__(self, fill: Fill, on_close: Callable[[], None]) -> None:
        self._fill, self._on_close = fill, on_close
        self._stream: Any = None
        self._called_s = time.monotonic()
        self.name = ""

    def call(self, data: Any, samples: int, times: Any, flags: Any) -> None:
        """What PortAudio calls."""
        self._called_s = time.monotonic()
        self._fill(data, samples, times, flags)

    def start(self, stream: Any, name: str) -> None:
        """From now on it is called."""
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
        self._stream.close()
        self._on_close()


class Devices:
    """The library's list of devices, and who uses it. Any thread."""

    def __init__(
        self,
        load: Callable[[], Any] = _load,
        list_cards: Callable[[], str] = _list_cards,
        choose: Callable[[str, bool], str] = sound_server.choose,
    ) -> None:
        """`load` gives the library `sounddevice`, `list_cards` a text that differs when cards differ.

        `choose`, for a name that is not in PortAudio's list, makes that device the default; see `sound_server`.
        """
        self._load, self._list_cards, self._choose = load, list_cards, choose
        self._changed = threading.Condition()
        self._open_count = 0
        self._cards = ""
        self._has_cards = False

    def has_changed(self) -> bool:
        """Whether cards were plugged in or out since they were listed."""
        return self._has_cards and self._list_cards() != self._cards

    def open_stream(self, wanted: str, fill: Fill, *, is_input: bool, rate_hz: int, block_samples: int) -> Stream:
        """Opens `default`, or the first device whose name contains `wanted`, also one behind the sound server.

        May take seconds.

        Raises:
            MediaError: MICROPHONE_MISSING or LOUDSPEAKER_MISSING: no library, no such device, or it does not open;
                MICROPHONE_BUSY or LOUDSPEAKER_BUSY: another program has it.
        """
        reason = Reason.MICROPHONE_MISSING if is_input else Reason.LOUDSPEAKER_MISSING
        try:
            library = self._load()
        except OSError as error:
            raise MediaError(f"sounddevice: {error}", reason) from None
        opened = Stream(fill, self._closed)
        with self._changed:
            if self.has_changed():
                self._changed.wait_for(lambda: not self._open_count or not self.has_changed(), _LET_GO_S)
                self._cards = self._list_cards()  # also where somebody did not let go: it is tried once
            try:
                if not self._open_count:
                    self._list(library)
                index, name = self._find(library, wanted, is_input)
                make = library.RawInputStream if is_input else library.RawOutputStream
                options = {"samplerate": rate_hz, "blocksize": block_samples, "channels": 1, "dtype": "int16"}
                _start(library, opened, make(device=index, callback=opened.call, latency="low", **options), name)
            except (library.PortAudioError, ValueError) as error:
                raise MediaError(f"{wanted}: {error}", _busy(is_input) if _is_busy(error) else reason) from None
            self._open_count += 1
        return opened

    def _find(self, library: Any, wanted: str, is_input: bool) -> tuple[int, str]:
        devices = library.query_devices()
        channels = "max_input_channels" if is_input else "max_output_channels"
        if wanted == "default":
            index = _default(library, is_input)
            return index, str(devices[index]["name"])
        for index, device in enumerate(devices):
            if wanted.lower() in device["name"].lower() and device[channels] > 0:
                return index, str(device["name"])
        name = self._choose(wanted, is_input)
        if name:
            return _default(library, is_input), name
        raise ValueError("no device of that name")

    def _closed(self) -> None:
        with self._changed:
            self._open_count -= 1
            self._changed.notify_all()

    def _list(self, library: Any) -> None:
        self._cards = self._list_cards()
        library._terminate()
        library._initialize()
        self._has_cards = any("(hw:" in device["name"] for device in library.query_devices())


def _start(library: Any, opened: Stream, stream: Any, name: str) -> None:
    try:
        opened.start(stream, name)
    except library.PortAudioError:
        stream.close()
        raise


def _is_busy(error: Exception) -> bool:
    """PortAudioError carries a text, the number and, for some, what the system said."""
    return error.args[1:2] == (_UNAVAILABLE,)


def _busy(is_input: bool) -> Reason:
    return Reason.MICROPHONE_BUSY if is_input else Reason.LOUDSPEAKER_BUSY


def _default(library: Any, is_input: bool) -> int:
    index = int(library.default.device[0 if is_input else 1])
    if index < 0:
        raise ValueError("PortAudio has no default device")
    return index


DEVICES = Devices()
"""Of this process: PortAudio keeps one list."""
