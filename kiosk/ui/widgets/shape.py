"""Puts on a canvas what can be seen; triangles of `outline` in one colour. Knows nothing of the theme."""

from collections.abc import Sequence

from kivy.graphics import Color, InstructionGroup, Mesh
from kivy.graphics.instructions import Instruction
from kivy.graphics.texture import Texture

from kiosk.ui.widgets.outline import NOTHING, Triangles
from kiosk.ui.widgets.part import is_away

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


class Drawing(InstructionGroup):
    """What of a part is drawn, made inside `with canvas:`. Nothing while it cannot be seen.

    A session's screen has some 1500 instructions of which a third does something, and drawing it goes through all.
    """

    def __init__(self) -> None:
        super().__init__()
        self._drawn: tuple[Instruction, ...] = ()

    def draw(self, *instructions: Instruction) -> None:
        """These from now on, instead of those before."""
        if instructions != self._drawn:
            for instruction in self._drawn:  # `clear` leaves colours behind
                self.remove(instruction)
            self._drawn = instructions
            for instruction in instructions:
                self.add(instruction)


class Shape(Drawing):
    """A colour and a mesh; gets a form whenever size or place change."""

    def __init__(self) -> None:
        super().__init__()
        self._color = Color(0, 0, 0, 0, noadd=True)
        self._mesh: Mesh | None = None
        self._triangles = NOTHING

    def paint(self, colour: Sequence[float]) -> None:
        """Change the colour only: costs no geometry."""
        if tuple(self._color.rgba) != tuple(colour):
            self._color.rgba = colour
            self._show()

    def form(self, triangles: Triangles = NOTHING) -> None:
        """Change the form."""
        self._triangles, self._mesh = triangles, None
        self._show()

    def _show(self) -> None:
        if not self._triangles.indices or not self._color.a or is_away(self._triangles.corners[0][0]):
            self.draw()
            return
        if self._mesh is None:
            self._mesh = self._make_mesh()
        self.draw(self._color, self._mesh)

    def _make_mesh(self) -> Mesh:
        vertices: list[float] = []
        for x, y, cover in self._triangles.corners:
            vertices += (x, y, 0.25 + cover * 0.5, 0.5)
        return Mesh(mode="triangles", texture=_ramp(), vertices=vertices, indices=self._triangles.indices, noadd=True)
