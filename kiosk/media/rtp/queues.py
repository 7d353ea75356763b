"""Queues of a receiver that forget the old. Stock aiortc's have no bound: a slow decoder falls behind for ever."""

import asyncio
import queue
from typing import Any

from aiortc import RTCRtpReceiver

MAX_ENCODED_VIDEO = 30
MAX_ENCODED_AUDIO = 25
MAX_DECODED_VIDEO = 2
MAX_DECODED_AUDIO = 10


class EncodedQueue(queue.Queue[Any]):
    """To the decoder's thread. Full: video forgets all and waits for a keyframe, audio forgets the oldest."""

    def __init__(self, is_video: bool, decoder_error: Any) -> None:
        """`decoder_error`: the receiver's flag, on which it asks the sender for a keyframe."""
        super().__init__()
        self._is_video, self._decoder_error = is_video, decoder_error
        self._needs_keyframe = False

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """`item` is a codec and an encoded frame; None ends the thread, at once."""
        if item is None:
            self._forget()
        elif self._is_video:
            if self.qsize() >= MAX_ENCODED_VIDEO:
                self._forget()
                self._needs_keyframe = True
            if self._needs_keyframe and not is_keyframe(item[0].name, item[1].data):
                self._decoder_error.set()
                return
            self._needs_keyframe = False
        elif self.qsize() >= MAX_ENCODED_AUDIO:
            self.get_nowait()
        super().put(item)

    def need_keyframe(self) -> None:
        """Pictures are missing: freeze rather than smear."""
        self._needs_keyframe = self._is_video

    def _forget(self) -> None:
        try:
            while True:
                self.get_nowait()
        except queue.Empty:
            pass


class DecodedQueue(asyncio.Queue[Any]):
    """From the decoder's thread to the track's reader. Full: the oldest goes."""

    def __init__(self, bound: int) -> None:
        super().__init__()
        self._bound = bound

    async def put(self, item: Any) -> None:
        if self.qsize() >= self._bound and item is not None:
            self.get_nowait()
        self.put_nowait(item)


def is_keyframe(codec_name: str, data: bytes) -> bool:
    """Whether a decoder can start with this picture: RFC 6386, 9.1 for VP8; a parameter set or IDR slice of H.264."""
    if codec_name.upper() == "VP8":
        return bool(data) and not data[0] & 1
    return any(kind & 0x1F in (5, 7) for kind in _nal_headers(data))


def _nal_headers(data: bytes) -> list[int]:
    headers, at = [], data.find(b"\0\0\1")
    while 0 <= at < len(data) - 3:
        headers.append(data[at + 3])
        at = data.find(b"\0\0\1", at + 3)
    return headers


def install(receiver: RTCRtpReceiver, kind: str) -> EncodedQueue:
    """When the track exists, before the receiver connects."""
    is_video = kind == "video"
    error = receiver._RTCRtpReceiver__decoder_error  # type: ignore[attr-defined]
    encoded = receiver._RTCRtpReceiver__decoder_queue = EncodedQueue(is_video, error)  # type: ignore[attr-defined]
    receiver.track._queue = DecodedQueue(MAX_DECODED_VIDEO if is_video else MAX_DECODED_AUDIO)  # type: ignore[attr-defined]
    return encoded
