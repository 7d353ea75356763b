"""A number in the upper edge of a picture, in cells large enough to survive a video codec and a smaller size.

26 cells of 48x40 pixels at 1280x720: black, white, then 24 bits, the highest first. `page/barcode.js` does the same.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

BITS = 24
_CELLS = BITS + 2
_CELL_PARTS = 1280 / 48
"""Cells that would fit into the width."""
_MIDDLE = 20 / 720
_LEAST_CONTRAST = 60

Luma = npt.NDArray[np.uint8]


def write(luma: Luma, number: int) -> None:
    """Into a plane of 1280x720."""
    cells = [0, 1, *(number >> (BITS - 1 - bit) & 1 for bit in range(BITS))]
    for index, cell in enumerate(cells):
        luma[:40, index * 48 : index * 48 + 48] = 220 if cell else 30


def read(luma: memoryview, width: int, height: int, stride: int) -> int | None:
    """The number in a plane of any size of that shape; None where there is none."""
    line = int(height * _MIDDLE) * stride
    values = [luma[line + int((index + 0.5) * width / _CELL_PARTS)] for index in range(_CELLS)]
    return _number(values)


def _number(values: Sequence[int]) -> int | None:
    black, white = values[:2]
    if white - black < _LEAST_CONTRAST:
        return None
    middle = (black + white) / 2
    return sum((value > middle) << (BITS - 1 - bit) for bit, value in enumerate(values[2:]))
