"""A line's pictures to every peer: each layer encoded once a codec, at a rate that the narrowest way on it carries."""

import asyncio
import time
from collections.abc import Callable

import av

from kiosk.contract.configuration import Codec
from kiosk.media.sending import clock
from kiosk.media.sending.content import Content
from kiosk.media.sending.packets import Packet
from kiosk.media.sending.pressure import MAX_STEPS, Pressure
from kiosk.media.sending.sizes import Layer, Size, layers_for
from kiosk.media.sending.video_encoder import TIME_BASE
from kiosk.media.sending.video_stream import VideoStream
from kiosk.media.sending.video_track import VideoTrack

_Key = tuple[Codec, Layer]
_LEAST_FRAMES_PER_SECOND = 20
"""Signs of an interpreter cannot be read with fewer."""


class VideoFeed:
    """One line. `take` runs in the thread of whoever makes the pictures, one at a time; everything else on the loop."""

    def __init__(
        self,
        content: Content,
        frames_per_second: int,
        loop: asyncio.AbstractEventLoop,
        pressure: Callable[[], Pressure] = Pressure,
    ) -> None:
        """`frames_per_second`: how many pictures `take` gets at most; fewer are fine with `DETAIL`."""
        self.content = content
        self._frames_per_second = frames_per_second
        self._loop = loop
        self._tracks: set[VideoTrack] = set()
        self._keyframes: set[_Key] = set()
        self._streams: dict[_Key, VideoStream] = {}
        self._pressure = pressure()
        self._count = 0
        self.encoder_name = ""
        self.last_sent_s = 0.0
        """When a packet was last handed to a peer, by `time.monotonic`."""

    def track(self, codec: Codec) -> VideoTrack:
        """A new one, for one peer."""
        track = VideoTrack(codec, self._want_keyframe)
        self._tracks.add(track)
        return track

    def discard(self, track: VideoTrack) -> None:
        self._tracks.discard(track)

    def _want_keyframe(self, track: VideoTrack) -> None:
        """The next picture of its layer will be one, or one soon."""
        self._keyframes.add((track.codec, track.wanted))

    def take(self, frame: av.VideoFrame) -> None:
        """Encode one picture for whoever is to see it. Raises MediaError when no encoder works."""
        listening = [track for track in tuple(self._tracks) if track.is_listening]
        self._assign(listening, Size(frame.width, frame.height))
        needed = {(track.codec, layer) for track in listening for layer in (track.wanted, track.layer)}
        for key in set(self._streams) - needed:
            del self._streams[key]
        self._count += 1
        if not needed or self._is_left_out():
            return
        started_s, pts = time.monotonic(), clock.now(TIME_BASE.denominator)
        made = []
        for key in sorted(needed):
            on_it = [track for track in listening if (track.codec, track.wanted) == key]
            on_it = on_it or [track for track in listening if (track.codec, track.layer) == key]
            allowed = [track.allowed_bps for track in on_it]
            made += [(key, packet) for packet in self._encode(key, frame, pts, min(allowed, default=0))]
        now_s = time.monotonic()
        self._loop.call_soon_threadsafe(self._deliver, made, now_s)
        self._pressure.note(now_s - started_s, 1 / self._frames_per_second, now_s)

    def _assign(self, listening: list[VideoTrack], source: Size) -> None:
        if self.content is Content.DETAIL:
            return
        layers = layers_for([track.wanting for track in listening], source, self._frames_per_second)
        for track, layer in zip(listening, layers, strict=True):
            if layer is not track.wanted:
                track.wanted = layer
                self._keyframes.add((track.codec, layer))

    def _is_left_out(self) -> bool:
        """With nothing else to save, every third picture."""
        is_possible = self.content is Content.MOTION and self._frames_per_second * 2 / 3 >= _LEAST_FRAMES_PER_SECOND
        return is_possible and self._pressure.steps >= MAX_STEPS and self._count % 3 == 0

    def _encode(self, key: _Key, frame: av.VideoFrame, pts: int, allowed_bps: int) -> list[Packet]:
        stream = self._streams.get(key)
        if stream is None:
            stream = self._streams[key] = VideoStream(*key, self.content, self._frames_per_second)
        if key in self._keyframes:
            self._keyframes.discard(key)
            stream.wants_keyframe = True
        packets = stream.encode(frame, pts, allowed_bps, self._pressure.steps)
        self.encoder_name = stream.encoder_name
        return packets

    def rest(self) -> None:
        """No pictures come any more: let go of the encoders, which hold the last ones. Not while `take` may run."""
        self._streams.clear()

    def _deliver(self, made: list[tuple[_Key, Packet]], made_s: float) -> None:
        """One picture in all its layers, keyframes first: at one of those a track changes its layer."""
        now_s = time.monotonic()
        self._pressure.late(now_s - made_s)
        for (codec, layer), packet in sorted(made, key=lambda one: not one[1].is_keyframe):
            for track in self._tracks:
                if track.codec is codec and track.is_listening:
                    track.take(layer, packet)
                    self.last_sent_s = now_s
