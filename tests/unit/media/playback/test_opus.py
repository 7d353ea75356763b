"""Sound out of Opus packets, beside what PyAV makes of them."""

from fractions import Fraction

import av
import numpy as np
import pytest
from av.audio.codeccontext import AudioCodecContext

from kiosk.contract.errors import MalformedError
from kiosk.media.playback.opus import OpusDecoder

_RATE_HZ, _BLOCK = 48_000, 960


def packets(layout: str, count: int = 20) -> list[bytes]:
    """A tone, on two channels a louder and a softer one."""
    encoder = av.CodecContext.create("libopus", "w")
    assert isinstance(encoder, AudioCodecContext)
    encoder.sample_rate, encoder.layout, encoder.format = _RATE_HZ, av.AudioLayout(layout), av.AudioFormat("s16")
    encoder.time_base = Fraction(1, _RATE_HZ)
    channels = len(encoder.layout.channels)
    found = []
    for number in range(count):
        tone = 8000 * np.sin((np.arange(_BLOCK) + number * _BLOCK) * 2 * np.pi * 440 / _RATE_HZ)
        samples = np.stack([tone / (1 + channel) for channel in range(channels)], axis=1).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout=layout)
        frame.sample_rate, frame.pts = _RATE_HZ, number * _BLOCK
        found += [bytes(packet) for packet in encoder.encode(frame)]
    return found


@pytest.mark.parametrize("layout", ["mono", "stereo"])
def test_samples_are_those_that_pyav_gives(layout: str) -> None:
    """Bit by bit, and earlier ones stay what they were: the library's memory is used again."""
    stock = av.CodecContext.create("libopus", "r")
    assert isinstance(stock, AudioCodecContext)
    stock.format, stock.layout, stock.sample_rate = av.AudioFormat("s16"), av.AudioLayout("mono"), _RATE_HZ
    ours, theirs, decoder = [], [], OpusDecoder()
    for packet in packets(layout):
        ours.append(decoder.decode(packet))
        theirs += [frame.to_ndarray()[0, : frame.samples] for frame in stock.decode(av.Packet(packet))]
    assert np.array_equal(np.concatenate(ours), np.concatenate(theirs))
    assert np.abs(ours[-1]).max() > 4000


@pytest.mark.parametrize("packet", [b"", b"\xff", b"\xfb\0"])
def test_what_is_no_packet_is_refused(packet: bytes) -> None:
    """And the decoder goes on."""
    decoder = OpusDecoder()
    with pytest.raises(MalformedError, match="opus"):
        decoder.decode(packet)
    assert len(decoder.decode(packets("mono", 1)[0])) == _BLOCK
