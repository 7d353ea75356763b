"""Moments of looking come soon after pictures, whatever moments those come at."""

import random
from collections.abc import Sequence
from typing import NamedTuple

import pytest

from kiosk.runtime.pacing import Pacing

_SECONDS, _LEARNT_S = 30.0, 5.0
_OVERSLEEPS_S = 0.0015


def _pacing() -> Pacing:
    """A screen's."""
    return Pacing(1 / 31, 1 / 22, 0.004)


class _Drawn(NamedTuple):
    wait_s: float
    """Of a picture for its frame, on average."""
    left_out: float
    """Share of pictures that were replaced before they were drawn."""
    per_s: float


def _draw(starts_s: Sequence[float], rates: Sequence[float], jitter_s: float = 0.0005) -> _Drawn:
    """Streams that begin at `starts_s`, each picture up to some `jitter_s` late."""
    dice, pacing = random.Random(1), _pacing()
    comes_s = [
        [start_s + number / rate + abs(dice.gauss(0, jitter_s)) for number in range(round(_SECONDS * rate))]
        for start_s, rate in zip(starts_s, rates, strict=True)
    ]
    now_s, waits_s, frames, left_out = 0.0, [], 0, 0
    while now_s < _SECONDS - 1:
        came_s = {}
        for tile, times_s in enumerate(comes_s):
            new = [at_s for at_s in times_s if at_s <= now_s]
            del times_s[: len(new)]
            if new:
                came_s[str(tile)] = max(new)
                left_out += (len(new) - 1) * (now_s > _LEARNT_S)
        if now_s > _LEARNT_S:
            waits_s += [now_s - at_s for at_s in came_s.values()]
            frames += 1
        pacing.look(now_s, came_s)
        now_s = pacing.step(now_s) + dice.uniform(0, _OVERSLEEPS_S)
    return _Drawn(
        sum(waits_s) / len(waits_s),
        left_out / (len(waits_s) + left_out),
        frames / (_SECONDS - 1 - _LEARNT_S),
    )


def test_one_stream_is_drawn_as_it_comes() -> None:
    drawn = _draw([0.013], [30])
    assert drawn.wait_s < 0.007
    assert drawn.left_out == 0
    assert drawn.per_s == pytest.approx(30, abs=0.3)


@pytest.mark.parametrize("starts_s", [(0, 0.005, 0.01), (0.03, 0.001, 0.02), (0.01, 0.02, 0.021, 0.03)])
def test_several_wait_less_than_half_a_frame(starts_s: Sequence[float]) -> None:
    drawn = _draw(starts_s, [30] * len(starts_s))
    assert drawn.wait_s < 0.015
    assert drawn.left_out < 0.01


@pytest.mark.parametrize(("rates", "frames"), [([25, 25], 25), ([15, 15], 30), ([30, 5], 30), ([30, 24], 30)])
def test_the_quickest_stream_says_how_many(rates: Sequence[float], frames: float) -> None:
    drawn = _draw([0, 0.01], rates)
    assert drawn.per_s == pytest.approx(frames, abs=1)
    assert drawn.left_out < 0.02


@pytest.mark.parametrize("jitter_s", [0.003, 0.01, 0.03])
def test_uneven_streams_cost_no_pictures(jitter_s: float) -> None:
    """Not more than frames at moments of their own leave out, which is 3, 9 and 25 %."""
    drawn = _draw([0], [30], jitter_s)
    assert drawn.left_out < 9 * jitter_s
    assert drawn.wait_s < 0.02


def test_without_pictures_it_is_ready_for_them() -> None:
    pacing = _pacing()
    pacing.look(100.0, {})
    assert pacing.step(100.0) - 100 == pytest.approx(1 / 31)
    pacing.look(101.0, {"a": 100.99, "b": 105.0})  # a time that cannot be
    assert pacing.step(101.0) - 101 == pytest.approx(1 / 31, abs=0.005)
    pacing.look(101.033, {"a": 101.02, "b": -1.0})
    assert pacing.step(101.033) - 101.033 == pytest.approx(1 / 30, abs=0.01)
    pacing.look(102.0, {})
    assert pacing.step(102.0) - 102 == pytest.approx(1 / 31)


def test_streams_without_end_are_not_kept() -> None:
    """A sender may invent as many as it likes; those that were there first are still thought of."""
    pacing, now_s = _pacing(), 100.0
    for number in range(90):
        made_up = {f"{number} {one}": now_s - 0.001 * one for one in range(20)}
        pacing.look(now_s, {"a": now_s - 0.003} | made_up)
        now_s = pacing.step(now_s)
    assert len(pacing._streams) <= 16
    assert "a" in pacing._streams
    assert pacing.step_s == pytest.approx(1 / 30, rel=0.05)


def test_smaller_steps_are_a_part_of_a_picture() -> None:
    """As the network is looked at: twice a picture, and not at each moment with much thought."""
    pacing, now_s, waits_s, steps = Pacing(0.016, 0.02, 0.002), 0.0, [], 0
    comes_s = [number / 30 + 0.007 for number in range(600)]
    while now_s < 19:
        came_s = {}
        while comes_s[0] <= now_s:
            came_s[7] = comes_s.pop(0)
            waits_s.append(now_s - came_s[7])
        steps += 1
        if came_s:
            pacing.look(now_s, came_s)
        now_s = pacing.step(now_s)
    assert sum(waits_s[100:]) / len(waits_s[100:]) < 0.004
    assert steps / 19 == pytest.approx(60, abs=1)
