"""What the side-by-side benches reckon with: codes in pictures, frozen time, latencies, cost."""

import os

import av
import numpy as np
import pytest

from tests.bench import calling
from tests.bench.rivals import barcode, cost
from tests.bench.rivals.cast import Shown
from tests.bench.rivals.pair import frozen_pct


@pytest.mark.parametrize("number", [0, 1, 119, 2**23 + 5, 2**24 - 1])
@pytest.mark.parametrize("height", [720, 360, 180])
def test_a_code_survives_a_smaller_size(number: int, height: int):
    """Written at 720p, read at any size of that shape."""
    data = np.full((1080, 1280), 128, np.uint8)
    barcode.write(data[:720], number)
    frame = av.VideoFrame.from_ndarray(data, format="yuv420p").reformat(height * 16 // 9, height)
    plane = frame.planes[0]
    assert barcode.read(memoryview(plane), frame.width, frame.height, plane.line_size) == number


def test_a_picture_without_a_code_has_none():
    """Grey is neither black nor white."""
    frame = av.VideoFrame.from_ndarray(np.full((540, 640), 128, np.uint8), format="yuv420p")
    assert barcode.read(memoryview(frame.planes[0]), 640, 360, frame.planes[0].line_size) is None


@pytest.mark.parametrize(
    ("times", "share"),
    [
        ([0.1 * n for n in range(1, 10)], 0),
        ([0.1, 0.2, 0.5, 0.6, 0.7, 0.8, 0.9], 30),
        ([0.1, 0.2], 80),
        ([], 100),
    ],
)
def test_frozen_is_each_pause_above_200_ms(times: list[float], share: float):
    """The whole pause counts, at the beginning and at the end as well."""
    assert frozen_pct([Shown("a", 5 + at, -1) for at in times], 5, 6) == pytest.approx(share)


def test_a_latency_is_that_of_the_last_time_a_picture_was_sent():
    """A clip is played again and again; what was never sent has no latency."""
    sent = [(7, 1.0), (8, 1.03), (7, 5.0), (7, 9.0)]
    assert calling._latency_ms(Shown("a", 5.04, 7), sent) == pytest.approx(40)
    assert calling._latency_ms(Shown("a", 5.04, 9), sent) is None


async def test_cost_is_of_a_process_and_all_that_descend_from_it():
    """This very process is among its own."""
    found = await cost.measure(lambda: cost.family(os.getpid()), 0.05)
    assert found.cores >= 0
    assert found.pss_mb > 10


def test_ratios_are_those_of_each_round():
    """A round on a slow machine is slow for both, and one round that went wrong is not the result."""

    def side(cores: float) -> dict[str, object]:
        part = {"cores": cores, "pss_mb": 100.0}
        return part | {"first_frame_s": 0.2, "latency_ms": 50.0, "publishing": part}

    pairs = [(0.3, 0.4), (0.6, 0.8), (0.5, 0.4)]
    found = calling.summed([{"terminal": side(ours), "chromium": side(theirs)} for ours, theirs in pairs])
    assert found["cpu_ratio"] == found["publishing_cpu_ratio"] == 0.75
    assert found["cpu_ratios"] == [0.75, 0.75, 1.25]
    assert found["terminal"]["cores"] == found["terminal"]["publishing"]["cores"] == 0.5
