"""Loudspeaker and microphone on cards that come and go."""

import asyncio
import importlib
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from kiosk.contract.errors import MediaError, Reason
from kiosk.media.capture.microphone import PortAudioMicrophone
from kiosk.media.playback.loudspeaker import Loudspeaker
from kiosk.media.playback.mixer import Mixer
from kiosk.media.portaudio import Devices
from tests.fakes.sound_cards import SoundCards


class Bench:
    """A loudspeaker that is wanted, and what it says of itself."""

    def __init__(self, wanted: str, *cards: str) -> None:
        self.cards = SoundCards(*cards)
        self.devices = Devices(lambda: self.cards, self.cards.list_cards)
        self._changed = asyncio.Condition()
        self.mixer = Mixer()
        self.loudspeaker = Loudspeaker(wanted, self.mixer, self._tell, self.devices, retry_s=0.1)
        self.loudspeaker.want(True)
        self._told: set[asyncio.Task[None]] = set()

    def _tell(self) -> None:
        async def tell() -> None:
            async with self._changed:
                self._changed.notify_all()

        task = asyncio.get_running_loop().create_task(tell())
        self._told.add(task)
        task.add_done_callback(self._told.discard)

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(6), self._changed:
            await self._changed.wait_for(holds)

    async def __aenter__(self) -> "Bench":
        self._task = asyncio.create_task(self.loudspeaker.run())
        return self

    async def __aexit__(self, *error: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await asyncio.gather(*self._told)


async def test_a_loudspeaker_plays_what_is_mixed() -> None:
    """Found by part of its name, whatever its letters; its name is told."""
    async with Bench("jabra", "HDMI", "Jabra Speak 510") as bench:
        await bench.until(lambda: bench.loudspeaker.is_open)
        assert bench.loudspeaker.name.startswith("Jabra Speak 510")
        bench.mixer.chime(np.full(480, 700, np.int16))
        assert np.frombuffer(bench.cards.streams[0].run(480), np.int16).tolist() == [700] * 480
        bench.loudspeaker.want(False)
        await bench.until(lambda: not bench.loudspeaker.is_open)
        assert bench.cards.streams == []


@pytest.mark.parametrize("is_busy", [False, True])
async def test_a_loudspeaker_that_cannot_be_had_is_a_fault_until_it_can(is_busy: bool) -> None:
    """Missing or busy: said with its reason, tried again; who speaks is seen meanwhile."""
    async with Bench("jabra", *(("Jabra",) if is_busy else ())) as bench:
        bench.cards.busy = {"Jabra"} if is_busy else set()
        why = Reason.LOUDSPEAKER_BUSY if is_busy else Reason.LOUDSPEAKER_MISSING
        await bench.until(lambda: bench.loudspeaker.reason is why)
        assert not bench.loudspeaker.is_open
        assert any(thread.name == "no-loudspeaker" for thread in threading.enumerate())
        bench.cards.busy, bench.cards.cards = set(), ["Jabra"]
        await bench.until(lambda: bench.loudspeaker.is_open)
        assert bench.loudspeaker.reason is None
        assert not any(thread.name == "no-loudspeaker" for thread in threading.enumerate())


async def test_a_loudspeaker_that_stops_is_noticed() -> None:
    """The stream has ended without a word: a fault within a second, and another try."""
    async with Bench("default", "Jabra") as bench:
        await bench.until(lambda: bench.loudspeaker.is_open)
        bench.cards.streams[0].active = False
        await bench.until(lambda: bench.loudspeaker.reason is Reason.LOUDSPEAKER_MISSING)


async def test_a_card_that_is_plugged_in_is_taken_over_by_all() -> None:
    """PortAudio lists nothing while a stream is open: both let go, and both come back on the new card."""
    async with Bench("default", "HDMI") as bench:
        await bench.until(lambda: bench.loudspeaker.is_open)
        microphone = PortAudioMicrophone("default", bench.devices)
        has_ended = threading.Event()

        def record() -> None:
            microphone.open()
            while not has_ended.is_set():
                for stream in list(bench.cards.streams):
                    stream.run(960)
                microphone.read()
            microphone.close()

        recording = asyncio.create_task(asyncio.to_thread(record))
        try:
            assert await asyncio.to_thread(lambda: all(bench.cards.news.acquire(timeout=3) for _ in range(2)))
            listings = bench.cards.listings
            bench.cards.cards = ["Jabra", "HDMI"]
            assert await asyncio.to_thread(lambda: all(bench.cards.news.acquire(timeout=6) for _ in range(2)))
            assert {stream.card for stream in bench.cards.streams} == {"Jabra"}
            assert bench.cards.listings == listings + 1
        finally:
            has_ended.set()
            await recording


def test_without_the_library_there_is_no_sound() -> None:
    """A reason, not a crash."""

    def load() -> None:
        raise OSError("PortAudio library not found")

    with pytest.raises(MediaError) as error:
        PortAudioMicrophone("default", Devices(load)).open()
    assert error.value.reason is Reason.MICROPHONE_MISSING


@pytest.mark.parametrize("is_busy", [False, True])
def test_a_microphone_that_another_program_has_is_busy(is_busy: bool) -> None:
    """Not missing: nobody has to look for its plug."""
    cards = SoundCards("Jabra")
    cards.busy = {"Jabra"} if is_busy else set()
    microphone = PortAudioMicrophone("jabra" if is_busy else "none such", Devices(lambda: cards, cards.list_cards))
    with pytest.raises(MediaError) as error:
        microphone.open()
    assert error.value.reason is (Reason.MICROPHONE_BUSY if is_busy else Reason.MICROPHONE_MISSING)


def test_the_library_calls_it_so() -> None:
    """Its number for a device that is in use, and its error's form."""
    sounddevice: Any = importlib.import_module("sounddevice")
    assert sounddevice._lib.paDeviceUnavailable == -9985
    with pytest.raises(sounddevice.PortAudioError) as error:
        sounddevice._check(sounddevice._lib.paDeviceUnavailable, "Error opening RawInputStream")
    assert error.value.args[1] == -9985


def test_a_microphone_that_was_pulled_out_is_a_fault() -> None:
    """The card is gone and no other has come."""
    cards = SoundCards("Jabra")
    microphone = PortAudioMicrophone("jabra", Devices(lambda: cards, cards.list_cards))
    microphone.open()
    cards.cards = []

    def record() -> None:
        for _ in range(50):
            cards.streams[0].run(960)
            microphone.read()

    with pytest.raises(MediaError) as error:
        record()
    assert error.value.reason is Reason.MICROPHONE_MISSING
    microphone.close()
    assert cards.streams == []
