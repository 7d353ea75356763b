"""While pictures move, what stands still is drawn once: a pane with holes in it, and the pictures move behind it.

A frame is then the pictures and one rectangle, instead of some hundred instructions that draw what was there before.
Without pictures everything is drawn straight to the window, and the pane's texture takes no memory. Knows nothing of
what is shown.
"""

from typing import Any

from kivy.clock import Clock
from kivy.graphics import Callback, ClearBuffers, ClearColor, Color, Fbo, Rectangle
from kivy.graphics.opengl import GL_ONE, GL_ONE_MINUS_SRC_ALPHA, GL_SRC_ALPHA, GL_ZERO, glBlendFuncSeparate
from kivy.uix.widget import Widget

from kiosk.ui.widgets.outline import Triangles
from kiosk.ui.widgets.projector import Projector, Slide
from kiosk.ui.widgets.shape import Drawing, Shape

_LINGER_S = 1.0
"""A partner who gives place to another does not cost a new texture."""
_BLACK = (0, 0, 0, 1)


def _blend(_instruction: object) -> None:
    """As Kivy draws, to an opaque window."""
    glBlendFuncSeparate(GL_SRC_ALPHA, GL_ONE_MINUS_SRC_ALPHA, GL_ONE, GL_ONE)


def _gather(_instruction: object) -> None:
    """The same where there may be nothing behind: how much is covered is counted along."""
    glBlendFuncSeparate(GL_SRC_ALPHA, GL_ONE_MINUS_SRC_ALPHA, GL_ONE, GL_ONE_MINUS_SRC_ALPHA)


def _erase(_instruction: object) -> None:
    """What is drawn takes away."""
    glBlendFuncSeparate(GL_ZERO, GL_ONE_MINUS_SRC_ALPHA, GL_ZERO, GL_ONE_MINUS_SRC_ALPHA)


def _lay_over(_instruction: object) -> None:
    """What was gathered goes over the pictures."""
    glBlendFuncSeparate(GL_ONE, GL_ONE_MINUS_SRC_ALPHA, GL_ONE, GL_ONE_MINUS_SRC_ALPHA)


class Hole(Drawing):
    """A place in the pane through which a picture is seen; made inside `with canvas:`."""

    def cut(self, triangles: Triangles) -> None:
        """This form; no hole without one. Soft edges are half a hole."""
        if not triangles.indices:
            self.draw()
            return
        shape = Shape()
        shape.paint(_BLACK)
        shape.form(triangles)
        self.draw(Callback(_erase), shape, Callback(_gather))


class Pane(Widget):
    """The root of all that is on the glass; its one child fills it."""

    def __init__(self, content: Widget, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._content = content
        self.projector = Projector()
        self._drawn: Fbo | None = None
        self._look = Clock.create_trigger(self._close_unused, _LINGER_S)
        self.add_widget(content)
        self.bind(size=self._fill)

    @property
    def is_open(self) -> bool:
        """Whether there is a texture of what stands still."""
        return self._drawn is not None

    def add(self, slide: Slide) -> None:
        """Draws it behind the pane from now on; where it is seen somebody has to cut a hole."""
        self.projector.add(slide)
        if self._drawn is None:
            self._open()

    def remove(self, slide: Slide) -> None:
        """It is no longer drawn."""
        self.projector.remove(slide)
        self._look()

    def _fill(self, *_: object) -> None:
        self._content.size = self.size
        if self._drawn is not None:
            self._close()
            self._open()

    def _open(self) -> None:
        self.canvas.clear()
        size = max(1, round(self.width)), max(1, round(self.height))
        self._drawn = pane = Fbo(size=size)
        pane.texture.mag_filter = pane.texture.min_filter = "nearest"
        drawing = (ClearColor(0, 0, 0, 0), ClearBuffers(), Callback(_gather), self._content.canvas, Callback(_blend))
        for instruction in drawing:
            pane.add(instruction)
        rectangle = Rectangle(texture=pane.texture, size=size)
        for instruction in (
            self.projector,
            pane,
            Callback(_lay_over),
            Color(1, 1, 1, 1),
            rectangle,
            Callback(_blend),
        ):
            self.canvas.add(instruction)

    def _close_unused(self, *_: object) -> None:
        if not self.projector.length():
            self._close()

    def _close(self) -> None:
        if self._drawn is not None:
            self._drawn.clear()
        self._drawn = None
        self.canvas.clear()
        self.canvas.add(self._content.canvas)


def pane_of(part: Widget) -> Pane | None:
    """The one in which it stands; None where it is drawn straight to the window."""
    while isinstance(part, Widget) and not isinstance(part, Pane):
        part = part.parent
    return part if isinstance(part, Pane) else None
