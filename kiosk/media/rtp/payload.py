"""What of a packet's payload goes to the decoder, and whether a keyframe starts there: VP8 and H.264."""

import struct
from collections.abc import Callable

_START = b"\0\0\0\1"
_LENGTH = struct.Struct("!H").unpack_from
_STAP_A, _FU_A = 24, 28
_PARAMETERS, _IDR = 7, 5
Unpack = Callable[[bytes], tuple[bytes, bool]]
"""Payload to data and "a keyframe starts here"; ValueError or IndexError when it is cut."""


def unpack_vp8(payload: bytes) -> tuple[bytes, bool]:
    """Without the payload descriptor (RFC 7741, 4.2). ValueError or IndexError when it is cut."""
    first, at = payload[0], 1
    if first & 0x80:
        has, at = payload[1], 2
        if has & 0x80:
            at += 1 + (payload[2] >> 7)
        at += (has >> 6 & 1) + (has & 0x30 > 0)
    return payload[at:], first & 0x17 == 0x10 and not payload[at] & 1


def begun_vp8(payload: bytes) -> int:
    """The number (15 bits) of the picture that begins in this payload; -1: none does, or pictures are not counted."""
    if len(payload) < 4 or payload[0] & 0x97 != 0x90 or not payload[1] & 0x80 or not payload[2] & 0x80:
        return -1
    return (payload[2] & 0x7F) << 8 | payload[3]


def unpack_h264(payload: bytes) -> tuple[bytes, bool]:
    """As a byte stream with start codes (RFC 6184: single units, STAP-A, FU-A). ValueError or IndexError when cut."""
    head, second = payload[0], payload[1]
    kind = head & 0x1F
    if kind == _FU_A:
        if not second & 0x80:
            return payload[2:], False
        inner = second & 0x1F
        return _START + bytes((head & 0xE0 | inner,)) + payload[2:], inner in (_PARAMETERS, _IDR)
    if kind == _STAP_A:
        return _unpack_several(payload)
    if not 0 < kind < _STAP_A:
        raise ValueError(f"units of kind {kind} are not supported")
    return _START + payload, kind in (_PARAMETERS, _IDR)


def _unpack_several(payload: bytes) -> tuple[bytes, bool]:
    units: list[bytes] = []
    at, starts_keyframe = 1, False
    while at < len(payload):
        end = at + 2 + _LENGTH(payload, at)[0] if at + 2 <= len(payload) else len(payload) + 1
        if end > len(payload):
            raise ValueError("several units in one packet, the last one cut")
        unit = payload[at + 2 : end]
        starts_keyframe |= bool(unit) and unit[0] & 0x1F in (_PARAMETERS, _IDR)
        units += (_START, unit)
        at = end
    return b"".join(units), starts_keyframe


def unpack_of(codec_name: str) -> Unpack | None:
    """By the codec's name in SDP; None: nothing to unpack."""
    return {"VP8": unpack_vp8, "H264": unpack_h264}.get(codec_name.upper())
