"""How long a peer is asked to hold our pictures back, so that what is lost comes again before it is missed.

Chromium learns slowly how long a repeat takes, and forgets it soon; libwebrtc's `playout-delay` extension tells
it at once. Knows no packets and no clock; times are seconds.
"""

EXTENSION = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"
_UNIT_S = 0.01
_MOST_S = 10.0
"""The extension's other value: longer than that nothing is held back, whatever the peer's own reckoning."""
_LOSSY, _VERY_LOSSY = 0.01, 0.1
"""From the first on there is time for one repeat, from the second on for a repeat of it."""
_NOTICE_S = 0.08
"""Until a gap is noticed and asked for: packets overtake each other, and requests are collected."""
_LONGEST_S = 0.5
"""Beyond this people speak at the same time; a still picture is the lesser evil."""
_KEPT_S = 10.0
"""Pictures that slow down and hurry up again and again look worse than late ones."""


class Patience:
    """Of one peer connection. `look` every now and then."""

    def __init__(self) -> None:
        self.wait_s = 0.0
        """The least time between a picture's arrival and its showing."""
        self._needed_s = 0.0

    def look(self, loss: float, round_trip_s: float, now_s: float) -> None:
        """How the way is: the share of our packets that does not come, and the round trip."""
        wanted_s = 0.0
        if loss >= _LOSSY:
            wanted_s = min(_NOTICE_S + round_trip_s * (1 + min(loss / _VERY_LOSSY, 1.0)), _LONGEST_S)
        if wanted_s > 0.9 * self.wait_s:
            self._needed_s = now_s
            self.wait_s = max(self.wait_s, wanted_s)
        elif now_s - self._needed_s > _KEPT_S:
            self._needed_s, self.wait_s = now_s, wanted_s

    @property
    def data(self) -> bytes:
        """The extension's three bytes."""
        return (round(self.wait_s / _UNIT_S) << 12 | round(_MOST_S / _UNIT_S)).to_bytes(3, "big")
