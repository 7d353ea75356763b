"""Offers that aiortc would choke on, made fit for it; and offers that are none."""

import contextlib
import time

import pytest
from aiortc.sdp import SessionDescription

from kiosk.contract.configuration import Codec
from kiosk.contract.errors import MalformedError, Reason
from kiosk.media.engine.waist import Line
from kiosk.media.rtp import twcc
from kiosk.media.rtp.parity import Types
from kiosk.media.rtp.sdp import MAX_SDP_BYTES, finish_answer, read_offer

SESSION = ["v=0", "o=- 1 1 IN IP4 0.0.0.0", "s=-", "t=0 0", "a=group:BUNDLE 0 1 2"]
SECURITY = [
    "a=ice-ufrag:abcd",
    "a=ice-pwd:abcdefghijklmnopqrstuvwx",
    "a=fingerprint:sha-256 " + ":".join(["AB"] * 32),
    "a=setup:actpass",
    "a=rtcp-mux",
]
CODECS = {
    "96": ["a=rtpmap:96 VP8/90000", "a=rtcp-fb:96 nack pli", "a=rtcp-fb:96 goog-remb"],
    "97": ["a=rtpmap:97 rtx/90000", "a=fmtp:97 apt=96"],
    "98": ["a=rtpmap:98 VP9/90000"],
    "102": ["a=rtpmap:102 H264/90000", "a=fmtp:102 packetization-mode=1;profile-level-id=42e01f"],
    "103": ["a=rtpmap:103 rtx/90000", "a=fmtp:103 apt=102"],
    "104": ["a=rtpmap:104 H264/90000", "a=fmtp:104 packetization-mode=0;profile-level-id=42e01f"],
    "108": ["a=rtpmap:108 H264/90000", "a=fmtp:108 packetization-mode=1;profile-level-id=640c1f"],
    "111": ["a=rtpmap:111 opus/48000/2", "a=fmtp:111 minptime=10;useinbandfec=1"],
    "9": ["a=rtpmap:9 G722/8000"],
}
VIDEO = ("96", "97", "98", "102", "103", "104", "108")


def media(mid: str, kind: str, formats: tuple[str, ...], port: int = 9, extra: tuple[str, ...] = ()) -> list[str]:
    lines = [f"m={kind} {port} UDP/TLS/RTP/SAVPF {' '.join(formats)}", "c=IN IP4 0.0.0.0", f"a=mid:{mid}", "a=sendrecv"]
    return [*lines, *SECURITY, *extra, *(line for pt in formats for line in CODECS[pt])]


def offer_of(*sections: list[str], session: list[str] = SESSION) -> str:
    return "\r\n".join([*session, *(line for section in sections for line in section), ""])


MICROPHONE = media("0", "audio", ("111", "9"))
CAMERA = media("1", "video", VIDEO, extra=("a=ssrc-group:FID 11 12", "a=ssrc:11 cname:x", "a=ssrc:12 cname:x"))
SCREEN = media("2", "video", VIDEO)


def formats(sdp: str) -> list[str]:
    return [line.split(" ", 3)[3] for line in sdp.splitlines() if line.startswith("m=")]


def test_a_browsers_offer_keeps_its_three_lines() -> None:
    """Only codecs of ours are left, each with its retransmissions, whose SSRCs are known."""
    offer = read_offer(offer_of(MICROPHONE, CAMERA, SCREEN), Codec.VP8, "offer")
    assert offer.lines == {"0": Line.MICROPHONE, "1": Line.CAMERA, "2": Line.SCREEN}
    assert formats(offer.sdp) == ["111", "96 97 102 103", "96 97 102 103"]
    assert offer.retransmissions == {"0": (), "1": (12,), "2": ()}
    assert offer.codecs == {Line.CAMERA: Codec.VP8, Line.SCREEN: Codec.VP8}
    assert "VP9" not in offer.sdp
    assert offer.rejected == {}


PARITY = {
    "119": ["a=rtpmap:119 red/90000"],
    "120": ["a=rtpmap:120 rtx/90000", "a=fmtp:120 apt=119"],
    "121": ["a=rtpmap:121 ulpfec/90000"],
}


