"""One line's decoder in a thread of its own: one thread a tile, and nothing piles up before or behind it.

A picture that has to wait for its time waits here, before it is decoded: so it wakes nobody but this thread, takes the
room of a few packets instead of a decoded picture's, and is copied while the processor still has it at hand.
"""

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import av
from aiortc.codecs import get_decoder
from aiortc.codecs.base import Decoder as StockDecoder
from aiortc.jitterbuffer import JitterFrame
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from av.codec.context import Flags

MAX_WAITING_VIDEO = 30
MAX_WAITING_AUDIO = 25
_SOON_S = 0.004
"""Nothing waits for less."""
_SMOOTHING = 0.1
_MAX_SIDE_PX = 4096

_logger = logging.getLogger(__name__)


class _Work(NamedTuple):
    codec: RTCRtpCodecParameters
    frame: JitterFrame
    due_s: float


class Decoder:
    """All methods on the loop.

    `on_frame` is called in the decoder's thread, the last time before `close` returns; `on_error` on the loop.
    """

    def __init__(self, kind: str, on_frame: Callable[[Any], None], on_error: Callable[[], None]) -> None:
        """`on_error`: something could not be decoded, ask for a keyframe."""
        self._loop = asyncio.get_running_loop()
        self._on_frame, self._on_error = on_frame, on_error
        self._most = MAX_WAITING_VIDEO if kind == "video" else MAX_WAITING_AUDIO
        self._work: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._is_closed = False
        self._end = threading.Lock()
        """Held until the end: whoever waits for it waits no longer than that."""
        self._end.acquire()
        self._takes_s = 0.0
        """One picture, lately."""
        self._thread = threading.Thread(target=self._run, name=f"{kind}-decoder")
        self._thread.start()

    def put(self, codec: RTCRtpCodecParameters, frame: JitterFrame, due_s: float = 0.0) -> bool:
        """Decodes soon, or so that it is done at `due_s` (monotonic), in the order of the calls.

        False: it is too slow, and all that waited is forgotten, this frame as well.
        """
        if self._work.qsize() >= self._most:
            self._forget()
            return False
        self._work.put(_Work(codec, frame, due_s))
        return True

    def _forget(self) -> None:
        try:
            while True:
                self._work.get_nowait()
        except queue.Empty:
            pass

    def _run(self) -> None:
        name, decoder, has_failed = "", None, False
        while (work := self._work.get()) is not None:
            started_s = time.monotonic()
            wait_s = work.due_s - self._takes_s - started_s
            if wait_s > _SOON_S:
                if self._end.acquire(timeout=wait_s):
                    return
                started_s = time.monotonic()
            if decoder is None or work.codec.name != name:
                name, decoder = work.codec.name, decoder_of(work.codec)
            try:
                frames = decoder.decode(work.frame)
            except (av.FFmpegError, ValueError, MemoryError) as error:
                if not has_failed:  # who sends nothing else would fill the journal
                    _logger.info("%s frames cannot be decoded: %s", name, type(error).__name__)
                has_failed = True
                self._call(self._fail)
                continue
            has_failed = has_failed and not frames
            for frame in frames:
                self._hand_over(frame)
            self._takes_s += (time.monotonic() - started_s - self._takes_s) * _SMOOTHING

    def _hand_over(self, frame: Any) -> None:
        if isinstance(frame, av.VideoFrame) and max(frame.width, frame.height) > _MAX_SIDE_PX:
            self._call(self._fail)
        elif not self._is_closed:
            self._on_frame(frame)

    def _call(self, function: Callable[[], None]) -> None:
        try:
            self._loop.call_soon_threadsafe(function)
        except RuntimeError:  # the loop is closed: nobody looks or listens any more
            self._forget()

    def _fail(self) -> None:
        if not self._is_closed:
            self._on_error()

    def close(self) -> None:
        """Waits for the thread: for one frame at most."""
        self._is_closed = True
        self._forget()
        self._work.put(None)
        self._end.release()
        self._thread.join()


def decoder_of(codec: RTCRtpCodecParameters) -> StockDecoder:
    """aiortc's, with one thread for video and no picture held back. Raises ValueError: no such codec."""
    decoder: Any = get_decoder(codec)
    if codec.name.upper() == "VP8":  # FFmpeg's own costs a fifth less than libvpx, which aiortc takes
        decoder.codec = av.CodecContext.create("vp8", "r")
    context = getattr(decoder, "codec", None)
    if isinstance(context, av.VideoCodecContext):
        context.thread_count = 1
        context.thread_type = "SLICE"
        context.flags |= Flags.low_delay
    assert isinstance(decoder, StockDecoder)
    return decoder
