"""What a robot's camera and screen show: a person who sways a little, and a form. Arrays only, no codec."""

import hashlib
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""Height x width x 3, RGB."""


class Palette(NamedTuple):
    """Colours as 0xRRGGBB."""

    ground: int
    clothes: int
    skin: int
    hair: int


PALETTES = (
    Palette(0xCFD8C4, 0x55688A, 0xD6A077, 0x3A2A20),
    Palette(0xC7D3D0, 0x3D4A66, 0xF0C8A6, 0x6E675E),
    Palette(0xE2D6C0, 0x8A3F4C, 0xD9A27A, 0x2B211C),
    Palette(0xE4D3BC, 0x33475A, 0xCE9A72, 0x4F6F86),
    Palette(0xD9CDB6, 0x2F6B62, 0xE8B995, 0x7A4A2A),
    Palette(0xD0CCC4, 0x5A6B4E, 0xF2CDB0, 0xB98A4A),
)
SCREEN_GROUND, SCREEN_HEAD = 0xFFFFFF, 0x1F6FB2
"""Paper, and the bar at the top of a shown screen."""


def palette_for(desk: str) -> Palette:
    """Always the same for one desk."""
    return PALETTES[hashlib.sha256(desk.encode()).digest()[0] % len(PALETTES)]


def person(width: int, height: int, phase: float, palette: Palette) -> Image:
    """Head and shoulders; `phase` 0…1 is one sway to and fro, so that a loop has no seam."""
    middle = width / height / 2 + 0.05 * np.sin(2 * np.pi * phase)
    image = np.empty((height, width, 3), np.float32)
    image[:] = _colour(palette.ground)
    soft = 2.0 / height
    parts = (
        (middle, 1.08, 0.42, 0.42, palette.clothes),
        (middle, 0.40, 0.205, 0.24, palette.hair),
        (middle, 0.62, 0.075, 0.14, palette.skin),
        (middle, 0.44, 0.165, 0.20, palette.skin),
        (middle - 0.06, 0.42, 0.017, 0.006 if phase > 0.93 else 0.02, 0x23201B),
        (middle + 0.06, 0.42, 0.017, 0.006 if phase > 0.93 else 0.02, 0x23201B),
        (middle, 0.53, 0.045, 0.010 + 0.008 * abs(np.sin(6 * np.pi * phase)), 0x8C3B33),
    )
    for at_x, at_y, half_width, half_height, colour in parts:
        top, bottom = (max(0, int((at_y + side * half_height) * height) + side * 2) for side in (-1, 1))
        left, right = (max(0, int((at_x + side * half_width) * height) + side * 2) for side in (-1, 1))
        part = image[top:bottom, left:right]
        y, x = np.ogrid[top : top + part.shape[0], left : left + part.shape[1]]
        distance = np.hypot((x / height - at_x) / half_width, (y / height - at_y) / half_height)
        cover = np.clip((1 - distance) * min(half_width, half_height) / soft + 0.5, 0, 1)[..., None]
        part += cover.astype(np.float32) * (_colour(colour) - part)
    return image.astype(np.uint8)


def form(width: int, height: int, phase: float) -> Image:
    """A form with a head bar and six fields, one of which is being filled in as `phase` goes from 0 to 1."""
    image = np.empty((height, width, 3), np.uint8)
    image[:] = _colour(SCREEN_GROUND)
    image[: height // 9] = _colour(SCREEN_HEAD)
    row = height // 9
    for field in range(6):
        top = row * (field + 2)
        left, right = int(width * 0.42), int(width * 0.94)
        image[top + row // 4 : top + row // 2, width // 16 : width // 4 + field * width // 60] = _colour(0x4A453C)
        image[top : top + int(row * 0.75), left:right] = _colour(0x857A69)
        image[top + 2 : top + int(row * 0.75) - 2, left + 2 : right - 2] = _colour(0xFBF9F5)
        filled = 1.0 if field < 3 else phase if field == 3 else 0.0
        end = left + int((right - left) * 0.7 * filled)
        image[top + row // 4 : top + row // 2, left + row // 4 : max(left + row // 4, end)] = _colour(0x23201B)
    return image


def _colour(value: int) -> NDArray[np.uint8]:
    return np.array([value >> 16, value >> 8 & 255, value & 255], np.uint8)
