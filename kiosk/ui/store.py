"""The app's end of the link to the agent: the last snapshot, and the way for intents. It keeps nothing that matters."""

import logging
from collections.abc import Callable
from pathlib import Path

from kiosk.contract.links import Keystroke, Role, Snapshot, StartAnew, TouchReport, ToUi
from kiosk.contract.room import Key
from kiosk.contract.state import State
from kiosk.runtime import link, service
from kiosk.runtime.log import Refusals

_logger = logging.getLogger(__name__)


class Store:
    """Holds the newest state. While the agent is away the last one stays, and intents go nowhere.

    `on_change` is called for a new state, and when the agent is gone; `on_key` for every press of a tactile key.
    """

    def __init__(
        self, path: Path, uid: int, on_change: Callable[[], None], on_key: Callable[[Key], None] = lambda key: None
    ) -> None:
        self._path = path
        self._uid = uid
        self._on_change = on_change
        self._on_key = on_key
        self._link: link.Link | None = None
        self.refusals = Refusals(_logger)
        self.state: State | None = None
        self.connections = 0
        """How many there have been."""

    @property
    def is_connected(self) -> bool:
        return self._link is not None

    def send(self, message: object) -> None:
        """Hand an intent to the agent; lost when it is away, which the screen shows."""
        if self._link is not None:
            self._link.send(message)

    def report(self, frames_per_second: float, reaction_ms_p95: float) -> None:
        """Tell how the app does, for telemetry."""
        self.send(
            TouchReport(
                frames_per_second=frames_per_second, reaction_ms_p95=reaction_ms_p95, refused=self.refusals.total
            )
        )

    async def run(self) -> None:
        """Connects, and connects again, without end."""
        while True:
            self._link = await link.connect(self._path, Role.UI, Role.AGENT, self._uid, self.refusals)
            self.connections += 1
            try:
                while True:
                    self._take(await self._link.receive(ToUi))
            except EOFError:
                _logger.info("the agent is gone")
            finally:
                closing, self._link = self._link, None
                await closing.close()
            self._on_change()

    def _take(self, message: ToUi) -> None:
        if isinstance(message, Snapshot):
            self.state = message.state
            self._on_change()
        elif isinstance(message, Keystroke):
            self._on_key(message.key)
        elif isinstance(message, StartAnew):
            _logger.info("the agent asks us to start anew")
            service.leave()
