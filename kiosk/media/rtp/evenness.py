"""Pictures at even times, though they come at uneven ones: where packets are repaired, all wait as long as most need.

Knows neither network nor sound; times come in. Without it each repaired packet is a standstill on the screen.
"""

from collections import deque

MOST_S = 0.25
_WINDOW_S = 8.0
_SHARE = 0.95
"""Of the pictures are in time; the rest is shown late."""
_LITTLE_S = 0.04
"""So much is not seen, and nothing waits for it."""
_EVERY = 8
"""Pictures between two looks."""
_FALL = 0.1
"""Of the way down at each look: a quiet second is no promise."""
_JUMP_S = 2.0
"""The sender's time has begun anew, or nobody looked for a while."""


class Evenness:
    """Of one stream of pictures."""

    def __init__(self) -> None:
        self._offsets: deque[tuple[float, float]] = deque()
        self._count = 0
        self._base_s = 0.0
        self.target_s = 0.0
        """How long the earliest picture waits."""
        self.mean_s = 0.0
        """How late pictures are on average, against the earliest."""

    def wait_s(self, taken_s: float, now_s: float, most_s: float = MOST_S) -> float:
        """How long the picture that was taken at `taken_s`, by the sender's clock, is to wait; at most `most_s`."""
        offset_s = now_s - taken_s
        if self._offsets and (abs(offset_s - self._offsets[-1][1]) > _JUMP_S or now_s - self._offsets[-1][0] > _JUMP_S):
            self._offsets.clear()
            self.target_s = 0.0
        self._offsets.append((now_s, offset_s))
        while now_s - self._offsets[0][0] > _WINDOW_S:
            self._offsets.popleft()
        if self._count % _EVERY == 0 or len(self._offsets) < _EVERY:
            self._look()
        self._count += 1
        late_s = offset_s - self._base_s
        return max(0.0, min(self.target_s, most_s) - late_s)

    def _look(self) -> None:
        late = sorted(offset_s for _, offset_s in self._offsets)
        self._base_s = late[0]
        self.mean_s = sum(late) / len(late) - late[0]
        wanted_s = min(late[int(_SHARE * (len(late) - 1))] - late[0], MOST_S)
        if wanted_s < _LITTLE_S:
            wanted_s = 0.0
        self.target_s = max(wanted_s, self.target_s + (wanted_s - self.target_s) * _FALL)
