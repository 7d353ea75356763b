"""Joins the parts of the touch app: state in, view out to the screen, intents back, pictures in between."""

import asyncio
import logging
import time
from datetime import UTC, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from kivy.base import EventLoop, async_runTouchApp
from kivy.clock import Clock
from kivy.core.window import Window

from kiosk.contract.configuration import Configuration
from kiosk.contract.display import Wakefulness
from kiosk.contract.intents import Touched
from kiosk.contract.media import PeerLink
from kiosk.contract.room import Key
from kiosk.contract.state import Phase, State
from kiosk.runtime import link, service
from kiosk.runtime.life import Life
from kiosk.runtime.pacing import Pacing
from kiosk.runtime.version import version
from kiosk.ui import compositor
from kiosk.ui.beginning import Beginning
from kiosk.ui.focus import Focus
from kiosk.ui.frames import Frames
from kiosk.ui.garbage import Garbage
from kiosk.ui.hands import Hands
from kiosk.ui.pictures import Pictures
from kiosk.ui.present import Form, Setting, TurnPage, View, name_of, present, present_first_start, present_nothing
from kiosk.ui.reaction import Reaction
from kiosk.ui.screens import Host
from kiosk.ui.store import Store
from kiosk.ui.theme import Panel, theme
from kiosk.ui.theme.fonts import register_fonts
from kiosk.ui.widgets import Pane
from kiosk.ui.window import ARRIVAL_FPS, ASLEEP_FPS, CALL_FRAME_S, IDLE_FPS, fps_for

_logger = logging.getLogger(__name__)

_NEAR_MM, _FAR_MM = 450, 600
_REPORT_S = 60.0
_FIRST_REPORT_S = 4.0
"""Soon: a new version is judged by whether it draws."""
_LONGEST_FRAME_S, _FRAME_MOVES_S = 1 / 22, 0.004
"""Whoever sends fewer pictures is drawn every second frame, or third; nobody sees a frame that moves by the second."""
_ARRIVAL_S = 1.0
"""After the last partner has connected: until then the first picture is here."""


