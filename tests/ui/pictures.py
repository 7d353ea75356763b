"""Drawn I420 pictures in padded memory, as the media process would lay them down."""

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Picture:
    """What `VideoPicture.show` takes."""

    width: int
    height: int
    y_stride: int
    uv_stride: int
    planes: tuple[memoryview, memoryview, memoryview]
    colour_range: int = 0
    matrix: int = 0


def i420(rgb: Array, *, pad_to: int = 64) -> Picture:
    """Limited-range BT.601 planes of an RGB picture (0 to 1), rows padded with bytes that must never be seen."""
    height, width = rgb.shape[:2]
    r, g, b = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    y = 0.299 * r + 0.587 * g + 0.114 * b
    u, v = (b - y) / 1.772, (r - y) / 1.402
    planes = (16 + 219 * y, 128 + 224 * u[::2, ::2], 128 + 224 * v[::2, ::2])
    strides = []
    padded = []
    for plane in planes:
        stride = -(-plane.shape[1] // pad_to) * pad_to
        rows = np.full((plane.shape[0], stride), 255, dtype=np.uint8)
        rows[:, : plane.shape[1]] = np.clip(np.round(plane), 0, 255).astype(np.uint8)
        padded.append(memoryview(rows.tobytes()))
        strides.append(stride)
    return Picture(width, height, strides[0], strides[1], (padded[0], padded[1], padded[2]))


def colour(hexcode: str) -> Array:
    """One pixel of a colour."""
    return np.array([int(hexcode[i : i + 2], 16) / 255 for i in (1, 3, 5)])


def plain(hexcode: str, width: int = 64, height: int = 48) -> Picture:
    """A picture of one colour."""
    return i420(np.tile(colour(hexcode), (height, width, 1)))


def portrait(skin: str, hair: str, coat: str, wall: str, width: int = 640, height: int = 360) -> Picture:
    """Somebody in front of a wall, the face in the upper two thirds."""
    ys, xs = np.mgrid[0:height, 0:width]
    x, y = (xs - width / 2) / height, ys / height
    rgb = np.tile(colour(wall), (height, width, 1))

    def disc(cx: float, cy: float, rx: float, ry: float, code: str) -> None:
        rgb[((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 < 1] = colour(code)

    disc(0, 1.05, 0.42, 0.42, coat)
    disc(0, 0.36, 0.24, 0.27, hair)
    disc(0, 0.62, 0.08, 0.12, skin)
    disc(0, 0.4, 0.18, 0.22, skin)
    for side in (-0.07, 0.07):
        disc(side, 0.38, 0.016, 0.02, "#2B211C")
    disc(0, 0.5, 0.06, 0.012, "#6B3A2C")
    return i420(rgb)


def page(width: int = 1280, height: int = 800) -> Picture:
    """A form on paper."""
    rgb = np.ones((height, width, 3))
    rgb[50:100, 50:620] = colour("#23201B")
    rgb[150:155, 50 : width - 50] = colour("#17524A")
    for row in range(5):
        top = 210 + row * 105
        rgb[top + 15 : top + 45, 50 : 300 + row * 40] = colour("#4A453C")
        rgb[top : top + 70, 560 : width - 50] = colour("#7A4E00" if row == 2 else "#857A69")
        rgb[top + 3 : top + 67, 563 : width - 53] = colour("#FFF1CF" if row == 2 else "#FBF9F5")
    return i420(rgb)


PEOPLE = {
    "guest": ("#B97E56", "#1F1A17", "#B5743A", "#D8D2C4"),
    "brandt": ("#F0C8A6", "#6E675E", "#3D4A66", "#C7D3D0"),
    "haddad": ("#CE9A72", "#4F6F86", "#33475A", "#E4D3BC"),
}
