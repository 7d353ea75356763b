"""The packets that a sender can send again; aiortc's 128 are 0.4 s of a keyframe and what follows it.

A partner 100 ms away asks three times within that, and a still of a document has more packets than that by itself.
"""

import heapq
from typing import Any

import aiortc.rtcrtpsender
from aiortc import RTCRtpSender
from aiortc.rtp import RtpPacket

PACKETS = 1024
"""7 s of a camera at 1.5 Mbit/s; 1.3 MB a line at most."""


def install() -> None:
    """Once a process, before the first peer connection."""
    aiortc.rtcrtpsender.RTP_HISTORY_SIZE = PACKETS  # type: ignore[attr-defined]


def kept(sender: RTCRtpSender, number: int) -> RtpPacket | None:
    """The packet with this 16-bit number, if the sender still has it."""
    packets: dict[int, Any] = sender._RTCRtpSender__rtp_history  # type: ignore[attr-defined]
    packet: RtpPacket | None = packets.get(number % aiortc.rtcrtpsender.RTP_HISTORY_SIZE)  # type: ignore[attr-defined]
    return packet if packet and packet.sequence_number == number else None


def has(sender: RTCRtpSender, count: int) -> bool:
    """Whether the sender has so many packets, and can mark them as repeated."""
    held: Any = sender
    return held._RTCRtpSender__rtx_payload_type is not None and len(held._RTCRtpSender__rtp_history) >= count


def largest(sender: RTCRtpSender, count: int) -> list[RtpPacket]:
    """The largest packets that the sender still has, up to so many."""
    packets: list[RtpPacket] = list(sender._RTCRtpSender__rtp_history.values())  # type: ignore[attr-defined]
    return heapq.nlargest(count, packets, key=lambda packet: len(packet.payload))
