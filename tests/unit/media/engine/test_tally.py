"""Pictures come from decoders' threads; whether they may come is decided on the loop."""

import asyncio
import threading

import av

from kiosk.contract.media import PeerLink
from kiosk.media.engine.tally import Tally
from kiosk.media.engine.waist import Line
from kiosk.media.playback.voice import Voice
from kiosk.media.rtp.statistics import Counters

FRAME = av.VideoFrame(16, 16, "yuv420p")


class Sinks:
    """Notes what it is given, in order."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.has_picture, self._loop = asyncio.Event(), asyncio.get_running_loop()

    def picture(self, call: str, line: Line, frame: av.VideoFrame) -> None:
        if self.said[-1:] != ["picture"]:
            self._loop.call_soon_threadsafe(self.has_picture.set)
        self.said.append("picture")

    def voice(self, call: str) -> Voice:
        return Voice()

    def no_pictures(self, call: str) -> None:
        self.said.append("none")

    def gone(self, call: str) -> None:
        self.said.append("gone")


async def test_no_picture_comes_once_it_may_not() -> None:
    """However the thread of a decoder and the loop fall together; and none after the end."""
    sinks, has_ended = Sinks(), threading.Event()
    tally = Tally("a" * 16, sinks, lambda: None)

    def decode() -> None:
        while not has_ended.is_set():
            tally.take(Line.CAMERA, FRAME)

    thread = threading.Thread(target=decode)
    thread.start()
    try:
        async with asyncio.timeout(8):
            for _ in range(50):
                sinks.has_picture.clear()
                tally.take_pictures(True)
                await sinks.has_picture.wait()
                tally.take_pictures(False)
                ended = len(sinks.said)
                await asyncio.sleep(0)
                assert sinks.said[ended - 1 :] == ["none"]
            tally.take_pictures(True)
            tally.close()
            assert sinks.said[-1] == "gone"
            await asyncio.sleep(0)
    finally:
        has_ended.set()
        thread.join()
    assert sinks.said[-1] == "gone"


async def test_the_first_picture_is_news_and_counters_are_read_once_a_second() -> None:
    """News reach the loop, whichever thread they come from; another connection is counted at once."""
    changed, asked = asyncio.Event(), [0, 0]
    tally = Tally("a" * 16, Sinks(), changed.set)
    tally.take_pictures(True)
    await asyncio.to_thread(tally.take, Line.CAMERA, FRAME)
    async with asyncio.timeout(2):
        await changed.wait()

    def first() -> Counters:
        asked[0] += 1
        return Counters(expected=100)

    def second() -> Counters:
        asked[1] += 1
        return Counters()

    for _ in range(3):
        assert tally.report(PeerLink.UP, count=first).frames_received == 1
    tally.report(PeerLink.UP, count=second)
    assert asked == [1, 1]
