"""Bytes to messages and back. Knows no socket, no topic and no file: who calls says where the bytes came from."""

from functools import cache
from typing import Any

import msgspec

from kiosk.contract.errors import MalformedError, Reason

MAX_MESSAGE_BYTES = 262_144
"""Longest message on a link, in an MQTT payload or on a desk's WebSocket; an SDP of ours has about 8 KiB."""


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


def encode(message: object) -> bytes:
    """One message as compact UTF-8 JSON without a line break."""
    return msgspec.json.encode(message)


def decode(data: bytes, kind: Any, source: str) -> Any:
    """`data` as a `kind`, which may be a struct or a union of tagged structs.

    Raises:
        MalformedError: not JSON, not of that kind (the path in the message is named), or too long.
    """
    if len(data) > MAX_MESSAGE_BYTES:
        raise MalformedError(source, f"{len(data)} bytes, at most {MAX_MESSAGE_BYTES}", Reason.OVERSIZED)
    try:
        return _decoder(kind).decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedError(source, str(error)) from None
