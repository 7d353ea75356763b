"""Draws pictures of brightness and two colour differences, all of a pane in one go. Knows no widgets."""

from collections.abc import Sequence

from kivy.graphics import BindTexture, ChangeState, InstructionGroup, Mesh, RenderContext
from kivy.graphics.texture import Texture

from kiosk.ui.widgets import video_shader as shader

_CORNER = [(b"vPosition", 2, "float"), (b"vPlace", 2, "float"), (b"vCover", 1, "float")]


class Slide(InstructionGroup):
    """One picture; dark until it gets a form."""

    def lay(
        self, planes: Sequence[Texture], changes: ChangeState, vertices: Sequence[float], indices: Sequence[int]
    ) -> None:
        """Textures of Y, U and V, the numbers of the shader, and a mesh: five numbers a corner, see `video_shader`."""
        self.clear()
        self.add(changes)
        self.add(BindTexture(texture=planes[1], index=1))
        self.add(BindTexture(texture=planes[2], index=2))
        self.add(Mesh(fmt=_CORNER, vertices=vertices, indices=indices, mode="triangles", texture=planes[0]))


class Projector(RenderContext):
    """Slides, drawn in the order in which they were added."""

    def __init__(self) -> None:
        super().__init__(vs=shader.VERTEX, fs=shader.FRAGMENT, use_parent_projection=True, use_parent_modelview=True)
        self["texture_u"], self["texture_v"] = 1, 2
