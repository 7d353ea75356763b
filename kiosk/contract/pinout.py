"""The 40-pin header of a Raspberry Pi 4 or 5: which BCM line is on which pin, and what else a line may be needed for.

Source: the BCM2711 and RP1 peripherals documents, and pinout of the boards; both boards have the same header.
"""

from enum import StrEnum

POWER_3V3 = "3.3 V"
POWER_5V = "5 V"
GROUND = "GND"

HEADER: dict[int, int | str] = {
    **{1: POWER_3V3, 17: POWER_3V3, 2: POWER_5V, 4: POWER_5V},
    **dict.fromkeys((6, 9, 14, 20, 25, 30, 34, 39), GROUND),
    **{3: 2, 5: 3, 7: 4, 8: 14, 10: 15, 11: 17, 12: 18, 13: 27, 15: 22, 16: 23, 18: 24, 19: 10, 21: 9, 22: 25},
    **{23: 11, 24: 8, 26: 7, 27: 0, 28: 1, 29: 5, 31: 6, 32: 12, 33: 13, 35: 19, 36: 16, 37: 26, 38: 20, 40: 21},
}
"""Physical pin to BCM line, or to what it supplies."""

PHYSICAL = {line: pin for pin, line in HEADER.items() if isinstance(line, int)}
"""BCM line to physical pin."""


class Function(StrEnum):
    """What the Pi may use lines for by itself, where config.txt or a HAT says so."""

    EEPROM = "eeprom"
    """The HAT's identity; always reserved."""
    I2C = "i2c"
    UART = "uart"
    SPI = "spi"
    I2S = "i2s"
    """Sound HATs."""
    ONE_WIRE = "one-wire"
    """Where config.txt names no other line."""
    DPI = "dpi"
    """A parallel display takes the whole header."""


LINES: dict[Function, tuple[int, ...]] = {
    Function.EEPROM: (0, 1),
    Function.I2C: (2, 3),
    Function.UART: (14, 15),
    Function.SPI: (7, 8, 9, 10, 11),
    Function.I2S: (18, 19, 20, 21),
    Function.ONE_WIRE: (4,),
    Function.DPI: tuple(range(28)),
}
"""The lines that each needs."""

HAS_PULL_UP = (2, 3)
"""Soldered to 3.3 V by 1.8 kΩ on the board."""
