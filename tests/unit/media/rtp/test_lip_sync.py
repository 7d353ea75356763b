"""Pictures and the sound that belongs to them: when each is shown, by what the sender's reports say."""

from collections.abc import AsyncIterator, Callable
from fractions import Fraction
from itertools import pairwise
from typing import Any

import av
import pytest
from aiortc import MediaStreamTrack, RTCPeerConnection
from aiortc.codecs import CODECS
from aiortc.mediastreams import MediaStreamError
from aiortc.rtp import RtcpRrPacket, RtcpSenderInfo, RtcpSrPacket

from kiosk.media.playback.voice import Heard, Voice
from kiosk.media.rtp import sender_report
from kiosk.media.rtp.lip_sync import MOST_S, TOLERANCE_S, LipSync, SenderTimes

SOUND, PICTURE = 11, 22
TWO_HOURS_NTP_S = 3_900_000_000


class Bench:
    """A partner whose two clocks begin anywhere, seen at times that the test says."""

    def __init__(self, sound_behind_s: float) -> None:
        """How much longer sound takes to the ear than a picture to us."""
        self.behind_s, self.now_s = sound_behind_s, 50.0
        self.voice = Voice()
        self.lips = LipSync(self.voice, lambda: self.now_s)

    def report(self, sound_rtp: int = 2**32 - 1000, picture_rtp: int = 5) -> None:
        """What the sender says its clocks were at second 0, with an overflow right behind."""
        self.origin = sound_rtp
        for ssrc, rtp in ((SOUND, sound_rtp), (PICTURE, picture_rtp)):
            self.lips._times.note(ssrc, rtp, TWO_HOURS_NTP_S << 32)

    def hear(self, at_s: float) -> None:
        """The ear hears what was said then, minus the delay of sound."""
        timestamp = self.origin + round((at_s - self.behind_s) * 48_000)
        self.voice.heard = Heard(SOUND, timestamp, at_s)

    def due_s(self, taken_s: float, picture_rtp: int = 5) -> float:
        """Of a picture that comes now."""
        return self.lips.due_s(PICTURE, (picture_rtp + round(taken_s * 90_000)) % 2**32)

    def hold_s(self) -> float:
        """After three seconds of talk; the picture of now is here."""
        for _ in range(90):
            self.now_s += 1 / 30
            self.hear(self.now_s)
            hold_s = self.lips.hold_for(TWO_HOURS_NTP_S + self.now_s, self.now_s)
        return hold_s


@pytest.mark.parametrize("behind_s", [0.0, 0.03, 0.08, 0.15, 0.23])
async def test_the_picture_waits_for_its_sound(behind_s: float) -> None:
    """What is left between them is never noticed, and a picture whose sound is in time is not held at all."""
    bench = Bench(behind_s)
    bench.report()
    hold_s = bench.hold_s()
    assert abs(behind_s - hold_s) <= 0.08
    assert hold_s == pytest.approx(max(0.0, behind_s - TOLERANCE_S), abs=0.005)


async def test_a_picture_that_is_behind_is_not_held() -> None:
    """Sound is never held for it: people are heard before they are seen."""
    bench = Bench(-0.3)
    bench.report()
    assert bench.hold_s() == 0


async def test_no_picture_waits_long() -> None:
    """A second behind is a picture that waits for 200 ms; ten seconds are a report that is wrong."""
    late, absurd = Bench(1.0), Bench(10.0)
    for bench, hold_s in ((late, MOST_S), (absurd, 0.0)):
        bench.report()
        assert bench.hold_s() == hold_s


async def test_nothing_waits_while_nobody_is_heard() -> None:
    """Before the reports, in silence, and as soon as sound has stopped."""
    bench = Bench(0.2)
    bench.origin = 0
    assert bench.hold_s() == 0
    bench.report()
    assert bench.hold_s() > 0.1
    bench.now_s += 0.3
    assert bench.lips.hold_for(TWO_HOURS_NTP_S + bench.now_s, bench.now_s) == 0
    assert bench.hold_s() > 0.1
    bench.voice.heard = None
    assert bench.lips.hold_for(TWO_HOURS_NTP_S + bench.now_s, bench.now_s) == 0


async def test_held_pictures_stay_in_order() -> None:
    """Also when sound stops, so that nothing has to wait for it any more; then the next one is shown when it comes."""
    bench = Bench(0.24)
    bench.report()
    bench.hold_s()
    dues_s = []
    for _ in range(12):
        bench.now_s += 1 / 30
        bench.hear(bench.now_s)
        dues_s.append(bench.due_s(bench.now_s))
        assert dues_s[-1] == pytest.approx(bench.now_s + MOST_S)
    bench.voice.heard = None
    for _ in range(12):
        bench.now_s += 1 / 30
        dues_s.append(bench.due_s(bench.now_s))
    assert dues_s == sorted(dues_s)
    assert dues_s[11] == dues_s[12]
    assert dues_s[-1] == pytest.approx(bench.now_s)


async def test_what_waited_for_a_packet_is_shown_in_quick_motion() -> None:
    """Not all of it in the same moment, and soon there is no more delay than before."""
    bench = Bench(0.0)
    for _ in range(30):
        bench.now_s += 1 / 30
        assert bench.due_s(bench.now_s) == pytest.approx(bench.now_s, abs=0.001)
    bench.now_s += 0.3
    dues_s = [bench.due_s(bench.now_s - (8 - late) / 30) for late in range(9)]
    assert min(later - sooner for sooner, later in pairwise(dues_s)) > 0.015
    assert dues_s[0] == pytest.approx(bench.now_s, abs=0.05)
    for _ in range(600):
        bench.now_s += 1 / 30
        due_s = bench.due_s(bench.now_s)
        assert due_s - bench.now_s < 0.25
    assert due_s - bench.now_s < 0.01


