"""How long a peer is asked to hold pictures back, and how that is written into packets."""

import pytest
from aiortc.rtcrtpparameters import RTCRtpHeaderExtensionParameters, RTCRtpParameters
from aiortc.rtp import HeaderExtensions, HeaderExtensionsMap, RtpPacket

from kiosk.media.rtp import patience, twcc
from kiosk.media.rtp.extensions import Extensions, place_of
from kiosk.media.rtp.patience import Patience

MID = RTCRtpHeaderExtensionParameters(id=1, uri="urn:ietf:params:rtp-hdrext:sdes:mid")


@pytest.mark.parametrize(
    ("loss", "round_trip_s", "wait_s"),
    [(0.0, 0.1, 0.0), (0.005, 0.1, 0.0), (0.05, 0.1, 0.23), (0.1, 0.1, 0.28), (0.4, 0.1, 0.28), (0.1, 1.0, 0.5)],
)
def test_there_is_time_for_repeats(loss: float, round_trip_s: float, wait_s: float) -> None:
    """None on a good way, one round trip or two on a lossy one; half a second at most."""
    held_back = Patience()
    held_back.look(loss, round_trip_s, 100.0)
    assert held_back.wait_s == pytest.approx(wait_s)


def test_pictures_slow_down_at_once_and_hurry_up_late() -> None:
    """Ten seconds after the loss was last that heavy."""
    held_back = Patience()
    for second in range(5):
        held_back.look(0.1, 0.1, 100.0 + second)
        held_back.look(0.02, 0.1, 100.5 + second)
    assert held_back.wait_s == pytest.approx(0.28)
    for second in range(5, 14):
        held_back.look(0.0, 0.1, 100.0 + second)
        assert held_back.wait_s == pytest.approx(0.28)
    held_back.look(0.0, 0.1, 114.5)
    assert held_back.wait_s == 0


@pytest.mark.parametrize("patience_id", [0, 6, 15])
def test_it_is_written_as_libwebrtc_reads_it(patience_id: int) -> None:
    """12 bits each for the least and the most, in units of 10 ms; nothing where the peer does not know it."""
    held_back = Patience()
    ours = Extensions(held_back)
    known = [MID, RTCRtpHeaderExtensionParameters(id=5, uri=twcc.EXTENSION)]
    if patience_id:
        known.append(RTCRtpHeaderExtensionParameters(id=patience_id, uri=patience.EXTENSION))
    ours.configure(RTCRtpParameters(headerExtensions=known))
    held_back.look(0.05, 0.1, 100.0)
    packet = RtpPacket(payload_type=97, sequence_number=1, timestamp=2, ssrc=3, payload=b"picture")
    packet.extensions = HeaderExtensions(mid="video")
    data = packet.serialize(ours)
    stock = HeaderExtensionsMap()
    stock.configure(RTCRtpParameters(headerExtensions=known))
    read = RtpPacket.parse(data, stock)
    assert (read.payload, read.extensions.mid, read.extensions.transport_sequence_number) == (b"picture", "video", 0)
    assert place_of(data, 5) > 0
    at = place_of(data, 6)
    assert bool(at) is (patience_id == 6)
    if at:
        assert data[at - 1] & 0x0F == 3 - 1
        assert int.from_bytes(data[at : at + 3], "big") == 23 << 12 | 1000


@pytest.mark.parametrize(("mid", "number"), [(4, 5), (4, 15), (15, 5), (200, 255)])
def test_the_number_has_its_place_in_both_kinds_of_heads(mid: int, number: int) -> None:
    """Peers give extensions numbers beyond 14; a number that is never filled in says of each packet that it is one."""
    ours, stock = Extensions(Patience()), HeaderExtensionsMap()
    uris = {mid: MID.uri, number: twcc.EXTENSION}
    known = [RTCRtpHeaderExtensionParameters(id=one, uri=uri) for one, uri in uris.items()]
    packet = RtpPacket(payload_type=97, payload=b"picture")
    packet.extensions = HeaderExtensions(mid="video")
    for extensions in (ours, stock):
        extensions.configure(RTCRtpParameters(headerExtensions=known))
    data = packet.serialize(ours)
    at = place_of(data, number)
    assert at > 0
    filled = RtpPacket.parse(data[:at] + b"\xab\xcd" + data[at + 2 :], stock)
    assert (filled.extensions.transport_sequence_number, filled.extensions.mid) == (0xABCD, "video")
    assert place_of(data, 7) == 0
