"""Short pieces of picture and sound, encoded once and played for ever: a robot costs next to nothing while it talks."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import cast

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext

from kiosk.desk.robot import picture
from kiosk.desk.robot.picture import Image, Palette

VP8, H264 = "VP8", "H264"
_ENCODERS = {VP8: "libvpx", H264: "libx264"}
_OPTIONS = {
    VP8: {"deadline": "realtime", "cpu-used": "-8", "lag-in-frames": "0", "noise-sensitivity": "0"},
    H264: {"preset": "ultrafast", "tune": "zerolatency", "level": "31", "x264-params": "repeat-headers=1"},
}
CAMERA_WIDTH, CAMERA_HEIGHT, CAMERA_FPS, CAMERA_S = 640, 360, 20, 2
SCREEN_WIDTH, SCREEN_HEIGHT, SCREEN_FPS, SCREEN_S = 1280, 720, 5, 4
_CAMERA_BPS, _SCREEN_BPS = 400_000, 800_000
AUDIO_RATE, AUDIO_SAMPLES = 48_000, 960
_TONE_HZ, _TONE_LEVEL, _TONE_S = 220, 0.012, 1


@dataclass(frozen=True)
class Loop:
    """Encoded pieces of equal length; the first one of a picture loop is a keyframe."""

    pieces: tuple[bytes, ...]
    per_s: int
    ticks: int
    """Length of one piece in units of the RTP clock."""
    clock_hz: int


def encode_pictures(images: Iterable[Image], codec: str, fps: int, bitrate_bps: int) -> Loop:
    """A picture loop in `codec`, `VP8` or `H264`."""
    context: VideoCodecContext | None = None
    pieces: list[bytes] = []
    for index, image in enumerate(images):
        frame = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(format="yuv420p")
        if context is None:
            context = _video_encoder(codec, frame.width, frame.height, fps, bitrate_bps)
        frame.pts, frame.time_base = index, Fraction(1, fps)
        pieces += [bytes(packet) for packet in context.encode(frame) if packet.size]
    return Loop(tuple(pieces), fps, 90_000 // fps, 90_000)


def _video_encoder(codec: str, width: int, height: int, fps: int, bitrate_bps: int) -> VideoCodecContext:
    context = cast(VideoCodecContext, av.CodecContext.create(_ENCODERS[codec], "w"))
    context.width, context.height, context.pix_fmt = width, height, "yuv420p"
    context.framerate, context.time_base = Fraction(fps), Fraction(1, fps)
    context.bit_rate, context.gop_size, context.thread_count = bitrate_bps, 3000, 1
    context.options = _OPTIONS[codec]
    if codec == H264:
        context.profile = "Baseline"
    return context


def encode_tone() -> Loop:
    """A quiet tone as Opus, 20 ms a piece."""
    context = av.CodecContext.create("libopus", "w")
    context.sample_rate, context.layout, context.format = AUDIO_RATE, "stereo", "s16"
    context.bit_rate, context.time_base = 32_000, Fraction(1, AUDIO_RATE)
    context.options = {"application": "voip"}
    pieces: list[bytes] = []
    for start in range(0, AUDIO_RATE * _TONE_S, AUDIO_SAMPLES):
        at = np.arange(start, start + AUDIO_SAMPLES)
        wave = np.sin(2 * np.pi * _TONE_HZ * at / AUDIO_RATE) * _TONE_LEVEL * 32767
        frame = av.AudioFrame.from_ndarray(np.repeat(wave.astype(np.int16), 2)[None], format="s16", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = AUDIO_RATE, start, Fraction(1, AUDIO_RATE)
        pieces += [bytes(packet) for packet in context.encode(frame)]
    return Loop(tuple(pieces), AUDIO_RATE // AUDIO_SAMPLES, AUDIO_SAMPLES, AUDIO_RATE)


@dataclass
class Repertoire:
    """All loops of one robot, made when they are needed first, or before."""

    palette: Palette
    _made: dict[tuple[str, str], Loop] = field(default_factory=dict)

    def rehearse(self, *, has_screen: bool) -> None:
        """Makes what a call will most likely need; takes a third of a second, which would delay its first picture."""
        self.microphone()
        self.camera(VP8)
        if has_screen:
            self.screen(VP8)

    def microphone(self) -> Loop:
        return self._get("microphone", "")

    def camera(self, codec: str) -> Loop:
        return self._get("camera", codec)

    def screen(self, codec: str) -> Loop:
        return self._get("screen", codec)

    def _get(self, what: str, codec: str) -> Loop:
        if (what, codec) not in self._made:
            self._made[what, codec] = self._make(what, codec)
        return self._made[what, codec]

    def _make(self, what: str, codec: str) -> Loop:
        if what == "microphone":
            return encode_tone()
        if what == "camera":
            count = CAMERA_FPS * CAMERA_S
            images = (picture.person(CAMERA_WIDTH, CAMERA_HEIGHT, i / count, self.palette) for i in range(count))
            return encode_pictures(images, codec, CAMERA_FPS, _CAMERA_BPS)
        count = SCREEN_FPS * SCREEN_S
        images = (picture.form(SCREEN_WIDTH, SCREEN_HEIGHT, i / count) for i in range(count))
        return encode_pictures(images, codec, SCREEN_FPS, _SCREEN_BPS)
