"""Transport-wide feedback: what is built can be read, and what is broken is refused."""

import random
import struct

import pytest

from kiosk.media.rtp import twcc


def read(fci: bytes | None) -> dict[int, float | None]:
    assert fci is not None
    return {arrival.number: arrival.arrival_s for arrival in twcc.parse(fci)}


@pytest.mark.parametrize("seed", range(40))
def test_what_is_built_is_read(seed: int) -> None:
    """Runs, gaps, packets out of order, pauses and the end of the numbers; times to an eighth of a millisecond."""
    dice = random.Random(seed)
    now_s = dice.uniform(0, 1e6)
    arrivals: list[float | None] = [now_s]
    for _ in range(dice.randrange(200)):
        now_s += dice.choice((0.0, 0.0002, 0.004, 0.05, 0.3, -0.03))
        arrivals.append(None if dice.random() < seed / 60 else now_s)
    base = dice.choice((0, 7, 65530))
    fci = twcc.build(base, arrivals, 300)
    assert len(fci) % 4 == 0
    found = twcc.parse(fci)
    assert [one.number for one in found] == [(base + index) % 65536 for index in range(len(arrivals))]
    period_s = 0.064 * 2**24
    for one, wanted_s in zip(found, arrivals, strict=True):
        assert (one.arrival_s is None) == (wanted_s is None)
        if one.arrival_s is not None and wanted_s is not None:
            assert (one.arrival_s - wanted_s + 1) % period_s == pytest.approx(1, abs=0.00013)


def test_what_libwebrtc_sends_is_read() -> None:
    """A run of small deltas, a vector of two bits with a gap and a step back, a vector of one bit; by hand."""
    chunks = struct.pack("!HHH", 0x2003, 0b11_01_00_10_00_00_00_00, 0b10_10000000000001)
    deltas = struct.pack("!BBBBhBB", 4, 8, 255, 0, -8, 1, 2)
    found = twcc.parse(struct.pack("!HHL", 65534, 24, 2 << 8) + chunks + deltas)
    came = {one.number: one.arrival_s for one in found if one.arrival_s is not None}
    ticks = [4, 12, 267, 267, 259, 260, 262]
    assert came == {
        number: pytest.approx(0.128 + tick * 0.00025)
        for number, tick in zip((65534, 65535, 0, 1, 3, 8, 21), ticks, strict=True)
    }


def test_broken_feedback_is_refused() -> None:
    """Every truncation of a good one, and one that promises packets it has no room for."""
    good = twcc.build(5, [1.0, None, 1.2, 1.0, *[1.3] * 30], 0)
    for length in range(len(good) - 3):
        with pytest.raises(ValueError, match="transport feedback"):
            twcc.parse(good[:length])
    with pytest.raises(ValueError, match="deltas"):
        twcc.parse(struct.pack("!HHLH", 0, 2000, 0, 0x2000 | 2000))
    dice = random.Random(3)
    for _ in range(2000):
        try:
            twcc.parse(dice.randbytes(dice.randrange(40)))
        except ValueError:
            pass
    hopeless: tuple[list[float | None], ...] = ([None, None], [1.0, 20.0])
    for arrivals in hopeless:
        with pytest.raises(ValueError, match=r"nothing|apart"):
            twcc.build(0, arrivals, 0)


def test_a_report_of_more_than_was_sent_is_refused_unread() -> None:
    """A few bytes of it would take as long as a thousand good ones, while all partners wait."""
    runs = bytes.fromhex("1fff") * 9
    with pytest.raises(ValueError, match="65535 packets"):
        twcc.parse(bytes.fromhex("0000ffff00000000") + runs)
    assert len(twcc.parse(bytes.fromhex("000007d000000000") + runs)) == 2000


def test_each_arrival_is_reported_and_gaps_with_it() -> None:
    """Also over the end of the numbers; a latecomer is reported in the next."""
    arrivals = twcc.Arrivals()
    assert arrivals.report() is None
    for number, now_s in ((65534, 1.0), (65535, 1.01), (1, 1.02)):
        arrivals.note(number, now_s)
    assert read(arrivals.report()) == {65534: 1.0, 65535: pytest.approx(1.01), 0: None, 1: pytest.approx(1.02)}
    assert arrivals.report() is None
    arrivals.note(0, 1.03)
    arrivals.note(1, 1.04)
    arrivals.note(3, 1.05)
    found = read(arrivals.report())
    assert [number for number, at_s in found.items() if at_s is not None] == [0, 1, 3]
    assert found[1] == pytest.approx(1.02)


def test_a_jump_of_the_numbers_is_a_new_beginning() -> None:
    """No report of thousands of lost packets; what is far too old is left out."""
    arrivals = twcc.Arrivals()
    arrivals.note(10, 1.0)
    arrivals.note(20_000, 1.1)
    assert list(read(arrivals.report())) == [20_000]
    arrivals.note(10, 1.2)
    assert arrivals.report() is None
    arrivals.note(20_001, 30.0)
    arrivals.note(20_002, 50.0)
    assert arrivals.report() is None
    arrivals.note(20_003, 50.1)
    assert list(read(arrivals.report())) == [20_003]
