"""One codec and layer of a line: an encoder that follows its rate in size, and may be disturbed only so often."""

import time
from collections.abc import Callable

import av
from av.video.reformatter import Interpolation, VideoReformatter

from kiosk.contract.configuration import Codec
from kiosk.media.capture.planes import small_of
from kiosk.media.sending.content import Content
from kiosk.media.sending.packets import Packet
from kiosk.media.sending.picture_time import PictureTime
from kiosk.media.sending.sizes import MIN_BITRATE_BPS, Layer, Size, full_bitrate_bps, size_at
from kiosk.media.sending.video_encoder import TIME_BASE, Encoder, open_encoder

KEYFRAME_INTERVAL_S = 0.3
"""Requests of several peers within this time are served with one keyframe."""
_RATE_STEP, _RATE_INTERVAL_S = 0.15, 2.0
"""Smaller or sooner changes of the rate are not worth a keyframe, where they cost one,"""
_FALL_STEP, _FALL_INTERVAL_S = 0.25, 0.4
"""but a way that got narrow cannot wait."""
_GROWTH_INTERVAL_S = 1.5
"""Between one size and a larger one."""
_MOST_OWED_S = {Content.MOTION: 0.4, Content.DETAIL: 0.3}
_KEYFRAME_ALLOWED_S = 1.0
_MOST_INSIDE = 60
"""Pictures that an encoder holds, or has left out for good."""


class VideoStream:
    """Used in the thread that gives the pictures."""

    def __init__(
        self,
        codec: Codec,
        layer: Layer,
        content: Content,
        frames_per_second: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`clock` in seconds."""
        self._clock = clock
        self._codec, self._layer, self._content = codec, layer, content
        self._frames_per_second = frames_per_second
        self._encoder: Encoder | None = None
        self._reformatter = VideoReformatter()
        self.size: Size | None = None
        self._keyframe_s = self._rate_s = self._size_s = 0.0
        self._owed_until_s = 0.0
        self._time = PictureTime(TIME_BASE.denominator / frames_per_second)
        self._stamps: dict[int, int] = {}
        """A picture's time for the encoder to its own, until it is encoded."""
        self.wants_keyframe = False

    @property
    def encoder_name(self) -> str:
        return self._encoder.name if self._encoder else ""

    def encode(self, frame: av.VideoFrame, pts: int, allowed_bps: int, steps_down: int) -> list[Packet]:
        """One picture, at a rate that suits `allowed_bps`; none when the last ones took more than there was.

        Raises:
            MediaError: no encoder works.
        """
        now_s = self._clock()
        self._time.came(pts)
        source = Size(frame.width, frame.height)
        size = self._choose(source, allowed_bps, steps_down, now_s)
        full_bps = full_bitrate_bps(*size, self._frames_per_second)
        target_bps = max(MIN_BITRATE_BPS, min(allowed_bps, full_bps))
        if self._encoder is None or size != self.size:
            self._encoder = open_encoder(self._codec, size, self._frames_per_second, target_bps, self._content)
            self.size, self._size_s, self._rate_s = size, now_s, now_s
            self._stamps.clear()
        else:
            self._follow(self._encoder, target_bps, now_s)
        is_keyframe = self.wants_keyframe and now_s - self._keyframe_s >= KEYFRAME_INTERVAL_S
        if self._is_owing(is_keyframe, now_s):
            return []
        picture = self._scale(frame, size)
        packets = self._encoder.encode(picture, self._stamp(pts), is_keyframe=is_keyframe)
        for packet in packets:
            packet.pts = self._stamps.pop(packet.pts or 0)
        if any(packet.is_keyframe for packet in packets):
            self._keyframe_s, self.wants_keyframe = now_s, False
        taken_s = sum(packet.size for packet in packets) * 8 / target_bps
        self._owed_until_s = max(self._owed_until_s, now_s) + taken_s
        return packets

    def _stamp(self, pts: int) -> int:
        """A screen's pictures come when something changes, and may use what was saved up."""
        at = pts if self._content is Content.DETAIL else self._time.next()
        self._stamps[at] = pts
        if len(self._stamps) > _MOST_INSIDE:
            del self._stamps[next(iter(self._stamps))]
        return at

    def _is_owing(self, is_keyframe: bool, now_s: float) -> bool:
        if is_keyframe and now_s - self._keyframe_s >= _KEYFRAME_ALLOWED_S:
            return False
        return self._owed_until_s - now_s > _MOST_OWED_S[self._content]

    def _choose(self, source: Size, allowed_bps: int, steps_down: int, now_s: float) -> Size:
        if self._content is Content.DETAIL:
            return source
        size = size_at(self._layer, source, allowed_bps, self._frames_per_second, steps_down, self.size)
        is_growth = self.size is not None and size.height > self.size.height
        if is_growth and self.size and self.size.height < source.height and now_s - self._size_s < _GROWTH_INTERVAL_S:
            return self.size
        return size

    def _follow(self, encoder: Encoder, target_bps: int, now_s: float) -> None:
        change = target_bps / encoder.bitrate_bps - 1
        since_s = now_s - self._rate_s
        is_worth = abs(change) > _RATE_STEP and since_s >= _RATE_INTERVAL_S
        is_urgent = change < -_FALL_STEP and since_s >= _FALL_INTERVAL_S
        if encoder.has_smooth_rate or is_worth or is_urgent:
            self._rate_s = now_s
            encoder.set_bitrate(target_bps)

    def _scale(self, frame: av.VideoFrame, size: Size) -> av.VideoFrame:
        """A frame of its own in any case: the encoder writes time and kind into it, and may keep it."""
        small = small_of(frame)
        return self._reformatter.reformat(
            small if small and small.height >= size.height else frame,
            *(size.width, size.height, "yuv420p"),
            interpolation=Interpolation.FAST_BILINEAR,
        )
