"""Looks at the machine once a minute: what it finds goes into the consultation, and at night a process may start anew.

Costs some milliseconds a minute; between two looks it sleeps.
"""

import asyncio
import contextlib
import os
import time
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from device import clock
from device.broker.way import Way
from device.health.addresses import addresses
from device.health.certificate import CertificateReader
from device.health.devices import DevicesReader
from device.health.diagnosis import Diagnosis, Measured
from device.health.network import NetworkReader
from device.health.offset import offset_ms
from device.health.power import PowerReader
from device.health.processes import MemoryReader, Returns
from device.health.processor import WorkReader
from device.health.storage import StorageReader
from device.health.tree import Tree
from device.health.trend import Growth, Trend, is_night
from kiosk.consultation import events
from kiosk.contract.configuration import Configuration
from kiosk.contract.mqtt import NetworkState
from kiosk.contract.state import Phase, State

LOOK_S = 60.0
_AN_HOUR = 60
_ALONE_S = 900.0
"""So long nobody must have been here before a process starts anew."""


class Broker(Protocol):
    """What is needed of `device.broker.client.Client`."""

    @property
    def trouble(self) -> str:
        """Why there is none."""

    def way(self) -> Way | None:
        """How good the way there is."""


class Reader:
    """Every source; `read` is one look."""

    def __init__(self, configuration: Configuration, tree: Tree, pids: Callable[[], Mapping[str, int]]) -> None:
        """`pids` by process, of those that run."""
        runtime = configuration.paths.runtime_directory
        self.tree = tree
        self._pids = pids
        self._power = PowerReader(tree, runtime)
        self._work = WorkReader(tree)
        self._storage = StorageReader(tree, configuration.paths.state_directory)
        self._network = NetworkReader(tree)
        self._tree = tree
        self._devices = DevicesReader(tree, configuration.media)
        self._certificate = CertificateReader(configuration.mqtt, runtime)
        self._memory = MemoryReader(tree, pids, os.sysconf("SC_PAGE_SIZE"))
        self.returns = Returns(tree, runtime)
        self._hour: deque[dict[str, int]] = deque(maxlen=_AN_HOUR)

    def read(self, broker: Broker, offset_ms: float | None = None) -> Measured:
        self.returns.note(self._pids())
        self._hour.append(dict(self.returns.counts))
        first = self._hour[0]
        return Measured(
            power=self._power.read(),
            work=self._work.read(),
            storage=self._storage.read(),
            network=self._network.read(),
            addresses=addresses(self._tree),
            devices=self._devices.read(),
            clock=clock.trust(),
            offset_ms=offset_ms,
            way=broker.way(),
            broker_trouble=broker.trouble,
            returns={name: count - first.get(name, 0) for name, count in self.returns.counts.items()},
            memory_mb=self._memory.read(),
            certificate=self._certificate.read(),
        )


class Watch:
    """`run` looks without end; `last` is what telemetry tells."""

    def __init__(
        self,
        configuration: Configuration,
        reader: Reader,
        broker: Broker,
        state: Callable[[], State],
        dispatch: Callable[[events.Event], None],
        keep: Callable[[str, NetworkState], None],
        start_anew: Callable[[Growth], None],
    ) -> None:
        """`keep` is the monitor's; `start_anew` lets a process end, and says why."""
        limits, ui = configuration.health, configuration.ui
        self.reader, self._broker = reader, broker
        self._state, self._dispatch, self._keep, self._start_anew = state, dispatch, keep, start_anew
        self._diagnosis = Diagnosis(limits, is_touch_expected=ui.is_fullscreen and ui.hands_socket is None)
        self.trend = Trend(limits.most_growth_mb_h, limits.most_memory_mb)
        self._night = (limits.night_begin, limits.night_end)
        self._zone = ZoneInfo(configuration.terminal.time_zone)
        self._busy_s = time.monotonic()
        self._told: tuple[object, ...] = ()
        self.last: Measured | None = None
        self.due = asyncio.Event()
        """Set it to have a look now."""

    async def run(self) -> None:
        """Never ends."""
        while True:
            self.due.clear()
            self.look(clock.now(), time.monotonic(), await offset_ms())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await self.due.wait()

    def show(self, state: State) -> None:
        """A viewer of the hub: has a look as soon as media comes, goes, or says otherwise of its devices."""
        if _told_by_media(state) != self._told:
            self.due.set()

    def look(self, now: datetime, at_s: float, offset_ms: float | None = None) -> None:
        """One look; `at_s` of a clock that only goes forward."""
        state = self._state()
        self._told = _told_by_media(state)
        measured = self.last = self.reader.read(self._broker, offset_ms)
        self._dispatch(events.HealthMeasured(report=self._diagnosis.of(measured, state)))
        network = measured.network
        self._keep(
            "state/network",
            NetworkState(
                time=now,
                clock=measured.clock,
                interface=network.interface,
                is_up=network.is_up,
                address=network.address,
                gateway=network.gateway,
                speed_mbps=network.speed_mbps,
            ),
        )
        self.trend.take(at_s, measured.memory_mb)
        self._rest(state, now, at_s)

    def _rest(self, state: State, now: datetime, at_s: float) -> None:
        """One process a look, and none while somebody is here or was a moment ago."""
        if state.phase is not Phase.IDLE or state.help is not None or state.room.is_occupied:
            self._busy_s = at_s
        begin, end = self._night
        if at_s - self._busy_s < _ALONE_S or begin == end or not is_night(now, self._zone, begin, end):
            return
        for growth in self.trend.growing()[:1]:
            self.trend.forget(growth.process)
            self._start_anew(growth)


def _told_by_media(state: State) -> tuple[object, ...]:
    media = state.media
    return state.is_media_here, media.camera_reason, media.microphone_reason, media.loudspeaker_reason
