"""A partner's camera: four seconds of 720p30 in VP8 at 1.5 Mbit/s (or smaller), each picture with its number in it."""

from fractions import Fraction

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext

from kiosk.desk.robot.loops import Loop
from tests.bench.rivals import barcode

WIDTH, HEIGHT, PER_S, SECONDS = 1280, 720, 30, 4
BITRATES_BPS = {720: 1_500_000, 360: 600_000, 180: 200_000}
"""By height."""


def encode(height: int = HEIGHT) -> Loop:
    """In one of the heights of `BITRATES_BPS`; about a second of work."""
    width = height * WIDTH // HEIGHT
    context = av.CodecContext.create("libvpx", "w")
    assert isinstance(context, VideoCodecContext)
    context.width, context.height, context.pix_fmt = width, height, "yuv420p"
    context.framerate, context.time_base = Fraction(PER_S), Fraction(1, PER_S)
    context.bit_rate, context.gop_size, context.thread_count = BITRATES_BPS[height], 3000, 2
    rate = str(BITRATES_BPS[height])
    context.options = {"deadline": "realtime", "cpu-used": "-8", "lag-in-frames": "0"} | dict.fromkeys(
        ("minrate", "maxrate", "bufsize"), rate
    )
    pieces = []
    for index, frame in enumerate(frames(PER_S * SECONDS)):
        frame = frame.reformat(width, height)
        frame.pts, frame.time_base = index, context.time_base
        pieces += [bytes(packet) for packet in context.encode(frame) if packet.size]
    assert len(pieces) == PER_S * SECONDS
    return Loop(tuple(pieces), PER_S, 90_000 // PER_S, 90_000)


def frames(count: int) -> "list[av.VideoFrame]":
    """Pictures with grain and motion, so that the encoder has about that much to say."""
    dice = np.random.default_rng(1)
    rows, columns = np.mgrid[0:HEIGHT, 0 : 2 * WIDTH]
    scene = 110 + 50 * np.sin(columns / 37.0) * np.cos(rows / 23.0) + dice.normal(0, 6, (HEIGHT, 2 * WIDTH))
    scene = scene.clip(16, 235).astype(np.uint8)
    made = []
    for index in range(count):
        data = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
        shift = int(WIDTH / 2 * (1 - np.cos(2 * np.pi * index / count)))
        data[:HEIGHT] = scene[:, shift : shift + WIDTH]
        barcode.write(data[:HEIGHT], index)
        made.append(av.VideoFrame.from_ndarray(data, format="yuv420p"))
    return made
