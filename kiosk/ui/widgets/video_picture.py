"""A place for I420 pictures: uploaded straight from memory as three textures, nothing converted in Python."""

from typing import Any, Protocol

from kivy.clock import Clock
from kivy.graphics import ChangeState
from kivy.graphics.texture import Texture
from kivy.properties import BooleanProperty, NumericProperty, OptionProperty, StringProperty, VariableListProperty

from kiosk.ui.widgets import video_shader as shader
from kiosk.ui.widgets.fit import Placed, contain, cover
from kiosk.ui.widgets.outline import NOTHING, Radii, Triangles, fill, rounded
from kiosk.ui.widgets.pane import Hole, Pane, pane_of
from kiosk.ui.widgets.part import Part
from kiosk.ui.widgets.planes import uploadable
from kiosk.ui.widgets.projector import Projector, Slide


class Frame(Protocol):
    """One I420 picture in memory, as `kiosk.runtime.frames.Frame` is: it stays as it is until `show` returns.

    Planes Y, U and V are contiguous bytes, stride times rows; U and V have half the rows, rounded up.
    """

    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def y_stride(self) -> int: ...
    @property
    def uv_stride(self) -> int: ...
    @property
    def planes(self) -> tuple[memoryview, memoryview, memoryview]: ...
    @property
    def colour_range(self) -> int: ...
    @property
    def matrix(self) -> int: ...


class VideoPicture(Part):
    """A place for moving pictures; draws nothing before the first `show` and after `clear`."""

    tile: str = StringProperty("")
    """Id of the frame ring that is shown here, see `kiosk.ui.pictures`; empty for none."""
    is_live: bool = BooleanProperty(True)
    """If not, the place is kept and asks for pictures, but nothing old is shown."""
    fit: str = OptionProperty("cover", options=["cover", "contain"])
    is_at_top: bool = BooleanProperty(True)
    """With `cover`: cut off at the bottom only, for faces stand in the upper two thirds."""
    is_mirrored: bool = BooleanProperty(False)
    """As in a looking glass; for the own picture only, and never because of a language."""
    radius: list[float] = VariableListProperty([0, 0, 0, 0])
    frames_shown: int = NumericProperty(0)

    def __init__(self, **kwargs: Any) -> None:
        self._planes: tuple[Texture, ...] = ()
        self._sizes: tuple[tuple[int, int], ...] = ()
        self._kind: tuple[int, ...] = ()
        self._slide = Slide()
        self._pane: Pane | None = None
        self._projector: Projector | None = None
        """The pane's, or one of its own where there is no pane; only while there is a picture."""
        self._form = Clock.create_trigger(self._draw, -1)
        super().__init__(**kwargs)
        with self.canvas:
            self._hole = Hole()
        for name in ("pos", "size", "fit", "is_at_top", "is_mirrored", "radius"):
            self.fbind(name, self._form)

    def show(self, frame: Frame) -> None:
        """Upload a picture; it is on the glass with the next frame of the window."""
        kind = (frame.width, frame.height, frame.y_stride, frame.uv_stride, frame.colour_range, frame.matrix)
        projector = self._projector or self._enter()
        if kind != self._kind:
            self._make_room(kind)
        for texture, size, plane in zip(self._planes, self._sizes, frame.planes, strict=True):
            texture.blit_buffer(uploadable(plane), size=size, colorfmt="luminance", bufferfmt="ubyte")
        self.frames_shown += 1
        projector.ask_update()

    def clear(self) -> None:
        """Show nothing and give the memory back: a partner's last picture must not stay."""
        self._slide.clear()
        self._hole.cut(NOTHING)
        self._planes = ()
        self._kind = ()
        if self._projector:
            self._leave(self._projector)

    def _enter(self) -> Projector:
        self._pane = pane_of(self)
        if self._pane:
            self._pane.add(self._slide)
            projector = self._pane.projector
        else:
            projector = Projector()
            projector.add(self._slide)
            self.canvas.add(projector)
        self._projector = projector
        return projector

    def _leave(self, projector: Projector) -> None:
        if self._pane:
            self._pane.remove(self._slide)
        else:
            projector.remove(self._slide)
            self.canvas.remove(projector)
        self._projector = self._pane = None

    def _make_room(self, kind: tuple[int, ...]) -> None:
        self._kind = kind
        _, height, y_stride, uv_stride, *_ = kind
        half = (uv_stride, (height + 1) // 2)
        self._sizes = ((y_stride, height), half, half)
        self._planes = tuple(Texture.create(size=size, colorfmt="luminance", bufferfmt="ubyte") for size in self._sizes)
        self._draw()

    def _draw(self, *_: object) -> None:
        if not self._projector or not self._planes or self.width < 1 or self.height < 1:
            self._slide.clear()
            self._hole.cut(NOTHING)
            return
        width, height, y_stride, uv_stride, colour_range, matrix = self._kind
        size = (width, height)
        placed = contain(size, self.size) if self.fit == "contain" else cover(size, self.size, at_top=self.is_at_top)
        shape = self._shape(placed)
        self._hole.cut(shape if self._pane else NOTHING)
        numbers = ChangeState(
            reach=tuple(shader.reach(width, y_stride, uv_stride)),
            levels=shader.LEVELS[colour_range],
            mixing=shader.MIXING[matrix],
        )
        self._slide.lay(self._planes, numbers, self._vertices(placed, shape), shape.indices)
        self._projector.ask_update()

    def _shape(self, placed: Placed) -> Triangles:
        is_full = placed.width >= self.width - 1
        radii: Radii = tuple(self.radius) if is_full else (0, 0, 0, 0)  # type: ignore[assignment]
        # Half a pixel too big, so that the ground below does not shine through at a rounded corner.
        x, y = self.x + placed.x - 0.5, self.y + placed.y - 0.5
        return fill(rounded(x, y, placed.width + 1, placed.height + 1, radii))

    def _vertices(self, placed: Placed, shape: Triangles) -> list[float]:
        x, y = self.x + placed.x, self.y + placed.y
        vertices: list[float] = []
        for cx, cy, shown in shape.corners:
            along = (cx - x) / placed.width
            down = 1 - (cy - y) / placed.height
            along = 1 - along if self.is_mirrored else along
            s = placed.left + (placed.right - placed.left) * along
            t = placed.top + (placed.bottom - placed.top) * down
            # Behind a pane it is the hole that has soft edges.
            vertices += (cx, cy, s, t, 1.0 if self._pane else shown)
        return vertices
