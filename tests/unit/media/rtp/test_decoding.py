"""One line's decoder: when it decodes, in what order, and how it ends."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest
from aiortc.codecs import CODECS
from aiortc.jitterbuffer import JitterFrame

from kiosk.media.rtp.decoding import MAX_WAITING_VIDEO, Decoder

VP8 = next(codec for codec in CODECS["video"] if codec.name == "VP8")
LATER_S = 0.15


def encoded(count: int) -> list[JitterFrame]:
    """Small pictures, each with its number as time stamp."""
    encoder: Any = av.CodecContext.create("libvpx", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = 64, 48, "yuv420p", Fraction(1, 30)
    encoder.options = {"deadline": "realtime", "lag-in-frames": "0"}
    found = []
    for number in range(count):
        frame = av.VideoFrame.from_ndarray(np.full((72, 64), number * 8, np.uint8), format="yuv420p")
        frame.pts = number
        found += [JitterFrame(bytes(packet), number) for packet in encoder.encode(frame)]
    return found


class Glass:
    """Notes which picture came when."""

    def __init__(self) -> None:
        self.seen: list[tuple[Any, float]] = []
        self.faults = 0
        self._loop, self._news = asyncio.get_running_loop(), asyncio.Event()
        self.decoder = Decoder("video", self._see, self._fail)

    def _see(self, frame: Any) -> None:
        """In the decoder's thread."""
        self.seen.append((frame.pts, time.monotonic()))
        self._loop.call_soon_threadsafe(self._news.set)

    def _fail(self) -> None:
        self.faults += 1

    async def until(self, count: int) -> None:
        async with asyncio.timeout(5):
            while len(self.seen) < count:
                self._news.clear()
                await self._news.wait()


@pytest.fixture
async def glass() -> AsyncIterator[Glass]:
    made = Glass()
    yield made
    if not made.decoder._is_closed:
        made.decoder.close()


async def test_a_picture_comes_at_its_time_and_in_order(glass: Glass) -> None:
    """Those behind one that waits do so too; what is due comes as soon as it is decoded."""
    now_s = time.monotonic()
    first, second, third = encoded(3)
    glass.decoder.put(VP8, first)
    await glass.until(1)
    due_s = time.monotonic() + LATER_S
    glass.decoder.put(VP8, second, due_s)
    glass.decoder.put(VP8, third)
    await glass.until(3)
    assert [pts for pts, _ in glass.seen] == [0, 1, 2]
    assert glass.seen[0][1] < now_s + LATER_S
    assert due_s - 0.05 < glass.seen[1][1]


async def test_the_end_waits_for_no_picture(glass: Glass) -> None:
    """A minute would be long; nothing comes after it."""
    now_s = time.monotonic()
    for frame in encoded(2):
        glass.decoder.put(VP8, frame, now_s + 60)
    await asyncio.sleep(0)
    glass.decoder.close()
    assert time.monotonic() < now_s + 5
    assert not glass.seen


async def test_too_many_that_wait_are_forgotten(glass: Glass) -> None:
    """And whoever gives them hears of it."""
    frame, *_ = encoded(1)
    due_s = time.monotonic() + 60
    taken = [glass.decoder.put(VP8, frame, due_s) for _ in range(MAX_WAITING_VIDEO + 2)]
    assert taken[:MAX_WAITING_VIDEO] == [True] * MAX_WAITING_VIDEO
    assert not all(taken)


async def test_what_is_no_picture_is_told(glass: Glass) -> None:
    """The next one is decoded all the same."""
    frame, *_ = encoded(1)
    glass.decoder.put(VP8, JitterFrame(b"\0", 7))
    glass.decoder.put(VP8, frame)
    await glass.until(1)
    assert (glass.faults, [pts for pts, _ in glass.seen]) == (1, [0])


async def test_a_stream_that_cannot_be_decoded_is_named_once(glass: Glass, caplog: pytest.LogCaptureFixture) -> None:
    """However long it lasts; and again when it has been well in between."""
    caplog.set_level(logging.INFO)
    frame, *_ = encoded(1)
    for _ in range(2):
        for number in range(10):
            glass.decoder.put(VP8, JitterFrame(b"\0", number))
        glass.decoder.put(VP8, frame)
    await glass.until(2)
    assert glass.faults == 20
    assert [record.message.split(":")[0] for record in caplog.records] == ["VP8 frames cannot be decoded"] * 2