@pytest.mark.parametrize(
    ("formats_more", "types", "added"),
    [
        (("119", "120", "121"), Types(119, 121, 120), "119 121 120"),
        (("121", "119"), Types(119, 121, None), "119 121"),
        (("119", "120"), None, ""),
        ((), None, ""),
    ],
)
def test_parity_is_taken_where_it_is_whole(formats_more: tuple[str, ...], types: Types | None, added: str) -> None:
    """aiortc never sees it; the answer has it, beside VP8 only, and on that line only."""
    extra = tuple(line for pt in formats_more for line in PARITY[pt])
    camera = media("1", "video", VIDEO, extra=extra)
    camera[0] += "".join(f" {pt}" for pt in formats_more)
    text = offer_of(MICROPHONE, camera, SCREEN)
    offer = read_offer(text, Codec.VP8, "offer")
    assert offer.parity == ({"1": types} if types else {})
    assert "red/90000" not in offer.sdp
    answer = finish_answer(offer.sdp, offer)
    assert formats(answer)[1] == f"96 97 102 103 {added}".strip()
    assert formats(answer)[2] == "96 97 102 103"
    assert ("a=rtpmap:119 red/90000" in answer) is ("a=rtpmap:121 ulpfec/90000" in answer) is bool(types)
    assert ("a=fmtp:120 apt=119" in answer) is (types is not None and types.again is not None)
    assert SessionDescription.parse(answer).media[1].rtp.muxId == "1"
    assert read_offer(text, Codec.H264, "offer").parity == {}


def test_the_configured_codec_comes_first_where_the_partner_takes_it() -> None:
    """H.264 first: in the media line and, for aiortc, in the order of the descriptions. Without it VP8 stays."""
    offer = read_offer(offer_of(MICROPHONE, CAMERA, SCREEN), Codec.H264, "offer")
    assert formats(offer.sdp)[1] == "102 103 96 97"
    assert offer.sdp.index("a=rtpmap:102") < offer.sdp.index("a=rtpmap:96")
    assert offer.codecs[Line.CAMERA] is Codec.H264
    only_vp8 = media("1", "video", ("96", "97"))
    assert read_offer(offer_of(MICROPHONE, only_vp8), Codec.H264, "offer").codecs[Line.CAMERA] is Codec.VP8


@pytest.mark.parametrize(("of_all", "meant"), [("", "sendrecv"), ("a=recvonly", "recvonly")])
def test_a_line_without_direction_has_the_sessions_or_both(of_all: str, meant: str) -> None:
    """As gateways write it; aiortc refuses the whole offer for it."""
    camera = [text for text in CAMERA if text != "a=sendrecv"]
    session = [*SESSION, of_all] if of_all else SESSION
    offer = read_offer(offer_of(MICROPHONE, camera, SCREEN, session=session), Codec.VP8, "offer")
    assert [media.direction for media in SessionDescription.parse(offer.sdp).media] == ["sendrecv", meant, "sendrecv"]


def only_h264(parameters: str, pt: str = "102") -> list[str]:
    camera = [f"m=video 9 UDP/TLS/RTP/SAVPF {pt} 103", "c=IN IP4 0.0.0.0", "a=mid:1", "a=sendrecv", *SECURITY]
    return [*camera, f"a=rtpmap:{pt} H264/90000", f"a=fmtp:{pt} {parameters}", "a=rtpmap:103 rtx/90000"]


def test_spaces_between_parameters_mean_nothing() -> None:
    """RFC 6184 itself writes them; aiortc takes them for a part of the name and finds no common codec."""
    spaced = only_h264("level-asymmetry-allowed=1; packetization-mode=1 ; profile-level-id=42E01F;")
    camera = [*spaced, "a=fmtp:103 rtx-time=3000; apt=102"]
    offer = read_offer(offer_of(MICROPHONE, camera, SCREEN), Codec.VP8, "offer")
    assert formats(offer.sdp)[1] == "102 103"
    codec, again = SessionDescription.parse(offer.sdp).media[1].rtp.codecs
    assert (codec.parameters["packetization-mode"], codec.parameters["profile-level-id"]) == ("1", "42E01F")
    assert again.parameters["apt"] == 102


