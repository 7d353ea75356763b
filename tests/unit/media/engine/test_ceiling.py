"""Which layer a narrow way from a media server carries."""

from kiosk.media.engine.ceiling import Ceiling
from kiosk.media.engine.layers import Layer


class Way:
    """Loses much as soon as more is asked for than it carries; looked at once a second."""

    def __init__(self, carries: Layer) -> None:
        self.carries, self.ceiling, self.now_s = carries, Ceiling(), 0
        self.tries: list[int] = []

    def pass_(self, seconds: int) -> Layer:
        for _ in range(seconds):
            self.now_s += 1
            before = self.ceiling.layer
            self.ceiling.look(40.0 if before > self.carries else 0.5, self.now_s)
            if self.ceiling.layer > before:
                self.tries.append(self.now_s)
        return self.ceiling.layer


def test_a_wide_way_carries_everything():
    """A little loss is what retransmission is for."""
    way = Way(Layer.LARGE)
    assert way.pass_(60) is Layer.LARGE
    for _ in range(60):
        assert not way.ceiling.look(5.0, way.now_s)


def test_a_narrow_way_gets_less_within_seconds():
    """One layer after the other, and never less than the smallest."""
    assert Way(Layer.MIDDLE).pass_(4) is Layer.MIDDLE
    assert Way(Layer.SMALL).pass_(7) is Layer.SMALL
    assert Way(Layer.HIDDEN).pass_(60) is Layer.SMALL


def test_more_is_tried_more_and_more_seldom():
    """Each try costs a second or two of a bad picture."""
    way = Way(Layer.MIDDLE)
    way.pass_(600)
    pauses = [after - before for before, after in zip(way.tries, way.tries[1:], strict=False)]
    assert pauses == sorted(pauses)
    assert (len(way.tries) <= 8, pauses[-1] > 100) == (True, True), pauses


def test_a_way_that_opens_again_is_used():
    """All layers are back after less than half a minute."""
    way = Way(Layer.SMALL)
    way.pass_(8)
    way.carries = Layer.LARGE
    assert way.pass_(25) is Layer.LARGE
