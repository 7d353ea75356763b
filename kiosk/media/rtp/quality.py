"""One word for people out of the figures of a way: quick to say that it is weak, slow to take it back. Pure."""

from kiosk.contract.media import PeerLink, PeerStats, Quality

_WEAK_AFTER_S = 2.0
_GOOD_AFTER_S = 5.0


class QualityMeter:
    """Of one peer. `look` at least once a second while there are figures."""

    def __init__(self) -> None:
        self.quality = Quality.GOOD
        self._frozen_s = self._concealed_s = 0.0
        self._since_s: float | None = None
        """Since when the figures say something else than the word."""
        self._looked: PeerStats | None = None
        self._is_weak = False

    def look(self, link: PeerLink, stats: PeerStats, now_s: float) -> Quality:
        """What it is now. A partner who has never been here is not interrupted."""
        if link is not PeerLink.UP:
            self.quality = Quality.INTERRUPTED if link is PeerLink.LOST else Quality.GOOD
            self._since_s, self._is_weak, self._looked = None, False, None
            return self.quality
        if self.quality is Quality.INTERRUPTED:
            self.quality = Quality.GOOD
        if stats is not self._looked:
            self._judge(stats)
            self._looked = stats
        self._change(now_s)
        return self.quality

    def _judge(self, stats: PeerStats) -> None:
        frozen_s = stats.frozen_s - self._frozen_s
        concealed_s = stats.concealed_s - self._concealed_s
        self._frozen_s, self._concealed_s = stats.frozen_s, stats.concealed_s
        # What has to get better before it counts as good, is less than what made it weak.
        ease = 0.6 if self.quality is Quality.WEAK else 1.0
        self._is_weak = (
            stats.in_loss_pct > 8 * ease
            or stats.out_loss_pct > 8 * ease
            or stats.round_trip_ms > 500 * ease
            or stats.jitter_ms > 80 * ease
            or frozen_s > 0.1 * ease
            or concealed_s > 0.1 * ease
        )

    def _change(self, now_s: float) -> None:
        if self._is_weak is (self.quality is Quality.WEAK):
            self._since_s = None
        elif self._since_s is None:
            self._since_s = now_s
        elif now_s - self._since_s >= (_WEAK_AFTER_S if self._is_weak else _GOOD_AFTER_S):
            self.quality = Quality.WEAK if self._is_weak else Quality.GOOD
            self._since_s = None
