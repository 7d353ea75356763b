"""A partner's offer, made fit for aiortc, and aiortc's answer, made fit for the partner.

aiortc fails the whole description for one line it cannot use; RFC 8829 asks to reject that line with port 0. So lines
without a codec of ours, stopped lines and foreign ones are taken out here and put back, rejected, into the answer.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from aiortc.rtcdtlstransport import X509_DIGEST_ALGORITHMS
from aiortc.rtp import DYNAMIC_PAYLOAD_TYPES
from aiortc.sdp import DIRECTIONS, SessionDescription, parse_h264_profile_level_id

from kiosk.contract.configuration import Codec
from kiosk.contract.errors import MalformedError, Reason
from kiosk.media.engine.waist import Line
from kiosk.media.rtp.parity import Types

MAX_SDP_BYTES = 65_536
_MAX_LINES = 16
_MAX_CANDIDATES = 64
_MAX_FORMATS, _MAX_TEXT_LINES = 128, 4096
"""Of a media line, of which there are no more numbers, and in all: it is all looked at while everybody waits."""
_MEDIA = re.compile(r"^m=([a-z]+) (\d{1,5}) ([A-Za-z0-9/]+) ([^ ].*)$")
_OURS = {"microphone": ("opus/48000/2",), "camera": ("VP8/90000", "H264/90000"), "screen": ("VP8/90000", "H264/90000")}
_TRANSPORT = ("a=ice-ufrag:", "a=ice-pwd:", "a=fingerprint:", "a=setup:", "a=rtcp-mux")
_WITHOUT_VALUE = re.compile(r"a=ssrc:\d+ [^:]+$")
"""A word about a source (RFC 5576, 4.1), which aiortc chokes on."""
_EXTENSION = re.compile(r"a=extmap:(\d{1,10})(?:/[a-z]+)? ")
_LARGEST_ID = 255
"""Of an extension in a packet; what an offer numbers beyond (RFC 8285, 6) or not at all cannot be sent."""
_UNUSED = ("a=simulcast:", "a=rid:", "a=ssrc-group:SIM", "a=bundle-only")

PARSE_ERRORS = (ValueError, AssertionError, KeyError, IndexError, AttributeError, TypeError, StopIteration)
"""What aiortc's parser raises for text that is no SDP."""


_PLACES = tuple(Line)


class Offer(NamedTuple):
    """What is left for aiortc, and what was taken out."""

    sdp: str
    lines: dict[str, Line]
    """Mid to line, of the lines that are left."""
    codecs: dict[Line, Codec]
    """The codec to send on a video line: the preferred one where the partner takes it."""
    retransmissions: dict[str, tuple[int, ...]]
    """Mid to the SSRCs on which lost packets come again (FID groups of RFC 5576)."""
    parity: dict[str, Types]
    """Mid to the payload types with which lost packets are made from others; the answer takes them."""
    rejected: dict[int, str]
    """Place of a line that was taken out, to its rejection for the answer."""


def read_offer(text: str, preferred: Codec, source: str, places: Sequence[Line | None] = _PLACES) -> Offer:
    """`text` filtered. `places` says what its media lines are, in their order.

    Raises:
        MalformedError: too long, no SDP, no line left, or without ICE, DTLS or bundled RTP as a browser would have it.
    """
    if len(text) > MAX_SDP_BYTES:
        raise MalformedError(source, f"SDP of {len(text)} characters", Reason.OVERSIZED)
    session, sections = _split(text, source)
    offer = Offer("", {}, {}, {}, {}, {})
    kept: list[str] = []
    for place, section in enumerate(sections):
        line = places[place] if place < len(places) else None
        _take_section(offer, place, section, line, preferred, kept, source)
    if not offer.lines:
        raise MalformedError(source, "no media line that can be used")
    session = [_bundle(line, offer.lines) for line in session]
    sdp = "\r\n".join([*session, *kept, ""])
    _check(sdp, source)
    return offer._replace(sdp=sdp)


def finish_answer(answer: str, offer: Offer) -> str:
    """aiortc's answer with parity, of which it knows nothing, and with the rejected lines back in their places."""
    head, *sections = re.split(r"(?m)^(?=m=)", answer)
    sections = [_with_parity(section, offer) for section in sections]
    for place, rejection in sorted(offer.rejected.items()):
        sections.insert(place, rejection)
    return head + "".join(sections)


def _with_parity(section: str, offer: Offer) -> str:
    found = re.search(r"(?m)^a=mid:(\S+)", section)
    types = offer.parity.get(found[1]) if found else None
    if not types:
        return section
    formats, more = f"{types.red} {types.ulpfec}", ""
    if types.again is not None:
        formats += f" {types.again}"
        more = f"a=rtpmap:{types.again} rtx/90000\r\na=fmtp:{types.again} apt={types.red}\r\n"
    first, rest = section.split("\r\n", 1)
    maps = f"a=rtpmap:{types.red} red/90000\r\na=rtpmap:{types.ulpfec} ulpfec/90000\r\n"
    return f"{first} {formats}\r\n{rest}{maps}{more}"


