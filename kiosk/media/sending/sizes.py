"""Which layer each peer gets, and how large a layer is at the rate it has. Pure; sizes in pixels, rates in bits.

A small layer beside the large one, so that one narrow way or one small tile does not decide for all. Within a layer
sharpness falls before pictures a second.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple


class Layer(StrEnum):
    """Two encoders at most, whatever number of peers there is."""

    LARGE = "large"
    """As the camera gives it."""
    SMALL = "small"
    """360 lines."""


class Size(NamedTuple):
    width: int
    height: int


SMALL_WISH_PX = 400
"""A tile up to this tall looks no better with the large layer."""
_SMALL_LINES = 360
_STEPS = {Layer.LARGE: (1080, 720, 540), Layer.SMALL: (360, 270, 180)}
_BITS_PER_PIXEL = 0.09
_LEAST_BITS_PER_PIXEL = 0.03
"""Below this a smaller picture looks better than this one."""
_MARGIN = 1.4
"""More than a size needs before it is taken again: it costs a keyframe."""
_NARROW = 0.4
"""Of the widest way among those who want the large layer; who has less gets the small one."""
MIN_BITRATE_BPS = 100_000
MAX_BITRATE_BPS = 2_500_000


def full_bitrate_bps(width: int, height: int, frames_per_second: int) -> int:
    """What such pictures need where the way is wide."""
    wanted = int(width * height * frames_per_second * _BITS_PER_PIXEL)
    return max(2 * MIN_BITRATE_BPS, min(wanted, MAX_BITRATE_BPS))


def has_small(source: Size) -> bool:
    """Whether a small layer would differ from the large one."""
    return source.height > SMALL_WISH_PX


def scaled(source: Size, lines: int) -> Size:
    """The source at this number of lines, even both ways; never larger than it is."""
    if lines >= source.height:
        return source
    return Size(max(2, round(source.width * lines / source.height / 2) * 2), lines & ~1)


def sizes_of(layer: Layer, source: Size) -> list[Size]:
    """What the layer may be, from its full size down."""
    steps = _STEPS[Layer.LARGE] + _STEPS[Layer.SMALL] if not has_small(source) else _STEPS[layer]
    return [*dict.fromkeys(scaled(source, lines) for lines in steps if lines <= source.height)] or [source]


def size_at(
    layer: Layer, source: Size, bitrate_bps: int, frames_per_second: int, steps_down: int, now: Size | None
) -> Size:
    """The largest size that the rate is enough for.

    Args:
        steps_down: sizes that are left out because the machine is too slow or too hot for them.
        now: the size in use, which is kept for a while before a larger one is taken.
    """
    sizes = sizes_of(layer, source)
    for size in sizes[min(steps_down, len(sizes) - 1) :]:
        need = _least_bps(size, frames_per_second)
        is_growth = now is not None and size.height > now.height
        if bitrate_bps >= need * (_MARGIN if is_growth else 1):
            return size
    return sizes[-1]


def _least_bps(size: Size, frames_per_second: int) -> float:
    return size.width * size.height * frames_per_second * _LEAST_BITS_PER_PIXEL


class Wanting(NamedTuple):
    """A peer as far as layers go."""

    wish_px: int
    allowed_bps: int
    layer: Layer


def layers_for(peers: Sequence[Wanting], source: Size, frames_per_second: int) -> list[Layer]:
    """The layer for each of the peers, all of whom want to see something."""
    if not has_small(source):
        return [Layer.LARGE] * len(peers)
    least_bps = _least_bps(sizes_of(Layer.LARGE, source)[-1], frames_per_second)
    full_bps = full_bitrate_bps(source.width, source.height, frames_per_second)
    wide_bps = min(max((peer.allowed_bps for peer in peers if peer.wish_px > SMALL_WISH_PX), default=0), full_bps)
    found = []
    for peer in peers:
        margin = _MARGIN if peer.layer is Layer.SMALL else 1
        is_enough = peer.allowed_bps >= max(least_bps, _NARROW * wide_bps) * margin
        is_wide = peer.allowed_bps >= full_bps
        is_large = peer.wish_px > SMALL_WISH_PX and (is_enough or is_wide)
        found.append(Layer.LARGE if is_large else Layer.SMALL)
    return found
