"""How many sent packets a sender can send again: aiortc's 128 are 0.4 s of a keyframe and what follows it.

A partner 100 ms away asks three times within that, and a still of a document has more packets than that by itself.
"""

import aiortc.rtcrtpsender

PACKETS = 1024
"""7 s of a camera at 1.5 Mbit/s; 1.3 MB a line at most."""


def install() -> None:
    """Once a process, before the first peer connection."""
    aiortc.rtcrtpsender.RTP_HISTORY_SIZE = PACKETS  # type: ignore[attr-defined]