def _split(text: str, source: str) -> tuple[list[str], list[list[str]]]:
    lines = [_tidied(line) for line in re.split(r"\r\n|\n", text) if line and not _is_beyond_us(line)]
    if not lines or lines[0] != "v=0":
        raise MalformedError(source, "no SDP")
    if len(lines) > _MAX_TEXT_LINES:
        raise MalformedError(source, f"SDP of {len(lines)} lines", Reason.OVERSIZED)
    session: list[str] = []
    sections: list[list[str]] = []
    for line in lines:
        if line.startswith("m="):
            sections.append([])
        (sections[-1] if sections else session).append(line)
    for section in sections:
        section += _missing_direction(section, session)
    _share_transport(session, sections)
    if not 0 < len(sections) <= _MAX_LINES or text.count("a=candidate:") > _MAX_CANDIDATES:
        raise MalformedError(source, f"{len(sections)} media lines, {text.count('a=candidate:')} candidates")
    return session, sections


def _is_beyond_us(line: str) -> bool:
    extension = _EXTENSION.match(line)
    return bool(extension and not 0 < int(extension[1]) <= _LARGEST_ID) or _WITHOUT_VALUE.match(line) is not None


def _tidied(line: str) -> str:
    """As aiortc's parser wants it: no spaces between parameters, extensions without attributes."""
    if line.startswith("a=fmtp:"):
        return ";".join(part.strip() for part in line.split(";"))
    return " ".join(line.split()[:2]) if re.match(r"a=extmap:\S+ [a-z]+:", line) else line


def _missing_direction(section: list[str], session: list[str]) -> list[str]:
    """Who says nothing on the line means what the session says, or both ways (RFC 8866, 6.7)."""
    said = [[line for line in lines if line[2:] in DIRECTIONS] for lines in (section, session)]
    return [] if said[0] else said[1][:1] or ["a=sendrecv"]


def _share_transport(session: list[str], sections: list[list[str]]) -> None:
    """One line of a bundle may stand for the others, which then say nothing of it (RFC 8829, 5.2.1)."""
    bundled = _value(session, "a=group:BUNDLE ").split()
    by_mid = {_value(section, "a=mid:"): section for section in sections}
    first, *others = [by_mid[mid] for mid in bundled if mid in by_mid] or [[]]
    for section in others:
        missing = [prefix for prefix in _TRANSPORT if not _values(section, prefix)]
        section += [line for line in first if line.startswith(tuple(missing))]


def _take_section(
    offer: Offer, place: int, section: list[str], line: Line | None, preferred: Codec, kept: list[str], source: str
) -> None:
    found = _MEDIA.match(section[0])
    if not found:
        raise MalformedError(source, f"media line {place} is none")
    kind, port, profile, listed = found.groups()
    formats = list(dict.fromkeys(listed.split()))
    if len(formats) > _MAX_FORMATS:
        raise MalformedError(source, f"media line {place} with {len(formats)} formats", Reason.OVERSIZED)
    mid = _value(section, "a=mid:")
    is_kind = kind == ("audio" if line is Line.MICROPHONE else "video")
    is_stopped = port == "0" and "a=bundle-only" not in section
    chosen = _choose(section, formats, line, preferred) if line and is_kind else []
    if not line or not is_kind or is_stopped or not chosen or profile != "UDP/TLS/RTP/SAVPF" or not mid:
        mid_line = f"a=mid:{mid}\r\n" if mid else ""
        offer.rejected[place] = f"m={kind} 0 {profile} {listed}\r\nc=IN IP4 0.0.0.0\r\n{mid_line}a=inactive\r\n"
        return
    if mid in offer.lines:
        raise MalformedError(source, f"mid {mid!r} twice")
    offer.lines[mid] = line
    if line is not Line.MICROPHONE:
        offer.codecs[line] = Codec.H264 if _name(section, chosen[0]).upper().startswith("H264") else Codec.VP8
        types = _parity(section, formats)
        if types and offer.codecs[line] is Codec.VP8:  # browsers count pictures in VP8 only, and need it
            offer.parity[mid] = types
    groups = [value.split()[1:] for value in _values(section, "a=ssrc-group:FID")]
    offer.retransmissions[mid] = tuple(int(group[1]) for group in groups if len(group) == 2 and _is_number(group[1]))
    kept.append(f"m={kind} 9 {profile} {' '.join(chosen)}")
    by_format: dict[str, list[str]] = {}
    for text in section[1:]:
        by_format.setdefault(_format_of(text), []).append(text)
    kept.extend(text for one in ("", "*") for text in by_format.get(one, ()) if not text.startswith(_UNUSED))
    for pt in chosen:  # aiortc takes their order from these lines, not from the media line
        kept.extend(by_format.get(pt, ()))