class TouchApp:
    """The app while it runs. The window must have been prepared (`kiosk.ui.window`)."""

    def __init__(self, configuration: Configuration, life: Life) -> None:
        ui, links = configuration.ui, configuration.links
        theme.panel = Panel(ui.width_px, ui.height_px, ui.dpi, _NEAR_MM if ui.is_near else _FAR_MM)
        self._language = configuration.terminal.language
        form = Form.WIDE if theme.panel.is_wide else Form(theme.panel.form.value)
        self._setting = Setting(
            zone=ZoneInfo(configuration.terminal.time_zone),
            room=configuration.terminal.room,
            form=form,
            version=version(),
        )
        self.store = Store(links.ui_socket, link.uid_of(links.agent_user), self._present, self._strike)
        self._beginning = Beginning(links.enrolment_file, self._language, self.store.refusals)
        self.pictures = Pictures(links.frames_socket, link.uid_of(links.media_user), self.store.refusals)
        self._pacing = Pacing(CALL_FRAME_S, _LONGEST_FRAME_S, _FRAME_MOVES_S)
        self.reaction = Reaction(Window)
        self.host = Host()
        self._frames = Frames(Window, self.host, life, service.ready)
        self.host.bind(on_intent=self._on_intent)
        self.focus = Focus(self.host)
        self._garbage = Garbage()
        Window.bind(on_touch_down=self._on_touch)
        self.view: View = present_nothing(self._setting, self._language)
        self._page = 0
        self._arrival_s = -_ARRIVAL_S
        self._began_s = 0.0
        self._reported = (0, 0.0)
        """On which of the store's connections, and when."""

    async def run(self) -> None:
        """Runs until the window closes or the process is asked to stop."""
        service.settle()
        self._show(self.view)
        # The same clock as Kivy's own, which asks for it by way of ctypes, ten times a frame.
        Clock.time = partial(time.clock_gettime, time.CLOCK_MONOTONIC_RAW)
        Clock.schedule_interval(self._draw_pictures, 0)
        Clock.schedule_interval(self._look, 1.0)
        self._began_s = time.monotonic()
        self._frames.watch()
        await async_runTouchApp(Pane(self.host), async_lib="asyncio")

    def _on_intent(self, _host: Host, intent: Any) -> None:
        if isinstance(intent, TurnPage):
            self._page = intent.page
            self._present()
        elif self.store.state is None:
            self._beginning.take(intent)
            self._present()
        else:
            self.store.send(intent)

    def _on_touch(self, _window: Any, _touch: Any) -> bool:
        """A touch on a screen that rests also says that somebody is here. On the dark one it meets nothing else."""
        self.focus.clear()
        state = self.store.state
        if state is not None and state.display.wakefulness is not Wakefulness.AWAKE:
            self.store.send(Touched())
        return False

    def _strike(self, key: Key) -> None:
        self.focus.strike(key)

    def _present(self, *_: object) -> None:
        state = self.store.state
        view = self._presented(state)
        if self._page and name_of(view) != name_of(self.view):
            self._page = 0
            view = self._presented(state)
        if view != self.view:
            self._show(view)

    def _look(self, *_: object) -> None:
        """Once a second: the clock goes on, and so may enrolment; the agent hears how we do."""
        self._beginning.look()
        self._present()
        self._report()

    def _presented(self, state: State | None) -> View:
        enrolment, now = self._beginning.status, datetime.now(UTC)
        if state is None:
            if enrolment is None:
                return present_nothing(self._setting, self._language)
            return present_first_start(enrolment, self._beginning.state, self._setting, now)
        return present(
            state,
            self._setting,
            now,
            page=self._page,
            before=self.view,
            is_agent_here=self.store.is_connected,
            enrolment=enrolment,
        )

    def _show(self, view: View) -> None:
        if type(view) is not type(self.view):
            self._garbage.wait()
        self.view = view
        self.host.show(view)
        self._frames.are_seen = not view.is_dark
        if self.pictures.find_places(self.host):
            self._garbage.wait()  # a tile that has gone is half a screen
        self.focus.follow()

    def _draw_pictures(self, *_: object) -> None:
        is_moving = self.pictures.draw()
        state = self.store.state
        in_call = is_moving or (state is not None and state.phase is Phase.SESSION)
        if state is not None and any(peer.link is PeerLink.CONNECTING for peer in state.media.peers):
            self._arrival_s = Clock.get_time()
        fps: float = ASLEEP_FPS if self.view.is_dark else IDLE_FPS
        if Clock.get_time() - self._arrival_s < _ARRIVAL_S:
            fps = ARRIVAL_FPS
        elif in_call:
            now_s = time.monotonic()
            self._pacing.look(now_s, self.pictures.came_s)
            fps = fps_for(self._pacing.step(now_s) - now_s)
        Clock._max_fps = fps  # Kivy has no public way to change the pace of its clock while it runs

    def _report(self) -> None:
        """Once a minute, and to every agent as soon as it is there: it may be waiting for a sign of us."""
        now_s, connection = time.monotonic(), self.store.connections
        if not self.store.is_connected or now_s - self._began_s < _FIRST_REPORT_S:
            return
        if connection != self._reported[0] or now_s - self._reported[1] >= _REPORT_S:
            self._reported = (connection, now_s)
            self.store.report(self.reaction.frames_per_second, self.reaction.p95_ms)


async def run(configuration: Configuration, life: Life) -> None:
    """The whole app: the window, the link to the agent, the pictures; the first of them to end ends all."""
    register_fonts()
    app = TouchApp(configuration, life)
    hands = Hands(app, configuration.ui.hands_socket) if configuration.ui.hands_socket else None
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(app.store.run(), name="agent-link"),
            group.create_task(app.pictures.run(), name="frames"),
        ]
        if wayland := compositor.socket_of_ours():
            tasks.append(group.create_task(compositor.watch(wayland, life), name="compositor"))
        if hands:
            tasks.append(group.create_task(hands.run(), name="hands"))
        try:
            await app.run()
        finally:
            EventLoop.close()
            for task in tasks:
                task.cancel()
