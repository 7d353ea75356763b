"""Sound past aiortc's jitter buffer, beside what that does by itself: fails when upstream changes, or repairs it."""

from typing import Any

from aiortc import RTCPeerConnection
from aiortc.jitterbuffer import JitterBuffer
from aiortc.rtp import RtpPacket

from kiosk.media.playback.voice import Voice
from kiosk.media.rtp import sound
from tests.unit.media.playback.partner import BLOCK, Plain
from tests.unit.media.playback.partner import packet as payload


def packets(count: int) -> list[RtpPacket]:
    made = []
    for number in range(count):
        made.append(RtpPacket(payload_type=96, sequence_number=number, timestamp=number * BLOCK, ssrc=5))
        made[-1]._data = payload(number, 300)  # type: ignore[attr-defined]
    return made


def test_sound_is_not_held_back() -> None:
    """Stock: the first packet comes out with the fifth, 80 ms later. Ours: the voice has it at once."""
    stock = JitterBuffer(capacity=16, prefetch=4)
    assert [stock.add(packet)[1] is not None for packet in packets(5)] == [False] * 4 + [True]
    voice, now_s = Voice(Plain), 1.0
    buffer = sound.SoundBuffer(voice, lambda: now_s)
    assert [buffer.add(packet) for packet in packets(1)] == [(False, None)]
    samples = voice.pull(BLOCK, now_s + 0.051)
    assert samples is not None
    assert samples[-1] == 300


async def test_a_receiver_gives_its_packets_to_the_buffer() -> None:
    """Under the name that aiortc looks it up by."""
    pc = RTCPeerConnection()
    receiver: Any = pc.addTransceiver("audio").receiver
    assert isinstance(receiver._RTCRtpReceiver__jitter_buffer, JitterBuffer)
    sound.install(receiver, Voice(Plain))
    assert isinstance(receiver._RTCRtpReceiver__jitter_buffer, sound.SoundBuffer)
    await pc.close()
