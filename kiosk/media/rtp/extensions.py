"""RTP header extensions of our own packets that aiortc 1.16 does not write: the transport-wide number, patience."""

from aiortc.rtcrtpparameters import RTCRtpParameters
from aiortc.rtp import HeaderExtensions, HeaderExtensionsMap

from kiosk.media.rtp import patience
from kiosk.media.rtp.patience import Patience

_ONE_BYTE_HEADS = 0xBEDE
_LARGEST_ID = 14
"""In a head of one byte."""


class Extensions(HeaderExtensionsMap):
    """Of one sender. Leaves room for the transport-wide number, which is filled in when the packet leaves."""

    def __init__(self, held_back: Patience) -> None:
        super().__init__()
        self._patience, self._patience_id = held_back, 0

    def configure(self, parameters: RTCRtpParameters) -> None:
        super().configure(parameters)
        for extension in parameters.headerExtensions:
            if extension.uri == patience.EXTENSION and extension.id <= _LARGEST_ID:
                self._patience_id = extension.id

    def set(self, values: HeaderExtensions) -> tuple[int, bytes]:
        values.transport_sequence_number = 0
        profile, data = super().set(values)
        if self._patience_id and profile == _ONE_BYTE_HEADS:
            data += bytes([self._patience_id << 4 | 2]) + self._patience.data
        return profile, data


def place_of(data: bytes, wanted: int) -> int:
    """Where in our own packet the extension's bytes are; 0: nowhere.

    aiortc writes heads of one byte, or of two where a peer has given some extension a number beyond 14.
    """
    if not wanted or not data[0] & 0x10:
        return 0
    at = 12 + 4 * (data[0] & 0x0F)
    end = at + 4 + 4 * int.from_bytes(data[at + 2 : at + 4], "big")
    head_bytes = {b"\xbe\xde": 1, b"\x10\0": 2}.get(data[at : at + 2], 0)
    if not head_bytes:
        return 0
    at += 4
    while at < end:
        head = data[at]
        if not head:
            at += 1
            continue
        number, size = (head >> 4, (head & 0x0F) + 1) if head_bytes == 1 else (head, data[at + 1])
        if number == wanted:
            return at + head_bytes
        at += head_bytes + size
    return 0