@pytest.mark.parametrize(
    "odd",
    [
        media("1", "video", ("98",)),
        media("1", "video", VIDEO, port=0),
        ["m=text 9 RTP/AVP 98", "c=IN IP4 0.0.0.0", "a=mid:1"],
        ["m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "a=mid:1"],
        media("1", "audio", ("111",)),
        only_h264("packetization-mode=1;profile-level-id=42e03c"),
        only_h264("packetization-mode=10;profile-level-id=42e01f"),
        only_h264("packetization-mode=1;profile-level-id=42e01f", pt="45"),
    ],
    ids=[
        *("no common codec", "stopped", "text", "data", "sound in the camera's place"),
        *("a level that aiortc does not know", "an unknown mode", "a number that aiortc would change"),
    ],
)
def test_a_line_that_cannot_be_used_is_rejected_alone(odd: list[str]) -> None:
    """It leaves offer and bundle, the screen stays the screen, and the answer has it at its place with port 0."""
    offer = read_offer(offer_of(MICROPHONE, odd, SCREEN), Codec.VP8, "offer")
    assert offer.lines == {"0": Line.MICROPHONE, "2": Line.SCREEN}
    assert "a=group:BUNDLE 0 2\r\n" in offer.sdp
    answer = finish_answer("v=0\r\nm=audio 9 A 111\r\na=mid:0\r\nm=video 9 A 96\r\na=mid:2\r\n", offer)
    lines = [line for line in answer.splitlines() if line.startswith("m=")]
    kind = odd[0].split()[0]
    assert [line.split()[0] for line in lines] == ["m=audio", kind, "m=video"]
    assert lines[1].split()[1] == "0"
    assert answer.count("a=mid:1\r\n") == 1


def test_a_bundle_only_line_is_not_a_stopped_one() -> None:
    """Firefox offers port 0 with bundle-only (RFC 8829, 5.2.1)."""
    camera = media("1", "video", VIDEO, port=0, extra=("a=bundle-only",))
    offer = read_offer(offer_of(MICROPHONE, camera, SCREEN), Codec.VP8, "offer")
    assert list(offer.lines.values()) == list(Line)
    assert "bundle-only" not in offer.sdp


def test_one_line_of_a_bundle_speaks_for_the_others() -> None:
    """The way to the partner is said once only, as RFC 8829 has it (5.2.1, 7.3)."""
    camera, screen = ([text for text in section if text not in SECURITY] for section in (CAMERA, SCREEN))
    camera[0] = camera[0].replace(" 9 ", " 0 ")
    offer = read_offer(offer_of(MICROPHONE, [*camera, "a=bundle-only"], screen), Codec.VP8, "offer")
    first, *others = SessionDescription.parse(offer.sdp).media
    assert len(others) == 2
    for other in others:
        assert (other.ice, other.dtls, other.rtcp_mux) == (first.ice, first.dtls, True)


def test_words_that_aiortc_does_not_know_are_left_out() -> None:
    """Attributes of an extension (RFC 6464 has them), and of a source, that say nothing to us."""
    microphone = [*MICROPHONE, "a=extmap:1/sendonly urn:ietf:params:rtp-hdrext:ssrc-audio-level vad=on"]
    camera = [*CAMERA, "a=ssrc:11 previous"]
    offer = read_offer(offer_of(microphone, camera, SCREEN), Codec.VP8, "offer")
    sound, picture, _ = SessionDescription.parse(offer.sdp).media
    assert [one.uri for one in sound.rtp.headerExtensions] == ["urn:ietf:params:rtp-hdrext:ssrc-audio-level"]
    assert [one.ssrc for one in picture.ssrc] == [11, 12]


@pytest.mark.parametrize("number", [0, 256, 4096, 10**9])
def test_an_extension_that_no_packet_can_carry_is_left_out(number: int) -> None:
    """Else nothing would leave: aiortc's sender ends where it cannot write one."""
    camera = [*CAMERA, f"a=extmap:{number} {twcc.EXTENSION}", "a=extmap:255 urn:ietf:params:rtp-hdrext:sdes:mid"]
    offer = read_offer(offer_of(MICROPHONE, camera, SCREEN), Codec.VP8, "offer")
    assert [one.id for one in SessionDescription.parse(offer.sdp).media[1].rtp.headerExtensions] == [255]


@pytest.mark.parametrize(("algorithms", "is_taken"), [(("sha-1",), False), (("sha-1", "SHA-512"), True)])
def test_a_fingerprint_has_to_be_one_that_can_be_compared(algorithms: tuple[str, ...], is_taken: bool) -> None:
    """Else the handshake fails, and the same is offered again without end: refused, and the reason is named."""
    found = [f"a=fingerprint:{algorithm} {'AB:' * 19}AB" for algorithm in algorithms]
    session = [*SESSION, *found]
    sections = [[text for text in section if "fingerprint" not in text] for section in (MICROPHONE, CAMERA, SCREEN)]
    text = offer_of(*sections, session=session)
    if is_taken:
        assert read_offer(text, Codec.VP8, "offer").lines
    else:
        with pytest.raises(MalformedError, match="fingerprints by sha-1 only"):
            read_offer(text, Codec.VP8, "offer")


def without(prefix: str) -> str:
    return "\r\n".join(
        line for line in offer_of(MICROPHONE, CAMERA, SCREEN).split("\r\n") if not line.startswith(prefix)
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "v=0",
        "v=0\r\nm=audio\r\n",
        offer_of(media("0", "video", ("98",))),
        offer_of(MICROPHONE, media("0", "video", VIDEO)),
        offer_of(MICROPHONE, session=["v=0", "a=group:BUNDLE 0 7x"])[:-400],
        offer_of(MICROPHONE, CAMERA, session=SESSION[:4]),
        offer_of(*[MICROPHONE] * 17),
        offer_of([*MICROPHONE, "a=candidate:1 1 udp x 1.2.3.4 9 typ host"]),
        offer_of([*MICROPHONE, "a=candidate:1"]),
        offer_of([*MICROPHONE, "a=ssrc:nonsense cname:x"]),
        offer_of([*MICROPHONE, "a=extmap:x y z"]),
        without("a=ice-ufrag"),
        without("a=fingerprint"),
        without("a=setup"),
        without("a=rtcp-mux"),
        without("a=mid"),
    ],
)
def test_what_is_no_offer_is_refused(text: str) -> None:
    """With an error of ours, whatever aiortc's parser would raise."""
    with pytest.raises(MalformedError):
        read_offer(text, Codec.VP8, "offer")


