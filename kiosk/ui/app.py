"""Joins the parts of the touch app: state in, view out to the screen, intents back, pictures in between."""

import asyncio
import logging
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from kivy.base import EventLoop, async_runTouchApp
from kivy.clock import Clock
from kivy.core.window import Window

from kiosk.contract.configuration import Configuration
from kiosk.contract.media import PeerLink
from kiosk.contract.state import Phase, State
from kiosk.runtime import link, service
from kiosk.ui.hands import Hands
from kiosk.ui.pictures import Pictures
from kiosk.ui.present import Form, Setting, TurnPage, View, name_of, present, present_nothing
from kiosk.ui.reaction import Reaction
from kiosk.ui.screens import Host
from kiosk.ui.store import Store
from kiosk.ui.theme import Panel, theme
from kiosk.ui.theme.fonts import register_fonts
from kiosk.ui.window import ARRIVAL_FPS, CALL_FPS, IDLE_FPS

_logger = logging.getLogger(__name__)

_NEAR_MM, _FAR_MM = 450, 600
_REPORT_S = 60.0
_ARRIVAL_S = 1.0
"""After the last partner has connected: until then the first picture is here."""


class TouchApp:
    """The app while it runs. The window must have been prepared (`kiosk.ui.window`)."""

    def __init__(self, configuration: Configuration) -> None:
        ui, links = configuration.ui, configuration.links
        theme.panel = Panel(ui.width_px, ui.height_px, ui.dpi, _NEAR_MM if ui.is_near else _FAR_MM)
        self._language = configuration.terminal.language
        form = Form.WIDE if theme.panel.is_wide else Form(theme.panel.form.value)
        self._setting = Setting(
            zone=ZoneInfo(configuration.terminal.time_zone), room=configuration.terminal.room, form=form
        )
        self.store = Store(links.ui_socket, link.uid_of(links.agent_user), self._present)
        self.pictures = Pictures(links.frames_socket, link.uid_of(links.media_user), self.store.refusals)
        self.reaction = Reaction(Window)
        self.host = Host()
        self.host.bind(on_intent=self._on_intent)
        self.view: View = present_nothing(self._setting, self._language)
        self._page = 0
        self._arrival_s = -_ARRIVAL_S

    async def run(self) -> None:
        """Runs until the window closes or the process is asked to stop."""
        self._show(self.view)
        Clock.schedule_interval(self._draw_pictures, 0)
        Clock.schedule_interval(self._present, 1.0)
        Clock.schedule_interval(self._report, _REPORT_S)
        service.notify("READY=1")
        await async_runTouchApp(self.host, async_lib="asyncio")

    def _on_intent(self, _host: Host, intent: Any) -> None:
        if isinstance(intent, TurnPage):
            self._page = intent.page
            self._present()
        else:
            self.store.send(intent)

    def _present(self, *_: object) -> None:
        state = self.store.state
        if state is None:
            return
        view = self._presented(state)
        if self._page and name_of(view) != name_of(self.view):
            self._page = 0
            view = self._presented(state)
        if view != self.view:
            self._show(view)

    def _presented(self, state: State) -> View:
        return present(
            state,
            self._setting,
            datetime.now(UTC),
            page=self._page,
            before=self.view,
            is_agent_here=self.store.is_connected,
        )

    def _show(self, view: View) -> None:
        self.view = view
        self.host.show(view)
        self.pictures.find_places(self.host)

    def _draw_pictures(self, *_: object) -> None:
        is_moving = self.pictures.draw()
        state = self.store.state
        in_call = is_moving or (state is not None and state.phase is Phase.SESSION)
        if state is not None and any(peer.link is PeerLink.CONNECTING for peer in state.media.peers):
            self._arrival_s = Clock.get_time()
        is_awaited = Clock.get_time() - self._arrival_s < _ARRIVAL_S
        # Kivy has no public way to change the pace of its clock while it runs.
        Clock._max_fps = float(ARRIVAL_FPS if is_awaited else CALL_FPS if in_call else IDLE_FPS)

    def _report(self, *_: object) -> None:
        self.store.report(self.reaction.frames_per_second, self.reaction.p95_ms)


async def run(configuration: Configuration) -> None:
    """The whole app: the window, the link to the agent, the pictures; the first of them to end ends all."""
    register_fonts()
    app = TouchApp(configuration)
    hands = Hands(app, configuration.ui.hands_socket) if configuration.ui.hands_socket else None
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(app.store.run(), name="agent-link"),
            group.create_task(app.pictures.run(), name="frames"),
        ]
        if hands:
            tasks.append(group.create_task(hands.run(), name="hands"))
        try:
            await app.run()
        finally:
            EventLoop.close()
            for task in tasks:
                task.cancel()
