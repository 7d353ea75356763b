"""The estimator on a wire made of numbers: how it grows, what a bottleneck does to it, and what does not mislead it."""

import pytest

from kiosk.media.rtp.congestion import FLOOR_BPS
from tests.unit.media.rtp.paper_wire import Wire


def test_a_free_way_is_used_within_three_seconds() -> None:
    """From 1 to more than 1.5 Mbit/s, also when nobody tries it out; then what nobody sends is not believed in."""
    assert Wire(100e6).seconds_until(1_500_000, 3) < 0.5
    steady = Wire(100e6)
    steady.is_probing = False
    assert steady.seconds_until(1_500_000, 3) < 1.5
    idle = Wire(100e6)
    idle.is_probing, idle.wanted_bps = False, 100_000
    assert idle.last(5) == 1_000_000


def test_a_bottleneck_is_respected() -> None:
    """Its queue stays short on average, and most of it is used."""
    wire = Wire(600_000)
    list(wire.run(3))
    wire.waited_s.clear()
    targets = list(wire.run(20))
    mean = sum(targets) / len(targets)
    assert 400_000 < mean < 640_000
    assert max(targets) < 900_000
    assert sum(wire.waited_s) / len(wire.waited_s) < 0.12


@pytest.mark.parametrize("hold_ups_s", [(0.0, 0.0), (0.15, 0.0), (0.0, 0.15), (0.15, 0.15)])
def test_a_way_that_opens_again_is_used_again(hold_ups_s: tuple[float, float]) -> None:
    """Also while one of the sides, or both, are held up again and again."""
    wire = Wire(600_000)
    wire.hold_ups_s = hold_ups_s
    list(wire.run(10))
    assert wire.mean(10) > 330_000
    wire.rate_bps = 10e6
    assert wire.seconds_until(1_500_000, 10) < 4.5


@pytest.mark.parametrize("hold_ups_s", [(0.0, 0.0), (0.15, 0.15)])
def test_who_needs_little_finds_out_that_there_is_more(hold_ups_s: tuple[float, float]) -> None:
    """Nobody moves before the camera, when the way gets narrow and when it opens again."""
    wire = Wire(600_000)
    wire.hold_ups_s, wire.wanted_bps = hold_ups_s, 250_000
    list(wire.run(15))
    wire.waited_s.clear()
    assert wire.last(15) <= 1_000_000
    assert sum(waited_s > 0.15 for waited_s in wire.waited_s) < 0.02 * len(wire.waited_s)
    wire.rate_bps = 10e6
    assert wire.seconds_until(1_500_000, 30) < 17


@pytest.mark.parametrize("hold_ups_s", [(0.15, 0.0), (0.0, 0.15), (0.15, 0.15), (0.4, 0.4)])
def test_who_is_held_up_is_not_taken_for_a_full_way(hold_ups_s: tuple[float, float]) -> None:
    """A busy machine, here or there: reports and packets that come late in heaps, over a way that is wide."""
    wire = Wire(20e6)
    wire.hold_ups_s = hold_ups_s
    assert wire.seconds_until(1_500_000, 5) < 3
    assert min(wire.run(60)) > 1_500_000


@pytest.mark.parametrize("overshoot", [1.0, 1.25, 1.5])
def test_a_full_queue_is_emptied(overshoot: float) -> None:
    """It no longer grows, so no trend tells of it; and an encoder, and what is repeated, take more than they may."""
    wire = Wire(600_000)
    wire.overshoot = overshoot
    list(wire.run(5))
    wire.waited_s.clear()
    before, came = wire.sent, wire.came
    list(wire.run(20))
    assert sum(waited_s > 0.2 for waited_s in wire.waited_s) < 0.35 * len(wire.waited_s)
    assert wire.came - came > 0.97 * (wire.sent - before)


def test_a_longer_way_is_no_full_one() -> None:
    """After a move to another network each packet takes 150 ms more, for ever."""
    wire = Wire(20e6)
    list(wire.run(5))
    wire.delay_s += 0.15
    list(wire.run(10))
    assert wire.last(5) > 1_500_000


@pytest.mark.parametrize("loss", [0.01, 0.05, 0.1])
def test_chance_loss_does_not_stop_the_picture(loss: float) -> None:
    """Retransmission copes with it; less would come through no better."""
    assert Wire(20e6, loss=loss).last(10) > 1_500_000


def test_jitter_is_not_taken_for_a_queue() -> None:
    """50 ms each way, 30 more or less, and packets that overtake each other."""
    wire = Wire(20e6, delay_s=0.05, jitter_s=0.03)
    assert wire.seconds_until(1_500_000, 10) < 3
    assert min(wire.run(20)) > 1_500_000


def test_heavy_loss_halves_the_rate() -> None:
    """A bottleneck without a queue shows itself by loss only."""
    wire = Wire(600_000)
    wire.queue_s = 0.0
    targets = list(wire.run(20))[300:]
    assert sum(targets) / len(targets) < 1_000_000
    assert wire.estimator.loss < 0.6


def test_silence_brings_the_rate_down_and_feedback_brings_it_back() -> None:
    """A cut of five seconds; a second later at least half of what was is back."""
    wire = Wire(20e6)
    before = wire.last(5)
    wire.is_cut = True
    assert wire.last(5) < before / 8
    wire.is_cut = False
    assert wire.last(1) >= before / 2
    assert wire.estimator.target_bps >= FLOOR_BPS


@pytest.mark.parametrize("side", [0, 1])
def test_a_second_of_standstill_is_forgotten_at_once(side: int) -> None:
    """Nothing was lost: the machine here, or the one over there, did something else."""
    wire = Wire(20e6)
    before = wire.last(5)
    wire._held_up_s[side] = wire.now_s + 1.0
    list(wire.run(1.0))
    assert wire.last(0.3) >= 0.9 * before
