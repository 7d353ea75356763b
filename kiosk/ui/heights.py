"""How tall the tiles are shown, said when it has settled. Knows neither widgets nor the socket."""

from collections.abc import Callable, Mapping

SETTLE_S = 0.15
"""A layout moves for some frames; what it passes through is not worth a resolution."""
LINGER_S = 3.0
"""A sheet that is closed again soon must not cost a keyframe: so long a tile that is gone counts as shown."""


class Heights:
    """Looks at what is on the glass once a frame, and says what is new."""

    def __init__(self, say: Callable[[Mapping[str, int]], None]) -> None:
        self._say = say
        self._seen: dict[str, tuple[int, float]] = {}
        """Tile to its height, and when it was last there."""
        self._wanted: dict[str, int] = {}
        self._since_s = 0.0
        self._said: dict[str, int] = {}

    def look(self, places: Mapping[str, int], now_s: float) -> None:
        """`places` are tiles to heights in pixels at `now_s`, on any clock that only goes forward."""
        for tile, height_px in places.items():
            self._seen[tile] = (height_px, now_s)
        self._seen = {tile: seen for tile, seen in self._seen.items() if now_s - seen[1] < LINGER_S}
        wanted = {tile: height_px for tile, (height_px, _) in self._seen.items()}
        if wanted != self._wanted:
            self._wanted, self._since_s = wanted, now_s
        is_new = not wanted.keys() <= self._said.keys()  # somebody is waited for
        if wanted != self._said and (is_new or now_s - self._since_s >= SETTLE_S):
            self._said = wanted
            self._say(wanted)
