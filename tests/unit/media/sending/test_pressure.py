"""A machine that is short of time or cooling, on a clock of the test's own."""

from pathlib import Path

import pytest

from kiosk.media.sending.pressure import MAX_STEPS, Pressure, read_throttled

INTERVAL_S = 1 / 30


class Machine:
    """Takes this long for a picture, and may be hot."""

    def __init__(self) -> None:
        self.busy_s, self.is_hot, self.now_s = 0.005, False, 100.0
        self.pressure = Pressure(lambda: self.is_hot)

    def steps_after(self, seconds: float, late_s: float = 0.0) -> int:
        for _ in range(int(seconds / INTERVAL_S)):
            self.now_s += INTERVAL_S
            self.pressure.note(self.busy_s, INTERVAL_S, self.now_s)
            self.pressure.late(late_s)
        return self.pressure.steps


def test_pictures_shrink_while_encoding_takes_too_long_and_grow_again_later() -> None:
    """One step in a second or two, back only after ten quiet ones, and not while it would be too much again."""
    machine = Machine()
    assert machine.steps_after(30) == 0
    machine.busy_s = 0.9 * INTERVAL_S
    assert machine.steps_after(1.5) == 0
    assert machine.steps_after(1) == 1
    machine.busy_s = 0.5 * INTERVAL_S
    assert machine.steps_after(60) == 1
    machine.busy_s = 0.2 * INTERVAL_S
    assert machine.steps_after(8) == 1
    assert machine.steps_after(4) == 0


@pytest.mark.parametrize("what", ["hot", "late", "slow"])
def test_each_shortness_counts(what: str) -> None:
    """Heat and a loop that comes late as much as a slow encoder; there is a last step."""
    machine = Machine()
    machine.is_hot = what == "hot"
    machine.busy_s = 0.04 if what == "slow" else 0.005
    assert machine.steps_after(20, late_s=0.1 if what == "late" else 0.0) == MAX_STEPS


def test_one_hold_up_is_no_pressure() -> None:
    """A second in which everything stood still."""
    machine = Machine()
    machine.steps_after(5)
    machine.pressure.note(1.0, INTERVAL_S, machine.now_s)
    for _ in range(50):  # all packets of a second's pictures had to wait
        machine.pressure.late(0.5)
    assert machine.steps_after(5) == 0


def test_heat_is_read_from_where_the_kernel_tells_it(tmp_path: Path) -> None:
    """Any zone from 79 °C on, or a firmware that slows down at this moment; nonsense and silence are no heat."""
    zone, firmware = tmp_path / "thermal_zone0", tmp_path / "get_throttled"
    assert not read_throttled(tmp_path, firmware)
    zone.mkdir()
    for text, is_hot in (("62000\n", False), ("80123\n", True), ("", False), ("hot", False)):
        (zone / "temp").write_text(text)
        assert read_throttled(tmp_path, firmware) is is_hot
    for text, is_hot in (("0\n", False), ("50000\n", False), ("50005\n", True), ("-", False)):
        firmware.write_text(text)
        assert read_throttled(tmp_path, firmware) is is_hot
