"""A line's pictures to every peer: each encoded once a codec, at a rate that the narrowest way carries."""

import asyncio
import time

import av

from kiosk.contract.configuration import Codec
from kiosk.media.sending import clock
from kiosk.media.sending.content import Content
from kiosk.media.sending.packets import Packet, PacketTrack
from kiosk.media.sending.video_encoder import MIN_BITRATE_BPS, TIME_BASE, VideoEncoder, full_bitrate_bps

KEYFRAME_INTERVAL_S = 0.3
"""Requests of several peers within this time are served with one keyframe."""
_RATE_INTERVAL_S = 2.0
_RATE_STEP = 0.15
"""Smaller changes of the rate are not worth a keyframe."""


class VideoTrack(PacketTrack):
    """A line's packets for one peer, in the codec this peer takes, and what the peer says about them."""

    def __init__(self, codec: Codec, feed: "VideoFeed") -> None:
        super().__init__("video", lambda: feed.want_keyframe(codec))
        self.codec = codec
        self.limit_bps = 0
        """The peer's last bandwidth report; 0: none yet."""

    def ask_keyframe(self) -> None:
        """The peer has lost a picture (PLI, FIR)."""
        if self.is_open:
            self._want_keyframe()

    def limit(self, bitrate_bps: int) -> None:
        """The peer's bandwidth report (REMB)."""
        self.limit_bps = bitrate_bps


class VideoFeed:
    """One line. `take` runs in the thread of whoever makes the pictures, one at a time; everything else on the loop."""

    def __init__(self, content: Content, frames_per_second: int, loop: asyncio.AbstractEventLoop) -> None:
        """`frames_per_second`: how many pictures `take` gets at most; fewer are fine with `DETAIL`."""
        self.content = content
        self._frames_per_second = frames_per_second
        self._loop = loop
        self._tracks: set[VideoTrack] = set()
        self._keyframes: set[Codec] = set()
        self._encoders: dict[Codec, _Paced] = {}
        self.encoder_name = ""
        self.last_sent_s = 0.0
        """When a packet was last handed to a peer, by `time.monotonic`."""

    def add(self, track: VideoTrack) -> None:
        self._tracks.add(track)

    def discard(self, track: VideoTrack) -> None:
        self._tracks.discard(track)

    def want_keyframe(self, codec: Codec) -> None:
        """Some peer cannot go on without; the next picture will be one, or one soon."""
        self._keyframes.add(codec)

    def take(self, frame: av.VideoFrame) -> None:
        """Encode one picture for whoever is to see it. Raises MediaError when no encoder works."""
        listening = [track for track in tuple(self._tracks) if track.is_open and track.is_taken]
        codecs = {track.codec for track in listening}
        for codec in set(self._encoders) - codecs:
            del self._encoders[codec]
        for codec in codecs:
            limits = [track.limit_bps for track in listening if track.codec is codec and track.limit_bps]
            self._encode(codec, frame, min(limits, default=0))

    def rest(self) -> None:
        """No pictures come any more: let go of the encoders, which hold the last ones. Not while `take` may run."""
        self._encoders.clear()

    def _encode(self, codec: Codec, frame: av.VideoFrame, limit_bps: int) -> None:
        full_bps = full_bitrate_bps(frame.width, frame.height, self._frames_per_second)
        target_bps = max(MIN_BITRATE_BPS, min(limit_bps or full_bps, full_bps))
        paced = self._encoders.get(codec)
        if paced is None or (paced.encoder.width, paced.encoder.height) != (frame.width, frame.height):
            size, rate = (frame.width, frame.height), self._frames_per_second
            paced = self._encoders[codec] = _Paced(VideoEncoder(codec, *size, rate, target_bps, self.content))
            self.encoder_name = paced.encoder.name
        paced.follow(target_bps)
        is_keyframe = codec in self._keyframes and paced.may_keyframe()
        if is_keyframe:
            self._keyframes.discard(codec)
        for packet in paced.encoder.encode(frame, clock.now(TIME_BASE.denominator), is_keyframe=is_keyframe):
            self._loop.call_soon_threadsafe(self._deliver, codec, packet)

    def _deliver(self, codec: Codec, packet: Packet) -> None:
        for track in self._tracks:
            if track.codec is codec and track.is_open:
                track.offer(packet)
                self.last_sent_s = time.monotonic()


class _Paced:
    """An encoder, and when it may be disturbed again."""

    def __init__(self, encoder: VideoEncoder) -> None:
        self.encoder = encoder
        self._keyframe_s = self._rate_s = time.monotonic()

    def may_keyframe(self) -> bool:
        now_s = time.monotonic()
        if now_s - self._keyframe_s < KEYFRAME_INTERVAL_S:
            return False
        self._keyframe_s = now_s
        return True

    def follow(self, target_bps: int) -> None:
        now_s = time.monotonic()
        change = abs(target_bps - self.encoder.bitrate_bps) / self.encoder.bitrate_bps
        if change > _RATE_STEP and now_s - self._rate_s >= _RATE_INTERVAL_S:
            self._rate_s = now_s
            self.encoder.set_bitrate(target_bps)