async def test_who_sends_far_too_many_pictures_has_no_more_delay_for_it() -> None:
    bench = Bench(0.0)
    for _ in range(500):
        bench.now_s += 0.001
        assert bench.due_s(bench.now_s) < bench.now_s + 0.11


async def test_sound_waits_where_pictures_need_long() -> None:
    """Repairs of 200 ms: sound comes later little by little, until pictures may wait for each other; and back."""
    bench = Bench(0.0)
    bench.report()
    usual_s = bench.voice.delay_ms / 1000

    def see(count: int, late_s: Callable[[int], float]) -> None:
        begin_s = bench.now_s
        for number in range(count):
            taken_s = begin_s + number / 30
            bench.now_s = max(bench.now_s, taken_s + late_s(number))
            bench.behind_s = max(0.0, bench.voice.least_delay_s - usual_s)
            bench.hear(bench.now_s)
            before_s = bench.voice.least_delay_s
            bench.due_s(taken_s)
            assert bench.voice.least_delay_s <= max(before_s, usual_s) + 0.002

    see(600, lambda number: 0.2 - (number % 12) / 30 if number % 12 < 6 else 0.0)
    assert usual_s < bench.voice.least_delay_s <= 0.2
    assert bench.lips._most_ahead_s() > bench.lips._evenness.target_s - 0.02
    see(900, lambda number: 0.0)
    assert bench.voice.least_delay_s == 0
    bench.voice.least_delay_s = 0.1
    bench.lips._let_go_of_sound()
    assert bench.voice.least_delay_s == 0.1
    bench.now_s += 2
    bench.lips._let_go_of_sound()
    assert bench.voice.least_delay_s == pytest.approx(0.05)
    bench.lips.stop()
    assert bench.voice.least_delay_s == 0


def test_reports_without_end_are_not_kept() -> None:
    """Of a peer that invents sources."""
    times = SenderTimes()
    for ssrc in range(1000):
        times.note(ssrc, 1, 1 << 32)
    assert times.time_s(5, 1, 48_000) == 1.0
    assert times.time_s(999, 1, 48_000) is None
    times.note(5, 1, 0)
    assert times.time_s(5, 48_001, 48_000) == 2.0


class Packets(MediaStreamTrack):
    """Two packets of sound, then none."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self.left = [1000, 1960]

    async def recv(self) -> Any:
        if not self.left:
            raise MediaStreamError
        packet = av.Packet(b"\xf8\0\0")
        packet.pts, packet.time_base = self.left.pop(0), Fraction(1, 48_000)
        return packet


@pytest.fixture
async def pc() -> AsyncIterator[RTCPeerConnection]:
    connection = RTCPeerConnection()
    yield connection
    await connection.close()


def report_of(packets: int, rtp: int = 0) -> RtcpSrPacket:
    """As aiortc makes it when so many have been sent."""
    info = RtcpSenderInfo(ntp_timestamp=7, rtp_timestamp=rtp, packet_count=packets, octet_count=0)
    return RtcpSrPacket(ssrc=1, sender_info=info)


def sent_by(sender: Any) -> list[bytes]:
    """What would leave, as it does, unencrypted."""
    sent: list[bytes] = []

    async def send(data: bytes) -> None:
        sent.append(data)

    sender.transport._send_rtp = send
    return sent


async def reported(pc: RTCPeerConnection, prepare: Callable[[Any], None]) -> tuple[RtcpSrPacket, int, Any]:
    """A sender sends two packets, 20 ms apart, and then a report; that, the last packet's RTP time, and the sender."""
    sender: Any = pc.addTransceiver(Packets()).sender
    prepare(sender)
    sent = sent_by(sender)
    await sender._run_rtp(CODECS["audio"][0])
    rtp = sender._RTCRtpSender__rtp_timestamp
    packet = report_of(2, rtp)
    await sender._send_rtcp([packet])
    assert len(sent) == 3
    return packet, rtp, sender


async def test_our_reports_say_what_time_it_is_for_the_track(pc: RTCPeerConnection) -> None:
    """Stock: the last packet's. Ours: 500 ticks have passed since its end, wherever the stream's RTP times begin."""
    stock, rtp, _ = await reported(pc, lambda sender: None)
    assert (stock.sender_info.ntp_timestamp, stock.sender_info.rtp_timestamp) == (7, rtp)
    ours, rtp, sender = await reported(pc, lambda sender: sender_report.install(sender, lambda: 1960 + 960 + 500))
    assert ours.sender_info.rtp_timestamp == (rtp + 960 + 500) % 2**32
    assert sender._RTCRtpSender__lsr == ours.sender_info.ntp_timestamp >> 16 & 0xFFFFFFFF


async def test_who_has_sent_nothing_since_reports_nothing(pc: RTCPeerConnection) -> None:
    sender: Any = pc.addTransceiver("audio").sender
    sender_report.install(sender, lambda: 5)
    sent = sent_by(sender)
    for packets in (0, 0, 3, 3, 4, 4):
        await sender._send_rtcp([report_of(packets)])
    assert [RtcpSrPacket.parse(data[4:], 0).sender_info.packet_count for data in sent] == [3, 4]


async def test_other_reports_pass_as_they_are(pc: RTCPeerConnection) -> None:
    """Before anything was sent there is no time to tell."""
    sender: Any = pc.addTransceiver("audio").sender
    sender_report.install(sender, lambda: 5)
    sent = sent_by(sender)
    await sender._send_rtcp([RtcpRrPacket(ssrc=1)])
    assert sent == [bytes(RtcpRrPacket(ssrc=1))]
