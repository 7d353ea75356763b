"""What came from one peer and went to it, over all its connections. Knows no aiortc and no network."""

import asyncio
import threading
import time
from collections.abc import Callable

import av

from kiosk.contract.media import PeerLink, PeerReport
from kiosk.media.engine.waist import Line, Sinks
from kiosk.media.rtp.quality import QualityMeter
from kiosk.media.rtp.statistics import Counters, Statistics

_PICTURE_S = 2.0


class Tally:
    """On the loop, but for `take`. What comes is handed on to the sinks."""

    def __init__(self, call: str, sinks: Sinks, on_change: Callable[[], None]) -> None:
        """The clock of the first picture starts now. `on_change`: a report would say something new."""
        self.call, self._sinks, self._on_change = call, sinks, on_change
        self._loop = asyncio.get_running_loop()
        self._gate = threading.Lock()
        """Held while a picture is handed on: none comes once it may not."""
        self._planned_s = time.monotonic()
        self.voice = sinks.voice(call)
        self._came = {Line.CAMERA: 0, Line.SCREEN: 0}
        self._last_picture_s = {Line.CAMERA: 0.0, Line.SCREEN: 0.0}
        self._first_frame_s = 0.0
        self.frames_sent = 0
        """On connections that are no more."""
        self.screen_frames_sent = 0
        self.audio_packets_sent = 0
        """The same of sound."""
        self.takes_pictures = False
        """Pictures that come although they may not are forgotten."""
        self._is_closed = False
        self._is_watched = True
        self.statistics, self._quality = Statistics(), QualityMeter()

    def take(self, line: Line, frame: av.VideoFrame) -> None:
        """One decoded picture. Any thread."""
        with self._gate:
            if self._is_closed or not self.takes_pictures:
                return
            now_s = time.monotonic()
            was_here = now_s - self._last_picture_s[line] < _PICTURE_S
            self._last_picture_s[line] = now_s
            self._came[line] += 1
            if line is Line.CAMERA and self._is_watched:
                self.statistics.see(frame.width, frame.height, now_s)
            self._first_frame_s = self._first_frame_s or now_s - self._planned_s
            self._sinks.picture(self.call, line, frame)
        if not was_here:
            self._loop.call_soon_threadsafe(self._on_change)

    def take_pictures(self, takes_pictures: bool) -> None:
        """Whether pictures may come; where they may no longer, those that are shown go."""
        with self._gate:
            if self.takes_pictures and not takes_pictures:
                self.statistics.blind()
                self._last_picture_s = dict.fromkeys(self._last_picture_s, 0.0)
                self._sinks.no_pictures(self.call)
            self.takes_pictures = takes_pictures

    def watch(self, is_watched: bool) -> None:
        """Whether the camera's picture is on the screen; where it is not, none are due."""
        with self._gate:
            self._is_watched = is_watched
            if not is_watched:
                self.statistics.blind()

    def report(
        self,
        link: PeerLink,
        frames_sent: int = 0,
        screen_frames_sent: int = 0,
        audio_packets_sent: int = 0,
        count: Callable[[], Counters] | None = None,
        finish: Callable[[Counters], Counters] = lambda counters: counters,
    ) -> PeerReport:
        """The peer as it is now; the counts are those of the connection that is up.

        `count` is asked once a second, or as soon as it is another's; `finish` adds what is counted elsewhere.
        """
        with self._gate:
            now_s = time.monotonic()
            if self.statistics.is_due(count, now_s):
                self.statistics.look(finish(count()) if count else None, now_s, self.voice.concealed_s)
            stats = self.statistics.stats
        return PeerReport(
            call=self.call,
            link=link,
            is_speaking=self.voice.is_speaking,
            has_camera_picture=now_s - self._last_picture_s[Line.CAMERA] < _PICTURE_S,
            has_screen_picture=now_s - self._last_picture_s[Line.SCREEN] < _PICTURE_S,
            frames_received=self._came[Line.CAMERA],
            screen_frames_received=self._came[Line.SCREEN],
            audio_packets_received=self.voice.received,
            frames_sent=self.frames_sent + frames_sent,
            screen_frames_sent=self.screen_frames_sent + screen_frames_sent,
            audio_packets_sent=self.audio_packets_sent + audio_packets_sent,
            first_frame_s=round(self._first_frame_s, 3),
            quality=self._quality.look(link, stats, now_s),
            stats=stats,
        )

    def close(self) -> None:
        """The peer is no more; what its last connection still gives is forgotten."""
        with self._gate:
            self._is_closed = True
            self._sinks.gone(self.call)
