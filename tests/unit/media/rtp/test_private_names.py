"""Every private name of another library that our media code touches is listed, and is where it is expected."""

import ast
import asyncio
import asyncio.selector_events
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aioice.ice
import aiortc
import pylibsrtp
import pytest
import sounddevice
from aiortc import (
    RTCDtlsTransport,
    RTCIceTransport,
    RTCRtpReceiver,
    RTCRtpSender,
    RTCRtpTransceiver,
    codecs,
    jitterbuffer,
    rtcrtpreceiver,
    rtp,
)
from aiortc.rtcdtlstransport import RtpRouter

_ROOT = Path(__file__).resolve().parents[4]
_SOURCES = ("kiosk/media", "kiosk/desk/robot")

OWNERS: dict[str, Any] = {
    "__encoder": RTCRtpSender,
    "__ids": rtp.HeaderExtensionsMap,
    "__jitter_buffer": RTCRtpReceiver,
    "__lsr": RTCRtpSender,
    "__receiver": RTCRtpTransceiver,
    "__remote_bitrate_estimator": RTCRtpReceiver,
    "__remote_streams": RTCRtpReceiver,
    "__rtcp_exited": RTCRtpReceiver,
    "__rtp_header_extensions_map": RTCRtpSender,
    "__rtp_history": RTCRtpSender,
    "__rtp_timestamp": RTCRtpSender,
    "__rtx_payload_type": RTCRtpSender,
    "__timestamp_mapper": RTCRtpReceiver,
    "_add_reader": asyncio.selector_events.BaseSelectorEventLoop,
    "_connection": RTCIceTransport,
    "_data": (rtcrtpreceiver, jitterbuffer),
    "_enabled": RTCRtpReceiver,
    "_handle_rtcp_data": RTCDtlsTransport,
    "_handle_rtcp_packet": (RTCDtlsTransport, RTCRtpReceiver),
    "_headerExtensions": RTCRtpTransceiver,
    "_initialize": sounddevice,
    "_next_encoded_frame": RTCRtpSender,
    "_nominated": aioice.ice.Connection,
    "_protocols": aioice.ice.Connection,
    "_query_consent_task": aioice.ice.Connection,
    "_register_rtp_receiver": RTCDtlsTransport,
    "_remove_reader": asyncio.selector_events.BaseSelectorEventLoop,
    "_retransmit": RTCRtpSender,
    "_rtp_header_extensions_map": RTCDtlsTransport,
    "_rtp_router": RTCDtlsTransport,
    "_rtx_ssrc": RTCRtpSender,
    "_rx_srtp": RTCDtlsTransport,
    "_send_keyframe": RTCRtpSender,
    "_send_rtcp": RTCRtpSender,
    "_send_rtp": RTCDtlsTransport,
    "_sock": asyncio.selector_events,
    "_srtp": pylibsrtp.Session,
    "_ssrc": RTCRtpSender,
    "_state": RTCDtlsTransport,
    "_terminate": sounddevice,
    "_track": RTCRtpReceiver,
    "_tx_srtp": RTCDtlsTransport,
    "_unregister_rtp_receiver": RTCDtlsTransport,
}
"""Without the class that is mangled into the name."""
REPLACED: dict[str, Any] = {
    "_run_rtcp": RTCRtpReceiver,
    "_set_rtcp_ssrc": RTCRtpReceiver,
    "_handle_disconnect": RTCRtpReceiver,
    "_handle_rtp_packet": RTCRtpReceiver,
}
"""Used or taken over by our classes, under the same name."""
PUBLIC: dict[str, Any] = {
    "ssrc_table": RtpRouter,
    "payload_type_table": RtpRouter,
    "mid_table": RtpRouter,
    "receivers": RtpRouter,
}
"""Not documented, so not promised either."""
_OWN = {"_buffer", "_open", "_view"}
"""Between modules of ours that are one thing, or of a documented class."""
_NO_SECRET = {"_exit", "_replace"}
"""Documented, of `os` and of named tuples."""


def _parts(tree: ast.AST) -> Iterator[str]:
    """Private attributes of anything but `self`, also where they are spelled as a text."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and not (isinstance(node.value, ast.Name) and node.value.id == "self"):
            yield node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
            yield node.value


def _touched() -> set[str]:
    found: set[str] = set()
    for folder in _SOURCES:
        for file in (_ROOT / folder).rglob("*.py"):
            names = _parts(ast.parse(file.read_text("utf-8")))
            found |= {name for name in names if name.startswith("_") and not name.endswith("__")}
    return {"__" + name.partition("__")[2] if "__" in name else name for name in found}


def test_each_private_name_is_listed() -> None:
    """A new one needs its place here, and one that nobody needs any more goes."""
    assert _touched() - _OWN - _NO_SECRET == set(OWNERS)


@pytest.mark.parametrize("name", [*OWNERS, *REPLACED, *PUBLIC])
def test_each_private_name_is_where_it_was(name: str) -> None:
    """In the source of its class or module, as an attribute or a method."""
    owners = (OWNERS | REPLACED | PUBLIC)[name]
    for owner in owners if isinstance(owners, tuple) else (owners,):
        source = inspect.getsource(owner)
        assert f".{name}" in source or f"def {name}(" in source or f"{name}:" in source, owner


def test_the_versions_are_those_that_were_read() -> None:
    """Of what is private, a new version may mean something else by the same name: read it again, then change this."""
    assert aiortc.__version__.startswith("1.16.")
    assert codecs.CODECS["video"][0].name == "VP8"


def test_our_receiver_reads_what_a_stock_one_writes() -> None:
    """The constructor leaves everything there that is used of it."""
    written = inspect.getsource(RTCRtpReceiver.__init__)
    for name in ("__jitter_buffer", "__remote_streams", "__timestamp_mapper", "__rtcp_exited", "_enabled", "_track"):
        assert f"self.{name}" in written, name
    assert list(inspect.signature(RTCRtpReceiver.__init__).parameters) == ["self", "kind", "transport"]
    assert [*inspect.signature(RTCDtlsTransport._register_rtp_receiver).parameters][1:] == ["receiver", "parameters"]
