"""What the room shows the partners: the laptop's picture, or a still of the camera. On the loop, unless it says so."""

import asyncio
import logging
import threading
from collections.abc import Callable
from functools import partial
from typing import Protocol, cast

import av

from kiosk.contract.errors import Reason
from kiosk.contract.media import Lamp, Plan, Sending, Showing
from kiosk.media.capture.capture import Capture
from kiosk.media.capture.choice import Choice
from kiosk.media.capture.planes import fitted
from kiosk.media.capture.source import Source, VideoSource
from kiosk.media.capture.still import MAX_HEIGHT_PX, MAX_WIDTH_PX, Still
from kiosk.media.tiles import Tiles
from kiosk.media.truth import lamp_of

_logger = logging.getLogger(__name__)

TILE = "self/screen"
TILE_WIDTH_PX, TILE_HEIGHT_PX = 1920, 1440
"""No panel of a room shows more."""
_PLUG_S = 2.0
"""How often it is looked whether the grabber is plugged in."""
_RETRY_S = 1.0


class Feed(Protocol):
    """The line to the partners."""

    last_sent_s: float

    def take(self, frame: av.VideoFrame) -> None: ...

    def rest(self) -> None: ...


class Screen:
    """Takes the plan after the engine has closed its gates; nothing that comes late is shown or sent."""

    def __init__(
        self,
        laptop: Choice,
        camera: Capture[av.VideoFrame],
        feed: Feed,
        tiles: Tiles,
        on_need: Callable[[], None],
        on_change: Callable[[], None],
    ) -> None:
        """`on_need` is called when `needs_camera` has changed by itself, `on_change` when a report would say more."""
        self._loop = asyncio.get_running_loop()
        self._choice, self._camera, self._feed, self._tiles = laptop, camera, feed, tiles
        self._on_need, self._on_change = on_need, on_change
        self._still = Still()
        self._captures = {
            Showing.LAPTOP: Capture("laptop", laptop.make, self._take_laptop, self._changed, _RETRY_S),
            Showing.DOCUMENT: Capture("document", lambda: self._still, self._take_document, self._changed, _RETRY_S),
        }
        self._plan = Plan()
        self._asked: int | None = None
        self._job: Callable[[Source[av.VideoFrame]], None] | None = None
        self._shown: av.VideoFrame | None = None
        self._showing = Showing.NOTHING
        self._writing = threading.Lock()
        self.has_laptop = laptop.is_there()
        self.needs_camera = False
        """A still is to be taken: the camera has to be open, whatever else is planned for it."""

    def apply(self, plan: Plan) -> None:
        """Show what the plan says; take a still when it asks for one more."""
        self._plan = plan
        showing = Showing.NOTHING if plan.is_paused else plan.screen
        if showing is not self._showing:
            self._hide(showing)
        for what, capture in self._captures.items():
            capture.want(showing is what and (what is Showing.LAPTOP or self._still.has_picture))
        if plan.screen is not Showing.DOCUMENT:
            self._asked, self._job = None, None
            self._still.clear()
        elif plan.still != self._asked:
            self._asked, self._job = plan.still, partial(self._photograph, plan.still)
        self._camera.job = None if plan.is_paused else self._job
        self.needs_camera = self._camera.job is not None

    def _hide(self, then: Showing | None = None) -> None:
        """Away from the panel at once; `then` is what may come after."""
        with self._writing:
            self._showing = then or self._showing
            self._shown = None
            self._tiles.drop(TILE)

    def _changed(self) -> None:
        if not any(capture.is_open for capture in self._captures.values()):
            self._feed.rest()
            self._hide()
        self._on_change()

    def _photograph(self, number: int, camera: Source[av.VideoFrame]) -> None:
        """In the camera's thread."""
        frame = cast(VideoSource, camera).still()
        _logger.info("a still in %dx%d", frame.width, frame.height)
        self._loop.call_soon_threadsafe(self._photographed, number, fitted(frame, MAX_WIDTH_PX, MAX_HEIGHT_PX))

    def _photographed(self, number: int, frame: av.VideoFrame) -> None:
        if number == self._asked:
            self._job = None
            self._still.put(frame)
            self.apply(self._plan)
            self._on_need()

    def _take_laptop(self, frame: av.VideoFrame) -> None:
        self._take(Showing.LAPTOP, frame)

    def _take_document(self, frame: av.VideoFrame) -> None:
        self._take(Showing.DOCUMENT, frame)

    def _take(self, showing: Showing, frame: av.VideoFrame) -> None:
        """In the capture's thread."""
        with self._writing:
            if showing is not self._showing:
                return
            if frame is not self._shown:
                self._shown = frame
                self._tiles.write(TILE, fitted(frame, TILE_WIDTH_PX, TILE_HEIGHT_PX))
        self._feed.take(frame)

    @property
    def lamp(self) -> Lamp:
        capture = self._captures.get(self._plan.screen)
        is_live = capture is not None and capture.is_live
        return lamp_of(
            Sending.ON if capture else Sending.OFF,
            is_open=is_live,
            is_live=is_live,
            has_fault=self.reason is not None and not is_live,
            is_gate_open=not self._plan.is_paused,
            last_sent_s=self._feed.last_sent_s,
        )

    @property
    def reason(self) -> Reason | None:
        """Why nothing can be shown, or no still be taken, while it is wanted."""
        if self.needs_camera:
            return self._camera.reason
        capture = self._captures.get(self._plan.screen)
        return capture.reason if capture else None

    async def run(self) -> None:
        """Serves until cancelled."""
        async with asyncio.TaskGroup() as group:
            for showing, capture in self._captures.items():
                group.create_task(capture.run(), name=showing)
            while True:
                await asyncio.sleep(_PLUG_S)
                has_laptop = self._choice.is_there()
                if has_laptop != self.has_laptop:
                    self.has_laptop = has_laptop
                    self._on_change()
