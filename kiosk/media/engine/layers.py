"""Which size of each picture is worth receiving, from how tall it is shown. Pure."""

from collections.abc import Iterable, Mapping
from enum import IntEnum

from kiosk.media.engine.waist import Line

SMALL_PX = 200
MIDDLE_PX = 400
_MANY = 4
"""With more partners than this at most one of them is received large."""


class Layer(IntEnum):
    """The three sizes in which a camera is sent: 180, 360 and 720 lines. The numbers are Janus's substreams."""

    HIDDEN = -1
    SMALL = 0
    MIDDLE = 1
    LARGE = 2


def layer_of(height_px: int) -> Layer:
    """The smallest layer that looks sharp in a tile."""
    if height_px <= 0:
        return Layer.HIDDEN
    if height_px <= SMALL_PX:
        return Layer.SMALL
    return Layer.MIDDLE if height_px <= MIDDLE_PX else Layer.LARGE


def heights_worth(calls: Iterable[str], heights: Mapping[str, int]) -> dict[str, int]:
    """Call to the height in pixels in which to receive its camera; in a large round only the tallest is large."""
    px = {call: heights.get(f"{call}/{Line.CAMERA}", 0) for call in calls}
    if len(px) > _MANY:
        tallest = max(px, key=lambda call: px[call])
        px = {call: height if call == tallest else min(height, MIDDLE_PX) for call, height in px.items()}
    return px
