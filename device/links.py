"""The two processes next door: the touch app sees every change and sends touches, media gets its plan and reports."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from device import files
from device.hub import is_alike
from device.signals import Signals
from kiosk.consultation import events, media_plan
from kiosk.contract.display import Wakefulness
from kiosk.contract.errors import MalformedError
from kiosk.contract.links import (
    Chime,
    FromMedia,
    FromUi,
    Greeting,
    IceServers,
    Keystroke,
    Snapshot,
    StartAnew,
    TouchReport,
)
from kiosk.contract.media import MediaReport, Plan, Signal
from kiosk.contract.room import Key
from kiosk.contract.self_test import Examine, Examined
from kiosk.contract.state import Phase, State
from kiosk.runtime.link import Link
from kiosk.runtime.log import Refusals

_FIRST_S = 0.2
"""Media reports at once."""
_logger = logging.getLogger(__name__)

Dispatch = Callable[[events.Event], None]


class _Doors:
    """The links of one role; during a restart there may be two for a moment."""

    def __init__(self) -> None:
        self._links: list[Link] = []

    @contextlib.contextmanager
    def _open(self, link: Link) -> Iterator[None]:
        self._links.append(link)
        try:
            yield
        finally:
            self._links.remove(link)

    @property
    def pid(self) -> int:
        """Of the process that came last; 0 while there is none."""
        return self._links[-1].peer_pid if self._links else 0

    def start_anew(self) -> None:
        """It ends, and systemd starts it again."""
        self._send(StartAnew())

    def _send(self, message: object) -> None:
        for link in self._links:
            link.send(message)


class Apps(_Doors):
    """The touch app."""

    def __init__(self, state: Callable[[], State], dispatch: Dispatch) -> None:
        super().__init__()
        self._state = state
        self._dispatch = dispatch
        self._shown: State | None = None
        self.last_report: TouchReport | None = None
        self.reported: tuple[int, float] = (0, 0.0)
        """Which process sent it, and when (monotonic, s)."""

    async def serve(self, link: Link) -> None:
        """Until the app is gone."""
        with self._open(link), contextlib.suppress(EOFError):
            link.send(Snapshot(state=self._state()))
            while True:
                message: FromUi = await link.receive(FromUi)
                if isinstance(message, TouchReport):
                    self.last_report, self.reported = message, (link.peer_pid, time.monotonic())
                elif not isinstance(message, Greeting):
                    self._dispatch(message)
        _logger.info("the touch app is gone")

    def strike(self, key: Key) -> None:
        """A tactile key; lost where there is no app, as is a touch."""
        self._send(Keystroke(key=key))

    def show(self, state: State) -> None:
        """A viewer of the hub. On idle the clock shows minutes, so that a second is no news."""
        if self._shown is None or not _look_alike(self._shown, state):
            self._shown = state
            self._send(Snapshot(state=state))


def _look_alike(shown: State, state: State) -> bool:
    if state.display.wakefulness is Wakefulness.ASLEEP:
        is_same_time = True  # there is no clock to be seen
    elif state.phase is Phase.IDLE:
        is_same_time = shown.now.replace(second=0, microsecond=0) == state.now.replace(second=0, microsecond=0)
    else:
        is_same_time = shown.now.replace(microsecond=0) == state.now.replace(microsecond=0)
    return is_same_time and is_alike(shown, state)


class Media(_Doors):
    """The media process."""

    def __init__(self, state: Callable[[], State], dispatch: Dispatch, directory: Path, refusals: Refusals) -> None:
        """`directory` on tmpfs remembers which process media is, beyond a restart of the agent."""
        super().__init__()
        self._state = state
        self._dispatch = dispatch
        self._pid_file = directory / "media.pid"
        self._refusals = refusals
        self._planned: Plan | None = None
        self._relays = IceServers()
        self._signals: Signals | None = None
        self._is_to_ask = False
        self.on_examined: Callable[[Examined], None] | None = None
        """Set once."""

    def join(self, signals: Signals) -> None:
        """From now on there is a way to the partners."""
        self._signals = signals
        if self._is_to_ask:
            signals.ask_again()

    async def serve(self, link: Link) -> None:
        """Until media is gone. What it has open is heard before it is told anything: a call may be under way."""
        is_new = self._is_new(link.peer_pid)
        if is_new:  # the last one may not have been seen to go: it still is, or we were away
            self._dispatch(events.MediaWent())
        with contextlib.suppress(EOFError, TimeoutError):
            async with asyncio.timeout(_FIRST_S):
                self._take(await link.receive(FromMedia))
        self._dispatch(events.MediaCame())
        with self._open(link):
            link.send(self._relays)
            link.send(media_plan(self._state()))
            if is_new:
                self._is_to_ask = self._signals is None
                if self._signals:
                    self._signals.ask_again()
            with contextlib.suppress(EOFError):
                while True:
                    self._take(await link.receive(FromMedia))
        _logger.warning("media is gone")
        if not self._links:
            self._dispatch(events.MediaWent())

    def show(self, state: State) -> None:
        """A viewer of the hub."""
        plan = media_plan(state)
        if plan != self._planned:
            self._planned = plan
            self._send(plan)

    def send(self, message: Signal | Chime | Examine) -> None:
        """Dropped where media is not there: it begins anew anyway."""
        self._send(message)

    def use_relays(self, relays: IceServers) -> None:
        if relays != self._relays:
            self._relays = relays
            self._send(relays)

    def _take(self, message: FromMedia) -> None:
        match message:
            case MediaReport():
                self._dispatch(events.MediaReported(report=message))
            case Examined():
                if self.on_examined:
                    self.on_examined(message)
            case Signal():
                try:
                    if self._signals:
                        self._signals.from_media(message)
                except MalformedError as error:
                    self._refusals.note(error)

    def _is_new(self, pid: int) -> bool:
        """Whether this is another process than last time; a new one has no peer connections."""
        last = self._pid_file.read_bytes() if self._pid_file.exists() else b""
        try:
            files.write(self._pid_file, str(pid).encode())
        except OSError as error:
            _logger.error("which process media is cannot be kept for a restart: %s", error.strerror)
        return last != str(pid).encode()
