"""PortAudio without sound: cards that come and go, and may be busy. Takes the place of the module sounddevice."""

import threading
from collections.abc import Callable
from typing import Any


class PortAudioError(Exception):
    pass


class FakeStream:
    """Plays and records when the test says so."""

    def __init__(self, library: "SoundCards", card: str, callback: Callable[..., None]) -> None:
        self._library, self.card, self._callback = library, card, callback
        self.active = False
        self.latency = 0.02

    def start(self) -> None:
        if self.card in self._library.busy:
            raise PortAudioError("Error starting stream: Device unavailable [PaErrorCode -9985]", -9985)
        self.active = True
        self._library.streams.append(self)
        self._library.news.release()

    def close(self) -> None:
        self.active = False
        if self in self._library.streams:
            self._library.streams.remove(self)

    def run(self, samples: int) -> bytes:
        """The device asks for, or has, so many samples."""
        data = bytearray(samples * 2)
        self._callback(memoryview(data), samples, None, None)
        return bytes(data)


class SoundCards:
    """Attributes named as in sounddevice."""

    PortAudioError = PortAudioError

    def __init__(self, *cards: str) -> None:
        self.cards = list(cards)
        self.busy: set[str] = set()
        self.streams: list[FakeStream] = []
        self.listings = 0
        self.news = threading.Semaphore(0)
        """Released once for every stream that starts."""
        self._listed: list[str] = []

    def list_cards(self) -> str:
        """What the kernel says, without PortAudio."""
        return "\n".join(self.cards)

    def _terminate(self) -> None:
        assert not self.streams, "PortAudio lists nothing while a stream is open"

    def _initialize(self) -> None:
        self.listings += 1
        self._listed = list(self.cards)

    def query_devices(self) -> list[dict[str, Any]]:
        return [
            {"name": f"{card}: USB Audio (hw:{number},0)", "max_input_channels": 1, "max_output_channels": 2}
            for number, card in enumerate(self._listed)
        ]

    @property
    def default(self) -> Any:
        class Default:
            device = (0, 0) if self._listed else (-1, -1)

        return Default

    def _make(self, device: int, callback: Callable[..., None], **options: Any) -> FakeStream:
        if self._listed[device] not in self.cards:
            raise PortAudioError("Error opening stream: Invalid device [PaErrorCode -9996]", -9996)
        return FakeStream(self, self._listed[device], callback)

    RawInputStream = RawOutputStream = _make
