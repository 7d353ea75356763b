"""What the room hears, and who speaks."""

import struct
import threading

import numpy as np
import pytest

from kiosk.media.playback.loudspeaker import _in_vain
from kiosk.media.playback.mixer import Mixer
from kiosk.media.playback.speaking import SpeakingMeter
from kiosk.media.playback.voice import Voice
from tests.unit.media.playback.partner import Partner, Plain

BLOCK = 960


class Bench:
    """A mixer whose time the test moves, and partners who are punctual."""

    def __init__(self, **levels: int) -> None:
        self.now_s = 100.0
        self.mixer = Mixer(lambda: self.now_s, lambda: Voice(Plain))
        self.partners = {call: Partner(self.mixer.voice(call), level) for call, level in levels.items()}

    def go_on(self, blocks: int) -> np.ndarray:
        """What is heard, 20 ms a block."""
        heard = []
        for _ in range(blocks):
            for partner in self.partners.values():
                partner.speak(self.now_s)
            heard.append(self.mixer.pull(BLOCK))
            self.now_s += 0.02
        return np.concatenate(heard)


def test_voices_are_added_and_clipped() -> None:
    """Too loud together is as loud as can be."""
    assert set(Bench(a=1000, b=300).go_on(20)[-BLOCK:]) == {1300}
    assert set(Bench(a=30_000, b=30_000).go_on(20)[-BLOCK:]) == {32_767}


def test_the_volume_follows_the_ear_at_any_time() -> None:
    """Half the knob is a quarter of the amplitude; nonsense is limited; it counts at once, for what waits already."""
    bench = Bench(a=1000)
    bench.go_on(20)
    for volume_pct, level in ((50, 250), (900, 1000), (-3, 0), (100, 1000)):
        bench.mixer.set_volume(volume_pct)
        assert set(bench.go_on(1)) == {level}


def test_what_was_said_while_nobody_listened_is_not_heard_later() -> None:
    """Private pause: neither what waited when it began nor what came meanwhile."""
    bench = Bench(a=1000)
    bench.go_on(20)
    bench.mixer.set_hearing(False)
    assert not bench.go_on(20).any()
    bench.partners["a"].level = 500
    bench.mixer.set_hearing(True)
    assert set(bench.go_on(20)[BLOCK * 5 :]) == {500}


def test_a_partner_who_has_left_is_heard_no_more() -> None:
    """What waits of his goes with him."""
    bench = Bench(a=1000)
    bench.go_on(20)
    bench.mixer.drop("a")
    assert not bench.go_on(2).any()


def test_who_speaks_is_known_without_a_loudspeaker() -> None:
    """Somebody pulls the voices all the same, at their pace."""
    pulled = threading.Semaphore(0)

    class Counted(Mixer):
        def pull(self, count: int) -> np.ndarray:
            pulled.release()
            return super().pull(count)

    with _in_vain(Counted()):
        assert all(pulled.acquire(timeout=2) for _ in range(5))
    assert not any(thread.name == "no-loudspeaker" for thread in threading.enumerate())


def test_speaking_begins_and_ends_with_some_patience() -> None:
    """150 ms of loud sound, 600 ms of quiet; a click and a breath do not count."""
    meter = SpeakingMeter()
    loud, quiet = np.full(BLOCK, 3000, np.int16), np.full(BLOCK, 50, np.int16)

    def hear(samples: np.ndarray, times: int) -> list[bool]:
        states = []
        for _ in range(times):
            meter.hear(samples)
            states.append(meter.is_speaking)
        return states

    assert not any(hear(loud, 4))
    assert not any(hear(quiet, 10))
    assert hear(loud, 10).index(True) == 7
    assert all(hear(quiet, 20))
    assert hear(quiet, 20)[-1] is False


@pytest.mark.parametrize("payload", [b"", b"\x03", b"\x03\xbf", struct.pack(">H", 0xFB3F)])
def test_what_is_no_opus_packet_is_counted(payload: bytes) -> None:
    """Empty, cut off, without frames, too long: the voice goes on."""
    voice = Voice(Plain)
    voice.insert(1, 1, 1, payload, 1.0)
    assert (voice.received, voice.malformed) == (1, 1)
