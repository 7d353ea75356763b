"""What media is told about the places of pictures, and when."""

from kiosk.ui.heights import LINGER_S, SETTLE_S, Heights
from kiosk.ui.loudness import SILENT_S, Loudness


def said_after(*looks: tuple[float, dict[str, int]]) -> list[dict[str, int]]:
    said: list[dict[str, int]] = []
    heights = Heights(lambda wanted: said.append(dict(wanted)))
    for now_s, places in looks:
        heights.look(places, now_s)
    return said


def test_a_height_is_said_once_when_it_stands_still() -> None:
    """A new tile is waited for, so it is said at once; what a layout passes through is not."""
    moving = ((0.0, {"a": 100}), (0.05, {"a": 300}), (0.1, {"a": 480}))
    assert said_after(*moving, (0.2, {"a": 480})) == [{"a": 100}]
    assert said_after(*moving, (0.1 + SETTLE_S, {"a": 480}), (1.0, {"a": 480})) == [{"a": 100}, {"a": 480}]


def test_a_tile_that_is_away_for_a_moment_is_not_given_up() -> None:
    """A sheet that is closed again soon costs nothing; one that stays open hides what is below."""
    begin = ((0.0, {"a": 480, "b": 100}), (1.0, {"a": 480, "b": 100}))
    assert said_after(*begin, (2.0, {}), (3.0, {"a": 480, "b": 100})) == [{"a": 480, "b": 100}]
    gone = 1.0 + LINGER_S
    assert said_after(*begin, (2.0, {"a": 480}), (gone, {"a": 480}), (gone + 1, {"a": 480}))[1:] == [{"a": 480}]
    assert said_after(*begin, (gone, {}), (gone + 1, {}))[-1] == {}


def test_a_tile_that_moves_to_the_stage_is_asked_for_in_its_new_size() -> None:
    """Both ways, as soon as it stands."""
    moves = ((0.0, {"a": 480, "b": 100}), (1.0, {"a": 480, "b": 100}), (2.0, {"a": 100, "b": 480}))
    assert said_after(*moves, (3.0, {"a": 100, "b": 480})) == [{"a": 480, "b": 100}, {"a": 100, "b": 480}]


def test_a_microphone_that_says_nothing_is_silent() -> None:
    """The bar does not stand still at the last word."""
    now_s = [0.0]
    loudness = Loudness(lambda: now_s[0])
    loudness.hear(42)
    loudness.fade()
    assert loudness.microphone == 0.42
    now_s[0] = SILENT_S + 0.1
    loudness.fade()
    assert loudness.microphone == 0
