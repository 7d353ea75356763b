"""Carries pictures from the frame rings to the places on the screen that want them, once a frame of the window.

Media hears from here how tall the places are, and tells how loud the microphone is.
"""

import time
from pathlib import Path

from kivy.uix.widget import Widget

from kiosk.contract.media import Levels
from kiosk.runtime.frames import FrameRingReader
from kiosk.runtime.log import Refusals
from kiosk.runtime.tiles import FrameClient
from kiosk.ui.heights import Heights
from kiosk.ui.loudness import loudness
from kiosk.ui.widgets.video_picture import VideoPicture


class Pictures:
    """Knows the ring of each tile and what every place has shown of it; draws only what is on the glass."""

    def __init__(self, path: Path, uid: int, refusals: Refusals) -> None:
        self._rings: dict[str, FrameRingReader] = {}
        self._client = FrameClient(path, uid, self._on_ring, self._on_gone, refusals, self._on_levels)
        self._heights = Heights(self._client.send_heights)
        self._places: list[VideoPicture] = []
        self._shown: dict[VideoPicture, tuple[str, FrameRingReader, int]] = {}
        self.came_s: dict[str, float] = {}
        """When that of each tile came which the last `draw` found new (monotonic, as media says)."""

    async def run(self) -> None:
        """Keeps the rings current, without end."""
        await self._client.run()

    @property
    def sequences(self) -> dict[str, int]:
        """Number of the newest picture of every tile."""
        return {tile: ring.sequence for tile, ring in self._rings.items()}

    @property
    def shown(self) -> dict[str, int]:
        """Number of the newest picture of every tile that is on the glass."""
        numbers: dict[str, int] = {}
        for tile, _, number in self._shown.values():
            numbers[tile] = max(number, numbers.get(tile, 0))
        return numbers

    def find_places(self, root: Widget) -> bool:
        """Look for the places below `root`; call when another view was put on the glass. True: some are no more."""
        before = set(self._places)
        self._places = [widget for widget in root.walk(restrict=True) if isinstance(widget, VideoPicture)]
        for gone in set(self._shown) - set(self._places):
            self._clear(gone)
        return not before <= set(self._places)

    def draw(self) -> bool:
        """Show what is new; whether there is a picture of any age on the glass."""
        heights: dict[str, int] = {}
        self.came_s = {}
        for place in self._places:
            is_wanted = _is_wanted(place)
            if is_wanted:
                heights[place.tile] = max(round(place.height), heights.get(place.tile, 0))
            ring = self._rings.get(place.tile) if is_wanted and place.is_live else None
            if ring is not None:
                self._draw_one(place, ring)
            elif place in self._shown:
                self._clear(place)
        self._heights.look(heights, time.monotonic())
        loudness.fade()
        return bool(self._shown)

    def _draw_one(self, place: VideoPicture, ring: FrameRingReader) -> None:
        shown = self._shown.get(place)
        if shown and shown[0] != place.tile:
            self._clear(place)  # whose first picture is yet to come must not stand below another's
        elif shown and shown[1] is ring and shown[2] == ring.sequence:
            return
        frame = ring.latest()
        if frame is not None:
            place.show(frame)
            self.came_s[place.tile] = frame.timestamp_ns / 1e9
            # A picture that was replaced while it was uploaded is shown again at the next look.
            self._shown[place] = (place.tile, ring, frame.sequence if frame.is_whole else 0)

    def _clear(self, place: VideoPicture) -> None:
        place.clear()
        del self._shown[place]

    def _on_ring(self, tile: str, ring: FrameRingReader) -> None:
        self._rings[tile] = ring

    def _on_gone(self, tile: str) -> None:
        self._rings.pop(tile, None)

    def _on_levels(self, levels: Levels) -> None:
        loudness.hear(levels.microphone_pct)


def _is_wanted(place: VideoPicture) -> bool:
    """Whether it has a size and was not put away."""
    return bool(place.tile and place.is_shown and place.width > 1 and place.height > 1 and place.right > 0)
