"""Figures of the last second, and one word for people."""

import pytest

from kiosk.contract.media import PeerLink, PeerStats, Quality, Route
from kiosk.media.rtp.counting import Numbers, StreamCounter
from kiosk.media.rtp.delay import Inbound
from kiosk.media.rtp.quality import QualityMeter
from kiosk.media.rtp.statistics import Counters, Statistics, by_server


def test_figures_are_those_of_the_last_second():
    """Not more often than once a second; counters go on."""
    statistics = Statistics()
    assert statistics.look(Counters(in_bytes=1000, expected=10, received=10), 10.0) == PeerStats()
    now = Counters(
        *(126_000, 63_000, 110, 105, 4, 1), round_trip_ms=40.04, jitter_ms=3.0, codec="VP8", route=Route.DIRECT
    )
    assert statistics.look(now, 10.5) == PeerStats()
    for picture in range(30):
        statistics.see(1280, 720, 10 + picture / 30)
    stats = statistics.look(now, 11.0, concealed_s=0.123)
    assert (stats.in_bps, stats.out_bps, stats.in_loss_pct, stats.round_trip_ms) == (1_000_000, 504_000, 5.0, 40.0)
    assert (stats.frames_per_second, stats.width_px, stats.height_px, stats.codec) == (30, 1280, 720, "VP8")
    assert (stats.retransmitted, stats.keyframes_asked, stats.concealed_s) == (4, 1, 0.12)
    assert statistics.look(now, 11.4) is stats
    assert statistics.look(now, 12.0).in_bps == 0


def test_counters_go_on_over_connections():
    """A new connection counts from zero; what was counted is not lost, and no rate is negative."""
    statistics = Statistics()
    statistics.look(Counters(), 0.0)
    statistics.look(Counters(in_bytes=9000, expected=90, received=80, retransmitted=7, keyframes_asked=2), 1.0)
    assert statistics.look(None, 2.0).retransmitted == 7
    stats = statistics.look(Counters(in_bytes=100, expected=5, received=5, retransmitted=1), 3.0)
    assert (stats.retransmitted, stats.keyframes_asked, stats.in_bps, stats.in_loss_pct) == (8, 2, 800, 0.0)


@pytest.mark.parametrize(("begun", "frozen_s"), [(1, 0.0), (12, 0.3)])
def test_a_camera_that_is_off_is_not_frozen(begun, frozen_s):
    """Half a second without a picture counts where pictures had begun to come, from 200 ms on."""
    statistics, count = Statistics(), 0
    statistics.begun = lambda: count
    statistics.look(Counters(), 0.0)
    statistics.see(640, 360, 0.1)
    count += begun
    statistics.see(640, 360, 0.6)
    assert statistics.look(Counters(), 1.0).frozen_s == frozen_s


def test_what_stands_still_now_counts_already():
    """And is not counted twice; who may not be seen does not stand still."""
    statistics, count = Statistics(), 0
    statistics.begun = lambda: count
    statistics.look(Counters(), 0.0)
    statistics.see(640, 360, 0.0)
    count = 50
    assert statistics.look(Counters(), 1.2).frozen_s == 1.0
    statistics.see(640, 360, 1.7)
    assert statistics.look(Counters(), 2.3).frozen_s == 1.5
    statistics.blind()
    assert statistics.look(Counters(), 9.0).frozen_s == 1.5


def test_by_way_of_a_server_two_connections_make_one_way():
    """One brings, the other takes away."""
    way = by_server(Counters(in_bytes=5, jitter_ms=2.0), Counters(out_bytes=7, round_trip_ms=30, available_bps=9))
    assert (way.in_bytes, way.out_bytes, way.round_trip_ms, way.route) == (5, 7, 30, Route.SERVER)
    assert by_server(Counters(in_bytes=5)).out_bytes == 0


def test_weak_is_said_after_2_s_and_taken_back_after_5():
    """One bad second is not worth a word."""
    meter = QualityMeter()
    words = []
    for second in range(20):
        is_bad = second == 2 or 5 <= second < 9
        words.append(meter.look(PeerLink.UP, PeerStats(in_loss_pct=12.0 if is_bad else 0.0, jitter_ms=second), second))
    weak = [second for second, word in enumerate(words) if word is Quality.WEAK]
    assert weak == list(range(7, 14))


def test_what_was_weak_has_to_get_better_by_more():
    """Loss that stays between the two bounds changes no word."""
    good, weak = QualityMeter(), QualityMeter()
    for second in range(5):
        weak.look(PeerLink.UP, PeerStats(in_loss_pct=20, jitter_ms=second), second)
    for second in range(5, 30):
        stats = PeerStats(in_loss_pct=6, jitter_ms=second)
        assert good.look(PeerLink.UP, stats, second) is Quality.GOOD
        assert weak.look(PeerLink.UP, stats, second) is Quality.WEAK


def test_a_lost_path_is_interrupted_at_once():
    """And is good at once when it is back; who was never here is not interrupted."""
    meter = QualityMeter()
    assert meter.look(PeerLink.CONNECTING, PeerStats(), 0) is Quality.GOOD
    assert meter.look(PeerLink.UP, PeerStats(), 1) is Quality.GOOD
    assert meter.look(PeerLink.LOST, PeerStats(), 2) is Quality.INTERRUPTED
    assert meter.look(PeerLink.UP, PeerStats(), 3) is Quality.GOOD


def test_a_stream_is_counted_over_the_end_of_its_numbers():
    """Late packets count as received, lost ones as expected; jitter is that of RFC 3550."""
    counter = StreamCounter(90_000, Inbound())
    for index, number in enumerate([65533, 65534, 0, 65535, 1, 4]):
        counter.add(number, index * 3000, index / 30)
    assert (counter.packets_expected, counter.packets_received, counter.packets_lost) == (8, 6, 2)
    assert counter.max_seq == 0x10004
    assert counter.fraction_lost == 2 * 256 // 8
    assert counter.fraction_lost == 0
    assert counter.jitter_ms < 5


def test_what_a_full_queue_drops_is_not_reported_as_lost():
    """A browser would add parity to it. What is lost on the same way when nothing waits is reported."""
    inbound = Inbound()
    counter = StreamCounter(90_000, inbound)

    def come(numbers: range, sent_s: float, took_s: float) -> None:
        for index, number in enumerate(numbers):
            at_s = sent_s + index / 100
            inbound.came(int(at_s * 2**18) & 0xFFFFFF, at_s + took_s)
            counter.add(number, 0, at_s + took_s)

    come(range(40), 63.9, 0.02)  # the times in packets begin anew after 64 s
    assert inbound.queue_s == 0
    come(range(45, 75), 64.5, 0.02)
    come(range(75, 100), 64.8, 0.3)
    assert inbound.queue_s == pytest.approx(0.28, abs=0.01)
    come(range(110, 120), 65.1, 0.3)
    assert counter.packets_lost == 5
    assert counter.fraction_lost == 5 * 256 // 120
    assert counter.packets_expected - counter.packets_received == 15
    come(range(120, 320), 65.2, 0.02)
    assert inbound.queue_s == 0
    come(range(325, 340), 67.3, 0.02)
    assert counter.packets_lost == 10


def test_numbers_go_on():
    """Also backwards, before the first."""
    numbers = Numbers()
    found = [numbers.extend(number) for number in (3, 65535, 4, 65535, 30000, 60000, 10)]
    assert [number - found[0] for number in found] == [0, -4, 1, -4, 29997, 59997, 65543]
