"""What both engines and all peers share."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from aiortc import RTCBundlePolicy, RTCConfiguration, RTCIceServer, RTCIceTransportPolicy

from kiosk.contract.configuration import Codec
from kiosk.contract.media import Signal
from kiosk.media.engine.outgoing import Feeds
from kiosk.media.engine.tally import Tally
from kiosk.media.engine.waist import Sinks
from kiosk.runtime.log import Refusals

_logger = logging.getLogger(__name__)

_GOODBYE_S = 1.0


def configuration_with(servers: list[RTCIceServer], *, is_relay_only: bool) -> RTCConfiguration:
    """For a peer connection whose three lines share one transport."""
    return RTCConfiguration(
        iceServers=servers,
        iceTransportPolicy=RTCIceTransportPolicy.RELAY if is_relay_only else RTCIceTransportPolicy.ALL,
        bundlePolicy=RTCBundlePolicy.MAX_BUNDLE,
    )


class Surroundings:
    """Loop's thread only."""

    def __init__(
        self,
        group: asyncio.TaskGroup,
        codec: Codec,
        feeds: Feeds,
        sinks: Sinks,
        send: Callable[[Signal], None],
        on_change: Callable[[], None],
        *,
        is_relay_only: bool = False,
        ca_file: Path | None = None,
    ) -> None:
        """`send` takes signals to the peers, `on_change` is called when a report would say something new.

        `ca_file`: the installation's authority, which media servers may be of.
        """
        self.group, self.codec, self.feeds, self.sinks, self.send = group, codec, feeds, sinks, send
        self.on_change, self.ca_file = on_change, ca_file
        self.is_relay_only = is_relay_only
        self.configuration = configuration_with([], is_relay_only=is_relay_only)
        self.refusals = Refusals(_logger)
        self.on_lost: Callable[[], None] = lambda: None
        """A path to somebody does not come up, or is lost."""
        self._tallies: dict[str, Tally] = {}
        self._goodbyes: set[asyncio.Task[None]] = set()

    def use_servers(self, servers: list[RTCIceServer]) -> None:
        """For peer connections made from now on."""
        self.configuration = configuration_with(servers, is_relay_only=self.is_relay_only)

    def tally_of(self, call: str) -> Tally:
        """The peer's, whichever engine it came by so far."""
        if call not in self._tallies:
            self._tallies[call] = Tally(call, self.sinks, self.on_change)
        return self._tallies[call]

    def keep_tallies(self, calls: set[str]) -> None:
        """Of these; the other peers are no more."""
        for call in set(self._tallies) - calls:
            self._tallies.pop(call).close()

    def say_goodbye(self, goodbye: Coroutine[Any, Any, None]) -> None:
        """Do this in the background, also while the group ends."""
        task = asyncio.create_task(goodbye, name="goodbye")
        self._goodbyes.add(task)
        task.add_done_callback(self._goodbyes.discard)

    async def goodbyes_said(self) -> None:
        """Waits for them, not for long."""
        if self._goodbyes:
            await asyncio.wait(self._goodbyes, timeout=_GOODBYE_S)