@pytest.mark.parametrize("number", ["²", "9" * 5000])
def test_a_number_that_is_none_harms_nobody(number: str) -> None:
    """Neither as a source nor as a payload type does it raise anything else than an error of ours."""
    bare = media("1", "video", VIDEO)
    bare[0] += f" {number} 119 121"
    red = ["a=rtpmap:119 red/90000", "a=rtpmap:121 ulpfec/90000", f"a=rtpmap:{number} rtx/90000"]
    for camera in (
        [*bare, f"a=ssrc-group:FID 11 {number}"],
        [*bare, f"a=rtpmap:{number} VP8/90000"],
        [*bare, *red, f"a=fmtp:{number} apt=119"],
    ):
        with contextlib.suppress(MalformedError):
            offer = read_offer(offer_of(MICROPHONE, camera, SCREEN), Codec.VP8, "offer")
            assert number not in offer.sdp


def lines_of(count: int) -> list[str]:
    return [*CAMERA, *["a=x"] * count]


@pytest.mark.parametrize(
    ("camera", "is_taken"),
    [
        ([CAMERA[0] + " 96" * 1000, *CAMERA[1:]], True),
        ([CAMERA[0] + "".join(f" {number}" for number in range(1000, 5000)), *CAMERA[1:]], False),
        (lines_of(8000), False),
        ([*CAMERA, "a=fmtp:98 " + "\t" * 40_000 + "x"], True),
    ],
    ids=["the same format", "formats", "lines", "spaces"],
)
def test_an_offer_of_many_words_is_soon_read(camera: list[str], is_taken: bool) -> None:
    """All partners wait meanwhile; 5 KB could take half a minute."""
    text, begin_s = offer_of(MICROPHONE, camera, SCREEN), time.process_time()
    assert len(text) < MAX_SDP_BYTES
    if is_taken:
        assert formats(read_offer(text, Codec.VP8, "offer").sdp)[1] == "96 97 102 103"
    else:
        with pytest.raises(MalformedError) as refused:
            read_offer(text, Codec.VP8, "offer")
        assert refused.value.reason is Reason.OVERSIZED
    assert time.process_time() - begin_s < 1


def test_a_huge_offer_is_refused_before_it_is_read() -> None:
    """The reason says why."""
    with pytest.raises(MalformedError) as refused:
        read_offer("v=0\r\n" + "a=x\r\n" * (MAX_SDP_BYTES // 4), Codec.VP8, "offer")
    assert refused.value.reason is Reason.OVERSIZED
