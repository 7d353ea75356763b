"""Pins without wires, moved and read by a test or a demo: gpiozero's mock factory with the nature of real lines.

An input keeps the level that somebody drives it to, whatever its pull; with `Room.bench_file` all levels outlive the
process, as those of a chip do; a line may be broken; and a shutter's end switches follow its drive.
"""

import errno
import mmap
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gpiozero.pins.mock import MockFactory, MockPWMPin

from kiosk.contract.wiring import Drive, Room, Shutter

_LINES = 64
_CHIPS = 8
"""The bench has no more; `/dev/gpiochip8` is the place for a test of what is missing."""
_FREE, _LOW, _HIGH = 0, 1, 2
_SERVO_HZ = 50


def remembered(path: Path, chip: int = 0) -> dict[int, float]:
    """The levels in a bench file, by line: what a meter reads while no process holds the chip."""
    data = path.read_bytes()[chip * 2 * _LINES :][:_LINES]
    return {line: level / 100 for line, level in enumerate(data)}


class BenchPin(MockPWMPin):
    """One line."""

    def __init__(self, factory: "BenchFactory", info: Any) -> None:
        self.line = int(info.name.removeprefix("GPIO"))
        super().__init__(factory, info)
        self._state = factory.memory[self.line] / 100

    def _change_state(self, value: float) -> bool:
        """Without gpiozero's list of all states, which has no end."""
        if self._state == value:
            return False
        self._state = value
        self.factory.changed(self.line, float(value))
        return True

    def _set_function(self, value: str) -> None:
        self.factory.check(self.line)
        self._function = value
        if value == "input":
            self._set_pull(self._get_pull())

    def close(self) -> None:
        """A released line stays as it is."""
        self.when_changed = None
        self._function = "input"
        self._set_frequency(None)

    def output_with_state(self, state: float) -> None:
        self.factory.check(self.line)
        self._function = "output"
        self._change_state(float(state))

    def _get_state(self) -> float:
        self.factory.check(self.line)
        return float(self._state)

    def _set_state(self, value: float) -> None:
        self.factory.check(self.line)
        super()._set_state(value)

    def _set_frequency(self, value: float | None) -> None:
        self._frequency: float | None = value

    def _set_pull(self, value: str) -> None:
        self._pull = value
        driven = self.factory.memory[_LINES + self.line]
        if driven != _FREE:
            self.move(driven == _HIGH)
        elif value in ("up", "down"):
            self.move(value == "up")

    @property
    def is_high(self) -> bool:
        """As a meter shows it, broken or not."""
        return bool(self._state)

    def drive(self, level: bool) -> None:
        """From outside, for good."""
        self.factory.memory[_LINES + self.line] = _HIGH if level else _LOW
        if self._function == "input":
            self.move(level)

    def move(self, level: bool) -> None:
        self.drive_high() if level else self.drive_low()


class BenchFactory(MockFactory):
    """The lines of one chip."""

    def __init__(self, room: Room, chip: int = 0) -> None:
        if chip >= _CHIPS:
            raise FileNotFoundError(errno.ENOENT, "there is no such chip", f"/dev/gpiochip{chip}")
        super().__init__(revision="c03112", pin_class=BenchPin)
        self.listeners: list[Callable[[int, float], None]] = []
        """Called with a line and its new level, from any thread."""
        self.broken: set[int] = set()
        """Lines that answer with an error."""
        self.jammed: set[str] = set()
        """Shutters that do not move, by name."""
        self.memory = _memory(room.bench_file, chip)
        self._shutters: list[_Mechanics] = []
        for name, part in room.parts.items():
            if isinstance(part, Shutter) and chip == (room.chip if part.chip is None else part.chip):
                self._shutters.append(_Mechanics(self, name, part))

    def check(self, line: int) -> None:
        if line in self.broken:
            raise OSError(errno.EIO, f"line {line} does not answer")

    def changed(self, line: int, level: float) -> None:
        self.memory[line] = round(level * 100)
        for mechanics in self._shutters:
            mechanics.drive_changed(line)
        for listener in tuple(self.listeners):
            listener(line, level)


def _memory(path: Path | None, chip: int) -> Any:
    """Two rows of a byte a line: its level in percent, and to what it is driven from outside."""
    if path is None:
        return bytearray(2 * _LINES)
    size = _CHIPS * 2 * _LINES
    with path.open("a+b") as file:
        file.truncate(size)
        mapped = mmap.mmap(file.fileno(), size)
    return memoryview(mapped)[chip * 2 * _LINES :][: 2 * _LINES]


class _Mechanics:
    """A shutter that needs two thirds of its time from end to end."""

    def __init__(self, factory: BenchFactory, name: str, part: Shutter) -> None:
        self._factory, self._name, self._part = factory, name, part
        self._timer: threading.Timer | None = None
        self._heading: bool | None = None
        if _FREE in (self._driven(part.is_open_pin), self._driven(part.is_shut_pin)):
            self._press(is_open=False)  # as it comes out of the box

    def _driven(self, line: int | None) -> int:
        return int(self._factory.memory[_LINES + (line or 0)])

    def _direction(self) -> bool | None:
        """Open, shut, or not driven."""
        part, level = self._part, self._factory.memory
        if part.drive is Drive.SERVO:
            pulse_ms = level[part.pin or 0] / 100 * 1000 / _SERVO_HZ
            near = (part.open_ms + part.shut_ms) / 2
            return None if not pulse_ms else (pulse_ms > near) == (part.open_ms > near)
        on = 100 if part.is_active_high else 0
        wants_open, wants_shut = level[part.open_pin or 0] == on, level[part.shut_pin or 0] == on
        return None if wants_open == wants_shut else wants_open

    def drive_changed(self, line: int) -> None:
        if line not in (self._part.pin, self._part.open_pin, self._part.shut_pin):
            return
        heading = self._direction()
        if heading == self._heading:
            return
        self._heading = heading
        if self._timer:
            self._timer.cancel()
        if heading is None or self._name in self._factory.jammed:
            return
        already = self._part.is_open_pin if heading else self._part.is_shut_pin
        if self._driven(already) == _LOW:
            return
        self._drive(self._part.is_shut_pin if heading else self._part.is_open_pin, True)
        self._timer = threading.Timer(self._part.travel_s * 2 / 3, self._press, kwargs={"is_open": heading})
        self._timer.daemon = True
        self._timer.start()

    def _press(self, is_open: bool) -> None:
        self._drive(self._part.is_shut_pin if is_open else self._part.is_open_pin, True)
        self._drive(self._part.is_open_pin if is_open else self._part.is_shut_pin, False)

    def _drive(self, line: int | None, level: bool) -> None:
        if line is not None:
            self._factory.pin(line).drive(level)
