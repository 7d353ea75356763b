"""Puts the triangles of `outline` on a canvas in one colour. Knows nothing of the theme."""

from collections.abc import Sequence

from kivy.graphics import Color, Mesh
from kivy.graphics.texture import Texture

from kiosk.ui.widgets.outline import NOTHING, Triangles

_ramps: list[Texture] = []


def _ramp() -> Texture:
    """A texture that goes from nothing to everything, so that cover is a place in it."""
    if not _ramps:
        texture = Texture.create(size=(2, 1), colorfmt="rgba")
        texture.blit_buffer(bytes((255, 255, 255, 0, 255, 255, 255, 255)), colorfmt="rgba")
        texture.mag_filter = texture.min_filter = "linear"
        texture.wrap = "clamp_to_edge"
        _ramps.append(texture)
    return _ramps[0]


class Shape:
    """A colour and a mesh; made inside `with canvas:`, then given a form whenever size or place change."""

    def __init__(self) -> None:
        self._color = Color(0, 0, 0, 0)
        self._mesh = Mesh(mode="triangles", texture=_ramp())

    def paint(self, colour: Sequence[float]) -> None:
        """Change the colour only: costs no geometry."""
        if tuple(self._color.rgba) != tuple(colour):
            self._color.rgba = colour

    def form(self, triangles: Triangles = NOTHING) -> None:
        """Change the form."""
        vertices: list[float] = []
        for x, y, cover in triangles.corners:
            vertices += (x, y, 0.25 + cover * 0.5, 0.5)
        self._mesh.vertices = vertices
        self._mesh.indices = triangles.indices
