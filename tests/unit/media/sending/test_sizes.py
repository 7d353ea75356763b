"""Which layer for whom, and how large a layer is."""

import pytest

from kiosk.media.sending.sizes import Layer, Size, Wanting, full_bitrate_bps, layers_for, size_at, sizes_of

HD, SD = Size(1280, 720), Size(640, 360)
RATE = 30
WIDE = 2_500_000
LARGE, SMALL = Layer.LARGE, Layer.SMALL


def layers(*peers: tuple[int, int], source: Size = HD, before: Layer = LARGE) -> list[Layer]:
    """For peers that are a wish in pixels and what their way carries."""
    return layers_for([Wanting(px, bps, before) for px, bps in peers], source, RATE)


def test_the_layer_follows_the_wish() -> None:
    """Up to 400 pixels the small one is as good."""
    assert layers((720, WIDE), (401, WIDE), (400, WIDE), (90, WIDE)) == [LARGE, LARGE, SMALL, SMALL]


def test_a_way_far_narrower_than_the_rest_gets_the_small_layer() -> None:
    """Rather than drag all down; where all are as narrow, the large layer shrinks with them."""
    assert layers((720, WIDE), (720, 700_000)) == [LARGE, SMALL]
    assert layers((720, 900_000), (720, 700_000)) == [LARGE, LARGE]
    assert layers((720, 700_000)) == [LARGE]
    assert layers((720, 400_000)) == [SMALL]
    assert layers((400, WIDE), (720, 700_000)) == [SMALL, LARGE]


def test_a_little_more_is_not_enough_to_come_back() -> None:
    """Each change costs a keyframe."""
    assert layers((720, 500_000), before=SMALL) == [SMALL]
    assert layers((720, 700_000), before=SMALL) == [LARGE]
    assert layers((720, 1_100_000), (720, WIDE), before=SMALL) == [SMALL, LARGE]
    assert layers((720, 1_500_000), (720, WIDE), before=SMALL) == [LARGE, LARGE]


def test_a_small_source_has_one_layer() -> None:
    """What would the other be?"""
    assert layers((200, WIDE), (720, 100_000), source=SD) == [LARGE, LARGE]
    assert sizes_of(LARGE, SD) == [SD, Size(480, 270), Size(320, 180)]
    assert sizes_of(LARGE, Size(160, 90)) == [Size(160, 90)]


@pytest.mark.parametrize(
    ("layer", "bitrate_bps", "lines"),
    [
        *((LARGE, 2_000_000, 720), (LARGE, 830_000, 720), (LARGE, 820_000, 540), (LARGE, 100_000, 540)),
        *((SMALL, 600_000, 360), (SMALL, 200_000, 270), (SMALL, 100_000, 180), (SMALL, 10_000, 180)),
    ],
)
def test_sharpness_falls_with_the_rate(layer: Layer, bitrate_bps: int, lines: int) -> None:
    """In steps, and pictures a second stay."""
    assert size_at(layer, HD, bitrate_bps, RATE, 0, None).height == lines


def test_a_size_is_kept_until_there_is_clearly_room_for_more() -> None:
    """40 % more than it needs."""
    now = Size(960, 540)
    assert size_at(LARGE, HD, 900_000, RATE, 0, now) == now
    assert size_at(LARGE, HD, 1_200_000, RATE, 0, now) == HD


def test_a_slow_machine_leaves_out_the_largest() -> None:
    """Whatever the rate; there is always one size left."""
    assert size_at(LARGE, HD, WIDE, RATE, 1, None) == Size(960, 540)
    assert size_at(SMALL, HD, WIDE, RATE, 1, None) == Size(480, 270)
    assert size_at(LARGE, HD, WIDE, RATE, 9, None) == Size(960, 540)
    assert size_at(LARGE, Size(1920, 1080), WIDE, RATE, 0, None) == Size(1920, 1080)


def test_sizes_are_even() -> None:
    """Colours are stored for two by two pixels."""
    for lines in (360, 270, 180):
        for source in (Size(1366, 768), Size(1024, 576), Size(720, 576), Size(800, 450)):
            for size in sizes_of(SMALL, source):
                assert (size.width % 2, size.height % 2) == (0, 0), (source, lines)
    assert full_bitrate_bps(1280, 720, 30) > 2_000_000
