"""How still pictures stand on bad networks; the whole repair, in time that nobody waits for."""

import pytest

from tests.unit.media.rtp.lossy_pipe import Call


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
