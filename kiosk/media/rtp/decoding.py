"""One line's decoder in a thread of its own: one thread a tile, and nothing piles up before or behind it."""

import asyncio
import logging
import queue
import threading
from collections import deque
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
MAX_READY_VIDEO = 2
MAX_READY_AUDIO = 10
_MAX_SIDE_PX = 4096

_logger = logging.getLogger(__name__)


class _Work(NamedTuple):
    codec: RTCRtpCodecParameters
    frame: JitterFrame


class Decoder:
    """All methods on the loop. `on_frame` and `on_error` are called there too, the last time before `close` returns."""

    def __init__(self, kind: str, on_frame: Callable[[Any], None], on_error: Callable[[], None]) -> None:
        """`on_error`: something could not be decoded, ask for a keyframe."""
        self._loop = asyncio.get_running_loop()
        self._on_frame, self._on_error = on_frame, on_error
        is_video = kind == "video"
        self._most = MAX_WAITING_VIDEO if is_video else MAX_WAITING_AUDIO
        self._work: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._ready: deque[Any] = deque(maxlen=MAX_READY_VIDEO if is_video else MAX_READY_AUDIO)
        self._is_handing_out = self._is_closed = False
        self._thread = threading.Thread(target=self._run, name=f"{kind}-decoder")
        self._thread.start()

    def put(self, codec: RTCRtpCodecParameters, frame: JitterFrame) -> bool:
        """Decodes soon. False: it is too slow, and all that waited is forgotten, this frame as well."""
        if self._work.qsize() >= self._most:
            self._forget()
            return False
        self._work.put(_Work(codec, frame))
        return True

    def _forget(self) -> None:
        try:
            while True:
                self._work.get_nowait()
        except queue.Empty:
            pass

    def _run(self) -> None:
        name, decoder = "", None
        while (work := self._work.get()) is not None:
            if decoder is None or work.codec.name != name:
                name, decoder = work.codec.name, decoder_of(work.codec)
            try:
                frames = decoder.decode(work.frame)
            except (av.FFmpegError, ValueError, MemoryError) as error:
                _logger.info("a %s frame cannot be decoded: %s", name, type(error).__name__)
                self._call(self._fail)
                continue
            for frame in frames:
                self._hand_over(frame)

    def _hand_over(self, frame: Any) -> None:
        if isinstance(frame, av.VideoFrame) and max(frame.width, frame.height) > _MAX_SIDE_PX:
            self._call(self._fail)
            return
        self._ready.append(frame)
        if not self._is_handing_out:
            self._is_handing_out = True
            self._call(self._hand_out)

    def _call(self, function: Callable[[], None]) -> None:
        try:
            self._loop.call_soon_threadsafe(function)
        except RuntimeError:  # the loop is closed: nobody looks or listens any more
            self._forget()

    def _hand_out(self) -> None:
        self._is_handing_out = False
        while self._ready and not self._is_closed:
            self._on_frame(self._ready.popleft())

    def _fail(self) -> None:
        if not self._is_closed:
            self._on_error()

    def close(self) -> None:
        """Waits for the thread: for one frame at most."""
        self._is_closed = True
        self._forget()
        self._work.put(None)
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
