"""Draws I420 pictures straight from memory: three brightness textures and a shader, nothing converted in Python."""

from typing import Any, Protocol

from kivy.clock import Clock
from kivy.graphics import BindTexture, Mesh, RenderContext
from kivy.graphics.texture import Texture
from kivy.properties import BooleanProperty, NumericProperty, OptionProperty, StringProperty, VariableListProperty

from kiosk.ui.widgets import video_shader as shader
from kiosk.ui.widgets.fit import Placed, contain, cover
from kiosk.ui.widgets.outline import Radii, fill, rounded
from kiosk.ui.widgets.part import Part
from kiosk.ui.widgets.planes import uploadable

_CORNER = [(b"vPosition", 2, "float"), (b"vPlace", 2, "float"), (b"vCover", 1, "float")]


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
        self._kind: tuple[int, int, int, int] = (0, 0, 0, 0)
        self._tuned: tuple[int, int] = (-1, -1)
        self.canvas = RenderContext(
            vs=shader.VERTEX, fs=shader.FRAGMENT, use_parent_projection=True, use_parent_modelview=True
        )
        self._form = Clock.create_trigger(self._draw, -1)
        super().__init__(**kwargs)
        self.canvas["texture_u"], self.canvas["texture_v"] = 1, 2
        for name in ("pos", "size", "fit", "is_at_top", "is_mirrored", "radius"):
            self.fbind(name, self._form)

    def show(self, frame: Frame) -> None:
        """Upload a picture; it is on the glass with the next frame of the window."""
        kind = (frame.width, frame.height, frame.y_stride, frame.uv_stride)
        if kind != self._kind:
            self._make_room(kind)
        self._tune(frame.colour_range, frame.matrix)
        for texture, plane in zip(self._planes, frame.planes, strict=True):
            texture.blit_buffer(uploadable(plane), size=texture.size, colorfmt="luminance", bufferfmt="ubyte")
        self.frames_shown += 1
        self.canvas.ask_update()

    def clear(self) -> None:
        """Show nothing and give the memory back: a partner's last picture must not stay."""
        self.canvas.clear()
        self._planes = ()
        self._kind = (0, 0, 0, 0)

    def _make_room(self, kind: tuple[int, int, int, int]) -> None:
        self._kind = kind
        width, height, y_stride, uv_stride = kind
        sizes = ((y_stride, height), *((uv_stride, (height + 1) // 2),) * 2)
        self._planes = tuple(Texture.create(size=size, colorfmt="luminance", bufferfmt="ubyte") for size in sizes)
        self.canvas["reach"] = tuple(shader.reach(width, y_stride, uv_stride))
        self._draw()

    def _tune(self, colour_range: int, matrix: int) -> None:
        if (colour_range, matrix) != self._tuned:
            self._tuned = (colour_range, matrix)
            self.canvas["levels"] = shader.LEVELS[colour_range]
            self.canvas["mixing"] = shader.MIXING[matrix]

    def _draw(self, *_: object) -> None:
        self.canvas.clear()
        if not self._planes or self.width < 1 or self.height < 1:
            return
        size = self._kind[:2]
        placed = contain(size, self.size) if self.fit == "contain" else cover(size, self.size, at_top=self.is_at_top)
        with self.canvas:
            BindTexture(texture=self._planes[1], index=1)
            BindTexture(texture=self._planes[2], index=2)
            self._mesh(placed)

    def _mesh(self, placed: Placed) -> Mesh:
        x, y = self.x + placed.x, self.y + placed.y
        is_full = placed.width >= self.width - 1
        radii: Radii = tuple(self.radius) if is_full else (0, 0, 0, 0)  # type: ignore[assignment]
        # Half a pixel too big, so that the ground below does not shine through at a rounded corner.
        shape = fill(rounded(x - 0.5, y - 0.5, placed.width + 1, placed.height + 1, radii))
        vertices: list[float] = []
        for cx, cy, shown in shape.corners:
            along = (cx - x) / placed.width
            down = 1 - (cy - y) / placed.height
            along = 1 - along if self.is_mirrored else along
            s = placed.left + (placed.right - placed.left) * along
            t = placed.top + (placed.bottom - placed.top) * down
            vertices += (cx, cy, s, t, shown)
        return Mesh(fmt=_CORNER, vertices=vertices, indices=shape.indices, mode="triangles", texture=self._planes[0])
