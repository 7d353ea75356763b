"""How still pictures stand on bad networks; the whole repair, in time that nobody waits for."""

import pytest

from tests.unit.media.rtp.lossy_pipe import ROUND_TRIP_S, Call, NarrowCall, ProtectedCall


@pytest.mark.parametrize(
    ("loss", "frozen_pct", "again_pct"), [(0.0, 0, 20), (0.01, 1, 25), (0.05, 5, 35), (0.1, 15, 50)]
)
def test_lost_packets_hardly_stop_the_picture(loss, frozen_pct, again_pct):
    """With 50 ± 30 ms of delay, which is drawn for each packet: most that is missing is only late."""
    for seed in (1, 2):
        seen = Call(loss, seed=seed).run(60)
        assert seen.frozen_pct <= frozen_pct
        assert seen.again_pct <= again_pct
        assert seen.pictures_per_second > 28
        assert seen.median_s < 0.2
        assert seen.broken == 0


@pytest.mark.parametrize(("loss", "frozen_pct"), [(0.01, 0), (0.05, 2), (0.1, 12)])
def test_parity_leaves_hardly_a_standstill(loss, frozen_pct):
    """Most of what is lost is there before a retransmission could be; lost parity stops nothing."""
    for seed in (1, 2):
        call = ProtectedCall(loss, seed=seed)
        seen, bare = call.run(60), Call(loss, seed=seed, again_after_s=ROUND_TRIP_S).run(60)
        assert seen.frozen_pct <= frozen_pct
        assert seen.frozen_pct < bare.frozen_pct * 0.7
        assert seen.median_s <= bare.median_s
        assert seen.pictures_per_second > 29
        assert seen.broken == 0
        assert seen.keyframes_asked <= 2
        assert call.parity.made > 0.5 * loss * call.sent


@pytest.mark.parametrize("loss", [0.05, 0.1])
def test_a_retransmission_is_waited_for_longer_than_a_keyframe(loss):
    """A browser answers once a round trip, and a keyframe is large: it is asked for when nothing else comes."""
    calls = [Call(loss, seed=seed, again_after_s=ROUND_TRIP_S) for seed in (1, 2, 3)]
    assert sum(call.run(60).keyframes_asked for call in calls) <= 5


def test_on_a_clean_wire_nothing_is_asked_for():
    """And a picture is there as soon as its last packet is."""
    seen = Call(0.0, delay_s=0.01, jitter_s=0.0).run(20)
    assert (seen.again_pct, seen.keyframes_asked, seen.frozen_pct) == (0, 0, 0)
    assert seen.median_s < 0.012


def test_on_a_short_way_losses_are_not_seen():
    """A retransmission takes 20 ms there."""
    assert Call(0.05, delay_s=0.01, jitter_s=0.001).run(60).frozen_pct == 0


def test_after_a_cut_the_picture_is_back_within_a_second():
    """5 s without a packet: what was lost is given up, a keyframe comes."""
    call = Call(0.01)
    call.run(10)
    call.loss = 1.0
    call.run(15)
    call.loss = 0.01
    shown = len(call.shown)
    call.run(16)
    assert len(call.shown) > shown + 5
    assert call.run(30).broken == 0


def test_a_peer_that_is_silent_is_asked_for_nothing():
    """Also when packets were missing at the end."""
    call = Call(0.3)
    call.run(5)
    call.loss = 1.0
    call.run(7)
    asked = call.pictures.keyframes_asked
    call.run(60)
    assert call.pictures.keyframes_asked == asked


def test_pictures_that_the_decoder_does_not_take_are_followed_by_a_keyframe():
    """It is too slow: nothing that refers to what it forgot is decoded."""
    call = Call(0.0)
    call.run(2)
    asked, taken = call.pictures.keyframes_asked, []

    def take(_codec, picture):
        taken.append(picture.is_keyframe)
        return len(taken) > 1

    call.pictures._give = take
    call.run(4)
    assert taken[:3] == [False, True, False]
    assert call.pictures.keyframes_asked == asked + 1


def test_a_full_way_is_not_kept_full():
    """A sender learns within a second that its way got narrow: repeats and keyframes leave it room to recover."""
    call = NarrowCall()
    call.run(2)
    call.rate_bps = 600_000
    call.run(3)
    assert call.inbound.queue_s > 0.2
    call.per_picture = 1
    call.run(7)
    shown = len(call.shown)
    call.run(9)
    assert len(call.shown) - shown > 55
    assert call.requests < 300
    assert call.pictures.keyframes_asked <= 2
