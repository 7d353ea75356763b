"""One layer's encoder when the machine is held up, or the camera slows down."""

import av
import numpy as np
import pytest

from kiosk.contract.configuration import Codec
from kiosk.media.sending.content import Content
from kiosk.media.sending.packets import Packet
from kiosk.media.sending.picture_time import PictureTime
from kiosk.media.sending.sizes import Layer
from kiosk.media.sending.video_encoder import TIME_BASE
from kiosk.media.sending.video_stream import VideoStream

WIDTH, HEIGHT, RATE_BPS = 640, 360, 600_000


class Motion:
    """A grained scene that moves to and fro, encoded on a clock of its own."""

    def __init__(self, codec: Codec) -> None:
        dice = np.random.default_rng(1)
        rows, columns = np.mgrid[0:HEIGHT, 0 : 2 * WIDTH]
        waves = 110 + 50 * np.sin(columns / 19.0) * np.cos(rows / 12.0)
        self._scene = (waves + dice.normal(0, 6, waves.shape)).clip(16, 235).astype(np.uint8)
        self.now_s = 1000.0
        self._stream = VideoStream(codec, Layer.LARGE, Content.MOTION, 30, lambda: self.now_s)

    def film(self, seconds: float, per_s: int) -> list[Packet]:
        """What becomes of so many pictures."""
        found: list[Packet] = []
        for _ in range(int(seconds * per_s)):
            self.now_s += 1 / per_s
            shift = int(WIDTH / 2 * (1 - np.cos(2 * np.pi * self.now_s / 4)))
            data = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
            data[:HEIGHT] = self._scene[:, shift : shift + WIDTH]
            frame = av.VideoFrame.from_ndarray(data, format="yuv420p")
            found += self._stream.encode(frame, int(self.now_s * TIME_BASE.denominator), RATE_BPS, 0)
        return found


@pytest.mark.parametrize("codec", list(Codec))
def test_a_hold_up_is_not_made_up_for(codec: Codec) -> None:
    """After a second in which the machine was busy pictures go on as before, and carry their own times."""
    motion = Motion(codec)
    motion.film(3, 30)
    motion.now_s += 1
    start = int(motion.now_s * TIME_BASE.denominator)
    packets = motion.film(2, 30)
    assert len(packets) >= 50
    assert max(packet.size for packet in packets) * 8 < 0.4 * RATE_BPS
    times = [(packet.pts or 0) - start for packet in packets]
    assert times[0] == pytest.approx(TIME_BASE.denominator / 30, abs=1)
    assert times == sorted(set(times))


def test_a_slow_camera_has_the_whole_rate() -> None:
    """One that gives 10 pictures a second in the dark instead of 30."""
    motion = Motion(Codec.VP8)
    motion.film(6, 10)
    packets = motion.film(3, 10)
    assert sum(packet.size for packet in packets) * 8 / 3 > 0.7 * RATE_BPS


def test_one_long_interval_changes_little() -> None:
    """But a camera that stays slow is followed."""
    found = PictureTime(3000)
    for at in (0, 3000, 6000, 96_000):
        found.came(at)
    first, second = found.next(), found.next()
    assert second - first < 3500
    for at in range(100_000, 500_000, 10_000):
        found.came(at)
    third, fourth = found.next(), found.next()
    assert fourth - third == pytest.approx(10_000, rel=0.05)