def _choose(section: list[str], formats: list[str], line: Line, preferred: Codec) -> list[str]:
    """Payload types to keep: codecs of ours, the preferred one first, each with its retransmissions."""
    usable = [pt for pt in formats if _is_ours(section, pt, line)]
    usable.sort(key=lambda pt: not _name(section, pt).lower().startswith(preferred.value))
    again = {rtx: _fmtp(section, rtx).split(";") for rtx in formats if _name(section, rtx).lower() == "rtx/90000"}
    chosen: list[str] = []
    for pt in usable:
        chosen.append(pt)
        chosen.extend(rtx for rtx, parameters in again.items() if f"apt={pt}" in parameters)
    return chosen


def _parity(section: list[str], formats: list[str]) -> Types | None:
    named = {_name(section, pt).lower(): pt for pt in reversed(formats) if _is_number(pt) and int(pt) < 128}
    red, ulpfec = named.get("red/90000"), named.get("ulpfec/90000")
    if not red or not ulpfec:
        return None
    again = next((pt for pt in formats if f"apt={red}" in _fmtp(section, pt).split(";")), "")
    return Types(int(red), int(ulpfec), int(again) if _is_number(again) and int(again) < 128 else None)


def _is_ours(section: list[str], pt: str, line: Line) -> bool:
    name = _name(section, pt)
    if name.lower() not in {ours.lower() for ours in _OURS[line]}:
        return False
    if not _is_number(pt) or int(pt) not in DYNAMIC_PAYLOAD_TYPES:  # aiortc would answer with a number of its own
        return False
    return not name.upper().startswith("H264") or _is_known_h264(_fmtp(section, pt).lower().split(";"))


def _is_known_h264(parameters: list[str]) -> bool:
    """(Constrained) baseline in packetization mode 1, what aiortc can do; of a level that it knows."""
    profile = next((one.partition("=")[2] for one in parameters if one.startswith("profile-level-id=42")), "")
    try:
        parse_h264_profile_level_id(profile)
    except ValueError:
        return False
    return "packetization-mode=1" in parameters


def _is_number(text: str) -> bool:
    """One that `int` takes: not of digits that are none to it, and not of thousands of them."""
    return re.fullmatch(r"[0-9]{1,10}", text) is not None


def _name(section: list[str], pt: str) -> str:
    return _value(section, f"a=rtpmap:{pt} ")


def _fmtp(section: list[str], pt: str) -> str:
    return _value(section, f"a=fmtp:{pt} ")


def _values(section: list[str], prefix: str) -> list[str]:
    return [line for line in section if line.startswith(prefix)]


def _value(section: list[str], prefix: str) -> str:
    return next((line[len(prefix) :].strip() for line in section if line.startswith(prefix)), "")


def _format_of(text: str) -> str:
    """The payload type that an attribute is about; empty when it is about none."""
    found = re.match(r"^a=(?:rtpmap|fmtp|rtcp-fb):(\S+) ", text)
    return found[1] if found else ""


def _bundle(line: str, lines: dict[str, Line]) -> str:
    if not line.startswith("a=group:BUNDLE"):
        return line
    return " ".join(["a=group:BUNDLE", *(mid for mid in line.split()[1:] if mid in lines)])


def _check(sdp: str, source: str) -> None:
    """aiortc's own parser, before a peer connection is made: what it chokes on is refused here."""
    try:
        description = SessionDescription.parse(sdp)
    except PARSE_ERRORS as error:
        raise MalformedError(source, f"{type(error).__name__} in SDP: {error}") from None
    bundle = [group.items for group in description.group if group.semantic == "BUNDLE"]
    mids = [media.rtp.muxId for media in description.media]
    if bundle != [mids]:
        raise MalformedError(source, "the media lines are not one bundle")
    for media in description.media:
        ice, dtls = media.ice, media.dtls
        if not (ice and ice.usernameFragment and ice.password and dtls and dtls.fingerprints):
            raise MalformedError(source, f"line {media.rtp.muxId!r} is without ICE or DTLS")
        algorithms = {one.algorithm.lower() for one in dtls.fingerprints}
        if not algorithms & X509_DIGEST_ALGORITHMS.keys():  # the handshake would fail for it, again and again
            raise MalformedError(source, f"fingerprints by {', '.join(sorted(algorithms))} only")
        if not media.rtcp_mux:
            raise MalformedError(source, f"line {media.rtp.muxId!r} is without rtcp-mux")
