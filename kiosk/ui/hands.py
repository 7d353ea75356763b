"""A socket on which a test touches the screen, reads its controls and takes pictures. Never configured in service.

One JSON line a request, one an answer. Touches go in by an input provider, as those of a real panel do.
"""

import asyncio
import contextlib
import itertools
import json
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kivy.base import EventLoop
from kivy.core.window import Window
from kivy.input.motionevent import MotionEvent
from kivy.input.provider import MotionEventProvider

from kiosk.ui.controls import box_of, controls, key_of
from kiosk.ui.present import name_of

if TYPE_CHECKING:
    from kiosk.ui.app import TouchApp

_TAP_S = 0.06
"""How long a quick finger rests on the glass."""


class _Finger(MotionEvent):
    def __init__(self, number: int, x: float, y: float) -> None:
        super().__init__("hands", number, {"x": x, "y": y}, is_touch=True, type_id="touch")

    def depack(self, args: dict[str, float]) -> None:
        self.profile = ("pos",)
        self.sx, self.sy = args["x"], args["y"]
        super().depack(args)


class _Glove(MotionEventProvider):
    """Hands events to Kivy's loop when it asks for input."""

    def __init__(self) -> None:
        super().__init__("hands", "")
        self._waiting: deque[tuple[str, _Finger]] = deque()
        self.is_empty = asyncio.Event()

    def put(self, kind: str, finger: _Finger) -> None:
        self._waiting.append((kind, finger))
        self.is_empty.clear()

    def update(self, dispatch_fn: Any) -> None:
        while self._waiting:
            kind, finger = self._waiting.popleft()
            if kind == "end":
                finger.update_time_end()
            dispatch_fn(kind, finger)
        self.is_empty.set()


class Hands:
    """Serves the socket; one request at a time."""

    def __init__(self, app: "TouchApp", path: Path) -> None:
        self._app = app
        self._path = path
        self._glove = _Glove()
        self._numbers = itertools.count(1)
        self._down: _Finger | None = None
        self._on_glass, self._drawn = "", asyncio.Event()
        self._shown: dict[str, tuple[int, float]] = {}
        """The number of each tile's picture on the glass, and when it got there."""
        Window.bind(on_flip=self._on_flip)
        EventLoop.add_input_provider(self._glove)

    async def run(self) -> None:
        """Serves without end."""
        self._path.unlink(missing_ok=True)
        server = await asyncio.start_unix_server(self._serve, path=self._path)
        self._path.chmod(0o600)
        async with server:
            await server.serve_forever()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while line := await reader.readline():
                try:
                    answer = await self._do(json.loads(line))
                except (ValueError, KeyError, TypeError, OSError) as error:
                    answer = {"error": f"{type(error).__name__}: {error}"}
                writer.write(json.dumps(answer).encode() + b"\n")
        writer.close()

    async def _do(self, request: dict[str, Any]) -> dict[str, Any]:
        what = request["do"]
        if what == "controls":
            return {"view": name_of(self._app.view), "controls": list(_controls(self._app.host))}
        if what == "state":
            return self._state()
        if what == "screenshot":
            return {"path": _screenshot(Path(request["path"]))}
        if what == "touch":
            return await self._tap(float(request["x"]), float(request["y"]))
        if what == "await":
            return await self._see(request["view"])
        if what in ("down", "move", "up"):
            self._move(what, float(request["x"]), float(request["y"]))
            return {}
        raise ValueError(f"cannot {what!r}")

    def _state(self) -> dict[str, Any]:
        state = self._app.store.state
        return {
            "phase": state.phase if state else "",
            "sheet": state.sheet if state else "",
            "view": name_of(self._app.view),
            "title": self._app.view.title,
            "is_connected": self._app.store.is_connected,
            "tiles": self._app.pictures.sequences,
            "shown": {tile: number for tile, (number, _) in self._shown.items()},
            "shown_s": {tile: at_s for tile, (_, at_s) in self._shown.items()},
            "fps": self._app.reaction.frames_per_second,
            "reaction_ms_p95": self._app.reaction.p95_ms,
        }

    def _on_flip(self, _window: Any) -> None:
        self._on_glass = name_of(self._app.view)
        self._drawn.set()
        now_s = time.monotonic()
        self._shown = {
            tile: before if (before := self._shown.get(tile)) and before[0] == number else (number, now_s)
            for tile, number in self._app.pictures.shown.items()
        }

    async def _see(self, view: str) -> dict[str, Any]:
        """Answers as soon as a frame of this view is on the glass."""
        while self._on_glass != view:
            self._drawn.clear()
            await self._drawn.wait()
        return {"view": view}

    async def _tap(self, x: float, y: float) -> dict[str, Any]:
        """Down and up; answers once both were seen, with how long the first frame after the touch took."""
        self._move("down", x, y)
        await asyncio.sleep(_TAP_S)
        reaction_ms = await self._app.reaction.answered()
        self._move("up", x, y)
        await self._glove.is_empty.wait()
        return {"reaction_ms": reaction_ms}

    def _move(self, what: str, x: float, y: float) -> None:
        width, height = Window.size
        place = {"x": x / width, "y": y / height}
        if what == "down":
            self._down = _Finger(next(self._numbers), **place)
            self._glove.put("begin", self._down)
        elif self._down is not None:
            self._down.move(place)
            self._glove.put("update" if what == "move" else "end", self._down)
            self._down = self._down if what == "move" else None


def _controls(root: Any) -> Iterator[dict[str, Any]]:
    """Everything on the glass that can be touched, with its place in window pixels from the lower left."""
    for widget in controls(root):
        yield {
            "id": key_of(widget),
            "name": widget.speech,
            **box_of(widget)._asdict(),
            "is_enabled": not widget.disabled and widget.has_settled,
            "has_focus": widget.has_focus,
        }


def _screenshot(path: Path) -> str:
    Window.dispatch("on_draw")
    saved = Path(Window.screenshot(name=str(path)))
    saved.rename(path)
    return str(path)
