"""How the machine does: `info` once, `telemetry/system` and `telemetry/call` now and then."""

import asyncio
import contextlib
import platform
import random
from collections.abc import Callable, Sized
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from msgspec.structs import asdict, replace

from device import clock
from kiosk.contract.links import TouchReport
from kiosk.contract.mqtt import CallFigures, CallTelemetry, Info, SystemTelemetry
from kiosk.contract.state import State
from kiosk.runtime.log import Refusals
from kiosk.runtime.version import version

if TYPE_CHECKING:
    from device.health.watch import Watch

SYSTEM_S = 60.0
CALL_S = 5.0
EXPIRY_S = 300
_JITTER = 0.2
_MODELS = (Path("/sys/firmware/devicetree/base/model"), Path("/sys/class/dmi/id/product_name"))


class Broker(Protocol):
    """What is needed of `device.broker.client.Client`."""

    def report(self, topic: str, message: object, expiry_s: int) -> None:
        """Not retained, and dropped where nobody is there."""


class Apps(Protocol):
    """What is needed of `device.links.Apps`."""

    last_report: TouchReport | None


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
        self,
        state: Callable[[], State],
        broker: Broker,
        spool: Sized,
        apps: Apps,
        refusals: Refusals,
        watch: "Watch",
    ) -> None:
        self._state = state
        self._broker = broker
        self._spool = spool
        self._apps = apps
        self._refusals = refusals
        self._watch = watch
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
        refused |= {f"kernel {name}": count for name, count in self._watch.reader.tree.lies.items()}
        report = SystemTelemetry(
            time=clock.now(),
            clock=clock.trust(),
            uptime_s=clock.uptime_s(),
            load_1m=0.0,
            memory_available_mb=0.0,
            spool=len(self._spool),
            frames_per_second=touches.frames_per_second if touches else None,
            reaction_ms_p95=touches.reaction_ms_p95 if touches else None,
            refused=refused,
            returns=dict(self._watch.reader.returns.counts),
            health={finding.part.value: finding.grade.value for finding in self._state().health.findings},
        )
        return self._measured(report)

    def _measured(self, report: SystemTelemetry) -> SystemTelemetry:
        """With the figures of the last look."""
        last = self._watch.last
        if last is None:
            return report
        trend, work, storage = self._watch.trend, last.work, last.storage
        growth = {name: trend.growth_mb_h(name) for name in last.memory_mb}
        return replace(
            report,
            load_1m=work.load_1m or 0.0,
            use_pct=work.use_pct,
            memory_available_mb=work.memory_available_mb or 0.0,
            memory_total_mb=work.memory_total_mb,
            memory_mb=last.memory_mb,
            growth_mb_h={name: value for name, value in growth.items() if value is not None},
            pressure_pct=work.pressure_pct,
            temperature_c=last.power.temperature_c,
            throttled=last.power.now or (),
            throttled_since_boot=last.power.since_boot,
            storage_free_pct=storage.free_pct,
            storage_free_gb=storage.free_gb,
            storage_written_gb=storage.written_gb,
            wear_pct=storage.wear_pct,
            round_trip_ms=last.way.round_trip_ms if last.way else None,
            loss_pct=last.way.loss_pct if last.way else None,
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
