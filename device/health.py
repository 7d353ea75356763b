"""How the machine does: `info` once, `telemetry/system` and `telemetry/call` now and then."""

import asyncio
import contextlib
import importlib.metadata
import os
import platform
import random
from collections.abc import Callable, Sized
from pathlib import Path
from typing import Protocol

from msgspec.structs import asdict

from device import clock
from kiosk.contract.links import TouchReport
from kiosk.contract.mqtt import CallFigures, CallTelemetry, Info, SystemTelemetry
from kiosk.contract.state import State
from kiosk.runtime.log import Refusals

SYSTEM_S = 60.0
CALL_S = 5.0
EXPIRY_S = 300
_JITTER = 0.2
_MODELS = (Path("/sys/firmware/devicetree/base/model"), Path("/sys/class/dmi/id/product_name"))
_TEMPERATURE = Path("/sys/class/thermal/thermal_zone0/temp")
_MEMORY = Path("/proc/meminfo")


class Broker(Protocol):
    """What is needed of `device.broker.client.Client`."""

    def report(self, topic: str, message: object, expiry_s: int) -> None:
        """Not retained, and dropped where nobody is there."""


class Apps(Protocol):
    """What is needed of `device.links.Apps`."""

    last_report: TouchReport | None


def version() -> str:
    """Of our software."""
    try:
        return importlib.metadata.version("rundtisch")
    except importlib.metadata.PackageNotFoundError:
        return "0"


def info(capabilities: tuple[str, ...]) -> Info:
    """What this machine is; `capabilities` are the commands it carries out."""
    model = next((text for path in _MODELS if (text := _read(path))), platform.machine())
    try:
        system = platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())
    except OSError:
        system = platform.system()
    return Info(
        time=clock.now(),
        clock=clock.trust(),
        version=version(),
        model=model,
        system=system,
        capabilities=capabilities,
    )


class Health:
    """Tells the monitor, with jitter, so that a thousand terminals do not speak as one."""

    def __init__(
        self, state: Callable[[], State], broker: Broker, spool: Sized, apps: Apps, refusals: Refusals
    ) -> None:
        self._state = state
        self._broker = broker
        self._spool = spool
        self._apps = apps
        self._refusals = refusals
        self.due = asyncio.Event()
        """Set it to have `telemetry/system` told now."""

    async def tell_system(self) -> None:
        """Never ends."""
        while True:
            self.due.clear()
            self._broker.report("telemetry/system", self.system(), EXPIRY_S)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_jittered(SYSTEM_S)):
                    await self.due.wait()

    async def tell_call(self) -> None:
        """Never ends; silent where there is no call."""
        while True:
            await asyncio.sleep(_jittered(CALL_S))
            if self._state().media.peers:
                self._broker.report("telemetry/call", self.call(), EXPIRY_S)

    def system(self) -> SystemTelemetry:
        refused = dict(self._refusals.counts)
        touches = self._apps.last_report
        if self._state().media.refused:
            refused["media"] = self._state().media.refused
        if touches and touches.refused:
            refused["app"] = touches.refused
        return SystemTelemetry(
            time=clock.now(),
            clock=clock.trust(),
            uptime_s=clock.uptime_s(),
            load_1m=_load_1m(),
            memory_available_mb=_memory_available_mb(),
            temperature_c=_temperature_c(),
            spool=len(self._spool),
            frames_per_second=touches.frames_per_second if touches else None,
            reaction_ms_p95=touches.reaction_ms_p95 if touches else None,
            refused=refused,
        )

    def call(self) -> CallTelemetry:
        """By desk: who calls is nobody's business here."""
        state = self._state()
        desks = {partner.call: partner.id for partner in (state.session.partners if state.session else ())}
        peers = {
            desks[peer.call]: CallFigures(
                **asdict(peer.stats),
                link=peer.link,
                quality=peer.quality,
                frames_received=peer.frames_received,
                frames_sent=peer.frames_sent,
                screen_frames_received=peer.screen_frames_received,
                audio_packets_received=peer.audio_packets_received,
                audio_packets_sent=peer.audio_packets_sent,
                first_frame_s=peer.first_frame_s,
            )
            for peer in state.media.peers
            if peer.call in desks
        }
        return CallTelemetry(time=clock.now(), clock=clock.trust(), peers=peers)


def _jittered(seconds: float) -> float:
    return seconds * random.uniform(1 - _JITTER, 1 + _JITTER)


def _read(path: Path) -> str:
    """The text of a file of the kernel; empty where there is none."""
    with contextlib.suppress(OSError):
        return path.read_text(errors="replace").strip("\0\n ")
    return ""


def _load_1m() -> float:
    try:
        return round(os.getloadavg()[0], 2)
    except OSError:
        return 0.0


def _memory_available_mb() -> float:
    for line in _read(_MEMORY).splitlines():
        if line.startswith("MemAvailable:"):
            return round(int(line.split()[1]) / 1024, 1)
    return round(os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**20, 1)


def _temperature_c() -> float | None:
    text = _read(_TEMPERATURE)
    return int(text) / 1000 if text.lstrip("-").isdigit() else None
